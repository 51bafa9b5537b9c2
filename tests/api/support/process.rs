//! The real program, as people start it.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
    time::timeout,
};

use super::Answer;

const PATIENCE: Duration = Duration::from_secs(40);

/// The program in a folder of its own, with nothing set but what the test sets.
pub fn regimen(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regimen"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A command that ended.
pub struct Finished {
    pub success: bool,
    /// What it ended with; none where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// Waits for the command's end.
    pub async fn of(command: &mut Command) -> Self {
        let output = timeout(PATIENCE, command.output())
            .await
            .expect("it ends")
            .expect("it starts");
        Self {
            success: output.status.success(),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The one line that says why it failed.
    #[track_caller]
    pub fn failure(&self) -> &str {
        assert!(
            !self.success,
            "it succeeded: {}{}",
            self.stdout, self.stderr
        );
        self.stderr
            .lines()
            .find(|line| line.starts_with("error: "))
            .unwrap_or(&self.stderr)
    }
}

/// A server process that answers.
pub struct Server {
    pub url: String,
    pub child: Child,
    output: watch::Receiver<String>,
    log: watch::Receiver<String>,
}

impl Server {
    /// Starts `regimen serve` in a folder and waits until it says where it listens.
    pub async fn start(folder: &Path) -> Self {
        Self::spawn(&mut regimen(folder)).await
    }

    /// Starts a prepared command on a free port and waits until it says where it listens.
    pub async fn spawn(command: &mut Command) -> Self {
        let mut server = Self::begin(command);
        server.url = server.address().await;
        server
    }

    /// Starts a prepared command on a free port without waiting for anything.
    pub fn begin(command: &mut Command) -> Self {
        let mut child = command.env("REGIMEN_PORT", "0").spawn().expect("it starts");
        let (text, output) = watch::channel(String::new());
        let (errors, log) = watch::channel(String::new());
        let stdout = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let stderr = BufReader::new(child.stderr.take().expect("stderr")).lines();
        tokio::spawn(collect(stdout, vec![text.clone()]));
        tokio::spawn(collect(stderr, vec![errors, text]));
        Self {
            url: String::new(),
            child,
            output,
            log,
        }
    }

    async fn address(&mut self) -> String {
        let mut output = self.output.clone();
        let found = timeout(PATIENCE, output.wait_for(|text| address_in(text).is_some())).await;
        match found {
            Ok(Ok(text)) => address_in(&text).expect("just seen"),
            _ => panic!("it did not get ready: {}", self.text()),
        }
    }

    /// Everything it printed so far.
    pub fn text(&self) -> String {
        self.output.borrow().clone()
    }

    /// Its log so far: what it wrote to standard error.
    pub fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// Its log from beginning to end. Resolves when it has ended, and outlives this value.
    pub fn whole_log(&self) -> impl Future<Output = String> + use<> {
        let mut log = self.log.clone();
        async move {
            while log.changed().await.is_ok() {}
            log.borrow().clone()
        }
    }

    /// Waits until it has printed `words`.
    pub async fn says(&self, words: &str) {
        let mut output = self.output.clone();
        if timeout(PATIENCE, output.wait_for(|text| text.contains(words)))
            .await
            .is_err()
        {
            panic!("it never said `{words}`: {}", self.text());
        }
    }

    pub async fn graphql(&self, query: &str) -> Answer {
        let request = reqwest::Client::new().post(format!("{}/graphql", self.url));
        let response = request
            .json(&json!({"query": query}))
            .send()
            .await
            .expect("an answer");
        let status = response.status().as_u16();
        Answer {
            status,
            body: response.json().await.expect("JSON"),
        }
    }

    /// What `/health/ready` answers.
    pub async fn ready(&self) -> (u16, Value) {
        let response = reqwest::get(format!("{}/health/ready", self.url))
            .await
            .expect("an answer");
        (
            response.status().as_u16(),
            response.json().await.expect("JSON"),
        )
    }

    pub fn pid(&self) -> i32 {
        self.child.id().expect("it runs").try_into().expect("a pid")
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid()), signal).expect("signalled");
    }

    /// Ends it as a service manager would, and waits. True: it ended by itself and well.
    pub async fn stop(self) -> bool {
        self.signal(nix::sys::signal::Signal::SIGTERM);
        self.ended().await.success()
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait())
            .await
            .expect("it ends")
            .expect("a status")
    }

    /// Ends it as a power cut would, and waits.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("killed");
    }
}

async fn collect<R: tokio::io::AsyncBufRead + Unpin>(
    mut lines: tokio::io::Lines<R>,
    texts: Vec<watch::Sender<String>>,
) {
    while let Ok(Some(line)) = lines.next_line().await {
        for text in &texts {
            text.send_modify(|text| {
                text.push_str(&line);
                text.push('\n');
            });
        }
    }
}

/// The banner of a development server, or the log line of one in production.
fn address_in(text: &str) -> Option<String> {
    let from = |start: &str, end: char| {
        let rest = text.split_once(start)?.1;
        rest.split_once(end)
            .map(|(address, _)| format!("http://{address}"))
    };
    from("GraphQL    http://", '/').or_else(|| from("\"address\":\"", '"'))
}
