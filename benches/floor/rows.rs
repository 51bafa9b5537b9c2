//! What is answered, as rows become it: by `serde`, or by async-graphql.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, serde::float_option};
use serde::Serialize;
use tokio_postgres::Row;
use uuid::Uuid;

#[derive(Clone, Serialize, SimpleObject)]
pub struct Exercise {
    pub id: Uuid,
    pub name: String,
    pub category: String,
}

#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct FoundExercise {
    id: Uuid,
    name: String,
    category: String,
    primary_muscles: Vec<String>,
    equipment: Vec<String>,
}

#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(complex)]
pub struct Set {
    pub id: Uuid,
    pub order_index: i32,
    pub reps: Option<i32>,
    #[serde(with = "float_option")]
    #[graphql(skip)]
    pub weight: Option<Decimal>,
    #[serde(with = "float_option")]
    #[graphql(skip)]
    pub rpe: Option<Decimal>,
    pub duration_seconds: Option<i32>,
    pub is_completed: bool,
}

#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    pub id: Uuid,
    pub order_index: i32,
    pub notes: Option<String>,
    pub exercise: Exercise,
    pub sets: Vec<Set>,
}

#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct Workout {
    pub id: Uuid,
    pub name: String,
    pub notes: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub exercises: Vec<Place>,
}

#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    id: Uuid,
    workout_id: Option<Uuid>,
    performed_at: DateTime<Utc>,
    duration_seconds: Option<i32>,
    notes: Option<String>,
}

#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    id: Uuid,
    title: String,
    description: Option<String>,
    completed: bool,
    due_at: Option<DateTime<Utc>>,
    tags: Vec<String>,
    created_at: DateTime<Utc>,
}

impl From<&Row> for Exercise {
    fn from(row: &Row) -> Self {
        Self {
            id: row.get(0),
            name: row.get(1),
            category: row.get(2),
        }
    }
}

impl From<&Row> for FoundExercise {
    fn from(row: &Row) -> Self {
        Self {
            id: row.get(0),
            name: row.get(1),
            category: row.get(2),
            primary_muscles: row.get(3),
            equipment: row.get(4),
        }
    }
}

impl From<&Row> for Set {
    fn from(row: &Row) -> Self {
        Self {
            id: row.get(0),
            order_index: row.get(1),
            reps: row.get(2),
            weight: row.get(3),
            rpe: row.get(4),
            duration_seconds: row.get(5),
            is_completed: row.get(6),
        }
    }
}

impl From<&Row> for Entry {
    fn from(row: &Row) -> Self {
        Self {
            id: row.get(0),
            workout_id: row.get(1),
            performed_at: row.get(2),
            duration_seconds: row.get(3),
            notes: row.get(4),
        }
    }
}

impl From<&Row> for Task {
    fn from(row: &Row) -> Self {
        Self {
            id: row.get(0),
            title: row.get(1),
            description: row.get(2),
            completed: row.get(3),
            due_at: row.get(4),
            tags: row.get(5),
            created_at: row.get(6),
        }
    }
}
