//! Signing in, and proving afterwards that one did.

mod crypto;
mod keys;

pub use keys::{BadToken, Keys};
