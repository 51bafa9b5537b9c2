//! The end of the way in: the files are put away, and can be fetched back.

use std::{path::PathBuf, sync::Arc};

use chrono::Utc;
use diesel::{
    OptionalExtension, QueryableByName,
    sql_types::{Jsonb, Text},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde_json::{Value as Json, json};
use tokio::task::spawn_blocking;

use super::{
    Actor, Control, Failure, Phase,
    archive::{self, ArchiveError, Manifest},
    audit::note,
    files::{Files, lookups},
    pace::Hurry,
    parity,
    step::{ARCHIVE, Obstacle, RESTORE},
    tables::ENTITIES,
    taking, verbs,
};
use crate::{
    db::{Db, statement},
    error::{Error, Result},
};

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        Self::Failed(Error::conflict(error.to_string()))
    }
}

/// Copies the files to a folder beside theirs, or to the one that is named, and tries whether the copy holds what the
/// database holds.
pub async fn put_away(
    db: &Db,
    actor: Actor,
    files: &Arc<Files>,
    to: Option<PathBuf>,
) -> Result<Manifest, Failure> {
    in_phase(db, Phase::Soak).await?;
    let to = to.unwrap_or_else(|| beside(files));
    let _hurry = Hurry::up(db).await?;
    let (from, into) = (files.root().to_owned(), to.clone());
    let manifest = blocking(move || archive::make(&from, &into)).await?;
    if !holds_everything(db, &to).await? {
        return Err(Failure::held_back(Obstacle::ArchiveStale));
    }
    let facts = json!({
        "folder": to,
        "files": manifest.files.len(),
        "bytes": manifest.files.iter().map(|file| file.bytes).sum::<u64>(),
    });
    keep(
        db,
        actor,
        ARCHIVE,
        "archive the files",
        &to.to_string_lossy(),
        facts,
    )
    .await?;
    Ok(manifest)
}

/// Ends the way in, once the archive still holds everything.
pub async fn complete(db: &Db, actor: Actor, expected: Option<i64>) -> Result<Control, Failure> {
    in_phase(db, Phase::Soak).await?;
    let folder = kept(db).await?;
    let _hurry = Hurry::up(db).await?;
    let again = folder.clone();
    blocking(move || archive::verify(&again)).await?;
    if !holds_everything(db, &folder).await? {
        return Err(Failure::held_back(Obstacle::ArchiveStale));
    }
    verbs::complete(&mut *db.conn().await?, actor, expected).await
}

/// Removes the app's files, each only if the archive has it as it is.
pub async fn retire(db: &Db, actor: Actor, files: &Arc<Files>) -> Result<usize, Failure> {
    in_phase(db, Phase::Complete).await?;
    let (folder, from) = (kept(db).await?, files.root().to_owned());
    let removed = blocking(move || archive::retire(&folder, &from)).await?;
    let mut conn = db.conn().await?;
    statement("UPDATE migration_checkpoints SET progress = progress || ? WHERE job = ?")
        .bind::<Jsonb, _>(json!({"removedAt": Utc::now()}))
        .bind::<Text, _>(ARCHIVE)
        .execute(&mut conn)
        .await?;
    note(
        &mut conn,
        actor,
        "remove the archived files",
        json!({"files": removed}),
    )
    .await?;
    Ok(removed)
}

/// Brings the files back from the archive and has them follow again, which opens the way back.
pub async fn fetch_back(
    db: &Db,
    actor: Actor,
    files: &Arc<Files>,
    expected: Option<i64>,
) -> Result<Control, Failure> {
    in_phase(db, Phase::Complete).await?;
    let folder = kept(db).await?;
    let (from, to) = (folder.clone(), files.root().to_owned());
    let manifest = blocking(move || archive::restore(&from, &to)).await?;
    let facts = json!({"files": manifest.files.len()});
    keep(
        db,
        actor,
        RESTORE,
        "restore the files",
        &folder.to_string_lossy(),
        facts,
    )
    .await?;
    taking::reopen(db, files, actor, expected).await
}

async fn in_phase(db: &Db, wanted: Phase) -> Result<(), Failure> {
    let now = Control::read(&mut *db.conn().await?).await?;
    if now.phase == wanted {
        Ok(())
    } else {
        let (phase, needed) = (now.phase, wanted);
        Err(Failure::held_back(Obstacle::WrongPhase { phase, needed }))
    }
}

fn beside(files: &Files) -> PathBuf {
    let root = files.root();
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let name = format!("{name}.archive-{}", Utc::now().format("%Y%m%d-%H%M%S"));
    root.with_file_name(name)
}

/// Whether the records of an archive are those of the database: read as the files themselves would be.
async fn holds_everything(db: &Db, folder: &std::path::Path) -> Result<bool, Failure> {
    let copy = Files::new(folder.to_owned());
    copy.look_up(lookups(&mut *db.conn().await?).await?);
    Ok(parity::scrub(db, Some(&copy), &ENTITIES).await?.equal)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, ArchiveError> + Send + 'static,
) -> Result<T, Failure> {
    let done = spawn_blocking(work).await.map_err(Error::internal)?;
    Ok(done?)
}

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Text)]
    place: String,
}

/// The folder of the archive.
async fn kept(db: &Db) -> Result<PathBuf, Failure> {
    let kept: Option<Kept> = statement(
        "SELECT place FROM migration_checkpoints WHERE job = ? AND state = 'done' AND place IS NOT NULL",
    )
    .bind::<Text, _>(ARCHIVE)
    .get_result(&mut *db.conn().await?)
    .await
    .optional()?;
    kept.map(|kept| kept.place.into())
        .ok_or_else(|| Failure::held_back(Obstacle::NotArchived))
}

async fn keep(
    db: &Db,
    actor: Actor,
    job: &str,
    action: &str,
    place: &str,
    facts: Json,
) -> Result<(), Failure> {
    let mut conn = db.conn().await?;
    conn.transaction(async |conn| {
        statement(
            "INSERT INTO migration_checkpoints (job, state, place, progress, term) VALUES (?, 'done', ?, ?, 0) \
             ON CONFLICT (job) DO UPDATE SET state = 'done', place = excluded.place, \
               progress = excluded.progress, updated_at = clock_timestamp()",
        )
        .bind::<Text, _>(job)
        .bind::<Text, _>(place)
        .bind::<Jsonb, _>(&facts)
        .execute(conn)
        .await?;
        note(conn, actor, action, facts).await?;
        Ok(())
    })
    .await
}
