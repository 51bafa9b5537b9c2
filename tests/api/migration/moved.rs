//! An app that is moved here from its files: the real server over a folder of them, with a database of its own, and
//! two people who are linked to their accounts.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use regimen::{
    auth::Keys,
    config::Secret,
    db::schema::users,
    users::NewUser,
    viewer::{Role, UserId, Viewer},
};
use serde_json::{Value, json};
use tokio::process::Command;
use uuid::Uuid;

use crate::support::{Answer, Finished, Server, TestDatabase, eventually, regimen, scratch_folder};

const SECRET: &str = "for these tests and nothing else, ever";

/// Untouched by what the tests write, and full of what only the app understands.
pub const OLD_SESSION: &str = r#"  {
    "id": "9945da32-0000-4000-8000-000000000002",
    "userId": "user-1",
    "name": "Heavy day",
    "startTime": "2025-09-19T06:00:00.000Z",
    "endTime": "2025-09-19T07:30:00.000Z",
    "mood": {"before": "tired", "after": null},
    "exercises": [
      {
        "id": "ex-1",
        "sessionId": "9945da32-0000-4000-8000-000000000002",
        "name": "bench press (barbell)",
        "category": "Chest",
        "order": 1,
        "sets": [
          {"id": "set-1", "order": 1, "isCompleted": true, "weight": 80.0, "repetitions": 10, "intensity": 3},
          {"id": "set-2", "order": 2, "isCompleted": true, "weight": 82.5, "repetitions": 8, "intensity": 4}
        ]
      },
      {
        "id": "ex-2",
        "name": "Farmer's walk",
        "order": 2,
        "sets": [{"id": "set-1", "order": 1, "isCompleted": true, "weight": 40, "repetitions": 3}]
      }
    ]
  }"#;

const OPEN_SESSION: &str = r#"  {
    "id": "ee3a17ce-0000-4000-8000-000000000001",
    "userId": "user-1",
    "name": "Push",
    "startTime": "2025-09-21T02:09:27.586Z",
    "colour": "red",
    "exercises": [],
    "notes": "Created from Push Day template"
  }"#;

const BOBS_SESSION: &str = r#"  {
    "id": "b0b5da32-0000-4000-8000-000000000003",
    "userId": "user-2",
    "startTime": "2025-09-20T06:00:00.000Z",
    "endTime": "2025-09-20T06:45:00.000Z",
    "exercises": [
      {
        "id": "ex-1",
        "name": "Barbell Bench Press",
        "order": 0,
        "sets": [{"id": "set-9", "order": 0, "isCompleted": true, "weight": 60, "repetitions": 5}]
      }
    ]
  }"#;

pub const LIBRARY: &str = r#"{
  "version": "1.0.0",
  "description": "what the app ships with",
  "exercises": [
    {
      "id": "ex-chest-001",
      "name": "Barbell Bench Press",
      "category": "Chest",
      "muscleGroups": ["Pectorals", "Triceps"],
      "equipment": ["Barbell", "Bench"],
      "instructions": ["Lie down", "Press"],
      "difficulty": "intermediate",
      "isCustom": false,
      "isFavorite": true
    },
    {
      "id": "ex-legs-001",
      "name": "Squat",
      "category": "Legs",
      "muscleGroups": ["Quadriceps"],
      "equipment": ["Barbell"],
      "difficulty": "beginner",
      "isCustom": false,
      "isFavorite": false
    }
  ]
}
"#;

const USERS: &str = r#"[
  {
    "id": "user-1",
    "name": "Ada",
    "preferences": {"defaultWeightUnit": "lbs", "defaultIntensityScale": 5, "theme": "dark"},
    "createdAt": "2025-09-19T10:00:00.000Z"
  },
  {
    "id": "user-2",
    "name": "Bob",
    "preferences": {"defaultWeightUnit": "kg"},
    "createdAt": "2025-09-19T10:00:00.000Z"
  }
]
"#;

pub struct Person {
    pub token: String,
}

pub struct Moved {
    pub database: TestDatabase,
    /// The app's files.
    pub files: PathBuf,
    pub server: Server,
    pub ada: Person,
    pub bob: Person,
    home: PathBuf,
    client: reqwest::Client,
}

/// Everything that a person can read: the lists, page by page.
const LISTS: [(&str, &str, &str); 6] = [
    ("workouts", "workouts(first: 100, after: $after)", WORKOUT),
    ("deleted", "deleted: workouts(first: 100, after: $after, filter: {deleted: true})", WORKOUT),
    ("templates", "templates(first: 100, after: $after)", WORKOUT),
    (
        "history",
        "history(first: 100, after: $after)",
        "id workoutId workoutName performedAt timezone localDate durationSeconds bodyweightKg rating notes source
            version createdAt updatedAt",
    ),
    (
        "exercises",
        "exercises(first: 100, after: $after)",
        "id name category measurement primaryMuscles secondaryMuscles equipment level aliases description
            instructions archivedAt version isMine",
    ),
    ("tasks", "tasks(first: 100, after: $after)", "id title completed version"),
];

