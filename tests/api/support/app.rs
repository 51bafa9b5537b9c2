//! The server inside the test's process, over HTTP, on a database of its own.

use std::{sync::Arc, time::Duration};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use regimen::{
    auth::{Gate, GateOptions, Keys},
    config::{Config, Secret},
    db::{Db, PoolOptions, schema::users},
    http::{self, App, Options, StreamLimits, Streams},
    seeds,
    users::{NewUser, User},
    viewer::{Role, UserId, Viewer},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot};

use super::{Answer, TestDatabase};

/// A running server. It ends with this value.
pub struct TestApp {
    pub database: Arc<TestDatabase>,
    pub db: Db,
    pub keys: Arc<Keys>,
    pub streams: Arc<Streams>,
    /// What the server itself can reach.
    pub inside: App,
    pub url: String,
    pub client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
}

impl TestApp {
    /// A server over an empty, migrated database, with a pool of four.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with the exercise library and the demo user.
    pub async fn seeded() -> Self {
        let app = Self::start().await;
        seeds::plant(&mut app.database.connect().await, true)
            .await
            .expect("seeds");
        app
    }

    /// The same with another pool.
    pub async fn start_with(change: impl FnOnce(&mut PoolOptions)) -> Self {
        Self::over(TestDatabase::create().await, change).await
    }

    /// The same over another database.
    pub async fn over(database: TestDatabase, change: impl FnOnce(&mut PoolOptions)) -> Self {
        let mut options = pool_options();
        change(&mut options);
        let gate = GateOptions::default();
        Self::launch(Arc::new(database), options, gate, edge_options()).await
    }

    /// The same with other rules for signing in.
    pub async fn start_gated(gate: GateOptions) -> Self {
        let database = Arc::new(TestDatabase::create().await);
        Self::launch(database, pool_options(), gate, edge_options()).await
    }

    /// The same with other limits for what is open for long.
    pub async fn start_streaming(change: impl FnOnce(&mut StreamLimits)) -> Self {
        Self::start_guarded(|options| change(&mut options.streams)).await
    }

    /// The same with other limits of any kind.
    pub async fn start_guarded(change: impl FnOnce(&mut Options)) -> Self {
        Self::start_with_both(GateOptions::default(), change).await
    }

    /// The same with other limits and other rules for signing in.
    pub async fn start_with_both(gate: GateOptions, change: impl FnOnce(&mut Options)) -> Self {
        let database = Arc::new(TestDatabase::create().await);
        let mut options = edge_options();
        change(&mut options);
        Self::launch(database, pool_options(), gate, options).await
    }

    /// Another server on the same database.
    pub async fn beside(&self) -> Self {
        let database = Arc::clone(&self.database);
        let gate = GateOptions::default();
        Self::launch(database, pool_options(), gate, edge_options()).await
    }

    async fn launch(
        database: Arc<TestDatabase>,
        options: PoolOptions,
        gate: GateOptions,
        edge: Options,
    ) -> Self {
        let db = Db::new(database.address.clone(), options);
        let keys = Keys::new(&Secret::new("for tests and nothing else, ever".to_owned()));
        let gate = Gate::new(keys, gate).expect("a gate");
        let app = App::new(db.clone(), gate, edge);
        let (keys, streams) = (Arc::clone(&app.gate.keys), Arc::clone(&app.streams));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let signal = async {
            let _ = stopped.await;
        };
        let inside = app.clone();
        tokio::spawn(http::serve(listener, app, signal, Duration::from_secs(1)));
        Self {
            database,
            db,
            keys,
            streams,
            inside,
            url,
            client: reqwest::Client::new(),
            stop: Some(stop),
        }
    }

    /// Tells the server to stop, as a signal would.
    pub fn stop(&mut self) {
        self.stop = None;
    }

    /// Sends one GraphQL request as nobody.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        self.send(None, query, variables).await
    }

    /// Sends one GraphQL request with a token.
    pub async fn graphql_with(&self, token: &str, query: &str, variables: Value) -> Answer {
        self.send(Some(token), query, variables).await
    }

    async fn send(&self, token: Option<&str>, query: &str, variables: Value) -> Answer {
        let body = json!({"query": query, "variables": variables});
        self.post(token, &body).await
    }

    /// Sends one request as it is.
    pub async fn post(&self, token: Option<&str>, body: &Value) -> Answer {
        let mut request = self.client.post(format!("{}/graphql", self.url)).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        Answer {
            status,
            body: response.json().await.expect("JSON"),
        }
    }

    /// A member called `name`, signed in.
    pub async fn user(&self, name: &str) -> TestUser<'_> {
        self.user_with(name, Role::Member).await
    }

    /// A member nobody has heard of, signed in.
    pub async fn newcomer(&self) -> TestUser<'_> {
        self.user(&uuid::Uuid::now_v7().to_string()).await
    }

    /// An admin called `name`, signed in.
    pub async fn admin(&self, name: &str) -> TestUser<'_> {
        self.user_with(name, Role::Admin).await
    }

    /// The demo user of the seeds, signed in.
    pub async fn demo_user(&self) -> TestUser<'_> {
        let mut conn = self.database.connect().await;
        let user = User::find_by_email(&mut conn, seeds::DEMO_EMAIL)
            .await
            .expect("an answer");
        self.sign_in(user.expect("the demo user").id, Role::Member)
    }

    async fn user_with(&self, name: &str, role: Role) -> TestUser<'_> {
        let mut conn = self.database.connect().await;
        let new = NewUser {
            id: UserId::new(),
            email: format!("{name}@example.com"),
            display_name: name.to_owned(),
            password_hash: None,
        };
        let user = new.insert(&mut conn).await.expect("a user");
        diesel::update(users::table.find(user.id))
            .set(users::role.eq(role))
            .execute(&mut conn)
            .await
            .expect("a role");
        self.sign_in(user.id, role)
    }

    /// The same member, at this server.
    pub fn same(&self, user: &TestUser<'_>) -> TestUser<'_> {
        self.sign_in(user.id, Role::Member)
    }

    fn sign_in(&self, id: UserId, role: Role) -> TestUser<'_> {
        let token = self.token(id, role, Duration::from_mins(10));
        TestUser {
            app: self,
            id,
            token,
        }
    }

    /// A token that counts for so long.
    pub fn token(&self, id: UserId, role: Role, lifetime: Duration) -> String {
        let viewer = Viewer {
            user: id,
            role,
            session: None,
        };
        let token = self.keys.issue(viewer, lifetime).expect("a token");
        token.expose().to_owned()
    }

    /// How many statements the server sent to the database while `work` ran.
    pub async fn statements_of<T>(&self, work: impl Future<Output = T>) -> (u64, T) {
        let before = self.db.meter().read().statements;
        let outcome = work.await;
        (self.db.meter().read().statements - before, outcome)
    }
}

fn edge_options() -> Options {
    Options::from(&Config::defaults().expect("defaults"))
}

fn pool_options() -> PoolOptions {
    PoolOptions {
        size: 4,
        timeout: Duration::from_secs(10),
        limits: TestDatabase::limits(),
        slow_query: Duration::from_secs(10),
    }
}

/// Somebody who is signed in.
pub struct TestUser<'a> {
    pub app: &'a TestApp,
    pub id: UserId,
    pub token: String,
}

impl TestUser<'_> {
    /// Sends one GraphQL request as this user.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        self.app.send(Some(&self.token), query, variables).await
    }
}
