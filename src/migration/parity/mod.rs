//! Whether both sides hold the same, and where they do not.

mod compare;
mod fields;
mod leaves;
mod scrub;

pub use compare::{DifferenceKind, EntityParity, Parity, RecordDifference, compare, keep_evidence};
pub use fields::{BothSides, FieldDifference, both};
pub use leaves::{Key, add_up, hash_all_of, remake, renew};
pub use scrub::{anew, refresh, rehash, scrub};