const WORKOUT: &str = "id name notes isTemplate status startedAt endedAt version createdAt updatedAt deletedAt
    exercises { id orderIndex supersetGroup targetSets targetReps targetWeight targetRpe restSeconds notes
      exercise { id name }
      sets { id orderIndex setType side reps weight weightUnit rpe durationSeconds isCompleted notes performedAt
        version } }";

const SETTINGS: &str = "{ settings { units timezone weekStart preferences version } }";

impl Moved {
    /// In the phase `legacy`.
    pub async fn start() -> Self {
        Self::over(TestDatabase::create().await).await
    }

    /// The same with another database.
    pub async fn over(database: TestDatabase) -> Self {
        let (home, files) = (scratch_folder("moved"), scratch_folder("files"));
        let sessions = format!("[\n{OPEN_SESSION},\n{OLD_SESSION},\n{BOBS_SESSION}\n]\n");
        for (name, text) in [
            ("users.json", USERS),
            ("exercise-library-seed.json", LIBRARY),
            ("workouts.json", &sessions),
        ] {
            fs::write(files.join(name), text).unwrap();
        }
        let ada = person(&database, 1, "ada", Role::Admin).await;
        let bob = person(&database, 2, "bob", Role::Member).await;
        let server = Server::spawn(&mut serve(&home, &files, &database)).await;
        let moved = Self {
            database,
            files,
            server,
            ada,
            bob,
            home,
            client: reqwest::Client::new(),
        };
        for (key, name) in [("user-1", "ada"), ("user-2", "bob")] {
            moved
                .done(
                    "mutation ($id: String!, $email: String!) {
                        linkLegacyUser(legacyId: $id, email: $email) { migration { phase } } }",
                    json!({"id": key, "email": format!("{name}@example.com")}),
                )
                .await;
        }
        moved
    }

    /// In a later phase.
    pub async fn reach(phase: &str) -> Self {
        let moved = Self::start().await;
        moved.go_to(phase).await;
        moved
    }

    /// Takes the steps to a later phase.
    pub async fn go_to(&self, phase: &str) {
        for (step, leads_to) in [
            ("dual-write on", "dual_write"),
            ("backfill", "backfilled"),
            ("parity --prove", "verified"),
            ("cutover", "soak"),
        ] {
            if self.phase().await == phase {
                return;
            }
            self.step(step).await;
            self.sees(leads_to).await;
        }
        assert_eq!(self.phase().await, phase);
    }

    /// What is to happen at which points of the process, from now on.
    pub fn fail_at(&self, points: &str) {
        let file = self.home.join("failpoints");
        fs::write(self.home.join("failpoints.new"), points).unwrap();
        fs::rename(self.home.join("failpoints.new"), file).unwrap();
    }

    /// The same server, after it has ended.
    pub async fn start_again(&mut self) {
        self.fail_at("");
        self.server = Server::spawn(&mut serve(&self.home, &self.files, &self.database)).await;
    }

    /// The server ends as in a power cut, and starts again.
    pub async fn crash(&mut self) {
        self.server.kill().await;
        self.start_again().await;
    }

    /// Waits until the process has ended by itself.
    pub async fn has_died(&mut self) {
        let ended = tokio::time::timeout(Duration::from_secs(20), self.server.child.wait()).await;
        assert!(ended.is_ok(), "it lives: {}", self.server.log());
    }

    /// A command, of which must come what is expected of a command that works.
    pub async fn step(&self, line: &str) -> String {
        let finished = self.command(line).await;
        assert!(
            finished.success,
            "{line}: {}{}",
            finished.stdout, finished.stderr
        );
        finished.stdout
    }

    pub async fn command(&self, line: &str) -> Finished {
        let mut command = program(&self.home, &self.files, &self.database);
        Finished::of(command.args(line.split(' '))).await
    }

    pub async fn ask(&self, who: &Person, query: &str, variables: Value) -> Answer {
        let sent = self
            .client
            .post(format!("{}/graphql", self.server.url))
            .bearer_auth(&who.token)
            .json(&json!({"query": query, "variables": variables}))
            .send();
        let response = sent.await.expect("an answer");
        let status = response.status().as_u16();
        Answer {
            status,
            body: response.json().await.expect("JSON"),
        }
    }

    /// What the first of the two, an admin, is answered when all goes well.
    pub async fn done(&self, query: &str, variables: Value) -> Value {
        let answer = self.ask(&self.ada, query, variables).await;
        let wrong = &answer.body["errors"];
        assert!(wrong.is_null(), "{query}: {wrong:#}\n{}", self.server.log());
        answer.data().clone()
    }

    pub async fn phase(&self) -> String {
        let phase = self.done("{ migration { phase } }", json!({})).await;
        phase["migration"]["phase"].as_str().unwrap().to_lowercase()
    }

    /// Waits until the server acts by the phase that a command has led to: it looks a few times in a second.
    pub async fn sees(&self, phase: &str) {
        eventually(phase, async || self.phase().await == phase).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
    }

    /// Everything that both of them can read.
    pub async fn reads(&self) -> Value {
        json!([
            self.reads_of(&self.ada).await,
            self.reads_of(&self.bob).await
        ])
    }

    async fn reads_of(&self, who: &Person) -> Value {
        let mut all = self.ask(who, SETTINGS, json!({})).await.data().clone();
        for (name, list, fields) in LISTS {
            let query = format!(
                "query ($after: String) {{ {list} {{ totalCount nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}"
            );
            let (mut nodes, mut after) = (Vec::new(), Value::Null);
            loop {
                let page = self.ask(who, &query, json!({"after": after})).await;
                let page = &page.data()[name];
                nodes.extend(page["nodes"].as_array().unwrap().clone());
                if page["pageInfo"]["hasNextPage"] == false {
                    all[name] = json!({"totalCount": page["totalCount"], "nodes": nodes});
                    break;
                }
                after = page["pageInfo"]["endCursor"].clone();
            }
        }
        all
    }

    /// Waits until the files have everything that the database has.
    pub async fn caught_up(&self) {
        let since = Instant::now();
        loop {
            let mirror = self.mirror().await;
            if (&mirror["behind"], &mirror["queued"]) == (&json!(0), &json!(0)) {
                return;
            }
            if since.elapsed() > Duration::from_secs(30) {
                panic!("the files do not follow: {mirror:#}\n{}", self.server.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn mirror(&self) -> Value {
        let state = "{ mirror { behind queued queue { entity reason tries } } }";
        self.done(state, json!({})).await["mirror"].clone()
    }

    /// What comes of reading the files and both sides from the beginning.
    pub async fn scrub(&self) -> Value {
        let found = self.command("parity --scrub --json").await;
        serde_json::from_str(&found.stdout).unwrap_or_else(|_| panic!("{}", found.stderr))
    }

    /// The records that the last scrub did not find in the files as they were known, for whoever reads a failure.
    pub async fn unfaithful(&self) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            row: String,
        }
        let rows: Vec<Row> = diesel::sql_query(
            "SELECT concat_ws(' ', entity, id, r.hash IS NULL, l.hash IS NULL,
               (SELECT to_jsonb(w) FROM regimen_files.workouts w WHERE w.id = q.record),
               (SELECT to_jsonb(h) FROM regimen_files.history h WHERE h.id = q.record),
               (SELECT to_jsonb(e) FROM regimen_files.exercises e WHERE e.id = q.record)) AS row
             FROM parity_read r FULL JOIN (SELECT * FROM parity_leaves WHERE side = 'files') AS l
               USING (entity, user_id, id) CROSS JOIN LATERAL (SELECT coalesce(r.id, l.id) AS record) q
             WHERE r.hash IS DISTINCT FROM l.hash",
        )
        .load(&mut self.database.connect().await)
        .await
        .unwrap();
        rows.into_iter().map(|row| row.row).collect()
    }

    pub async fn sql(&self, statements: &str) {
        let mut conn = self.database.connect().await;
        conn.batch_execute(statements).await.unwrap();
    }

    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.files.join(file)).unwrap()
    }

    pub fn json(&self, file: &str) -> Value {
        serde_json::from_str(&self.text(file)).unwrap()
    }

    /// A session as it lies in the app's own file.
    pub fn session(&self, id: &str) -> Option<Value> {
        let sessions = self.json("workouts.json");
        let mut sessions = sessions.as_array().unwrap().iter();
        sessions.find(|it| it["id"] == id).cloned()
    }

    /// Somebody else writes a file, in one step.
    pub fn edit(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.files.join(file);
        let changed = change(self.text(file));
        fs::write(path.with_extension("edited"), changed).unwrap();
        fs::rename(path.with_extension("edited"), path).unwrap();
    }
}

