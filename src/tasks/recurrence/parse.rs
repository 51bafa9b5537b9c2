//! Rules as text, as clients send them. What is not understood is refused, never passed over.

use std::{collections::BTreeMap, str::FromStr};

use chrono::{NaiveDate, NaiveDateTime, Weekday};

use super::{Day, End, Frequency, Rule, WEEKDAYS};

/// The parts that are understood.
const PARTS: [&str; 10] = [
    "FREQ",
    "INTERVAL",
    "BYMONTH",
    "BYMONTHDAY",
    "BYDAY",
    "BYHOUR",
    "BYMINUTE",
    "WKST",
    "COUNT",
    "UNTIL",
];

const LONGEST_INTERVAL: i32 = 1000;
const LARGEST_COUNT: i32 = 10_000;

type Parts<'a> = BTreeMap<&'a str, &'a str>;

impl FromStr for Rule {
    /// What to mend, for the client.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().to_ascii_uppercase();
        let parts = parts(text.strip_prefix("RRULE:").unwrap_or(&text))?;
        let rule = Self {
            frequency: frequency(&parts)?,
            interval: number(&parts, "INTERVAL", 1, LONGEST_INTERVAL)?.map_or(1, i32::unsigned_abs),
            months: months(&parts)?,
            month_days: each(&parts, "BYMONTHDAY", |day| {
                whole(day, -31, 31).filter(|day| *day != 0)
            })?,
            days: each(&parts, "BYDAY", day)?,
            week_start: week_start(&parts)?,
            time: time(&parts)?,
            end: end(&parts)?,
        };
        rule.goes_together()?;
        Ok(rule)
    }
}

impl Rule {
    /// Parts that are right by themselves and mean nothing together.
    fn goes_together(&self) -> Result<(), String> {
        use Frequency::{Daily, Monthly, Weekly, Yearly};

        let nth = self.days.iter().any(|day| day.nth.is_some());
        match self.frequency {
            Daily | Weekly if nth => {
                Err("a number before the day, such as `1MO`, goes with `FREQ=MONTHLY`".to_owned())
            }
            Weekly if !self.month_days.is_empty() => {
                Err("`BYMONTHDAY` does not go with `FREQ=WEEKLY`".to_owned())
            }
            Yearly if !self.days.is_empty() && self.months.is_empty() => {
                Err("`BYDAY` in a yearly rule needs `BYMONTH`".to_owned())
            }
            Daily | Weekly | Monthly | Yearly => Ok(()),
        }
    }
}

fn parts(text: &str) -> Result<Parts<'_>, String> {
    let mut parts = Parts::new();
    for part in text.split(';').filter(|part| !part.is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            return Err(format!(
                "`{part}` must be a name and a value, such as `FREQ=DAILY`"
            ));
        };
        if !PARTS.contains(&name) {
            let known = PARTS.join("`, `");
            return Err(format!("`{name}` is not supported: use `{known}`"));
        }
        if parts.insert(name, value).is_some() {
            return Err(format!("`{name}` must be given once"));
        }
    }
    Ok(parts)
}

fn frequency(parts: &Parts<'_>) -> Result<Frequency, String> {
    let word = parts.get("FREQ").copied().unwrap_or_default();
    let known = Frequency::ALL.iter().find(|(it, _)| *it == word);
    known.map(|(_, it)| *it).ok_or_else(|| {
        "`FREQ` must be `DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`, such as in `FREQ=WEEKLY;BYDAY=MO`"
            .to_owned()
    })
}

fn months(parts: &Parts<'_>) -> Result<Vec<u32>, String> {
    let months = each(parts, "BYMONTH", |month| whole(month, 1, 12))?;
    Ok(months.into_iter().map(i32::unsigned_abs).collect())
}

/// `MO`, `1MO`, `+1MO` or `-1MO`.
fn day(text: &str) -> Option<Day> {
    let (nth, word) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = match nth {
        "" => None,
        nth => Some(whole(nth, -5, 5).filter(|nth| *nth != 0)?),
    };
    let weekday = weekday(word)?;
    Some(Day { nth, weekday })
}

fn weekday(word: &str) -> Option<Weekday> {
    WEEKDAYS
        .iter()
        .find(|(it, _)| *it == word)
        .map(|(_, it)| *it)
}

fn week_start(parts: &Parts<'_>) -> Result<Weekday, String> {
    let Some(word) = parts.get("WKST") else {
        return Ok(Weekday::Mon);
    };
    weekday(word).ok_or_else(|| "`WKST` must be a day such as `MO`".to_owned())
}

fn time(parts: &Parts<'_>) -> Result<Option<(u32, u32)>, String> {
    let hour = number(parts, "BYHOUR", 0, 23)?;
    let minute = number(parts, "BYMINUTE", 0, 59)?;
    match (hour, minute) {
        (None, None) => Ok(None),
        (Some(hour), Some(minute)) => Ok(Some((hour.unsigned_abs(), minute.unsigned_abs()))),
        _ => Err("`BYHOUR` and `BYMINUTE` must be given together".to_owned()),
    }
}

