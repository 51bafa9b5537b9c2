//! People whom an outside issuer vouches for: found by issuer and subject, and given an account when they
//! are seen for the first time.

use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::{BadToken, issuer::Person};
use crate::{
    db::{
        Db,
        schema::{identities, users},
    },
    error::{Error, Result},
    users::{self as accounts, NewUser},
    viewer::{Role, UserId, Viewer},
};

/// The account of this person, with the role it has now.
pub(super) async fn viewer(db: &Db, person: &Person) -> Result<Viewer> {
    let mut conn = db.conn().await?;
    if let Some(viewer) = find_opt(&mut conn, person).await? {
        return Ok(viewer);
    }
    let made = conn
        .transaction(async |conn| make_account(conn, person).await)
        .await;
    match made {
        Ok(viewer) => Ok(viewer),
        // Perhaps another request of the same person was faster.
        Err(error) => find_opt(&mut conn, person).await?.ok_or(error),
    }
}

async fn find_opt(conn: &mut AsyncPgConnection, person: &Person) -> QueryResult<Option<Viewer>> {
    let found: Option<(UserId, Role)> = identities::table
        .inner_join(users::table)
        .filter(identities::issuer.eq(&person.issuer))
        .filter(identities::subject.eq(&person.subject))
        .filter(users::deleted_at.is_null())
        .select((users::id, users::role))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(user, role)| Viewer {
        user,
        role,
        session: None,
    }))
}

/// An account of their own, never one that is there already: whoever made that need not be the person
/// who has the address now, and would keep its password.
async fn make_account(conn: &mut AsyncPgConnection, person: &Person) -> Result<Viewer> {
    let email = person.email.as_deref();
    let email = email.and_then(|email| accounts::email("email", email).ok());
    let name = person.name.as_deref().unwrap_or_default();
    let name = accounts::display_name("name", name).unwrap_or_default();
    let new = NewUser::from_outside(email, name);
    let user = new
        .insert(conn)
        .await
        .map_err(|error| match Error::broken_constraint(&error) {
            Some("users_email_key") => BadToken::AddressTaken.into(),
            _ => Error::from(error),
        })?;
    diesel::insert_into(identities::table)
        .values((
            identities::issuer.eq(&person.issuer),
            identities::subject.eq(&person.subject),
            identities::user_id.eq(user.id),
        ))
        .execute(conn)
        .await?;
    tracing::info!(user = %user.id, "an account was made for somebody of the outside issuer");
    Ok(Viewer {
        user: user.id,
        role: user.role,
        session: None,
    })
}
