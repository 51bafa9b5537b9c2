//! `regimen cutover`: the database becomes what is read.

use super::{Outcome, dual_write::Args, migrate, migration};
use crate::{
    config::Config,
    db::Database,
    migration::{Actor, Migration, cut_over},
};

pub(super) async fn run(config: &Config, args: &Args) -> Outcome {
    let database = Database::open(config).await?;
    let outcome = run_on(&database, args).await;
    database.close().await;
    outcome
}

async fn run_on(database: &Database, args: &Args) -> Outcome {
    migrate::require_current(database).await?;
    let db = database.pool();
    cut_over(&db, Actor::CommandLine, args.epoch, args.within()).await?;
    migration::show(&Migration::read(&mut *db.conn().await?).await?, args.json)
}
