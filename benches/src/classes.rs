//! What is asked: seven classes of requests, each in many different bodies, put to each side in its words.

use chrono::{SecondsFormat, TimeDelta};
use clap::ValueEnum;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::data::{Dice, EXERCISES, Kind, PLACES, WORKOUTS, day, id};

/// How many different requests a class has. Writing ones have one for each request that is sent.
pub const DIFFERENT: u64 = 400;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Class {
    /// The whole edge around a field that costs nothing, against an answer of the same size.
    Edge,
    /// One workout with all that is in it.
    Q1,
    /// Twenty workouts with 100 exercises and 400 sets.
    Q2,
    /// Exercises of a category by a word.
    Q3,
    /// A page of fifty entries of the history, behind a cursor.
    Q4,
    /// Twenty tasks.
    Q5,
    /// A set more.
    M1,
    /// A workout with five exercises and twenty sets.
    M2,
}

impl Class {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Q1 => "Q1",
            Self::Q2 => "Q2",
            Self::Q3 => "Q3",
            Self::Q4 => "Q4",
            Self::Q5 => "Q5",
            Self::M1 => "M1",
            Self::M2 => "M2",
        }
    }

    pub const fn writes(self) -> bool {
        matches!(self, Self::M1 | Self::M2)
    }

    /// How many requests are measured at a time unless somebody says otherwise.
    pub const fn requests(self) -> usize {
        match self {
            Self::Edge => 20_000,
            Self::Q2 | Self::M2 => 1_500,
            _ => 4_000,
        }
    }
}

/// One request's values, chosen once and put to each side.
#[derive(Clone, Debug)]
pub struct Case {
    pub user: u64,
    workout: u64,
    place: u64,
    number: u64,
    category: &'static str,
    word: &'static str,
    exercises: Vec<Uuid>,
}

impl Case {
    /// Readers and writers are different users: nine of ten read.
    pub fn new(class: Class, number: u64, users: u64) -> Self {
        const CATEGORIES: [&str; 5] = ["strength", "cardio", "mobility", "olympic", "core"];
        const WORDS: [&str; 6] = ["press", "row", "squat", "curl", "raise", "lunge"];

        let mut dice = Dice::new(number);
        let readers = users * 9 / 10;
        let user = if class.writes() {
            1 + readers + dice.roll(users - readers)
        } else {
            1 + dice.roll(readers)
        };
        let workout = (user - 1) * WORKOUTS + 1 + dice.roll(WORKOUTS);
        Self {
            user,
            workout,
            place: (workout - 1) * PLACES + 1 + dice.roll(PLACES),
            number,
            category: dice.pick(&CATEGORIES),
            word: dice.pick(&WORDS),
            exercises: (0..5)
                .map(|_| id(Kind::Exercise, 1 + dice.roll(EXERCISES)))
                .collect(),
        }
    }

    pub fn owner(&self) -> Uuid {
        id(Kind::User, self.user)
    }

    fn workout(&self) -> Uuid {
        id(Kind::Workout, self.workout)
    }

    fn place(&self) -> Uuid {
        id(Kind::Place, self.place)
    }

    /// Where a new set goes, for those who do not find out by themselves.
    fn next_index(&self) -> u64 {
        100 + self.number
    }

    /// The entry that Q4's page begins behind: the tenth before the end of the time asked for.
    fn tenth_entry(&self) -> (String, Uuid) {
        let index = TO - 10;
        let number = (self.user - 1) * 100 + index + 1;
        let seconds = 18 * 3600 + number % 1440;
        let into_the_day = TimeDelta::seconds(i64::try_from(seconds).expect("seconds"));
        let at = day(index) + into_the_day;
        (
            at.to_rfc3339_opts(SecondsFormat::Secs, true),
            id(Kind::Entry, number),
        )
    }

    fn new_workout(&self) -> Value {
        let set = json!({"reps": 8, "weight": 60.0, "isCompleted": true});
        let place = |exercise| json!({"exerciseId": exercise, "sets": [set, set, set, set]});
        let places: Vec<Value> = self.exercises.iter().map(place).collect();
        json!({"name": "Measured", "exercises": places})
    }
}

/// The days that Q4 asks for.
const FROM: u64 = 10;
const TO: u64 = 91;

macro_rules! query {
    ($name:literal) => {
        include_str!(concat!("../queries/", $name, ".graphql"))
    };
}

/// The request as our server is asked. `cursor` is where Q4 continues from.
pub fn ours(class: Class, case: &Case, cursor: Option<&str>) -> Value {
    let (text, variables) = match class {
        Class::Edge => (query!("regimen/Edge"), json!({})),
        Class::Q1 => (query!("regimen/Q1"), json!({"id": case.workout()})),
        Class::Q2 => (query!("regimen/Q2"), json!({"first": 20})),
        Class::Q3 => {
            let filter = json!({"categories": [case.category], "search": case.word});
            (query!("regimen/Q3"), json!({"filter": filter, "first": 20}))
        }
        Class::Q4 => {
            let variables = json!({"from": day(FROM), "to": day(TO), "first": 50, "after": cursor});
            (query!("regimen/Q4"), variables)
        }
        Class::Q5 => (query!("regimen/Q5"), json!({"first": 20})),
        Class::M1 => {
            let set = json!({
                "workoutExerciseId": case.place(), "reps": 8, "weight": 82.5, "rpe": 8.5,
                "isCompleted": true,
            });
            (query!("regimen/M1"), json!({"input": set}))
        }
        Class::M2 => (query!("regimen/M2"), json!({"input": case.new_workout()})),
    };
    json!({"query": text, "variables": variables})
}

