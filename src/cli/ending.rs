//! `regimen archive`, `regimen complete` and `regimen restore`: the files are put away, and fetched back.

use std::{path::PathBuf, sync::Arc};

use super::{Outcome, migrate, migration, print_json};
use crate::{
    config::Config,
    db::{Database, Db},
    migration::{
        Actor, Migration, ending,
        files::{Files, lookups},
    },
};

#[derive(clap::Args)]
pub(super) struct ArchiveArgs {
    /// The folder for the copies; without it one beside the files
    folder: Option<PathBuf>,
    /// Remove the originals instead, each only if the archive has it as it is; after `regimen complete`
    #[arg(long, conflicts_with = "folder")]
    retire: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(super) struct StepArgs {
    /// Do nothing if the epoch is another one by now
    #[arg(long, value_name = "EPOCH")]
    epoch: Option<i64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which of the commands it is.
pub(super) enum Verb {
    Archive(ArchiveArgs),
    Complete(StepArgs),
    Restore(StepArgs),
}

pub(super) async fn run(config: &Config, verb: Verb) -> Outcome {
    let database = Database::open(config).await?;
    let outcome = run_on(config, &database, verb).await;
    database.close().await;
    outcome
}

async fn run_on(config: &Config, database: &Database, verb: Verb) -> Outcome {
    migrate::require_current(database).await?;
    let db = database.pool();
    let json = match verb {
        Verb::Archive(args) => return archive(config, &db, args).await,
        Verb::Complete(args) => {
            ending::complete(&db, Actor::CommandLine, args.epoch).await?;
            args.json
        }
        Verb::Restore(args) => {
            let files = files(config, &db).await?;
            ending::fetch_back(&db, Actor::CommandLine, &files, args.epoch).await?;
            args.json
        }
    };
    migration::show(&Migration::read(&mut *db.conn().await?).await?, json)
}

async fn archive(config: &Config, db: &Db, args: ArchiveArgs) -> Outcome {
    let files = files(config, db).await?;
    if args.retire {
        let removed = ending::retire(db, Actor::CommandLine, &files).await?;
        println!("{removed} files were removed; their copies are in the archive");
        return Ok(());
    }
    let manifest = ending::put_away(db, Actor::CommandLine, &files, args.folder).await?;
    if args.json {
        return print_json(&manifest);
    }
    for file in &manifest.files {
        println!("{}  {:>12}  {}", &file.sha256[..16], file.bytes, file.path);
    }
    println!("archived and read back; next: `regimen complete`");
    Ok(())
}

async fn files(config: &Config, db: &Db) -> Result<Arc<Files>, Box<dyn std::error::Error>> {
    let Some(folder) = &config.legacy_dir else {
        return Err("set `REGIMEN_LEGACY_DIR` to the folder of the files".into());
    };
    let files = Files::new(folder.clone());
    files.look_up(lookups(&mut *db.conn().await?).await?);
    Ok(files)
}
