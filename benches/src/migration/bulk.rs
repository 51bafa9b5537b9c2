//! A large file: read, copied, compared, and copied again where there is nothing to copy.

use std::{fs, time::Instant};

use serde_json::json;

use super::{
    Stage, copies,
    program::{Program, Ran, Server},
    results::{Results, Wanted},
};
use crate::{Failure, database::connect};

/// What takes a backfill back to where nothing but its beginning is known, so that it has to look at everything.
const AGAIN: &str = "UPDATE migration_control SET phase = 'dual_write', epoch = epoch + 1;
    UPDATE migration_checkpoints SET state = 'cancelled' WHERE job = 'backfill'";

/// How many megabytes a process may hold, whatever the file's size.
const MEMORY: Wanted = Wanted::AtMost(64.0);

/// The large file.
pub async fn measure(
    stage: &Stage<'_>,
    sessions: u32,
    round: usize,
    results: &mut Results,
) -> Result<(), Failure> {
    let (name, raw_name) = (format!("large_{round}"), format!("raw_{round}"));
    let moved = Moved::begin(stage, &name, sessions, results).await?;
    let rows = copies::rows(&moved.program.url).await?;
    let raw = raw(stage, &raw_name, &moved.program).await?;
    beside(&moved, &raw, rows, results);
    live(&moved.server, results).await?;
    again(stage, &moved, rows / 1e6, results).await?;
    results.add("server at the end, peak MB", moved.server.peak(), MEMORY);
    drop(moved);
    stage.strike(&name).await?;
    stage.strike(&raw_name).await
}

/// The small file, for its memory alone.
pub async fn small(stage: &Stage<'_>, sessions: u32, results: &mut Results) -> Result<(), Failure> {
    drop(Moved::begin(stage, "small", sessions, results).await?);
    stage.strike("small").await
}

/// What something took, in seconds: by the clock, and of PostgreSQL's processor time.
struct Took {
    seconds: f64,
    postgres: f64,
}

/// An app in the database.
struct Moved {
    program: Program,
    server: Server,
    dual_write: Ran,
    backfill: Took,
}

impl Moved {
    async fn begin(
        stage: &Stage<'_>,
        name: &str,
        sessions: u32,
        results: &mut Results,
    ) -> Result<Self, Failure> {
        let (files, megabytes) = stage.files(name, sessions)?;
        let mut tell = |what: &str, found, wanted| {
            results.add(&format!("{megabytes:.0} MB: {what}"), found, wanted);
        };
        let program = stage.program(name, Some(files)).await?;
        let server = program.serve().await?;
        tell(
            "server until it answers, s",
            server.started,
            Wanted::Nothing,
        );
        tell("server when it answers, peak MB", server.peak(), MEMORY);
        let dual_write = program.run(&["dual-write", "on"]).await?;
        tell("dual write on, s", dual_write.seconds, Wanted::Nothing);
        server.sees("dual_write").await?;
        stage.database.run("CHECKPOINT").await?;
        let before = stage.postgres();
        let Ran { seconds, peak, .. } = program.run(&["backfill"]).await?;
        let postgres = stage.postgres() - before;
        tell("backfill, s", seconds, Wanted::Nothing);
        tell("backfill, peak MB", peak, MEMORY);
        tell("server after the backfill, peak MB", server.peak(), MEMORY);
        Ok(Self {
            program,
            server,
            dual_write,
            backfill: Took { seconds, postgres },
        })
    }
}

/// The same rows by themselves.
async fn raw(stage: &Stage<'_>, name: &str, of: &Program) -> Result<Took, Failure> {
    let folder = stage.scratch.join(format!("{name}-files"));
    copies::take(&of.url, &folder).await?;
    let program = stage.program(name, None).await?;
    let before = stage.postgres();
    let seconds = copies::put(&program.url, &folder).await?;
    let postgres = stage.postgres() - before;
    fs::remove_dir_all(folder)?;
    Ok(Took { seconds, postgres })
}

fn beside(moved: &Moved, raw: &Took, rows: f64, results: &mut Results) {
    let Moved {
        backfill,
        dual_write,
        server,
        ..
    } = moved;
    let mut tell = |what: &str, found| results.add(what, found, Wanted::Nothing);
    tell("rows", rows);
    for (who, took) in [("raw COPY", raw), ("backfill", backfill)] {
        tell(&format!("{who}, rows/s"), rows / took.seconds);
        tell(&format!("{who}, PostgreSQL's seconds"), took.postgres);
    }
    let whole = server.started + dual_write.seconds + backfill.seconds;
    tell("from JSON to the end / raw COPY, rate", raw.seconds / whole);
    let processor = raw.postgres / backfill.postgres;
    tell(
        "backfill / raw COPY, rate by PostgreSQL's processor time",
        processor,
    );
    let rate = raw.seconds / backfill.seconds;
    results.add("backfill / raw COPY, rate", rate, Wanted::AtLeast(0.6));
}

/// Comparing everything, and copying where nothing is to be copied.
async fn again(
    stage: &Stage<'_>,
    moved: &Moved,
    millions: f64,
    results: &mut Results,
) -> Result<(), Failure> {
    let mut add = |what: &str, found: f64, wanted| {
        results.add(
            &format!("{what} per million rows"),
            found / millions,
            wanted,
        );
    };
    let program = &moved.program;
    let before = stage.postgres();
    let scrub = program.run(&["parity", "--scrub"]).await?;
    let processor = scrub.processor + stage.postgres() - before;
    add("full scrub, s", scrub.seconds, Wanted::AtMost(10.0));
    add("full scrub, processor s", processor, Wanted::Nothing);
    let client = connect(&program.url).await?;
    client.batch_execute(AGAIN).await?;
    moved.server.sees("dual_write").await?;
    let rerun = program.run(&["backfill"]).await?;
    add(
        "rerun with nothing to do, s",
        rerun.seconds,
        Wanted::AtMost(2.0),
    );
    results.add("full scrub, peak MB", scrub.peak, MEMORY);
    Ok(())
}

/// Comparing what is known of both sides, over the API.
async fn live(server: &Server, results: &mut Results) -> Result<(), Failure> {
    let query = json!({"query": "{ parity { equal entities { inDatabase } } }"});
    let admin = Server::admin();
    let mut times = Vec::new();
    for _ in 0..21 {
        let began = Instant::now();
        let answer = server.ask(&admin, &query).await?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        if answer.pointer("/data/parity/equal") != Some(&json!(true)) {
            return Err(format!("files and database differ: {answer}").into());
        }
    }
    times.sort_by(f64::total_cmp);
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    results.add("live parity, median ms", median, Wanted::AtMost(50.0));
    results.add("live parity, longest ms", longest, Wanted::Nothing);
    Ok(())
}
