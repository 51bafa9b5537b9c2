//! The demo user's templates, two weeks of workouts with their history, and the plan for the next one.

use std::collections::HashSet;

use chrono::{DateTime, Duration, NaiveTime, TimeZone, Utc};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;

use super::{
    Counts, SeedError,
    demo::Anchor,
    id_of,
    library::{self, Shelf},
    plant_rows,
};
use crate::{
    changes::{self, Change, Entity},
    db::{
        Decimal,
        schema::{history, sets, workout_exercises, workouts},
    },
    history::{HistoryId, NewHistory},
    workouts::{
        NewSet, NewWorkout, NewWorkoutExercise, SetId, SetType, Side, WeightUnit,
        WorkoutExerciseId, WorkoutId, WorkoutStatus,
    },
};

const SOURCE: &str = "demo";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Template {
    key: String,
    name: String,
    notes: Option<String>,
    exercises: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    exercise: String,
    target_sets: Option<i16>,
    target_reps: Option<i16>,
    target_reps_max: Option<i16>,
    rest_seconds: Option<i32>,
    superset_group: Option<i16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    key: String,
    template: Option<String>,
    name: String,
    days_ago: i64,
    start: String,
    minutes: i64,
    rating: Option<i16>,
    notes: Option<String>,
    exercises: Vec<Performed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Performed {
    exercise: String,
    notes: Option<String>,
    superset_group: Option<i16>,
    sets: Vec<PerformedSet>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PerformedSet {
    #[serde(rename = "type", default = "working")]
    set_type: SetType,
    #[serde(default = "both")]
    side: Side,
    reps: Option<i32>,
    weight: Option<Decimal>,
    rpe: Option<Decimal>,
    duration_seconds: Option<i32>,
    distance_m: Option<Decimal>,
    #[serde(default = "yes")]
    is_completed: bool,
}

const fn working() -> SetType {
    SetType::Working
}

const fn both() -> Side {
    Side::Both
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Planned {
    key: String,
    template: String,
    name: String,
}

/// All rows of the demo training, ready to insert.
struct Rows<'a> {
    anchor: &'a Anchor,
    library: Shelf,
    workouts: Vec<NewWorkout>,
    exercises: Vec<NewWorkoutExercise>,
    sets: Vec<NewSet>,
    history: Vec<NewHistory>,
}

/// Adds what the demo user's training lacks. What belongs to a workout is added with it or not at all.
pub(super) async fn plant(
    conn: &mut AsyncPgConnection,
    anchor: &Anchor,
    templates: &[Template],
    sessions: &[Session],
    planned: &[Planned],
) -> Result<Vec<(&'static str, Counts)>, SeedError> {
    let mut rows = Rows {
        anchor,
        library: library::shelf(conn).await?,
        workouts: Vec::new(),
        exercises: Vec::new(),
        sets: Vec::new(),
        history: Vec::new(),
    };
    for template in templates {
        rows.add_template(template)?;
    }
    for session in sessions {
        rows.add_session(session)?;
    }
    for plan in planned {
        let template = templates
            .iter()
            .find(|template| template.key == plan.template);
        rows.add_plan(
            plan,
            template.ok_or_else(|| SeedError::Dangling(plan.template.clone()))?,
        )?;
    }
    rows.insert(conn).await
}

impl Rows<'_> {
    fn workout_id(&self, key: &str) -> WorkoutId {
        WorkoutId(id_of(self.anchor.owner.0, key))
    }

    fn add_workout(&mut self, key: &str, name: &str, status: WorkoutStatus) -> &mut NewWorkout {
        let id = self.workout_id(key);
        self.workouts.push(NewWorkout {
            user_id: self.anchor.owner,
            id,
            name: name.to_owned(),
            notes: None,
            is_template: false,
            template_id: None,
            status,
            started_at: None,
            ended_at: None,
            source: SOURCE.to_owned(),
            source_key: None,
        });
        let last = self.workouts.len() - 1;
        &mut self.workouts[last]
    }

    fn add_template(&mut self, template: &Template) -> Result<(), SeedError> {
        let workout = self.add_workout(&template.key, &template.name, WorkoutStatus::Planned);
        workout.is_template = true;
        workout.notes.clone_from(&template.notes);
        self.add_targets(&template.key, &template.exercises)
    }

    fn add_plan(&mut self, plan: &Planned, template: &Template) -> Result<(), SeedError> {
        let from = self.workout_id(&template.key);
        let workout = self.add_workout(&plan.key, &plan.name, WorkoutStatus::Planned);
        workout.template_id = Some(from);
        workout.notes.clone_from(&template.notes);
        self.add_targets(&plan.key, &template.exercises)
    }

    fn add_targets(&mut self, key: &str, targets: &[Target]) -> Result<(), SeedError> {
        for (order, target) in (0..).zip(targets) {
            let Some(mut row) = self.place(key, order, &target.exercise)? else {
                continue;
            };
            row.superset_group = target.superset_group;
            row.target_sets = target.target_sets;
            row.target_reps = target.target_reps;
            row.target_reps_max = target.target_reps_max;
            row.rest_seconds = target.rest_seconds;
            self.exercises.push(row);
        }
        Ok(())
    }

    /// An exercise in a workout; none where the library could not take that exercise in.
    fn place(
        &self,
        key: &str,
        order: i32,
        exercise: &str,
    ) -> Result<Option<NewWorkoutExercise>, SeedError> {
        let known = self.library.get(exercise);
        let id = known.ok_or_else(|| SeedError::Dangling(exercise.to_owned()))?;
        Ok(id.map(|exercise_id| NewWorkoutExercise {
            user_id: self.anchor.owner,
            id: WorkoutExerciseId(id_of(self.anchor.owner.0, &format!("{key}/{order}"))),
            workout_id: self.workout_id(key),
            exercise_id,
            order_index: order,
            superset_group: None,
            target_sets: None,
            target_reps: None,
            target_reps_max: None,
            target_weight: None,
            target_weight_unit: WeightUnit::Kg,
            target_rpe: None,
            rest_seconds: None,
            notes: None,
        }))
    }

    fn add_session(&mut self, session: &Session) -> Result<(), SeedError> {
        let start = self.start_of(session)?;
        let end = start + Duration::minutes(session.minutes);
        let template = session.template.as_deref().map(|key| self.workout_id(key));
        let workout = self.add_workout(&session.key, &session.name, WorkoutStatus::Completed);
        workout.template_id = template;
        workout.started_at = Some(start);
        workout.ended_at = Some(end);
        for (order, performed) in (0..).zip(&session.exercises) {
            let Some(mut row) = self.place(&session.key, order, &performed.exercise)? else {
                continue;
            };
            row.superset_group = performed.superset_group;
            row.notes.clone_from(&performed.notes);
            self.add_sets(&session.key, &row, &performed.sets, start);
            self.exercises.push(row);
        }
        self.add_history(session, start);
        Ok(())
    }

    fn start_of(&self, session: &Session) -> Result<DateTime<Utc>, SeedError> {
        let dangling = || SeedError::Dangling(format!("{}: {}", session.key, session.start));
        let time = NaiveTime::parse_from_str(&session.start, "%H:%M").map_err(|_| dangling())?;
        let local = self.anchor.day(session.days_ago).and_time(time);
        let start = self.anchor.zone.from_local_datetime(&local).earliest();
        Ok(start.ok_or_else(dangling)?.with_timezone(&Utc))
    }

    /// One set every three minutes.
    fn add_sets(
        &mut self,
        key: &str,
        place: &NewWorkoutExercise,
        performed: &[PerformedSet],
        start: DateTime<Utc>,
    ) {
        for (order, set) in (0..).zip(performed) {
            let minutes = i64::from(place.order_index) * 12 + i64::from(order) * 3;
            let name = format!("{key}/{}/{order}", place.order_index);
            self.sets.push(NewSet {
                user_id: self.anchor.owner,
                id: SetId(id_of(self.anchor.owner.0, &name)),
                workout_id: place.workout_id,
                workout_exercise_id: place.id,
                order_index: order,
                set_type: set.set_type,
                side: set.side,
                reps: set.reps,
                weight: set.weight,
                weight_unit: WeightUnit::Kg,
                rpe: set.rpe,
                duration_seconds: set.duration_seconds,
                distance_m: set.distance_m,
                rest_seconds: None,
                is_completed: Some(set.is_completed),
                notes: None,
                performed_at: Some(start + Duration::minutes(minutes)),
            });
        }
    }

    fn add_history(&mut self, session: &Session, start: DateTime<Utc>) {
        let key = format!("{}/history", session.key);
        self.history.push(NewHistory {
            user_id: self.anchor.owner,
            id: HistoryId(id_of(self.anchor.owner.0, &key)),
            workout_id: Some(self.workout_id(&session.key)),
            workout_name: Some(session.name.clone()),
            performed_at: start,
            timezone: self.anchor.zone.name().to_owned(),
            local_date: self.anchor.day(session.days_ago),
            duration_seconds: i32::try_from(session.minutes * 60).ok(),
            bodyweight_kg: None,
            rating: session.rating,
            notes: session.notes.clone(),
            summary: None,
            source: SOURCE.to_owned(),
            source_key: None,
        });
    }

    async fn insert(
        self,
        conn: &mut AsyncPgConnection,
    ) -> Result<Vec<(&'static str, Counts)>, SeedError> {
        let (workout_counts, made) = plant_rows!(
            conn,
            workouts,
            NewWorkout,
            &self.workouts,
            |row: &NewWorkout| row.name.clone()
        );
        let made: HashSet<WorkoutId> = made.into_iter().collect();
        let exercises: Vec<_> = self
            .exercises
            .into_iter()
            .filter(|row| made.contains(&row.workout_id))
            .collect();
        let sets: Vec<_> = self
            .sets
            .into_iter()
            .filter(|row| made.contains(&row.workout_id))
            .collect();
        let mut report = vec![("workouts", workout_counts)];
        for (name, count) in [
            (
                "workout exercises",
                insert_exercises(conn, &exercises).await?,
            ),
            ("sets", insert_sets(conn, &sets).await?),
        ] {
            report.push((
                name,
                Counts {
                    inserted: count,
                    ..Counts::default()
                },
            ));
        }
        let (history_counts, logged) = plant_rows!(
            conn,
            history,
            NewHistory,
            &self.history,
            |row: &NewHistory| { row.workout_name.clone().unwrap_or_default() }
        );
        report.push(("history", history_counts));
        let logged: Vec<HistoryId> = logged;
        let mut changes: Vec<Change> = made
            .iter()
            .map(|id| Change::created(Entity::Workout, id.0))
            .collect();
        changes.extend(
            logged
                .iter()
                .map(|id| Change::created(Entity::History, id.0)),
        );
        changes::append(conn, self.anchor.owner, &changes).await?;
        Ok(report)
    }
}

async fn insert_exercises(
    conn: &mut AsyncPgConnection,
    rows: &[NewWorkoutExercise],
) -> Result<usize, diesel::result::Error> {
    diesel::insert_into(workout_exercises::table)
        .values(rows)
        .execute(conn)
        .await
}

async fn insert_sets(
    conn: &mut AsyncPgConnection,
    rows: &[NewSet],
) -> Result<usize, diesel::result::Error> {
    diesel::insert_into(sets::table)
        .values(rows)
        .execute(conn)
        .await
}
