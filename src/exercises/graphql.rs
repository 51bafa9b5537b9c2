//! The fields of the API that concern exercises.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};

use super::{
    Exercise, ExerciseId, NewExercise,
    input::{CreateExerciseInput, ExerciseFilter, ExerciseOrder, UpdateExerciseInput},
    loader::ExerciseSeenBy,
    merge,
    model::ExercisePatch,
    store::ExercisePlace,
};
use crate::{
    changes::{self, Change, EVERYBODY, Entity},
    error::{Error, Result},
    graphql::{Connection, ContextExt, Nullable, Page, Total, mutate},
    viewer::UserId,
};

/// The most exercises that are added to the library at once.
const MOST_SEEDS: usize = 500;

#[derive(Default)]
pub struct ExerciseQuery;

#[Object]
impl ExerciseQuery {
    /// One exercise of the library or of one's own.
    async fn exercise(&self, ctx: &Context<'_>, id: ExerciseId) -> Nullable<Exercise> {
        Some(Exercise::load(ctx, id).await)
    }

    /// The exercises of the library and one's own.
    async fn exercises(
        &self,
        ctx: &Context<'_>,
        filter: Option<ExerciseFilter>,
        #[graphql(default)] order: ExerciseOrder,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Skips this many, for lists with page numbers.")] offset: Option<i32>,
    ) -> Result<Connection<Exercise>> {
        let reader = ctx.caller().map(|viewer| viewer.user);
        let filter = filter.unwrap_or_default().check()?;
        let (list, order) = filter.listed_by(order);
        let page =
            Page::new(list, first, after.as_deref(), last, before.as_deref())?.skipping(offset)?;
        let mut conn = ctx.db().conn().await?;
        let columns = Page::<ExercisePlace>::columns(ctx, &["created_at"]);
        let (rows, relevance) =
            Exercise::page_of(&mut conn, reader, &filter, order, &page, columns).await?;
        let total = Total::counted_by(move |db| {
            let filter = filter.clone();
            async move { Ok(Exercise::count(&mut *db.conn().await?, reader, &filter).await?) }
                .boxed()
        });
        Ok(page.connect(rows, total, move |exercise| {
            exercise.place(order, &relevance)
        }))
    }
}

#[ComplexObject]
impl Exercise {
    /// Whether it is one's own, and not the library's.
    async fn is_mine(&self) -> bool {
        self.has_owner()
    }
}

/// What a change of an exercise answers.
#[derive(SimpleObject)]
struct ExercisePayload {
    /// The id of the exercise.
    exercise_id: ExerciseId,
    /// The exercise as it is now; null where a request is repeated by its key, and the exercise has been
    /// merged into another one since.
    exercise: Option<Exercise>,
}

impl ExercisePayload {
    async fn of(ctx: &Context<'_>, id: ExerciseId) -> Result<Self> {
        Ok(Self {
            exercise_id: id,
            exercise: match Exercise::load(ctx, id).await {
                Err(Error::NotFound { .. }) => None,
                found => Some(found?),
            },
        })
    }
}

#[derive(Default)]
pub struct ExerciseMutation;

