//! Whether both sides hold the same, and where they do not.

mod leaves;

pub use leaves::{Key, remake, renew};
