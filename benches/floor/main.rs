//! The floor: what the same answers cost when everything is written by hand. The statements are those of
//! our server or better, rows become structs, and `serde` writes them. It knows neither sign-in nor limits,
//! keeps no versions and no change feed, and reads no GraphQL: the least that a server can do. Under `/graphql`
//! the same statements are answered through async-graphql, see `plain`.

mod plain;
mod pool;
mod read;
mod rows;
mod write;

use std::{error::Error, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::{Serialize, de::DeserializeOwned};

use pool::Pool;

/// As our program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let setting = |name| {
        std::env::vars()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    };
    let url = setting("DATABASE_URL").ok_or("`DATABASE_URL` is not set")?;
    let port: u16 = setting("PORT").ok_or("`PORT` is not set")?.parse()?;
    let pool = Arc::new(Pool::open(&url, 10).await?);
    let routes = Router::new()
        .route("/{class}", post(answer))
        .with_state(Arc::clone(&pool))
        .merge(plain::routes(pool));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(axum::serve(listener, routes).await?)
}

async fn answer(State(pool): State<Arc<Pool>>, Path(class): Path<String>, body: Bytes) -> Response {
    match answered(&pool, &class, &body).await {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => {
            let cause = error
                .source()
                .map_or_else(String::new, |it| format!(": {it}"));
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}{cause}")).into_response()
        }
    }
}

async fn answered(pool: &Pool, class: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
    if class == "edge" {
        return Ok(br#"{"data":{"version":"0.1.0"},"extensions":{"cost":1}}"#.to_vec());
    }
    let conn = pool.conn().await;
    match class {
        "Q1" => data("workout", conn.workout(read(body)?).await?),
        "Q2" => data(
            "workouts",
            Nodes {
                nodes: conn.workouts(read(body)?).await?,
            },
        ),
        "Q3" => data(
            "exercises",
            Nodes {
                nodes: conn.exercises(read(body)?).await?,
            },
        ),
        "Q4" => data(
            "history",
            Nodes {
                nodes: conn.history(read(body)?).await?,
            },
        ),
        "Q5" => data(
            "tasks",
            Nodes {
                nodes: conn.tasks(read(body)?).await?,
            },
        ),
        "M1" => data(
            "addSet",
            Made {
                set: conn.add_set(read(body)?).await?,
            },
        ),
        "M2" => data(
            "createWorkout",
            MadeWorkout {
                workout: conn.create_workout(read(body)?).await?,
            },
        ),
        _ => Err("no such class".into()),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    Ok(serde_json::from_slice(body)?)
}

#[derive(Serialize)]
struct Nodes<T> {
    nodes: Vec<T>,
}

#[derive(Serialize)]
struct Made {
    set: write::AddedSet,
}

#[derive(Serialize)]
struct MadeWorkout {
    workout: rows::Workout,
}

fn data<T: Serialize>(name: &'static str, value: T) -> Result<Vec<u8>, Failure> {
    struct Field<T>(&'static str, T);

    impl<T: Serialize> Serialize for Field<T> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([(self.0, &self.1)])
        }
    }

    #[derive(Serialize)]
    struct Answer<T> {
        data: Field<T>,
    }

    Ok(serde_json::to_vec(&Answer {
        data: Field(name, value),
    })?)
}
