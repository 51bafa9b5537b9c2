//! Duplicates become one: whatever refers to them refers to the one that stays, and their names are
//! remembered as its aliases.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Exercise, ExerciseId, model::ExercisePatch};
use crate::{
    changes::{self, Change, Entity},
    db::schema::{exercises, workout_exercises, workouts},
    error::{Error, Result},
    viewer::UserId,
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
pub(super) async fn merge(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    from: &[ExerciseId],
    into: ExerciseId,
) -> Result<()> {
    let target = Exercise::find_all(conn, Some(owner), &[into]).await?.pop();
    let target = target.ok_or_else(|| Error::not_found("exercise", into))?;
    let duplicates = lock_own(conn, owner, from).await?;
    let mut changes = move_references(conn, owner, from, into).await?;
    if target.owner_id.is_some() {
        changes.push(remember_names(conn, owner, &target, &duplicates).await?);
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

async fn lock_own(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    ids: &[ExerciseId],
) -> Result<Vec<Exercise>> {
    let found: Vec<Exercise> = exercises::table
        .filter(exercises::id.eq_any(ids))
        .filter(exercises::owner_id.eq(owner))
        .select(Exercise::as_select())
        .order(exercises::id)
        .for_update()
        .load(conn)
        .await?;
    match ids
        .iter()
        .find(|id| found.iter().all(|exercise| exercise.id != **id))
    {
        Some(missing) => Err(Error::not_found("exercise of your own", *missing)),
        None => Ok(found),
    }
}

/// Every workout that used a duplicate has changed, and gets a new version.
async fn move_references(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    from: &[ExerciseId],
    into: ExerciseId,
) -> Result<Vec<Change>> {
    let using = workout_exercises::table
        .filter(workout_exercises::user_id.eq(owner))
        .filter(workout_exercises::exercise_id.eq_any(from));
    let touched: Vec<Uuid> = diesel::update(using)
        .set((
            workout_exercises::exercise_id.eq(into),
            workout_exercises::updated_at.eq(diesel::dsl::now),
        ))
        .returning(workout_exercises::workout_id)
        .get_results(conn)
        .await?;
    let changed: Vec<(Uuid, i32)> = diesel::update(
        workouts::table
            .filter(workouts::user_id.eq(owner))
            .filter(workouts::id.eq_any(touched)),
    )
    .set((
        workouts::version.eq(workouts::version + 1),
        workouts::updated_at.eq(diesel::dsl::now),
    ))
    .returning((workouts::id, workouts::version))
    .get_results(conn)
    .await?;
    Ok(changed
        .into_iter()
        .map(|(id, version)| Change::updated(Entity::Workout, id, version))
        .collect())
}

async fn remember_names(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    target: &Exercise,
    duplicates: &[Exercise],
) -> Result<Change> {
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
    let version = Exercise::apply(conn, Some(owner), target.id, None, &patch).await?;
    Ok(Change::updated(Entity::Exercise, target.id.0, version))
}
