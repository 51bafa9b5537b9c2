//! What all concepts share of GraphQL: the schema that joins them, the loaders, the presentation of
//! errors. No concept's own rule lives here.

mod present;

use async_graphql::{
    Context, EmptyMutation, EmptySubscription, MergedObject, Object,
    dataloader::{DataLoader, NoCache},
    runtime::{TokioSpawner, TokioTimer},
};

pub use present::present;

use crate::{db::Db, exercises::ExerciseQuery};

/// Where every dataloader's batches are resolved; the key's type tells the loaders apart.
pub struct Loaders {
    pub db: Db,
}

#[derive(Default)]
struct ServerQuery;

#[Object]
impl ServerQuery {
    /// The version of this server.
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

#[derive(MergedObject, Default)]
pub struct Query(ServerQuery, ExerciseQuery);

pub type Schema = async_graphql::Schema<Query, EmptyMutation, EmptySubscription>;

/// The schema over a database.
#[must_use]
pub fn schema(db: Db) -> Schema {
    Schema::build(Query::default(), EmptyMutation, EmptySubscription)
        .data(db)
        .finish()
}

/// The schema as text, without a database.
#[must_use]
pub fn sdl() -> String {
    Schema::build(Query::default(), EmptyMutation, EmptySubscription)
        .finish()
        .sdl()
}

/// A request's loaders: they forget everything when the answer is written.
#[must_use]
pub fn loaders(db: Db) -> DataLoader<Loaders, NoCache> {
    DataLoader::new(
        Loaders { db },
        TokioSpawner::current(),
        TokioTimer::default(),
    )
}

/// What a resolver reaches through its context.
pub trait ContextExt {
    fn db(&self) -> &Db;
    fn loaders(&self) -> &DataLoader<Loaders, NoCache>;
}

impl ContextExt for Context<'_> {
    fn db(&self) -> &Db {
        self.data_unchecked()
    }

    fn loaders(&self) -> &DataLoader<Loaders, NoCache> {
        self.data_unchecked()
    }
}
