//! `regimen db`: for a person who wants to look into the private PostgreSQL.

use std::{path::PathBuf, process::Command};

use super::Outcome;
use crate::{
    config::Config,
    db::embedded::{self, Cluster, Lifetime},
};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Print the address of the database
    Url,
    /// Start the private PostgreSQL and leave it running
    Start,
    /// Stop the private PostgreSQL
    Stop,
    /// Open `psql` on the database
    Psql {
        /// What to pass on to `psql`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

pub(super) async fn run(config: &Config, verb: Verb) -> Outcome {
    match verb {
        Verb::Url => println!("{}", url(config).await?),
        Verb::Psql { args } => return psql(config, &args).await,
        Verb::Start => start(config).await?,
        Verb::Stop => stop(config).await?,
    }
    Ok(())
}

/// The address, password and all: whoever asks for it means to use it.
async fn url(config: &Config) -> Result<String, Box<dyn std::error::Error>> {
    if let Some(url) = &config.database_url {
        return Ok(url.expose().to_owned());
    }
    match embedded::find_running(&config.embedded().data_dir).await? {
        Some(running) => Ok(running.url()),
        None => Err("the private PostgreSQL does not run: start it with `regimen db start`".into()),
    }
}

async fn start(config: &Config) -> Outcome {
    refuse_foreign(config)?;
    let cluster = Cluster::start(&config.embedded(), Lifetime::Detached).await?;
    let what = if cluster.started_here() {
        "started"
    } else {
        "already running"
    };
    println!("{what}: {}", cluster.url());
    Ok(())
}

async fn stop(config: &Config) -> Outcome {
    refuse_foreign(config)?;
    let was_running = embedded::stop_running(&config.embedded().data_dir).await?;
    println!(
        "{}",
        if was_running {
            "stopped"
        } else {
            "it was not running"
        }
    );
    Ok(())
}

fn refuse_foreign(config: &Config) -> Outcome {
    if config.database_url.is_some() {
        return Err(
            "`DATABASE_URL` is set, so there is no private PostgreSQL to start or stop".into(),
        );
    }
    Ok(())
}

/// The program that came with the private PostgreSQL, or whichever is installed.
async fn psql(config: &Config, args: &[String]) -> Outcome {
    let url = url(config).await?;
    let running = match config.database_url {
        Some(_) => None,
        None => embedded::find_running(&config.embedded().data_dir).await?,
    };
    let program = running.map_or_else(|| PathBuf::from("psql"), |running| running.psql());
    let status = Command::new(program)
        .arg(url)
        .args(args)
        .status()
        .map_err(|error| {
            format!("`psql` cannot be run: {error}; it comes with the package `postgresql-client`")
        })?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`psql` ended with {status}").into())
    }
}
