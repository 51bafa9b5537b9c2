//! Pieces of the files that could not be understood, as admins look at them. The files keep them as they are.

use std::fmt::Write;

use async_graphql::{ComplexObject, SimpleObject};
use chrono::{DateTime, Utc};
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Binary, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::statement;

/// As many bytes of a piece are shown: what is wrong with it is seen by then.
const SHOWN: i64 = 4_000;

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
    /// How many bytes it has in all.
    #[diesel(sql_type = BigInt)]
    pub size: i64,
    /// Why it could not be understood.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// When it was found.
    #[diesel(sql_type = Timestamptz)]
    pub seen_at: DateTime<Utc>,
    /// Its first bytes.
    #[graphql(skip)]
    #[diesel(sql_type = Binary)]
    pub bytes: Vec<u8>,
}

#[ComplexObject]
impl QuarantinedPiece {
    /// How many of its bytes `text` and `hex` show: the first 4,000, or all of them.
    async fn shown(&self) -> i64 {
        i64::try_from(self.whole().len()).unwrap_or(SHOWN)
    }

    /// Its first bytes as text. What is no UTF-8 is replaced by `�`.
    async fn text(&self) -> String {
        String::from_utf8_lossy(self.whole()).into_owned()
    }

    /// Whether these bytes are UTF-8, so that `text` is exactly what the file has.
    async fn is_text(&self) -> bool {
        std::str::from_utf8(self.whole()).is_ok()
    }

    /// Its first bytes as they are, in hexadecimal digits.
    async fn hex(&self) -> String {
        let bytes = self.whole().iter();
        bytes.fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl QuarantinedPiece {
    /// The bytes that are shown. A letter that the limit cuts in two is left out: nothing is wrong with it.
    fn whole(&self) -> &[u8] {
        let is_cut = i64::try_from(self.bytes.len()).is_ok_and(|len| len < self.size);
        match std::str::from_utf8(&self.bytes) {
            Err(error) if is_cut && error.error_len().is_none() => {
                &self.bytes[..error.valid_up_to()]
            }
            _ => &self.bytes,
        }
    }
}

/// Those behind this number, in the order in which they were found.
pub(super) async fn after(
    conn: &mut AsyncPgConnection,
    number: i64,
    limit: i64,
) -> QueryResult<Vec<QuarantinedPiece>> {
    statement(
        "SELECT id AS number, file, position, octet_length(bytes)::bigint AS size, seen_at, \
           format('line %s, column %s: %s', line, \"column\", reason) AS reason, \
           substring(bytes FROM 1 FOR (?)::int) AS bytes \
         FROM migration_quarantine WHERE id > ? ORDER BY id LIMIT ?",
    )
    .bind::<BigInt, _>(SHOWN)
    .bind::<BigInt, _>(number)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(bytes: &[u8], size: i64) -> QuarantinedPiece {
        QuarantinedPiece {
            number: 1,
            file: "workouts.json".to_owned(),
            position: 0,
            size,
            reason: String::new(),
            seen_at: DateTime::default(),
            bytes: bytes.to_vec(),
        }
    }

    #[test]
    fn a_letter_that_the_limit_cuts_in_two_is_no_mistake_of_the_file() {
        let letters = "aé".as_bytes();
        assert_eq!(piece(&letters[..2], 3).whole(), b"a");
        assert_eq!(piece(letters, 3).whole(), letters);
        // The same bytes at the very end are one.
        assert_eq!(piece(&letters[..2], 2).whole(), &letters[..2]);
        assert_eq!(piece(b"\xff\xc3", 3).whole(), b"\xff\xc3");
    }
}
