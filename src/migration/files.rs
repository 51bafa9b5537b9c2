//! The folder of the app's files, for whoever may wait: one reader or writer at a time, on a thread that may wait for
//! the disk.

use std::{
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
    db::{schema::exercises, statement},
    exercises::ExerciseId,
    legacy::{
        ApplyError, Edit, Folder, Item, Known, Lookups, Quarantined, Report, Unreadable,
        record::Record,
    },
    viewer::UserId,
};

/// The most pieces that cannot be understood of which more than the number is kept.
const MOST_QUARANTINED: usize = 10_000;

/// Why the files cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error("reading or writing the files ended before it was done: {0}")]
    Broken(String),
}

/// What was read, beside the records.
#[derive(Debug)]
pub struct Read {
    pub report: Report,
    /// The first of what was not understood.
    pub quarantined: Vec<Quarantined>,
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

    /// From now on the files are understood by this.
    pub fn look_up(&self, lookups: Lookups) {
        self.lock().lookups = lookups;
    }

    /// Forgets what the files were.
    pub fn close(&self) {
        self.lock().folder = None;
    }

    /// Opens the folder anew and reads every record. It waits for the disk.
    pub fn read(&self, mut each: impl FnMut(&Record)) -> Result<Read, FilesError> {
        let mut open = self.lock();
        open.folder = None;
        let folder = Folder::open(&self.root, &open.lookups)?;
        let mut quarantined = Vec::new();
        let report = folder.read(|item| {
            match item {
                Item::Record { record, .. } => each(&record),
                Item::Quarantined(piece) if quarantined.len() < MOST_QUARANTINED => {
                    quarantined.push(piece);
                }
                Item::Quarantined(_) => {}
            }
            Ok::<_, Unreadable>(())
        })?;
        let stamp = stamp(&folder, &open.lookups);
        open.folder = Some(folder);
        Ok(Read {
            report,
            quarantined,
            stamp,
        })
    }

    /// Whether the files are as they were read or written last.
    pub async fn is_current(self: &Arc<Self>) -> Result<bool, FilesError> {
        self.with(|open| match &open.folder {
            Some(folder) => Ok(folder.is_current()?),
            None => Ok(false),
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

    /// Writes these records, all of a file at once, and says which state of the files that makes.
    pub async fn apply(self: &Arc<Self>, edits: Vec<Edit>) -> Result<Vec<u8>, FilesError> {
        self.with(move |open| {
            if open.folder.is_none() {
                return Err(FilesError::Broken("they were not read yet".to_owned()));
            }
            let Some(folder) = &mut open.folder else {
                return Err(FilesError::Broken("they were not read yet".to_owned()));
            };
            folder.apply(&edits)?;
            Ok(stamp(folder, &open.lookups))
        })
        .await
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

fn stamp(folder: &Folder, lookups: &Lookups) -> Vec<u8> {
    let mut hash = Sha256::new();
    for (path, stamp) in folder.stamps() {
        hash.update(format!("{path}\0{stamp:?}\0"));
    }
    let mut users: Vec<String> = lookups
        .users
        .iter()
        .map(|(key, id)| format!("{key}\0{id}\0"))
        .collect();
    users.sort();
    let mut library: Vec<String> = lookups
        .library
        .iter()
        .map(|known| format!("{}\0{}\0{:?}\0", known.id, known.name, known.aliases))
        .collect();
    library.sort();
    for part in users.iter().chain(&library) {
        hash.update(part);
    }
    hash.finalize().to_vec()
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
