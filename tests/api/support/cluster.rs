//! One throw-away PostgreSQL for the whole run, in memory where that is possible; for each test a
//! database of its own, cloned from one that was migrated once.

use std::{
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use regimen::{
    config::{Config, Secret},
    db::{
        Address, Limits,
        embedded::{Cluster, Lifetime, Options},
        migrations::Schema,
    },
};
use tokio::runtime::Runtime;

const LIMITS: Limits = Limits {
    connect_timeout: Duration::from_secs(20),
    statement_timeout: Duration::from_mins(1),
};

/// The database that all others are cloned from.
const TEMPLATE: &str = "regimen";

struct TestCluster {
    runtime: Runtime,
    url: String,
    // Holding it keeps the server up; the process's end stops it.
    _cluster: Cluster,
}

static CLUSTER: LazyLock<TestCluster> = LazyLock::new(|| {
    // A thread of its own, because the test that comes first is already inside a runtime.
    std::thread::spawn(|| {
        let runtime = Runtime::new().expect("a runtime");
        let (cluster, url) = runtime.block_on(start());
        TestCluster {
            runtime,
            url,
            _cluster: cluster,
        }
    })
    .join()
    .expect("a PostgreSQL for the tests")
});

async fn start() -> (Cluster, String) {
    let data_dir = scratch_folder("cluster");
    let binaries = Config::defaults().expect("defaults").postgres;
    let options = Options { data_dir, binaries };
    let cluster = Cluster::start(&options, Lifetime::WithUs)
        .await
        .expect("PostgreSQL starts");
    let url = cluster.url();
    let template = address(&url, TEMPLATE);
    let mut conn = template.connect(LIMITS).await.expect("PostgreSQL answers");
    conn.batch_execute("ALTER SYSTEM SET fsync = off")
        .await
        .expect("fsync off");
    conn.batch_execute("ALTER SYSTEM SET synchronous_commit = off")
        .await
        .expect("no waiting");
    conn.batch_execute("SELECT pg_reload_conf()")
        .await
        .expect("reload");
    drop(conn);
    let mut schema = Schema::lock(&template, LIMITS).await.expect("lock");
    schema.up().expect("the migrations apply");
    schema.unlock().await.expect("unlock");
    (cluster, url)
}

fn address(url: &str, database: &str) -> Address {
    Address::parse("DATABASE_URL", &Secret::new(url.to_owned()))
        .expect("an address")
        .with_database(database)
}

/// A folder for this run that goes away when the run ends, however it ends.
pub fn scratch_folder(name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() {
            memory.to_path_buf()
        } else {
            std::env::temp_dir()
        };
        let root = base.join(format!("regimen-tests-{}", std::process::id()));
        std::fs::create_dir_all(&root).expect("a scratch folder");
        remove_when_we_end(&root);
        root
    });
    let folder = ROOT.join(format!("{name}-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

/// A shell that waits for the end of its input, which is our end, and for the servers' ends.
#[expect(clippy::zombie_processes, reason = "it outlives us")]
fn remove_when_we_end(root: &Path) {
    let mut shell = Command::new("/bin/sh")
        .args(["-c", r#"cat >/dev/null; sleep 2; rm -rf "$1""#, "cleaner"])
        .arg(root)
        // Ctrl-C ends the tests, and must not end this before it has done its work.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    // Never closed by us: the system does it when the process is gone.
    let mut pipe = shell.stdin.take().expect("a pipe");
    let _ = pipe.flush();
    std::mem::forget(pipe);
}

/// A database of one test's own. It is dropped with this value.
pub struct TestDatabase {
    pub name: String,
    pub address: Address,
    /// Its address as `DATABASE_URL` would hold it.
    pub url: String,
}

impl TestDatabase {
    /// A fresh, migrated, empty database.
    pub async fn create() -> Self {
        Self::clone_of(TEMPLATE).await
    }

    /// A fresh database without any table.
    pub async fn create_bare() -> Self {
        Self::clone_of("template0").await
    }

    async fn clone_of(template: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        // PostgreSQL 14 has no choice of strategy, but 15 is the oldest we run on.
        administer(format!(
            "CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"
        ))
        .await;
        let url = CLUSTER.url.replacen("/regimen?", &format!("/{name}?"), 1);
        Self {
            address: address(&CLUSTER.url, &name),
            name,
            url,
        }
    }

    pub async fn connect(&self) -> AsyncPgConnection {
        self.address
            .connect(LIMITS)
            .await
            .expect("the test's database answers")
    }

    pub fn limits() -> Limits {
        LIMITS
    }

    /// Runs statements on the server as its owner, outside of this database.
    pub async fn administer(sql: impl Into<String>) {
        administer(sql.into()).await;
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop_it = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        CLUSTER.runtime.spawn(administer(drop_it));
    }
}

async fn administer(sql: String) {
    let done = CLUSTER.runtime.spawn(async move {
        let mut conn = address(&CLUSTER.url, "postgres").connect(LIMITS).await?;
        conn.batch_execute(&sql)
            .await
            .map_err(|error| panic!("{sql}: {error}"))
    });
    done.await
        .expect("the task")
        .unwrap_or_else(|error: regimen::db::ConnectError| panic!("{error}"));
}
