//! Every statement behind the API reads what it looks for through an index, however much there is. The
//! database itself says how it went about each one while the API is used: `auto_explain`.

use std::{collections::BTreeSet, fs, path::PathBuf};

use apollo_compiler::{Schema, schema::FieldDefinition};
use diesel::{prelude::*, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use super::{
    data::{Size, fill},
    multiplied::{SHORT, rows_of, schema, selections},
};
use crate::support::{TestApp, TestDatabase, TestUser};

const SIZE: Size = Size {
    users: 80,
    workouts: 40,
    places: 3,
    sets: 5,
    tasks: 3_000,
    entries: 3_000,
    exercises: 3_000,
};

/// What has many rows. The others are read whole because they are small, or one's own few.
const BIG: [&str; 8] = [
    "workouts",
    "workout_exercises",
    "sets",
    "history",
    "tasks",
    "changes",
    "sessions",
    "exercises",
];

/// What may read the whole of something, by a word of it. The library is for everybody: whoever lists or searches it
/// may well have to see all of it, and 100,000 of them take a millisecond. Whoever takes all they have along
/// uses more of it than could be looked up one by one.
const WHOLE: [(&str, &str); 2] = [
    ("exercises", "\"archived_at\" IS"),
    ("exercises", "exported_at"),
];

/// What lists are filtered by; each field of a filter once at least.
const FILTERS: &[(&str, &str)] = &[
    (
        "exercises",
        "search: \"press 12\", categories: [\"legs\"], muscles: [\"quads\"], equipment: [\"barbell\"], \
        levels: [EXPERT]",
    ),
    ("exercises", "search: \"sqaut\", scope: MINE"),
    ("exercises", "archived: true, scope: LIBRARY"),
    (
        "history",
        "from: \"2026-01-01T00:00:00Z\", to: \"2027-01-01T00:00:00Z\"",
    ),
    ("history", "exerciseId: EXERCISE"),
    ("history", "workoutId: WORKOUT"),
    ("history", "deleted: true"),
    (
        "tasks",
        "completed: false, priorities: [NONE, HIGH], tagsAny: [\"tag3\"]",
    ),
    (
        "tasks",
        "tagsAll: [\"tag3\"], tagsNone: [\"tag4\"], topLevelOnly: true",
    ),
    ("tasks", "dueFrom: \"2026-01-01\", dueTo: \"2026-02-01\""),
    ("tasks", "overdue: true, asOf: \"2026-02-01T00:00:00Z\""),
    ("tasks", "search: \"task 77\""),
    ("tasks", "parentId: TASK"),
    ("tasks", "seriesId: TASK"),
    ("tasks", "deleted: true"),
    ("users", "search: \"user 5\", role: MEMBER"),
    ("workouts", "statuses: [ACTIVE], templates: ALL"),
    ("workouts", "search: \"out 12\""),
    (
        "workouts",
        "from: \"2026-01-01T00:00:00Z\", to: \"2027-01-01T00:00:00Z\"",
    ),
    (
        "workouts",
        "startedFrom: \"2026-01-01T00:00:00Z\", startedTo: \"2027-01-01T00:00:00Z\"",
    ),
    ("workouts", "deleted: true"),
];

/// What is asked for by itself, and what is changed; in this order, and on what is there.
const REQUESTS: &[&str] = &[
    "{ version server { startedAt } syncCursor tags { tag } viewer { id } settings { timezone } }",
    "{ node(id: WORKOUT) { id } again: node(id: TASK) { id } third: node(id: SET) { id } }",
    "{ exercise(id: EXERCISE) { name } task(id: TASK) { title } set(id: SET) { reps } user(id: USER) { id } }",
    "{ workout(id: WORKOUT) { name history { id } exercises { exercise { name } sets { id } } } }",
    "{ historyEntry(id: ENTRY) { id } }",
    "{ activeWorkout { id exercises { id } } exportMyData }",
    "mutation { updateProfile(input: {displayName: \"Ada\"}) { user { id } } }",
    "mutation { setRole(userId: USER, role: ADMIN) { user { id } } }",
    "mutation { endSession(id: USER) { ended } }",
    "mutation { endOtherSessions { ended } }",
    "mutation { updateSettings(input: {timezone: \"Europe/Berlin\"}) { settings { timezone } } }",
    "mutation { createExercise(input: {name: \"Mine\", category: \"legs\"}) { exercise { id } } }",
    "mutation { updateExercise(id: OWN, input: {name: \"Ours\"}) { exercise { id } } }",
    "mutation { archiveExercise(id: OWN) { exercise { id } } }",
    "mutation { mergeExercises(from: [OWN], into: EXERCISE) { exercise { id } } }",
    "mutation { seedExercises(exercises: [{name: \"Seed\", category: \"legs\"}]) { inserted } }",
    "mutation { createTask(input: {title: \"New\", recurrence: \"FREQ=DAILY\", dueDate: \"2026-01-01\"}) { task { id } } }",
    "mutation { updateTask(id: TASK, input: {title: \"Old\"}) { task { id } } }",
    "mutation { completeTask(id: TASK) { task { id } } }",
    "mutation { reopenTask(id: TASK) { task { id } } }",
    "mutation { moveTask(id: TASK, to: {edge: START}) { task { id } } }",
    "mutation { deleteTask(id: TASK) { task { id } } }",
    "mutation { restoreTask(id: TASK) { task { id } } }",
    "mutation { bulkUpdateTasks(tasks: [{id: TASK}], input: {completed: true}) { __typename } }",
    "mutation { createWorkout(input: {name: \"New\", exercises: [{exerciseId: EXERCISE, sets: [{reps: 5}]}]}) { workout { id } } }",
    "mutation { createWorkout(input: {name: \"Keyed\", exercises: [{exerciseId: EXERCISE, sets: [{reps: 5}]}]},
        idempotencyKey: \"k\") { workout { id } } }",
    "mutation { updateWorkout(id: WORKOUT, input: {name: \"Other\"}) { workout { id } } }",
    "mutation { upsertWorkout(input: {id: WORKOUT, name: \"Whole\", exercises: [{id: PLACE, exerciseId: EXERCISE,
        sets: [{id: SET, reps: 6}, {reps: 7}]}, {exerciseId: EXERCISE}]}) { workout { id exercises { id } } } }",
    "mutation { reorderSets(workoutExerciseId: PLACE, order: [SET]) { workout { id } } }",
    "mutation { addSet(input: {workoutExerciseId: PLACE, reps: 5}) { set { id } } }",
    "mutation { addSet(input: {workoutExerciseId: PLACE, reps: 5}, idempotencyKey: \"s\") { set { id } } }",
    "mutation { addSets(workoutId: WORKOUT, sets: [{workoutExerciseId: PLACE, reps: 5}]) { sets { id } } }",
    "mutation { updateSet(id: SET, input: {reps: 9}) { set { id } } }",
    "mutation { addWorkoutExercise(workoutId: WORKOUT, input: {exerciseId: EXERCISE}) { workout { id } } }",
    "mutation { updateWorkoutExercise(id: PLACE, input: {notes: \"x\"}) { workout { id } } }",
    "mutation { reorderExercises(workoutId: WORKOUT, order: [PLACE]) { workout { id } } }",
    "mutation { deleteSets(ids: [SET]) { workoutVersion workout { id exercises { id } } } }",
    "mutation { removeWorkoutExercise(id: PLACE) { workout { id } } }",
    "mutation { saveAsTemplate(id: WORKOUT) { workout { id } } }",
    "mutation { duplicateWorkout(id: WORKOUT) { workout { id } } }",
    "mutation { completeWorkout(id: RUNNING) { workout { id } historyEntry { id } } }",
    "mutation { startWorkout(input: {fromWorkoutId: WORKOUT}) { workout { id } } }",
    "mutation { deleteWorkout(id: WORKOUT) { workout { id } } }",
    "mutation { restoreWorkout(id: WORKOUT) { workout { id } } }",
    "mutation { logHistory(input: {performedAt: \"2026-01-01T00:00:00Z\", workoutId: WORKOUT}) { historyEntry { id } } }",
    "mutation { logHistoryBatch(entries: [{performedAt: \"2026-01-02T00:00:00Z\"}]) { inserted } }",
    "mutation { updateHistory(id: ENTRY, input: {notes: \"x\"}) { historyEntry { id } } }",
    "mutation { deleteHistory(id: ENTRY) { historyEntry { id } } }",
    "mutation { restoreHistory(id: ENTRY) { historyEntry { id } } }",
    "mutation { signOut { ended } }",
    "mutation { refreshSession(refreshToken: \"x\") { accessToken } }",
];

