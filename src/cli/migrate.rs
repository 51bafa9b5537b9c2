//! `regimen migrate`: the schema, up and down.

use super::Outcome;
use crate::{
    config::Config,
    db::{
        Database,
        migrations::{MigrationError, Schema, Step},
    },
};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Apply every migration that is missing
    Up,
    /// Undo the newest migration, and the data that only it can hold
    Down {
        /// How many to undo
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// Undo the newest migration and apply it again
    Redo,
    /// List all migrations and which of them the database has
    Status,
}

pub(super) async fn run(config: &Config, verb: Verb) -> Outcome {
    let database = Database::open(config).await?;
    let outcome = with_schema(&database, verb).await;
    database.close().await;
    outcome
}

async fn with_schema(database: &Database, verb: Verb) -> Outcome {
    let mut schema = Schema::lock(&database.direct, database.limits()).await?;
    match verb {
        Verb::Up => say_applied(&schema.up()?),
        Verb::Down { steps } => {
            for _ in 0..steps {
                println!("undone   {}", schema.down()?.name);
            }
        }
        Verb::Redo => {
            println!("undone   {}", schema.down()?.name);
            say_applied(&schema.up()?);
        }
        Verb::Status => {
            for step in schema.status().await? {
                println!(
                    "{}  {}",
                    if step.applied { "applied" } else { "missing" },
                    step.name
                );
            }
        }
    }
    schema.unlock().await?;
    Ok(())
}

fn say_applied(steps: &[Step]) {
    for step in steps {
        println!("applied  {}", step.name);
    }
    if steps.is_empty() {
        println!("the schema is up to date");
    }
}

/// Applies what is missing and logs it; used when a server starts.
pub(super) async fn up(database: &Database) -> Result<(), MigrationError> {
    let mut schema = Schema::lock(&database.direct, database.limits()).await?;
    // On a thread of its own: a migration blocks, and a signal has to get through meanwhile.
    let (schema, applied) = tokio::task::spawn_blocking(move || {
        let applied = schema.up();
        (schema, applied)
    })
    .await
    .map_err(|error| MigrationError::Failed(error.to_string()))?;
    for step in applied? {
        tracing::info!("applied migration {}", step.name);
    }
    schema.unlock().await
}

/// Fails where the schema is not the one this version needs.
pub(super) async fn require_current(database: &Database) -> Outcome {
    let mut schema = Schema::lock(&database.direct, database.limits()).await?;
    let missing = schema
        .status()
        .await?
        .into_iter()
        .filter(|step| !step.applied)
        .count();
    schema.unlock().await?;
    if missing > 0 {
        return Err(
            format!("the database lacks {missing} migrations: run `regimen migrate up`").into(),
        );
    }
    Ok(())
}
