//! Clients that write without pause, and go on where they were after the server has died: each repeats what it had no
//! answer to. What they make follows from their numbers alone, so that any two runs of the same length can be compared.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;

use super::moved::Moved;

/// For how long a client repeats itself before that is a failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// One of them.
pub struct Client {
    pub number: u32,
    token: String,
    urls: watch::Receiver<Vec<String>>,
    http: reqwest::Client,
    /// How many of its operations were acknowledged.
    acknowledged: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    /// How long the slowest operation took, with all its repetitions, and every one of them.
    pub waits: Vec<Duration>,
}

/// All of them.
pub struct Clients {
    urls: watch::Sender<Vec<String>>,
    stop: Arc<AtomicBool>,
    counts: Vec<Arc<AtomicU32>>,
    running: Vec<JoinHandle<Client>>,
}

/// What a client is to do, and what to look for when it is done.
struct Operation {
    query: &'static str,
    variables: Value,
}

fn id(client: u32, kind: u32, number: u32) -> String {
    let number = (u128::from(client) << 48) | (u128::from(kind) << 32) | u128::from(number);
    Uuid::from_u128(0x0191_0000_0000_7000_8000_0000_0000_0000 | number).to_string()
}

/// One workout takes all sets of a client's last forty operations.
const ROUND: u32 = 40;

/// The operation with this number.
fn operation(client: u32, number: u32, exercise: &str) -> Operation {
    let round = number / ROUND;
    let (workout, place) = (id(client, 1, round), id(client, 2, round));
    let at = format!(
        "2026-02-{:02}T{:02}:{:02}:00Z",
        round % 27 + 1,
        number % 24,
        number % 60
    );
    let (query, variables) = match number % ROUND {
        0 => (
            "mutation ($input: WorkoutInput!) { createWorkout(input: $input) { workout { id } } }",
            json!({"input": {"id": workout, "name": format!("of {client}"), "exercises":
                [{"id": place, "exerciseId": exercise, "sets": []}]}}),
        ),
        n if n % 7 == 3 => (
            "mutation ($id: ID!, $name: String!) { updateWorkout(id: $id, input: {name: $name}) { workout { id } } }",
            json!({"id": workout, "name": format!("of {client}, {number}")}),
        ),
        n if n % 7 == 5 => (
            "mutation ($id: ID!, $at: DateTime!) { logHistory(input: {id: $id, performedAt: $at, rating: 3}) { historyEntry { id } } }",
            json!({"id": id(client, 4, number), "at": at}),
        ),
        n if n % 11 == 6 => (
            "mutation ($id: ID!) { createTask(input: {id: $id, title: \"t\"}) { task { id } } }",
            json!({"id": id(client, 5, number)}),
        ),
        n if n % 13 == 8 && client < 2 => (
            "mutation ($n: Int!) { updateSettings(input: {preferences: {restTimerSeconds: $n}}) { settings { version } } }",
            json!({"n": number}),
        ),
        n if n % 5 == 4 => (
            "mutation ($id: ID!, $reps: Int!) { updateSet(id: $id, input: {reps: $reps}) { set { id } } }",
            json!({"id": id(client, 3, round * ROUND + 1), "reps": number % 50 + 1}),
        ),
        _ => (
            "mutation ($id: ID!, $place: ID!, $reps: Int!, $at: DateTime!) {
                addSet(input: {id: $id, workoutExerciseId: $place, reps: $reps, weight: 62.5, performedAt: $at}) { set { id } } }",
            json!({"id": id(client, 3, number), "place": place, "reps": number % 30 + 1, "at": at}),
        ),
    };
    Operation { query, variables }
}

/// What must be there once these were acknowledged: the ids of everything that was made, by kind.
pub fn made(client: u32, acknowledged: u32) -> Vec<String> {
    let mut made = Vec::new();
    for number in 0..acknowledged {
        let found = operation(client, number, "");
        let variables = &found.variables;
        if found.query.contains("createWorkout") {
            made.push(variables["input"]["id"].clone());
        } else if ["addSet", "logHistory", "createTask"]
            .iter()
            .any(|it| found.query.contains(it))
        {
            made.push(variables["id"].clone());
        }
    }
    made.iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect()
}