/// What the floor is asked: values alone, because its paths say the rest.
pub fn floor(class: Class, case: &Case) -> Value {
    let user = case.owner();
    match class {
        Class::Edge => json!({}),
        Class::Q1 => json!({"user": user, "id": case.workout()}),
        Class::Q2 | Class::Q5 => json!({"user": user, "first": 20}),
        Class::Q3 => {
            json!({"user": user, "category": case.category, "search": case.word, "first": 20})
        }
        Class::Q4 => {
            let (after_at, after_id) = case.tenth_entry();
            json!({
                "user": user, "from": day(FROM), "to": day(TO), "first": 50, "afterAt": after_at, "afterId": after_id,
            })
        }
        Class::M1 => json!({
            "user": user, "workoutId": case.workout(), "workoutExerciseId": case.place(),
            "orderIndex": case.next_index(), "reps": 8, "weight": 82.5, "rpe": 8.5,
        }),
        Class::M2 => json!({"user": user, "input": case.new_workout()}),
    }
}

/// The request as servers are asked that have no idea who sends it: in GraphQL, with the floor's values.
pub fn plain(class: Class, case: &Case) -> Value {
    let user = case.owner();
    let (text, variables) = match class {
        Class::Edge => (query!("plain/Edge"), json!({})),
        Class::Q1 => (query!("plain/Q1"), floor(class, case)),
        Class::Q2 => (query!("plain/Q2"), floor(class, case)),
        Class::Q3 => (query!("plain/Q3"), floor(class, case)),
        Class::Q4 => (
            query!("plain/Q4"),
            json!({"filter": owned(user, floor(class, case))}),
        ),
        Class::Q5 => (query!("plain/Q5"), floor(class, case)),
        Class::M1 => (
            query!("plain/M1"),
            json!({"input": owned(user, floor(class, case))}),
        ),
        Class::M2 => (
            query!("plain/M2"),
            json!({"input": owned(user, case.new_workout())}),
        ),
    };
    json!({"query": text, "variables": variables})
}

/// An input that says whose it is.
fn owned(user: Uuid, mut input: Value) -> Value {
    if let Some(fields) = input.as_object_mut() {
        fields.remove("user");
        fields.insert("userId".to_owned(), json!(user));
    }
    input
}

/// The request as PostGraphile is asked over the same tables.
pub fn postgraphile(class: Class, case: &Case, cursor: Option<&str>) -> Option<Value> {
    let user = case.owner();
    let (text, variables) = match class {
        Class::Edge => return None,
        Class::Q1 => (
            query!("postgraphile/Q1"),
            json!({"user": user, "id": case.workout()}),
        ),
        Class::Q2 => (
            query!("postgraphile/Q2"),
            json!({"user": user, "first": 20}),
        ),
        Class::Q3 => {
            let variables = json!({"category": case.category, "search": case.word, "first": 20});
            (query!("postgraphile/Q3"), variables)
        }
        Class::Q4 => {
            let variables = json!({"user": user, "from": day(FROM), "to": day(TO), "first": 50, "after": cursor});
            (query!("postgraphile/Q4"), variables)
        }
        Class::Q5 => (
            query!("postgraphile/Q5"),
            json!({"user": user, "first": 20}),
        ),
        Class::M1 => {
            let set = json!({
                "userId": user, "workoutId": case.workout(), "workoutExerciseId": case.place(),
                "orderIndex": case.next_index(), "reps": 8, "weight": "82.5", "rpe": "8.5",
            });
            (query!("postgraphile/M1"), json!({"set": set}))
        }
        Class::M2 => (
            query!("postgraphile/M2"),
            json!({"owner": user, "content": case.new_workout()}),
        ),
    };
    Some(json!({"query": text, "variables": variables}))
}

/// The ten entries before Q4's page, asked of our server for the cursor behind them, and where that stands
/// in the answer.
pub fn ours_before_q4() -> (Value, &'static str) {
    let variables = json!({"from": day(FROM), "to": day(TO)});
    let body = json!({"query": query!("regimen/BeforeQ4"), "variables": variables});
    (body, "/data/history/pageInfo/endCursor")
}

/// The same for PostGraphile.
pub fn postgraphile_before_q4(case: &Case) -> (Value, &'static str) {
    let variables = json!({"user": case.owner(), "from": day(FROM), "to": day(TO)});
    let body = json!({"query": query!("postgraphile/BeforeQ4"), "variables": variables});
    (body, "/data/allHistories/pageInfo/endCursor")
}
