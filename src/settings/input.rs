//! What clients send about settings, and what of it can be taken.

use async_graphql::{InputObject, MaybeUndefined};
use serde_json::Value;

use super::{Units, preferences::PreferencesChange};
use crate::{
    error::{Error, Result},
    graphql::input,
};

/// What to change of one's settings. A field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateSettingsInput {
    /// The units that weights and distances are shown in.
    pub units: MaybeUndefined<Units>,
    /// The time zone that days are counted in, such as `Europe/Berlin`.
    pub timezone: MaybeUndefined<String>,
    /// The first day of the week: 1 is Monday, 7 is Sunday.
    pub week_start: MaybeUndefined<i32>,
    /// A merge patch (RFC 7396) for what apps remember: objects are merged, null removes a key, anything
    /// else replaces what is there. The keys are:
    ///
    /// - `theme`: `system`, `light` or `dark`
    /// - `language`: a language tag, such as `de` or `pt-BR`
    /// - `defaultWeightUnit`: the unit that new weights begin with, `kg` or `lb`
    /// - `defaultDistanceUnit`: the unit that new distances begin with, `km` or `mi`
    /// - `restTimerSeconds`: how long to rest between sets, from 0 to 7200
    /// - `restTimerSound`, `restTimerVibration`: how the end of a rest is told, true or false
    /// - `weeklyGoal`: how many workouts a week should have, from 1 to 21
    /// - `showRpe`: whether to ask how hard a set was, true or false
    /// - `keepScreenOn`: whether the screen stays on while training, true or false
    /// - `dismissedHints`: the names of hints not to show again, at most 100
    /// - `reminders`: an object of `workouts` and `tasks`, each true or false, and `time`, such as `07:30`
    ///
    /// Keys that begin with `x-` are an app's own and hold anything. Every other key is refused. All
    /// preferences together have at most 16 KB.
    pub preferences: MaybeUndefined<Value>,
    /// Puts `preferences` in the place of all that is there, instead of merging it.
    #[graphql(default)]
    pub replace_preferences: bool,
}

/// Settings to change, checked as far as that goes without the current ones.
#[derive(Clone, Debug)]
pub(super) struct SettingsChange {
    pub(super) units: Option<Units>,
    pub(super) timezone: Option<String>,
    pub(super) week_start: Option<i16>,
    pub(super) preferences: Option<PreferencesChange>,
}

impl UpdateSettingsInput {
    /// The change, if everything in it can be taken.
    pub(super) fn check(self) -> Result<SettingsChange> {
        let zone = |name: String| timezone(&name);
        let timezone = input::given_checked("input.timezone", self.timezone, zone)?;
        let week_start = input::given_checked("input.weekStart", self.week_start, week_start)?;
        Ok(SettingsChange {
            units: input::given("input.units", self.units)?,
            timezone,
            week_start,
            preferences: preferences(self.preferences, self.replace_preferences)?,
        })
    }
}

/// The name of a time zone, as it is kept.
pub fn timezone(name: &str) -> Result<String> {
    input::timezone("input.timezone", name).map(|zone| zone.name().to_owned())
}

fn week_start(day: i32) -> Result<i16> {
    let day = input::whole("input.weekStart", day, 1, 7)?;
    Ok(i16::try_from(day).unwrap_or(1))
}

fn preferences(patch: MaybeUndefined<Value>, replace: bool) -> Result<Option<PreferencesChange>> {
    match patch {
        MaybeUndefined::Undefined if replace => Err(Error::invalid(
            "input.replacePreferences",
            "`replacePreferences` needs `preferences`: send `{}` to remove all",
        )),
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(Value::Object(patch)) => {
            Ok(Some(PreferencesChange { patch, replace }))
        }
        MaybeUndefined::Null | MaybeUndefined::Value(_) => Err(Error::invalid(
            "input.preferences",
            "`preferences` must be an object: a null inside of it removes a key",
        )),
    }
}
