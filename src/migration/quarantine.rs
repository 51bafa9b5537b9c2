//! Pieces of the files that could not be understood: evidence that they were seen, and where.

use async_graphql::{ComplexObject, SimpleObject};
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Binary, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::statement;

/// A piece of a file that could not be understood.
#[derive(SimpleObject, QueryableByName)]
#[graphql(complex)]
pub struct QuarantinedPiece {
    /// Counts the pieces in the order in which they were found.
    #[diesel(sql_type = BigInt)]
    pub number: i64,
    /// The file that it is in.
    #[diesel(sql_type = Text)]
    pub file: String,
    /// Where in the file it begins, in bytes.
    #[diesel(sql_type = BigInt)]
    pub position: i64,
    /// Why it could not be understood.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// When it was found.
    #[diesel(sql_type = Timestamptz)]
    pub seen_at: chrono::DateTime<chrono::Utc>,
    #[graphql(skip)]
    #[diesel(sql_type = Binary)]
    pub bytes: Vec<u8>,
}

#[ComplexObject]
impl QuarantinedPiece {
    /// The piece itself, as far as it can be shown: what is no text is replaced, and the first 4,000 letters are
    /// enough.
    async fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes)
            .chars()
            .take(4000)
            .collect()
    }
}

impl QuarantinedPiece {
    /// So many of them, in the order in which they were found, beyond the one with a number.
    pub async fn after(
        conn: &mut AsyncPgConnection,
        number: i64,
        most: i64,
    ) -> QueryResult<Vec<Self>> {
        statement(
            "SELECT id AS number, file, position, bytes, seen_at, \
               format('line %s, column %s: %s', line, \"column\", reason) AS reason \
             FROM migration_quarantine WHERE id > ? ORDER BY id LIMIT ?",
        )
        .bind::<BigInt, _>(number)
        .bind::<BigInt, _>(most)
        .load(conn)
        .await
    }
}
