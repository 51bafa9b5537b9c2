//! Completing a workout: it ends, and what was done is recorded once.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use crate::{
    changes::{Change, Entity},
    error::{Error, Result},
    history::{HistoryEntry, HistoryId, NewHistory, summary_of, zone_of},
    viewer::UserId,
    workouts::{Workout, WorkoutId, WorkoutStatus, input::Completion, new::WorkoutPatch},
};

/// The longest session, in seconds; that of the history.
const LONGEST: i64 = 10_000_000;

/// What came of completing a workout.
#[derive(Clone, Copy, Debug)]
pub struct Completed {
    pub history: HistoryId,
    /// The workout's new version, if it was not completed before.
    pub version: Option<i32>,
    /// What the feed is to say of the entry, if it is new or was refreshed.
    pub recorded: Option<Change>,
}

impl Workout {
    /// Completes the workout. Doing it again changes nothing and finds the same entry, also in the trash.
    /// Whoever says something else of it then is refused.
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
        let entry = HistoryEntry::of_workout(conn, owner, id).await?;
        let mut version = None;
        let (mut start, mut end) = (workout.started_at, workout.ended_at);
        if workout.status == WorkoutStatus::Completed {
            if let Some(entry) = entry {
                how.check_same(&workout, &entry)?;
                return Ok(Completed {
                    history: entry.id,
                    version,
                    recorded: None,
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
        let before = entry.filter(|entry| entry.is_of_completing(&workout));
        let (history, change) = workout.record(conn, (start, end), how, before).await?;
        Ok(Completed {
            history,
            version,
            recorded: Some(change),
        })
    }

    /// Records the session, or refreshes what was recorded when the workout was completed before.
    async fn record(
        &self,
        conn: &mut AsyncPgConnection,
        (start, end): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
        how: Completion,
        before: Option<HistoryEntry>,
    ) -> Result<(HistoryId, Change)> {
        let performed_at = start.or(end).unwrap_or(self.created_at);
        let there = before.as_ref().and_then(|it| it.timezone.parse().ok());
        let zone = zone_of(conn, self.user_id, how.zone.or(there)).await?;
        let weight = how.mark.bodyweight_kg;
        let weight = weight.or(before.as_ref().and_then(|it| it.bodyweight_kg));
        let summary = summary_of(conn, self.user_id, self.id, weight).await?;
        let new = NewHistory {
            workout_id: Some(self.id),
            workout_name: Some(self.name.clone()),
            duration_seconds: start.zip(end).map(duration).transpose()?,
            summary: Some(summary),
            source_key: Some(self.id.to_string()),
            ..how
                .mark
                .entry(self.user_id, how.history_id, performed_at, zone)
        };
        if let Some(before) = before {
            let version = before.refresh(conn, &new).await?;
            let change = Change::updated(Entity::History, before.id.0, version);
            return Ok((before.id, change));
        }
        let inserted = NewHistory::insert_all(conn, std::slice::from_ref(&new)).await?;
        if inserted.is_empty() {
            let known = HistoryEntry::find_kept(conn, self.user_id, new.id).await?;
            return Err(known.known().at("input.historyId"));
        }
        Ok((new.id, Change::created(Entity::History, new.id.0)))
    }
}

impl Completion {
    /// Refuses what is not so of a workout that was completed before.
    fn check_same(&self, workout: &Workout, entry: &HistoryEntry) -> Result<()> {
        let zone = self.zone.map(|zone| zone.name());
        let mark = &self.mark;
        let others = [
            (
                "endedAt",
                self.ended_at.is_some() && self.ended_at != workout.ended_at,
            ),
            (
                "rating",
                mark.rating.is_some() && mark.rating != entry.rating,
            ),
            ("notes", mark.notes.is_some() && mark.notes != entry.notes),
            (
                "bodyweightKg",
                mark.bodyweight_kg.is_some() && mark.bodyweight_kg != entry.bodyweight_kg,
            ),
            ("timezone", zone.is_some_and(|zone| zone != entry.timezone)),
        ];
        let Some((field, _)) = others.iter().find(|(_, is_other)| *is_other) else {
            return Ok(());
        };
        let message = "this workout is completed already: change its entry with `updateHistory`";
        let known = Error::conflict(message).with(entry.id, Some(entry.version));
        Err(known.at(format!("input.{field}")))
    }
}

fn duration((start, end): (DateTime<Utc>, DateTime<Utc>)) -> Result<i32> {
    let seconds = (end - start).num_seconds();
    if seconds > LONGEST {
        let message = format!("a session takes at most {LONGEST} seconds: say when it ended");
        return Err(Error::invalid("input.endedAt", message));
    }
    Ok(i32::try_from(seconds).unwrap_or(0))
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
