//! Putting more entries in order than memory is to hold: runs of them are sorted and set aside, and merged when all
//! are there.

use std::{cmp::Reverse, collections::BinaryHeap, io};

use super::ledger::{Entry, Ledger};

/// How many entries are sorted in memory.
const RUN: usize = 64 * 1024;

pub(super) struct Sorter<E> {
    run: Vec<E>,
    aside: Vec<Ledger<E>>,
}

impl<E> Default for Sorter<E> {
    fn default() -> Self {
        Self {
            run: Vec::new(),
            aside: Vec::new(),
        }
    }
}

impl<E: Entry + Ord> Sorter<E> {
    pub(super) fn push(&mut self, entry: E) -> io::Result<()> {
        self.run.push(entry);
        if self.run.len() == RUN {
            self.set_aside()?;
        }
        Ok(())
    }

    fn set_aside(&mut self) -> io::Result<()> {
        self.run.sort_unstable();
        let mut ledger = Ledger::default();
        for entry in self.run.drain(..) {
            ledger.push(&entry)?;
        }
        self.aside.push(ledger);
        Ok(())
    }

    /// Tells all of them, the least first.
    pub(super) fn each(mut self, mut told: impl FnMut(E) -> io::Result<()>) -> io::Result<()> {
        if self.aside.is_empty() {
            self.run.sort_unstable();
            return self.run.into_iter().try_for_each(told);
        }
        self.set_aside()?;
        self.run = Vec::new();
        let mut runs: Vec<_> = self.aside.iter().map(Ledger::iter).collect();
        let mut next = BinaryHeap::new();
        for (number, run) in runs.iter_mut().enumerate() {
            if let Some(entry) = run.next().transpose()? {
                next.push(Reverse((entry, number)));
            }
        }
        while let Some(Reverse((entry, number))) = next.pop() {
            if let Some(entry) = runs[number].next().transpose()? {
                next.push(Reverse((entry, number)));
            }
            told(entry)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{RUN, Sorter};

    #[test]
    fn more_than_one_run_comes_out_in_order() {
        let many = (RUN * 2 + 1000) as u64;
        let mut sorter = Sorter::default();
        // Every number once, far from their order.
        for number in 0..many {
            sorter.push(number * 7919 % many).unwrap();
        }
        let mut found = Vec::new();
        let told = |entry| {
            found.push(entry);
            Ok(())
        };
        sorter.each(told).unwrap();
        assert!(found.into_iter().eq(0..many));
    }
}
