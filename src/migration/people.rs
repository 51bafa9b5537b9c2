//! People of the files who have an account already.

use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::json;

use super::{Actor, Control, Failure, Note, Phase, append, step::Obstacle};
use crate::{db::statement, error::Error, users::User};

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
        let note = Note {
            actor,
            action: "link a person of the files",
            from: now.phase,
            to: now.phase,
            epoch: now.epoch,
            details: json!({"key": key, "user": user.id}),
        };
        append(conn, note).await?;
        Ok(())
    })
    .await?;
    Ok(user)
}
