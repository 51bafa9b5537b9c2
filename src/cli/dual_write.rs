//! `regimen dual-write`: whether each write goes to the database and to the files.

use std::time::Duration;

use super::{Outcome, migrate, migration};
use crate::{
    config::Config,
    db::Database,
    migration::{Actor, FENCE, Migration, set_dual_write},
};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Have each write go to the database, and from there to the files
    On(Args),
    /// Give the files everything, and go back to them alone
    Off(Args),
    /// Say whether it is on
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What the commands that take a step have in common.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Do nothing if the epoch is another one by now
    #[arg(long, value_name = "EPOCH")]
    pub epoch: Option<i64>,
    /// How long writes may be held up
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub within: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Args {
    pub fn within(&self) -> Duration {
        self.within.unwrap_or(FENCE)
    }
}

pub(super) async fn run(config: &Config, verb: Verb) -> Outcome {
    let database = Database::open(config).await?;
    let outcome = run_on(&database, verb).await;
    database.close().await;
    outcome
}

async fn run_on(database: &Database, verb: Verb) -> Outcome {
    migrate::require_current(database).await?;
    let db = database.pool();
    let (on, args) = match verb {
        Verb::On(args) => (true, args),
        Verb::Off(args) => (false, args),
        Verb::Status { json } => return say(&Migration::read(&mut *db.conn().await?).await?, json),
    };
    set_dual_write(&db, Actor::CommandLine, on, args.epoch, args.within()).await?;
    say(&Migration::read(&mut *db.conn().await?).await?, args.json)
}

fn say(now: &Migration, json: bool) -> Outcome {
    if json {
        return migration::show(now, true);
    }
    let word = if now.use_db_dual_write { "on" } else { "off" };
    println!(
        "dual write is {word}: phase `{}`, epoch {}",
        now.phase, now.epoch
    );
    Ok(())
}
