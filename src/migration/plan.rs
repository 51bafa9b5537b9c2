//! What a backfill would do.

use async_graphql::SimpleObject;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use serde::Serialize;

use super::{
    backfill::{count, owners},
    tables::TABLES,
};
use crate::error::Result;

/// What a backfill would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct BackfillPlan {
    /// How many owners have records in the files.
    pub owners: i64,
    /// What there is to copy, one row for each table.
    pub tables: Vec<TablePlan>,
    /// How many pieces of the files could not be understood; they stay where they are.
    pub quarantined: i64,
}

/// What a backfill would do to a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct TablePlan {
    /// What the table is called.
    pub table: String,
    /// How many rows the files come to.
    pub in_files: i64,
    /// How many of them the database has already.
    pub there_already: i64,
}

/// Says what a backfill would do, and does nothing.
pub async fn plan(conn: &mut AsyncPgConnection) -> Result<BackfillPlan> {
    conn.transaction(async |conn| {
        conn.batch_execute("SET TRANSACTION READ ONLY").await?;
        let mut tables = Vec::new();
        for table in TABLES {
            let name = table.name;
            let key = if table.owner == "owner_id" {
                "id"
            } else if name == "user_settings" {
                "user_id"
            } else {
                "user_id, id"
            };
            let there = format!(
                "SELECT count(*) AS n FROM regimen_files.{name} JOIN public.{name} USING ({key})"
            );
            tables.push(TablePlan {
                table: name.to_owned(),
                in_files: count(
                    conn,
                    &format!("SELECT count(*) AS n FROM regimen_files.{name}"),
                )
                .await?,
                there_already: count(conn, &there).await?,
            });
        }
        Ok(BackfillPlan {
            owners: count(conn, owners!("count(*) AS n", "")).await?,
            tables,
            quarantined: count(conn, "SELECT count(*) AS n FROM migration_quarantine").await?,
        })
    })
    .await
}
