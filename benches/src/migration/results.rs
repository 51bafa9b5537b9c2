//! The numbers of a run, each with what is wanted of it.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{Failure, database::Database};

/// What a number should be.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    AtLeast(f64),
    AtMost(f64),
    Nothing,
}

impl Wanted {
    const fn verdict(self, found: f64) -> &'static str {
        match self {
            Self::AtLeast(least) if found >= least => "met",
            Self::AtMost(most) if found <= most => "met",
            Self::Nothing => "",
            Self::AtLeast(_) | Self::AtMost(_) => "missed",
        }
    }

    fn word(self) -> String {
        match self {
            Self::AtLeast(least) => format!(">= {least}"),
            Self::AtMost(most) => format!("<= {most}"),
            Self::Nothing => String::new(),
        }
    }
}

struct Row {
    what: String,
    /// One for each round.
    found: Vec<f64>,
    wanted: Wanted,
}

impl Row {
    /// The middle one.
    fn median(&self) -> f64 {
        let mut found = self.found.clone();
        found.sort_by(f64::total_cmp);
        found.get(found.len() / 2).copied().unwrap_or_default()
    }
}

/// Everything measured so far.
pub struct Results {
    about: String,
    rows: Vec<Row>,
    shown: usize,
}

impl Results {
    pub async fn begin(database: &Database) -> Result<Self, Failure> {
        let version = database.ask("SHOW server_version").await?;
        let cpu = fs::read_to_string("/proc/cpuinfo")?;
        let cores = cpu.lines().filter(|line| line.starts_with("processor"));
        let load = fs::read_to_string("/proc/loadavg")?;
        let load = load.split(' ').next().unwrap_or_default();
        let about = format!("{} cores, load {load}, PostgreSQL {version}", cores.count());
        println!("{about}");
        Ok(Self {
            about,
            rows: Vec::new(),
            shown: 0,
        })
    }

    pub fn note(&self, text: &str) {
        println!("note: {text}");
    }

    /// One more number; the same thing measured again is another round of it.
    pub fn add(&mut self, what: &str, found: f64, wanted: Wanted) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.what == what) {
            row.found.push(found);
            return;
        }
        self.rows.push(Row {
            what: what.to_owned(),
            found: vec![found],
            wanted,
        });
    }

    /// Prints what was not printed yet.
    pub fn show(&mut self) {
        for row in &self.rows[self.shown..] {
            let (found, wanted) = (row.median(), row.wanted);
            println!(
                "{:60} {found:12.2}  {:8} {}",
                row.what,
                wanted.word(),
                wanted.verdict(found)
            );
        }
        self.shown = self.rows.len();
    }

    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let row = |row: &Row| {
            let verdict = row.wanted.verdict(row.median());
            json!({"what": row.what, "median": row.median(), "rounds": row.found, "wanted": row.wanted.word(), "verdict": verdict})
        };
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        let all = json!({"about": self.about, "rows": rows});
        Ok(fs::write(path, serde_json::to_vec_pretty(&all)?)?)
    }
}
