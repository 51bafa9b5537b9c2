//! Everything about the database that is not a concept of the domain: reaching it, pooling it,
//! migrating it, and the private one that is started where none is given.

/// The oldest PostgreSQL that has what the schema needs, private or not.
pub const OLDEST_POSTGRES: u32 = 15;

mod address;
mod among;
mod bulk;
pub(crate) mod columns;
mod connect;
mod database;
mod decimal;
pub mod embedded;
mod health;
mod kept;
mod keyset;
mod meter;
pub mod migrations;
mod patch;
mod pool;
pub mod schema;
mod statement;
mod text_enum;
mod tls;

pub use address::{Address, BadAddress, Limits};
pub use bulk::{Bulk, BulkError};
pub use columns::{Columns, InPart};
pub use connect::ConnectError;
pub use database::{Database, NoDatabase};
pub use decimal::Decimal;
pub use health::Health;
pub use kept::{Kept, Prepared};
pub use meter::{Meter, Reading, SlowStatement};
pub use pool::{Conn, Db, NoConnection, PoolOptions, first_connection};
pub use statement::{Statement, statement};

pub(crate) use among::{among, one_of};
pub(crate) use columns::columns;
pub(crate) use kept::{kept, kept_with};
pub(crate) use keyset::keyset;
pub(crate) use patch::patch;
pub(crate) use text_enum::text_enum;
