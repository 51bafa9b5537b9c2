//! Attempts to sign in are counted, per address and per client, and each one too many has to wait twice
//! as long as the one before. The counts live in this process: with N replicas somebody gets N times
//! as many attempts, and never more memory is used than the bound below.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use crate::{
    error::{Error, Result},
    traffic::{Entry, Ledger, network, whole_seconds},
    viewer::UserId,
};

/// What attempts are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Counted {
    /// The address somebody wants to sign in with, whether it has an account or not.
    Address(String),
    /// The account whose password a signed-in client repeats.
    Account(UserId),
    /// The account that takes another address, right password or not.
    AddressChanges(UserId),
    /// The client's network address.
    Client(IpAddr),
    /// Accounts made from one network address.
    SignUps(IpAddr),
}

impl Counted {
    pub(super) fn address(email: &str) -> Self {
        Self::Address(email.trim().to_lowercase())
    }

    pub(super) fn client(address: IpAddr) -> Self {
        Self::Client(network(address))
    }

    pub(super) fn sign_ups(address: IpAddr) -> Self {
        Self::SignUps(network(address))
    }

    /// How many attempts need no waiting. Many people may share one network address.
    const fn free(&self) -> u32 {
        match self {
            Self::Address(_) | Self::Account(_) | Self::AddressChanges(_) => 5,
            Self::SignUps(_) => 10,
            Self::Client(_) => 20,
        }
    }
}

const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// Attempts are forgotten when there was none for so long.
const MEMORY: Duration = Duration::from_hours(1);
/// The most that is remembered, in some 2 MB.
const CAPACITY: usize = 32_768;

#[derive(Clone, Copy, Debug)]
struct Count {
    attempts: u32,
    last: Instant,
    blocked_until: Instant,
}

impl Entry for Count {
    fn last(&self) -> Instant {
        self.last
    }

    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) > MEMORY
    }
}

#[derive(Debug)]
pub(super) struct Throttle {
    counts: Ledger<Count>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            counts: Ledger::new(CAPACITY),
        }
    }
}

/// An attempt that was counted. It is a failure unless it says otherwise.
#[must_use]
pub(super) struct Attempt<'a> {
    throttle: &'a Throttle,
    counted: Vec<Counted>,
}

impl Throttle {
    /// Counts an attempt under all of these, or refuses it under any. It counts before its outcome is
    /// known: otherwise a thousand at once would all be the first.
    pub(super) fn attempt(&self, counted: Vec<Counted>) -> Result<Attempt<'_>> {
        self.attempt_at(Instant::now(), &counted)
            .map_err(|retry_after| Error::RateLimited {
                what: "attempts",
                retry_after,
            })?;
        Ok(Attempt {
            throttle: self,
            counted,
        })
    }

    fn attempt_at(&self, now: Instant, counted: &[Counted]) -> Result<(), Duration> {
        let mut counts = self.counts.open();
        let wait = counted
            .iter()
            .filter_map(|it| counts.get(it).copied())
            .map(|count| count.blocked_until.saturating_duration_since(now))
            .max()
            .unwrap_or_default();
        if !wait.is_zero() {
            return Err(whole_seconds(wait));
        }
        for it in counted {
            let fresh = Count {
                attempts: 0,
                last: now,
                blocked_until: now,
            };
            let count = counts.entry(it, now, fresh);
            if count.is_over(now) {
                *count = fresh;
            }
            count.attempts = count.attempts.saturating_add(1);
            count.last = now;
            count.blocked_until = now + wait_after(count.attempts, it.free());
        }
        Ok(())
    }
}

impl Attempt<'_> {
    /// The right password: the address starts afresh, and the client is not blamed. What came of other
    /// attempts of that client stays counted, or one account would be enough to try all others.
    pub(super) fn succeeded(self) {
        let mut counts = self.throttle.counts.open();
        for it in &self.counted {
            match it {
                Counted::Address(_) | Counted::Account(_) => counts.remove(it),
                Counted::Client(_) => {
                    if let Some(count) = counts.get(it) {
                        count.attempts = count.attempts.saturating_sub(1);
                        count.blocked_until = count.last + wait_after(count.attempts, it.free());
                    }
                }
                Counted::SignUps(_) | Counted::AddressChanges(_) => {}
            }
        }
    }
}

/// Nothing up to the last free attempt; then a second, doubled with each one more.
fn wait_after(attempts: u32, free: u32) -> Duration {
    let Some(beyond) = attempts.checked_sub(free) else {
        return Duration::ZERO;
    };
    Duration::from_secs(1_u64 << beyond.min(20)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Vec<Counted> {
        vec![Counted::address("Ada@example.com ")]
    }

    #[test]
    fn waits_begin_after_the_free_attempts_and_double() {
        let (throttle, mut now) = (Throttle::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(throttle.attempt_at(now, &ada()), Ok(()));
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = throttle.attempt_at(now, &ada()).unwrap_err();
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(throttle.attempt_at(now, &ada()), Ok(()));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    }

    #[test]
    fn success_clears_the_address_but_not_what_the_client_did_to_others() {
        let throttle = Throttle::default();
        let client = Counted::client("192.0.2.1".parse().unwrap());
        for n in 0..19 {
            let other = Counted::address(&format!("{n}@example.com"));
            let _ = throttle.attempt(vec![other, client.clone()]).unwrap();
        }
        let own = throttle.attempt(vec![Counted::address("me@example.com"), client.clone()]);
        own.unwrap().succeeded();
        assert!(throttle.attempt(vec![client.clone()]).is_ok());
        assert!(throttle.attempt(vec![client]).is_err());
    }
}
