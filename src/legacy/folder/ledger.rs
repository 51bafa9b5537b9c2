//! A list of entries of one size that may be longer than memory: the newest are held, all before them lie in a file
//! without a name, which is gone with the process.

use std::{
    env, fmt,
    fs::{self, File, OpenOptions},
    io,
    marker::PhantomData,
    os::unix::fs::{FileExt, OpenOptionsExt},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// How many bytes are held before they go to the file.
const HELD: usize = 512 * 1024;
/// How many entries are read at a time.
const READ: usize = 512;

/// What can stand in a ledger.
pub(super) trait Entry: Sized {
    /// How many bytes it always has.
    const SIZE: usize;

    fn pack(&self, out: &mut Vec<u8>);

    fn unpack(bytes: &[u8]) -> Self;
}

pub(in crate::legacy) struct Ledger<E> {
    /// Those that are not in the file.
    held: Vec<u8>,
    file: Option<File>,
    /// How many are in the file.
    written: usize,
    entries: PhantomData<fn() -> E>,
}

impl<E> Default for Ledger<E> {
    fn default() -> Self {
        Self {
            held: Vec::new(),
            file: None,
            written: 0,
            entries: PhantomData,
        }
    }
}

impl<E: Entry> fmt::Debug for Ledger<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ledger({} entries)", self.len())
    }
}

impl<E: Entry> Ledger<E> {
    pub(super) fn len(&self) -> usize {
        self.written + self.held.len() / E::SIZE
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, entry: &E) -> io::Result<()> {
        if self.held.len() + E::SIZE > HELD {
            let place = (self.written * E::SIZE) as u64;
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(nameless()?),
            };
            file.write_all_at(&self.held, place)?;
            self.written += self.held.len() / E::SIZE;
            self.held.clear();
        }
        entry.pack(&mut self.held);
        Ok(())
    }

    pub(super) fn get(&self, at: usize) -> io::Result<E> {
        let mut bytes = Vec::new();
        self.read(at, 1, &mut bytes)?;
        Ok(E::unpack(&bytes))
    }

    /// Puts another entry in the place of one.
    pub(super) fn set(&mut self, at: usize, entry: &E) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(E::SIZE);
        entry.pack(&mut bytes);
        match at.checked_sub(self.written) {
            Some(at) => {
                let place = self.held.get_mut(at * E::SIZE..(at + 1) * E::SIZE);
                place
                    .ok_or(io::ErrorKind::NotFound)?
                    .copy_from_slice(&bytes);
            }
            None => self.file()?.write_all_at(&bytes, (at * E::SIZE) as u64)?,
        }
        Ok(())
    }

    /// All of them in their order.
    pub(super) fn iter(&self) -> Iter<'_, E> {
        self.from(0)
    }

    /// Those from one on.
    pub(super) fn from(&self, next: usize) -> Iter<'_, E> {
        Iter {
            ledger: self,
            next,
            bytes: Vec::new(),
            used: 0,
        }
    }

    fn file(&self) -> io::Result<&File> {
        self.file
            .as_ref()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The bytes of at most so many entries, from one on; none behind the end.
    fn read(&self, at: usize, most: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.clear();
        if let Some(at) = at.checked_sub(self.written) {
            let end = self.held.len().min((at + most) * E::SIZE);
            let held = self.held.get(at * E::SIZE..end);
            bytes.extend_from_slice(held.unwrap_or_default());
            return Ok(());
        }
        let count = most.min(self.written - at);
        bytes.resize(count * E::SIZE, 0);
        self.file()?.read_exact_at(bytes, (at * E::SIZE) as u64)
    }
}

pub(super) struct Iter<'a, E> {
    ledger: &'a Ledger<E>,
    /// The first that is not in `bytes`.
    next: usize,
    bytes: Vec<u8>,
    used: usize,
}

impl<E: Entry> Iterator for Iter<'_, E> {
    type Item = io::Result<E>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.used == self.bytes.len() {
            self.used = 0;
            if let Err(error) = self.ledger.read(self.next, READ, &mut self.bytes) {
                self.next = self.ledger.len();
                self.bytes.clear();
                return Some(Err(error));
            }
            self.next += self.bytes.len() / E::SIZE;
        }
        let end = self.used + E::SIZE;
        let entry = self.bytes.get(self.used..end).map(E::unpack)?;
        self.used = end;
        Some(Ok(entry))
    }
}

/// A file that nobody else can find.
fn nameless() -> io::Result<File> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("regimen-{}-{number}", process::id()));
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    fs::remove_file(path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::{HELD, Ledger};

    #[test]
    fn what_is_in_the_file_and_what_is_held_are_one_list() {
        let many = (HELD / 8 * 2 + 100) as u64;
        let mut ledger = Ledger::default();
        for number in 0..many {
            ledger.push(&number).unwrap();
        }
        assert_eq!(ledger.len() as u64, many);
        for at in [0, 1, HELD / 8, HELD / 8 * 2, HELD / 8 * 2 + 99] {
            assert_eq!(ledger.get(at).unwrap(), at as u64);
            ledger.set(at, &(at as u64 + 7)).unwrap();
            assert_eq!(ledger.get(at).unwrap(), at as u64 + 7);
            ledger.set(at, &(at as u64)).unwrap();
        }
        let read: Vec<u64> = ledger.iter().map(Result::unwrap).collect();
        assert!(read.into_iter().eq(0..many));
        assert!(ledger.set(ledger.len(), &0).is_err());
    }
}
