//! Users: who has an account, what they may do, and all that is theirs in one piece.

mod export;
mod graphql;
mod input;
mod model;
mod password;
mod store;

pub use graphql::{UserMutation, UserPayload, UserQuery};
pub use input::{display_name, email};
pub use model::{Credentials, NewUser, User, UserPatch};
pub use password::{
    HashError, Verdict, check as check_password, hash as hash_password, verify as verify_password,
};
