//! When the next occurrence is due. A day is a day; a moment keeps its local time, whatever the clocks
//! do in between.

use chrono::{
    DateTime, Datelike, Duration, MappedLocalTime, NaiveDate, NaiveDateTime, TimeZone, Timelike,
    Utc,
};
use chrono_tz::Tz;

use super::Rule;
use crate::graphql::Date;

/// When a task is due: on a day, or at a moment that is thought of in a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    On(NaiveDate),
    At(DateTime<Utc>, Tz),
}

impl Due {
    /// When a task with these columns is due; `home` is the time zone of its owner.
    pub fn of(
        day: Option<Date>,
        moment: Option<DateTime<Utc>>,
        zone: Option<&str>,
        home: Tz,
    ) -> Option<Self> {
        let zone = zone.and_then(|name| name.parse().ok()).unwrap_or(home);
        let moment = moment.map(|at| Self::At(at, zone));
        moment.or_else(|| day.map(|Date(day)| Self::On(day)))
    }

    /// The day where the task's owner is.
    pub fn day(self) -> NaiveDate {
        match self {
            Self::On(day) => day,
            Self::At(moment, zone) => moment.with_timezone(&zone).date_naive(),
        }
    }

    /// The same so many days later, by the calendar.
    pub fn later_by(self, days: i64) -> Option<Self> {
        let day = self.day().checked_add_signed(Duration::try_days(days)?)?;
        Some(match self {
            Self::On(_) => Self::On(day),
            Self::At(moment, zone) => {
                let time = moment.with_timezone(&zone).time();
                Self::At(moment_at(zone, day.and_time(time))?, zone)
            }
        })
        .filter(|due| due.day().year() < 2200)
    }
}

impl Rule {
    /// The occurrence after the one that is `due`: when, and by which rule. Counted from the day it was
    /// `done`, where that is given. None when the rule has ended.
    pub fn following(&self, due: Due, done: Option<NaiveDate>) -> Option<(Due, Self)> {
        let mut rule = self.counted_down()?;
        let day = match done {
            Some(done) => self.next_day_from_completion(done)?,
            None => self.next_day(due.day())?,
        };
        let next = match due {
            Due::On(_) => Due::On(day),
            Due::At(moment, zone) => {
                let last = moment.with_timezone(&zone).time();
                let time = match self.time {
                    Some((hour, minute)) => last.with_hour(hour)?.with_minute(minute)?,
                    None => last,
                };
                let moment = moment_at(zone, day.and_time(time))?;
                let shown = moment.with_timezone(&zone).time();
                rule.time = (shown != time).then(|| (time.hour(), time.minute()));
                Due::At(moment, zone)
            }
        };
        let possible = next.day().year() < 2200 && self.allows(next);
        possible.then_some((next, rule))
    }
}

/// The moment at which clocks in `zone` show this. A time that they show twice is the first one; one
/// that they skip is as much later as they are put forward.
pub fn moment_at(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(moment) | MappedLocalTime::Ambiguous(moment, _) => {
            Some(moment.to_utc())
        }
        MappedLocalTime::None => {
            // No gap is longer than the day that Samoa left out.
            let shown = (1..=25).find_map(|hours| {
                let earlier = local.checked_sub_signed(Duration::hours(hours))?;
                Some((zone.from_local_datetime(&earlier).latest()?, hours))
            });
            shown.map(|(earlier, hours)| earlier.to_utc() + Duration::hours(hours))
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America::New_York, Europe::Berlin, Pacific::Apia};

    use super::*;

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The due moments of a series, each followed by the one after.
    fn series(rule: &str, zone: Tz, start: &str, count: usize) -> Vec<String> {
        let first = (Due::At(moment(start), zone), rule.parse::<Rule>().unwrap());
        std::iter::successors(Some(first), |(due, rule)| rule.following(*due, None))
            .skip(1)
            .take(count)
            .map(|(due, _)| match due {
                Due::At(at, zone) => at.with_timezone(&zone).format("%m-%d %H:%M %z").to_string(),
                Due::On(day) => day.to_string(),
            })
            .collect()
    }

    #[test]
    fn a_moment_keeps_its_local_time_when_clocks_change_either_way() {
        let weekly = |start| series("FREQ=WEEKLY", Berlin, start, 1);
        assert_eq!(weekly("2026-03-25T08:00:00Z"), ["04-01 09:00 +0200"]);
        assert_eq!(weekly("2026-10-21T07:00:00Z"), ["10-28 09:00 +0100"]);
        let daily = series("FREQ=DAILY", New_York, "2026-03-07T14:00:00Z", 2);
        assert_eq!(daily, ["03-08 09:00 -0400", "03-09 09:00 -0400"]);
    }

    #[test]
    fn a_time_that_is_skipped_comes_an_hour_later_and_on_time_the_day_after() {
        let days = series("FREQ=DAILY", Berlin, "2026-03-28T01:30:00Z", 3);
        assert_eq!(
            days,
            [
                "03-29 03:30 +0200",
                "03-30 02:30 +0200",
                "03-31 02:30 +0200"
            ]
        );
    }

    #[test]
    fn a_time_that_comes_twice_is_the_first_of_the_two() {
        let days = series("FREQ=DAILY", Berlin, "2026-10-24T00:30:00Z", 2);
        assert_eq!(days, ["10-25 02:30 +0200", "10-26 02:30 +0100"]);
    }

    #[test]
    fn even_a_day_that_a_country_left_out_has_an_answer() {
        let days = series("FREQ=DAILY", Apia, "2011-12-29T22:00:00Z", 2);
        assert_eq!(days[0], "12-31 12:00 +1400");
        assert_eq!(days.len(), 2);
    }

    #[test]
    fn a_count_runs_out_and_an_end_is_kept() {
        let on = |day: &str| Due::On(day.parse().unwrap());
        let ends = |rule: &str, start: &str| {
            let first = (on(start), rule.parse::<Rule>().unwrap());
            std::iter::successors(Some(first), |(due, rule)| rule.following(*due, None)).count()
        };
        assert_eq!(ends("FREQ=DAILY;COUNT=3", "2026-01-01"), 3);
        assert_eq!(ends("FREQ=DAILY;UNTIL=20260104", "2026-01-01"), 4);
        assert_eq!(ends("FREQ=DAILY;UNTIL=20260104T120000Z", "2026-01-01"), 4);
        assert_eq!(ends("FREQ=YEARLY", "2190-01-01"), 10);
    }

    #[test]
    fn counted_from_completion_the_due_day_does_not_matter() {
        let rule: Rule = "FREQ=WEEKLY".parse().unwrap();
        let done = Some("2026-05-09".parse().unwrap());
        let due = Due::At(moment("2026-05-01T07:00:00Z"), Berlin);
        let (next, _) = rule.following(due, done).unwrap();
        assert_eq!(next, Due::At(moment("2026-05-16T07:00:00Z"), Berlin));
    }
}
