//! People of the files, and which accounts are theirs.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_graphql::SimpleObject;
use diesel::{
    prelude::*,
    sql_types::{Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use serde::Serialize;
use serde_json::json;

use super::{Actor, Control, Failure, Phase, audit::note, files::Files, step::Obstacle};
use crate::{
    db::{
        schema::{migration_mappings, users},
        statement,
    },
    error::{Error, Result},
    users::User,
    viewer::UserId,
};

/// Somebody whom the files know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct LegacyPerson {
    /// The id that they have in the files.
    pub legacy_id: String,
    /// Their account.
    pub user_id: UserId,
    /// The address of that account; one that ends with `@legacy.invalid` leads nowhere.
    pub email: Option<String>,
    /// What the account is called.
    pub display_name: Option<String>,
    /// Whether somebody has said that this account, which was there before, is theirs.
    pub linked: bool,
}

/// So many people of the files, by what they are called there, beyond one of them. Before the files were served nobody has
/// an account, so there is no address either.
pub async fn listed(
    conn: &mut AsyncPgConnection,
    files: &Arc<Files>,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<LegacyPerson>> {
    let people = files.people().await?;
    let beyond = people
        .into_iter()
        .filter(|(key, _)| !key.is_empty() && after.is_none_or(|after| key.as_str() > after));
    let page: Vec<(String, UserId)> = beyond.take(most).collect();
    let ids: Vec<UserId> = page.iter().map(|(_, id)| *id).collect();
    let accounts: Vec<(UserId, (String, String))> = users::table
        .filter(users::id.eq_any(&ids))
        .select((users::id, (users::email, users::display_name)))
        .load(conn)
        .await?;
    let mut accounts: HashMap<_, _> = accounts.into_iter().collect();
    let linked: Vec<UserId> = migration_mappings::table
        .filter(migration_mappings::entity.eq("user"))
        .filter(migration_mappings::user_id.eq_any(&ids))
        .select(migration_mappings::user_id)
        .load(conn)
        .await?;
    let linked: HashSet<UserId> = linked.into_iter().collect();
    let person = |(legacy_id, user_id)| {
        let (email, display_name) = accounts.remove(&user_id).unzip();
        LegacyPerson {
            legacy_id,
            user_id,
            email,
            display_name,
            linked: linked.contains(&user_id),
        }
    };
    Ok(page.into_iter().map(person).collect())
}

/// Refuses an id that nobody has in the files.
pub async fn check(files: &Arc<Files>, key: &str) -> Result<()> {
    let people = files.people().await?;
    if people.iter().any(|(known, _)| known == key) {
        return Ok(());
    }
    Err(Error::invalid(
        "legacyId",
        format!("nobody in the files has the id `{key}`: `legacyPeople` lists who there is"),
    ))
}

/// Says that a person of the files is the one with this account. Their records get another owner by that, so it is
/// possible only while the files are all there is.
pub async fn link(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    key: &str,
    email: &str,
) -> Result<User, Failure> {
    let user = User::find_by_email(conn, email).await?.ok_or_else(|| {
        Error::invalid(
            "email",
            format!("nobody has the address `{email}`: let them sign up first"),
        )
    })?;
    conn.transaction(async |conn| {
        // Whoever reads the files right now knows nothing of this, and would show them as they were understood before.
        // It comes first: to put their tables in place they need that of the users.
        conn.batch_execute("LOCK TABLE mirror_places IN EXCLUSIVE MODE")
            .await?;
        let now = Control::read(conn).await?;
        if !matches!(now.phase, Phase::None | Phase::Legacy) {
            return Err(Failure::held_back(Obstacle::LinkedTooLate(now.phase)));
        }
        statement("DELETE FROM migration_mappings WHERE entity = 'user' AND (source_key = ? OR user_id = ?)")
            .bind::<Text, _>(key)
            .bind::<SqlUuid, _>(user.id)
            .execute(conn)
            .await?;
        statement(
            "INSERT INTO migration_mappings (entity, user_id, id, file, source_key) \
             SELECT 'user', id, id, 'users', ? FROM users WHERE id = ?",
        )
        .bind::<Text, _>(key)
        .bind::<SqlUuid, _>(user.id)
        .execute(conn)
        .await?;
        if now.phase == Phase::Legacy {
            // The files mean something else now, so they are to be read again.
            statement("DELETE FROM regimen_files.projected").execute(conn).await?;
        }
        let details = json!({"key": key, "user": user.id});
        note(conn, actor, "link a person of the files", details).await?;
        Ok(())
    })
    .await?;
    Ok(user)
}
