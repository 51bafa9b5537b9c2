//! Where the concepts become one schema: the roots, and who may use which of their fields.

pub mod engine;
mod node;
pub mod permissions;
mod subscription;
mod tally;

use std::sync::Arc;

use async_graphql::{MergedObject, Object, ValidationMode};

use crate::{
    auth::{AccountMutation, AuthMutation, AuthQuery, Gate},
    changes::Hub,
    db::Db,
    exercises::{ExerciseMutation, ExerciseQuery},
    history::{HistoryMutation, HistoryQuery},
    settings::{SettingsMutation, SettingsQuery},
    sync::SyncQuery,
    tasks::{TaskMutation, TaskQuery},
    users::{UserMutation, UserQuery},
    workouts::{WorkoutMutation, WorkoutQuery},
};

#[derive(Default)]
struct ServerQuery;

#[Object]
impl ServerQuery {
    /// The version of this server.
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

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
);

pub use subscription::Root as Subscription;

pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema over a database.
///
/// # Panics
///
/// When a root field has no row in the table of permissions: nobody may start such a server.
#[must_use]
pub fn schema(hub: Arc<Hub>, db: Db, gate: Arc<Gate>) -> Schema {
    let schema = builder()
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(256)
        .data(hub)
        .data(db)
        .data(gate)
        .finish();
    let missing = permissions::missing(&schema.sdl());
    assert!(
        missing.is_empty(),
        "add {missing:?} to `schema::permissions::TABLE`"
    );
    schema
}

/// The schema as text, without a database.
#[must_use]
pub fn sdl() -> String {
    builder().finish().sdl()
}

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    async_graphql::Schema::build(Query::default(), Mutation::default(), Subscription)
}
