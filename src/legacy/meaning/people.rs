//! The people of a legacy app, and how they like to see things.

use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    EPOCH, derived,
    fields::{self, Parts},
    kept,
    overrides::overridden,
};
use crate::{
    config::Secret,
    legacy::{
        record::{SettingsRecord, UserRecord},
        text::{Node, Object},
    },
    settings::Units,
    viewer::{Role, UserId},
    workouts::WeightUnit,
};

/// Under this preference stands what a legacy app remembers of its own.
pub(in crate::legacy) const OWN: &str = "x-legacy";
/// The preference that says the unit of all weights.
pub(in crate::legacy) const UNIT: &str = "defaultWeightUnit";
const LARGEST: usize = 16 * 1024;
/// Addresses that lead nowhere, until somebody links the account.
const NOWHERE: &str = "@legacy.invalid";

/// What has to be known of a person to read what is theirs. It comes from the app's own keys alone: so a
/// change of settings made here never gives a weight in a file another unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::legacy) struct Person {
    pub(in crate::legacy) id: UserId,
    /// Whether it is an account that was there before.
    pub(in crate::legacy) linked: bool,
    pub(in crate::legacy) unit: WeightUnit,
    pub(in crate::legacy) zone: Tz,
    /// The address, if nobody before has it.
    pub(in crate::legacy) email: Option<String>,
}

impl Person {
    /// Somebody of whom nothing but the name is known.
    pub(in crate::legacy) fn called(key: &str, linked: Option<UserId>) -> Self {
        let own = || kept(key).unwrap_or_else(|| derived("user", "user", "", &[key]));
        Self {
            id: linked.unwrap_or_else(|| UserId(own())),
            linked: linked.is_some(),
            unit: WeightUnit::Kg,
            zone: Tz::UTC,
            email: None,
        }
    }

    /// What an entry says of them.
    pub(in crate::legacy) fn learn(&mut self, entry: &Object) {
        let preferences = entry.get("preferences").and_then(Node::as_object);
        if let Some(preferences) = preferences {
            self.unit = unit_of(preferences);
            self.zone = zone_of(preferences);
        }
        self.email = entry.text("email").and_then(address);
    }
}

fn unit_of(preferences: &Object) -> WeightUnit {
    let word = preferences.text(UNIT).unwrap_or_default().to_lowercase();
    if matches!(word.trim(), "lb" | "lbs" | "pound" | "pounds") {
        WeightUnit::Lb
    } else {
        WeightUnit::Kg
    }
}

fn zone_of(preferences: &Object) -> Tz {
    let name = preferences
        .text("timezone")
        .or_else(|| preferences.text("timeZone"));
    name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, host) = text.rsplit_once('@')?;
    let fits = (3..=320).contains(&text.chars().count()) && !text.chars().any(char::is_whitespace);
    (fits && !local.is_empty() && !host.is_empty()).then(|| text.to_owned())
}

/// The account of a person, from their entry or without one.
pub(in crate::legacy) fn account(
    key: &str,
    person: &Person,
    entry: Option<&Object>,
    parts: &mut Parts,
) -> UserRecord {
    let mut user = UserRecord {
        id: person.id,
        email: person
            .email
            .clone()
            .unwrap_or_else(|| nowhere(key, person.id.0)),
        display_name: key.chars().take(120).collect(),
        password_hash: None,
        role: Role::Member,
        created_at: EPOCH,
        updated_at: EPOCH,
        deleted_at: None,
    };
    let Some(entry) = entry else {
        return user;
    };
    let mut named = None;
    for key in ["displayName", "name", "username"] {
        named = named.or(parts.or_without(key, entry, fields::name(entry, key, 120)));
    }
    if let Some(name) = named {
        user.display_name = name;
    }
    user.password_hash = ["passwordHash", "password"]
        .into_iter()
        .find_map(|key| entry.text(key).filter(|text| is_bcrypt(text)))
        .map(|hash| Secret::new(hash.to_owned()));
    let made = parts.or_without("createdAt", entry, fields::time(entry, "createdAt"));
    let changed = parts.or_without("updatedAt", entry, fields::time(entry, "updatedAt"));
    user.created_at = made.unwrap_or(EPOCH);
    user.updated_at = changed.unwrap_or(user.created_at);
    user
}

/// Only hashes are kept: what an app stored in clear is left where it is.
fn is_bcrypt(text: &str) -> bool {
    text.len() == 60
        && ["$2a$", "$2b$", "$2y$"]
            .iter()
            .any(|mark| text.starts_with(mark))
}

/// Two people never get the same one.
fn nowhere(key: &str, id: Uuid) -> String {
    let plain =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if !key.is_empty() && key.len() <= 60 && key.chars().all(plain) {
        return format!("{key}{NOWHERE}");
    }
    let slug: String = key
        .to_lowercase()
        .chars()
        .filter(|it| plain(*it))
        .take(40)
        .collect();
    let id = id.simple().to_string();
    format!("{slug}-{}{NOWHERE}", &id[..12])
}

/// The settings in a person's entry, with our columns over them or without.
pub(in crate::legacy) fn settings(
    person: &Person,
    entry: &Object,
    honour: bool,
    parts: &mut Parts,
) -> Result<SettingsRecord, String> {
    let own = remembered(entry)?;
    let created_at = fields::time(entry, "createdAt")?.unwrap_or(EPOCH);
    let base = SettingsRecord {
        user_id: person.id,
        units: match person.unit {
            WeightUnit::Kg => Units::Metric,
            WeightUnit::Lb => Units::Imperial,
        },
        timezone: person.zone.name().to_owned(),
        week_start: 1,
        preferences: with_own(json!({}), own.clone()),
        version: 1,
        created_at,
        updated_at: parts
            .or_without("updatedAt", entry, fields::time(entry, "updatedAt"))
            .unwrap_or(created_at),
    };
    if !honour {
        return Ok(base);
    }
    let mut settings = overridden(base, entry)?;
    settings.user_id = person.id;
    settings.preferences = with_own(settings.preferences, own);
    Ok(settings)
}

/// What the app remembers beside what has a column.
fn remembered(entry: &Object) -> Result<Option<Value>, String> {
    let Some(preferences) = entry.get("preferences") else {
        return Ok(None);
    };
    let Some(preferences) = preferences.as_object() else {
        return Err(format!(
            "`preferences` is {}, not an object",
            preferences.noun()
        ));
    };
    let mut own = preferences.value();
    if let Some(own) = own.as_object_mut() {
        own.remove(UNIT);
        if own.is_empty() {
            return Ok(None);
        }
    }
    let size = own.to_string().len();
    // The database measures its own text, which has a blank after each colon and comma.
    if size * 5 / 4 > LARGEST {
        return Err(format!(
            "`preferences` have {size} bytes: at most {} can be kept",
            LARGEST * 4 / 5
        ));
    }
    Ok(Some(own))
}

fn with_own(preferences: Value, own: Option<Value>) -> Value {
    let mut members: Map<String, Value> = match preferences {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    if let Some(own) = own {
        members.entry(OWN).or_insert(own);
    }
    // That it was taken out has to be said.
    members.retain(|key, value| key != OWN || !value.is_null());
    Value::Object(members)
}
