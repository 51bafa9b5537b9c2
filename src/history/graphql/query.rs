//! Reading the history.

use std::borrow::Cow;

use async_graphql::{ComplexObject, Context, Object};
use futures_util::FutureExt;

use crate::{
    error::{Error, Result},
    graphql::{Connection, ContextExt, Nullable, Page, Total},
    history::{
        HistoryEntry, HistoryEntryOf, HistoryId,
        input::{HistoryFilter, HistoryOrder, Wanted},
        store::HistoryPlace,
    },
    workouts::{Parts, Workout, WorkoutOf},
};

#[derive(Default)]
pub struct HistoryQuery;

#[Object]
impl HistoryQuery {
    /// One entry of the history, in the trash or not.
    async fn history_entry(&self, ctx: &Context<'_>, id: HistoryId) -> Nullable<HistoryEntry> {
        Some(one(ctx, id).await)
    }

    /// The sessions that were done.
    async fn history(
        &self,
        ctx: &Context<'_>,
        filter: Option<HistoryFilter>,
        #[graphql(default)] order: HistoryOrder,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<HistoryEntry>> {
        let shown = match order {
            HistoryOrder::Newest => "history, newest first",
            HistoryOrder::Oldest => "history, oldest first",
        };
        let page = Page::new(shown, first, after.as_deref(), last, before.as_deref())?;
        page_of(ctx, filter.unwrap_or_default().check()?, order, page).await
    }
}

#[ComplexObject]
impl HistoryEntry {
    /// The workout as it is now; null where there was none or it is deleted.
    async fn workout(&self, ctx: &Context<'_>) -> Nullable<Cow<'_, Workout>> {
        if let Some(found) = self.workout.get() {
            return found.as_deref().map(|workout| Ok(Cow::Borrowed(workout)));
        }
        let (owner, id) = (self.user_id, self.workout_id?);
        let found = ctx.loaders().load_one(WorkoutOf { owner, id }).await;
        found.map(|workout| workout.map(Cow::Owned)).transpose()
    }
}

async fn one(ctx: &Context<'_>, id: HistoryId) -> Result<HistoryEntry> {
    let owner = ctx.owner()?;
    let found = ctx.loaders().load_one(HistoryEntryOf { owner, id }).await?;
    found.ok_or_else(|| Error::not_found("entry of the history", id))
}

async fn page_of(
    ctx: &Context<'_>,
    wanted: Wanted,
    order: HistoryOrder,
    page: Page<HistoryPlace>,
) -> Result<Connection<HistoryEntry>> {
    let owner = ctx.owner()?;
    let mut conn = ctx.db().conn().await?;
    let columns = Page::<HistoryPlace>::columns(ctx, &[]);
    let mut rows = HistoryEntry::page_of(&mut conn, owner, &wanted, order, &page, columns).await?;
    let (nodes, edges) = (["nodes", "workout"], ["edges", "node", "workout"]);
    let asked = ctx.look_ahead().field("nodes").field("workout").exists()
        || edges
            .iter()
            .fold(ctx.look_ahead(), |here, name| here.field(name))
            .exists();
    if asked {
        let parts = Parts::below(ctx, &[&nodes, &edges]);
        HistoryEntry::fetch_workouts(&mut conn, owner, &mut rows, parts).await?;
    }
    let total = Total::counted_by(move |db| {
        let wanted = wanted.clone();
        async move { Ok(HistoryEntry::count(&mut *db.conn().await?, owner, &wanted).await?) }
            .boxed()
    });
    Ok(page.connect(rows, total, HistoryEntry::place))
}
