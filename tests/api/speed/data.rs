//! Much data, made by the database itself.

use diesel_async::SimpleAsyncConnection;
use regimen::viewer::UserId;

use crate::support::TestApp;

/// How much of everything there is.
#[derive(Clone, Copy)]
pub struct Size {
    /// Other accounts, each with as many workouts.
    pub users: usize,
    pub workouts: usize,
    /// Exercises in each workout, and sets of each of those.
    pub places: usize,
    pub sets: usize,
    /// Of the one who asks; others have a tenth.
    pub tasks: usize,
    pub entries: usize,
    pub exercises: usize,
}

/// Fills the tables. Foreign keys are not checked meanwhile, which would take most of the time.
pub async fn fill(app: &TestApp, owner: UserId, size: Size) {
    let numbers = [
        (":users", size.users),
        (":workouts", size.workouts),
        (":places", size.places),
        (":sets", size.sets),
        (":tasks", size.tasks),
        (":entries", size.entries),
        (":exercises", size.exercises),
    ];
    let sql = include_str!("data.sql").replace(":owner", &owner.to_string());
    let put = |sql: String, (name, number): (&str, usize)| sql.replace(name, &number.to_string());
    let sql = numbers.into_iter().fold(sql, put);
    let mut conn = app.database.connect().await;
    conn.batch_execute(&sql).await.expect("much data");
}
