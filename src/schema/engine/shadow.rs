//! Answering a share of the queries a second time from the other side, while an app is moved here: whoever relies
//! on the files and whoever relies on the database must be told the same.

use std::sync::Arc;

use async_graphql::{Request, Value, Variables, parser::types::ExecutableDocument};

use super::Schema;
use crate::{
    db::Db,
    graphql::{self, Seam, written::Unwritten},
    migration::{Finding, Moving, Source},
    viewer::Caller,
};

/// A query that is answered by both sides.
pub(super) struct Shadow {
    pub schema: Schema,
    pub moving: Arc<Moving>,
    pub document: ExecutableDocument,
    pub variables: Variables,
    pub caller: Caller,
    pub merges: bool,
    /// What it is called, for whoever reads what was found.
    pub name: String,
}

impl Shadow {
    /// Compares what was answered with what the other side says. A difference counts only if it stays: what was
    /// just written may be on its way.
    pub async fn compare(self, answered: Value) {
        let Some((read, other)) = self.moving.both_sides() else {
            return;
        };
        self.moving.shadows().compared();
        if self.ask(&other).await == answered {
            return;
        }
        // What one side has yet to be given is no difference.
        if !self.moving.mirror().caught_up(Source::Files).await {
            return;
        }
        let (one, another) = (self.ask(&read).await, self.ask(&other).await);
        let mut paths = Vec::new();
        differ("", &one, &another, &mut paths);
        if !paths.is_empty() {
            self.moving.shadows().differed();
            let owner = self.caller.map(|viewer| viewer.user);
            let finding = Finding {
                name: self.name,
                owner,
                paths,
            };
            finding.keep(&self.moving).await;
        }
    }

    async fn ask(&self, db: &Db) -> Value {
        let mut request = Request::new("").variables(self.variables.clone());
        request.set_parsed_query(self.document.clone());
        let seam: Arc<dyn Seam> = Arc::clone(&self.moving) as _;
        let mut request = request
            .data(graphql::loaders(db.clone()))
            .data(db.clone())
            .data(seam)
            .data(self.caller);
        if self.merges {
            request = request.data(Unwritten);
        }
        Schema::execute(&self.schema, request).await.data
    }
}

/// The most paths that are kept.
const PATHS: usize = 20;

/// Where two answers differ. What rows wrote themselves is compared as a whole.
fn differ(path: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    if found.len() >= PATHS || one == other {
        return;
    }
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                let beside = other.get(key).unwrap_or(&Value::Null);
                differ(&format!("{path}.{key}"), value, beside, found);
            }
        }
        (Value::List(one), Value::List(other)) if one.len() == other.len() => {
            for (at, (value, beside)) in one.iter().zip(other).enumerate() {
                differ(&format!("{path}.{at}"), value, beside, found);
            }
        }
        _ => found.push(path.trim_start_matches('.').to_owned()),
    }
}
