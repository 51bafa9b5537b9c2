//! What clients send about exercises, and what of it can be taken.

use std::{borrow::Cow, collections::HashSet};

use async_graphql::{Enum, InputObject, MaybeUndefined};

use super::{ExerciseId, Level, Measurement, NewExercise, model::ExercisePatch};
use crate::{
    db::Decimal,
    error::{Error, Result},
    graphql::input,
    viewer::UserId,
};

/// Which exercises to list. Conditions are joined by "and"; one that is left out does not limit.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ExerciseFilter {
    /// Words of the name or of another name it is known by; beginnings and small typing errors are
    /// forgiven.
    pub search: MaybeUndefined<String>,
    /// Only these categories, in whatever case.
    pub categories: MaybeUndefined<Vec<String>>,
    /// Only those that train one of these muscles, first or second, in whatever case.
    pub muscles: MaybeUndefined<Vec<String>>,
    /// Only those that need nothing but this equipment, in whatever case.
    pub equipment: MaybeUndefined<Vec<String>>,
    /// Only these levels.
    pub levels: MaybeUndefined<Vec<Level>>,
    /// Whose exercises.
    #[graphql(default)]
    pub scope: ExerciseScope,
    /// Those put away instead of those in use.
    #[graphql(default)]
    pub archived: bool,
}

/// Whose exercises are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum ExerciseScope {
    /// The library's and one's own.
    #[default]
    All,
    /// The library's alone.
    Library,
    /// One's own alone.
    Mine,
}

/// How exercises are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum ExerciseOrder {
    /// By name, regardless of case.
    #[default]
    Name,
    /// The last made first.
    Newest,
    /// What meets `search` best first: an exercise that is called so, then names that begin so, then those
    /// that have the words, then other names and typing errors. Without a search it is `NAME`.
    Relevance,
}

/// A filter that can be taken.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub search: Option<String>,
    pub categories: Option<Vec<String>>,
    pub muscles: Option<Vec<String>>,
    pub equipment: Option<Vec<String>>,
    pub levels: Option<Vec<Level>>,
    pub scope: ExerciseScope,
    pub archived: bool,
}

impl ExerciseFilter {
    /// The conditions, if all of them make sense.
    pub fn check(self) -> Result<Wanted> {
        let list = |field: &str, list| {
            input::given_checked(field, list, |list: Vec<String>| {
                let names = input::names(field, &list, 100, 60)?;
                Ok(names.iter().map(|name| name.to_lowercase()).collect())
            })
        };
        let search = input::given_checked("filter.search", self.search, |words| {
            input::text("filter.search", words.trim(), 200)
        })?;
        Ok(Wanted {
            search: search.flatten(),
            categories: list("filter.categories", self.categories)?,
            muscles: list("filter.muscles", self.muscles)?,
            equipment: list("filter.equipment", self.equipment)?,
            levels: input::given("filter.levels", self.levels)?,
            scope: self.scope,
            archived: self.archived,
        })
    }
}

impl Wanted {
    /// The name of the list in that order, to which cursors belong, and the order as it is.
    pub fn listed_by(&self, order: ExerciseOrder) -> (Cow<'static, str>, ExerciseOrder) {
        match (order, &self.search) {
            (ExerciseOrder::Newest, _) => ("exercises by age".into(), order),
            // How well an exercise meets one search says nothing about another.
            (ExerciseOrder::Relevance, Some(search)) => {
                (format!("exercises by relevance to {search}").into(), order)
            }
            _ => ("exercises by name".into(), ExerciseOrder::Name),
        }
    }
}

/// A new exercise of one's own.
#[derive(Clone, Debug, InputObject)]
pub struct CreateExerciseInput {
    /// The id to give it, so that creating it twice makes one; made by the server where absent. Of any
    /// version but 5, which is the library's own.
    pub id: Option<ExerciseId>,
    /// What to call it, up to 120 characters; not the name of another exercise of one's own.
    pub name: String,
    /// The part of training it belongs to, such as `chest` or `cardio`.
    pub category: String,
    /// What is recorded of each set.
    #[graphql(default_with = "Measurement::WeightReps")]
    pub measurement: Measurement,
    /// The muscles that do most of the work.
    #[graphql(default)]
    pub primary_muscles: Vec<String>,
    /// The muscles that help.
    #[graphql(default)]
    pub secondary_muscles: Vec<String>,
    /// What is needed for it.
    #[graphql(default)]
    pub equipment: Vec<String>,
    /// How much practice it asks for.
    pub level: Option<Level>,
    /// Whether each side is trained by itself.
    #[graphql(default)]
    pub unilateral: bool,
    /// The share of the body's weight that is moved, from 0 to 1; 1 where absent.
    pub bodyweight_factor: Option<Decimal>,
    /// Other names it is known by.
    #[graphql(default)]
    pub aliases: Vec<String>,
    /// What it is, in a sentence.
    pub description: Option<String>,
    /// How it is done, step by step.
    #[graphql(default)]
    pub instructions: Vec<String>,
}

