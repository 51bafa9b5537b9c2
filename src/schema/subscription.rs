//! What can be watched. Every field reads what is stored, so whatever was missed is read again.

use async_graphql::{Context, MaybeUndefined, Subscription};
use futures_util::Stream;

use crate::{
    changes::Entity,
    error::Result,
    migration::{self, Migration},
    sync::{self, ChangeEvent},
};

/// What can be watched.
#[derive(Default)]
pub struct Root;

/// What can be watched.
#[Subscription(name = "Subscription")]
impl Root {
    /// One's own records and the library's exercises, whenever one is made, changed or removed.
    /// After a break, send the cursor of the last change that was seen: what was missed comes first.
    async fn changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The cursor to continue behind; absent means from now on.")] after: Option<
            String,
        >,
        #[graphql(desc = "Only these kinds of records; all of them where absent.")]
        entities: MaybeUndefined<Vec<Entity>>,
    ) -> Result<impl Stream<Item = Result<ChangeEvent>> + use<>> {
        sync::changed(ctx, after, entities).await
    }

    /// How far the way in from JSON files is, now and whenever that has changed, for admins.
    async fn migration_progress(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<Migration>> + use<>> {
        migration::progress(ctx)
    }
}
