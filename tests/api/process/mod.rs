//! The real program as a process: its private PostgreSQL, its log, its end, and its other commands.

mod accounts;
mod commands;
mod download;
mod ending;
mod logs;
mod panics;
mod private;
mod refusals;
mod waiting;
