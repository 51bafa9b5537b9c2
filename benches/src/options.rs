//! What a run can be told.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::{classes::Class, migration::Migration, sides::Peer};

/// Measures the release program, the hand-written floor and other servers on one database, in turns.
#[derive(Parser)]
#[command(name = "benches/run")]
pub struct Options {
    /// What else there is to measure
    #[command(subcommand)]
    pub subject: Option<Subject>,
    /// What to measure
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["compare", "writers", "memory", "sockets"])]
    pub parts: Vec<Part>,
    /// Which classes of requests are compared
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["EDGE", "Q1", "Q2", "Q3", "Q4", "Q5", "M1", "M2"])]
    pub classes: Vec<Class>,
    /// Over how many connections at once
    #[arg(long, value_delimiter = ',', default_values_t = [16])]
    pub connections: Vec<usize>,
    /// Who is compared; without those for Node where there is no `npm`
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["regimen", "floor", "plain", "postgraphile", "yoga-drizzle"])]
    pub peers: Vec<Peer>,
    /// How many requests a measurement has; each class has its own number unless this is given
    #[arg(long)]
    pub requests: Option<usize>,
    /// How many times each side is measured; the median counts
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// How many thousand users the database has
    #[arg(long, default_value_t = 1)]
    pub scale: u64,
    /// A setting of PostgreSQL to try, such as `plan_cache_mode=force_generic_plan`
    #[arg(long)]
    pub set: Vec<String>,
    /// How many subscribers are connected and silent
    #[arg(long, default_value_t = 1000)]
    pub sockets: usize,
    /// Where the release programs are
    #[arg(long)]
    pub programs: PathBuf,
    /// Where the numbers go, as JSON
    #[arg(long)]
    pub json: PathBuf,
    /// A folder for the database and logs, on the disk that is to be measured
    #[arg(long)]
    pub scratch: PathBuf,
}

#[derive(Subcommand)]
pub enum Subject {
    Migration(Migration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// All classes, side by side
    Compare,
    /// Writing over 1, 16 and 128 connections, with notifications of changes and without
    Writers,
    /// What the server holds at the most over 128 connections
    Memory,
    /// Subscribers that hear nothing
    Sockets,
}

impl Options {
    pub const fn users(&self) -> u64 {
        self.scale * 1000
    }

    pub fn requests_of(&self, class: Class) -> usize {
        self.requests.unwrap_or(class.requests())
    }
}
