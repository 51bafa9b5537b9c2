//! The folder of the app's files, for whoever may wait: one reader or writer at a time, on a thread that may wait for
//! the disk.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use diesel::{
    prelude::*,
    sql_types::{Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use sha2::{Digest, Sha256};

use crate::{
    config::failpoints,
    db::{schema::exercises, statement},
    error::Error,
    exercises::ExerciseId,
    legacy::{ApplyError, Edit, Folder, Item, Known, Lookups, Report, Unreadable},
    viewer::UserId,
};

/// Why the files cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error("reading or writing the files ended before it was done: {0}")]
    Broken(String),
    #[error("`{}` cannot be locked, so nothing was written: {error}", path.display())]
    Lock { path: PathBuf, error: io::Error },
}

/// What clients are told where somebody else has written the files.
pub(super) const CHANGED: &str =
    "the app's files were changed by somebody else and are being read again: try again in a moment";

/// The same where nobody else has.
pub(super) const READ_AGAIN: &str = "the app's files are being read again: try again in a moment";

/// Clients are told what it is about the files, and never where they are.
impl From<FilesError> for Error {
    fn from(error: FilesError) -> Self {
        let told = match &error {
            FilesError::Apply(ApplyError::Refused(_) | ApplyError::Unfaithful { .. }) => {
                return Self::conflict(
                    "the app's files cannot hold this while they are in use: leave out what the app did not have",
                );
            }
            FilesError::Unreadable(Unreadable::Changed(_))
            | FilesError::Apply(
                ApplyError::ForeignEdit(_) | ApplyError::Unreadable(Unreadable::Changed(_)),
            ) => CHANGED,
            FilesError::Unreadable(Unreadable::Stale(_))
            | FilesError::Apply(ApplyError::Unreadable(Unreadable::Stale(_))) => READ_AGAIN,
            FilesError::Apply(ApplyError::Broken { .. }) => {
                "the app's file for this is damaged, so it is not written: ask an admin to mend it, the log names it"
            }
            FilesError::Apply(ApplyError::Disk { .. }) | FilesError::Lock { .. } => {
                "the app's files could not be written: try again later, and ask an admin to look into the log"
            }
            FilesError::Unreadable(_) | FilesError::Apply(_) | FilesError::Broken(_) => {
                "the app's files could not be read: try again later, and ask an admin to look into the log"
            }
        };
        Self::files(told, error)
    }
}

/// What was read, beside the records.
#[derive(Debug)]
pub struct Read {
    pub report: Report,
    /// Which state of the files, and of what their meaning depends on, it was.
    pub stamp: Vec<u8>,
}

/// The folder.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    folder: Option<Folder>,
    lookups: Lookups,
}

