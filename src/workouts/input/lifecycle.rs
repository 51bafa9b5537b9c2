//! What clients send to start and to complete workouts.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::LONGEST_NAME;
use crate::{
    db::Decimal,
    error::{Error, Result},
    graphql::input,
    history::{HistoryId, Mark},
    workouts::WorkoutId,
};

/// What to start: exactly one of `id`, `fromTemplateId` and `fromWorkoutId`.
#[derive(Clone, Debug, InputObject)]
pub struct StartWorkoutInput {
    /// A planned workout to start as it is.
    pub id: Option<WorkoutId>,
    /// A template to start a new workout from.
    pub from_template_id: Option<WorkoutId>,
    /// An earlier workout to do once more, as a new one.
    pub from_workout_id: Option<WorkoutId>,
    /// The id to give the new workout, so that starting it twice makes one.
    pub new_id: Option<WorkoutId>,
    /// What to call the new workout; as its origin where absent.
    pub name: Option<String>,
    /// When it was begun; now where absent.
    pub started_at: Option<DateTime<Utc>>,
}

/// What to start, if it is clear.
#[derive(Clone, Debug)]
pub enum Start {
    Planned(WorkoutId),
    Copy {
        from: WorkoutId,
        from_template: bool,
        id: WorkoutId,
        name: Option<String>,
    },
}

impl StartWorkoutInput {
    /// What to start and when it began.
    pub fn check(self) -> Result<(Start, DateTime<Utc>)> {
        let name = self
            .name
            .map(|name| input::line("input.name", &name, LONGEST_NAME))
            .transpose()?;
        let id = self.new_id.unwrap_or_default();
        let copy = |from, from_template| Start::Copy {
            from,
            from_template,
            id,
            name: name.clone(),
        };
        let start = match (self.id, self.from_template_id, self.from_workout_id) {
            (Some(id), None, None) => Start::Planned(id),
            (None, Some(from), None) => copy(from, true),
            (None, None, Some(from)) => copy(from, false),
            _ => {
                let message = "give exactly one of `id`, `fromTemplateId` and `fromWorkoutId`";
                return Err(Error::invalid("input", message));
            }
        };
        let at = match self.started_at {
            Some(at) => at,
            None => Utc::now(),
        };
        Ok((start, input::instant("input.startedAt", at)?))
    }
}

/// How a workout went.
#[derive(Clone, Debug, Default, InputObject)]
pub struct CompleteWorkoutInput {
    /// When it was done, not before it was begun and at most 10,000,000 seconds later; now where absent.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it went, from 1 to 5.
    pub rating: Option<i32>,
    /// What there is to say about the session, up to 2,000 characters.
    pub notes: Option<String>,
    /// The body's weight in kilograms, with up to two decimals; it counts for bodyweight exercises.
    pub bodyweight_kg: Option<Decimal>,
    /// The time zone of the session, such as `Europe/Berlin`; that of the settings where absent.
    pub timezone: Option<String>,
    /// The id to give the entry of the history; one that is there already keeps its own.
    pub history_id: Option<HistoryId>,
}

/// How a workout went, if it can be taken.
#[derive(Clone, Debug)]
pub struct Completion {
    pub ended_at: Option<DateTime<Utc>>,
    pub zone: Option<Tz>,
    pub history_id: HistoryId,
    pub mark: Mark,
}

impl CompleteWorkoutInput {
    pub fn check(self) -> Result<Completion> {
        let at = "input.endedAt";
        let zone = "input.timezone";
        Ok(Completion {
            ended_at: self.ended_at.map(|t| input::instant(at, t)).transpose()?,
            zone: self
                .timezone
                .map(|name| input::timezone(zone, &name))
                .transpose()?,
            history_id: self.history_id.unwrap_or_default(),
            mark: Mark::check("input", self.rating, self.notes, self.bodyweight_kg)?,
        })
    }
}
