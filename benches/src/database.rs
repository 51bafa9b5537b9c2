//! The PostgreSQL of a run: our private one, as `regimen` starts it, with the data set in it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tokio_postgres::{Client, NoTls};

use crate::Failure;

/// A running PostgreSQL in a folder of its own. Dropping it stops it and removes the folder.
pub struct Database {
    folder: PathBuf,
    regimen: PathBuf,
    pub url: String,
    /// The process that all others of PostgreSQL descend from.
    pub pid: u32,
    client: Client,
}

impl Database {
    /// Starts it with these settings, and fills it for so many users.
    pub async fn start(
        regimen: &Path,
        folder: PathBuf,
        users: u64,
        settings: &[String],
    ) -> Result<Self, Failure> {
        let database = Self::empty(regimen, folder, settings).await?;
        database.fill(users).await?;
        Ok(database)
    }

    /// Starts it with nothing but its tables.
    pub async fn empty(
        regimen: &Path,
        folder: PathBuf,
        settings: &[String],
    ) -> Result<Self, Failure> {
        let command = |words: &[&str]| {
            let output = Command::new(regimen)
                .args(words)
                .env("DATABASE_URL", "")
                .env("REGIMEN_DATA_DIR", &folder)
                .env("REGIMEN_LOG", "error")
                .output()?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
            }
            Ok::<_, Failure>(String::from_utf8(output.stdout)?)
        };
        command(&["db", "start"])?;
        command(&["migrate", "up"])?;
        let url = command(&["db", "url"])?.trim().to_owned();
        let pid_file = fs::read_to_string(folder.join("postgres/postmaster.pid"))?;
        let pid = pid_file.lines().next().unwrap_or_default().parse()?;
        let client = connect(&url).await?;
        let database = Self {
            folder,
            regimen: regimen.to_owned(),
            url,
            pid,
            client,
        };
        // Nothing of PostgreSQL's own housekeeping is to fall into a measurement by chance.
        let own = ["autovacuum=off", "jit=off", "max_wal_size='4GB'"].map(str::to_owned);
        for setting in own.iter().chain(settings) {
            database.run(&format!("ALTER SYSTEM SET {setting}")).await?;
        }
        database.run("SELECT pg_reload_conf()").await?;
        Ok(database)
    }

    /// The address of another database beside it.
    pub fn url_of(&self, name: &str) -> String {
        let (address, options) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (server, _) = address.rsplit_once('/').unwrap_or((address, ""));
        format!("{server}/{name}?{options}")
    }

    async fn fill(&self, users: u64) -> Result<(), Failure> {
        let fill = include_str!("../data/fill.sql").replace(":users", &users.to_string());
        self.run(&format!("BEGIN; {fill}; COMMIT")).await?;
        self.run(include_str!("../data/postgraphile.sql")).await?;
        self.run("VACUUM ANALYZE").await?;
        self.run("CHECKPOINT").await
    }

    /// Everything as it was before somebody wrote.
    pub async fn reset(&self) -> Result<(), Failure> {
        self.run(include_str!("../data/reset.sql")).await?;
        self.run("VACUUM ANALYZE sets, workout_exercises, workouts, changes, change_heads")
            .await?;
        self.run("CHECKPOINT").await
    }

    pub async fn run(&self, sql: &str) -> Result<(), Failure> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// What a statement answers in its first column, as text.
    pub async fn ask(&self, sql: &str) -> Result<String, Failure> {
        Ok(self.client.query_one(sql, &[]).await?.try_get(0)?)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let stopped = Command::new(&self.regimen)
            .args(["db", "stop"])
            .env("DATABASE_URL", "")
            .env("REGIMEN_DATA_DIR", &self.folder)
            .output();
        if stopped.is_ok_and(|it| it.status.success()) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A connection to one of its databases.
pub async fn connect(url: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
