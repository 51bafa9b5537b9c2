//! Twenty workouts in memory, with everything that a page of them would have fetched: 100 exercises, 400
//! sets.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use regimen::{
    db::Decimal,
    exercises::{Exercise, ExerciseId, Measurement},
    graphql::Ahead,
    viewer::UserId,
    workouts::{
        Set, SetId, SetType, Side, WeightUnit, Workout, WorkoutExercise, WorkoutExerciseId,
        WorkoutId, WorkoutStatus,
    },
};

pub fn workouts() -> Vec<Workout> {
    let (owner, now) = (UserId::new(), Utc::now());
    (0..20).map(|_| workout(owner, now)).collect()
}

fn workout(user_id: UserId, now: DateTime<Utc>) -> Workout {
    let id = WorkoutId::new();
    let mut exercises = Ahead::EMPTY;
    exercises.fill((0..5).map(|index| place(user_id, id, index, now)).collect());
    Workout {
        user_id,
        id,
        name: "Workout".to_owned(),
        notes: Some("steady tempo, more weight once all repetitions are done".to_owned()),
        is_template: false,
        template_id: None,
        status: WorkoutStatus::Planned,
        started_at: Some(now),
        ended_at: None,
        source: "app".to_owned(),
        source_key: None,
        version: 1,
        created_at: now,
        updated_at: now,
        deleted_at: None,
        exercises,
        history: Ahead::EMPTY,
    }
}

fn place(
    user_id: UserId,
    workout_id: WorkoutId,
    order_index: i32,
    now: DateTime<Utc>,
) -> WorkoutExercise {
    let (id, exercise_id) = (WorkoutExerciseId::new(), ExerciseId::new());
    let (mut exercise, mut sets) = (Ahead::EMPTY, Ahead::EMPTY);
    exercise.fill(Arc::new(trained(exercise_id, now)));
    sets.fill(
        (0..4)
            .map(|index| set(user_id, workout_id, id, index, now))
            .collect(),
    );
    WorkoutExercise {
        user_id,
        id,
        workout_id,
        exercise_id,
        order_index,
        superset_group: None,
        target_sets: None,
        target_reps: None,
        target_reps_max: None,
        target_weight: None,
        target_weight_unit: WeightUnit::Kg,
        target_rpe: None,
        rest_seconds: None,
        notes: Some("slow on the way down".to_owned()),
        created_at: now,
        updated_at: now,
        exercise,
        sets,
    }
}

fn trained(id: ExerciseId, now: DateTime<Utc>) -> Exercise {
    Exercise {
        id,
        owner_id: None,
        name: "Barbell squat".to_owned(),
        category: "strength".to_owned(),
        measurement: Measurement::WeightReps,
        primary_muscles: vec!["quads".to_owned()],
        secondary_muscles: Vec::new(),
        equipment: vec!["barbell".to_owned()],
        level: None,
        unilateral: false,
        bodyweight_factor: Decimal::ONE,
        aliases: Vec::new(),
        description: None,
        instructions: Vec::new(),
        source: "library".to_owned(),
        source_key: None,
        archived_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

fn set(
    user_id: UserId,
    workout_id: WorkoutId,
    workout_exercise_id: WorkoutExerciseId,
    order_index: i32,
    now: DateTime<Utc>,
) -> Set {
    Set {
        user_id,
        id: SetId::new(),
        workout_id,
        workout_exercise_id,
        order_index,
        set_type: SetType::Working,
        side: Side::Both,
        reps: Some(8),
        weight: Decimal::from_f64(82.5),
        weight_unit: WeightUnit::Kg,
        weight_kg: Decimal::from_f64(82.5),
        rpe: Decimal::from_f64(8.5),
        duration_seconds: None,
        distance_m: None,
        rest_seconds: None,
        is_completed: true,
        notes: None,
        performed_at: now,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
