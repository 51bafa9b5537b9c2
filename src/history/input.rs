//! What clients send about the history, and what of it can be taken.

use std::{collections::HashSet, hash::Hash};

use async_graphql::{Enum, InputObject, MaybeUndefined};
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;

use super::{HistoryId, NewHistory, model::HistoryPatch};
use crate::{
    db::Decimal,
    error::{Error, Result},
    exercises::ExerciseId,
    graphql::input,
    viewer::UserId,
    workouts::WorkoutId,
};

const MOST_AT_ONCE: usize = 500;
const LARGEST_SUMMARY: usize = 65_536;
const LONGEST_NAME: usize = 120;

/// Which entries to list. Conditions are joined by "and"; one that is left out does not limit.
#[derive(Clone, Debug, Default, InputObject)]
pub struct HistoryFilter {
    /// Only sessions that began at this instant or later.
    pub from: MaybeUndefined<DateTime<Utc>>,
    /// Only sessions that began before this instant.
    pub to: MaybeUndefined<DateTime<Utc>>,
    /// Only sessions in which this exercise was done.
    pub exercise_id: MaybeUndefined<ExerciseId>,
    /// Only sessions of this workout.
    pub workout_id: MaybeUndefined<WorkoutId>,
    /// The trash, from which entries can be restored for 30 days, instead of what is there.
    #[graphql(default)]
    pub deleted: bool,
}

/// How the history is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum HistoryOrder {
    /// The latest session first.
    #[default]
    Newest,
    /// The earliest session first.
    Oldest,
}

/// A filter that can be taken.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    pub exercise: Option<ExerciseId>,
    pub workout: Option<WorkoutId>,
    pub deleted: bool,
}

impl HistoryFilter {
    /// The conditions, if all of them make sense.
    pub fn check(self) -> Result<Wanted> {
        let at = |field, value| {
            let given = input::given(field, value)?;
            given.map(|at| input::instant(field, at)).transpose()
        };
        Ok(Wanted {
            from: at("filter.from", self.from)?,
            to: at("filter.to", self.to)?,
            exercise: input::given("filter.exerciseId", self.exercise_id)?,
            workout: input::given("filter.workoutId", self.workout_id)?,
            deleted: self.deleted,
        })
    }
}

/// A session to record.
#[derive(Clone, Debug, InputObject)]
pub struct LogHistoryInput {
    /// The id to give it, so that recording it twice makes one; made by the server where absent.
    pub id: Option<HistoryId>,
    /// The workout that was done, if there was one.
    pub workout_id: Option<WorkoutId>,
    /// What it was called, up to 120 characters; the workout's name where absent.
    pub workout_name: Option<String>,
    /// When it began.
    pub performed_at: DateTime<Utc>,
    /// The time zone that it took place in, such as `Europe/Berlin`; that of the settings where absent.
    pub timezone: Option<String>,
    /// How long it took, in seconds.
    pub duration_seconds: Option<i32>,
    /// The body's weight at the time, in kilograms with up to two decimals.
    pub bodyweight_kg: Option<Decimal>,
    /// How it went, from 1 to 5.
    pub rating: Option<i32>,
    /// What there is to say about it, up to 2,000 characters.
    pub notes: Option<String>,
    /// What was done: an object or a list, up to 64 KB. What has the names and types of
    /// `HistorySummary` is read as such, and everything is kept. `logHistory` makes one from the workout
    /// where there is none.
    pub summary: Option<serde_json::Value>,
    /// Where it comes from, such as the name of an app; up to 40 characters.
    #[graphql(default_with = "\"app\".to_owned()")]
    pub source: String,
    /// What it is called there: the same source and key are the same session. Up to 200 characters.
    pub source_key: Option<String>,
}

