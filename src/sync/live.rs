//! Changes while they happen.

use async_graphql::{Context, MaybeUndefined};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};

use super::{ChangeEvent, cursor::SyncCursor, graphql::scope, model::events};
use crate::{changes::Entity, error::Result, graphql::ContextExt};

/// The changes of all these kinds as clients see them: those after `after`, then whatever comes.
pub async fn changed(
    ctx: &Context<'_>,
    after: Option<String>,
    entities: MaybeUndefined<Vec<Entity>>,
) -> Result<BoxStream<'static, Result<ChangeEvent>>> {
    let scope = scope(ctx, entities)?;
    let (mut cursor, from) = if let Some(after) = after {
        let cursor = SyncCursor::open(scope.clone(), Some(&after))?;
        let places = cursor.places();
        (cursor, places)
    } else {
        let heads = crate::changes::heads(&mut *ctx.db().conn().await?, &scope.feeds()).await?;
        (SyncCursor::new(scope.clone(), &heads), heads)
    };
    let batches = ctx.hub().follow(scope, Some(from)).await?;
    let changes =
        batches.map_ok(move |batch| stream::iter(events(&batch, &mut cursor).into_iter().map(Ok)));
    Ok(changes.try_flatten().boxed())
}
