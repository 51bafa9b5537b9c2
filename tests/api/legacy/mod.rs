//! The files of legacy apps: what they are read to, what is written into them, and what `regimen legacy`
//! shows of them.

mod bad;
mod dice;
mod faults;
mod inspect;
mod meaning;
mod rounds;
mod settings;
mod shapes;
mod writing;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use regimen::exercises::ExerciseId;
use regimen::legacy::{
    Folder, Item, Known, Lookups, Quarantined, Report, Unreadable,
    record::{
        ExerciseRecord, HistoryRecord, Key, Kind, Record, SettingsRecord, UserRecord, WorkoutRecord,
    },
};
use uuid::Uuid;

/// A folder of its own, gone at the end.
pub struct Data(PathBuf);

impl Data {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("regimen-legacy-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn with(name: &str, text: impl AsRef<[u8]>) -> Self {
        let data = Self::new();
        data.file(name, text);
        data
    }

    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), text).unwrap();
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn open(&self) -> Folder {
        Folder::open(&self.0, &library()).unwrap()
    }

    pub fn read(&self) -> Found {
        Found::of(&self.open())
    }

    /// Every file with its contents.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for folder in [self.0.clone(), self.0.join(".regimen")] {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    files.insert(path.display().to_string(), fs::read(&path).unwrap());
                }
            }
        }
        files
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A library of the server's own.
pub fn library() -> Lookups {
    let known = |number, name: &str, aliases: &[&str]| Known {
        id: ExerciseId(Uuid::from_u128(number)),
        name: name.to_owned(),
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
    };
    Lookups {
        library: vec![
            known(1, "Bench Press", &["flat bench"]),
            known(2, "Pull-Up", &[]),
        ],
        ..Lookups::default()
    }
}

/// Everything that a folder was read to.
pub struct Found {
    pub records: Vec<Record>,
    pub bad: Vec<Quarantined>,
    pub report: Report,
}

impl Found {
    pub fn of(folder: &Folder) -> Self {
        let (mut records, mut bad) = (Vec::new(), Vec::new());
        let report = folder.read(|item| {
            match item {
                Item::Record(record) => records.push(record),
                Item::Quarantined(one) => bad.push(one),
            }
            Ok::<_, Unreadable>(())
        });
        Self {
            records,
            bad,
            report: report.unwrap(),
        }
    }

    pub fn by_key(&self) -> BTreeMap<Key, Record> {
        let kept = self
            .records
            .iter()
            .filter(|record| record.kind() != Kind::User);
        kept.map(|record| (record.key(), record.clone())).collect()
    }

    pub fn workouts(&self) -> Vec<WorkoutRecord> {
        self.each(|record| match record {
            Record::Workout(workout) => Some(workout.clone()),
            _ => None,
        })
    }

    pub fn users(&self) -> Vec<UserRecord> {
        self.each(|record| match record {
            Record::User(user) => Some(user.clone()),
            _ => None,
        })
    }

    pub fn settings(&self) -> Vec<SettingsRecord> {
        self.each(|record| match record {
            Record::Settings(settings) => Some(settings.clone()),
            _ => None,
        })
    }

    pub fn exercises(&self) -> Vec<ExerciseRecord> {
        self.each(|record| match record {
            Record::Exercise(exercise) => Some(exercise.clone()),
            _ => None,
        })
    }

    pub fn history(&self) -> Vec<HistoryRecord> {
        self.each(|record| match record {
            Record::History(entry) => Some(entry.clone()),
            _ => None,
        })
    }

    fn each<T>(&self, pick: impl Fn(&Record) -> Option<T>) -> Vec<T> {
        self.records.iter().filter_map(pick).collect()
    }
}

/// A session with one exercise and one set, by its id and what is to stand in the set.
pub fn session(id: &str, set: &str) -> String {
    format!(
        r#"{{"id":"{id}","userId":"ada","startTime":"2025-01-02T10:00:00Z","endTime":"2025-01-02T11:00:00Z","exercises":[{{"id":"e","name":"Bench Press","order":0,"sets":[{{"id":"s","order":0,"isCompleted":true,{set}}}]}}]}}"#
    )
}
