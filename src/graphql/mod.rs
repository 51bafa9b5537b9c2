//! The toolkit that all concepts share: what a resolver reaches through its context, pages, checked
//! input, mutations, and how errors are shown. No concept is known here; `schema` joins them above.

mod ahead;
mod context;
mod cursor;
mod date;
pub mod document;
pub mod input;
mod mutation;
mod page;
mod present;
mod seam;
mod secret;
pub mod written;

pub use ahead::{Ahead, asked};
pub use context::{ContextExt, Loaders, Nullable, loaders};
pub use cursor::Cursor;
pub use date::Date;
pub use mutation::{mutate, mutate_as, mutate_at_once};
pub use page::{Connection, Page, Total};
pub use present::present;
pub use seam::{Seam, Ticket};