/// The same two people in every database, so that what they make can be compared.
async fn person(database: &TestDatabase, number: u128, name: &str, role: Role) -> Person {
    let conn = &mut database.connect().await;
    let id = UserId(Uuid::from_u128(number));
    let new = NewUser {
        id,
        email: format!("{name}@example.com"),
        display_name: name.to_owned(),
        password_hash: None,
    };
    new.insert(conn).await.unwrap();
    diesel::update(users::table.find(id))
        .set(users::role.eq(role))
        .execute(conn)
        .await
        .unwrap();
    let viewer = Viewer {
        user: id,
        role,
        session: None,
    };
    let keys = Keys::new(&Secret::new(SECRET.to_owned()));
    let token = keys.issue(viewer, Duration::from_hours(1)).unwrap();
    Person {
        token: token.expose().to_owned(),
    }
}

fn program(home: &PathBuf, files: &PathBuf, database: &TestDatabase) -> Command {
    let mut command = regimen(home);
    command
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_LEGACY_DIR", files)
        .env("REGIMEN_TOKEN_SECRET", SECRET)
        .env("REGIMEN_SEED", "false")
        .env("REGIMEN_LOG", "info");
    command
}

fn serve(home: &PathBuf, files: &PathBuf, database: &TestDatabase) -> Command {
    let mut command = program(home, files, database);
    command
        .env("FAILPOINTS", home.join("failpoints"))
        .arg("serve");
    command
}
