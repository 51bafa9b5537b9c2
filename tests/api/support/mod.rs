//! What the tests share: a database each, an app over it, a client, and the real program as a process.

mod answer;
mod app;
mod cluster;
mod private;
mod process;
pub mod remote;
mod wire;

pub use answer::Answer;
pub use app::{TestApp, TestUser};
pub use cluster::{TestDatabase, scratch_folder};
pub use private::{eventually, is_alive, postmaster, session};
pub use process::{Finished, Server, regimen};
pub use remote::give_to_postgres;
pub use wire::{Sent, Wire};
