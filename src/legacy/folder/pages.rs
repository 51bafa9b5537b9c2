//! A file that is read a record at a time, from where each is.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use super::{
    Unreadable,
    apply::unchanged,
    book::{Book, Placed, Stamp},
};
use crate::legacy::scan::LONGEST;

/// A file whose records are read from where they are.
pub(in crate::legacy) struct Pages<'a> {
    book: &'a Book,
    file: File,
    bytes: Vec<u8>,
}

impl<'a> Pages<'a> {
    /// Opens a file, if it is still the one that was indexed.
    pub(in crate::legacy) fn open(book: &'a Book) -> Result<Self, Unreadable> {
        let io = |error| Unreadable::Io {
            path: book.path.to_string(),
            error,
        };
        let file = File::open(&book.full).map_err(io)?;
        let now = Stamp::of(&file, [0; 32]).map_err(io)?;
        let same = book
            .stamp
            .as_ref()
            .is_some_and(|stamp| stamp.looks_like(&now));
        if !same && !unchanged(book).map_err(io)? {
            return Err(Unreadable::Changed(book.path.to_string()));
        }
        Ok(Self {
            book,
            file,
            bytes: Vec::new(),
        })
    }

    pub(in crate::legacy) fn bytes(&mut self, placed: &Placed) -> Result<&[u8], Unreadable> {
        let io = |error| Unreadable::Io {
            path: self.book.path.to_string(),
            error,
        };
        self.bytes.resize((placed.length as usize).min(LONGEST), 0);
        self.file
            .seek(SeekFrom::Start(placed.start.offset))
            .map_err(io)?;
        self.file.read_exact(&mut self.bytes).map_err(io)?;
        Ok(&self.bytes)
    }
}
