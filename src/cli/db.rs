//! `regimen db`: for a person who wants to look into the private PostgreSQL.

use std::process::Command;

use super::Outcome;
use crate::{
    config::{Config, Secret},
    db::{
        Address, Database,
        embedded::{self, Cluster, Lifetime, Running},
    },
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
        Verb::Url => match given(config) {
            // Password and all: whoever asks for it means to use it.
            Some((_, url)) => println!("{}", url.expose()),
            None => println!("{}", running(config).await?.url()),
        },
        Verb::Psql { args } => return psql(config, &args).await,
        Verb::Start => start(config).await?,
        Verb::Stop => stop(config).await?,
    }
    Ok(())
}

/// The variable that names somebody else's database, and its address: past the pooler where that is
/// known, because `pg_dump` and most of `psql` need a session of their own.
fn given(config: &Config) -> Option<(&'static str, &Secret)> {
    let url = config.database_url.as_ref()?;
    Some(match &config.database_direct_url {
        Some(direct) => ("DATABASE_DIRECT_URL", direct),
        None => ("DATABASE_URL", url),
    })
}

async fn running(config: &Config) -> Result<Running, Box<dyn std::error::Error>> {
    embedded::find_running(&config.data_dir)
        .await?
        .ok_or_else(|| {
            "the private PostgreSQL does not run: start it with `regimen db start`".into()
        })
}

async fn start(config: &Config) -> Outcome {
    refuse_foreign(config)?;
    let cluster = Cluster::start(&Database::private(config), Lifetime::Detached).await?;
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
    let was_running = embedded::stop_running(&config.data_dir).await?;
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
    let mut command = if let Some((variable, url)) = given(config) {
        let (url, password) = Address::parse(variable, url)?.apart(url);
        let mut command = Command::new("psql");
        command.arg(url);
        if let Some(password) = password {
            // Not on the command line, which others can read.
            command.env("PGPASSWORD", password.expose());
        }
        command
    } else {
        let running = running(config).await?;
        let mut command = Command::new(running.psql());
        command.arg(running.url());
        command
    };
    let status = command.args(args).status().map_err(|error| {
        format!("`psql` cannot be run: {error}; it comes with the package `postgresql-client`")
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`psql` ended with {status}").into())
    }
}
