//! Giving the parts of a workout another order.

use std::collections::HashSet;

use diesel::{
    prelude::*,
    sql_types::{Array, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Held, Part, Taken};
use crate::{
    db::{
        schema::{sets, workout_exercises},
        statement,
    },
    error::{Error, Result},
    viewer::UserId,
    workouts::{Set, SetId, WorkoutExercise, WorkoutExerciseId, WorkoutId},
};

// Two steps each, because the numbers must be unique at every moment: first all move out of the way.
const PARK_EXERCISES: &str = "UPDATE workout_exercises e SET order_index = -n.number, \
      updated_at = CASE WHEN order_index <> n.number - 1 THEN now() ELSE updated_at END \
    FROM unnest(?) WITH ORDINALITY AS n (id, number) \
    WHERE e.user_id = ? AND e.id = n.id";
const PLACE_EXERCISES: &str = "UPDATE workout_exercises SET order_index = -1 - order_index \
    WHERE user_id = ? AND workout_id = ? AND order_index < 0";
const PARK_SETS: &str = "UPDATE sets s SET order_index = -n.number, \
      updated_at = CASE WHEN order_index <> n.number - 1 THEN now() ELSE updated_at END, \
      version = version + (order_index <> n.number - 1)::int \
    FROM unnest(?) WITH ORDINALITY AS n (id, number) WHERE s.user_id = ? AND s.id = n.id";
const PLACE_SETS: &str = "UPDATE sets SET order_index = -1 - order_index \
    WHERE user_id = ? AND workout_id = ? AND order_index < 0";

impl WorkoutExercise {
    /// Puts all exercises of a workout in this order.
    pub async fn reorder(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        workout: WorkoutId,
        order: &[WorkoutExerciseId],
        expected: Option<i32>,
    ) -> Result<Taken> {
        use workout_exercises as places;

        let held = Part::Itself(workout).hold(conn, owner).await?;
        let there: Vec<Uuid> = places::table
            .filter(places::user_id.eq(owner))
            .filter(places::workout_id.eq(workout))
            .order((places::order_index, places::id))
            .select(places::id)
            .load(conn)
            .await?;
        let order: Vec<Uuid> = order.iter().map(|id| id.0).collect();
        if order == there {
            return Ok(held.unchanged());
        }
        held.check_version(expected)?;
        check(&order, &there, "exercise of this workout")?;
        renumber(conn, owner, held, order, [PARK_EXERCISES, PLACE_EXERCISES]).await
    }
}

impl Set {
    /// Puts all sets of an exercise in a workout in this order.
    pub async fn reorder(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        place: WorkoutExerciseId,
        order: &[SetId],
        expected: Option<i32>,
    ) -> Result<Taken> {
        let held = Part::Exercise(place).hold(conn, owner).await?;
        let there: Vec<Uuid> = sets::table
            .filter(sets::user_id.eq(owner))
            .filter(sets::workout_id.eq(held.id))
            .filter(sets::workout_exercise_id.eq(place))
            .order((sets::order_index, sets::id))
            .select(sets::id)
            .load(conn)
            .await?;
        let order: Vec<Uuid> = order.iter().map(|id| id.0).collect();
        if order == there {
            return Ok(held.unchanged());
        }
        held.check_version(expected)?;
        check(&order, &there, "set of this exercise")?;
        renumber(conn, owner, held, order, [PARK_SETS, PLACE_SETS]).await
    }
}

async fn renumber(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    held: Held,
    order: Vec<Uuid>,
    [park, place]: [&'static str; 2],
) -> Result<Taken> {
    let taken = held.raise(conn, owner).await?;
    statement(park)
        .bind::<Array<SqlUuid>, _>(order)
        .bind::<SqlUuid, _>(owner)
        .execute(conn)
        .await?;
    statement(place)
        .bind::<SqlUuid, _>(owner)
        .bind::<SqlUuid, _>(taken.id)
        .execute(conn)
        .await?;
    Ok(taken)
}

/// The list must name everything that is there, once, and nothing else.
fn check(order: &[Uuid], there: &[Uuid], what: &str) -> Result<()> {
    let known: HashSet<&Uuid> = there.iter().collect();
    let mut named = HashSet::new();
    for (index, id) in order.iter().enumerate() {
        let path = || format!("order.{index}");
        if !known.contains(id) {
            return Err(Error::invalid(path(), format!("`{id}` is no {what}")));
        }
        if !named.insert(id) {
            return Err(Error::invalid(path(), format!("`{id}` comes twice")));
        }
    }
    match there.iter().find(|id| !named.contains(id)) {
        Some(missing) => Err(Error::invalid(
            "order",
            format!("`{missing}` is missing: name every {what}"),
        )),
        None => Ok(()),
    }
}
