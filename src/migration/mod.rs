//! Moving an app from its files into the database: what is where, who may write, and that nothing is lost.

pub mod adopt;
pub mod aggregates;
pub mod parity;
pub mod tables;
