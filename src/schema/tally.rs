//! What the engine has seen, for those who watch it: requests by operation, their time and cost, and
//! errors by code. How many operations are told apart is bounded, and none is named that did not pass
//! validation.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use apollo_compiler::{Name, executable::OperationType, name};
use async_graphql::{Response, Value};

use crate::{
    graphql::document::Hash,
    metrics::{Counter, Gauge, Histogram, Page},
};

/// The most operations that are told apart; those that come later are counted together.
const OPERATIONS: usize = 100;
/// Those who are not signed in may bring so many of them: nobody should fill the list before the users.
const OPERATIONS_OF_NOBODY: usize = 40;
/// Operations of trusted documents have so many places of their own, which nobody else can take.
const OPERATIONS_OF_TRUSTED: usize = 200;
/// The most codes that are told apart; there are fewer.
const CODES: usize = 100;
/// A longer name of an operation is cut.
const LONGEST_NAME: usize = 60;
const OTHER: &str = "other";

/// Everything that was seen since the start.
#[derive(Debug)]
pub struct Tally {
    operations: RwLock<Operations>,
    /// Those beyond the bound, by kind.
    others: [Arc<Operation>; 3],
    errors: Mutex<BTreeMap<String, u64>>,
    subscriptions: Gauge,
    events: Counter,
}

/// The operations that are told apart, each by its labels, so that no two of them are the same series.
#[derive(Debug, Default)]
struct Operations {
    known: HashMap<Labels, Arc<Operation>>,
    /// How many of them are of trusted documents.
    trusted: usize,
}

impl Operations {
    fn has_room_for(&self, begun: &Begun) -> bool {
        let others = self.known.len() - self.trusted;
        match (begun.is_trusted, begun.is_known) {
            (true, _) => self.trusted < OPERATIONS_OF_TRUSTED,
            (false, true) => others < OPERATIONS,
            (false, false) => others < OPERATIONS_OF_NOBODY,
        }
    }
}

/// One operation of one document.
#[derive(Debug)]
struct Operation {
    kind: Kind,
    requests: Counter,
    cost: Counter,
    duration: Histogram,
}

impl Operation {
    fn new(kind: Kind) -> Arc<Self> {
        Arc::new(Self {
            kind,
            requests: Counter::default(),
            cost: Counter::default(),
            duration: Histogram::default(),
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Query,
    Mutation,
    Subscription,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Query, Self::Mutation, Self::Subscription];

    const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

impl From<OperationType> for Kind {
    fn from(kind: OperationType) -> Self {
        match kind {
            OperationType::Query => Self::Query,
            OperationType::Mutation => Self::Mutation,
            OperationType::Subscription => Self::Subscription,
        }
    }
}

/// What was seen, in a few numbers.
pub(super) struct Seen {
    pub requests: u64,
    /// How long queries and mutations took, all together.
    pub duration: Duration,
    pub subscriptions: u64,
    pub errors: Vec<(String, u64)>,
}

/// A request that begins.
pub(super) struct Begun {
    pub document: Hash,
    pub name: Option<Name>,
    pub kind: OperationType,
    pub cost: u64,
    /// Whether it is somebody's who is signed in.
    pub is_known: bool,
    /// Whether its document is.
    pub is_trusted: bool,
}

/// Something under way. It is counted until it is dropped, however that comes about.
pub(super) struct Running {
    tally: Arc<Tally>,
    operation: Arc<Operation>,
    began: Instant,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            operations: RwLock::default(),
            others: Kind::ALL.map(Operation::new),
            errors: Mutex::default(),
            subscriptions: Gauge::default(),
            events: Counter::default(),
        }
    }
}

impl Tally {
    /// Counts a request that begins.
    pub(super) fn begin(self: &Arc<Self>, begun: &Begun) -> Running {
        let operation = self.operation(begun);
        operation.requests.add(1);
        operation.cost.add(begun.cost);
        if begun.kind == OperationType::Subscription {
            self.subscriptions.grow();
        }
        Running {
            tally: Arc::clone(self),
            operation,
            began: Instant::now(),
        }
    }

    fn operation(&self, begun: &Begun) -> Arc<Operation> {
        let labels = Labels::of(begun);
        let operations = self.operations.read();
        let operations = operations.unwrap_or_else(PoisonError::into_inner);
        if let Some(operation) = operations.known.get(&labels) {
            return Arc::clone(operation);
        }
        let has_room = operations.has_room_for(begun);
        drop(operations);
        let others = || Arc::clone(&self.others[labels.kind as usize]);
        if !has_room {
            return others();
        }
        let operations = self.operations.write();
        let mut operations = operations.unwrap_or_else(PoisonError::into_inner);
        if let Some(operation) = operations.known.get(&labels) {
            return Arc::clone(operation);
        }
        // Others may have come in between.
        if !operations.has_room_for(begun) {
            return others();
        }
        let operation = Operation::new(labels.kind);
        operations.known.insert(labels, Arc::clone(&operation));
        operations.trusted += usize::from(begun.is_trusted);
        operation
    }

