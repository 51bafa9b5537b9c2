//! Who is asking: made once at the edge from the request's token, and demanded by whoever needs one.

use std::net::IpAddr;

use crate::{db::text_enum, ids::id};

id! {
    /// Names one user.
    UserId
}

text_enum! {
    /// What a user may do.
    Role {
        /// Reads and changes what is their own.
        Member = "member",
        /// May also look after the server and its data.
        Admin = "admin",
    }
}

/// A signed-in user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub user: UserId,
    pub role: Role,
    /// The session that the token belongs to; none for tokens of an outside issuer.
    pub session: Option<uuid::Uuid>,
}

/// Who sent a request: somebody, or nobody.
pub type Caller = Option<Viewer>;

/// Where a request came from, as far as the edge can tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    pub address: Option<IpAddr>,
    /// What the client calls itself, cut to a length that can be kept.
    pub user_agent: Option<String>,
}
