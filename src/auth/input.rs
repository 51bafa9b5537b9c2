//! What clients send to sign up, to sign in and to change their account.

use async_graphql::{InputObject, MaybeUndefined};

use crate::{config::Secret, settings::Units};

/// A new account.
#[derive(Clone, Debug, InputObject)]
pub struct SignUpInput {
    /// The address to sign in with.
    pub email: String,
    /// From 8 to 200 characters, and not the address.
    pub password: Secret,
    /// The name to show, up to 120 characters.
    #[graphql(default)]
    pub display_name: String,
    /// The units that weights and distances are shown in.
    #[graphql(default_with = "Units::Metric")]
    pub units: Units,
    /// The time zone that days are counted in, such as `Europe/Berlin`.
    #[graphql(default_with = r#""UTC".to_owned()"#)]
    pub timezone: String,
}

/// An address and its password.
#[derive(Clone, Debug, InputObject)]
pub struct SignInInput {
    /// The address of the account.
    pub email: String,
    /// Its password.
    pub password: Secret,
}

/// Another password for one's account.
#[derive(Clone, Debug, InputObject)]
pub struct ChangePasswordInput {
    /// The password up to now.
    pub current_password: Secret,
    /// The password from now on: from 8 to 200 characters, and not the address.
    pub new_password: Secret,
}

/// What to change of one's account. A field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateProfileInput {
    /// The name to show.
    pub display_name: MaybeUndefined<String>,
    /// Another address to sign in with; this needs `currentPassword`.
    pub email: MaybeUndefined<String>,
    /// The password of the account.
    pub current_password: Option<Secret>,
}
