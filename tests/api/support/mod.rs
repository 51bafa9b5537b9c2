//! What the tests share: a database each, an app over it, a client, and the real program as a process.

mod answer;
mod app;
mod cluster;
mod events;
mod process;
pub mod remote;
mod socket;

pub use answer::Answer;
pub use app::{TestApp, TestUser};
pub use cluster::{TestDatabase, scratch_folder};
pub use events::{EventStream, Part};
pub use process::{Finished, Server, regimen};
pub use socket::Socket;
