//! A stream of server-sent events, as it comes over HTTP.

use std::time::Duration;

use reqwest::{Response, header};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::TestUser;

const PATIENCE: Duration = Duration::from_secs(20);

pub struct EventStream {
    pub response: Response,
    read: String,
}

/// What stands between two blank lines.
#[derive(Debug, PartialEq)]
pub enum Part {
    Comment,
    Next(Value),
    Complete,
    /// The connection ended.
    End,
}

impl EventStream {
    /// Sends an operation and takes its answers as events.
    pub async fn of(user: &TestUser<'_>, query: &str, variables: Value) -> Self {
        Self::asking(user, &json!({"query": query, "variables": variables})).await
    }

    /// Sends a request as it is.
    pub async fn asking(user: &TestUser<'_>, body: &Value) -> Self {
        let request = user.app.client.post(format!("{}/graphql", user.app.url));
        let request = request
            .bearer_auth(&user.token)
            .header(header::ACCEPT, "text/event-stream")
            .json(body);
        Self::from(request.send().await.expect("an answer"))
    }

    pub async fn part(&mut self) -> Part {
        loop {
            if let Some((part, rest)) = self.read.split_once("\n\n") {
                let part = parse(part);
                self.read = rest.into();
                return part;
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await;
            match chunk.expect("in time") {
                Ok(Some(chunk)) => self.read += std::str::from_utf8(&chunk).expect("text"),
                _ => return Part::End,
            }
        }
    }

    /// The next part that is not a sign of life.
    pub async fn event(&mut self) -> Part {
        loop {
            match self.part().await {
                Part::Comment => {}
                part => return part,
            }
        }
    }
}

impl From<Response> for EventStream {
    fn from(response: Response) -> Self {
        Self {
            response,
            read: String::new(),
        }
    }
}

fn parse(part: &str) -> Part {
    let field = |name: &str| part.lines().find_map(|line| line.strip_prefix(name));
    match field("event: ") {
        Some("next") => {
            Part::Next(serde_json::from_str(field("data: ").expect("data")).expect("JSON"))
        }
        Some("complete") => Part::Complete,
        Some(other) => panic!("an event called {other}"),
        None => Part::Comment,
    }
}
