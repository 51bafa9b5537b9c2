//! The command line. Each command is one file; all of them read the same settings.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is what a command line is for"
)]

mod config;
mod db;
mod migrate;
mod schema;
mod seed;
mod serve;
mod user;

use std::{collections::HashMap, error::Error, process::ExitCode};

use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{
    config::{Config, SETTINGS, Setting},
    logging,
};

/// What a command ends with when it cannot do its work: one line that says why and what to do.
type Outcome = Result<(), Box<dyn Error>>;

/// A GraphQL server for workouts and tasks over PostgreSQL.
#[derive(Parser)]
#[command(name = "regimen", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
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
    /// Print the GraphQL schema
    Schema,
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    match run(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(matches: &ArgMatches) -> Outcome {
    let verb = Cli::from_arg_matches(matches)?
        .command
        .unwrap_or(Verb::Serve);
    if matches!(verb, Verb::Schema) {
        return schema::run();
    }
    let config = Config::read(flags(matches))?;
    logging::start(&config);
    // The main thread drives the command itself: whatever it starts belongs to a thread that stays.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(async {
        match verb {
            Verb::Serve => serve::run(&config).await,
            Verb::Config(args) => config::run(&config, &args),
            Verb::Db(verb) => db::run(&config, verb).await,
            Verb::Migrate(verb) => migrate::run(&config, verb).await,
            Verb::Seed(args) => seed::run(&config, &args).await,
            Verb::User(verb) => user::run(&config, verb).await,
            Verb::Schema => schema::run(),
        }
    });
    runtime.shutdown_background();
    outcome
}

/// The commands, each with a flag for every setting.
fn command() -> Command {
    Cli::command().args(SETTINGS.iter().map(flag)).after_help(
        "Every setting can be a flag, an environment variable, or a line of `.env`, in that order of precedence.",
    )
}

fn flag(setting: &'static Setting) -> Arg {
    let mut help = format!("{} [env: {}]", setting.doc.trim(), setting.name);
    if !setting.default.is_empty() {
        help.extend([" [default: ", setting.default, "]"]);
    }
    Arg::new(setting.name)
        .long(setting.flag())
        .help(help)
        .help_heading("Settings")
        .value_name("VALUE")
        .hide_short_help(true)
        .global(true)
}

/// The settings given as flags, before the command or after it.
fn flags(matches: &ArgMatches) -> HashMap<&'static str, String> {
    SETTINGS
        .iter()
        .filter_map(|setting| {
            let value: &String = matches.get_one(setting.name)?;
            Some((setting.name, value.clone()))
        })
        .collect()
}
