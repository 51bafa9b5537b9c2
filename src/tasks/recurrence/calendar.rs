//! The days that a rule gives. A period (a day, a week, a month, a year) is looked at as a whole: which
//! of its days match. The first match after the start is the next day.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::{Frequency, Rule};

/// So many periods are looked at before a rule counts as one that never comes round. Enough for a
/// 29 February among single days.
pub const MOST_STEPS: u32 = 5000;

const LAST_YEAR: i32 = 2199;

impl Rule {
    /// The first day after `start` that the rule gives.
    pub(super) fn next_day(&self, start: NaiveDate) -> Option<NaiveDate> {
        (0..MOST_STEPS)
            .map_while(|step| self.period(start, step))
            .flatten()
            .find(|day| *day > start)
            .filter(|day| day.year() <= LAST_YEAR)
    }

    /// The next day for a task that is done today, if it is counted from there. Nothing says which day
    /// of the month is meant, so a month that is too short gives its last one.
    pub(super) fn next_day_from_completion(&self, done: NaiveDate) -> Option<NaiveDate> {
        let plain = self.months.is_empty() && self.month_days.is_empty() && self.days.is_empty();
        let months = match self.frequency {
            Frequency::Monthly if plain => self.interval,
            Frequency::Yearly if plain => self.interval * 12,
            _ => return self.next_day(done),
        };
        done.checked_add_months(Months::new(months))
            .filter(|day| day.year() <= LAST_YEAR)
    }

    /// The matching days, in order, of the period so many intervals after the one of `start`; none when
    /// that lies beyond the calendar.
    fn period(&self, start: NaiveDate, step: u32) -> Option<Vec<NaiveDate>> {
        let steps = self.interval * step;
        let first = match self.frequency {
            Frequency::Daily => start.checked_add_days(Days::new(steps.into()))?,
            Frequency::Weekly => {
                let since = start.weekday().days_since(self.week_start);
                let first = start.checked_sub_days(Days::new(since.into()))?;
                first.checked_add_days(Days::new((steps * 7).into()))?
            }
            Frequency::Monthly => start.with_day(1)?.checked_add_months(Months::new(steps))?,
            Frequency::Yearly => {
                let january = start.with_day(1)?.with_month(1)?;
                january.checked_add_months(Months::new(steps.checked_mul(12)?))?
            }
        };
        if first.year() > LAST_YEAR {
            return None;
        }
        let days = first.iter_days().take(self.period_length(first));
        Some(days.filter(|day| self.matches(*day, start)).collect())
    }

    fn period_length(&self, first: NaiveDate) -> usize {
        usize::from(match self.frequency {
            Frequency::Daily => 1,
            Frequency::Weekly => 7,
            Frequency::Monthly => u16::from(first.num_days_in_month()),
            Frequency::Yearly => 365 + u16::from(first.leap_year()),
        })
    }

    /// Whether a day of the right period is one of the rule's. What the rule leaves open is taken from
    /// the start, as iCalendar has it; so a monthly rule from the 31st passes over shorter months.
    fn matches(&self, day: NaiveDate, start: NaiveDate) -> bool {
        let by_month = self.months.is_empty() || self.months.contains(&day.month());
        let by_day = self.month_days.is_empty() || self.is_month_day(day);
        let by_weekday = self.days.is_empty() || self.is_weekday(day);
        let open = self.month_days.is_empty() && self.days.is_empty();
        let as_at_start = match self.frequency {
            Frequency::Daily => true,
            Frequency::Weekly => !open || day.weekday() == start.weekday(),
            Frequency::Monthly => !open || day.day() == start.day(),
            Frequency::Yearly => {
                let month = !self.month_days.is_empty()
                    || !self.months.is_empty()
                    || day.month() == start.month();
                month && (!open || day.day() == start.day())
            }
        };
        by_month && by_day && by_weekday && as_at_start
    }

    fn is_month_day(&self, day: NaiveDate) -> bool {
        let from_start = day.day().cast_signed();
        let from_end = from_start - i32::from(day.num_days_in_month()) - 1;
        self.month_days.contains(&from_start) || self.month_days.contains(&from_end)
    }