impl Clients {
    /// So many, half of them Ada's and half of them Bob's, in an order of operations that nothing but their number
    /// decides. They begin at the numbers that are given.
    pub async fn start(moved: &Moved, from: &[u32]) -> Self {
        let exercise = squat(moved).await;
        let (urls, _) = watch::channel(moved.urls());
        let stop = Arc::new(AtomicBool::new(false));
        let (mut counts, mut running) = (Vec::new(), Vec::new());
        for (number, from) in (0..).zip(from) {
            let who = if number % 2 == 0 {
                &moved.ada
            } else {
                &moved.bob
            };
            let acknowledged = Arc::new(AtomicU32::new(*from));
            counts.push(Arc::clone(&acknowledged));
            let client = Client {
                number,
                token: who.token.clone(),
                urls: urls.subscribe(),
                http: reqwest::Client::new(),
                acknowledged,
                stop: Arc::clone(&stop),
                waits: Vec::new(),
            };
            running.push(tokio::spawn(client.run(exercise.clone(), u32::MAX)));
        }
        Self {
            urls,
            stop,
            counts,
            running,
        }
    }

    /// The servers are somewhere else now.
    pub fn moved_to(&self, moved: &Moved) {
        self.urls.send_replace(moved.urls());
    }

    /// How many operations each was acknowledged so far.
    pub fn acknowledged(&self) -> Vec<u32> {
        let counts = self.counts.iter();
        counts.map(|count| count.load(Ordering::SeqCst)).collect()
    }

    /// Lets them finish what they are doing. How many operations each has done, and how long each of those took.
    pub async fn stop(self) -> (Vec<u32>, Vec<Duration>) {
        self.stop.store(true, Ordering::SeqCst);
        let mut waits = Vec::new();
        for client in self.running {
            waits.extend(client.await.expect("a client that is well").waits);
        }
        let counts = self.counts.iter();
        (
            counts.map(|count| count.load(Ordering::SeqCst)).collect(),
            waits,
        )
    }
}

/// The same operations one client after the other, undisturbed.
pub async fn undisturbed(moved: &Moved, counts: &[u32]) {
    let exercise = squat(moved).await;
    for (number, count) in (0..).zip(counts) {
        let who = if number % 2 == 0 {
            &moved.ada
        } else {
            &moved.bob
        };
        let client = Client {
            number,
            token: who.token.clone(),
            urls: watch::channel(moved.urls()).1,
            http: reqwest::Client::new(),
            acknowledged: Arc::default(),
            stop: Arc::default(),
            waits: Vec::new(),
        };
        client.run(exercise.clone(), *count).await;
    }
}

async fn squat(moved: &Moved) -> String {
    let found = "{ exercises(first: 1, filter: {search: \"squat\"}) { nodes { id } } }";
    let found = moved.done(found, json!({})).await;
    found["exercises"]["nodes"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

impl Client {
    async fn run(mut self, exercise: String, until: u32) -> Self {
        loop {
            let number = self.acknowledged.load(Ordering::SeqCst);
            if number >= until || self.stop.load(Ordering::SeqCst) {
                return self;
            }
            let since = Instant::now();
            let operation = operation(self.number, number, &exercise);
            while let Err(why) = self.attempt(&operation).await {
                assert!(
                    since.elapsed() < PATIENCE,
                    "client {}, {number}: {why}",
                    self.number
                );
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.waits.push(since.elapsed());
            self.acknowledged.store(number + 1, Ordering::SeqCst);
        }
    }

    /// Only what may pass is tried again: any other answer is a fault.
    async fn attempt(&self, operation: &Operation) -> Result<(), String> {
        let url = {
            let urls = self.urls.borrow();
            // One of Ada's and one of Bob's to each server.
            format!("{}/graphql", urls[self.number as usize / 2 % urls.len()])
        };
        let body = json!({"query": operation.query, "variables": operation.variables});
        let sent = self
            .http
            .post(url)
            .bearer_auth(&self.token)
            .json(&body)
            .send();
        let answer = sent.await.map_err(|error| error.to_string())?;
        let answer: Value = answer.json().await.map_err(|error| error.to_string())?;
        let error = &answer["errors"][0];
        if error.is_null() {
            return Ok(());
        }
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        assert!(
            code == "UNAVAILABLE" || code == "INTERNAL",
            "client {}: {} {} got {error}",
            self.number,
            operation.query,
            operation.variables
        );
        Err(error.to_string())
    }
}
