//! What a user is.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    config::Secret,
    db::schema::users,
    viewer::{Role, UserId},
};

/// A person with an account.
#[derive(Clone, Debug, HasQuery, SimpleObject)]
#[diesel(table_name = users)]
pub struct User {
    /// Names this user.
    pub id: UserId,
    /// The address to sign in with.
    pub email: String,
    /// The name to show.
    pub display_name: String,
    /// What this user may do.
    pub role: Role,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When the account was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A user to insert.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub id: UserId,
    pub email: String,
    pub display_name: String,
    pub password_hash: Option<Secret>,
}