impl Files {
    #[must_use]
    pub fn new(root: PathBuf) -> Arc<Self> {
        Arc::new(Self {
            root,
            open: Mutex::default(),
        })
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The same folder, for whoever reads it without a word to those who write: what they know of the files stays as
    /// it is.
    #[must_use]
    pub fn apart(&self) -> Arc<Self> {
        let apart = Self::new(self.root.clone());
        apart.look_up(self.lock().lookups.clone());
        apart
    }

    /// From now on the files are understood by this.
    pub fn look_up(&self, lookups: Lookups) {
        self.lock().lookups = lookups;
    }

    /// Forgets what the files were.
    pub fn close(&self) {
        self.lock().folder = None;
    }

    /// Opens the folder anew and reads everything. It waits for the disk.
    pub fn read(&self, mut each: impl FnMut(Item)) -> Result<Read, FilesError> {
        let mut open = self.lock();
        open.folder = None;
        let folder = self.open(&open.lookups)?;
        let report = folder.read(|item| {
            each(item);
            Ok::<_, Unreadable>(())
        })?;
        let stamp = stamp(&folder, &open.lookups);
        open.folder = Some(folder);
        Ok(Read { report, stamp })
    }

    fn open(&self, lookups: &Lookups) -> Result<Folder, Unreadable> {
        let folder = Folder::open(&self.root, lookups)?;
        if cfg!(debug_assertions) {
            return Ok(folder.with_faults(|step, _| failpoints::pass(step.word())));
        }
        Ok(folder)
    }

    /// Whether the files are as they were read or written last, and nothing was given up half-way.
    pub async fn is_current(self: &Arc<Self>) -> Result<bool, FilesError> {
        self.with(|open| match &open.folder {
            Some(folder) => Ok(folder.is_current()?),
            None => Ok(false),
        })
        .await
    }

    /// The same after a change was given up half-way and the files were opened again.
    pub async fn is_as_left(self: &Arc<Self>) -> Result<bool, FilesError> {
        let files = Arc::clone(self);
        self.with(move |open| {
            files.take_up(open)?;
            match &open.folder {
                Some(folder) => Ok(folder.is_current()?),
                None => Ok(false),
            }
        })
        .await
    }

    /// Which state of the files was read or written last; nothing before the first time.
    #[must_use]
    pub fn stamp(&self) -> Option<Vec<u8>> {
        let open = self.lock();
        open.folder
            .as_ref()
            .map(|folder| stamp(folder, &open.lookups))
    }

    /// Whom the files know: what they are called there, and their account, by name.
    pub async fn people(self: &Arc<Self>) -> Result<Vec<(String, UserId)>, FilesError> {
        let files = Arc::clone(self);
        self.with(move |open| {
            let mut people = match &open.folder {
                Some(folder) => folder.people(),
                None => files.open(&open.lookups)?.people(),
            };
            people.sort();
            Ok(people)
        })
        .await
    }

    /// How long the longest of them is, in bytes.
    #[must_use]
    pub fn longest(&self) -> u64 {
        self.lock().folder.as_ref().map_or(0, Folder::longest)
    }

    /// Writes these records, all of a file at once, and says which state of the files that makes.
    pub async fn apply(self: &Arc<Self>, edits: Vec<Edit>) -> Result<Vec<u8>, FilesError> {
        let files = Arc::clone(self);
        self.with(move |open| {
            let _lock = files.lock_folder()?;
            files.take_up(open)?;
            let Some(folder) = &mut open.folder else {
                return Err(FilesError::Broken("they were not read yet".to_owned()));
            };
            folder.apply(&edits)?;
            Ok(stamp(folder, &open.lookups))
        })
        .await
    }

    /// Takes the files as they are now, if that is a state of them that is known to be ours: another server wrote it.
    pub async fn accept(self: &Arc<Self>, known: Vec<u8>) -> Result<bool, FilesError> {
        let files = Arc::clone(self);
        self.with(move |open| {
            let folder = files.open(&open.lookups)?;
            let is_known = are_same_files(&stamp(&folder, &open.lookups), &known);
            if is_known {
                open.folder = Some(folder);
            }
            Ok(is_known)
        })
        .await
    }

    /// After a change that was given up half-way the folder is opened again, unless somebody else wrote since.
    fn take_up(&self, open: &mut Open) -> Result<(), FilesError> {
        let stale = open.folder.as_ref().filter(|folder| folder.is_stale());
        if let Some(folder) = stale
            && folder.is_as_left()?
        {
            // What is in its place may not be on the disk.
            folder.sync()?;
            open.folder = Some(self.open(&open.lookups)?);
        }
        Ok(())
    }

    /// Only one process at a time writes, whichever database it belongs to. The lock ends with its file.
    fn lock_folder(&self) -> Result<File, FilesError> {
        let ours = self.root.join(".regimen");
        let path = ours.join("lock");
        let locked = fs::create_dir_all(&ours)
            .and_then(|()| File::options().create(true).append(true).open(&path))
            .and_then(|file| file.lock().map(|()| file));
        locked.map_err(|error| FilesError::Lock { path, error })
    }

    async fn with<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Open) -> Result<T, FilesError> + Send + 'static,
    ) -> Result<T, FilesError> {
        let files = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&mut files.lock()))
            .await
            .map_err(|error| FilesError::Broken(error.to_string()))?
    }

    /// What a panic left behind is read anew: a folder is put back only when it is whole.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which state of the files it is, and of what their meaning depends on beside them: a hash of each.
fn stamp(folder: &Folder, lookups: &Lookups) -> Vec<u8> {
    let mut files = Sha256::new();
    let mut stamps = folder.stamps();
    stamps.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (path, stamp) in stamps {
        files.update(format!("{path}\0{stamp:?}\0"));
    }
    let users = lookups.users.iter();
    let mut known: Vec<String> = users.map(|(key, id)| format!("{key}\0{id}\0")).collect();
    let library = lookups.library.iter();
    known.extend(library.map(|it| format!("{}\0{}\0{:?}\0", it.id, it.name, it.aliases)));
    known.sort();
    let mut meaning = Sha256::new();
    meaning.update(known.concat());
    [files.finalize(), meaning.finalize()].concat()
}

/// Whether two stamps are of the same files, whatever those mean.
fn are_same_files(one: &[u8], other: &[u8]) -> bool {
    const HASH: usize = 32;
    one.len() >= HASH && one.get(..HASH) == other.get(..HASH)
}

#[derive(QueryableByName)]
struct Linked {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = SqlUuid)]
    user_id: UserId,
}

/// What the database knows that the meaning of files depends on: who has an account already, and the library.
pub async fn lookups(conn: &mut AsyncPgConnection) -> QueryResult<Lookups> {
    let linked: Vec<Linked> = statement(
        "SELECT source_key AS key, user_id FROM migration_mappings WHERE entity = 'user'",
    )
    .load(conn)
    .await?;
    let library: Vec<(ExerciseId, String, Vec<String>)> = exercises::table
        .filter(exercises::owner_id.is_null())
        .filter(exercises::source.ne("legacy"))
        .filter(exercises::archived_at.is_null())
        .select((exercises::id, exercises::name, exercises::aliases))
        .order(exercises::id)
        .load(conn)
        .await?;
    let known = |(id, name, aliases)| Known { id, name, aliases };
    Ok(Lookups {
        users: linked.into_iter().map(|it| (it.key, it.user_id)).collect(),
        library: library.into_iter().map(known).collect(),
    })
}
