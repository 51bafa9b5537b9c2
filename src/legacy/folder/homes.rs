//! Where new records go: to the list that the app keeps for them, else to a file of our own.

use std::{fs, io, path::PathBuf};

use super::{
    Folder, HISTORY, OURS, TRASH, Unreadable,
    apply::{ApplyError, short, unchanged},
    book::Book,
    facts::Facts,
    index,
};
use crate::legacy::{
    disk::{self, Failed},
    meaning::Shelf,
};

impl Folder {
    /// The file and the list that new records of a kind go to.
    pub(super) fn home(&mut self, shelf: Shelf, trash: bool) -> Result<(u32, u32), ApplyError> {
        let fits = |book: &Book| {
            let stacks = book
                .stacks
                .iter()
                .position(|stack| stack.shelf == Some(shelf));
            stacks.filter(|_| book.trash == trash && (shelf != Shelf::History || book.ours))
        };
        let mut found = self.books.iter().enumerate();
        if let Some((book, stack)) = found.find_map(|(at, book)| Some((at, fits(book)?))) {
            return Ok((short(book), short(stack)));
        }
        let (path, text) = self.start_for(shelf, trash);
        let book = self.start(&path, text)?;
        let stacks = &self.books[book as usize].stacks;
        let stack = stacks.iter().position(|stack| stack.shelf == Some(shelf));
        let broken = || ApplyError::Broken {
            file: self.books[book as usize].path.to_string(),
            reason: "it has no list for what is new".to_owned(),
        };
        Ok((book, short(stack.ok_or_else(broken)?)))
    }

    /// An empty file of the app's that is for such records, or a new one.
    fn start_for(&self, shelf: Shelf, trash: bool) -> (String, &'static str) {
        let empty = self.books.iter().find(|book| {
            book.root.is_none() && !book.ours && Shelf::of_file(&book.path) == Some(shelf)
        });
        match (shelf, trash, empty) {
            (_, true, _) => (
                TRASH.to_owned(),
                "{\n  \"workoutTemplates\": [],\n  \"workoutSessions\": []\n}\n",
            ),
            (Shelf::History, ..) => (
                HISTORY.to_owned(),
                "{\n  \"version\": 1,\n  \"entries\": []\n}\n",
            ),
            (_, _, Some(book)) => (book.path.to_string(), "[]\n"),
            (Shelf::Sessions, ..) if !self.root.join("workouts.json").exists() => {
                ("workouts.json".to_owned(), "[]\n")
            }
            (Shelf::Sessions, ..) => (format!("{OURS}workouts.json"), "[]\n"),
            (Shelf::Templates, ..) => (format!("{OURS}templates.json"), "[]\n"),
            (Shelf::Users, ..) => (format!("{OURS}users.json"), "[]\n"),
            (Shelf::Library, ..) => (format!("{OURS}exercises.json"), "[]\n"),
        }
    }

    /// That a file is in its place is known also where the disk has not confirmed it: it is nobody else's.
    fn remember_placed(
        &mut self,
        path: &str,
        full: PathBuf,
        known: Option<usize>,
        failed: &Failed,
    ) {
        if failed.placed.is_none() {
            return;
        }
        let mut book = Book::new(path, full);
        book.stamp.clone_from(&failed.placed);
        match known {
            Some(known) => self.books[known].stamp = book.stamp,
            None => self.books.push(book),
        }
    }

    /// Begins a file.
    fn start(&mut self, path: &str, text: &str) -> Result<u32, ApplyError> {
        let full = self.root.join(path);
        if let Some(parent) = full.parent() {
            let made =
                fs::create_dir_all(parent).map_err(|error| Failed::at(disk::Step::Create, error));
            made.map_err(|failed| failed.of(path))?;
        }
        let write = |out: &mut disk::Counted| io::Write::write_all(out, text.as_bytes());
        let known = self
            .books
            .iter()
            .position(|book| book.path.as_ref() == path);
        let mut foreign = false;
        let still = || {
            foreign = match known {
                Some(known) => !unchanged(&self.books[known])?,
                None => full.try_exists()?,
            };
            if foreign {
                Err(io::Error::other("somebody else wrote it"))
            } else {
                Ok(())
            }
        };
        let made = disk::replace(&full, self.faults, write, still);
        if foreign {
            return Err(ApplyError::ForeignEdit(path.to_owned()));
        }
        if let Err(failed) = made {
            self.remember_placed(path, full, known, &failed);
            return Err(failed.of(path));
        }
        let number = known.unwrap_or(self.books.len());
        let book = index::index(number, Book::new(path, full), &mut Facts::default());
        let book = book.map_err(|error| Unreadable::Io {
            path: path.to_owned(),
            error,
        })?;
        match known {
            Some(known) => self.books[known] = book,
            None => self.books.push(book),
        }
        for (stack, shelf) in self.books[number]
            .stacks
            .iter_mut()
            .zip([None, Some(Shelf::Sessions)])
        {
            if path == TRASH && stack.shelf.is_none() {
                stack.shelf = shelf;
            }
        }
        if let [only] = self.books[number].stacks.as_mut_slice()
            && only.shelf.is_none()
        {
            only.shelf = Shelf::of_file(path);
        }
        Ok(short(number))
    }
}
