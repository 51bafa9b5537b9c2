//! Attempts to sign in are counted, per address and per client, and each one too many has to wait twice
//! as long as the one before. The counts live in this process: with N replicas somebody gets N times
//! as many attempts, and never more memory is used than the bound below.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    error::{Error, Result},
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

/// One household has a whole /64 of IPv6 addresses: they count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// Attempts are forgotten when there was none for so long.
const MEMORY: Duration = Duration::from_hours(1);
/// The most that is remembered, in some 2 MB. When it is full the oldest go first.
const CAPACITY: usize = 32_768;

#[derive(Clone, Copy, Debug)]
struct Count {
    attempts: u32,
    last: Instant,
    blocked_until: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Throttle {
    /// Not the values themselves but their hashes, under a key that this process made up.
    counts: Mutex<HashMap<u64, Count>>,
    hasher: RandomState,
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
            .map_err(|retry_after| Error::RateLimited { retry_after })?;
        Ok(Attempt {
            throttle: self,
            counted,
        })
    }

    fn attempt_at(&self, now: Instant, counted: &[Counted]) -> Result<(), Duration> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = counted
            .iter()
            .filter_map(|it| counts.get(&self.key(it)))
            .map(|count| count.blocked_until.saturating_duration_since(now))
            .max()
            .unwrap_or_default();
        if !wait.is_zero() {
            let begun = u64::from(wait.subsec_nanos() > 0);
            return Err(Duration::from_secs(wait.as_secs() + begun));
        }
        make_room(&mut counts, now);
        for it in counted {
            let fresh = Count {
                attempts: 0,
                last: now,
                blocked_until: now,
            };
            let count = counts.entry(self.key(it)).or_insert(fresh);
            if now.saturating_duration_since(count.last) > MEMORY {
                *count = fresh;
            }
            count.attempts = count.attempts.saturating_add(1);
            count.last = now;
            count.blocked_until = now + wait_after(count.attempts, it.free());
        }
        Ok(())
    }

    fn key(&self, counted: &Counted) -> u64 {
        self.hasher.hash_one(counted)
    }
}

impl Attempt<'_> {
    /// The right password: the address starts afresh, and the client is not blamed. What came of other
    /// attempts of that client stays counted, or one account would be enough to try all others.
    pub(super) fn succeeded(self) {
        let mut counts = self
            .throttle
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for it in &self.counted {
            let key = self.throttle.key(it);
            match it {
                Counted::Address(_) | Counted::Account(_) => drop(counts.remove(&key)),
                Counted::Client(_) => {
                    if let Some(count) = counts.get_mut(&key) {
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

/// Forgets what is too old, and if that is not enough the oldest eighth.
fn make_room(counts: &mut HashMap<u64, Count>, now: Instant) {
    if counts.len() < CAPACITY {
        return;
    }
    counts.retain(|_, count| now.saturating_duration_since(count.last) <= MEMORY);
    if counts.len() < CAPACITY {
        return;
    }
    let mut ages: Vec<Instant> = counts.values().map(|count| count.last).collect();
    let (_, oldest_kept, _) = ages.select_nth_unstable(CAPACITY / 8);
    let oldest_kept = *oldest_kept;
    counts.retain(|_, count| count.last > oldest_kept);
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

    #[test]
    fn a_network_of_version_six_counts_as_one_client() {
        let of = |text: &str| Counted::client(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..u64::try_from(CAPACITY + 1000).unwrap() {
            let at = now + Duration::from_millis(n);
            let somebody = vec![Counted::address(&n.to_string())];
            throttle.attempt_at(at, &somebody).unwrap();
        }
        let counts = throttle.counts.lock().unwrap();
        assert!(counts.len() <= CAPACITY);
        assert!(!counts.contains_key(&throttle.key(&Counted::address("0"))));
        let last = (CAPACITY + 999).to_string();
        assert!(counts.contains_key(&throttle.key(&Counted::address(&last))));
    }
}
