//! How sessions are begun, kept up and ended. Whoever calls what changes them holds the lock on the user's
//! row: so no refresh that runs at the same time slips past an end.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Session, SessionId,
    model::{NewSession, RefreshToken},
};
use crate::{
    db::schema::{sessions, users},
    graphql::Page,
    users::User,
    viewer::UserId,
};

/// The place of a session in the list, the latest used first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionPlace(DateTime<Utc>, Uuid);

/// How long what is begun now lasts, and for whom.
pub(super) struct Grant<'a> {
    pub(super) token: &'a RefreshToken,
    pub(super) user_agent: Option<String>,
    pub(super) expires_at: DateTime<Utc>,
}

/// What became of a refresh token.
pub(super) enum Refreshed {
    /// It is the session's newest, and was exchanged for another.
    Exchanged(User, SessionId),
    /// It was exchanged before: somebody else has it, or had it. The session was ended.
    Reused(UserId, SessionId),
    /// It is unknown, ended or too old.
    Refused,
}

impl Session {
    /// One page of the owner's sessions.
    pub async fn page_of(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        page: &Page<SessionPlace>,
    ) -> QueryResult<Vec<Self>> {
        use sessions::{created_at, id};

        let mut query = live(owner).limit(page.limit());
        if let Some(SessionPlace(at, last)) = page.from {
            query = if page.backward {
                let tie = created_at.gt(at).or(id.gt(last));
                query.filter(created_at.ge(at)).filter(tie)
            } else {
                let tie = created_at.lt(at).or(id.lt(last));
                query.filter(created_at.le(at)).filter(tie)
            };
        }
        query = if page.backward {
            query.order((created_at.asc(), id.asc()))
        } else {
            query.order((created_at.desc(), id.desc()))
        };
        query.select(Self::as_select()).load(conn).await
    }

    /// The owner's session with this id, if it has not ended.
    pub async fn find_opt(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        session: SessionId,
    ) -> QueryResult<Option<Self>> {
        live(owner)
            .filter(sessions::family_id.eq(session))
            .select(Self::as_select())
            .first(conn)
            .await
            .optional()
    }

    /// How many the owner has.
    pub async fn count(conn: &mut AsyncPgConnection, owner: UserId) -> QueryResult<i64> {
        live(owner).count().get_result(conn).await
    }

    pub fn place(&self) -> SessionPlace {
        SessionPlace(self.created_at, self.id)
    }

    /// When it was begun: its id says so.
    pub(super) fn begun_at(&self) -> DateTime<Utc> {
        let stamp = self
            .family_id
            .0
            .get_timestamp()
            .map(|stamp| stamp.to_unix());
        stamp
            .and_then(|(seconds, nanos)| {
                DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
            })
            .unwrap_or(self.created_at)
    }

    /// Begins a session, and forgets the user's refresh tokens that have expired by now.
    pub(super) async fn begin(
        conn: &mut AsyncPgConnection,
        user: UserId,
        grant: Grant<'_>,
    ) -> QueryResult<SessionId> {
        let expired = sessions::table
            .filter(sessions::user_id.eq(user))
            .filter(sessions::expires_at.le(diesel::dsl::now));
        diesel::delete(expired).execute(conn).await?;
        let family = SessionId::new();
        insert(conn, user, family, grant).await?;
        Ok(family)
    }

    /// Exchanges a refresh token for the granted one.
    pub(super) async fn refresh(
        conn: &mut AsyncPgConnection,
        token: &RefreshToken,
        grant: Grant<'_>,
    ) -> QueryResult<Refreshed> {
        let digest = token.digest();
        let owner = sessions::table
            .inner_join(users::table)
            .filter(sessions::token_hash.eq(&digest))
            .filter(users::deleted_at.is_null())
            .select(users::id)
            .first::<UserId>(conn)
            .await
            .optional()?;
        let Some(user) = lock_user(conn, owner).await? else {
            return Ok(Refreshed::Refused);
        };
        // Read again under the lock: this is what holds.
        let row: Option<(Uuid, SessionId, bool, bool)> = sessions::table
            .filter(sessions::token_hash.eq(&digest))
            .select((
                sessions::id,
                sessions::family_id,
                sessions::used_at.is_not_null(),
                sessions::revoked_at
                    .is_null()
                    .and(sessions::expires_at.gt(diesel::dsl::now)),
            ))
            .first(conn)
            .await
            .optional()?;
        match row {
            Some((_, family, true, _)) => {
                Self::end(conn, user.id, family).await?;
                Ok(Refreshed::Reused(user.id, family))
            }
            Some((id, family, false, true)) => {
                diesel::update(sessions::table.find((user.id, id)))
                    .set(sessions::used_at.eq(Utc::now()))
                    .execute(conn)
                    .await?;
                insert(conn, user.id, family, grant).await?;
                Ok(Refreshed::Exchanged(user, family))
            }
            _ => Ok(Refreshed::Refused),
        }
    }

    /// Ends one session. False: there is none such, or it has ended.
    pub(super) async fn end(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        session: SessionId,
    ) -> QueryResult<bool> {
        let row = sessions::table
            .filter(sessions::user_id.eq(owner))
            .filter(sessions::family_id.eq(session))
            .filter(is_live());
        let ended = diesel::update(row)
            .set(sessions::revoked_at.eq(Utc::now()))
            .execute(conn)
            .await?;
        Ok(ended > 0)
    }

    /// Ends all sessions but one, or all, and gives how many that were.
    pub async fn end_all_but(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        kept: Option<SessionId>,
    ) -> QueryResult<usize> {
        let rows = sessions::table
            .filter(sessions::user_id.eq(owner))
            .filter(sessions::family_id.nullable().is_distinct_from(kept))
            .filter(is_live());
        diesel::update(rows)
            .set(sessions::revoked_at.eq(Utc::now()))
            .execute(conn)
            .await
    }
}

/// Locks the user's row until the transaction ends. Rows that point at the user can still be written.
pub(super) async fn lock_user(
    conn: &mut AsyncPgConnection,
    id: Option<UserId>,
) -> QueryResult<Option<User>> {
    let Some(id) = id else {
        return Ok(None);
    };
    users::table
        .find(id)
        .select(User::as_select())
        .for_no_key_update()
        .first(conn)
        .await
        .optional()
}

async fn insert(
    conn: &mut AsyncPgConnection,
    user: UserId,
    family: SessionId,
    grant: Grant<'_>,
) -> QueryResult<()> {
    let row = NewSession {
        user_id: user,
        id: Uuid::now_v7(),
        family_id: family,
        token_hash: grant.token.digest(),
        user_agent: grant.user_agent,
        expires_at: grant.expires_at,
    };
    diesel::insert_into(sessions::table)
        .values(row)
        .execute(conn)
        .await
        .map(drop)
}

/// Each session has one such row at most: that of its newest refresh token.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_live() -> _ {
    sessions::used_at
        .is_null()
        .and(sessions::revoked_at.is_null())
        .and(sessions::expires_at.gt(diesel::dsl::now))
}

fn live<'a>(owner: UserId) -> sessions::BoxedQuery<'a, diesel::pg::Pg> {
    sessions::table
        .filter(sessions::user_id.eq(owner))
        .filter(is_live())
        .into_boxed()
}
