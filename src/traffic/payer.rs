//! Who a request is counted by.

use std::net::IpAddr;

use super::network;
use crate::viewer::{Caller, Client, UserId};

/// Whose bucket a request is paid from: many people share one address, so whoever is signed in has
/// their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    User(UserId),
    /// One bucket for all whose address is not known.
    Address(Option<IpAddr>),
    /// What is kept back at an address for those who want to sign in.
    SignIn(Option<IpAddr>),
}

impl Payer {
    #[must_use]
    pub fn of(caller: Caller, client: Option<&Client>) -> Self {
        match caller {
            Some(viewer) => Self::User(viewer.user),
            None => Self::Address(client.and_then(|it| it.address).map(network)),
        }
    }

    /// What is left for signing in where this is empty: others of the same address may have emptied it.
    #[must_use]
    pub const fn reserve(self) -> Option<Self> {
        match self {
            Self::Address(address) => Some(Self::SignIn(address)),
            Self::User(_) | Self::SignIn(_) => None,
        }
    }
}
