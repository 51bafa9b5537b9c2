//! `regimen backfill`: everybody's records go from the files to the database.

use super::{
    Outcome, migrate, print_json,
    progress::{Bar, Shown},
};
use crate::{
    config::Config,
    db::{Database, Db},
    migration::{
        Actor,
        backfill::{self, Ended, Progress},
        plan::{self, BackfillPlan},
        step::JobState,
    },
};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Say what there is to copy, and copy nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Have it wait; `regimen backfill` goes on with it
    Pause,
    /// Give it up; the next one begins anew and copies what is missing
    Cancel,
}

pub(super) async fn run(config: &Config, args: Args) -> Outcome {
    let database = Database::open(config).await?;
    let outcome = run_on(&database, args).await;
    database.close().await;
    outcome
}

async fn run_on(database: &Database, args: Args) -> Outcome {
    migrate::require_current(database).await?;
    let db = database.pool();
    let conn = &mut *db.conn().await?;
    match args.verb {
        Some(Verb::Pause) => Ok(backfill::tell(conn, Actor::CommandLine, JobState::Paused).await?),
        Some(Verb::Cancel) => {
            Ok(backfill::tell(conn, Actor::CommandLine, JobState::Cancelled).await?)
        }
        None if args.dry_run => show_plan(&plan::plan(conn).await?, args.json),
        None => copy(&db, args.json).await,
    }
}

async fn copy(db: &Db, json: bool) -> Outcome {
    let bar = Bar::new();
    let ended = backfill::run(db, Actor::CommandLine, |progress: &Progress| {
        bar.show(&Shown {
            done: progress.rows,
            in_all: progress.rows_in_all,
            per_second: progress.rows_per_second,
            seconds_left: progress.seconds_left,
        });
    })
    .await;
    bar.end();
    match ended? {
        Ended::Done(parity) if json => print_json(&parity),
        Ended::Done(parity) => {
            for entity in &parity.entities {
                println!(
                    "{:10} {} equal on both sides",
                    entity.entity.word(),
                    entity.in_database
                );
            }
            println!("everything is in the database; next: `regimen parity --prove`");
            Ok(())
        }
        Ended::Stopped(state) => Err(format!(
            "somebody else has ended it: the backfill is {}",
            state.word()
        )
        .into()),
    }
}

fn show_plan(plan: &BackfillPlan, json: bool) -> Outcome {
    if json {
        return print_json(plan);
    }
    println!("{:20} {:>12} {:>14}", "table", "in files", "there already");
    for table in &plan.tables {
        println!(
            "{:20} {:>12} {:>14}",
            table.table, table.in_files, table.there_already
        );
    }
    println!(
        "{} owners; {} pieces of the files could not be understood",
        plan.owners, plan.quarantined
    );
    println!("nothing was copied");
    Ok(())
}