#[Object]
impl ExerciseMutation {
    /// Makes an exercise of one's own.
    async fn create_exercise(
        &self,
        ctx: &Context<'_>,
        input: CreateExerciseInput,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<ExercisePayload> {
        Some(create(ctx, idempotency_key, input).await)
    }

    /// Changes an exercise of one's own; admins may change the library's.
    async fn update_exercise(
        &self,
        ctx: &Context<'_>,
        id: ExerciseId,
        input: UpdateExerciseInput,
        #[graphql(desc = "Refuses the change if the exercise has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<ExercisePayload> {
        Some(match input.check() {
            Ok(patch) => change(ctx, idempotency_key, id, expected_version, patch).await,
            Err(error) => Err(error),
        })
    }

    /// Puts an exercise away, so that it is no longer offered, or brings it back.
    async fn archive_exercise(
        &self,
        ctx: &Context<'_>,
        id: ExerciseId,
        #[graphql(desc = "False brings it back.", default = true)] archived: bool,
        #[graphql(desc = "Refuses the change if the exercise has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<ExercisePayload> {
        let archived_at = Some(archived.then(chrono::Utc::now));
        let patch = ExercisePatch {
            archived_at,
            ..ExercisePatch::default()
        };
        Some(change(ctx, idempotency_key, id, expected_version, patch).await)
    }

    /// Merges duplicates of one's own into one exercise: every workout that used them uses that one
    /// from now on, and their names become its aliases.
    async fn merge_exercises(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The duplicates, from 1 to 50; they are gone afterwards.")] from: Vec<
            ExerciseId,
        >,
        #[graphql(desc = "The exercise that stays: one's own, or the library's.")] into: ExerciseId,
        #[graphql(desc = "Refuses if the exercise that stays has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<ExercisePayload> {
        Some(merge_into(ctx, idempotency_key, from, into, expected_version).await)
    }

    /// Adds exercises to the library where their names are free. Sending them again adds nothing.
    async fn seed_exercises(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From 1 to 500 exercises.")] exercises: Vec<CreateExerciseInput>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<SeedExercisesPayload> {
        Some(seed(ctx, idempotency_key, exercises).await)
    }
}

/// What became of exercises that were added to the library.
#[derive(SimpleObject, Serialize, Deserialize)]
struct SeedExercisesPayload {
    /// How many were added.
    inserted: i32,
    /// The names that were taken, by these or by other exercises.
    skipped: Vec<String>,
}

impl Exercise {
    /// What the caller can see under this id.
    pub async fn load(ctx: &Context<'_>, id: ExerciseId) -> Result<Self> {
        let reader = ctx.caller().map(|viewer| viewer.user);
        let found = ctx
            .loaders()
            .load_one(ExerciseSeenBy { reader, id })
            .await?;
        found.ok_or_else(|| Error::not_found("exercise", id))
    }
}

async fn create(
    ctx: &Context<'_>,
    key: Option<String>,
    input: CreateExerciseInput,
) -> Result<ExercisePayload> {
    let new = input.check(Some(ctx.owner()?))?;
    let id = mutate(ctx, key, async |conn, owner| {
        if new.insert(conn).await? {
            let change = Change::created(Entity::Exercise, new.id.0);
            changes::append(conn, owner, &[change]).await?;
        }
        Ok(new.id)
    })
    .await?;
    ExercisePayload::of(ctx, id).await
}

async fn change(
    ctx: &Context<'_>,
    key: Option<String>,
    id: ExerciseId,
    expected: Option<i32>,
    patch: ExercisePatch,
) -> Result<ExercisePayload> {
    let owner = owner_of(ctx, id).await?;
    let id = mutate(ctx, key, async |conn, _| {
        let version = Exercise::apply(conn, owner, id, expected, patch).await?;
        let change = version.map(|version| Change::updated(Entity::Exercise, id.0, version));
        changes::append(conn, owner.unwrap_or(EVERYBODY), change.as_slice()).await?;
        Ok(id)
    })
    .await?;
    ExercisePayload::of(ctx, id).await
}

/// Whose exercise it is, if the viewer may change it.
async fn owner_of(ctx: &Context<'_>, id: ExerciseId) -> Result<Option<UserId>> {
    let viewer = ctx.viewer()?;
    let exercise = Exercise::load(ctx, id).await?;
    if exercise.owner_id.is_none() {
        ctx.admin().map_err(|_| {
            Error::Forbidden(
                "this exercise is the library's: make one of your own, or ask an admin",
            )
        })?;
        return Ok(None);
    }
    Ok(Some(viewer.user))
}

async fn merge_into(
    ctx: &Context<'_>,
    key: Option<String>,
    from: Vec<ExerciseId>,
    into: ExerciseId,
    expected: Option<i32>,
) -> Result<ExercisePayload> {
    merge::check(&from, into)?;
    let id = mutate(ctx, key, async |conn, owner| {
        merge::merge(conn, owner, &from, into, expected).await?;
        Ok(into)
    })
    .await?;
    ExercisePayload::of(ctx, id).await
}

async fn seed(
    ctx: &Context<'_>,
    key: Option<String>,
    inputs: Vec<CreateExerciseInput>,
) -> Result<SeedExercisesPayload> {
    ctx.admin()?;
    if inputs.is_empty() || inputs.len() > MOST_SEEDS {
        let message = format!("`exercises` must have from 1 to {MOST_SEEDS} items");
        return Err(Error::invalid("exercises", message));
    }
    let mut rows = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.into_iter().enumerate() {
        rows.push(
            input
                .check(None)
                .map_err(|error| error.within(&format!("exercises.{index}")))?,
        );
    }
    mutate(ctx, key, async |conn, _| {
        let added = NewExercise::insert_missing(conn, &rows).await?;
        let changes: Vec<Change> = added
            .iter()
            .map(|id| Change::created(Entity::Exercise, id.0))
            .collect();
        changes::append(conn, EVERYBODY, &changes).await?;
        let skipped = rows.iter().filter(|row| !added.contains(&row.id));
        Ok(SeedExercisesPayload {
            inserted: i32::try_from(added.len()).unwrap_or(i32::MAX),
            skipped: skipped.map(|row| row.name.clone()).collect(),
        })
    })
    .await
}
