//! Tasks: what is to be done, once or again and again.

mod model;

pub use model::{NewTask, TaskId};
