//! How many points of cost somebody may spend, and how long a bucket takes to get them.

use std::time::Duration;

use crate::config::Config;

/// Nobody waits longer than this, whatever was spent.
pub(super) const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// A reserve is this part of what the address has.
const PART_KEPT_BACK: u32 = 10;

/// How much one sender may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// None: as much as they like.
    pub per_minute: u32,
    /// What a full bucket holds.
    pub burst: u32,
}

/// How much each kind of sender may spend.
#[derive(Clone, Copy, Debug)]
pub struct RateOptions {
    pub user: Allowance,
    pub address: Allowance,
}

impl From<&Config> for RateOptions {
    fn from(config: &Config) -> Self {
        Self {
            user: Allowance {
                per_minute: config.rate_user,
                burst: config.rate_user_burst.get(),
            },
            address: Allowance {
                per_minute: config.rate_address,
                burst: config.rate_address_burst.get(),
            },
        }
    }
}

impl Allowance {
    /// How long a bucket takes to get these points.
    pub(super) fn time_for(self, points: u64) -> Duration {
        const MINUTE: u128 = 60_000_000_000;
        let nanos = u128::from(points) * MINUTE / u128::from(self.per_minute.max(1));
        u64::try_from(nanos)
            .map_or(LONGEST_WAIT, Duration::from_nanos)
            .min(LONGEST_WAIT)
    }

    /// How many points a bucket gets in this time.
    pub(super) fn points_in(self, time: Duration) -> u64 {
        const MINUTE: u128 = 60_000_000_000;
        let points = time.as_nanos() * u128::from(self.per_minute) / MINUTE;
        u64::try_from(points).unwrap_or(u64::MAX)
    }

    pub(super) const fn kept_back(self) -> Self {
        Self {
            per_minute: part_of(self.per_minute),
            burst: part_of(self.burst),
        }
    }
}

const fn part_of(points: u32) -> u32 {
    if points < PART_KEPT_BACK {
        1
    } else {
        points / PART_KEPT_BACK
    }
}
