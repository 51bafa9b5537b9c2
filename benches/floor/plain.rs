//! async-graphql as it comes, over the floor's statements: what its users would write, in its shortest form. The rows
//! are its objects, each root field makes one call, and what hangs below was fetched with it. It checks neither
//! who asks nor what that costs.

use std::sync::Arc;

use async_graphql::{
    ComplexObject, Context, EmptySubscription, InputObject, Object, Request, Result, Schema,
};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use chrono::{DateTime, Utc};
use rust_decimal::{
    Decimal,
    prelude::{FromPrimitive, ToPrimitive},
};
use uuid::Uuid;

use crate::{
    pool::{Lent, Pool},
    read::{First, OneWorkout, Period, Search},
    rows::{Entry, FoundExercise, Set, Task, Workout},
    write::{AddedSet, Content, NewPlace, NewSet, NewWorkout, PlannedSet},
};

type Plain = Schema<Query, Mutation, EmptySubscription>;

pub fn routes(pool: Arc<Pool>) -> Router {
    let schema = Schema::build(Query, Mutation, EmptySubscription).data(pool);
    Router::new()
        .route("/graphql", post(answer))
        .with_state(schema.finish())
}

async fn answer(State(schema): State<Plain>, body: Bytes) -> Response {
    let request: Request = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    match serde_json::to_vec(&schema.execute(request).await) {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn conn<'a>(ctx: &Context<'a>) -> Result<Lent<'a>> {
    Ok(ctx.data::<Arc<Pool>>()?.conn().await)
}

struct Query;

#[Object]
impl Query {
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    async fn workout(&self, ctx: &Context<'_>, user_id: Uuid, id: Uuid) -> Result<Workout> {
        let asked = OneWorkout { user: user_id, id };
        Ok(conn(ctx).await?.workout(asked).await?)
    }

    async fn workouts(&self, ctx: &Context<'_>, user_id: Uuid, first: i64) -> Result<Vec<Workout>> {
        let asked = First {
            user: user_id,
            first,
        };
        Ok(conn(ctx).await?.workouts(asked).await?)
    }

    async fn exercises(
        &self,
        ctx: &Context<'_>,
        user_id: Uuid,
        category: String,
        search: String,
        first: i64,
    ) -> Result<Vec<FoundExercise>> {
        let asked = Search {
            user: user_id,
            category,
            search,
            first,
        };
        Ok(conn(ctx).await?.exercises(asked).await?)
    }

    async fn history(&self, ctx: &Context<'_>, filter: HistoryFilter) -> Result<Vec<Entry>> {
        Ok(conn(ctx).await?.history(filter.into()).await?)
    }

    async fn tasks(&self, ctx: &Context<'_>, user_id: Uuid, first: i64) -> Result<Vec<Task>> {
        let asked = First {
            user: user_id,
            first,
        };
        Ok(conn(ctx).await?.tasks(asked).await?)
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn add_set(&self, ctx: &Context<'_>, input: AddSetInput) -> Result<AddedSet> {
        Ok(conn(ctx).await?.add_set(input.into()).await?)
    }

    async fn create_workout(&self, ctx: &Context<'_>, input: WorkoutInput) -> Result<Workout> {
        Ok(conn(ctx).await?.create_workout(input.into()).await?)
    }
}

#[ComplexObject]
impl Set {
    async fn weight(&self) -> Option<f64> {
        self.weight.and_then(|it| it.to_f64())
    }

    async fn rpe(&self) -> Option<f64> {
        self.rpe.and_then(|it| it.to_f64())
    }
}

#[ComplexObject]
impl AddedSet {
    async fn weight(&self) -> Option<f64> {
        self.weight.and_then(|it| it.to_f64())
    }

    async fn rpe(&self) -> Option<f64> {
        self.rpe.and_then(|it| it.to_f64())
    }
}

#[derive(InputObject)]
struct HistoryFilter {
    user_id: Uuid,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    first: i64,
    after_at: DateTime<Utc>,
    after_id: Uuid,
}

#[derive(InputObject)]
struct AddSetInput {
    user_id: Uuid,
    workout_id: Uuid,
    workout_exercise_id: Uuid,
    order_index: i32,
    reps: Option<i32>,
    weight: Option<f64>,
    rpe: Option<f64>,
}

#[derive(InputObject)]
struct WorkoutInput {
    user_id: Uuid,
    name: String,
    exercises: Vec<PlaceInput>,
}

#[derive(InputObject)]
struct PlaceInput {
    exercise_id: Uuid,
    sets: Vec<SetInput>,
}

#[derive(InputObject)]
struct SetInput {
    reps: Option<i32>,
    weight: Option<f64>,
}

impl From<HistoryFilter> for Period {
    fn from(filter: HistoryFilter) -> Self {
        Self {
            user: filter.user_id,
            from: filter.from,
            to: filter.to,
            first: filter.first,
            after_at: filter.after_at,
            after_id: filter.after_id,
        }
    }
}

impl From<AddSetInput> for NewSet {
    fn from(input: AddSetInput) -> Self {
        Self {
            user: input.user_id,
            workout_id: input.workout_id,
            workout_exercise_id: input.workout_exercise_id,
            order_index: input.order_index,
            reps: input.reps,
            weight: input.weight.and_then(Decimal::from_f64),
            rpe: input.rpe.and_then(Decimal::from_f64),
        }
    }
}

impl From<WorkoutInput> for NewWorkout {
    fn from(input: WorkoutInput) -> Self {
        let set = |it: SetInput| PlannedSet {
            reps: it.reps,
            weight: it.weight.and_then(Decimal::from_f64),
        };
        let place = |it: PlaceInput| NewPlace {
            exercise_id: it.exercise_id,
            sets: it.sets.into_iter().map(set).collect(),
        };
        Self {
            user: input.user_id,
            input: Content {
                name: input.name,
                exercises: input.exercises.into_iter().map(place).collect(),
            },
        }
    }
}
