//! The release program: its commands, each with its time and its memory, and its server.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Failure,
    load::{Connection, request},
    processes,
    tokens::{SECRET, token_of},
};

/// An admin's account, which is looked for with each of their requests.
const ADMIN: Uuid = Uuid::from_u128(0x5e55_1075_0000_4000_8000_ffff_ffff_ffff);

/// Makes it.
pub fn admin() -> String {
    format!(
        "INSERT INTO users (id, email, display_name, role) VALUES ('{ADMIN}', 'admin@example.com', 'Admin', 'admin')"
    )
}

/// How long a server may take until it answers: it reads all files first.
const PATIENCE: Duration = Duration::from_mins(3);

/// The program over one database.
pub struct Program {
    path: PathBuf,
    pub url: String,
    files: Option<PathBuf>,
    /// Where its words go.
    home: PathBuf,
}

/// What a command took.
#[derive(Clone, Copy, Debug)]
pub struct Ran {
    pub seconds: f64,
    /// The most memory that it held, in megabytes.
    pub peak: f64,
    /// Seconds of its processor time.
    pub processor: f64,
}

impl Program {
    pub fn new(path: &Path, url: String, files: Option<PathBuf>, home: PathBuf) -> Self {
        Self {
            path: path.to_owned(),
            url,
            files,
            home,
        }
    }

    pub const fn has_files(&self) -> bool {
        self.files.is_some()
    }

    fn command(&self, words: &[&str]) -> Result<Command, Failure> {
        fs::create_dir_all(&self.home)?;
        let mut command = Command::new(&self.path);
        command
            .args(words)
            .env("DATABASE_URL", &self.url)
            .env("REGIMEN_ENV", "production")
            .env("REGIMEN_SEED", "false")
            .env("REGIMEN_TOKEN_SECRET", SECRET)
            .env("REGIMEN_DATA_DIR", &self.home)
            .env("REGIMEN_RATE_USER", "0")
            .current_dir(&self.home)
            .stdin(Stdio::null());
        if let Some(files) = &self.files {
            command.env("REGIMEN_LEGACY_DIR", files);
        }
        Ok(command)
    }

    /// Runs a command to its good end.
    pub async fn run(&self, words: &[&str]) -> Result<Ran, Failure> {
        let mut command = self.command(words)?;
        let log = self.home.join("command.log");
        let output = File::create(&log)?;
        let began = Instant::now();
        let mut child = command.stdout(output.try_clone()?).stderr(output).spawn()?;
        let (mut peak, mut processor) = (0.0_f64, 0.0_f64);
        let status = loop {
            peak = peak.max(processes::peak(child.id()));
            processor = processor.max(processes::own_seconds(child.id()));
            if let Some(status) = child.try_wait()? {
                break status;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        let seconds = began.elapsed().as_secs_f64();
        if !status.success() {
            let said = fs::read_to_string(&log)?;
            return Err(format!("`regimen {}` failed: {said}", words.join(" ")).into());
        }
        Ok(Ran {
            seconds,
            peak,
            processor,
        })
    }

    /// Starts the server, and waits until it answers.
    pub async fn serve(&self) -> Result<Server, Failure> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = self.command(&[])?;
        let log = self.home.join("server.log");
        let output = File::create(&log)?;
        let began = Instant::now();
        let child = command
            .env("REGIMEN_PORT", address.port().to_string())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let mut server = Server {
            address,
            started: 0.0,
            child,
        };
        let anything = json!({"query": "{ __typename }"});
        while let Err(error) = server.ask(&Server::admin(), &anything).await {
            if server.child.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                let said = fs::read_to_string(&log)?;
                return Err(format!("the server does not answer ({error}): {said}").into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        server.started = began.elapsed().as_secs_f64();
        Ok(server)
    }
}

/// A server that answers.
pub struct Server {
    pub address: SocketAddr,
    /// How many seconds it took until it answered.
    pub started: f64,
    child: Child,
}

impl Server {
    /// What an admin says who they are with.
    pub fn admin() -> String {
        token_of(ADMIN, "admin")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it held so far, in megabytes.
    pub fn peak(&self) -> f64 {
        processes::peak(self.pid())
    }

    /// One answer, read.
    pub async fn ask(&self, token: &str, body: &Value) -> Result<Value, Failure> {
        let request = request("/graphql", &serde_json::to_vec(body)?, Some(token));
        let mut connection = Connection::open(self.address).await?;
        Ok(serde_json::from_slice(connection.ask(&request).await?)?)
    }

    /// Waits until it is in this phase, which it looks at by itself.
    pub async fn sees(&self, phase: &str) -> Result<(), Failure> {
        let status = json!({"query": "{ migration { phase } }"});
        let began = Instant::now();
        let phase = Value::from(phase.to_uppercase());
        while self
            .ask(&Self::admin(), &status)
            .await?
            .pointer("/data/migration/phase")
            != Some(&phase)
        {
            if began.elapsed() > PATIENCE {
                return Err(format!("the server does not get to {phase}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // What it goes by is looked at four times a second.
        tokio::time::sleep(Duration::from_millis(400)).await;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
