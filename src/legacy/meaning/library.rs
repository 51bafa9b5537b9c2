//! The exercises of a legacy app.

use rust_decimal::Decimal as Exact;
use uuid::Uuid;

use super::{
    EPOCH, SOURCE, derived,
    fields::{self, Parts, Value},
    kept,
    overrides::overridden,
};
use crate::{
    db::Decimal,
    exercises::{ExerciseId, Level, Measurement},
    legacy::{record::ExerciseRecord, text::Object},
    viewer::UserId,
};

const LONGEST_TEXT: usize = 20_000;

/// What of an entry decides which exercise it is.
#[derive(Clone, Debug)]
pub(in crate::legacy) struct Entry {
    /// What it is called by others in the file.
    pub(in crate::legacy) key: Option<String>,
    pub(in crate::legacy) name: String,
    /// What it was called before it got another name here.
    pub(in crate::legacy) former: Vec<String>,
    /// Whose it is, by the app's own keys.
    pub(in crate::legacy) owner: Option<String>,
    /// The id that we gave it, if it is ours.
    pub(in crate::legacy) ours: Option<Uuid>,
    /// Whether it was made here, and not by the app.
    pub(in crate::legacy) made: bool,
    /// Whose it is, if we said so.
    pub(in crate::legacy) our_owner: Option<Uuid>,
    /// Whether names in workouts may mean it.
    pub(in crate::legacy) links: bool,
}

impl Entry {
    pub(in crate::legacy) fn of(object: &Object) -> Value<Self> {
        let name = fields::name(object, "name", 120)?.ok_or("an exercise needs a `name`")?;
        let ours = object.get(super::REGIMEN).and_then(|ours| ours.as_object());
        let id = |key| ours.and_then(|ours| ours.text(key)).and_then(kept);
        Ok(Self {
            key: identity(object),
            name,
            former: ours
                .map(|ours| fields::lines(ours, "names"))
                .transpose()?
                .unwrap_or_default(),
            owner: object.text("userId").map(str::to_owned),
            ours: id("id"),
            made: ours.is_some_and(|ours| fields::flag(ours, "made") == Ok(Some(true))),
            our_owner: id("owner_id"),
            links: ours.is_none_or(|ours| fields::flag(ours, "links") != Ok(Some(false))),
        })
    }

    /// Its own id, if the app's is not taken.
    pub(in crate::legacy) fn id(&self, taken: bool) -> Uuid {
        let owner = self.owner.as_deref().unwrap_or_default();
        let key = self.key.as_deref().unwrap_or_default();
        let own = self.ours.or_else(|| kept(key)).filter(|_| !taken);
        own.unwrap_or_else(|| match (key, taken) {
            ("", _) => derived("exercise", "library", owner, &["", &self.name]),
            (key, false) => derived("exercise", "library", owner, &[key]),
            (key, true) => derived("exercise", "library", owner, &[key, &self.name]),
        })
    }
}

/// What a record is called in its file.
pub(in crate::legacy) fn identity(object: &Object) -> Option<String> {
    use crate::legacy::text::Node;
    match object.get("id")? {
        Node::Text(text) => Some(text.value.clone().into_owned()).filter(|text| !text.is_empty()),
        Node::Number(digits) => Some(digits.clone().into_owned()),
        _ => None,
    }
}

pub(in crate::legacy) fn category_of(object: &Object) -> Option<String> {
    let category = fields::name(object, "category", 50).ok()??;
    Some(category.to_lowercase())
}

/// The exercise that an entry describes.
pub(in crate::legacy) fn exercise(
    object: &Object,
    id: Uuid,
    owner: Option<UserId>,
    honour: bool,
    parts: &mut Parts,
) -> Value<ExerciseRecord> {
    let entry = Entry::of(object)?;
    let mut list = |key: &str, found: Value<Vec<String>>| {
        let found = parts.or_without(key, object, found.map(Some));
        found.unwrap_or_default()
    };
    let primary_muscles = list("muscleGroups", fields::names(object, "muscleGroups", 32));
    let equipment = list("equipment", fields::names(object, "equipment", 32));
    let aliases = list("aliases", fields::names(object, "aliases", 64));
    let instructions = list("instructions", instructions(object));
    let mut soft = |key: &str, found| parts.or_without(key, object, found);
    let description = soft(
        "description",
        fields::text(object, "description", LONGEST_TEXT),
    );
    let mut time = |key| parts.or_without(key, object, fields::time(object, key));
    let created_at = time("createdAt").unwrap_or(EPOCH);
    let base = ExerciseRecord {
        id: ExerciseId(id),
        owner_id: owner,
        name: entry.name,
        category: category_of(object).unwrap_or_else(|| "other".to_owned()),
        measurement: Measurement::WeightReps,
        primary_muscles,
        secondary_muscles: Vec::new(),
        equipment,
        level: level_of(object),
        unilateral: false,
        bodyweight_factor: Decimal(Exact::ONE),
        aliases,
        description,
        instructions,
        source: SOURCE.to_owned(),
        source_key: entry.key.filter(|key| key.chars().count() <= 200),
        archived_at: None,
        version: 1,
        created_at,
        updated_at: time("updatedAt").unwrap_or(created_at),
    };
    if honour {
        overridden(base, object)
    } else {
        Ok(base)
    }
}

fn instructions(object: &Object) -> Value<Vec<String>> {
    let lines = fields::lines(object, "instructions")?;
    let length: usize = lines.iter().map(String::len).sum();
    if lines.len() > 100 || length > LONGEST_TEXT {
        return Err("`instructions` are too long to be kept".to_owned());
    }
    Ok(lines)
}

fn level_of(object: &Object) -> Option<Level> {
    let word = object.text("difficulty")?.to_lowercase();
    match word.as_str() {
        "advanced" => Some(Level::Expert),
        other => Level::of_word(other),
    }
}
