//! Which exercises workouts train, seen from the exercises: when some of them become one.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::{
    changes::{Change, Entity},
    db::schema::{workout_exercises, workouts},
    error::{Error, Result},
    exercises::ExerciseId,
    viewer::UserId,
    workouts::{Workout, WorkoutId},
};

impl Workout {
    /// Locks the owner's workouts that train one of these, deleted or not, in the order of their ids.
    pub async fn lock_training(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        exercises: &[ExerciseId],
    ) -> QueryResult<()> {
        let training = training(conn, owner, exercises).await?;
        workouts::table
            .filter(workouts::user_id.eq(owner))
            .filter(workouts::id.eq_any(training))
            .order(workouts::id)
            .select(workouts::id)
            .for_update()
            .load::<WorkoutId>(conn)
            .await
            .map(drop)
    }

    /// Trains `into` wherever one of `from` was trained, and gives the workouts new versions. Whoever
    /// calls has locked those workouts, then the exercises.
    pub async fn move_exercises(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        from: &[ExerciseId],
        into: ExerciseId,
    ) -> Result<Vec<Change>> {
        use workout_exercises as places;

        let training = training(conn, owner, from).await?;
        lock_late(conn, owner, &training).await?;
        diesel::update(
            places::table
                .filter(places::user_id.eq(owner))
                .filter(places::exercise_id.eq_any(from)),
        )
        .set((
            places::exercise_id.eq(into),
            places::updated_at.eq(diesel::dsl::now),
        ))
        .execute(conn)
        .await?;
        let changed: Vec<(WorkoutId, i32, Option<DateTime<Utc>>)> = diesel::update(
            workouts::table
                .filter(workouts::user_id.eq(owner))
                .filter(workouts::id.eq_any(training)),
        )
        .set((
            workouts::version.eq(workouts::version + 1),
            workouts::updated_at.eq(diesel::dsl::now),
        ))
        .returning((workouts::id, workouts::version, workouts::deleted_at))
        .get_results(conn)
        .await?;
        let change = |(id, version, deleted_at): (WorkoutId, i32, Option<_>)| {
            Change::moved(Entity::Workout, id.0, version, deleted_at.is_some())
        };
        Ok(changed.into_iter().map(change).collect())
    }
}

async fn training(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    exercises: &[ExerciseId],
) -> QueryResult<Vec<WorkoutId>> {
    use workout_exercises as places;

    places::table
        .filter(places::user_id.eq(owner))
        .filter(places::exercise_id.eq_any(exercises))
        .select(places::workout_id)
        .distinct()
        .load(conn)
        .await
}

/// Locks what began to train the exercises before they were locked. To wait for such a workout could
/// be to wait in a circle, since whoever holds it may be waiting for the exercises.
async fn lock_late(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    training: &[WorkoutId],
) -> Result<()> {
    let locked: Vec<WorkoutId> = workouts::table
        .filter(workouts::user_id.eq(owner))
        .filter(workouts::id.eq_any(training))
        .select(workouts::id)
        .for_update()
        .skip_locked()
        .load(conn)
        .await?;
    match training.iter().find(|id| !locked.contains(id)) {
        Some(busy) => {
            let message =
                "a workout with these exercises is being changed at this moment: try again";
            Err(Error::conflict(message).with(*busy, None))
        }
        None => Ok(()),
    }
}
