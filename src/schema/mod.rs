//! Where the concepts become one schema: the roots, and who may use which of their fields.

pub mod permissions;

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject, Object};

use crate::{
    auth::{AccountMutation, AuthMutation, AuthQuery, Gate},
    db::Db,
    exercises::{ExerciseMutation, ExerciseQuery},
    history::{HistoryMutation, HistoryQuery},
    settings::{SettingsMutation, SettingsQuery},
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

pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema over a database.
///
/// # Panics
///
/// When a root field has no row in the table of permissions: nobody may start such a server.
#[must_use]
pub fn schema(db: Db, gate: Arc<Gate>) -> Schema {
    let schema = builder().data(db).data(gate).finish();
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

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, EmptySubscription> {
    async_graphql::Schema::build(Query::default(), Mutation::default(), EmptySubscription)
}
