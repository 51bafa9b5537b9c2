//! Measures the release program beside the floor and its peers: see `benches/run --help`, and
//! `docs/performance.md` for what came of it.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]

mod aims;
mod classes;
mod data;
mod database;
mod load;
mod measure;
mod migration;
mod options;
mod processes;
mod report;
mod same;
mod sides;
mod sockets;
mod tokens;

use std::{error::Error, process::ExitCode};

use clap::Parser;
use tokio::task::LocalSet;

use options::{Options, Subject};

type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = runtime.map_err(Failure::from).and_then(|runtime| {
        runtime.block_on(LocalSet::new().run_until(async {
            match &options.subject {
                Some(Subject::Migration(migration)) => {
                    migration::measure(&options, migration).await
                }
                None => measure::everything(&options).await,
            }
        }))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
