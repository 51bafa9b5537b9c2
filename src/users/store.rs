//! How users are found and kept.

use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*, sql_types::Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use super::{
    Credentials, NewUser, User, UserPatch,
    input::{UserOrder, Wanted},
};
use crate::{
    config::Secret,
    db::{
        keyset,
        schema::{change_heads, changes, idempotency_keys, users},
    },
    error::{Error, Result},
    graphql::Page,
    viewer::{Role, UserId},
};

diesel::define_sql_function! {
    fn lower(text: Text) -> Text;
}

/// What a list of users is ordered by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum UserPlace {
    Email(String, UserId),
    Newest(DateTime<Utc>, UserId),
}

type Query<'a> = users::BoxedQuery<'a, Pg>;

impl User {
    /// The user with this id, who must be there.
    pub async fn find(conn: &mut AsyncPgConnection, id: UserId) -> Result<Self> {
        let found = Self::query()
            .filter(users::id.eq(id))
            .filter(users::deleted_at.is_null())
            .first(conn)
            .await
            .optional()?;
        found.ok_or_else(|| Error::not_found("user", id))
    }

    /// The user who signs in with this address, in whatever case it is typed.
    pub async fn find_by_email(
        conn: &mut AsyncPgConnection,
        email: &str,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(lower(users::email).eq(lower(email)))
            .filter(users::deleted_at.is_null())
            .first(conn)
            .await
            .optional()
    }

    /// What the user may do now; none where there is no such user any more.
    pub async fn role_of(conn: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<Role>> {
        users::table
            .filter(users::id.eq(id))
            .filter(users::deleted_at.is_null())
            .select(users::role)
            .first(conn)
            .await
            .optional()
    }

    /// Everybody with an account, by address.
    pub async fn find_everybody(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(users::deleted_at.is_null())
            .order((lower(users::email), users::id))
            .load(conn)
            .await
    }

    /// One page of all users.
    pub async fn page_of(
        conn: &mut AsyncPgConnection,
        filter: &Wanted,
        order: UserOrder,
        page: &Page<UserPlace>,
    ) -> QueryResult<Vec<Self>> {
        ordered(matching(filter).limit(page.limit()), order, page)
            .select(Self::as_select())
            .load(conn)
            .await
    }

    /// How many the whole list has.
    pub async fn count(conn: &mut AsyncPgConnection, filter: &Wanted) -> QueryResult<i64> {
        matching(filter).count().get_result(conn).await
    }

    /// The user's place in a list of that order.
    pub fn place(&self, order: UserOrder) -> UserPlace {
        match order {
            UserOrder::Email => UserPlace::Email(self.email.clone(), self.id),
            UserOrder::Newest => UserPlace::Newest(self.created_at, self.id),
        }
    }

    /// Changes the user; an address that somebody else has is refused.
    pub async fn apply(
        conn: &mut AsyncPgConnection,
        id: UserId,
        patch: &UserPatch,
    ) -> Result<Self> {
        let changed = diesel::update(users::table.find(id))
            .set((patch, users::updated_at.eq(diesel::dsl::now)))
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional();
        match changed {
            Ok(user) => user.ok_or(Error::ACCOUNT_GONE),
            Err(error) => Err(address_taken(error)),
        }
    }

    /// Gives the user a role. The last admin keeps theirs if `keep_one` is set.
    pub async fn set_role(
        conn: &mut AsyncPgConnection,
        id: UserId,
        role: Role,
        keep_one: bool,
    ) -> Result<()> {
        if keep_one && role == Role::Member {
            Self::keep_an_admin(conn, id).await?;
        }
        let target = users::table
            .filter(users::id.eq(id))
            .filter(users::deleted_at.is_null());
        let changed = diesel::update(target)
            .set((users::role.eq(role), users::updated_at.eq(diesel::dsl::now)))
            .execute(conn)
            .await?;
        if changed == 0 {
            return Err(Error::not_found("user", id));
        }
        Ok(())
    }

    /// Refuses where nobody but this user is an admin, before they cease to be one.
    pub async fn keep_an_admin(conn: &mut AsyncPgConnection, id: UserId) -> Result<()> {
        // Locked, so that two admins cannot leave in the same moment.
        let admins: Vec<UserId> = users::table
            .filter(users::role.eq(Role::Admin))
            .filter(users::deleted_at.is_null())
            .select(users::id)
            .order(users::id)
            .for_update()
            .load(conn)
            .await?;
        if admins == [id] {
            return Err(last_admin(id));
        }
        Ok(())
    }

    /// Removes the account and all that belongs to it. The feed and the kept answers have no foreign
    /// key; they come last, when everybody who could still write to them has been waited for.
    pub async fn delete(conn: &mut AsyncPgConnection, id: UserId) -> QueryResult<()> {
        diesel::delete(users::table.find(id)).execute(conn).await?;
        diesel::delete(changes::table.filter(changes::user_id.eq(id)))
            .execute(conn)
            .await?;
        diesel::delete(change_heads::table.find(id))
            .execute(conn)
            .await?;
        diesel::delete(idempotency_keys::table.filter(idempotency_keys::user_id.eq(id)))
            .execute(conn)
            .await?;
        Ok(())
    }
}

impl Credentials {
    /// Those of the account with this address.
    pub async fn by_email(conn: &mut AsyncPgConnection, email: &str) -> QueryResult<Option<Self>> {
        let row = users::table
            .filter(lower(users::email).eq(lower(email)))
            .filter(users::deleted_at.is_null())
            .select((User::as_select(), users::password_hash))
            .first(conn)
            .await
            .optional()?;
        Ok(row.map(Self::from_row))
    }

