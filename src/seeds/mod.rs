//! What a new database is given: the exercise library, and a demo user to try things with. Seeding
//! again adds only what is missing, and never changes what somebody has edited.

mod demo;
mod library;
mod training;

use std::fmt;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use uuid::Uuid;

use crate::users::HashError;

pub use demo::{EMAIL as DEMO_EMAIL, PASSWORD as DEMO_PASSWORD};
pub use library::rows as library;

/// Why seeding failed. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("the seeds cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("the seeds name `{0}`, which does not exist")]
    Dangling(String),
    #[error(transparent)]
    Password(#[from] HashError),
    #[error("the database refused the seeds: {0}")]
    Database(#[from] diesel::result::Error),
}

/// What became of the rows of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub inserted: usize,
    pub unchanged: usize,
    /// Rows that are there with other contents, or whose name is taken: left as they are.
    pub conflicting: Vec<String>,
}

/// What became of all rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(pub Vec<(&'static str, Counts)>);

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            inserted,
            unchanged,
            conflicting,
        } = self;
        write!(
            f,
            "{inserted} inserted, {unchanged} unchanged, {} conflicting",
            conflicting.len()
        )?;
        if let Some(first) = conflicting.first() {
            write!(f, " (kept as they are: `{first}`")?;
            for name in conflicting.iter().skip(1).take(4) {
                write!(f, ", `{name}`")?;
            }
            f.write_str(if conflicting.len() > 5 { ", …)" } else { ")" })?;
        }
        Ok(())
    }
}

/// Seeds the library and, if asked, the demo user, in one transaction.
pub async fn plant(conn: &mut AsyncPgConnection, with_demo: bool) -> Result<Report, SeedError> {
    conn.transaction(async |conn| {
        let mut report = Report::default();
        report.0.push(("exercises", library::plant(conn).await?));
        if with_demo {
            report.0.extend(demo::plant(conn).await?);
        }
        Ok(report)
    })
    .await
}

/// The id of a seeded row: always the same for the same key and owner.
fn id_of(owner: Uuid, key: &str) -> Uuid {
    const SEEDS: Uuid = Uuid::from_u128(0x6f0c_3f6e_7a55_4e0e_9a3b_2d5e_51c7_a9d4);
    Uuid::new_v5(&Uuid::new_v5(&SEEDS, owner.as_bytes()), key.as_bytes())
}

/// Inserts the rows that clash with nothing; the others are compared with what is there. Gives the
/// counts and the ids inserted.
macro_rules! plant_rows {
    ($conn:expr, $table:ident, $row:ty, $rows:expr, $name:expr) => {{
        use diesel::prelude::*;
        use diesel_async::RunQueryDsl;

        let rows: &[$row] = $rows;
        let inserted: Vec<_> = diesel::insert_into($table::table)
            .values(rows)
            .on_conflict_do_nothing()
            .returning($table::id)
            .get_results(&mut *$conn)
            .await?;
        let found: Vec<$row> = $table::table
            .filter($table::id.eq_any(rows.iter().map(|row| row.id).collect::<Vec<_>>()))
            .select(<$row>::as_select())
            .load(&mut *$conn)
            .await?;
        let mut counts = $crate::seeds::Counts {
            inserted: inserted.len(),
            ..Default::default()
        };
        for row in rows.iter().filter(|row| !inserted.contains(&row.id)) {
            if found.contains(row) {
                counts.unchanged += 1;
            } else {
                counts.conflicting.push($name(row));
            }
        }
        (counts, inserted)
    }};
}

use plant_rows;