/// What to change of an entry. A field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateHistoryInput {
    /// What the workout was called; null clears it.
    pub workout_name: MaybeUndefined<String>,
    /// When the session began.
    pub performed_at: MaybeUndefined<DateTime<Utc>>,
    /// The time zone that it took place in.
    pub timezone: MaybeUndefined<String>,
    /// How long it took, in seconds; null clears it.
    pub duration_seconds: MaybeUndefined<i32>,
    /// The body's weight at the time, in kilograms; null clears it.
    pub bodyweight_kg: MaybeUndefined<Decimal>,
    /// How it went, from 1 to 5; null clears it.
    pub rating: MaybeUndefined<i32>,
    /// What there is to say about it; null clears it.
    pub notes: MaybeUndefined<String>,
}

/// The checks of one entry's fields; `at` is the path to the entry.
struct Fields<'a> {
    at: &'a str,
}

impl Fields<'_> {
    fn path(&self, field: &str) -> String {
        format!("{}.{field}", self.at)
    }

    fn name(&self, name: &str) -> Result<String> {
        input::line(&self.path("workoutName"), name, LONGEST_NAME)
    }

    fn performed_at(&self, at: DateTime<Utc>) -> Result<DateTime<Utc>> {
        input::instant(&self.path("performedAt"), at)
    }

    fn zone(&self, name: &str) -> Result<Tz> {
        input::timezone(&self.path("timezone"), name)
    }

    fn duration(&self, seconds: i32) -> Result<i32> {
        input::whole(&self.path("durationSeconds"), seconds, 0, 10_000_000)
    }

    fn bodyweight(&self, weight: Decimal) -> Result<Decimal> {
        let path = self.path("bodyweightKg");
        let weight = input::decimal(&path, weight, 0, 9999, 2)?;
        if weight.0.is_zero() {
            return Err(Error::invalid(path, "`bodyweightKg` must be more than 0"));
        }
        Ok(weight)
    }

    fn rating(&self, rating: i32) -> Result<i16> {
        let rating = input::whole(&self.path("rating"), rating, 1, 5)?;
        Ok(i16::try_from(rating).unwrap_or(5))
    }

    fn notes(&self, text: &str) -> Result<Option<String>> {
        input::text(&self.path("notes"), text, 2000)
    }

    fn summary(&self, summary: serde_json::Value) -> Result<serde_json::Value> {
        let fits = summary.to_string().len() <= LARGEST_SUMMARY;
        if fits && (summary.is_object() || summary.is_array()) {
            input::json(&self.path("summary"), &summary)?;
            return Ok(summary);
        }
        let message = "`summary` must be an object or a list, up to 64 KB";
        Err(Error::invalid(self.path("summary"), message))
    }
}

/// How a session went, in the words of whoever did it.
#[derive(Clone, Debug)]
pub struct Mark {
    pub rating: Option<i16>,
    pub notes: Option<String>,
    pub bodyweight_kg: Option<Decimal>,
}

impl Mark {
    /// The mark, if it can be taken. `at` is the path to the input that it is a part of.
    pub fn check(
        at: &str,
        rating: Option<i32>,
        notes: Option<String>,
        bodyweight_kg: Option<Decimal>,
    ) -> Result<Self> {
        let fields = Fields { at };
        Ok(Self {
            rating: rating.map(|n| fields.rating(n)).transpose()?,
            notes: notes.map_or(Ok(None), |text| fields.notes(&text))?,
            bodyweight_kg: bodyweight_kg.map(|n| fields.bodyweight(n)).transpose()?,
        })
    }

    /// An entry with this mark and nothing else.
    pub fn entry(
        self,
        owner: UserId,
        id: HistoryId,
        performed_at: DateTime<Utc>,
        zone: Tz,
    ) -> NewHistory {
        NewHistory {
            user_id: owner,
            id,
            workout_id: None,
            workout_name: None,
            performed_at,
            timezone: zone.name().to_owned(),
            local_date: local_date(performed_at, zone),
            duration_seconds: None,
            bodyweight_kg: self.bodyweight_kg,
            rating: self.rating,
            notes: self.notes,
            summary: None,
            source: "app".to_owned(),
            source_key: None,
        }
    }
}

/// The day that a calendar in that zone shows at that instant.
pub fn local_date(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    zone.from_utc_datetime(&at.naive_utc()).date_naive()
}

