//! Numbers with bounds of their own: what lies outside of these would break the server rather than
//! limit anybody.

use std::{fmt, str::FromStr, time::Duration};

/// Levels of nesting. Every one takes a piece of the stack, and the executor's parser goes no deeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels(pub usize);

impl FromStr for Levels {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let levels = text.parse().map_err(|_| ())?;
        (1..=64).contains(&levels).then_some(Self(levels)).ok_or(())
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A size in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub usize);

/// The units that a size is written in, largest first.
const UNITS: [(&str, usize); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl FromStr for Bytes {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, size)| Some((text.strip_suffix(name)?, size)))
            .ok_or(())?;
        let number: usize = number.trim_end().parse().map_err(|_| ())?;
        let bytes = number.checked_mul(*unit).ok_or(())?;
        ((1 << 10)..=(1 << 30))
            .contains(&bytes)
            .then_some(Self(bytes))
            .ok_or(())
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, size): &&(&str, usize)| self.0.is_multiple_of(*size);
        match UNITS.iter().find(whole) {
            Some((name, size)) => write!(f, "{}{name}", self.0 / size),
            None => self.0.fmt(f),
        }
    }
}

/// A time that something may wait for again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval(pub Duration);

impl FromStr for Interval {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let time = humantime::parse_duration(text).map_err(|_| ())?;
        let bounds = Duration::from_millis(10)..=Duration::from_hours(24);
        bounds.contains(&time).then_some(Self(time)).ok_or(())
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

/// A part of a whole, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub f64);

impl FromStr for Share {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let share = text.parse().map_err(|_| ())?;
        (0.0..=1.0)
            .contains(&share)
            .then_some(Self(share))
            .ok_or(())
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_shown_as_it_was_written() {
        for text in ["1KiB", "512KiB", "3MiB", "1GiB"] {
            assert_eq!(
                text.parse::<Bytes>().map(|it| it.to_string()).as_deref(),
                Ok(text)
            );
        }
        for wrong in [
            "",
            "0KiB",
            "1024",
            "2GiB",
            "-1MiB",
            "1MB",
            "99999999999999999999GiB",
        ] {
            assert_eq!(wrong.parse::<Bytes>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn what_would_break_the_server_is_no_value() {
        for wrong in ["0", "65", "-1", "many"] {
            assert_eq!(wrong.parse::<Levels>(), Err(()), "{wrong}");
        }
        for wrong in ["0s", "9ms", "2d", "1000000y", "5"] {
            assert_eq!(wrong.parse::<Interval>(), Err(()), "{wrong}");
        }
    }
}
