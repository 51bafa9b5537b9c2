//! Completing a workout: it ends, and what was done is recorded once.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use crate::{
    error::{Error, Result},
    history::{HistoryEntry, HistoryId, NewHistory, summary_of, zone_of},
    viewer::UserId,
    workouts::{Workout, WorkoutId, WorkoutStatus, input::Completion, new::WorkoutPatch},
};

/// What came of completing a workout.
#[derive(Clone, Copy, Debug)]
pub struct Completed {
    pub history: HistoryId,
    /// The workout's new version, if it was not completed before.
    pub version: Option<i32>,
    /// Whether the entry is new.
    pub recorded: bool,
}

impl Workout {
    /// Completes the workout. Doing it again changes nothing and finds the same entry, also in the trash.
    pub async fn complete(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        expected: Option<i32>,
        how: Completion,
    ) -> Result<Completed> {
        let workout = Self::locked_there(conn, owner, id).await?;
        if workout.is_template {
            let message = "a template cannot be completed: start a workout from it";
            return Err(Error::invalid("id", message));
        }
        let mut version = None;
        let (mut start, mut end) = (workout.started_at, workout.ended_at);
        if workout.status == WorkoutStatus::Completed {
            if let Some(history) = HistoryEntry::of_workout(conn, owner, id).await? {
                return Ok(Completed {
                    history,
                    version,
                    recorded: false,
                });
            }
        } else {
            workout.check_version(expected)?;
            let ended = how.ended_at.unwrap_or_else(Utc::now);
            let began = start.unwrap_or(ended);
            check_end(began, ended, how.ended_at.is_some())?;
            (start, end) = (Some(began), Some(ended.max(began)));
            let patch = WorkoutPatch {
                status: Some(WorkoutStatus::Completed),
                started_at: Some(start),
                ended_at: Some(end),
                ..WorkoutPatch::default()
            };
            version = Some(workout.write(conn, &patch).await?);
        }
        let history = workout.record(conn, start, end, how).await?;
        Ok(Completed {
            history,
            version,
            recorded: true,
        })
    }

    async fn record(
        &self,
        conn: &mut AsyncPgConnection,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
        how: Completion,
    ) -> Result<HistoryId> {
        let performed_at = start.or(end).unwrap_or(self.created_at);
        let zone = zone_of(conn, self.user_id, how.zone).await?;
        let summary = summary_of(conn, self.user_id, self.id, how.mark.bodyweight_kg).await?;
        let duration = start
            .zip(end)
            .map(|(start, end)| (end - start).num_seconds());
        let new = NewHistory {
            workout_id: Some(self.id),
            workout_name: Some(self.name.clone()),
            duration_seconds: duration.and_then(|seconds| i32::try_from(seconds).ok()),
            summary: Some(summary),
            ..how
                .mark
                .entry(self.user_id, how.history_id, performed_at, zone)
        };
        let inserted = NewHistory::insert_all(conn, std::slice::from_ref(&new)).await?;
        if inserted.is_empty() {
            let known = HistoryEntry::find_kept(conn, self.user_id, new.id).await?;
            return Err(known.known().at("input.historyId"));
        }
        Ok(new.id)
    }
}

/// A clock that runs behind is no reason to refuse; a given end is.
fn check_end(start: DateTime<Utc>, end: DateTime<Utc>, given: bool) -> Result<()> {
    if given && end < start {
        return Err(Error::invalid(
            "input.endedAt",
            "`endedAt` must not be before the workout's `startedAt`",
        ));
    }
    Ok(())
}
