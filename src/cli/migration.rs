//! `regimen migration`: how far the way in from JSON files is, and what was done on it.

use std::sync::Arc;

use diesel_async::AsyncPgConnection;

use super::{Outcome, migrate};
use crate::{
    config::Config,
    db::Database,
    migration::{
        self, Actor, Migration, MigrationStep, Verdict,
        files::{Files, lookups},
        people,
    },
};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Show the phase, and what holds the next step back
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List whom the files know, each with their account
    People {
        /// Print JSON, one object in each line
        #[arg(long)]
        json: bool,
    },
    /// Say that a person of the files is the one with this account, while the files are all there is
    Link {
        /// The id that they have in the files
        legacy_id: String,
        /// The address of their account
        email: String,
    },
    /// List what was done and by whom, the oldest first
    Audit {
        /// Compute the chain of hashes anew instead, and fail where it is broken
        #[arg(long)]
        verify: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, verb: Verb) -> Outcome {
    let database = Database::open(config).await?;
    let outcome = run_on(config, &database, verb).await;
    database.close().await;
    outcome
}

async fn run_on(config: &Config, database: &Database, verb: Verb) -> Outcome {
    migrate::require_current(database).await?;
    let conn = &mut database.connect().await?;
    match verb {
        Verb::Status { json } => show(&Migration::read(conn).await?, json),
        Verb::People { json } => people(config, conn, json).await,
        Verb::Link { legacy_id, email } => link(config, conn, &legacy_id, &email).await,
        Verb::Audit { verify: true, json } => judge(&migration::verify(conn).await?, json),
        Verb::Audit { json, .. } => list(conn, json).await,
    }
}

/// Prints where the way in stands.
pub(super) fn show(migration: &Migration, json: bool) -> Outcome {
    if json {
        println!("{}", serde_json::to_string_pretty(migration)?);
        return Ok(());
    }
    let onoff = |on| if on { "on" } else { "off" };
    let since = migration.since.format("%Y-%m-%d %H:%M:%S UTC");
    println!("phase              {} since {since}", migration.phase);
    println!("epoch              {}", migration.epoch);
    println!("reads              {}", migration.read_source.word());
    println!("USE_DB             {}", onoff(migration.use_db));
    println!("USE_DB_DUAL_WRITE  {}", onoff(migration.use_db_dual_write));
    if let Some(deadline) = migration.fence_deadline {
        println!("fence              up until {deadline} at the latest");
    }
    if migration.use_db_dual_write {
        println!("behind             {} changes", migration.behind);
    }
    if let Some(until) = migration.certified_until {
        println!("proved equal       until {until}");
    }
    if migration.quarantined > 0 {
        println!("quarantined        {}", migration.quarantined);
    }
    for job in &migration.jobs {
        println!("{:18} {}: {}", job.job, job.state.word(), job.progress);
    }
    show_step("next step", migration.next_step.as_ref());
    show_step("step back", migration.rollback_step.as_ref());
    Ok(())
}

async fn files(
    config: &Config,
    conn: &mut AsyncPgConnection,
) -> Result<Arc<Files>, Box<dyn std::error::Error>> {
    let Some(folder) = &config.legacy_dir else {
        return Err("set `REGIMEN_LEGACY_DIR` to the folder of the files".into());
    };
    let files = Files::new(folder.clone());
    files.look_up(lookups(conn).await?);
    Ok(files)
}

async fn people(config: &Config, conn: &mut AsyncPgConnection, json: bool) -> Outcome {
    let files = files(config, conn).await?;
    for person in people::listed(conn, &files, None, usize::MAX).await? {
        if json {
            println!("{}", serde_json::to_string(&person)?);
            continue;
        }
        let account = person.email.as_deref().unwrap_or("no account yet");
        let linked = if person.linked { ", linked" } else { "" };
        println!("{:24} {account}{linked}", person.legacy_id);
    }
    Ok(())
}

async fn link(
    config: &Config,
    conn: &mut AsyncPgConnection,
    legacy_id: &str,
    email: &str,
) -> Outcome {
    people::check(&files(config, conn).await?, legacy_id).await?;
    let user = people::link(conn, Actor::CommandLine, legacy_id, email).await?;
    println!("`{legacy_id}` of the files is {} from now on", user.email);
    Ok(())
}

fn show_step(name: &str, step: Option<&MigrationStep>) {
    let Some(step) = step else {
        println!("{name:18} none");
        return;
    };
    println!("{name:18} {}", step.to);
    for obstacle in &step.held_back_by {
        println!("{:18} held back: {obstacle}", "");
    }
}

async fn list(conn: &mut AsyncPgConnection, json: bool) -> Outcome {
    let mut last = 0;
    loop {
        let entries = migration::AuditEntry::after(conn, last).await?;
        let Some(newest) = entries.last() else {
            return Ok(());
        };
        last = newest.seq;
        for entry in &entries {
            if json {
                println!("{}", serde_json::to_string(entry)?);
                continue;
            }
            println!(
                "{:5}  {}  {} -> {}  {}: {}  {}",
                entry.seq,
                entry.at.format("%Y-%m-%d %H:%M:%S"),
                entry.from_phase,
                entry.to_phase,
                entry.actor,
                entry.action,
                entry.details
            );
        }
    }
}

fn judge(verdict: &Verdict, json: bool) -> Outcome {
    if json {
        println!("{}", serde_json::to_string_pretty(verdict)?);
    } else {
        println!(
            "{} rows hold; the last hash is {}",
            verdict.rows, verdict.head
        );
    }
    match &verdict.broken {
        None => Ok(()),
        Some(what) => Err(format!("the audit is not as it was written: {what}").into()),
    }
}
