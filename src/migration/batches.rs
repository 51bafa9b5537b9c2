//! How fast a backfill goes, and how much it does at a time.

use std::{ops::Range, time::Duration};

use tokio::time::Instant;

use super::backfill::Progress;

/// A transaction is to take about so long: then a pause is heard, and the lease is kept, however many rows people have.
const BATCH: Range<Duration> = Duration::from_millis(500)..Duration::from_secs(2);
/// How many owners the first one is about.
const OWNERS: i64 = 16;
/// How many the most.
const MOST_OWNERS: i64 = 4096;
/// How fast it goes, over the last few seconds, and how much is done at a time.
pub(super) struct Clock {
    since: Instant,
    rows: i64,
    pub(super) owners: i64,
}

impl Clock {
    pub(super) fn new(rows: i64) -> Self {
        Self {
            since: Instant::now(),
            rows,
            owners: OWNERS,
        }
    }

    /// Takes more or fewer owners next time, by how long the last ones took.
    pub(super) fn pace(&mut self, took: Duration) {
        if took < BATCH.start {
            self.owners = (self.owners * 2).min(MOST_OWNERS);
        } else if took > BATCH.end {
            self.owners = (self.owners / 2).max(1);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "rates are shown to people")]
    pub(super) fn tick(&mut self, progress: &mut Progress) {
        let seconds = self.since.elapsed().as_secs_f64();
        if seconds > 0.0 {
            progress.rows_per_second = (progress.rows - self.rows) as f64 / seconds;
        }
        if progress.rows_per_second > 0.0 {
            let left = (progress.rows_in_all - progress.rows).max(0) as f64;
            progress.seconds_left = left / progress.rows_per_second;
        }
        if seconds > 5.0 {
            (self.since, self.rows) = (Instant::now(), progress.rows);
        }
    }
}
