//! Taking over whole owners from the files' side into the database's own tables. Whoever is there already
//! is left alone, so that doing it twice does nothing.

use std::sync::LazyLock;

use diesel::{
    QueryResult,
    sql_types::{Array, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{
    offer::TablesLost,
    projection::shown,
    tables::{EXERCISES, TABLES},
};
use crate::{changes::EVERYBODY, db::statement, error::Result, viewer::UserId};

/// What was taken over.
#[derive(Debug, Default)]
pub struct Adoption {
    /// Whose records were copied: those who were there already are not among them.
    pub owners: Vec<UserId>,
    /// How many rows came of it.
    pub rows: usize,
}

/// Copies the records of these owners, as far as that was not done before. The library belongs to everybody, and
/// comes before whoever uses it.
pub async fn adopt(conn: &mut AsyncPgConnection, owners: &[UserId]) -> Result<Adoption> {
    let owners = claim(conn, owners).await?;
    if owners.is_empty() {
        return Ok(Adoption::default());
    }
    if shown(conn).await?.is_none() {
        // Nothing would be copied of them, ever.
        return Err(TablesLost.into());
    }
    let mut rows = 0;
    for copy in &*COPIES {
        rows += statement(copy)
            .bind::<Array<SqlUuid>, _>(&owners)
            .execute(conn)
            .await?;
    }
    Ok(Adoption { owners, rows })
}

/// Removes the copies of everybody who was adopted, because the files have moved on since. The library's exercises
/// stay; they are brought up to date by the next copy.
pub async fn forget(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    for text in [
        "DELETE FROM public.history WHERE user_id IN (SELECT user_id FROM migration_adopted)",
        "DELETE FROM public.workouts WHERE user_id IN (SELECT user_id FROM migration_adopted)",
        "DELETE FROM public.user_settings WHERE user_id IN (SELECT user_id FROM migration_adopted)",
        "DELETE FROM public.exercises WHERE owner_id IN (SELECT user_id FROM migration_adopted)",
        "DELETE FROM migration_adopted",
        "DELETE FROM migration_checkpoints WHERE job = 'backfill'",
        "DELETE FROM mirror_repairs",
    ] {
        statement(text).execute(conn).await?;
    }
    Ok(())
}

/// Those who were not adopted before; whoever else adopts them at the moment is waited for.
async fn claim(conn: &mut AsyncPgConnection, owners: &[UserId]) -> QueryResult<Vec<UserId>> {
    statement(
        "INSERT INTO migration_adopted (user_id) SELECT * FROM unnest(?) AS owner ORDER BY owner \
         ON CONFLICT DO NOTHING RETURNING user_id",
    )
    .bind::<Array<SqlUuid>, _>(owners)
    .load::<Adopted>(conn)
    .await
    .map(|adopted| adopted.into_iter().map(|row| row.user_id).collect())
}

#[derive(diesel::QueryableByName)]
struct Adopted {
    #[diesel(sql_type = SqlUuid)]
    user_id: UserId,
}

/// One statement for each table, kept for as long as the program runs.
static COPIES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let copy = |table: &super::tables::Table| {
        let (name, columns, owner) = (table.name, table.columns, table.owner);
        let (whose, conflict) = if owner == EXERCISES.owner {
            // The library is never removed, so an earlier copy may be there.
            let excluded = columns.replace(", ", ", excluded.");
            let update = format!(
                "ON CONFLICT (id) DO UPDATE SET ({columns}) = ROW (excluded.{excluded}) \
                 WHERE p.version < excluded.version"
            );
            (format!("coalesce({owner}, '{EVERYBODY}')"), update)
        } else {
            // The column by itself, or no index would find the rows.
            (owner.to_owned(), "ON CONFLICT DO NOTHING".to_owned())
        };
        let text = format!(
            "INSERT INTO public.{name} AS p ({columns}) SELECT {columns} FROM regimen_files.{name} \
             WHERE {whose} = ANY (?) {conflict}"
        );
        &*text.leak()
    };
    TABLES.iter().map(copy).collect()
});
