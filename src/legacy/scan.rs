//! Finding the records in a file of any size: only the brackets are understood here, so that a record
//! which is broken inside does not hide those after it. Memory holds one record at a time.

use std::{
    io::{self, Read},
    mem,
};

use sha2::{Digest as _, Sha256};

/// A record longer than this is not read.
pub(super) const LONGEST: usize = 8 * 1024 * 1024;
const LONGEST_NAME: usize = 1024;
const BUFFER: usize = 64 * 1024;

/// A place in a file: the byte, and what an editor shows for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    pub offset: u64,
    pub line: u32,
    pub column: u32,
}

/// One record, not yet understood.
pub(super) struct Found<'a> {
    /// Its key, in an object of records.
    pub(super) name: Option<&'a [u8]>,
    pub(super) bytes: &'a [u8],
    pub(super) start: Spot,
    /// Where it ends; farther than the bytes go if it is too long.
    pub(super) end: u64,
    /// The blanks before it, from the last line break on.
    pub(super) lead: &'a [u8],
}

/// What has to be known while a file is read.
pub(super) trait Visit {
    type Error: From<io::Error>;

    /// A list or object of the root begins under this name (none: it is the root itself). Are there
    /// records in it?
    fn section(&mut self, name: Option<&[u8]>, opener: u8, inside: u64) -> bool;

    fn record(&mut self, found: &Found) -> Result<(), Self::Error>;

    /// The section that began last ends before this byte.
    fn close(&mut self, at: u64);

    /// The file is not what it began as; nothing after this place is understood.
    fn broken(&mut self, at: Spot, reason: &str);
}

/// What a whole file was.
pub(super) struct Scanned {
    pub(super) hash: [u8; 32],
    pub(super) size: u64,
    pub(super) root: Option<u8>,
}

/// Reads a file to its end.
pub(super) fn scan<R: Read, V: Visit>(input: R, visit: &mut V) -> Result<Scanned, V::Error> {
    let mut scan = Scan {
        input,
        buffer: vec![0; BUFFER],
        filled: 0,
        next: 0,
        spot: Spot {
            offset: 0,
            line: 1,
            column: 1,
        },
        hash: Sha256::new(),
        lead: Vec::new(),
    };
    let root = scan.root(visit)?;
    // Whatever is left counts for the hash.
    while scan.peek()?.is_some() {
        scan.spot.offset += (scan.filled - scan.next) as u64;
        scan.next = scan.filled;
    }
    Ok(Scanned {
        hash: scan.hash.finalize().into(),
        size: scan.spot.offset,
        root,
    })
}

struct Scan<R> {
    input: R,
    buffer: Vec<u8>,
    filled: usize,
    next: usize,
    spot: Spot,
    hash: Sha256,
    /// The blanks that were passed last, from the last line break on.
    lead: Vec<u8>,
}

/// How a value ended.
#[derive(PartialEq, Eq)]
enum Ending {
    Whole,
    /// With the file.
    Torn,
}

impl<R: Read> Scan<R> {
    fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.next == self.filled {
            self.filled = loop {
                match self.input.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
            self.next = 0;
            self.hash.update(&self.buffer[..self.filled]);
        }
        Ok((self.next < self.filled).then(|| self.buffer[self.next]))
    }

    fn pass(&mut self, byte: u8) {
        self.next += 1;
        self.spot.offset += 1;
        if byte == b'\n' {
            self.spot.line = self.spot.line.saturating_add(1);
            self.spot.column = 1;
        } else if byte & 0xc0 != 0x80 {
            self.spot.column = self.spot.column.saturating_add(1);
        }
    }

    fn blank(&mut self) -> io::Result<Option<u8>> {
        self.lead.clear();
        while let Some(byte) = self.peek()? {
            match byte {
                b'\n' => {
                    self.lead.retain(|blank| *blank == b'\r');
                    self.lead.push(byte);
                }
                b' ' | b'\t' | b'\r' => self.lead.push(byte),
                _ => return Ok(Some(byte)),
            }
            self.pass(byte);
        }
        Ok(None)
    }

