//! Delta sync: what changed since a client looked last.

use async_graphql::{Context, MaybeUndefined, Object};

use super::{cursor::SyncCursor, model::ChangePage};
use crate::{
    changes::{self, Entity, Scope},
    error::{Error, Result},
    graphql::{ContextExt, input},
};

const LARGEST_PAGE: i32 = 1000;

#[derive(Default)]
pub struct SyncQuery;

#[Object]
impl SyncQuery {
    /// What changed since `after` among one's own records and the library's exercises. To keep a
    /// copy: take a `syncCursor`, read everything once, then ask for changes from that cursor on,
    /// page by page. A cursor that is too old is refused with the code `CURSOR_EXPIRED`: begin anew.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "A cursor of `syncCursor`, of a page, or of a change; absent means from the very beginning."
        )]
        after: Option<String>,
        #[graphql(
            desc = "The most changes to read, from 1 to 1000. Fewer are shown where a record changed several times.",
            default = 200
        )]
        first: i32,
        #[graphql(desc = "Only these kinds of records; all of them where absent.")]
        entities: MaybeUndefined<Vec<Entity>>,
    ) -> Result<ChangePage> {
        let size = usize::try_from(first).unwrap_or(0);
        if !(1..=LARGEST_PAGE).contains(&first) {
            let message = format!("`first` must be from 1 to {LARGEST_PAGE}");
            return Err(Error::invalid("first", message));
        }
        let scope = scope(ctx, entities)?;
        let mut cursor = SyncCursor::open(scope.clone(), after.as_deref())?;
        let mut conn = ctx.db().conn().await?;
        let batch = changes::read(&mut conn, &scope, &cursor.places(), size).await?;
        Ok(ChangePage::new(&batch, &mut cursor))
    }

    /// The cursor of this moment, for all kinds of records. Take it before reading everything:
    /// what changes meanwhile comes again, and nothing is missed.
    async fn sync_cursor(&self, ctx: &Context<'_>) -> Result<String> {
        let scope = scope(ctx, MaybeUndefined::Undefined)?;
        let mut conn = ctx.db().conn().await?;
        let heads = changes::heads(&mut conn, &scope.feeds()).await?;
        Ok(SyncCursor::new(scope, &heads).text())
    }
}

/// What the viewer wants to know of.
pub(super) fn scope(ctx: &Context<'_>, entities: MaybeUndefined<Vec<Entity>>) -> Result<Scope> {
    let entities = input::given("entities", entities)?;
    if entities.as_ref().is_some_and(Vec::is_empty) {
        let message = "name at least one of `entities`, or leave them out for all";
        return Err(Error::invalid("entities", message));
    }
    let viewer = ctx.owner()?;
    ctx.in_database()?;
    Ok(Scope { viewer, entities })
}
