//! What the tests share: a database each, an app over it, a client, and the real program as a process.

mod answer;
mod app;
mod cluster;
mod events;
mod private;
mod process;
pub mod remote;
mod socket;
mod wire;

pub use answer::Answer;
pub use app::{TestApp, TestUser};
pub use cluster::{TestDatabase, scratch_folder};
pub use events::{EventStream, Part};
pub use private::{eventually, is_alive, postmaster, session};
pub use process::{Finished, Server, regimen};
pub use remote::give_to_postgres;
pub use socket::Socket;
pub use wire::{Sent, Wire};
