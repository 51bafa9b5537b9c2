//! What has to hold before a server takes up the way in.

use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Failure, Phase, mirror, projection::ProjectionError};
use crate::{db::statement, error::Error};

/// Why a server cannot take up the way in.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "the app's files are in use (phase `{0}`), but `REGIMEN_LEGACY_DIR` is not set: name their folder"
    )]
    NoFolder(Phase),
    #[error(
        "`REGIMEN_LEGACY_DIR` is set, but this database has records of its own already: start with an empty one"
    )]
    NotEmpty,
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    #[error(transparent)]
    Step(#[from] Failure),
    #[error(transparent)]
    Database(#[from] Error),
}

#[derive(diesel::QueryableByName)]
struct Held {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    held: bool,
}

/// Files are what counts only where nothing else does. What was done so far, such as planting the library, is
/// nothing that they would have to follow.
pub async fn begin_empty(conn: &mut AsyncPgConnection) -> Result<(), StartError> {
    let found: Held = statement(
        "SELECT EXISTS (SELECT FROM public.workouts) OR EXISTS (SELECT FROM public.history) \
           OR EXISTS (SELECT FROM public.exercises WHERE owner_id IS NOT NULL) AS held",
    )
    .get_result(conn)
    .await
    .map_err(Error::from)?;
    if found.held {
        return Err(StartError::NotEmpty);
    }
    let (_, places) = mirror::pending(conn).await.map_err(Error::from)?;
    mirror::keep_places(conn, &places)
        .await
        .map_err(Error::from)?;
    Ok(())
}
