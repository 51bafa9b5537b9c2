//! Connections, each with its statements prepared once, lent to one request at a time.

use std::{ops::Deref, sync::Mutex};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::{Client, NoTls, Statement};

use crate::Failure;

pub struct Pool {
    idle: Mutex<Vec<Conn>>,
    free: Semaphore,
}

/// A connection and what was prepared on it.
pub struct Conn {
    pub client: Client,
    pub prepared: Prepared,
}

macro_rules! statements {
    ($($name:ident: $sql:expr;)*) => {
        pub struct Prepared {
            $(pub $name: Statement,)*
        }

        impl Prepared {
            async fn on(client: &Client) -> Result<Self, tokio_postgres::Error> {
                Ok(Self { $($name: client.prepare($sql).await?,)* })
            }
        }
    };
}

statements! {
    workout: "SELECT id, name, notes, started_at FROM workouts WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL";
    workouts: "SELECT id, name, notes, started_at FROM workouts WHERE user_id = $1 AND deleted_at IS NULL
        ORDER BY created_at DESC, id DESC LIMIT $2";
    places: "SELECT id, order_index, notes, workout_id, exercise_id FROM workout_exercises
        WHERE user_id = $1 AND workout_id = ANY($2) ORDER BY workout_id, order_index";
    sets: "SELECT id, order_index, reps, weight, rpe, duration_seconds, is_completed, workout_exercise_id FROM sets
        WHERE user_id = $1 AND workout_id = ANY($2) ORDER BY workout_id, workout_exercise_id, order_index";
    trained: "SELECT id, name, category FROM exercises WHERE id = ANY(ARRAY(
        SELECT exercise_id FROM workout_exercises WHERE user_id = $1 AND workout_id = ANY($2)))";
    named: "SELECT id, name, category FROM exercises WHERE id = ANY($1) AND (owner_id IS NULL OR owner_id = $2)";
    exercises: "SELECT id, name, category, primary_muscles, equipment FROM exercises
        WHERE (owner_id IS NULL OR owner_id = $1) AND archived_at IS NULL AND category = $2
        AND search_text ~ $3 ORDER BY lower(name), id LIMIT $4";
    history: "SELECT id, workout_id, performed_at, duration_seconds, notes FROM history
        WHERE user_id = $1 AND performed_at >= $2 AND performed_at < $3 AND (performed_at, id) < ($4, $5)
        AND deleted_at IS NULL ORDER BY performed_at DESC, id DESC LIMIT $6";
    tasks: "SELECT id, title, description, completed, due_at, tags, created_at FROM tasks
        WHERE user_id = $1 AND deleted_at IS NULL ORDER BY position, id LIMIT $2";
    add_set: "INSERT INTO sets
        (user_id, id, workout_id, workout_exercise_id, order_index, reps, weight, rpe)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        RETURNING id, reps, weight, rpe, duration_seconds, is_completed";
    create_workout: "WITH made AS (INSERT INTO workouts (user_id, id, name) VALUES ($1, $2, $3)), places AS (
        INSERT INTO workout_exercises (user_id, id, workout_id, exercise_id, order_index)
        SELECT $1, id, $2, exercise, number - 1
        FROM unnest($4::uuid[], $5::uuid[]) WITH ORDINALITY AS list (id, exercise, number))
        INSERT INTO sets (user_id, id, workout_id, workout_exercise_id, order_index, reps, weight)
        SELECT $1, id, $2, place, number, reps, weight
        FROM unnest($6::uuid[], $7::uuid[], $8::int[], $9::int[], $10::numeric[]) AS list (id, place, number, reps, weight)";
}

impl Pool {
    pub async fn open(url: &str, size: usize) -> Result<Self, Failure> {
        let mut idle = Vec::new();
        for _ in 0..size {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            let prepared = Prepared::on(&client).await?;
            idle.push(Conn { client, prepared });
        }
        Ok(Self {
            idle: Mutex::new(idle),
            free: Semaphore::new(size),
        })
    }

    pub async fn conn(&self) -> Lent<'_> {
        let permit = self.free.acquire().await.expect("it is never closed");
        let conn = self.idle.lock().expect("nobody panics here").pop();
        Lent {
            pool: self,
            conn,
            _permit: permit,
        }
    }
}

/// Goes back when it is dropped.
pub struct Lent<'a> {
    pool: &'a Pool,
    conn: Option<Conn>,
    _permit: SemaphorePermit<'a>,
}

impl Deref for Lent<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn.as_ref().expect("lent until it is dropped")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let (Some(conn), Ok(mut idle)) = (self.conn.take(), self.pool.idle.lock()) {
            idle.push(conn);
        }
    }
}
