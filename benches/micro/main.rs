//! The hot parts by themselves, in memory: `cargo bench -p regimen-benches` prints what each takes.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]

mod record;
mod rows;

use std::{hint::black_box, time::Duration};

use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema, Variables};
use nix::time::{ClockId, clock_gettime};
use regimen::{
    config::Config,
    graphql::{
        Connection, Cursor, Page, Total,
        document::{Documents, JsonMap, Limits, Rules},
        written::{Unwritten, answer_json},
    },
    workouts::{Workout, WorkoutId},
};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const NESTED: &str = "query Nested($first: Int!) { workouts(first: $first) { nodes { id name notes startedAt exercises { id orderIndex notes exercise { id name category } sets { id orderIndex reps weight rpe durationSeconds isCompleted } } } } }";

fn main() {
    println!("microseconds of processor time, each the median of 50\n");
    documents();
    execution();
    cursors();
    records();
}

fn documents() {
    let limits = Limits::from(&Config::defaults().expect("defaults"));
    let documents = Documents::new(&regimen::schema::sdl(), limits, Rules::default());
    let find = |text: &str| documents.find(None, Some(text), |_| {});
    let mut number = 0;
    report("a new document: parse, validate, measure", 20, || {
        number += 1;
        // A comment makes it another text.
        find(&format!("{NESTED} # {number}")).is_ok()
    });
    report("a known document: look up", 2000, || find(NESTED).is_ok());
    let document = find(NESTED).unwrap_or_else(|_| panic!("it is valid"));
    let variables: JsonMap = serde_json::from_str(r#"{"first": 20}"#).expect("an object");
    let admit = || documents.admit(&document, None, &variables);
    report("a known document: variables and cost", 1000, || {
        admit().is_ok()
    });
    let admitted = admit().unwrap_or_else(|_| panic!("it may run"));
    report("a known document: a copy for the executor", 1000, || {
        documents.to_run(&document, &admitted)
    });
}

/// What the executor is asked instead of the database.
struct Query(Connection<Workout>);

#[Object]
impl Query {
    async fn workouts(&self, first: i32) -> &Connection<Workout> {
        let _ = first;
        &self.0
    }
}

fn execution() {
    let none = |_| -> futures_util::future::BoxFuture<'static, _> { Box::pin(async { Ok(0) }) };
    let page = Page::<WorkoutId>::new("workouts", Some(20), None, None, None).expect("a page");
    let page = page.connect(
        rows::workouts(),
        Total::counted_by(none),
        |workout: &Workout| workout.id,
    );
    let schema = Schema::new(Query(page), EmptyMutation, EmptySubscription);
    let runnable = async_graphql::parser::parse_query(NESTED).expect("a document");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let request = || {
        let variables = Variables::from_json(serde_json::json!({"first": 20}));
        let mut request = Request::new("").variables(variables);
        request.set_parsed_query(runnable.clone());
        request
    };
    let answer = |request| answer_json(&runtime.block_on(Schema::execute(&schema, request)));
    let text = answer(request());
    assert!(
        text.starts_with(br#"{"data":{"workouts":{"nodes":[{"#),
        "{}",
        String::from_utf8_lossy(&text)
    );
    assert!(
        text == answer(request().data(Unwritten)),
        "both ways answer the same"
    );
    println!(
        "20 workouts, 100 exercises, 400 sets in memory, {} bytes:",
        text.len()
    );
    report("  rows that write themselves", 50, || answer(request()));
    report("  the executor alone", 10, || {
        answer(request().data(Unwritten))
    });
}

fn cursors() {
    let place = (chrono::Utc::now(), WorkoutId::new());
    report("a cursor made", 2000, || {
        Cursor::new("workouts:recent", &place)
    });
    let text = Cursor::new("workouts:recent", &place).text();
    report("a cursor read", 2000, || {
        Cursor::open::<(chrono::DateTime<chrono::Utc>, WorkoutId)>(&text, "workouts:recent")
    });
}

fn records() {
    let record = record::of(&rows::workouts()[0]);
    println!(
        "canonical bytes of a workout, {} of them:",
        record.canonical().len()
    );
    report("  written", 500, || record.canonical());
    report("  written and hashed", 500, || record.hash());
}

/// The processor time that this thread has had: unlike a clock it stands still while others are served.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    time.expect("a clock of the thread").into()
}

/// Prints what one call takes: the median of fifty batches, after one that is not counted.
fn report<T>(what: &str, batch: u32, mut call: impl FnMut() -> T) {
    let mut times: Vec<Duration> = (0..51)
        .map(|_| {
            let before = spent();
            for _ in 0..batch {
                black_box(call());
            }
            spent().saturating_sub(before) / batch
        })
        .skip(1)
        .collect();
    times.sort_unstable();
    println!(
        "{what:60} {:9.2}",
        times[times.len() / 2].as_secs_f64() * 1e6
    );
}
