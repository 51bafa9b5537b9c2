//! A bar for work that takes a while, on a terminal; elsewhere a line now and then.

use std::{
    io::{IsTerminal, Write, stderr},
    sync::Mutex,
    time::{Duration, Instant},
};

const WIDTH: usize = 30;
/// How often a log is told.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Shows how far something is.
pub(super) struct Bar {
    on_terminal: bool,
    told: Mutex<Option<Instant>>,
}

/// How far it is.
pub(super) struct Shown {
    pub done: i64,
    pub in_all: i64,
    pub per_second: f64,
    pub seconds_left: f64,
}

impl Bar {
    pub fn new() -> Self {
        Self {
            on_terminal: stderr().is_terminal(),
            told: Mutex::new(None),
        }
    }

    pub fn show(&self, shown: &Shown) {
        let line = line(shown);
        if self.on_terminal {
            eprint!("\r{line}\x1b[K");
            let _ = stderr().flush();
            return;
        }
        let Ok(mut told) = self.told.lock() else {
            return;
        };
        if told.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
            *told = Some(Instant::now());
            eprintln!("{line}");
        }
    }

    pub fn end(&self) {
        if self.on_terminal {
            eprintln!();
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bar is no instrument"
)]
fn line(shown: &Shown) -> String {
    let share = (shown.done as f64 / shown.in_all.max(1) as f64).clamp(0.0, 1.0);
    let full = (share * WIDTH as f64) as usize;
    let left = Duration::from_secs(shown.seconds_left as u64);
    format!(
        "[{}{}] {:3.0} %  {} of {} rows  {:.0} a second  {} left",
        "#".repeat(full),
        ".".repeat(WIDTH - full),
        share * 100.0,
        shown.done,
        shown.in_all,
        shown.per_second,
        humantime::format_duration(left)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_how_far_it_is_and_how_long_it_takes() {
        let shown = Shown {
            done: 50,
            in_all: 200,
            per_second: 25.0,
            seconds_left: 6.0,
        };
        let line = line(&shown);
        assert!(
            line.starts_with("[#######......................."),
            "{line}"
        );
        assert!(
            line.ends_with("25 %  50 of 200 rows  25 a second  6s left"),
            "{line}"
        );
    }
}
