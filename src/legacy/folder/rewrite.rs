//! Writing a file again with some of its records changed: everything else is copied byte for byte, and
//! nothing but the changed records is ever in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

use super::{
    book::{Book, Placed, Stack, State},
    ledger::Ledger,
};
use crate::legacy::disk::Counted;

/// What is to become of one file.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// By stack and number.
    pub(super) replaced: BTreeMap<(u32, u32), String>,
    pub(super) removed: BTreeSet<(u32, u32)>,
    /// By stack, in the order in which they are to come.
    pub(super) added: BTreeMap<u32, Vec<Added>>,
}

#[derive(Clone, Debug)]
pub(super) struct Added {
    pub(super) text: String,
    /// What it is called, where a stack is an object.
    pub(super) name: String,
    pub(super) placed: Placed,
}

/// Where the records of a stack were when it was written.
type Placement = Ledger<Placed>;

/// Writes the file, and says where everything is in it.
pub(super) fn rewrite(book: &Book, changes: &Changes, out: &mut Counted) -> io::Result<Vec<Stack>> {
    let mut copy = Copy {
        from: File::open(&book.full)?,
        at: 0,
        out,
    };
    let mut stacks = Vec::with_capacity(book.stacks.len());
    for (number, stack) in book.stacks.iter().enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        copy.up_to(stack.inside)?;
        let inside = copy.out.written;
        let records = copy.stack(book, number, stack, changes)?;
        let close = copy.out.written;
        stacks.push(Stack {
            shelf: stack.shelf,
            name: stack.name.clone(),
            opener: stack.opener,
            inside,
            close,
            lead: stack.lead.clone(),
            records,
        });
    }
    copy.rest()?;
    Ok(stacks)
}

struct Copy<'a> {
    from: File,
    at: u64,
    out: &'a mut Counted,
}

impl Copy<'_> {
    fn up_to(&mut self, end: u64) -> io::Result<()> {
        let length = end.saturating_sub(self.at);
        self.from.seek(SeekFrom::Start(self.at))?;
        let copied = io::copy(&mut (&mut self.from).take(length), self.out)?;
        if copied < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at = end.max(self.at);
        Ok(())
    }

    fn rest(&mut self) -> io::Result<()> {
        self.from.seek(SeekFrom::Start(self.at))?;
        io::copy(&mut self.from, self.out)?;
        Ok(())
    }

    fn bytes(&mut self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or_default()];
        self.from.seek(SeekFrom::Start(from))?;
        self.from.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// One list, from after its opening bracket to before its closing one.
    fn stack(
        &mut self,
        book: &Book,
        number: u32,
        stack: &Stack,
        changes: &Changes,
    ) -> io::Result<Placement> {
        let mut placement = Placement::default();
        // Where the last record ended that is in the file, and whether one is in the copy.
        let (mut end, mut any) = (stack.inside, false);
        for (at, placed) in (0..).zip(stack.records.iter()) {
            let mut placed = placed?;
            if placed.state == State::Gone {
                placement.push(&placed)?;
                continue;
            }
            let start = placed.start.offset;
            let record_end = start + u64::from(placed.length);
            if changes.removed.contains(&(number, at)) {
                // What came before it is copied; its separator is not.
                self.up_to(end)?;
                self.at = record_end;
                placed.state = State::Gone;
            } else {
                if self.at == end && end > stack.inside && !any {
                    // The first that stays has no comma before it.
                    let gap = self.bytes(end, start)?;
                    let comma = gap
                        .iter()
                        .position(|byte| *byte == b',')
                        .map_or(0, |at| at + 1);
                    self.out.write_all(&gap[comma..])?;
                    self.at = start;
                }
                self.up_to(start)?;
                placed.start.offset = self.out.written;
                match changes.replaced.get(&(number, at)) {
                    Some(text) => {
                        self.out.write_all(text.as_bytes())?;
                        placed.length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                        self.at = record_end;
                    }
                    None => self.up_to(record_end)?,
                }
                any = true;
            }
            end = record_end;
            placement.push(&placed)?;
        }
        let added = changes.added.get(&number).map_or(&[][..], Vec::as_slice);
        self.add(book, stack, added, any, end, &mut placement)?;
        Ok(placement)
    }

    fn add(
        &mut self,
        book: &Book,
        stack: &Stack,
        added: &[Added],
        mut any: bool,
        end: u64,
        placement: &mut Placement,
    ) -> io::Result<()> {
        let was_empty = end == stack.inside;
        if !added.is_empty() {
            self.up_to(end)?;
        }
        let (lead, tail) = book.leads(stack);
        for new in added {
            let comma = if any { "," } else { "" };
            write!(self.out, "{comma}{lead}")?;
            if stack.opener == b'{' {
                let colon = if lead.is_empty() { ":" } else { ": " };
                write!(
                    self.out,
                    "{}{colon}",
                    serde_json::Value::from(new.name.as_str())
                )?;
            }
            let mut placed = new.placed;
            placed.start.offset = self.out.written;
            placed.length = u32::try_from(new.text.len()).unwrap_or(u32::MAX);
            self.out.write_all(new.text.as_bytes())?;
            placement.push(&placed)?;
            any = true;
        }
        if !added.is_empty() && was_empty {
            self.out.write_all(tail.as_bytes())?;
            self.at = stack.close;
        } else if !any {
            self.at = stack.close;
        }
        self.up_to(stack.close)
    }
}

impl Book {
    /// The blanks before a record of a stack, and those before its end.
    pub(super) fn leads(&self, stack: &Stack) -> (String, String) {
        let known = |stack: &&Stack| !stack.records.is_empty();
        let like = Some(stack)
            .filter(known)
            .or_else(|| self.stacks.iter().find(known));
        let lead = match like {
            Some(like) => like.lead.clone(),
            None if stack.name.is_none() => "\n  ".to_owned(),
            None => "\n    ".to_owned(),
        };
        if !lead.contains('\n') {
            return (lead, String::new());
        }
        let levels = if stack.name.is_none() { 1 } else { 2 };
        let blanks = lead.len() - lead.rfind('\n').map_or(0, |at| at + 1);
        let tail = lead[..lead.len() - blanks / levels].to_owned();
        (lead, tail)
    }
}