/// What takes a password, and looks its account up as the others do, by address or id.
const UNASKED: [&str; 4] = ["signUp", "signIn", "changePassword", "deleteAccount"];

/// The way in from files: it is gone once, and reads whole tables because it copies and compares them.
const WAY_IN: [&str; 23] = [
    "migration",
    "setDualWrite",
    "rollbackMigration",
    "migrationProgress",
    "backfillPlan",
    "parity",
    "parityRecord",
    "mirror",
    "quarantine",
    "shadowFindings",
    "legacyPeople",
    "startBackfill",
    "pauseBackfill",
    "cancelBackfill",
    "proveParity",
    "cutOver",
    "repairMirror",
    "linkLegacyUser",
    "migrationAudit",
    "archiveFiles",
    "completeMigration",
    "retireFiles",
    "restoreFiles",
];

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    data_directory: String,
}

#[tokio::test]
async fn no_statement_behind_the_api_reads_the_whole_of_a_big_table() {
    let database = TestDatabase::create().await;
    let name = &database.name;
    let asks_for_plans = format!(
        "ALTER DATABASE {name} SET session_preload_libraries = 'auto_explain';
        ALTER DATABASE {name} SET auto_explain.log_min_duration = 0;
        ALTER DATABASE {name} SET auto_explain.log_level = 'warning'"
    );
    let app = TestApp::over(database, |_| {}).await;
    let ada = app.admin("ada").await;
    fill(&app, ada.id, SIZE).await;
    for setting in asks_for_plans.split(';') {
        TestDatabase::administer(setting).await;
    }
    let before = fs::read(log(&app).await).unwrap().len();
    let ids = Ids::of(&ada).await;
    let mut asked = ask_lists(&ada, &ids).await;
    for request in REQUESTS {
        let request = ids.put_into(request);
        // Whether it was granted or refused is for other tests: it has been looked up.
        let answer = ada.graphql(&request, json!({})).await;
        let why = answer.body["errors"][0]["extensions"]["code"].clone();
        assert!(
            ![
                "GRAPHQL_VALIDATION_FAILED",
                "GRAPHQL_PARSE_FAILED",
                "INTERNAL"
            ]
            .contains(&why.as_str().unwrap_or("")),
            "{request}: {:#}",
            answer.body
        );
        asked.extend(roots_of(&request));
    }
    all_asked(&asked);

    let log = fs::read(log(&app).await).unwrap();
    let plans = String::from_utf8_lossy(&log[before..]).into_owned();
    let (seen, wrong) = whole_reads(&plans);
    assert!(seen > 150, "only {seen} plans were logged");
    assert!(
        wrong.is_empty(),
        "{}",
        wrong.into_iter().collect::<Vec<_>>().join("\n\n")
    );
}