    /// Counts the errors of an answer.
    pub(super) fn count_errors(&self, answer: &Response) {
        if answer.errors.is_empty() {
            return;
        }
        let mut counts = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        for error in &answer.errors {
            let code = match error.extensions.as_ref().and_then(|it| it.get("code")) {
                Some(Value::String(code)) => code.as_str(),
                _ => OTHER,
            };
            let code = if counts.len() < CODES || counts.contains_key(code) {
                code
            } else {
                OTHER
            };
            match counts.get_mut(code) {
                Some(count) => *count += 1,
                None => drop(counts.insert(code.to_owned(), 1)),
            }
        }
    }

    pub(super) fn read(&self) -> Seen {
        let known = self
            .operations
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let all = || known.known.values().chain(&self.others);
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        Seen {
            requests: all().map(|it| it.requests.read()).sum(),
            duration: all().map(|it| it.duration.total()).sum(),
            subscriptions: self.subscriptions.read(),
            errors: errors
                .iter()
                .map(|(code, count)| (code.clone(), *count))
                .collect(),
        }
    }

    /// Writes what was seen.
    pub fn write(&self, page: &mut Page) {
        let operations = self.operations.read();
        let operations = operations.unwrap_or_else(PoisonError::into_inner);
        let known = operations.known.iter();
        let mut named: Vec<_> = known
            .map(|(labels, operation)| (labels.clone(), Arc::clone(operation)))
            .collect();
        drop(operations);
        named.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut rows: Vec<Row<'_>> = self.others.iter().map(|it| Row::other(it)).collect();
        let named = named.iter();
        rows.extend(named.map(|(labels, operation)| Row::of(labels, operation)));
        rows.retain(|row| row.operation.requests.read() > 0);
        write_operations(page, &rows);
        self.write_the_rest(page);
    }

    fn write_the_rest(&self, page: &mut Page) {
        let name = "regimen_errors_total";
        page.counter(name, "Errors in answers, by their code.");
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        for (code, count) in errors.iter() {
            page.sample(name, &[("code", code)], count);
        }
        drop(errors);
        let name = "regimen_subscriptions_open";
        page.gauge(name, "Subscriptions under way.");
        page.sample(name, &[], self.subscriptions.read());
        let name = "regimen_subscription_events_total";
        page.counter(name, "Events of subscriptions that were answered.");
        page.sample(name, &[], self.events.read());
    }
}

impl Running {
    /// Counts what an answer says of errors.
    pub(super) fn answered(&self, answer: &Response) {
        self.tally.count_errors(answer);
        if self.operation.kind == Kind::Subscription {
            self.tally.events.add(1);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.operation.kind == Kind::Subscription {
            self.tally.subscriptions.shrink();
        } else {
            self.operation.duration.observe(self.began.elapsed());
        }
    }
}

/// How an operation is named where it is watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Labels {
    operation: Name,
    /// The beginning of the document's hash, as in a manifest of documents.
    document: [u8; 4],
    kind: Kind,
}

impl Labels {
    fn of(begun: &Begun) -> Self {
        let [a, b, c, d, ..] = begun.document;
        let name = begun.name.as_ref();
        Self {
            operation: name.map_or(name!("anonymous"), shortened),
            document: [a, b, c, d],
            kind: begun.kind.into(),
        }
    }
}

fn shortened(name: &Name) -> Name {
    // Names are ASCII.
    let start = name.as_str().get(..LONGEST_NAME);
    start.map_or_else(|| name.clone(), Name::new_unchecked)
}

struct Row<'a> {
    operation_name: &'a str,
    document: Cow<'static, str>,
    operation: &'a Operation,
}

impl<'a> Row<'a> {
    fn of(labels: &'a Labels, operation: &'a Operation) -> Self {
        Self {
            operation_name: labels.operation.as_str(),
            document: format!("{:08x}", u32::from_be_bytes(labels.document)).into(),
            operation,
        }
    }

    fn other(operation: &'a Operation) -> Self {
        Self {
            operation_name: OTHER,
            document: OTHER.into(),
            operation,
        }
    }

    fn labels(&self) -> [(&'static str, &str); 3] {
        [
            ("operation", self.operation_name),
            ("kind", self.operation.kind.name()),
            ("document", &self.document),
        ]
    }
}

fn write_operations(page: &mut Page, rows: &[Row<'_>]) {
    let name = "regimen_requests_total";
    page.counter(name, "Operations that were begun.");
    for row in rows {
        page.sample(name, &row.labels(), row.operation.requests.read());
    }
    let name = "regimen_request_cost_points_total";
    page.counter(name, "What they cost, as in `extensions.cost`.");
    for row in rows {
        page.sample(name, &row.labels(), row.operation.cost.read());
    }
    let name = "regimen_request_duration_seconds";
    page.histogram(
        name,
        "How long queries and mutations took to be answered or given up.",
    );
    for row in rows {
        if row.operation.kind != Kind::Subscription {
            page.durations(name, &row.labels(), &row.operation.duration);
        }
    }
}
