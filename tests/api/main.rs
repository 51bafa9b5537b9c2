//! The tests over the real interfaces: HTTP, GraphQL, the command line, and a real PostgreSQL. One
//! binary, so that it links once; a file per concept; `support` holds what they share.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails should say where"
)]

mod support;

mod auth;
mod bodies;
mod built;
mod cached;
mod changes;
mod columns;
mod config;
mod constraints;
mod documents;
mod edge;
mod engine;
mod exercises;
mod guards;
mod history;
mod house;
mod http;
mod legacy;
mod literals;
mod merging;
mod migration;
mod migrations;
mod mutations;
mod node;
mod nulls;
mod pages;
mod process;
mod remote;
mod rules;
mod schema;
mod seeds;
mod semantics;
mod sets;
mod settings;
mod speed;
mod statuses;
mod story;
mod subscriptions;
mod sync;
mod tasks;
mod upkeep;
mod workouts;
mod written;
