//! What reading on both sides found.

use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Moving;
use crate::{changes::EVERYBODY, db::statement, metrics::Page, viewer::UserId};

/// How much is read on both sides, and how often that differed.
#[derive(Debug, Default)]
pub struct Shadows {
    /// The bits of a share from 0 to 1.
    share: AtomicU64,
    compared: AtomicU64,
    differed: AtomicU64,
}

impl Shadows {
    pub fn set_share(&self, share: f64) {
        self.share.store(share.to_bits(), Ordering::Relaxed);
    }

    /// Whether this query is one of the share.
    #[must_use]
    pub fn draw(&self) -> bool {
        let share = f64::from_bits(AtomicU64::load(&self.share, Ordering::Relaxed));
        share > 0.0 && rand::random::<f64>() < share
    }

    pub fn compared(&self) {
        self.compared.fetch_add(1, Ordering::Relaxed);
    }

    pub fn differed(&self) {
        self.differed.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes what was counted.
    pub fn write(&self, page: &mut Page) {
        let name = "regimen_shadow_reads_total";
        page.counter(
            name,
            "Queries that were answered from both sides, while an app is moved here.",
        );
        let (compared, differed) = (
            AtomicU64::load(&self.compared, Ordering::Relaxed),
            AtomicU64::load(&self.differed, Ordering::Relaxed),
        );
        page.sample(
            name,
            &[("outcome", "same")],
            compared.saturating_sub(differed),
        );
        page.sample(name, &[("outcome", "different")], differed);
    }
}

/// A query that the two sides answer differently.
#[derive(Clone, Debug)]
pub struct Finding {
    pub name: String,
    pub owner: Option<UserId>,
    /// Where in the answer.
    pub paths: Vec<String>,
}

impl Finding {
    /// Keeps it as evidence.
    pub async fn keep(&self, moving: &Moving) {
        tracing::warn!(query = self.name, paths = ?self.paths, "files and database answer differently");
        let kept = async {
            let mut conn = moving
                .db()
                .conn()
                .await
                .map_err(|error| error.to_string())?;
            statement(
                "INSERT INTO parity_findings (found_by, entity, user_id, record, kind, fields) \
                 VALUES ('shadow', ?, ?, ?, 'differing', ?)",
            )
            .bind::<Text, _>(&self.name)
            .bind::<SqlUuid, _>(self.owner.unwrap_or(EVERYBODY))
            .bind::<SqlUuid, _>(Uuid::nil())
            .bind::<Array<Text>, _>(&self.paths)
            .execute(&mut *conn)
            .await
            .map_err(|error| error.to_string())
        };
        if let Err(error) = kept.await {
            tracing::warn!(error, "a difference could not be kept");
        }
    }
}

/// A query that files and database answered differently.
#[derive(Debug, SimpleObject, QueryableByName)]
pub struct ShadowFinding {
    /// Counts what was found.
    #[diesel(sql_type = BigInt)]
    pub number: i64,
    /// When it was found.
    #[diesel(sql_type = Timestamptz)]
    pub seen_at: DateTime<Utc>,
    /// The name of the operation, or its hash.
    #[diesel(sql_type = Text)]
    pub query: String,
    /// Who asked; the nil UUID for nobody.
    #[diesel(sql_type = SqlUuid)]
    pub owner: UserId,
    /// Where in the answer the two differ.
    #[diesel(sql_type = Array<Text>)]
    pub fields: Vec<String>,
}

/// The newest of them.
pub async fn findings(conn: &mut AsyncPgConnection, limit: i64) -> QueryResult<Vec<ShadowFinding>> {
    statement(
        "SELECT id AS number, seen_at, entity AS query, user_id AS owner, fields FROM parity_findings \
         WHERE found_by = 'shadow' ORDER BY seen_at DESC, id DESC LIMIT ?",
    )
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}
