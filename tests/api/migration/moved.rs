//! An app that is moved here from its files: the real server over a folder of them, with a database of its own, and
//! two people who are linked to their accounts.

use std::{
    fs,
    path::{Path, PathBuf},
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

use super::fixture::{BOBS_SESSION, LIBRARY, LISTS, OLD_SESSION, OPEN_SESSION, SETTINGS, USERS};
use crate::support::{Answer, Finished, Server, TestDatabase, eventually, regimen, scratch_folder};

const SECRET: &str = "for these tests and nothing else, ever";

pub struct Person {
    pub token: String,
}

pub struct Moved {
    pub database: TestDatabase,
    /// The app's files.
    pub files: PathBuf,
    pub server: Server,
    /// Other servers on the same database and the same folder.
    pub others: Vec<Server>,
    pub ada: Person,
    pub bob: Person,
    home: PathBuf,
    settings: Settings,
    client: reqwest::Client,
}

/// What servers are told beyond what all of them are.
pub type Settings = &'static [(&'static str, &'static str)];

/// No file is short enough to be written with every change.
pub const LONG_FILES: Settings = &[("REGIMEN_MIRROR_AT_ONCE", "1KiB")];

impl Moved {
    /// In the phase `legacy`.
    pub async fn start() -> Self {
        Self::over(TestDatabase::create().await).await
    }

    /// The same with servers that are told these.
    pub async fn told(settings: Settings) -> Self {
        Self::over_told(TestDatabase::create().await, settings).await
    }

    /// The same with another database.
    pub async fn over(database: TestDatabase) -> Self {
        Self::over_told(database, &[]).await
    }

    async fn over_told(database: TestDatabase, settings: Settings) -> Self {
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
        let server = Server::spawn(serve(&home, &files, &database).envs(settings.to_vec())).await;
        let moved = Self {
            database,
            files,
            server,
            others: Vec::new(),
            ada,
            bob,
            home,
            settings,
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
        self.server = self.another().await;
    }

    /// Another server on the same database and the same folder.
    pub async fn another(&self) -> Server {
        let mut command = serve(&self.home, &self.files, &self.database);
        Server::spawn(command.envs(self.settings.to_vec())).await
    }

    /// Somebody with an account, of whom the files know nothing.
    pub async fn newcomer(&self, number: u128, name: &str) -> Person {
        person(&self.database, number, name, Role::Member).await
    }

    /// Where all of its servers are.
    pub fn urls(&self) -> Vec<String> {
        let all = [&self.server].into_iter().chain(&self.others);
        all.map(|server| server.url.clone()).collect()
    }

    /// From now on the next of its servers is asked.
    pub fn ask_the_next(&mut self) {
        let next = self.others.remove(0);
        self.others.push(std::mem::replace(&mut self.server, next));
    }

    /// The server ends as in a power cut, and starts again.
    pub async fn crash(&mut self) {
        self.server.kill().await;
        self.start_again().await;
    }

    /// Waits until the process has ended by itself.
    pub async fn has_died(&mut self) {
        let ended = tokio::time::timeout(Duration::from_secs(40), self.server.child.wait()).await;
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
            let waited = since.elapsed();
            let log = self.server.log();
            assert!(
                waited < Duration::from_secs(30),
                "the files do not follow: {mirror:#}\n{log}"
            );
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

fn program(home: &Path, files: &Path, database: &TestDatabase) -> Command {
    let mut command = regimen(home);
    command
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_LEGACY_DIR", files)
        .env("REGIMEN_TOKEN_SECRET", SECRET)
        .env("REGIMEN_SEED", "false")
        .env("REGIMEN_LOG", "info");
    command
}

fn serve(home: &Path, files: &Path, database: &TestDatabase) -> Command {
    let mut command = program(home, files, database);
    command
        // What is tested is not how much one person may do.
        .env("REGIMEN_RATE_USER", "1000000000")
        .env("REGIMEN_RATE_USER_BURST", "1000000000")
        .env("REGIMEN_RATE_ADDRESS", "1000000000")
        .env("REGIMEN_RATE_ADDRESS_BURST", "1000000000")
        // What is read is read on both sides, in every test.
        .env("REGIMEN_SHADOW_READS", "1")
        .env("FAILPOINTS", home.join("failpoints"))
        .arg("serve");
    command
}
