//! Writing both sides beside writing the database alone: the same sets, added to the same workouts, by turns.

use std::{rc::Rc, time::Duration};

use serde_json::json;
use uuid::Uuid;

use super::{
    Migration, Stage, copies,
    program::Server,
    results::{Results, Wanted},
};
use crate::{
    Failure,
    database::connect,
    load::{self, request},
    processes,
    tokens::token,
};

/// Whose exercise in a workout takes another set.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    owner: Uuid,
    id: Uuid,
}

/// One of each workout.
pub async fn places(url: &str) -> Result<Vec<Place>, Failure> {
    let client = connect(url).await?;
    let rows = client
        .query(
            "SELECT DISTINCT ON (workout_id) user_id, id FROM workout_exercises ORDER BY workout_id, id",
            &[],
        )
        .await?;
    let place = |row: &tokio_postgres::Row| {
        Ok(Place {
            owner: row.try_get(0)?,
            id: row.try_get(1)?,
        })
    };
    rows.iter().map(place).collect()
}

/// A set more, as it goes over the wire.
pub fn request_for(place: Place) -> Result<Vec<u8>, Failure> {
    let query = include_str!("../../queries/regimen/M1.graphql");
    let set = json!({"workoutExerciseId": place.id, "reps": 8, "weight": 82.5, "rpe": 8.5});
    let body = serde_json::to_vec(&json!({"query": query, "variables": {"input": set}}))?;
    Ok(request("/graphql", &body, Some(&token(place.owner))))
}

pub async fn measure(
    stage: &Stage<'_>,
    migration: &Migration,
    results: &mut Results,
) -> Result<(), Failure> {
    let (files, megabytes) = stage.files("mirrored", migration.written)?;
    let mirrored = stage.program("mirrored", Some(files)).await?;
    let both = mirrored.serve().await?;
    mirrored.run(&["dual-write", "on"]).await?;
    mirrored.run(&["backfill"]).await?;
    both.sees("backfilled").await?;
    let folder = stage.scratch.join("plain-files");
    copies::take(&mirrored.url, &folder).await?;
    let plain = stage.program("plain", None).await?;
    copies::put(&plain.url, &folder).await?;
    let one = plain.serve().await?;

    let places = places(&mirrored.url).await?;
    let requests = places.into_iter().map(request_for);
    let requests: load::Requests = Rc::new(requests.collect::<Result<_, _>>()?);
    for connections in [1, 16, 64] {
        let (mut twice, mut once) = (Vec::new(), Vec::new());
        // The first round only warms up.
        for round in 0..=migration.rounds {
            for (server, costs) in [(&both, &mut twice), (&one, &mut once)] {
                let cost = cost(stage, server, &requests, migration.mutations, connections).await?;
                if round > 0 {
                    costs.push(cost);
                }
            }
        }
        let size = format!("{megabytes:.1} MB, {connections} at once");
        tell(&size, &once, &twice, results);
    }
    mirrored.run(&["parity", "--scrub"]).await?;
    drop((both, one));
    stage.strike("mirrored").await?;
    stage.strike("plain").await
}

fn tell(size: &str, once: &[Cost], twice: &[Cost], results: &mut Results) {
    let mut add = |what: String, found, wanted| {
        results.add(&format!("{size}: {what}"), found, wanted);
    };
    for (who, costs) in [("plain", once), ("dual-written", twice)] {
        for cost in costs {
            let nothing = Wanted::Nothing;
            add(format!("{who}, server ms"), cost.server, nothing);
            add(format!("{who}, PostgreSQL ms"), cost.postgres, nothing);
            add(format!("{who}, median latency ms"), cost.latency, nothing);
        }
    }
    for (twice, once) in twice.iter().zip(once) {
        let processor = (twice.server + twice.postgres) / (once.server + once.postgres);
        let latency = twice.latency / once.latency;
        for (what, ratio) in [("processor time", processor), ("latency", latency)] {
            add(
                format!("dual-written / plain, {what}"),
                ratio,
                Wanted::AtMost(2.0),
            );
        }
    }
}

/// What one mutation costs, in milliseconds.
struct Cost {
    server: f64,
    postgres: f64,
    latency: f64,
}

async fn cost(
    stage: &Stage<'_>,
    server: &Server,
    requests: &load::Requests,
    count: usize,
    connections: usize,
) -> Result<Cost, Failure> {
    const PAUSE: Duration = Duration::from_millis(300);

    tokio::time::sleep(PAUSE).await;
    let before = (processes::seconds(server.pid()), stage.postgres());
    let load = load::drive(server.address, requests, count, connections).await?;
    tokio::time::sleep(PAUSE).await;
    let after = (processes::seconds(server.pid()), stage.postgres());
    if load.refused > 0 {
        return Err(format!("{} of {count} mutations were refused", load.refused).into());
    }
    let each = 1000.0 / f64::from(u32::try_from(count)?);
    Ok(Cost {
        server: (after.0 - before.0) * each,
        postgres: (after.1 - before.1) * each,
        latency: load.percentile(500),
    })
}
