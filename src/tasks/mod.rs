//! Tasks: what is to be done, once or again and again.

mod edit;
mod filter;
mod graphql;
mod input;
mod list;
mod loader;
mod model;
mod mutations;
mod patch;
mod places;
mod position;
mod recurrence;
mod series;
mod store;

pub use graphql::TaskQuery;
pub use loader::TaskOf;
pub use model::{NewTask, Priority, RecurrenceBasis, SeriesId, Task, TaskId};
pub use mutations::TaskMutation;
