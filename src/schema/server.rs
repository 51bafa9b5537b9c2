//! How this server is doing, for admins who watch it without other tools. Where there are replicas, each tells of
//! itself alone; what watches all of them reads the metrics.

use std::{sync::Arc, time::SystemTime};

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal as Exact;

use super::tally::Tally;
use crate::{
    db::{Db, Decimal, Health, SlowStatement, migrations},
    graphql::ContextExt,
    metrics::process,
};

#[derive(Default)]
pub struct ServerQuery;

#[Object]
impl ServerQuery {
    /// The version of this server.
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// How this server is doing, for admins. Behind a load balancer the next request may be answered by another one:
    /// `startedAt` tells them apart.
    async fn server(&self, ctx: &Context<'_>) -> Option<ServerStatus> {
        let tally: &Arc<Tally> = ctx.data_unchecked();
        Some(ServerStatus::of(ctx.db(), tally))
    }
}

/// How one server is doing. What is counted is counted since it started.
#[derive(SimpleObject)]
#[graphql(complex)]
struct ServerStatus {
    /// Its version.
    version: &'static str,
    /// When it started.
    started_at: DateTime<Utc>,
    /// Its clock, for the time between two answers.
    now: DateTime<Utc>,
    /// How many queries, mutations and subscriptions were begun.
    requests: Decimal,
    /// How long queries and mutations took, all together.
    request_seconds: Decimal,
    /// How many subscriptions are under way.
    subscriptions: Decimal,
    /// The errors in answers, by their code.
    errors: Vec<ErrorCount>,
    /// The connections to the database.
    pool: PoolStatus,
    /// How many statements were sent to the database.
    statements: Decimal,
    /// How long they took, all together.
    statement_seconds: Decimal,
    /// How many of them were slow.
    slow_statements: Decimal,
    /// The last of those, the newest first; at most 20.
    recent_slow_statements: Vec<SlowStatement>,
    /// How much processor time it has taken, in seconds; null where the system does not tell.
    cpu_seconds: Option<Decimal>,
    /// How much memory it uses, in bytes; null where the system does not tell.
    memory_bytes: Option<Decimal>,
}

#[ComplexObject]
impl ServerStatus {
    /// Whether the database answers, and has the schema that this server needs: asked now.
    async fn database(&self, ctx: &Context<'_>) -> DatabaseStatus {
        DatabaseStatus::of(Health::of(ctx.db()).await)
    }
}

/// How the database is doing, as this server sees it.
#[derive(SimpleObject)]
struct DatabaseStatus {
    /// Whether it answers and its schema is what this server needs: then the server is ready.
    ready: bool,
    /// Why it does not answer; null where it does.
    problem: Option<&'static str>,
    /// The version of PostgreSQL; null where it does not answer.
    version: Option<String>,
    /// The newest migration that it has; null where it has none.
    applied_migration: Option<String>,
    /// The newest migration that this server knows, and needs.
    known_migration: String,
}

impl DatabaseStatus {
    fn of(health: Result<Health, &'static str>) -> Self {
        Self {
            ready: health.as_ref().is_ok_and(Health::is_current),
            problem: health.as_ref().err().copied(),
            version: health.as_ref().ok().map(|it| it.version.clone()),
            applied_migration: health.ok().and_then(|it| it.applied),
            known_migration: migrations::newest_known(),
        }
    }
}

/// How often answers had an error of one code.
#[derive(SimpleObject)]
struct ErrorCount {
    /// The code, as in `extensions.code`.
    code: String,
    /// How often.
    count: Decimal,
}

/// The connections that requests share.
#[derive(SimpleObject)]
struct PoolStatus {
    /// The most that are opened.
    size: u32,
    /// How many are open.
    open: u32,
    /// How many of those nobody uses.
    idle: u32,
    /// How many requests wait for one at this moment.
    waiting: Decimal,
    /// How many gave up waiting.
    timed_out: Decimal,
}

impl ServerStatus {
    fn of(db: &Db, tally: &Tally) -> Self {
        let (seen, statements) = (tally.read(), db.meter().read());
        let errors = seen.errors.into_iter();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            started_at: process::started().into(),
            now: SystemTime::now().into(),
            requests: whole(seen.requests),
            request_seconds: seconds(seen.duration),
            subscriptions: whole(seen.subscriptions),
            errors: errors
                .map(|(code, count)| ErrorCount {
                    code,
                    count: whole(count),
                })
                .collect(),
            pool: PoolStatus::of(db),
            statements: whole(statements.statements),
            statement_seconds: seconds(db.meter().duration()),
            slow_statements: whole(statements.slow),
            recent_slow_statements: db.meter().recent_slow(),
            cpu_seconds: process::processor_time().map(seconds),
            memory_bytes: process::resident_bytes().map(whole),
        }
    }
}

impl PoolStatus {
    fn of(db: &Db) -> Self {
        let state = db.pool_state();
        Self {
            size: db.size(),
            open: state.connections,
            idle: state.idle_connections,
            waiting: whole(state.statistics.pending_gets()),
            timed_out: whole(state.statistics.get_timed_out),
        }
    }
}

fn whole(count: u64) -> Decimal {
    Decimal(count.into())
}

/// To the microsecond.
fn seconds(duration: std::time::Duration) -> Decimal {
    let micros = i128::try_from(duration.as_micros()).unwrap_or(i128::MAX);
    Decimal(Exact::try_from_i128_with_scale(micros, 6).unwrap_or_default())
}
