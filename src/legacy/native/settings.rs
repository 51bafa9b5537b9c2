//! Settings, in the entry of their person.

use serde_json::{Map, Value};

use super::{Page, mark};
use crate::legacy::{
    meaning::{self, OWN, Parts, Person, differences},
    record::SettingsRecord,
    text::Node,
};

/// Writes settings into an entry. The unit of weights stays as the app knows it: all weights in the files
/// depend on it.
pub(in crate::legacy) fn settings(
    page: &mut Page,
    person: &Person,
    wanted: &SettingsRecord,
) -> Result<(), String> {
    let base = meaning::settings(person, &page.object, false, &mut Parts::default())?;
    if let (Some(Value::Object(was)), Some(Value::Object(is))) =
        (base.preferences.get(OWN), wanted.preferences.get(OWN))
        && is.get("timezone") == was.get("timezone")
        && is.get("timeZone") == was.get("timeZone")
    {
        remember(page, was, is);
    }
    let base = meaning::settings(person, &page.object, false, &mut Parts::default())?;
    let mut ours = differences(&base, wanted, &["units", "timezone"]);
    if let Some(Value::Object(preferences)) = ours.get_mut("preferences") {
        match (base.preferences.get(OWN), preferences.get(OWN)) {
            (Some(_), None) => {
                preferences.insert(OWN.to_owned(), Value::Null);
            }
            (was, is) if was == is => {
                preferences.remove(OWN);
            }
            _ => {}
        }
    }
    mark(&mut page.object, ours);
    Ok(())
}

/// What the app remembers of its own is written where the app looks for it.
fn remember(page: &mut Page, was: &Map<String, Value>, is: &Map<String, Value>) {
    let Some(Node::Object(preferences)) = page.object.get_mut("preferences") else {
        return;
    };
    for key in was.keys().filter(|key| !is.contains_key(*key)) {
        preferences.remove(key);
    }
    for (key, value) in is {
        if was.get(key) != Some(value) && key != meaning::UNIT {
            preferences.set(key, value.into());
        }
    }
}
