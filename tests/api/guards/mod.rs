//! What keeps the server from being hurt, and lets it be watched.

// It reads what Linux tells of processes.
#[cfg(target_os = "linux")]
mod attacks;
mod limits;
mod metrics;
mod prices;
mod rates;
mod slow;
mod traces;
