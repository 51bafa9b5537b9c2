//! The numbers: kept as they come, shown as a table, ratios first, and written as JSON.

use std::{fs, path::Path};

use serde_json::{Map, Value, json};

use crate::{
    Failure, aims,
    classes::Class,
    database::Database,
    load::Load,
    options::Options,
    processes::Memory,
    sides::{Peer, Side},
    sockets::Sockets,
};

/// One measurement. Times are milliseconds for each request.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub server: f64,
    postgres: f64,
    per_second: f64,
    p50: f64,
    p99: f64,
    kilobytes: f64,
    refused: f64,
}

impl Cell {
    /// From the seconds of processor time that a load took on either side.
    #[expect(clippy::cast_precision_loss, reason = "numbers of requests are small")]
    pub fn new(server: f64, postgres: f64, load: &Load) -> Self {
        let count = load.latencies.len() as f64;
        Self {
            server: server * 1000.0 / count,
            postgres: postgres * 1000.0 / count,
            per_second: load.per_second(),
            p50: load.percentile(500),
            p99: load.percentile(990),
            kilobytes: load.bytes as f64 / count / 1000.0,
            refused: load.refused as f64,
        }
    }

    pub fn total(self) -> f64 {
        self.server + self.postgres
    }

    /// The middle of each number by itself.
    fn median(cells: &[Self]) -> Self {
        let of = |number: fn(&Self) -> f64| {
            let mut numbers: Vec<f64> = cells.iter().map(number).collect();
            numbers.sort_by(f64::total_cmp);
            numbers.get(numbers.len() / 2).copied().unwrap_or_default()
        };
        Self {
            server: of(|it| it.server),
            postgres: of(|it| it.postgres),
            per_second: of(|it| it.per_second),
            p50: of(|it| it.p50),
            p99: of(|it| it.p99),
            kilobytes: of(|it| it.kilobytes),
            refused: of(|it| it.refused),
        }
    }

    fn json(self) -> Value {
        json!({
            "serverMs": self.server, "postgresMs": self.postgres, "requestsPerSecond": self.per_second,
            "p50Ms": self.p50, "p99Ms": self.p99, "kilobytes": self.kilobytes,
            "refused": self.refused,
        })
    }
}

/// Everything measured so far.
pub struct Report {
    all: Map<String, Value>,
    rows: Vec<Value>,
}

impl Report {
    pub async fn begin(database: &Database, options: &Options) -> Result<Self, Failure> {
        let version = database.ask("SHOW server_version").await?;
        let size = database
            .ask("SELECT pg_size_pretty(pg_database_size(current_database()))")
            .await?;
        let cpu = fs::read_to_string("/proc/cpuinfo")?;
        let cores = cpu
            .lines()
            .filter(|line| line.starts_with("processor"))
            .count();
        let load = fs::read_to_string("/proc/loadavg")?;
        let load = load.split(' ').next().unwrap_or_default();
        let users = options.users();
        println!("{cores} cores, load {load}, PostgreSQL {version}, {users} users in {size}");
        println!(
            "Times are milliseconds of processor time for each request: server + PostgreSQL.\n"
        );
        let about = json!({"cores": cores, "load": load, "postgres": version, "users": users, "size": size});
        let all = Map::from_iter([("about".to_owned(), about)]);
        println!(
            "{:9} {:>5}  {:14} {:>7} {:>7} {:>7} {:>7} {:>9} {:>8} {:>8} {:>7} {:>7}",
            "class",
            "conns",
            "who",
            "ratio",
            "srv rat",
            "server",
            "pg",
            "req/s",
            "p50 ms",
            "p99 ms",
            "kB",
            "refused"
        );
        Ok(Self {
            all,
            rows: Vec::new(),
        })
    }

    pub fn note(text: &str) {
        println!("note: {text}");
    }

    /// One class over so many connections, and what was aimed at.
    pub fn compared(&mut self, class: Class, connections: usize, sides: &[(Peer, Vec<Cell>)]) {
        let named: Vec<_> = sides
            .iter()
            .map(|(peer, cells)| (peer.name(), cells.clone()))
            .collect();
        self.row(class.name(), connections, &named);
        let medians: Vec<_> = sides
            .iter()
            .map(|(peer, cells)| (*peer, Cell::median(cells)))
            .collect();
        if let Some(reached) = aims::reached(class, &medians) {
            println!("{:9} {connections:5}  aims: {reached}", class.name());
        }
    }

    /// A row for each side, everybody beside the first of them: in total time, and in the server's alone.
    pub fn row(&mut self, class: &str, connections: usize, sides: &[(&'static str, Vec<Cell>)]) {
        let medians: Vec<_> = sides
            .iter()
            .map(|(name, cells)| (*name, Cell::median(cells)))
            .collect();
        let first = medians.first().map(|(_, cell)| *cell);
        let base = first.map_or(f64::NAN, Cell::total);
        let server = first.map_or(f64::NAN, |cell| cell.server);
        for (name, cell) in medians {
            println!(
                "{class:9} {connections:5}  {name:14} {:7.2} {:7.2} {:7.3} {:7.3} {:9.0} {:8.2} {:8.2} {:7.1} {:7.0}",
                cell.total() / base,
                cell.server / server,
                cell.server,
                cell.postgres,
                cell.per_second,
                cell.p50,
                cell.p99,
                cell.kilobytes,
                cell.refused
            );
            self.rows.push(json!({
                "class": class, "connections": connections, "who": name, "ratio": cell.total() / base, "median": cell.json(),
            }));
        }
    }

    /// What a server held before, after and at the most.
    pub fn memory(&mut self, side: &Side, after: Memory) {
        let (name, first) = (side.peer.name(), side.first_answer.as_secs_f64());
        println!(
            "{name}: first answer after {first:.2} s; {:.0} MB idle, {:.0} MB after all this, {:.0} MB at the most",
            side.idle.now, after.now, after.peak
        );
        let numbers = json!({"firstAnswerSeconds": first, "idleMb": side.idle.now, "afterMb": after.now, "peakMb": after.peak});
        self.all.insert(format!("memory of {name}"), numbers);
    }

    #[expect(clippy::cast_precision_loss, reason = "sockets are few")]
    pub fn sockets(&mut self, sockets: &Sockets) {
        let Sockets {
            count,
            before,
            after,
        } = sockets;
        let each = (after.now - before.now) * 1024.0 / *count as f64;
        println!(
            "{count} silent subscribers: {:.0} MB with them, {:.0} MB before, {each:.1} kB for each",
            after.now, before.now
        );
        let numbers = json!({"count": count, "beforeMb": before.now, "afterMb": after.now, "kilobytesEach": each});
        self.all.insert("sockets".to_owned(), numbers);
    }

    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut all = self.all.clone();
        all.insert("rows".to_owned(), Value::Array(self.rows.clone()));
        Ok(fs::write(path, serde_json::to_vec_pretty(&all)?)?)
    }
}