    /// Those of one user.
    pub async fn of(conn: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<Self>> {
        let row = users::table
            .filter(users::id.eq(id))
            .filter(users::deleted_at.is_null())
            .select((User::as_select(), users::password_hash))
            .first(conn)
            .await
            .optional()?;
        Ok(row.map(Self::from_row))
    }

    /// The same user, locked until the transaction ends, if the password is still the one that was
    /// verified. Whatever begins or ends sessions takes this lock first.
    pub async fn lock(&self, conn: &mut AsyncPgConnection) -> QueryResult<Option<User>> {
        users::table
            .filter(users::id.eq(self.user.id))
            .filter(users::deleted_at.is_null())
            .filter(
                users::password_hash.is_not_distinct_from(self.hash.as_ref().map(Secret::expose)),
            )
            .select(User::as_select())
            .for_no_key_update()
            .first(conn)
            .await
            .optional()
    }

    fn from_row((user, hash): (User, Option<String>)) -> Self {
        Self {
            user,
            hash: hash.map(Secret::new),
        }
    }

    /// Keeps the hash of another password.
    pub async fn set_hash(
        conn: &mut AsyncPgConnection,
        id: UserId,
        hash: &Secret,
    ) -> QueryResult<usize> {
        diesel::update(users::table.find(id))
            .set((
                users::password_hash.eq(hash.expose()),
                users::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await
    }
}

impl NewUser {
    /// Inserts it for somebody who signs up: what they chose may be taken.
    pub async fn make(&self, conn: &mut AsyncPgConnection) -> Result<User> {
        self.insert(conn).await.map_err(address_taken)
    }

    pub async fn insert(&self, conn: &mut AsyncPgConnection) -> QueryResult<User> {
        diesel::insert_into(users::table)
            .values((
                users::id.eq(self.id),
                users::email.eq(&self.email),
                users::display_name.eq(&self.display_name),
                users::password_hash.eq(self.password_hash.as_ref().map(Secret::expose)),
            ))
            .returning(User::as_returning())
            .get_result(conn)
            .await
    }
}

/// Says of an address that is taken that it is, and no more: neither whose nor since when.
fn address_taken(error: diesel::result::Error) -> Error {
    if Error::broken_constraint(&error) != Some("users_email_key") {
        return error.into();
    }
    Error::conflict("this address cannot be used: sign in with it, or take another one")
}

fn last_admin(id: UserId) -> Error {
    Error::conflict("this is the last admin: make somebody else one first").with(id, None)
}

fn matching<'a>(filter: &Wanted) -> Query<'a> {
    let mut query = users::table
        .filter(users::deleted_at.is_null())
        .into_boxed();
    if let Some(role) = filter.role {
        query = query.filter(users::role.eq(role));
    }
    match &filter.search {
        Some(search) => {
            let part = format!("%{}%", escaped(search));
            let named = users::display_name.ilike(part.clone());
            query.filter(users::email.ilike(part).or(named))
        }
        None => query,
    }
}

/// The text as `LIKE` takes it literally.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// The order, and where in it the page begins. Ties are broken by id.
fn ordered<'a>(query: Query<'a>, order: UserOrder, page: &Page<UserPlace>) -> Query<'a> {
    use users::{created_at, email, id};

    match order {
        UserOrder::Email => {
            let from = match &page.from {
                Some(UserPlace::Email(key, last)) => Some((lower(key.clone()), *last)),
                _ => None,
            };
            keyset!(query, lower(email), id, page.upwards(true), from)
        }
        UserOrder::Newest => {
            let from = match &page.from {
                Some(UserPlace::Newest(at, last)) => Some((*at, *last)),
                _ => None,
            };
            keyset!(query, created_at, id, page.upwards(false), from)
        }
    }
}