/// An entry that can be taken, once its zone is known.
#[derive(Clone, Debug)]
pub struct Logged {
    pub zone: Option<Tz>,
    new: NewHistory,
}

impl Logged {
    /// The row, in its own zone or else in `usual`.
    pub fn into_row(mut self, usual: Tz) -> NewHistory {
        let zone = self.zone.unwrap_or(usual);
        self.new.local_date = local_date(self.new.performed_at, zone);
        zone.name().clone_into(&mut self.new.timezone);
        self.new
    }
}

impl LogHistoryInput {
    /// The entry, if everything in it can be taken. `at` is the path to this input.
    pub fn check(self, at: &str, owner: UserId) -> Result<Logged> {
        let fields = Fields { at };
        let line = |field, text: &str, longest| input::line(&fields.path(field), text, longest);
        let zone = self.timezone.map(|name| fields.zone(&name)).transpose()?;
        let mark = Mark::check(at, self.rating, self.notes, self.bodyweight_kg)?;
        let id = self.id.unwrap_or_default();
        let performed_at = fields.performed_at(self.performed_at)?;
        let new = NewHistory {
            workout_id: self.workout_id,
            workout_name: self
                .workout_name
                .map(|name| fields.name(&name))
                .transpose()?,
            duration_seconds: self
                .duration_seconds
                .map(|n| fields.duration(n))
                .transpose()?,
            summary: self.summary.map(|it| fields.summary(it)).transpose()?,
            source: line("source", &self.source, 40)?,
            source_key: self
                .source_key
                .map(|key| line("sourceKey", &key, 200))
                .transpose()?,
            ..mark.entry(owner, id, performed_at, zone.unwrap_or(Tz::UTC))
        };
        Ok(Logged { zone, new })
    }
}

/// The entries of a batch, if every one of them can be taken.
pub fn check_batch(entries: Vec<LogHistoryInput>, owner: UserId) -> Result<Vec<Logged>> {
    if entries.is_empty() || entries.len() > MOST_AT_ONCE {
        let message = format!("`entries` must have from 1 to {MOST_AT_ONCE} items");
        return Err(Error::invalid("entries", message));
    }
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    let mut checked = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        let at = format!("entries.{index}");
        let logged = entry.check(&at, owner)?;
        let Some(key) = logged.new.source_key.clone() else {
            let message = "`sourceKey` is needed: by it the entry is known when it comes again";
            return Err(Error::invalid(format!("{at}.sourceKey"), message));
        };
        once(&mut ids, logged.new.id, || format!("{at}.id"))?;
        let source = logged.new.source.clone();
        once(&mut keys, (source, key), || format!("{at}.sourceKey"))?;
        checked.push(logged);
    }
    Ok(checked)
}

fn once<T: Eq + Hash>(seen: &mut HashSet<T>, value: T, at: impl Fn() -> String) -> Result<()> {
    if seen.insert(value) {
        return Ok(());
    }
    Err(Error::invalid(
        at(),
        "this comes twice: name each entry once",
    ))
}

impl UpdateHistoryInput {
    /// The columns to change, if everything can be taken. The day follows from what is there.
    pub fn check(self) -> Result<(HistoryPatch, Option<Tz>)> {
        let fields = Fields { at: "input" };
        let zone = |name: String| fields.zone(&name);
        let zone = input::given_checked("input.timezone", self.timezone, zone)?;
        let patch = HistoryPatch {
            workout_name: input::clearable_checked(self.workout_name, |name| fields.name(&name))?,
            performed_at: input::given_checked("input.performedAt", self.performed_at, |at| {
                fields.performed_at(at)
            })?,
            timezone: zone.map(|zone| zone.name().to_owned()),
            local_date: None,
            duration_seconds: input::clearable_checked(self.duration_seconds, |n| {
                fields.duration(n)
            })?,
            bodyweight_kg: input::clearable_checked(self.bodyweight_kg, |n| fields.bodyweight(n))?,
            rating: input::clearable_checked(self.rating, |n| fields.rating(n))?,
            notes: input::clearable_text(self.notes, |text| fields.notes(text))?,
        };
        Ok((patch, zone))
    }
}