    fn is_weekday(&self, day: NaiveDate) -> bool {
        let from_start = day.day0().cast_signed() / 7 + 1;
        let left = i32::from(day.num_days_in_month()) - day.day().cast_signed();
        let from_end = -(left / 7 + 1);
        self.days.iter().any(|rule| {
            rule.weekday == day.weekday()
                && rule
                    .nth
                    .is_none_or(|nth| nth == from_start || nth == from_end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// The first days that the rule gives after `start`.
    fn days(rule: &str, start: &str, count: usize) -> Vec<String> {
        let rule: Rule = rule.parse().unwrap();
        let next = |day: &NaiveDate| rule.next_day(*day);
        std::iter::successors(next(&day(start)), next)
            .take(count)
            .map(|day| day.to_string())
            .collect()
    }

    #[test]
    fn days_and_weeks_come_as_icalendar_has_them() {
        for (rule, start, expected) in [
            (
                "FREQ=DAILY;INTERVAL=10",
                "2026-12-25",
                ["2027-01-04", "2027-01-14", "2027-01-24"],
            ),
            (
                "FREQ=DAILY;BYDAY=MO,TU",
                "2026-05-05",
                ["2026-05-11", "2026-05-12", "2026-05-18"],
            ),
            (
                "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29",
                "2026-01-01",
                ["2028-02-29", "2032-02-29", "2036-02-29"],
            ),
            (
                "FREQ=WEEKLY",
                "2026-05-06",
                ["2026-05-13", "2026-05-20", "2026-05-27"],
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR",
                "2026-05-04",
                ["2026-05-08", "2026-05-18", "2026-05-22"],
            ),
            // RFC 5545's own example: the week's first day decides.
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO",
                "1997-08-05",
                ["1997-08-10", "1997-08-19", "1997-08-24"],
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
                "1997-08-05",
                ["1997-08-17", "1997-08-19", "1997-08-31"],
            ),
        ] {
            assert_eq!(days(rule, start, 3), expected, "{rule}");
        }
    }

    #[test]
    fn months_and_years_come_as_icalendar_has_them() {
        for (rule, start, expected) in [
            (
                "FREQ=MONTHLY",
                "2026-01-31",
                ["2026-03-31", "2026-05-31", "2026-07-31"],
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-1",
                "2026-01-31",
                ["2026-02-28", "2026-03-31", "2026-04-30"],
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=1,15",
                "2026-01-10",
                ["2026-01-15", "2026-02-01", "2026-02-15"],
            ),
            (
                "FREQ=MONTHLY;BYDAY=1MO",
                "2026-05-04",
                ["2026-06-01", "2026-07-06", "2026-08-03"],
            ),
            (
                "FREQ=MONTHLY;BYDAY=-1FR",
                "2026-05-04",
                ["2026-05-29", "2026-06-26", "2026-07-31"],
            ),
            (
                "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
                "1997-09-02",
                ["1998-02-13", "1998-03-13", "1998-11-13"],
            ),
            (
                "FREQ=YEARLY",
                "2024-02-29",
                ["2028-02-29", "2032-02-29", "2036-02-29"],
            ),
            (
                "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
                "2026-01-01",
                ["2026-11-26", "2027-11-25", "2028-11-23"],
            ),
            (
                "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
                "1996-11-05",
                ["2000-11-07", "2004-11-02", "2008-11-04"],
            ),
        ] {
            assert_eq!(days(rule, start, 3), expected, "{rule}");
        }
    }

    #[test]
    fn a_rule_that_never_comes_round_ends_its_search() {
        for rule in [
            "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31",
            "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3",
            "FREQ=YEARLY;INTERVAL=1000",
        ] {
            assert_eq!(days(rule, "2026-01-15", 1), Vec::<String>::new(), "{rule}");
        }
        assert_eq!(days("FREQ=DAILY", "2199-12-31", 1), Vec::<String>::new());
    }

    #[test]
    fn from_completion_a_short_month_gives_its_last_day() {
        let next = |rule: &str, done: &str| {
            let rule: Rule = rule.parse().unwrap();
            rule.next_day_from_completion(day(done))
                .unwrap()
                .to_string()
        };
        assert_eq!(next("FREQ=MONTHLY", "2026-01-31"), "2026-02-28");
        assert_eq!(next("FREQ=YEARLY", "2024-02-29"), "2025-02-28");
        assert_eq!(next("FREQ=DAILY;INTERVAL=3", "2026-01-31"), "2026-02-03");
        assert_eq!(
            next("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31"),
            "2026-03-31"
        );
    }

    /// Any mixture of parts: days always go forward, match the rule, and nothing between them does.
    #[test]
    fn whatever_the_rule_no_matching_day_is_left_out() {
        for frequency in ["DAILY", "WEEKLY", "MONTHLY"] {
            for by in ["", ";BYDAY=TU,SA", ";BYMONTH=2,7", ";BYMONTH=7;BYDAY=WE"] {
                for start in ["2026-01-31", "2027-12-31", "2028-02-29", "2026-07-01"] {
                    let rule: Rule = format!("FREQ={frequency}{by}").parse().unwrap();
                    let Some(next) = rule.next_day(day(start)) else {
                        continue;
                    };
                    let between = day(start).iter_days().skip(1).take_while(|it| *it < next);
                    assert!(
                        next > day(start) && rule.matches(next, day(start)),
                        "{rule}"
                    );
                    for passed in between {
                        assert!(!rule.matches(passed, day(start)), "{rule} {start} {passed}");
                    }
                }
            }
        }
    }
}
