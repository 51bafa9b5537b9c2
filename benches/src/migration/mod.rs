//! The way in from JSON files, measured: `benches/run migration`. It makes its own files, takes every step with the
//! release program's own commands, and puts what they take beside a plain `COPY` of the same rows.

mod bulk;
mod copies;
mod fences;
mod files;
mod mutations;
mod program;
mod results;

use std::{fs, path::PathBuf};

use clap::{Args, ValueEnum};

use crate::{
    Failure,
    database::{Database, connect},
    options::Options,
    processes,
};
use program::Program;
use results::Results;

/// Measures moving an app from its JSON files
#[derive(Args)]
pub struct Migration {
    /// What to measure
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["backfill", "memory", "fences", "mutations"])]
    parts: Vec<Part>,
    /// How many sessions the large file has; each is 22 rows and some 8 KB
    #[arg(long, default_value_t = 45_500)]
    sessions: u32,
    /// How many the small file has that memory is compared with
    #[arg(long, default_value_t = 3_000)]
    few: u32,
    /// How many sessions the file has into which mutations are written twice
    #[arg(long, default_value_t = 125)]
    written: u32,
    /// How many mutations are measured at a time
    #[arg(long, default_value_t = 400)]
    mutations: usize,
    /// How often it is cut over and rolled back
    #[arg(long, default_value_t = 50)]
    cutovers: usize,
    /// How many clients write meanwhile
    #[arg(long, default_value_t = 8)]
    writers: usize,
    /// How often what is put beside something else is measured; the median counts
    #[arg(long, default_value_t = 1)]
    rounds: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The large file: how fast it is read, copied and compared
    Backfill,
    /// The small file, for what memory it takes
    Memory,
    /// Cutting over and rolling back while others write
    Fences,
    /// Writing both sides beside writing one
    Mutations,
}

/// A PostgreSQL of its own, the program, and a folder for everything.
struct Stage<'a> {
    database: &'a Database,
    regimen: PathBuf,
    scratch: PathBuf,
}

impl Stage<'_> {
    /// The program over a new database, with a folder of files or without.
    async fn program(&self, name: &str, files: Option<PathBuf>) -> Result<Program, Failure> {
        let create = format!("CREATE DATABASE {name}");
        self.database.run(&create).await?;
        let url = self.database.url_of(name);
        let program = Program::new(&self.regimen, url, files, self.scratch.join(name));
        program.run(&["migrate", "up"]).await?;
        if program.has_files() {
            let client = connect(&program.url).await?;
            client.batch_execute(&program::admin()).await?;
        }
        Ok(program)
    }

    /// A folder of files with so many sessions, and how many megabytes they have.
    #[expect(clippy::cast_precision_loss, reason = "sizes are shown to people")]
    fn files(&self, name: &str, sessions: u32) -> Result<(PathBuf, f64), Failure> {
        let folder = self.scratch.join(format!("{name}-files"));
        fs::create_dir_all(&folder)?;
        let bytes = files::write(&folder, sessions)?;
        Ok((folder, bytes as f64 / 1e6))
    }

    /// Takes away what one part needed.
    async fn strike(&self, name: &str) -> Result<(), Failure> {
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        self.database.run(&drop).await?;
        let _ = fs::remove_dir_all(self.scratch.join(format!("{name}-files")));
        let _ = fs::remove_dir_all(self.scratch.join(name));
        Ok(())
    }

    /// Seconds of processor time that PostgreSQL took so far.
    fn postgres(&self) -> f64 {
        processes::seconds(self.database.pid)
    }
}

pub async fn measure(options: &Options, migration: &Migration) -> Result<(), Failure> {
    fs::create_dir_all(&options.scratch)?;
    // Commands run in folders of their own.
    let regimen = options.programs.join("regimen").canonicalize()?;
    let folder = options.scratch.join("data");
    let database = Database::empty(&regimen, folder, &options.set).await?;
    let stage = Stage {
        database: &database,
        regimen,
        scratch: options.scratch.clone(),
    };
    let mut results = Results::begin(&database).await?;
    for part in &migration.parts {
        match part {
            Part::Backfill => {
                for round in 0..migration.rounds {
                    bulk::measure(&stage, migration.sessions, round, &mut results).await?;
                }
            }
            Part::Memory => bulk::small(&stage, migration.few, &mut results).await?,
            Part::Fences => fences::measure(&stage, migration, &mut results).await?,
            Part::Mutations => mutations::measure(&stage, migration, &mut results).await?,
        }
        results.show();
        results.write(&options.json)?;
    }
    Ok(())
}
