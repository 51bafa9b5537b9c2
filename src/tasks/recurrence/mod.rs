//! How a task comes round again: a part of iCalendar's `RRULE`, read, checked, and written back in one
//! form. `calendar` finds days, `clock` turns them into moments that keep their local time.

mod calendar;
mod clock;
mod parse;

use std::fmt::{self, Write as _};

use chrono::{DateTime, NaiveDate, Utc, Weekday};

pub use clock::{Due, moment_at};

/// A rule by which a task comes round again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    frequency: Frequency,
    interval: u32,
    months: Vec<u32>,
    month_days: Vec<i32>,
    days: Vec<Day>,
    week_start: Weekday,
    /// The local time that occurrences have, where it differs from that of the one before: a time that
    /// a change of the clocks skipped comes back the day after.
    time: Option<(u32, u32)>,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Frequency {
    const ALL: [(&str, Self); 4] = [
        ("DAILY", Self::Daily),
        ("WEEKLY", Self::Weekly),
        ("MONTHLY", Self::Monthly),
        ("YEARLY", Self::Yearly),
    ];
}

/// A day of the week; within a month perhaps only the nth, or the nth from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Day {
    nth: Option<i32>,
    weekday: Weekday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Never,
    /// After this many, the present one counted.
    Count(u32),
    UntilDay(NaiveDate),
    UntilMoment(DateTime<Utc>),
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

impl Rule {
    /// Why a task that is due then cannot come round by this rule; the text is for the client.
    pub fn check(&self, due: Due) -> Result<(), String> {
        if self.time.is_some() && matches!(due, Due::On(_)) {
            return Err("`BYHOUR` and `BYMINUTE` go with `dueAt`, not with `dueDate`".to_owned());
        }
        if !self.allows(due) {
            return Err("`UNTIL` must not be before the task is due".to_owned());
        }
        if self.next_day(due.day()).is_none() {
            return Err(format!(
                "this rule gives no further day before the year 2200 within {} steps: \
                 take another one, or none",
                calendar::MOST_STEPS
            ));
        }
        Ok(())
    }

    /// The rule without a time of its own, for a task whose time was set anew.
    #[must_use]
    pub fn without_time(self) -> Self {
        Self { time: None, ..self }
    }

    /// Whether the end leaves room for an occurrence then.
    fn allows(&self, due: Due) -> bool {
        match (self.end, due) {
            (End::Never | End::Count(_), _) => true,
            (End::UntilDay(last), due) => due.day() <= last,
            (End::UntilMoment(last), Due::At(moment, _)) => moment <= last,
            (End::UntilMoment(last), Due::On(day)) => day <= last.date_naive(),
        }
    }

    /// The rule of the occurrence after this one, if the count allows one.
    fn counted_down(&self) -> Option<Self> {
        let end = match self.end {
            End::Count(0 | 1) => return None,
            End::Count(left) => End::Count(left - 1),
            end => end,
        };
        Some(Self {
            end,
            ..self.clone()
        })
    }
}

/// The one form in which a rule is stored and shown.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frequency = Frequency::ALL.iter().find(|(_, it)| *it == self.frequency);
        write!(f, "FREQ={}", frequency.map_or("", |(word, _)| word))?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        list(f, "BYMONTH", &self.months)?;
        list(f, "BYMONTHDAY", &self.month_days)?;
        list(f, "BYDAY", &self.days)?;
        if let Some((hour, minute)) = self.time {
            write!(f, ";BYHOUR={hour};BYMINUTE={minute}")?;
        }
        if self.week_start != Weekday::Mon {
            write!(f, ";WKST={}", word(self.week_start))?;
        }
        match self.end {
            End::Never => Ok(()),
            End::Count(count) => write!(f, ";COUNT={count}"),
            End::UntilDay(day) => write!(f, ";UNTIL={}", day.format("%Y%m%d")),
            End::UntilMoment(at) => write!(f, ";UNTIL={}", at.format("%Y%m%dT%H%M%SZ")),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nth) = self.nth {
            write!(f, "{nth}")?;
        }
        f.write_str(word(self.weekday))
    }
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, items: &[impl fmt::Display]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index == 0 {
            write!(f, ";{name}=")?;
        } else {
            f.write_char(',')?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn word(weekday: Weekday) -> &'static str {
    WEEKDAYS[weekday.num_days_from_monday() as usize].0
}
