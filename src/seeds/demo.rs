//! The demo user and their tasks, from `seeds/demo.json`. All dates are counted from the day the user
//! was made, so that seeding again on another day finds the same rows.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel_async::AsyncPgConnection;
use serde::Deserialize;

use super::{Counts, SeedError, id_of, plant_rows, training};
use crate::{
    changes::{self, Change, Entity},
    config::Secret,
    db::schema::tasks,
    settings::{Settings, Units},
    tasks::{NewTask, Priority, TaskId},
    users::{self, NewUser, User},
    viewer::UserId,
};

/// How to sign in as the demo user; the banner of a development server says so.
pub const EMAIL: &str = "test@example.com";
pub const PASSWORD: &str = "regimen-demo";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    user: DemoUser,
    tasks: Vec<DemoTask>,
    templates: Vec<training::Template>,
    workouts: Vec<training::Session>,
    planned: Vec<training::Planned>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoUser {
    email: String,
    display_name: String,
    password: String,
    units: Units,
    timezone: chrono_tz::Tz,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoTask {
    key: String,
    title: String,
    description: Option<String>,
    tags: Vec<String>,
    priority: Priority,
    due_in_days: Option<i64>,
    completed_days_ago: Option<i64>,
}

/// The demo user, the zone they live in, and the moment that all dates are counted from.
pub(super) struct Anchor {
    pub(super) owner: UserId,
    pub(super) zone: chrono_tz::Tz,
    pub(super) made: DateTime<Utc>,
}

impl Anchor {
    /// The day that many days before the user was made, as the user would name it.
    pub(super) fn day(&self, days_ago: i64) -> NaiveDate {
        self.made.with_timezone(&self.zone).date_naive() - Duration::days(days_ago)
    }
}

/// Adds the demo user and what they lack.
pub(super) async fn plant(
    conn: &mut AsyncPgConnection,
) -> Result<Vec<(&'static str, Counts)>, SeedError> {
    let demo: Demo = serde_json::from_str(include_str!("../../seeds/demo.json"))?;
    let (user, users) = plant_user(conn, &demo.user).await?;
    let anchor = Anchor {
        owner: user.id,
        zone: demo.user.timezone,
        made: user.created_at,
    };
    let mut report = vec![("users", users)];
    report.push(("tasks", plant_tasks(conn, &anchor, &demo.tasks).await?));
    let training = training::plant(
        conn,
        &anchor,
        &demo.templates,
        &demo.workouts,
        &demo.planned,
    )
    .await?;
    report.extend(training);
    Ok(report)
}

/// An account that is there is taken as it is, whatever its password.
async fn plant_user(
    conn: &mut AsyncPgConnection,
    demo: &DemoUser,
) -> Result<(User, Counts), SeedError> {
    if let Some(user) = User::find_by_email(conn, &demo.email).await? {
        return Ok((
            user,
            Counts {
                unchanged: 1,
                ..Counts::default()
            },
        ));
    }
    let hash = users::hash_password(Secret::new(demo.password.clone())).await?;
    let new = NewUser {
        id: UserId::new(),
        email: demo.email.clone(),
        display_name: demo.display_name.clone(),
        password_hash: Some(hash),
    };
    let user = new.insert(conn).await?;
    Settings::insert_missing(conn, user.id, demo.units, demo.timezone.name()).await?;
    changes::append(
        conn,
        user.id,
        &[Change::created(Entity::Settings, user.id.0)],
    )
    .await?;
    Ok((
        user,
        Counts {
            inserted: 1,
            ..Counts::default()
        },
    ))
}

async fn plant_tasks(
    conn: &mut AsyncPgConnection,
    anchor: &Anchor,
    demo: &[DemoTask],
) -> Result<Counts, SeedError> {
    let rows: Vec<NewTask> = demo
        .iter()
        .enumerate()
        .map(|(index, task)| task_row(anchor, index, task))
        .collect();
    let (counts, inserted) = plant_rows!(conn, tasks, NewTask, &rows, |row: &NewTask| row
        .title
        .clone());
    let inserted: Vec<TaskId> = inserted;
    let changes: Vec<Change> = inserted
        .iter()
        .map(|id| Change::created(Entity::Task, id.0))
        .collect();
    changes::append(conn, anchor.owner, &changes).await?;
    Ok(counts)
}

fn task_row(anchor: &Anchor, index: usize, task: &DemoTask) -> NewTask {
    let completed_at = task
        .completed_days_ago
        .map(|days| anchor.made - Duration::days(days));
    let id = TaskId(id_of(anchor.owner.0, &task.key));
    NewTask {
        description: task.description.clone(),
        completed: completed_at.is_some(),
        completed_at,
        priority: task.priority,
        tags: task.tags.clone(),
        due_date: task.due_in_days.map(|days| anchor.day(-days).into()),
        position: format!("a{index}"),
        ..NewTask::titled(anchor.owner, id, task.title.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_names_the_account_of_the_seeds() {
        let demo: Demo = serde_json::from_str(include_str!("../../seeds/demo.json")).unwrap();
        assert_eq!(
            (demo.user.email.as_str(), demo.user.password.as_str()),
            (EMAIL, PASSWORD)
        );
    }
}
