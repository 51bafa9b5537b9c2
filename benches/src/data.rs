//! What is in the measured database, computed as `data/fill.sql` computes it.

use chrono::{DateTime, Days, TimeZone, Utc};
use uuid::Uuid;

/// What a row is; the number stands in its id.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    User = 1,
    Exercise = 2,
    Workout = 3,
    Place = 4,
    Entry = 6,
}

/// How many exercises the library has.
pub const EXERCISES: u64 = 200;
/// How many workouts each user has.
pub const WORKOUTS: u64 = 20;
/// How many exercises each workout has.
pub const PLACES: u64 = 5;

/// The id of the n-th row of its kind, from 1.
pub fn id(kind: Kind, n: u64) -> Uuid {
    const BEGINNING: u128 = 1_705_000_000_000;

    let (kind, n) = (kind as u128, u128::from(n));
    Uuid::from_u128((BEGINNING + n) << 80 | 0x7000 << 64 | 0x8000 << 48 | kind << 44 | n)
}

/// The first instant of a day, counted from New Year 2024.
pub fn day(number: u64) -> DateTime<Utc> {
    let new_year = Utc.with_ymd_and_hms(2024, 1, 1, 0, 0, 0);
    new_year.earliest().expect("there was a New Year") + Days::new(number)
}

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of `0..below`.
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let index = self.roll(from.len() as u64);
        from[usize::try_from(index).expect("an index")]
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, id};

    #[test]
    fn ids_are_those_of_the_filled_tables() {
        let first = id(Kind::User, 1).to_string();
        assert_eq!(first, "018cf9eb-5a01-7000-8000-100000000001");
    }
}
