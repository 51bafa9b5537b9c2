//! What clients send about exercises, and what of it can be taken.

use async_graphql::{Enum, InputObject, MaybeUndefined};

use super::{ExerciseId, Level, Measurement, NewExercise, model::ExercisePatch};
use crate::{db::Decimal, error::Result, graphql::input, viewer::UserId};

/// Which exercises to list. Conditions are joined by "and"; an absent one does not limit.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ExerciseFilter {
    /// Words of the name or of another name it is known by; beginnings and small typing errors are
    /// forgiven.
    pub search: Option<String>,
    /// Only these categories.
    pub categories: Option<Vec<String>>,
    /// Only those that train one of these muscles, first or second.
    pub muscles: Option<Vec<String>>,
    /// Only those that need nothing but this equipment.
    pub equipment: Option<Vec<String>>,
    /// Only these levels.
    pub levels: Option<Vec<Level>>,
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
    /// The newest first.
    Newest,
}

/// A new exercise of one's own.
#[derive(Clone, Debug, InputObject)]
pub struct CreateExerciseInput {
    /// The id to give it, so that creating it twice makes one; made by the server where absent.
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
    pub name: Option<String>,
    /// The part of training it belongs to.
    pub category: Option<String>,
    /// What is recorded of each set.
    pub measurement: Option<Measurement>,
    /// The muscles that do most of the work.
    pub primary_muscles: Option<Vec<String>>,
    /// The muscles that help.
    pub secondary_muscles: Option<Vec<String>>,
    /// What is needed for it.
    pub equipment: Option<Vec<String>>,
    /// How much practice it asks for; null clears it.
    pub level: MaybeUndefined<Level>,
    /// Whether each side is trained by itself.
    pub unilateral: Option<bool>,
    /// The share of the body's weight that is moved, from 0 to 1.
    pub bodyweight_factor: Option<Decimal>,
    /// Other names it is known by.
    pub aliases: Option<Vec<String>>,
    /// What it is, in a sentence; null clears it.
    pub description: MaybeUndefined<String>,
    /// How it is done, step by step.
    pub instructions: Option<Vec<String>>,
}

const LONGEST_NAME: usize = 120;

fn words(field: &str, list: &[String]) -> Result<Vec<String>> {
    input::names(&format!("input.{field}"), list, 32, 60)
}

fn aliases(list: &[String]) -> Result<Vec<String>> {
    let names = input::names("input.aliases", list, 64, LONGEST_NAME)?;
    Ok(names.iter().map(|name| name.to_lowercase()).collect())
}

fn steps(list: &[String]) -> Result<Vec<String>> {
    input::names("input.instructions", list, 100, 1000)
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
            id: self.id.unwrap_or_default(),
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
        let list = |field, list: Option<Vec<String>>| list.map(|l| words(field, &l)).transpose();
        Ok(ExercisePatch {
            name: self.name.as_deref().map(name).transpose()?,
            category: self.category.as_deref().map(category).transpose()?,
            measurement: self.measurement,
            primary_muscles: list("primaryMuscles", self.primary_muscles)?,
            secondary_muscles: list("secondaryMuscles", self.secondary_muscles)?,
            equipment: list("equipment", self.equipment)?,
            level: input::clearable(self.level),
            unilateral: self.unilateral,
            bodyweight_factor: self.bodyweight_factor.map(factor).transpose()?,
            aliases: self.aliases.as_deref().map(aliases).transpose()?,
            description: input::clearable_text(self.description, description)?,
            instructions: self.instructions.as_deref().map(steps).transpose()?,
            archived_at: None,
        })
    }
}
