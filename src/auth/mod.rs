//! Signing in, and proving afterwards that one did.

mod account;
mod crypto;
mod gate;
mod graphql;
mod identity;
mod input;
mod issuer;
mod keys;
mod model;
mod sign_in;
mod store;
mod throttle;

pub use account::AccountMutation;
pub use gate::{Gate, GateOptions};
pub use graphql::{AuthMutation, AuthQuery};
pub use issuer::{BadIssuer, IssuerOptions};
pub use keys::{BadToken, Keys, Proven};
pub use model::{Session, SessionId};
