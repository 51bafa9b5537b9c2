//! What clients send about users, and what of it can be taken.

use async_graphql::{Enum, InputObject, MaybeUndefined};

use super::model::NOWHERE;
use crate::{
    error::{Error, Result},
    graphql::input,
    viewer::Role,
};

const LONGEST_EMAIL: usize = 320;
const LONGEST_NAME: usize = 120;

/// Which users to list. Conditions are joined by "and"; one that is left out does not limit.
#[derive(Clone, Debug, Default, InputObject)]
pub struct UserFilter {
    /// A part of the address or of the name to show, in any case.
    pub search: MaybeUndefined<String>,
    /// Only those who may do this.
    pub role: MaybeUndefined<Role>,
}

/// A filter that can be taken.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub search: Option<String>,
    pub role: Option<Role>,
}

impl UserFilter {
    /// The conditions, if all of them make sense.
    pub fn check(self) -> Result<Wanted> {
        let search = input::given_checked("filter.search", self.search, |part| {
            input::text("filter.search", part.trim(), LONGEST_EMAIL)
        })?;
        Ok(Wanted {
            search: search.flatten(),
            role: input::given("filter.role", self.role)?,
        })
    }
}

/// How users are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum UserOrder {
    /// By address, regardless of case.
    #[default]
    Email,
    /// The last made first.
    Newest,
}

/// An address to sign in with: one `@` with something on both sides, and no blanks.
pub fn email(field: &str, text: &str) -> Result<String> {
    let email = input::line(field, text, LONGEST_EMAIL)?;
    let shaped = email.split_once('@').is_some_and(|(name, host)| {
        let bare = |part: &str| !part.is_empty() && !part.contains(['@', ' ']);
        bare(name) && bare(host) && !host.starts_with('.') && !host.ends_with('.')
    });
    let blank = email.chars().any(char::is_whitespace);
    if !shaped || blank || email.to_lowercase().ends_with(NOWHERE) {
        let message = "this is no e-mail address: write it as `name@example.com`";
        return Err(Error::invalid(field, message));
    }
    Ok(email)
}

/// A name to show, which may be empty.
pub fn display_name(field: &str, text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    input::line(field, text, LONGEST_NAME)
}
