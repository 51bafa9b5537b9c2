//! What clients send about workouts, and what of it can be taken.

mod lifecycle;
mod places;
mod sets;
mod whole;

use async_graphql::{Enum, InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};

pub use lifecycle::{CompleteWorkoutInput, Completion, Start, StartWorkoutInput};
pub use places::{PlaceAddition, UpdateWorkoutExerciseInput, WorkoutExerciseInput};
pub use sets::{AddSetInput, Additions, UpdateSetInput, check_deletion};
pub use whole::{Draft, WorkoutInput};

use super::{WorkoutStatus, new::WorkoutPatch};
use crate::{
    error::{Error, Result},
    graphql::input,
};

pub const LONGEST_NAME: usize = 120;

/// Which workouts to list. Conditions are joined by "and"; one that is left out does not limit.
#[derive(Clone, Debug, Default, InputObject)]
pub struct WorkoutFilter {
    /// Only those that stand there.
    pub statuses: MaybeUndefined<Vec<WorkoutStatus>>,
    /// Whether templates are listed.
    #[graphql(default)]
    pub templates: TemplateScope,
    /// Only those with this text in their name, whatever its case.
    pub search: MaybeUndefined<String>,
    /// Only those made at this instant or later.
    pub from: MaybeUndefined<DateTime<Utc>>,
    /// Only those made before this instant.
    pub to: MaybeUndefined<DateTime<Utc>>,
    /// Only those begun at this instant or later.
    pub started_from: MaybeUndefined<DateTime<Utc>>,
    /// Only those begun before this instant.
    pub started_to: MaybeUndefined<DateTime<Utc>>,
    /// The trash, from which workouts can be restored for 30 days, instead of what is there.
    #[graphql(default)]
    pub deleted: bool,
}

/// Whether templates are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum TemplateScope {
    /// No templates.
    #[default]
    None,
    /// Templates alone.
    Only,
    /// Both.
    All,
}

/// How workouts are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum WorkoutOrder {
    /// The last made first.
    #[default]
    Newest,
    /// The first made first.
    Oldest,
    /// The last begun first; those that are not begun come at the end.
    Started,
    /// By name, regardless of case.
    Name,
}

/// A filter that can be taken.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub statuses: Option<Vec<WorkoutStatus>>,
    pub templates: TemplateScope,
    pub search: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    pub started_from: Option<DateTime<Utc>>,
    pub started_to: Option<DateTime<Utc>>,
    pub deleted: bool,
}

impl WorkoutFilter {
    /// The conditions, if all of them make sense.
    pub fn check(self) -> Result<Wanted> {
        let at = |field, value| input::given_checked(field, value, |at| input::instant(field, at));
        Ok(Wanted {
            statuses: input::given("filter.statuses", self.statuses)?,
            templates: self.templates,
            search: input::given_checked("filter.search", self.search, |words| {
                input::text("filter.search", words.trim(), 200)
            })?
            .flatten(),
            from: at("filter.from", self.from)?,
            to: at("filter.to", self.to)?,
            started_from: at("filter.startedFrom", self.started_from)?,
            started_to: at("filter.startedTo", self.started_to)?,
            deleted: self.deleted,
        })
    }
}

/// What to change of a workout itself. A field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateWorkoutInput {
    /// What to call it, up to 120 characters.
    pub name: MaybeUndefined<String>,
    /// What there is to say about it, up to 2,000 characters; null clears it.
    pub notes: MaybeUndefined<String>,
    /// Whether it is a template; a template is planned or archived.
    pub is_template: MaybeUndefined<bool>,
    /// Where it stands. To start or complete it, use `startWorkout` and `completeWorkout`. What becomes
    /// `ACTIVE` without a `startedAt` begins now.
    pub status: MaybeUndefined<WorkoutStatus>,
    /// When it was begun; null clears it.
    pub started_at: MaybeUndefined<DateTime<Utc>>,
    /// When it was done, not before it was begun; null clears it.
    pub ended_at: MaybeUndefined<DateTime<Utc>>,
}

impl UpdateWorkoutInput {
    /// The columns to change, if everything can be taken.
    pub fn check(self) -> Result<WorkoutPatch> {
        let at = |field, value| input::clearable_checked(value, |at| input::instant(field, at));
        Ok(WorkoutPatch {
            name: input::given_checked("input.name", self.name, |text| name(&text))?,
            notes: input::clearable_text(self.notes, notes)?,
            is_template: input::given("input.isTemplate", self.is_template)?,
            status: input::given("input.status", self.status)?,
            started_at: at("input.startedAt", self.started_at)?,
            ended_at: at("input.endedAt", self.ended_at)?,
        })
    }
}

fn name(text: &str) -> Result<String> {
    input::line("input.name", text, LONGEST_NAME)
}

fn notes(text: &str) -> Result<Option<String>> {
    input::text("input.notes", text, 2000)
}

/// What a workout must be whichever way it came about: a template is no training, and training does
/// not end before it begins.
pub fn check_state(
    is_template: bool,
    status: WorkoutStatus,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
) -> Result<()> {
    let planned = matches!(status, WorkoutStatus::Planned | WorkoutStatus::Archived);
    if is_template && !planned {
        return Err(Error::invalid(
            "input.status",
            "a template is `PLANNED` or `ARCHIVED`: start a workout from it instead",
        ));
    }
    match (started_at, ended_at) {
        (None, Some(_)) => Err(Error::invalid(
            "input.endedAt",
            "`endedAt` needs a `startedAt`",
        )),
        (Some(start), Some(end)) if end < start => Err(Error::invalid(
            "input.endedAt",
            "`endedAt` must not be before `startedAt`",
        )),
        _ => Ok(()),
    }
}
