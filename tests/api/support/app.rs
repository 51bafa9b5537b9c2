//! The server inside the test's process, over HTTP, on a database of its own.

use std::{sync::Arc, time::Duration};

use regimen::{
    db::{Db, PoolOptions},
    http::{self, App},
    seeds,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot};

use super::{Answer, TestDatabase};

/// A running server. It ends with this value.
pub struct TestApp {
    pub database: TestDatabase,
    pub db: Db,
    pub url: String,
    pub client: reqwest::Client,
    _stop: oneshot::Sender<()>,
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
        let database = TestDatabase::create().await;
        let mut options = PoolOptions {
            size: 4,
            timeout: Duration::from_secs(10),
            limits: TestDatabase::limits(),
            slow_query: Duration::from_secs(10),
        };
        change(&mut options);
        let db = Db::new(database.address.clone(), options);
        let app = App::new(db.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let draining = Arc::clone(&app.draining);
        let signal = async {
            let _ = stopped.await;
        };
        let router = http::router(app);
        tokio::spawn(http::serve(
            listener,
            router,
            draining,
            signal,
            Duration::from_secs(1),
        ));
        Self {
            database,
            db,
            url,
            client: reqwest::Client::new(),
            _stop: stop,
        }
    }

    /// Sends one GraphQL request as nobody.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        let body = json!({"query": query, "variables": variables});
        let request = self
            .client
            .post(format!("{}/graphql", self.url))
            .json(&body);
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        Answer {
            status,
            body: response.json().await.expect("JSON"),
        }
    }

    /// How many statements the server sent to the database while `work` ran.
    pub async fn statements_of<T>(&self, work: impl Future<Output = T>) -> (u64, T) {
        let before = self.db.meter().read().statements;
        let outcome = work.await;
        (self.db.meter().read().statements - before, outcome)
    }
}
