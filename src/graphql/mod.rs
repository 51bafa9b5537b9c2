//! The toolkit that all concepts share: what a resolver reaches through its context, pages, checked
//! input, mutations, and how errors are shown. No concept is known here; `schema` joins them above.

mod context;
mod cursor;
pub mod document;
pub mod input;
mod mutation;
mod page;
mod present;

pub use context::{ContextExt, Loaders, Nullable, loaders};
pub use cursor::Cursor;
pub use mutation::mutate;
pub use page::{Connection, Page, Total};
pub use present::present;