fn end(parts: &Parts<'_>) -> Result<End, String> {
    let count = number(parts, "COUNT", 1, LARGEST_COUNT)?;
    let until = parts.get("UNTIL").map(|text| until(text)).transpose()?;
    match (count, until) {
        (None, None) => Ok(End::Never),
        (Some(count), None) => Ok(End::Count(count.unsigned_abs())),
        (None, Some(until)) => Ok(until),
        (Some(_), Some(_)) => Err("give `COUNT` or `UNTIL`, not both".to_owned()),
    }
}

fn until(text: &str) -> Result<End, String> {
    let day = NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    let moment = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok();
    match (text.len(), day, moment) {
        (8, Some(day), _) => Ok(End::UntilDay(day)),
        (16, _, Some(moment)) => Ok(End::UntilMoment(moment.and_utc())),
        _ => Err("`UNTIL` must be such as `20261231` or `20261231T120000Z`".to_owned()),
    }
}

fn number(parts: &Parts<'_>, name: &str, from: i32, to: i32) -> Result<Option<i32>, String> {
    let Some(text) = parts.get(name) else {
        return Ok(None);
    };
    whole(text, from, to)
        .map(Some)
        .ok_or_else(|| format!("`{name}` must be a number from {from} to {to}"))
}

/// A list of values, none twice.
fn each<T: PartialEq>(
    parts: &Parts<'_>,
    name: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, String> {
    let mut values = Vec::new();
    for item in parts.get(name).iter().flat_map(|list| list.split(',')) {
        let value = read(item).ok_or_else(|| format!("`{item}` cannot be taken in `{name}`"))?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Ok(values)
}

fn whole(text: &str, from: i32, to: i32) -> Option<i32> {
    let number = text.parse().ok()?;
    (from..=to).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_back_in_one_form_which_reads_the_same() {
        for (text, form) in [
            ("FREQ=DAILY", "FREQ=DAILY"),
            ("rrule:freq=daily;interval=1;", "FREQ=DAILY"),
            (
                "BYDAY=MO,FR,MO;FREQ=WEEKLY;WKST=SU",
                "FREQ=WEEKLY;BYDAY=MO,FR;WKST=SU",
            ),
            (
                "FREQ=MONTHLY;BYDAY=+1MO,-1FR;COUNT=3",
                "FREQ=MONTHLY;BYDAY=1MO,-1FR;COUNT=3",
            ),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYMONTHDAY=-1"),
            (
                "FREQ=YEARLY;BYDAY=4TH;BYMONTH=11",
                "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            ),
            ("FREQ=DAILY;UNTIL=20261231", "FREQ=DAILY;UNTIL=20261231"),
            (
                "FREQ=DAILY;UNTIL=20261231T235959Z",
                "FREQ=DAILY;UNTIL=20261231T235959Z",
            ),
            (
                "FREQ=DAILY;BYMINUTE=5;BYHOUR=2",
                "FREQ=DAILY;BYHOUR=2;BYMINUTE=5",
            ),
        ] {
            let rule: Rule = text.parse().unwrap();
            assert_eq!(rule.to_string(), form);
            assert_eq!(form.parse(), Ok(rule));
        }
    }

    #[test]
    fn nonsense_is_refused_and_the_part_is_named() {
        for (text, named) in [
            ("", "FREQ"),
            ("every day", "EVERY DAY"),
            ("FREQ=HOURLY", "FREQ"),
            ("FREQ=", "FREQ"),
            ("INTERVAL=2", "FREQ"),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
            ("FREQ=DAILY;INTERVAL=1001", "INTERVAL"),
            ("FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
            ("FREQ=DAILY;INTERVAL=99999999999999", "INTERVAL"),
            ("FREQ=DAILY;FREQ=DAILY", "FREQ"),
            ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS"),
            ("FREQ=WEEKLY;BYDAY=XX", "XX"),
            ("FREQ=WEEKLY;BYDAY=", "BYDAY"),
            ("FREQ=WEEKLY;BYDAY=ÄÖ", "BYDAY"),
            ("FREQ=WEEKLY;BYDAY=1MO", "1MO"),
            ("FREQ=MONTHLY;BYDAY=6MO", "6MO"),
            ("FREQ=MONTHLY;BYDAY=0MO", "0MO"),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
            ("FREQ=MONTHLY;BYMONTHDAY=32", "32"),
            ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
            ("FREQ=YEARLY;BYDAY=MO", "BYMONTH"),
            ("FREQ=YEARLY;BYMONTH=13", "13"),
            ("FREQ=DAILY;COUNT=0", "COUNT"),
            ("FREQ=DAILY;COUNT=2;UNTIL=20261231", "COUNT"),
            ("FREQ=DAILY;UNTIL=2026-12-31", "UNTIL"),
            ("FREQ=DAILY;UNTIL=20261331", "UNTIL"),
            ("FREQ=DAILY;BYHOUR=2", "BYMINUTE"),
        ] {
            let refused = text.parse::<Rule>().unwrap_err();
            assert!(refused.contains(named), "{text}: {refused}");
        }
    }
}
