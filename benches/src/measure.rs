//! The order of things: who is measured when, and what is taken before and after.

use std::{fs, time::Duration};

use crate::{
    Failure,
    classes::Class,
    database::Database,
    load::{self, Load},
    options::{Options, Part},
    processes,
    report::{Cell, Report},
    same,
    sides::{Peer, Requests, Side},
    sockets,
};

pub async fn everything(options: &Options) -> Result<(), Failure> {
    fs::create_dir_all(&options.scratch)?;
    let folder = options.scratch.join("data");
    let database = Database::start(
        &options.programs.join("regimen"),
        folder,
        options.users(),
        &options.set,
    )
    .await?;
    let mut report = Report::begin(&database, options).await?;
    for part in &options.parts {
        match part {
            Part::Compare => compare(options, &database, &mut report).await?,
            Part::Writers => writers(options, &database, &mut report).await?,
            Part::Memory => memory(options, &database, &mut report).await?,
            Part::Sockets => {
                let side = start(Peer::Regimen, options, &database).await?;
                report.sockets(&sockets::measure(&side, options.sockets, options.users()).await?);
            }
        }
        report.write(&options.json)?;
    }
    Ok(())
}

async fn start(peer: Peer, options: &Options, database: &Database) -> Result<Side, Failure> {
    let log = options.scratch.join(format!("{}.log", peer.name()));
    Side::start(peer, &options.programs, &database.url, &log).await
}

async fn compare(
    options: &Options,
    database: &Database,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut sides = Vec::new();
    for peer in &options.peers {
        if !peer.is_there() {
            let name = peer.name();
            Report::note(&format!(
                "{name} is left out: `npm ci` in its folder installs it"
            ));
            continue;
        }
        sides.push(start(*peer, options, database).await?);
    }
    for class in &options.classes {
        same::check(&sides, *class, options.users(), database).await?;
    }
    for class in &options.classes {
        for connections in &options.connections {
            let cells = in_turns(&sides, *class, *connections, options, database).await?;
            report.compared(*class, *connections, &cells);
        }
    }
    for side in &sides {
        report.memory(side, processes::memory(side.pid()));
    }
    Ok(())
}

/// What a fresh server holds at the most while everything is asked of it over many connections.
async fn memory(
    options: &Options,
    database: &Database,
    report: &mut Report,
) -> Result<(), Failure> {
    const CONNECTIONS: usize = 128;

    let side = start(Peer::Regimen, options, database).await?;
    for class in &options.classes {
        let count = options.requests_of(*class);
        let requests = side.requests(*class, options.users(), 0, count).await?;
        let requests = requests.unwrap_or_default();
        load::drive(side.address, &requests, count, CONNECTIONS).await?;
    }
    database.reset().await?;
    Report::note(&format!("everything over {CONNECTIONS} connections:"));
    report.memory(&side, processes::memory(side.pid()));
    Ok(())
}

/// All sides by turns, so that what else the machine does meets all of them; each round begins with another.
/// The first round only warms up.
async fn in_turns(
    sides: &[Side],
    class: Class,
    connections: usize,
    options: &Options,
    database: &Database,
) -> Result<Vec<(Peer, Vec<Cell>)>, Failure> {
    let mut cells: Vec<_> = sides.iter().map(|side| (side.peer, Vec::new())).collect();
    for round in 0..=options.rounds {
        for turn in 0..sides.len() {
            let index = (turn + round) % sides.len();
            let cell = measured(&sides[index], class, connections, options, database).await?;
            if round > 0 {
                cells[index].1.extend(cell);
            }
        }
    }
    cells.retain(|(_, cells)| !cells.is_empty());
    Ok(cells)
}

/// One side, one class, once.
async fn measured(
    side: &Side,
    class: Class,
    connections: usize,
    options: &Options,
    database: &Database,
) -> Result<Option<Cell>, Failure> {
    let count = options.requests_of(class);
    let Some(requests) = side.requests(class, options.users(), 0, count).await? else {
        return Ok(None);
    };
    let cell = observed(side, &requests, count, connections, database).await?;
    if class.writes() {
        database.reset().await?;
    }
    Ok(Some(cell))
}

/// What a load costs the server and PostgreSQL. What has just ended is waited for, so that its time is found
/// with its parent.
async fn observed(
    side: &Side,
    requests: &Requests,
    count: usize,
    connections: usize,
    database: &Database,
) -> Result<Cell, Failure> {
    const PAUSE: Duration = Duration::from_millis(200);

    tokio::time::sleep(PAUSE).await;
    let before = (
        processes::seconds(side.pid()),
        processes::seconds(database.pid),
    );
    let load: Load = load::drive(side.address, requests, count, connections).await?;
    tokio::time::sleep(PAUSE).await;
    let after = (
        processes::seconds(side.pid()),
        processes::seconds(database.pid),
    );
    Ok(Cell::new(after.0 - before.0, after.1 - before.1, &load))
}

/// Whether the notification that each change sends holds writers up: a function of the same name that does
/// nothing stands in for it half of the time.
async fn writers(
    options: &Options,
    database: &Database,
    report: &mut Report,
) -> Result<(), Failure> {
    const SILENT: &str = "CREATE SCHEMA silent;
        CREATE FUNCTION silent.pg_notify(text, text) RETURNS void LANGUAGE sql AS 'SELECT'";
    const LOUD: &str = "ALTER DATABASE regimen RESET search_path";
    const HUSH: &str = "ALTER DATABASE regimen SET search_path = public, silent, pg_catalog";

    database.run(SILENT).await?;
    for class in [Class::M1, Class::M2] {
        for connections in [1, 16, 128] {
            let mut cells = [("notifying", Vec::new()), ("silent", Vec::new())];
            for round in 0..options.rounds * 2 {
                let (kind, setting) = [(0, LOUD), (1, HUSH)][round % 2];
                database.run(setting).await?;
                let side = start(Peer::Regimen, options, database).await?;
                let warm = side.requests(class, options.users(), 1 << 20, 300).await?;
                load::drive(side.address, &warm.unwrap_or_default(), 300, connections).await?;
                let cell = measured(&side, class, connections, options, database).await?;
                cells[kind].1.extend(cell);
            }
            report.row(&format!("{} alone", class.name()), connections, &cells);
        }
    }
    database.run(LOUD).await
}