async fn log(app: &TestApp) -> PathBuf {
    let mut conn = app.database.connect().await;
    let setting: Setting = sql_query("SELECT current_setting('data_directory') AS data_directory")
        .get_result(&mut conn)
        .await
        .unwrap();
    let data = PathBuf::from(setting.data_directory);
    data.parent().unwrap().join("postgres.log")
}

/// The plans that were logged, and those that read the whole of something big.
fn whole_reads(log: &str) -> (usize, BTreeSet<String>) {
    let plans: Vec<&str> = log.split(" plan:\n").skip(1).collect();
    let mut wrong = BTreeSet::new();
    for plan in &plans {
        // Lines of one message are indented; the next one begins with a time.
        let lines: Vec<&str> = plan
            .lines()
            .take_while(|line| line.starts_with('\t'))
            .collect();
        let text = lines.join("\n");
        for table in BIG {
            let whole = lines
                .iter()
                .any(|line| line.contains(&format!("Seq Scan on {table} ")));
            let may = WHOLE
                .iter()
                .any(|(which, how)| *which == table && text.contains(how));
            // Making the data is no statement of ours.
            if whole && !may && !text.contains("generate_series") && !text.contains("RI_FKey") {
                wrong.insert(text.clone());
            }
        }
    }
    (plans.len(), wrong)
}

