//! What a user is.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    config::Secret,
    db::schema::users,
    graphql::written::parts,
    viewer::{Role, UserId},
};

/// A person with an account.
#[derive(Clone, Debug, HasQuery, SimpleObject)]
#[diesel(table_name = users)]
#[graphql(complex)]
pub struct User {
    /// Names this user.
    pub id: UserId,
    #[graphql(skip)]
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

/// How to recognise a user who wants to sign in.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub user: User,
    /// None for people who only sign in through an outside issuer.
    pub hash: Option<Secret>,
}

/// A user to insert.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub id: UserId,
    pub email: String,
    pub display_name: String,
    pub password_hash: Option<Secret>,
}

/// What is to change of a user; `None` leaves a column as it is.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = users)]
pub struct UserPatch {
    pub email: Option<String>,
    pub display_name: Option<String>,
}

/// Addresses that lead nowhere, for people whose issuer told none. Every user has an address in the
/// database, and nobody can be given one that ends like this.
pub(super) const NOWHERE: &str = "@no-address.invalid";

impl NewUser {
    /// Somebody who signs in through an outside issuer.
    #[must_use]
    pub fn from_outside(email: Option<String>, display_name: String) -> Self {
        let id = UserId::new();
        Self {
            id,
            email: email.unwrap_or_else(|| format!("{id}{NOWHERE}")),
            display_name,
            password_hash: None,
        }
    }
}

impl User {
    /// The address, for those who have one.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        (!self.email.ends_with(NOWHERE)).then_some(self.email.as_str())
    }
}

parts! {
    User { id, display_name, role, created_at, updated_at }
    told { email by address }
}
