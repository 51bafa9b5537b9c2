//! Where things are, by the hashes of what they are called: a sorted list that need not be in memory, and what came
//! since. Two may have one hash, so whoever asks looks whether it is what was meant.

use std::io;

use super::{
    book::At,
    ledger::{Entry, Ledger},
    sorter::Sorter,
};

/// So many lines are read to find one; the hash of the first of each block is in memory.
const BLOCK: usize = 256;

/// One line: what has this hash is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) hash: u64,
    pub(super) at: At,
}

#[derive(Debug, Default)]
pub(super) struct Register {
    lines: Ledger<Line>,
    firsts: Vec<u64>,
}

impl Register {
    /// Of these lines, but not where `keep` refuses one, which is told of those before it that have its hash.
    pub(super) fn of(
        lines: Sorter<Line>,
        mut keep: impl FnMut(At, &[At]) -> io::Result<bool>,
    ) -> io::Result<Self> {
        let mut register = Self::default();
        let (mut last, mut same) = (None, Vec::new());
        lines.each(|line| {
            if last != Some(line.hash) {
                (last, same) = (Some(line.hash), Vec::new());
            }
            if keep(line.at, &same)? {
                same.push(line.at);
                register.push(&line)?;
            }
            Ok(())
        })?;
        Ok(register)
    }

    fn push(&mut self, line: &Line) -> io::Result<()> {
        if self.lines.len().is_multiple_of(BLOCK) {
            self.firsts.push(line.hash);
        }
        self.lines.push(line)
    }

    /// All places of what has this hash, in their order.
    pub(super) fn find(&self, hash: u64) -> io::Result<Vec<At>> {
        let block = self.firsts.partition_point(|first| *first < hash);
        let mut found = Vec::new();
        for line in self.lines.from(block.saturating_sub(1) * BLOCK) {
            let line = line?;
            if line.hash == hash {
                found.push(line.at);
            } else if line.hash > hash {
                break;
            }
        }
        Ok(found)
    }
}

impl Entry for Line {
    const SIZE: usize = 20;

    fn pack(&self, out: &mut Vec<u8>) {
        let Self { hash, at } = self;
        out.extend_from_slice(&hash.to_be_bytes());
        at.pack(out);
    }

    fn unpack(bytes: &[u8]) -> Self {
        let (hash, at) = bytes.split_at(8);
        Self {
            hash: hash.try_into().map_or(0, u64::from_be_bytes),
            at: At::unpack(at),
        }
    }
}

/// Where there are parts of workouts, only their hashes are compared.
impl Entry for u64 {
    const SIZE: usize = 8;

    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }

    fn unpack(bytes: &[u8]) -> Self {
        bytes.try_into().map_or(0, Self::from_be_bytes)
    }
}
