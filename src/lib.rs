//! Regimen: a GraphQL server for workouts and tasks over PostgreSQL. This is the map of the house, in
//! reading order; imports go downwards only, from what people touch to what everything stands on.

/// What a person can type: one file per command, over the same functions as the API.
pub mod cli;
/// The edge: requests in, answers out, health, and a gentle end.
pub mod http;
/// Where the concepts become one schema.
pub mod schema;

/// The way in from JSON files, and back.
pub mod migration;

/// What a new database is given.
pub mod seeds;
/// What is let go of in time.
pub mod upkeep;

/// The JSON files that an app kept its data in.
pub mod legacy;

/// Signing in, and proving it afterwards.
pub mod auth;
/// What can be trained.
pub mod exercises;
/// What was done and when.
pub mod history;
/// How a user likes to see things.
pub mod settings;
/// What changed, for those who keep a copy or watch.
pub mod sync;
/// What is to be done.
pub mod tasks;
/// Who has an account.
pub mod users;
/// Planned, running and finished training.
pub mod workouts;

/// What all concepts share of GraphQL: context, pages, checked input, mutations, errors as shown.
pub mod graphql;

/// Who sends how much, and how much is too much.
pub mod traffic;

/// The feed of all changes, written with every one of them.
pub mod changes;

/// Who is asking.
pub mod viewer;

/// The errors that API users see.
pub mod error;

/// Typed ids.
mod ids;

/// Reaching, pooling and migrating the database, and starting a private one.
pub mod db;

/// Log lines: which, and in what form; and spans.
pub mod logging;

/// Numbers about what the server does, for those who watch it.
pub mod metrics;

/// Values as JSON text.
pub mod json;

/// Everything a person can set.
pub mod config;
