//! The whole way: every phase, with writes in each, there and back and there again. Whoever reads notices nothing.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    crashes::{alike, is_long},
    fixture::{LIBRARY, OLD_SESSION},
    moved::Moved,
};

/// What a person does in a phase, under ids that follow from its number.
struct Day<'a> {
    moved: &'a Moved,
    number: u128,
}

impl Day<'_> {
    fn id(&self, what: u128) -> String {
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self.number * 100 + what)
            .to_string()
    }

    async fn done(&self, query: &str, variables: Value) -> Value {
        self.moved.done(query, variables).await
    }

    async fn live(&self) {
        self.train().await;
        self.tidy().await;
        self.remember().await;
    }

    async fn train(&self) {
        let exercise = self
            .done(
                "{ exercises(first: 1, filter: {search: \"squat\"}) { nodes { id } } }",
                json!({}),
            )
            .await["exercises"]["nodes"][0]["id"]
            .clone();
        let input = json!({"id": self.id(1), "name": format!("day {}", self.number), "notes": "é, \u{1F3CB} and \"quotes\"",
            "exercises": [
                {"id": self.id(2), "exerciseId": exercise, "targetReps": 5, "supersetGroup": 1, "sets": [
                    {"id": self.id(10), "reps": 5, "weight": 100.25, "rpe": 8.5, "setType": "WARMUP", "performedAt": "2026-01-02T03:04:05.678901Z"},
                    {"id": self.id(11), "reps": 6, "weight": 90, "weightUnit": "LB", "performedAt": "2026-01-02T03:05:05Z"}]},
                {"id": self.id(3), "exerciseId": exercise, "sets": [{"id": self.id(12), "durationSeconds": 30}]}]});
        self.done(
            "mutation ($input: WorkoutInput!) { createWorkout(input: $input) { workout { id } } }",
            json!({"input": input}),
        )
        .await;
        self.done(
            "mutation ($w: ID!, $p: ID!, $s: ID!, $o: [ID!]!, $os: [ID!]!, $n: ID!) {
                addSet(input: {workoutExerciseId: $p, id: $n, reps: 3, isCompleted: true}) { set { id } }
                updateSet(id: $s, input: {reps: 7, notes: \"felt light\"}) { set { id } }
                reorderExercises(workoutId: $w, order: $o) { workout { id } }
                reorderSets(workoutExerciseId: $p, order: $os) { workout { id } }
                updateWorkout(id: $w, input: {name: \"changed\"}) { workout { id } }
                updateWorkoutExercise(id: $p, input: {restSeconds: 90}) { workoutExercise { id } }
            }",
            json!({"w": self.id(1), "p": self.id(2), "s": self.id(10), "n": self.id(13),
                "o": [self.id(3), self.id(2)], "os": [self.id(13), self.id(11), self.id(10)]}),
        )
        .await;
        self.done(
            "mutation ($w: ID!, $h: ID!) {
                completeWorkout(id: $w, input: {rating: 4, historyId: $h, endedAt: \"2026-01-02T04:00:00Z\"}) { historyEntry { id } } }",
            json!({"w": self.id(1), "h": self.id(20)}),
        )
        .await;
    }

    /// Copies, trash and what comes back from there.
    async fn tidy(&self) {
        self.done(
            "mutation ($w: ID!, $a: ID!, $b: ID!, $t: ID!) {
                a: duplicateWorkout(id: $w, newId: $a) { workout { id } }
                b: duplicateWorkout(id: $w, newId: $b, name: \"goes\") { workout { id } }
                saveAsTemplate(id: $w, newId: $t, name: \"template\") { workout { id } }
                c: deleteWorkout(id: $a) { workout { id } }
                d: deleteWorkout(id: $b) { workout { id } }
                restoreWorkout(id: $a) { workout { id } } }",
            json!({"w": self.id(1), "a": self.id(4), "b": self.id(5), "t": self.id(6)}),
        )
        .await;
        self.done(
            "mutation ($e: ID!, $name: String!) {
                createExercise(input: {id: $e, name: $name, category: \"Core\", aliases: [\"x\"]}) { exercise { id } }
                updateExercise(id: $e, input: {description: \"slowly\"}) { exercise { id } }
                archiveExercise(id: $e) { exercise { id } } }",
            json!({"e": self.id(7), "name": format!("own {}", self.number)}),
        )
        .await;
    }

    async fn remember(&self) {
        self.done(
            "mutation ($h: ID!, $g: ID!, $n: Int!, $t: ID!) {
                a: logHistory(input: {id: $h, workoutName: \"run\", performedAt: \"2026-01-03T10:00:00Z\", bodyweightKg: 80.55, summary: {km: 5.50}}) { historyEntry { id } }
                b: logHistory(input: {id: $g, performedAt: \"2026-01-04T10:00:00Z\"}) { historyEntry { id } }
                updateHistory(id: $h, input: {rating: 3, notes: \"wind\"}) { historyEntry { id } }
                c: deleteHistory(id: $g) { historyEntry { id } }
                d: deleteHistory(id: $h) { historyEntry { id } }
                restoreHistory(id: $h) { historyEntry { id } }
                updateSettings(input: {weekStart: 7, preferences: {weeklyGoal: $n}}) { settings { version } }
                createTask(input: {id: $t, title: \"stretch\"}) { task { id } }
                completeTask(id: $t) { task { id } } }",
            json!({"h": self.id(21), "g": self.id(22), "n": self.number % 20 + 1, "t": self.id(30)}),
        )
        .await;
    }
}

/// What nobody changed is as it was, to the byte, and what somebody did is there as the app writes it.
fn look_into_the_files(moved: &Moved, days: u128) {
    let workouts = moved.text("workouts.json");
    assert!(workouts.contains(OLD_SESSION), "{workouts}");
    let open = moved
        .session("ee3a17ce-0000-4000-8000-000000000001")
        .unwrap();
    assert_eq!(open["colour"], "red");
    let library = moved.text("exercise-library-seed.json");
    let known = LIBRARY.trim_end().trim_end_matches('}').trim_end();
    let known = known.trim_end_matches(']').trim_end();
    assert!(library.starts_with(known), "{library}");
    for number in 1..=days {
        let day = Day { moved, number };
        let session = moved.session(&day.id(1)).expect("the workout of the day");
        assert_eq!(session["name"], "changed");
        assert_eq!(session["userId"], "user-1");
        let places = session["exercises"].as_array().unwrap();
        assert_eq!(places[1]["sets"].as_array().unwrap().len(), 3);
        assert_eq!(places[1]["sets"][2]["repetitions"], 7);
        assert!(
            moved.session(&day.id(4)).is_some(),
            "it came back from the trash"
        );
        assert!(moved.session(&day.id(5)).is_none(), "it is in the trash");
    }
}

/// Every step there is, in both directions; the first of them are the way that most take.
const STEPS: [(&str, &str); 16] = [
    ("dual-write on", "dual_write"),
    ("backfill", "backfilled"),
    ("parity --prove", "verified"),
    ("cutover", "soak"),
    ("rollback", "backfilled"),
    ("rollback", "legacy"),
    ("dual-write on", "dual_write"),
    ("backfill", "backfilled"),
    ("parity --prove", "verified"),
    ("cutover", "soak"),
    ("rollback", "backfilled"),
    ("parity --prove", "verified"),
    ("rollback", "legacy"),
    ("dual-write on", "dual_write"),
    ("dual-write off", "legacy"),
    ("dual-write on", "dual_write"),
];
const FIRST: usize = 8;

#[tokio::test]
async fn there_and_back_and_there_again_with_writes_in_every_phase_nobody_notices() {
    let moved = Moved::start().await;
    let mut days = 0;
    let (short, long) = (&STEPS[..FIRST], &STEPS[..]);
    for (step, leads_to) in if is_long() { long } else { short } {
        days += 1;
        let day = Day {
            moved: &moved,
            number: days,
        };
        day.live().await;
        let before = moved.reads().await;
        moved.step(step).await;
        moved.sees(leads_to).await;
        println!("{step}");
        alike(&moved.reads().await, &before);
        look_into_the_files(&moved, days);
        if !matches!(*leads_to, "legacy" | "dual_write") {
            moved.caught_up().await;
            let parity = moved.scrub().await;
            let unfaithful = moved.unfaithful().await;
            assert_eq!(
                parity["equal"], true,
                "after `{step}`: {unfaithful:#?} {parity:#}"
            );
        }
        // Beyond this the pages of a person who has a day for each step would be full.
        assert!(days < 30);
    }
}

#[tokio::test]
async fn what_files_cannot_answer_says_so_until_the_database_is_read() {
    let moved = Moved::start().await;
    for query in ["{ changes { changes { id } } }", "{ syncCursor }"] {
        let refused = moved.ask(&moved.ada, query, json!({})).await;
        assert_eq!(refused.code(), "NOT_MIGRATED", "{query}");
    }
    let moved = Moved::reach("soak").await;
    moved
        .done("{ changes { changes { id } } }", json!({}))
        .await;
}
