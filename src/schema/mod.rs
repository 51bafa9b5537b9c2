//! Where the concepts become one schema: the roots, and who may use which of their fields.

pub mod asked;
pub mod engine;
mod misfit;
mod node;
pub mod permissions;
mod root;
mod server;
mod subscription;
mod tally;

use std::sync::Arc;

use async_graphql::{MergedObject, SDLExportOptions, ValidationMode};
use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use self::{root::Root, server::ServerQuery, tally::Tally};
use crate::{
    auth::{AccountMutation, AuthMutation, AuthQuery, Gate},
    changes::Hub,
    db::Db,
    exercises::{ExerciseMutation, ExerciseQuery},
    history::{HistoryMutation, HistoryQuery},
    migration::{DeskMutation, DeskQuery, MigrationMutation, MigrationQuery},
    settings::{SettingsMutation, SettingsQuery},
    sync::SyncQuery,
    tasks::{TaskMutation, TaskQuery},
    users::{UserMutation, UserQuery},
    workouts::{WorkoutMutation, WorkoutQuery},
};

/// What can be read.
#[derive(MergedObject, Default)]
pub struct Query(
    ServerQuery,
    node::NodeQuery,
    SyncQuery,
    ExerciseQuery,
    AuthQuery,
    UserQuery,
    SettingsQuery,
    TaskQuery,
    WorkoutQuery,
    HistoryQuery,
    MigrationQuery,
    DeskQuery,
);

/// What can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(
    ExerciseMutation,
    AuthMutation,
    AccountMutation,
    UserMutation,
    SettingsMutation,
    TaskMutation,
    WorkoutMutation,
    HistoryMutation,
    MigrationMutation,
    DeskMutation,
);

pub use subscription::Root as Subscription;

pub type Schema = async_graphql::Schema<Root<Query>, Root<Mutation>, Subscription>;

/// The schema over a database.
///
/// # Panics
///
/// When a root field has no row in the table of permissions: nobody may start such a server.
#[must_use]
pub fn schema(hub: Arc<Hub>, db: Db, gate: Arc<Gate>, tally: Arc<Tally>) -> Schema {
    let schema = builder()
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(256)
        .data(hub)
        .data(db)
        .data(gate)
        .data(tally)
        .finish();
    let missing = permissions::missing(&text(&schema));
    assert!(
        missing.is_empty(),
        "add {missing:?} to `schema::permissions::TABLE`"
    );
    schema
}

/// The schema as text, without a database.
#[must_use]
pub fn sdl() -> String {
    text(&builder().finish())
}

fn text(schema: &Schema) -> String {
    schema.sdl_with_options(SDLExportOptions::new().include_specified_by())
}

fn builder() -> async_graphql::SchemaBuilder<Root<Query>, Root<Mutation>, Subscription> {
    async_graphql::Schema::build(Root::default(), Root::default(), Subscription)
        // `Root` answers what is asked of the schema.
        .disable_introspection()
        .override_output_type_description::<DateTime<Utc>>(
            "A moment, written as in RFC 3339, such as `2026-05-31T10:00:00Z`. Any offset is taken; \
             answers are in UTC.",
        )
        .override_output_type_description::<Json>("Any JSON value.")
}