/// Ids to ask by.
struct Ids(Vec<(&'static str, String)>);

impl Ids {
    async fn of(user: &TestUser<'_>) -> Self {
        let found = user.graphql(
            "{ workouts(first: 2) { nodes { id exercises { id exerciseId sets { id } } } }
                exercises(first: 1, filter: {scope: MINE}) { nodes { id } }
                tasks(first: 1) { nodes { id } } history(first: 1) { nodes { id } }
                users(first: 1, filter: {search: \"user 7\"}) { nodes { id } } }",
            json!({}),
        );
        let answer = found.await;
        let data = answer.data();
        let workout = &data["workouts"]["nodes"][1];
        let place = &workout["exercises"][1];
        let first = |list: &str| data[list]["nodes"][0]["id"].to_string();
        Self(vec![
            ("RUNNING", first("workouts")),
            ("WORKOUT", workout["id"].to_string()),
            ("PLACE", place["id"].to_string()),
            ("SET", place["sets"][0]["id"].to_string()),
            ("EXERCISE", place["exerciseId"].to_string()),
            ("OWN", first("exercises")),
            ("TASK", first("tasks")),
            ("ENTRY", first("history")),
            ("USER", first("users")),
        ])
    }

    /// The text with ids where their names stand in capitals by themselves.
    fn put_into(&self, text: &str) -> String {
        let named = |text: String, (name, id): &(&str, String)| {
            let places = [(": ", ""), ("[", "]")];
            places.iter().fold(text, |text, (before, after)| {
                text.replace(
                    &format!("{before}{name}{after}"),
                    &format!("{before}{id}{after}"),
                )
            })
        };
        self.0.iter().fold(text.to_owned(), named)
    }
}

/// Asks for every list: in each order, forwards, on from there and backwards, with each filter.
async fn ask_lists(user: &TestUser<'_>, ids: &Ids) -> Vec<String> {
    let schema = schema();
    let mut asked = Vec::new();
    for (list, field) in &schema.get_object("Query").unwrap().fields {
        if SHORT.contains(&list.as_str()) {
            continue;
        }
        let Some((way, row)) = rows_of(&schema, field) else {
            continue;
        };
        let rows = selections(&schema, &row).join(" ");
        let (page, end) = if way == ["nodes"] {
            ("pageInfo { endCursor } totalCount", "/pageInfo/endCursor")
        } else {
            ("endCursor", "/endCursor")
        };
        let told = if list == "sets" {
            ids.put_into(", workoutId: WORKOUT")
        } else {
            String::new()
        };
        for argument in arguments_of(&schema, list, field, ids) {
            let ask = async |range: &str| -> Value {
                let query = format!(
                    "{{ {list}({range}{told}{argument}) {{ {} {{ {rows} }} {page} }} }}",
                    way[0]
                );
                user.graphql(&query, json!({})).await.data()[list.as_str()].clone()
            };
            let first = ask("first: 3").await;
            let Some(end) = first.pointer(end).filter(|end| end.is_string()) else {
                continue;
            };
            ask(&format!("first: 3, after: {end}")).await;
            if way == ["nodes"] {
                ask(&format!("last: 3, before: {end}")).await;
            }
        }
        asked.push(list.to_string());
    }
    asked
}

/// What a list may be told beside its range: nothing, each order, each filter.
fn arguments_of(schema: &Schema, list: &str, field: &FieldDefinition, ids: &Ids) -> Vec<String> {
    let mut arguments = vec![String::new()];
    if let Some(order) = field.argument_by_name("order") {
        let order = schema.get_enum(order.ty.inner_named_type()).unwrap();
        arguments.extend(order.values.keys().map(|value| format!(", order: {value}")));
    }
    let filters = FILTERS.iter().filter(|(of, _)| *of == list);
    let filters: Vec<String> = filters.map(|(_, filter)| ids.put_into(filter)).collect();
    if let Some(filter) = field.argument_by_name("filter") {
        let filter = filter.ty.inner_named_type();
        for name in schema.get_input_object(filter).unwrap().fields.keys() {
            let known = filters.iter().any(|it| it.contains(&format!("{name}:")));
            assert!(known, "add a case for `{list}` by `{name}` to `FILTERS`");
        }
    }
    let filters = filters.iter().map(|it| format!(", filter: {{{it}}}"));
    arguments.extend(filters);
    arguments
}

/// The words of a request, the names of its roots among them.
fn roots_of(request: &str) -> Vec<String> {
    let words = request.split(|letter: char| !letter.is_alphanumeric());
    words.map(str::to_owned).collect()
}

fn all_asked(asked: &[String]) {
    let schema = schema();
    for root in ["Query", "Mutation"] {
        for name in schema.get_object(root).unwrap().fields.keys() {
            let name = name.as_str();
            let elsewhere = UNASKED.contains(&name) || WAY_IN.contains(&name);
            let known = elsewhere || asked.iter().any(|it| it == name);
            assert!(known, "add a request with `{name}` to `REQUESTS`");
        }
    }
}
