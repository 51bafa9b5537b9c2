//! Leases: who does what only one may do at a time. Each holder has a greater term than the one before,
//! and whoever writes asserts theirs in the same transaction, so that a holder who was believed dead
//! cannot commit.

use std::time::Duration;

use diesel::{
    prelude::*,
    sql_types::{BigInt, Double, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::{
    db::{schema::migration_leases, statement},
    error::{Error, Result},
};

/// The right to do something alone, until it expires or somebody takes it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    holder: Uuid,
    pub term: i64,
}

#[derive(QueryableByName)]
struct Term {
    #[diesel(sql_type = BigInt)]
    term: i64,
}

impl Lease {
    /// Takes the lease for so long, by the database's clock; none while somebody else holds it.
    pub async fn take(
        conn: &mut AsyncPgConnection,
        name: &str,
        lasting: Duration,
    ) -> QueryResult<Option<Self>> {
        let holder = Uuid::now_v7();
        let term: Option<Term> = statement(
            "INSERT INTO migration_leases AS held (name, holder, term, expires_at) \
             VALUES (?, ?, 1, clock_timestamp() + make_interval(secs => ?)) \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, term = held.term + 1, \
               expires_at = excluded.expires_at \
             WHERE held.expires_at <= clock_timestamp() RETURNING term",
        )
        .bind::<Text, _>(name)
        .bind::<SqlUuid, _>(holder)
        .bind::<Double, _>(lasting.as_secs_f64())
        .get_result(conn)
        .await
        .optional()?;
        Ok(term.map(|Term { term }| Self {
            name: name.to_owned(),
            holder,
            term,
        }))
    }

    /// Holds it for so long from now on.
    pub async fn renew(&self, conn: &mut AsyncPgConnection, lasting: Duration) -> Result<()> {
        let renewed = statement(
            "UPDATE migration_leases SET expires_at = clock_timestamp() + make_interval(secs => ?) \
             WHERE name = ? AND holder = ? AND term = ?",
        )
        .bind::<Double, _>(lasting.as_secs_f64())
        .bind::<Text, _>(&self.name)
        .bind::<SqlUuid, _>(self.holder)
        .bind::<BigInt, _>(self.term)
        .execute(conn)
        .await?;
        self.is_ours(renewed > 0)
    }

    /// Refuses what is about to be committed if somebody else has taken over. Nobody can from here on
    /// until the transaction ends, not even where the time is up.
    pub async fn assert(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        let held: Option<i64> = migration_leases::table
            .find(&self.name)
            .filter(migration_leases::holder.eq(self.holder))
            .filter(migration_leases::term.eq(self.term))
            .select(migration_leases::term)
            .for_share()
            .first(conn)
            .await
            .optional()?;
        self.is_ours(held.is_some())
    }

    /// Lets others have it at once. Its term is never given again.
    pub async fn release(self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        statement(
            "UPDATE migration_leases SET expires_at = clock_timestamp() \
             WHERE name = ? AND holder = ? AND term = ?",
        )
        .bind::<Text, _>(self.name)
        .bind::<SqlUuid, _>(self.holder)
        .bind::<BigInt, _>(self.term)
        .execute(conn)
        .await
        .map(drop)
    }

    fn is_ours(&self, held: bool) -> Result<()> {
        if held {
            return Ok(());
        }
        Err(Error::conflict(format!(
            "another process took `{}` over: let it go on there",
            self.name
        )))
    }
}
