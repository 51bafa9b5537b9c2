//! Reading workouts.

use std::collections::HashMap;

use async_graphql::{Context, Object};
use futures_util::FutureExt;

use crate::{
    error::{Error, Result},
    graphql::{Connection, ContextExt, Nullable, Page, Total, written::Written},
    workouts::{
        Parts, Set, SetId, SetOf, Workout, WorkoutId,
        input::{TemplateScope, Wanted, WorkoutFilter, WorkoutOrder},
        store::{SetPlace, WorkoutPlace},
    },
};

#[derive(Default)]
pub struct WorkoutQuery;

#[Object]
impl WorkoutQuery {
    /// One workout, in the trash or not.
    async fn workout(&self, ctx: &Context<'_>, id: WorkoutId) -> Nullable<Written<Workout>> {
        Some(one(ctx, id).await.map(Written))
    }

    /// The workouts, without templates unless the filter asks for them.
    async fn workouts(
        &self,
        ctx: &Context<'_>,
        filter: Option<WorkoutFilter>,
        #[graphql(default)] order: WorkoutOrder,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Workout>> {
        let shown = match order {
            WorkoutOrder::Newest => "workouts, newest first",
            WorkoutOrder::Oldest => "workouts, oldest first",
            WorkoutOrder::Started => "workouts, last begun first",
            WorkoutOrder::Name => "workouts by name",
        };
        let page = Page::new(shown, first, after.as_deref(), last, before.as_deref())?;
        page_of(ctx, filter.unwrap_or_default().check()?, order, page).await
    }

    /// The templates that workouts are started from, by name.
    async fn templates(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Workout>> {
        let wanted = Wanted {
            templates: TemplateScope::Only,
            ..Wanted::default()
        };
        let (after, before) = (after.as_deref(), before.as_deref());
        let page = Page::new("templates", first, after, last, before)?;
        page_of(ctx, wanted, WorkoutOrder::Name, page).await
    }

    /// The workout that is being trained now; null where there is none.
    async fn active_workout(&self, ctx: &Context<'_>) -> Nullable<Written<Workout>> {
        active(ctx)
            .await
            .transpose()
            .map(|found| found.map(Written))
    }

    /// One set.
    async fn set(&self, ctx: &Context<'_>, id: SetId) -> Nullable<Set> {
        Some(set(ctx, id).await)
    }

    /// The sets of a workout, exercise by exercise, in their order; the workout may be in the trash.
    async fn sets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The workout whose sets they are.")] workout_id: WorkoutId,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Set>> {
        let (after, before) = (after.as_deref(), before.as_deref());
        let list = format!("sets of the workout {workout_id}");
        let page = Page::new(list, first, after, last, before)?;
        sets(ctx, workout_id, page).await
    }
}

async fn one(ctx: &Context<'_>, id: WorkoutId) -> Result<Workout> {
    let (owner, parts) = (ctx.owner()?, Parts::below(ctx, &[&[]]));
    let mut conn = ctx.db().conn().await?;
    Workout::find_kept(&mut conn, owner, id, parts).await
}

async fn active(ctx: &Context<'_>) -> Result<Option<Workout>> {
    let (owner, parts) = (ctx.owner()?, Parts::below(ctx, &[&[]]));
    let mut conn = ctx.db().conn().await?;
    Ok(Workout::active(&mut conn, owner, parts).await?)
}

async fn set(ctx: &Context<'_>, id: SetId) -> Result<Set> {
    let owner = ctx.owner()?;
    let found = ctx.loaders().load_one(SetOf { owner, id }).await?;
    found.ok_or_else(|| Error::not_found("set", id))
}

async fn page_of(
    ctx: &Context<'_>,
    wanted: Wanted,
    order: WorkoutOrder,
    page: Page<WorkoutPlace>,
) -> Result<Connection<Workout>> {
    let (owner, parts) = (ctx.owner()?, Parts::of_nodes(ctx));
    let mut conn = ctx.db().conn().await?;
    let rows = Workout::page_of(&mut conn, owner, &wanted, order, &page, parts).await?;
    let total = Total::counted_by(move |db| {
        let wanted = wanted.clone();
        async move { Ok(Workout::count(&mut *db.conn().await?, owner, &wanted).await?) }.boxed()
    });
    Ok(page.connect(rows, total, move |workout| workout.place(order)))
}

async fn sets(
    ctx: &Context<'_>,
    workout: WorkoutId,
    page: Page<SetPlace>,
) -> Result<Connection<Set>> {
    let owner = ctx.owner()?;
    let mut conn = ctx.db().conn().await?;
    Workout::find_kept(&mut conn, owner, workout, Parts::default()).await?;
    let rows = Set::page_of(&mut conn, owner, workout, &page).await?;
    let total = Total::counted_by(move |db| {
        async move { Ok(Set::count(&mut *db.conn().await?, owner, workout).await?) }.boxed()
    });
    let places: HashMap<SetId, i32> = rows.iter().map(|(place, set)| (set.id, *place)).collect();
    let sets = rows.into_iter().map(|(_, set)| set).collect();
    Ok(page.connect(sets, total, move |set| {
        SetPlace(places[&set.id], set.order_index)
    }))
}
