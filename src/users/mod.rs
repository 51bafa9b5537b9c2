//! Users: who may sign in, and with what.

mod model;
mod password;
mod store;

pub use model::{NewUser, User};
pub use password::{HashError, hash as hash_password};
