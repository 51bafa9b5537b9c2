//! `regimen migrate`: the schema, up and down.

use std::io::{BufRead, IsTerminal, Write};

use super::Outcome;
use crate::{
    config::Config,
    db::{
        Database,
        migrations::{self, MigrationError, Schema, Step},
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
        /// Do not ask first
        #[arg(long)]
        yes: bool,
    },
    /// Undo the newest migration and apply it again, without the data that only it can hold
    Redo {
        /// Do not ask first
        #[arg(long)]
        yes: bool,
    },
    /// List all migrations and which of them the database has
    Status,
}

pub(super) async fn run(config: &Config, verb: Verb) -> Outcome {
    if let Verb::Down { yes: false, .. } | Verb::Redo { yes: false } = verb {
        confirm()?;
    }
    let database = Database::open(config).await?;
    let outcome = run_on(&database, verb).await;
    database.close().await;
    outcome
}

/// Data is lost, so somebody at a terminal is asked, and a script has to say that it means it.
fn confirm() -> Outcome {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(
            "undoing a migration deletes the data that only it can hold: say `--yes` if that is meant"
                .into(),
        );
    }
    print!("undoing a migration deletes the data that only it can hold; `yes` goes on: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    if answer.trim() == "yes" {
        Ok(())
    } else {
        Err("nothing was undone".into())
    }
}

async fn status(database: &Database) -> Outcome {
    let conn = &mut database.direct.connect(database.limits()).await?;
    for step in migrations::status(conn).await? {
        println!(
            "{}  {}",
            if step.applied { "applied" } else { "missing" },
            step.name
        );
    }
    Ok(())
}

async fn run_on(database: &Database, verb: Verb) -> Outcome {
    let (down, up) = match verb {
        Verb::Status => return status(database).await,
        Verb::Up => (0, true),
        Verb::Down { steps, .. } => (steps, false),
        Verb::Redo { .. } => (1, true),
    };
    let mut schema = Schema::lock(&database.direct, database.limits()).await?;
    for _ in 0..down {
        println!("undone   {}", schema.down()?.name);
    }
    if up {
        say_applied(&schema.up()?);
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
    let conn = &mut database.direct.connect(database.limits()).await?;
    let steps = migrations::status(conn).await?;
    let missing = steps.iter().filter(|step| !step.applied).count();
    if missing > 0 {
        return Err(
            format!("the database lacks {missing} migrations: run `regimen migrate up`").into(),
        );
    }
    Ok(())
}