/// What to change of an exercise. A field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateExerciseInput {
    /// What to call it.
    pub name: MaybeUndefined<String>,
    /// The part of training it belongs to.
    pub category: MaybeUndefined<String>,
    /// What is recorded of each set.
    pub measurement: MaybeUndefined<Measurement>,
    /// The muscles that do most of the work.
    pub primary_muscles: MaybeUndefined<Vec<String>>,
    /// The muscles that help.
    pub secondary_muscles: MaybeUndefined<Vec<String>>,
    /// What is needed for it.
    pub equipment: MaybeUndefined<Vec<String>>,
    /// How much practice it asks for; null clears it.
    pub level: MaybeUndefined<Level>,
    /// Whether each side is trained by itself.
    pub unilateral: MaybeUndefined<bool>,
    /// The share of the body's weight that is moved, from 0 to 1.
    pub bodyweight_factor: MaybeUndefined<Decimal>,
    /// Other names it is known by.
    pub aliases: MaybeUndefined<Vec<String>>,
    /// What it is, in a sentence; null clears it.
    pub description: MaybeUndefined<String>,
    /// How it is done, step by step.
    pub instructions: MaybeUndefined<Vec<String>>,
}

const LONGEST_NAME: usize = 120;

fn words(field: &str, list: &[String]) -> Result<Vec<String>> {
    input::names(&format!("input.{field}"), list, 32, 60)
}

fn aliases(list: &[String]) -> Result<Vec<String>> {
    let names = input::names("input.aliases", list, 64, LONGEST_NAME)?;
    let names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let mut seen = HashSet::new();
    let names: Vec<String> = names
        .into_iter()
        .filter(|name| seen.insert(name.clone()))
        .collect();
    if names.iter().map(String::len).sum::<usize>() > 2000 {
        let message = "`aliases` must have at most 2000 bytes in all: shorten or remove some";
        return Err(Error::invalid("input.aliases", message));
    }
    Ok(names)
}

fn steps(list: &[String]) -> Result<Vec<String>> {
    let steps = input::names("input.instructions", list, 100, 1000)?;
    let length: usize = steps.iter().map(|step| step.chars().count()).sum();
    if length > 20_000 {
        let message = "`instructions` must have at most 20000 characters in all: shorten some";
        return Err(Error::invalid("input.instructions", message));
    }
    Ok(steps)
}

/// The ids of what the library will be given one day follow from its keys, which anybody can read.
fn id(id: ExerciseId) -> Result<ExerciseId> {
    if id.0.get_version_num() == 5 {
        let message = "an id of version 5 may be the library's: send one of version 7, or none";
        return Err(Error::invalid("input.id", message));
    }
    Ok(id)
}

fn name(name: &str) -> Result<String> {
    input::line("input.name", name, LONGEST_NAME)
}

fn category(category: &str) -> Result<String> {
    input::line("input.category", category, 50)
}

fn factor(factor: Decimal) -> Result<Decimal> {
    input::decimal("input.bodyweightFactor", factor, 0, 1, 3)
}

fn description(text: &str) -> Result<Option<String>> {
    input::text("input.description", text, 20_000)
}

impl CreateExerciseInput {
    /// The row, if everything in it can be taken. Without an owner it is the library's.
    pub fn check(self, owner: Option<UserId>) -> Result<NewExercise> {
        Ok(NewExercise {
            id: self.id.map_or_else(|| Ok(ExerciseId::new()), id)?,
            owner_id: owner,
            name: name(&self.name)?,
            category: category(&self.category)?,
            measurement: self.measurement,
            primary_muscles: words("primaryMuscles", &self.primary_muscles)?,
            secondary_muscles: words("secondaryMuscles", &self.secondary_muscles)?,
            equipment: words("equipment", &self.equipment)?,
            level: self.level,
            unilateral: self.unilateral,
            bodyweight_factor: factor(self.bodyweight_factor.unwrap_or(Decimal::ONE))?,
            aliases: aliases(&self.aliases)?,
            description: self.description.as_deref().map_or(Ok(None), description)?,
            instructions: steps(&self.instructions)?,
            source: "custom".to_owned(),
            source_key: None,
        })
    }
}

impl UpdateExerciseInput {
    /// The columns to change, if everything can be taken.
    pub fn check(self) -> Result<ExercisePatch> {
        let list = |field, list| {
            input::given_checked(&format!("input.{field}"), list, |list: Vec<String>| {
                words(field, &list)
            })
        };
        let line = |field, text, check: fn(&str) -> Result<String>| {
            input::given_checked(field, text, |text: String| check(&text))
        };
        Ok(ExercisePatch {
            name: line("input.name", self.name, name)?,
            category: line("input.category", self.category, category)?,
            measurement: input::given("input.measurement", self.measurement)?,
            primary_muscles: list("primaryMuscles", self.primary_muscles)?,
            secondary_muscles: list("secondaryMuscles", self.secondary_muscles)?,
            equipment: list("equipment", self.equipment)?,
            level: input::clearable(self.level),
            unilateral: input::given("input.unilateral", self.unilateral)?,
            bodyweight_factor: input::given_checked(
                "input.bodyweightFactor",
                self.bodyweight_factor,
                factor,
            )?,
            aliases: input::given_checked("input.aliases", self.aliases, |list| aliases(&list))?,
            description: input::clearable_text(self.description, description)?,
            instructions: input::given_checked("input.instructions", self.instructions, |list| {
                steps(&list)
            })?,
            archived_at: None,
        })
    }
}
