//! The schema's history: embedded in the binary, applied and undone under a lock that holds for all
//! processes that start at once.

use std::{pin::pin, time::Duration};

use diesel::{
    QueryResult,
    migration::MigrationSource,
    pg::Pg,
    sql_query,
    sql_types::{Bool, Text},
};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::time::timeout;

use super::{Address, ConnectError, Limits};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The advisory lock of those who change the schema: the letters `regimen` as a number.
const LOCK: i64 = 0x0072_6567_696d_656e;

/// A wait that takes longer is logged.
const SILENCE: Duration = Duration::from_secs(3);

/// Why the schema could not be brought where it should be.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(
        "the database has migration `{0}`, which this version does not know: it was made by a newer regimen, so run that one (its `migrate down` undoes it)"
    )]
    FromNewer(String),
    #[error("there is no migration to undo")]
    NothingToUndo,
    #[error("migration failed: {0}")]
    Failed(String),
}

/// One migration and whether the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub version: String,
    pub name: String,
    pub applied: bool,
}

/// The newest migration this program knows.
#[must_use]
pub fn newest_known() -> String {
    known()
        .ok()
        .and_then(|mut all| all.pop())
        .map_or_else(String::new, |step| step.version)
}

/// The versions of the migrations that a database has, oldest first: none where it has no schema. It takes
/// no lock and changes nothing, so that a role which may not change the schema can ask, at any time.
pub async fn applied(conn: &mut AsyncPgConnection) -> QueryResult<Vec<String>> {
    let ledger: Ledger =
        sql_query("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS exists")
            .get_result(conn)
            .await?;
    if !ledger.exists {
        return Ok(Vec::new());
    }
    let applied: Vec<Applied> =
        sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version")
            .load(conn)
            .await?;
    Ok(applied.into_iter().map(|it| it.version).collect())
}

/// All migrations that this program knows, oldest first, and whether a database has them.
pub async fn status(conn: &mut AsyncPgConnection) -> Result<Vec<Step>, MigrationError> {
    compared(applied(conn).await.map_err(failed)?)
}

/// The schema of one database, locked for whoever holds this value.
pub struct Schema {
    /// A transaction that does nothing but hold the lock, so that it ends with us in any case and
    /// works behind a transaction pooler.
    lock: AsyncPgConnection,
    harness: AsyncMigrationHarness<AsyncPgConnection>,
}

impl Schema {
    /// Waits until no other process changes the schema.
    pub async fn lock(address: &Address, limits: Limits) -> Result<Self, MigrationError> {
        let mut lock = address.connect(limits).await?;
        let take = format!(
            "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock({LOCK})"
        );
        let taken = {
            let mut taking = pin!(lock.batch_execute(&take));
            if let Ok(taken) = timeout(SILENCE, &mut taking).await {
                taken
            } else {
                tracing::info!("waiting for another process that migrates");
                taking.await
            }
        };
        taken.map_err(failed)?;
        // A long migration is not a runaway query.
        let unhurried = Limits {
            statement_timeout: Duration::ZERO,
            ..limits
        };
        let conn = address.connect(unhurried).await?;
        Ok(Self {
            lock,
            harness: AsyncMigrationHarness::new(conn),
        })
    }

    /// Those of [`status`], for those who go on to change it: the ledger is made where it is missing.
    fn steps(&mut self) -> Result<Vec<Step>, MigrationError> {
        let applied = self.harness.applied_migrations().map_err(failed)?;
        compared(applied.iter().map(ToString::to_string).collect())
    }

    /// Applies what is missing and names what was applied.
    pub fn up(&mut self) -> Result<Vec<Step>, MigrationError> {
        let missing: Vec<Step> = self
            .steps()?
            .into_iter()
            .filter(|step| !step.applied)
            .collect();
        self.harness
            .run_pending_migrations(MIGRATIONS)
            .map_err(failed)?;
        Ok(missing)
    }

    /// Undoes the newest migration and names it.
    pub fn down(&mut self) -> Result<Step, MigrationError> {
        let newest = self.steps()?.into_iter().rfind(|step| step.applied);
        let newest = newest.ok_or(MigrationError::NothingToUndo)?;
        self.harness
            .revert_last_migration(MIGRATIONS)
            .map_err(failed)?;
        Ok(newest)
    }

    /// Lets others in.
    pub async fn unlock(mut self) -> Result<(), MigrationError> {
        self.lock.batch_execute("COMMIT").await.map_err(failed)
    }
}

#[derive(diesel::QueryableByName)]
struct Ledger {
    #[diesel(sql_type = Bool)]
    exists: bool,
}

#[derive(diesel::QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// What we know, compared with what a database has.
fn compared(applied: Vec<String>) -> Result<Vec<Step>, MigrationError> {
    let mut steps = known()?;
    for step in &mut steps {
        step.applied = applied.contains(&step.version);
    }
    let is_known = |version: &String| steps.iter().any(|step| step.version == *version);
    match applied.into_iter().find(|version| !is_known(version)) {
        Some(unknown) => Err(MigrationError::FromNewer(unknown)),
        None => Ok(steps),
    }
}

fn known() -> Result<Vec<Step>, MigrationError> {
    let mut steps: Vec<Step> = MigrationSource::<Pg>::migrations(&MIGRATIONS)
        .map_err(failed)?
        .iter()
        .map(|migration| Step {
            version: migration.name().version().to_string(),
            name: migration.name().to_string(),
            applied: false,
        })
        .collect();
    steps.sort_by(|a, b| a.version.cmp(&b.version));
    Ok(steps)
}

fn failed(error: impl std::fmt::Display) -> MigrationError {
    MigrationError::Failed(error.to_string())
}
