//! The files of an app that kept its data in JSON, of any size: people, a library, and a list of finished sessions
//! as such apps write it, with two blanks before each level.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use uuid::Uuid;

use crate::data::{Dice, day};

/// How many sessions a person has.
const SESSIONS: u32 = 20;
/// How many exercises a session has, and how many sets each of them.
const PLACES: u32 = 4;
const SETS: u32 = 4;
/// How many exercises the library has.
const LIBRARY: u32 = 60;

/// How many people there are for so many sessions.
fn people(sessions: u32) -> u32 {
    sessions.div_ceil(SESSIONS)
}

/// Who has this number. An account is made of it with the same id.
fn person(number: u32) -> Uuid {
    Uuid::from_u128(0x5e55_1075_0000_4000_8000_0000_0000_0000 | u128::from(number))
}

/// Writes the folder, and says how long the file of sessions is.
pub fn write(folder: &Path, sessions: u32) -> io::Result<u64> {
    fs::write(folder.join("users.json"), users(people(sessions)))?;
    fs::write(folder.join("exercise-library-seed.json"), library())?;
    let path = folder.join("workouts.json");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
    out.write_all(b"[")?;
    let mut dice = Dice::new(7);
    for number in 0..sessions {
        out.write_all(if number > 0 { b",\n" } else { b"\n" })?;
        session(number, &mut dice, &mut out)?;
    }
    out.write_all(b"\n]\n")?;
    out.flush()?;
    Ok(fs::metadata(path)?.len())
}

fn users(people: u32) -> String {
    let user = |number| {
        let (id, unit) = (
            person(number),
            if number.is_multiple_of(2) {
                "kg"
            } else {
                "lbs"
            },
        );
        format!(
            "  {{\n    \"id\": \"{id}\",\n    \"name\": \"Person {number}\",\n    \"preferences\": {{\"defaultWeightUnit\": \"{unit}\", \
             \"theme\": \"dark\"}},\n    \"createdAt\": \"2024-01-01T00:00:00.000Z\"\n  }}"
        )
    };
    let users: Vec<String> = (0..people).map(user).collect();
    format!("[\n{}\n]\n", users.join(",\n"))
}

fn library() -> String {
    let exercise = |number| {
        format!(
            "  {{\"id\": \"ex-{number:03}\", \"name\": \"Exercise {number}\", \"category\": \"Strength\", \
             \"muscleGroups\": [\"Back\"], \"equipment\": [\"Barbell\"], \"difficulty\": \"beginner\"}}"
        )
    };
    let exercises: Vec<String> = (0..LIBRARY).map(exercise).collect();
    format!("[\n{}\n]\n", exercises.join(",\n"))
}

/// Ids that look random and are the same in every run.
fn id(dice: &mut Dice) -> Uuid {
    let random = u128::from(dice.roll(u64::MAX)) << 64 | u128::from(dice.roll(u64::MAX));
    uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid()
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Every other person's app gave parts ids that are unique, the others' counted them.
fn session(number: u32, dice: &mut Dice, out: &mut impl Write) -> io::Result<()> {
    let owner = number / SESSIONS;
    let begun = day(u64::from(number % 700)) + TimeDelta::minutes(i64::from(number % 600));
    let (start, end) = (time(begun), time(begun + TimeDelta::minutes(70)));
    let session = id(dice);
    write!(
        out,
        "  {{\n    \"id\": \"{session}\",\n    \"userId\": \"{}\",\n    \"name\": \"Session {number}\",\n    \
         \"startTime\": \"{start}\",\n    \"endTime\": \"{end}\",\n    \"exercises\": [",
        person(owner)
    )?;
    for place in 0..PLACES {
        let named = if dice.roll(20) == 0 {
            format!("Own movement {}", dice.roll(5))
        } else {
            format!("Exercise {}", dice.roll(LIBRARY.into()))
        };
        let part = part(owner, "ex", place, dice);
        write!(
            out,
            "{}\n      {{\n        \"id\": \"{part}\",\n        \"sessionId\": \"{session}\",\n        \"name\": \"{named}\",\n        \
             \"category\": \"Strength\",\n        \"order\": {place},\n        \"sets\": [",
            comma(place)
        )?;
        for set in 0..SETS {
            let at = time(begun + TimeDelta::minutes(i64::from(place * 15 + set * 3)));
            let (weight, reps) = (40 + dice.roll(80), 3 + dice.roll(10));
            let id = self::part(owner, "set", place * SETS + set, dice);
            write!(
                out,
                "{}\n          {{\n            \"id\": \"{id}\",\n            \"exerciseId\": \"{part}\",\n            \
                 \"order\": {set},\n            \"isCompleted\": true,\n            \"createdAt\": \"{at}\",\n            \
                 \"updatedAt\": \"{at}\",\n            \"startTime\": \"{at}\",\n            \"weight\": {weight}.5,\n            \
                 \"repetitions\": {reps},\n            \"intensity\": 3\n          }}",
                comma(set)
            )?;
        }
        write!(
            out,
            "\n        ],\n        \"createdAt\": \"{start}\",\n        \"updatedAt\": \"{end}\"\n      }}"
        )?;
    }
    write!(
        out,
        "\n    ],\n    \"createdAt\": \"{start}\",\n    \"updatedAt\": \"{end}\"\n  }}"
    )
}

fn part(owner: u32, word: &str, number: u32, dice: &mut Dice) -> String {
    if owner.is_multiple_of(2) {
        id(dice).to_string()
    } else {
        format!("{word}-{number}")
    }
}

const fn comma(number: u32) -> &'static str {
    if number > 0 { "," } else { "" }
}
