//! The command line. Each command is one file; all of them read the same settings.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is what a command line is for"
)]

mod backfill;
mod config;
mod cutover;
mod db;
mod documents;
mod dual_write;
mod ending;
mod legacy;
mod migrate;
mod migration;
mod parity;
mod progress;
mod rollback;
mod schema;
mod seed;
mod serve;
mod user;

use std::{collections::HashMap, error::Error, process::ExitCode};

use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{
    config::{self as settings, Config, SETTINGS, Setting},
    db::embedded,
    logging,
    migration::Failure,
};

/// What a command ends with when it cannot do its work: one line that says why and what to do.
type Outcome = Result<(), Box<dyn Error>>;

/// What a process ends with that was asked for a step which something holds back.
const HELD_BACK: u8 = 3;

/// A GraphQL server for workouts and tasks over PostgreSQL.
#[derive(Parser)]
#[command(name = "regimen", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    #[command(flatten)]
    Configured(Configured),
    /// Print the GraphQL schema
    Schema,
    /// Look after the documents of clients
    #[command(subcommand)]
    Documents(documents::Verb),
    /// Look at the JSON files of an app that is to move here
    #[command(subcommand)]
    Legacy(legacy::Verb),
}

/// What needs the settings.
#[derive(Subcommand)]
enum Configured {
    /// Start the server; this is what happens when no command is given
    Serve,
    /// Show the settings in force, secrets masked
    Config(config::Args),
    /// Look after the private PostgreSQL
    #[command(subcommand)]
    Db(db::Verb),
    /// Bring the database's schema up or down
    #[command(subcommand)]
    Migrate(migrate::Verb),
    /// Add the exercise library and the demo user where they are missing
    Seed(seed::Args),
    /// Look after accounts
    #[command(subcommand)]
    User(user::Verb),
    /// Watch the way in from JSON files
    #[command(subcommand)]
    Migration(migration::Verb),
    /// Write to the database and to the files, or to the files alone
    #[command(subcommand)]
    DualWrite(dual_write::Verb),
    /// Copy everybody's records from the files to the database, or go on with it
    Backfill(backfill::Args),
    /// Compare files and database
    Parity(parity::Args),
    /// Have the database be what is read
    Cutover(dual_write::Args),
    /// Copy the files to an archive and read it back
    Archive(ending::ArchiveArgs),
    /// End the way in, once the archive holds everything
    Complete(ending::StepArgs),
    /// Bring the files back from their archive, and have them follow again
    Restore(ending::StepArgs),
    /// Go one step back on the way in from JSON files
    Rollback(dual_write::Args),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    match run(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            exit_code(&*error)
        }
    }
}

/// Prints what a program is to read.
fn print_json(value: &impl serde::Serialize) -> Outcome {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// What was held back is no failure: a script may try again later. Wrong usage is 2, as everywhere.
fn exit_code(error: &(dyn Error + 'static)) -> ExitCode {
    match error.downcast_ref() {
        Some(Failure::HeldBack(_) | Failure::Overtaken { .. }) => ExitCode::from(HELD_BACK),
        _ => ExitCode::FAILURE,
    }
}

fn run(matches: &ArgMatches) -> Outcome {
    let verb = Cli::from_arg_matches(matches)?
        .command
        .unwrap_or(Verb::Configured(Configured::Serve));
    let verb = match verb {
        Verb::Configured(verb) => verb,
        Verb::Schema => return schema::run(),
        Verb::Documents(verb) => return documents::run(&verb),
        Verb::Legacy(verb) => return legacy::run(&verb),
    };
    let config = Config::read(flags(matches), embedded::default_data_dir())?;
    let _spans = logging::start(&config)?;
    for (name, meant) in settings::misspelled_in_environment() {
        tracing::warn!(
            "the environment sets `{name}`, which does not exist: did you mean `{meant}`?"
        );
    }
    // The main thread drives the command itself: whatever it starts belongs to a thread that stays.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(async {
        match verb {
            Configured::Serve => serve::run(&config).await,
            Configured::Config(args) => config::run(&config, &args),
            Configured::Db(verb) => db::run(&config, verb).await,
            Configured::Migrate(verb) => migrate::run(&config, verb).await,
            Configured::Seed(args) => seed::run(&config, &args).await,
            Configured::User(verb) => user::run(&config, verb).await,
            Configured::Migration(verb) => migration::run(&config, verb).await,
            Configured::DualWrite(verb) => dual_write::run(&config, verb).await,
            Configured::Backfill(args) => backfill::run(&config, args).await,
            Configured::Parity(args) => parity::run(&config, args).await,
            Configured::Cutover(args) => cutover::run(&config, &args).await,
            Configured::Archive(args) => ending::run(&config, ending::Verb::Archive(args)).await,
            Configured::Complete(args) => ending::run(&config, ending::Verb::Complete(args)).await,
            Configured::Restore(args) => ending::run(&config, ending::Verb::Restore(args)).await,
            Configured::Rollback(args) => rollback::run(&config, &args).await,
        }
    });
    runtime.shutdown_background();
    outcome
}

/// The commands, each with a flag for every setting that is no secret.
fn command() -> Command {
    let secrets: Vec<&str> = SETTINGS
        .iter()
        .filter(|setting| setting.secret)
        .map(|setting| setting.name)
        .collect();
    Cli::command()
        .args(SETTINGS.iter().filter_map(flag))
        .after_help(format!(
            "Every setting can be a flag, an environment variable, or a line of `.env`, in that order of \
             precedence. No flags, because others can read command lines: {}.",
            secrets.join(", ")
        ))
}

fn flag(setting: &'static Setting) -> Option<Arg> {
    let mut help = format!("{} [env: {}]", setting.doc.trim(), setting.name);
    if !setting.default.is_empty() {
        help.extend([" [default: ", setting.default, "]"]);
    }
    let flag = Arg::new(setting.name)
        .long(setting.flag()?)
        .help(help)
        .help_heading("Settings")
        .value_name("VALUE")
        .hide_short_help(true)
        .global(true);
    Some(flag)
}

/// The settings given as flags, before the command or after it.
fn flags(matches: &ArgMatches) -> HashMap<&'static str, String> {
    SETTINGS
        .iter()
        .filter(|setting| !setting.secret)
        .filter_map(|setting| {
            let value: &String = matches.get_one(setting.name)?;
            Some((setting.name, value.clone()))
        })
        .collect()
}
