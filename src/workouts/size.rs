//! How large a workout may be, whichever way it grows. What was imported with more can be read, and
//! can only shrink.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Workout, WorkoutId};
use crate::{
    db::statement,
    error::{Error, Result},
    viewer::UserId,
};

/// How much is in a workout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub exercises: usize,
    pub sets: usize,
}

/// The most that a workout has.
pub const MOST: Size = Size {
    exercises: 100,
    sets: 1000,
};

const COUNT: &str = "SELECT \
    (SELECT count(*) FROM workout_exercises WHERE user_id = ? AND workout_id = ?) AS exercises, \
    (SELECT count(*) FROM sets WHERE user_id = ? AND workout_id = ?) AS sets";

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    exercises: i64,
    #[diesel(sql_type = BigInt)]
    sets: i64,
}

impl Size {
    /// Of a workout that was read with everything in it.
    pub fn of(workout: &Workout) -> Self {
        let places = workout.exercises.get().into_iter().flatten();
        places.fold(Self::default(), |size, place| Self {
            exercises: size.exercises + 1,
            sets: size.sets + place.sets.get().map_or(0, Vec::len),
        })
    }

    /// Refuses more than a workout may have; `path` leads to what makes it too much.
    pub fn check(self, path: &str) -> Result<()> {
        self.check_after(Self::default(), path)
    }

    /// The same of a workout that was larger before: it need only have become no larger.
    pub fn check_after(self, before: Self, path: &str) -> Result<()> {
        let exercises = MOST.exercises.max(before.exercises);
        if self.exercises <= exercises && self.sets <= MOST.sets.max(before.sets) {
            return Ok(());
        }
        let message = format!(
            "a workout has at most {} exercises and {} sets: put the rest into another one",
            MOST.exercises, MOST.sets
        );
        Err(Error::invalid(path, message))
    }

    /// Refuses to add this to a workout, which whoever calls has taken, so that it does not grow meanwhile.
    pub async fn check_room(
        self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
        workout: WorkoutId,
        path: &str,
    ) -> Result<()> {
        let counted: Counted = statement(COUNT)
            .bind::<SqlUuid, _>(owner)
            .bind::<SqlUuid, _>(workout)
            .bind::<SqlUuid, _>(owner)
            .bind::<SqlUuid, _>(workout)
            .get_result(conn)
            .await?;
        let there = |count| usize::try_from(count).unwrap_or(usize::MAX / 2);
        let before = Self {
            exercises: there(counted.exercises),
            sets: there(counted.sets),
        };
        let after = Self {
            exercises: before.exercises + self.exercises,
            sets: before.sets + self.sets,
        };
        // Of what is too large already, neither part may grow.
        let kept = Self {
            exercises: if self.exercises == 0 {
                before.exercises
            } else {
                0
            },
            sets: if self.sets == 0 { before.sets } else { 0 },
        };
        after.check_after(kept, path)
    }
}