    fn root<V: Visit>(&mut self, visit: &mut V) -> Result<Option<u8>, V::Error> {
        for mark in [0xef, 0xbb, 0xbf] {
            if self.peek()? == Some(mark) {
                self.next += 1;
                self.spot.offset += 1;
            }
        }
        let root = self.blank()?;
        match root {
            None => return Ok(None),
            Some(b'[') => {
                self.pass(b'[');
                let wanted = visit.section(None, b'[', self.spot.offset);
                if !self.list(wanted, visit)? {
                    return Ok(root);
                }
            }
            Some(b'{') => {
                self.pass(b'{');
                if !self.object(visit)? {
                    return Ok(root);
                }
            }
            Some(_) => {
                visit.broken(self.spot, "the file is neither an object nor a list");
                return Ok(None);
            }
        }
        if self.blank()?.is_some() {
            visit.broken(self.spot, "there is more after the end of the value");
        }
        Ok(root)
    }

    /// The root's members; false where the rest makes no sense.
    fn object<V: Visit>(&mut self, visit: &mut V) -> Result<bool, V::Error> {
        // The root itself may be an object of records: then every member is one.
        if visit.section(None, b'{', self.spot.offset) {
            return self.members(visit);
        }
        let whole = self.each_member(visit, |scan, name, visit| {
            let opener = scan.peek()?;
            if let Some(opener @ (b'[' | b'{')) = opener
                && visit.section(Some(name), opener, scan.spot.offset + 1)
            {
                scan.pass(opener);
                return if opener == b'[' {
                    scan.list(true, visit)
                } else {
                    scan.members(visit)
                };
            }
            let at = scan.spot;
            let ending = scan.value(None)?;
            if ending == Ending::Torn {
                visit.broken(at, "the file ends inside of this value");
            }
            Ok(ending == Ending::Whole)
        })?;
        if whole {
            self.pass(b'}');
        }
        Ok(whole)
    }

    /// An object of records.
    fn members<V: Visit>(&mut self, visit: &mut V) -> Result<bool, V::Error> {
        let mut bytes = Vec::new();
        let whole = self.each_member(visit, |scan, name, visit| {
            scan.record(Some(name), &mut bytes, visit)
        })?;
        Ok(whole && self.end(b'}', visit))
    }

    /// Stops before the closing bracket.
    fn each_member<V: Visit>(
        &mut self,
        visit: &mut V,
        mut each: impl FnMut(&mut Self, &[u8], &mut V) -> Result<bool, V::Error>,
    ) -> Result<bool, V::Error> {
        loop {
            match self.blank()? {
                Some(b'}') => return Ok(true),
                Some(b',') => self.pass(b','),
                Some(b'"') => {
                    let lead = mem::take(&mut self.lead);
                    let mut name = Vec::new();
                    self.value(Some((&mut name, LONGEST_NAME)))?;
                    if self.blank()? != Some(b':') {
                        visit.broken(self.spot, "a colon is missing here");
                        return Ok(false);
                    }
                    self.pass(b':');
                    self.blank()?;
                    self.lead = lead;
                    if !each(self, &name, visit)? {
                        return Ok(false);
                    }
                }
                Some(_) => {
                    visit.broken(self.spot, "a key in quotes is missing here");
                    return Ok(false);
                }
                None => {
                    visit.broken(self.spot, "the file ends before a `}`");
                    return Ok(false);
                }
            }
        }
    }

    fn list<V: Visit>(&mut self, wanted: bool, visit: &mut V) -> Result<bool, V::Error> {
        let mut bytes = Vec::new();
        let mut separated = true;
        loop {
            match self.blank()? {
                Some(b']') => return Ok(!wanted || self.end(b']', visit)),
                Some(b',') if !separated => {
                    self.pass(b',');
                    separated = true;
                }
                Some(b'}' | b',' | b':') => {
                    visit.broken(self.spot, "a record or `]` is missing here");
                    return Ok(false);
                }
                Some(_) if !wanted => {
                    if self.value(None)? == Ending::Torn {
                        visit.broken(self.spot, "the file ends before a `]`");
                        return Ok(false);
                    }
                    separated = false;
                }
                Some(_) => {
                    if !separated {
                        visit.broken(self.spot, "a comma is missing here");
                    }
                    if !self.record(None, &mut bytes, visit)? {
                        return Ok(false);
                    }
                    separated = false;
                }
                None => {
                    visit.broken(self.spot, "the file ends before a `]`");
                    return Ok(false);
                }
            }
        }
    }

