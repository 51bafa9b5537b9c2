//! What can be watched. Every field follows the change feed, so whatever was missed is read again.

use async_graphql::{Context, MaybeUndefined, Subscription};
use futures_util::Stream;

use crate::{
    changes::Entity,
    error::Result,
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
}
