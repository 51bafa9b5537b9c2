//! `regimen seed`: adds what is missing and says what was found.

use super::{Outcome, migrate};
use crate::{config::Config, db::Database, seeds};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Also add the demo user, whose password is public: never on a server that others can reach
    #[arg(long)]
    demo: bool,
}

pub(super) async fn run(config: &Config, args: &Args) -> Outcome {
    let database = Database::open(config).await?;
    let outcome = seed(config, args, &database).await;
    database.close().await;
    outcome
}

async fn seed(config: &Config, args: &Args, database: &Database) -> Outcome {
    migrate::require_current(database).await?;
    let with_demo = args.demo || demo_belongs(config);
    let report = seeds::plant(&mut database.connect().await?, with_demo).await?;
    for (kind, counts) in report.0 {
        println!("{kind:18} {counts}");
    }
    Ok(())
}

/// The demo user's password is public, so only a private development database gets one unasked, and none that is
/// to be filled from files.
pub(super) fn demo_belongs(config: &Config) -> bool {
    !config.is_production() && config.database_url.is_none() && config.legacy_dir.is_none()
}