    fn end<V: Visit>(&mut self, closer: u8, visit: &mut V) -> bool {
        visit.close(self.spot.offset);
        self.pass(closer);
        true
    }

    fn record<V: Visit>(
        &mut self,
        name: Option<&[u8]>,
        bytes: &mut Vec<u8>,
        visit: &mut V,
    ) -> Result<bool, V::Error> {
        let lead = mem::take(&mut self.lead);
        let start = self.spot;
        bytes.clear();
        let ending = self.value(Some((bytes, LONGEST)))?;
        visit.record(&Found {
            name,
            bytes,
            start,
            end: self.spot.offset,
            lead: &lead,
        })?;
        if ending == Ending::Torn {
            visit.broken(start, "the file ends inside of this record");
        }
        Ok(ending == Ending::Whole)
    }

    /// Passes one value, and keeps as much of it as there is room for. Brackets that do not match end it
    /// where what is around it ends.
    fn value(&mut self, mut keep: Option<(&mut Vec<u8>, usize)>) -> io::Result<Ending> {
        let mut passing = Passing::default();
        while self.peek()?.is_some() {
            let bytes = &self.buffer[self.next..self.filled];
            let (length, ended) = passing.through(bytes);
            if let Some((kept, most)) = &mut keep {
                let room = most.saturating_sub(kept.len());
                kept.extend_from_slice(&bytes[..length.min(room)]);
            }
            self.pass_all(length);
            if ended {
                return Ok(Ending::Whole);
            }
        }
        Ok(Ending::Torn)
    }

    /// So many bytes at once, all of them in the buffer.
    fn pass_all(&mut self, length: usize) {
        let bytes = &self.buffer[self.next..self.next + length];
        let count = |bytes: &[u8], of: fn(u8) -> bool| {
            let count = bytes.iter().filter(|byte| of(**byte)).count();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        let last_line = match bytes.iter().rposition(|byte| *byte == b'\n') {
            None => bytes,
            Some(end) => {
                let lines = count(bytes, |byte| byte == b'\n');
                self.spot.line = self.spot.line.saturating_add(lines);
                self.spot.column = 1;
                &bytes[end + 1..]
            }
        };
        let letters = count(last_line, |byte| byte & 0xc0 != 0x80);
        self.spot.column = self.spot.column.saturating_add(letters);
        self.spot.offset += length as u64;
        self.next += length;
    }
}

/// How far a value was passed.
#[derive(Default)]
struct Passing {
    /// What closes the brackets that are open.
    open: Vec<u8>,
    quoted: bool,
    escaped: bool,
    begun: bool,
}

impl Passing {
    /// How many of these bytes are the value's, and whether it ends with them.
    fn through(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().copied().enumerate() {
            if self.quoted {
                // No text goes over a line: an end that is missing must not swallow the file.
                self.quoted = byte != b'\n' && (byte != b'"' || self.escaped);
                self.escaped = byte == b'\\' && !self.escaped;
            } else {
                match byte {
                    b'"' => self.quoted = true,
                    b'{' | b'[' => self.open.push(byte + 2),
                    b'}' | b']' => match self.open.iter().rposition(|closer| *closer == byte) {
                        Some(level) => self.open.truncate(level),
                        None => return (at, true),
                    },
                    b',' | b' ' | b'\n' | b'\r' | b'\t' | b':'
                        if self.open.is_empty() && self.begun =>
                    {
                        return (at, true);
                    }
                    _ => {}
                }
            }
            self.begun = true;
            if self.open.is_empty() && !self.quoted && matches!(byte, b'"' | b'}' | b']' | b'\n') {
                return (at + 1, true);
            }
        }
        (bytes.len(), false)
    }
}
