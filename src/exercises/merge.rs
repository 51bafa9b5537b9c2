//! Duplicates become one: whatever refers to them refers to the one that stays, and their names are
//! remembered as its aliases.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Exercise, ExerciseId, model::ExercisePatch};
use crate::{
    changes::{self, Change, Entity},
    db::schema::exercises,
    error::{Error, Result},
    history::HistoryEntry,
    viewer::UserId,
    workouts::Workout,
};

const MOST: usize = 50;

/// Checks what of the request can be seen without the database.
pub(super) fn check(from: &[ExerciseId], into: ExerciseId) -> Result<()> {
    if from.is_empty() || from.len() > MOST {
        return Err(Error::invalid(
            "from",
            format!("`from` must have from 1 to {MOST} ids"),
        ));
    }
    for (index, id) in from.iter().enumerate() {
        if *id == into || from[..index].contains(id) {
            let message = format!("`{id}` is named twice: an exercise is merged into another one");
            return Err(Error::invalid(format!("from.{index}"), message));
        }
    }
    Ok(())
}

/// Merges exercises of the owner's own into one that the owner can see. The library's aliases are not
/// for members to add to, so a name merged into it is forgotten.
///
/// Whoever changes a workout locks it, then the exercises in it. The order here is the same, and each
/// kind is locked by id, so that nobody waits in a circle.
pub(super) async fn merge(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    from: &[ExerciseId],
    into: ExerciseId,
    expected: Option<i32>,
) -> Result<()> {
    Workout::lock_training(conn, owner, from).await?;
    let mut locked = lock_own(conn, owner, from, into).await?;
    let target = match locked.iter().position(|exercise| exercise.id == into) {
        Some(place) => locked.remove(place),
        None => lock_of_library(conn, into).await?,
    };
    Error::check_version("exercise", into, expected, target.version)?;
    let duplicates = all_of(from, locked)?;
    let mut changes = Workout::move_exercises(conn, owner, from, into).await?;
    changes.extend(HistoryEntry::move_exercises(conn, owner, from, into).await?);
    if target.owner_id.is_some() {
        changes.extend(remember_names(conn, owner, &target, &duplicates).await?);
    }
    diesel::delete(exercises::table.filter(exercises::id.eq_any(from)))
        .execute(conn)
        .await?;
    changes.extend(
        duplicates
            .iter()
            .map(|it| Change::deleted(Entity::Exercise, it.id.0, it.version + 1)),
    );
    changes::append(conn, owner, &changes).await?;
    Ok(())
}

/// Those of the duplicates and the target that are the owner's.
async fn lock_own(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    from: &[ExerciseId],
    into: ExerciseId,
) -> QueryResult<Vec<Exercise>> {
    let named: Vec<ExerciseId> = from.iter().copied().chain([into]).collect();
    exercises::table
        .filter(exercises::id.eq_any(named))
        .filter(exercises::owner_id.eq(owner))
        .select(Exercise::as_select())
        .order(exercises::id)
        .for_update()
        .load(conn)
        .await
}

/// An exercise of the library stays as it is: others may go on to use it.
async fn lock_of_library(conn: &mut AsyncPgConnection, id: ExerciseId) -> Result<Exercise> {
    let found: Option<Exercise> = exercises::table
        .filter(exercises::id.eq(id))
        .filter(exercises::owner_id.is_null())
        .select(Exercise::as_select())
        .for_key_share()
        .first(conn)
        .await
        .optional()?;
    found.ok_or_else(|| Error::not_found("exercise", id).at("into"))
}

fn all_of(ids: &[ExerciseId], found: Vec<Exercise>) -> Result<Vec<Exercise>> {
    let is_there = |id: &ExerciseId| found.iter().any(|exercise| exercise.id == *id);
    match ids.iter().position(|id| !is_there(id)) {
        Some(index) => {
            let missing = Error::not_found("exercise of your own", ids[index]);
            Err(missing.at(format!("from.{index}")))
        }
        None => Ok(found),
    }
}

async fn remember_names(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    target: &Exercise,
    duplicates: &[Exercise],
) -> Result<Option<Change>> {
    let mut aliases = target.aliases.clone();
    for duplicate in duplicates {
        let names = std::iter::once(duplicate.name.to_lowercase());
        for name in names.chain(duplicate.aliases.iter().cloned()) {
            if !aliases.contains(&name) && name != target.name.to_lowercase() {
                aliases.push(name);
            }
        }
    }
    let patch = ExercisePatch {
        aliases: Some(aliases),
        ..ExercisePatch::default()
    };
    let version = Exercise::apply(conn, Some(owner), target.id, None, patch).await?;
    Ok(version.map(|version| Change::updated(Entity::Exercise, target.id.0, version)))
}
