//! How many points of cost somebody may spend. Each has a bucket that fills evenly and is full after a
//! while of rest; what is kept of it is only the moment at which it will be full again.

use std::time::{Duration, Instant};

use super::{Allowance, Entry, Ledger, Payer, RateOptions, allowance::LONGEST_WAIT, whole_seconds};
use crate::metrics::{Counter, Page};

/// The most senders that are remembered, in some 2 MB.
const CAPACITY: usize = 65_536;

/// Whoever has less left than this is refused at once, and told to wait for a tenth of a full bucket:
/// what the request would have cost is not known.
const LEAST: u64 = 10;

/// What is to be paid, in points.
#[derive(Clone, Copy)]
struct Bill {
    price: u64,
    /// What has to be there for it.
    at_least: u64,
    /// What is worth coming back for.
    wait_for: u64,
    /// What is taken where that is not there.
    fine: u64,
    /// What the same request has taken already, which does not stand against it.
    taken: u64,
}

impl Bill {
    const fn of(price: u64, fine: u64) -> Self {
        Self {
            price,
            at_least: price,
            wait_for: price,
            fine,
            taken: 0,
        }
    }
}

/// How a sender stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What a full bucket holds, in points.
    pub quota: u32,
    /// How long an empty one takes to be full.
    pub window: Duration,
    pub left: u64,
    /// How long it takes until it is full.
    pub full_in: Duration,
}

/// The buckets of all senders.
#[derive(Debug)]
pub struct Rates {
    options: RateOptions,
    buckets: Ledger<Bucket>,
    refused_users: Counter,
    refused_addresses: Counter,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    full_at: Instant,
}

impl Entry for Bucket {
    fn last(&self) -> Instant {
        self.full_at
    }

    fn is_over(&self, now: Instant) -> bool {
        self.full_at <= now
    }
}

impl Rates {
    #[must_use]
    pub fn new(options: RateOptions) -> Self {
        Self {
            options,
            buckets: Ledger::new(CAPACITY),
            refused_users: Counter::default(),
            refused_addresses: Counter::default(),
        }
    }

    /// Whether there is anything left to spend, asked before any work is done; otherwise how long to wait.
    pub fn check(&self, payer: Payer) -> Result<(), Duration> {
        let tenth = u64::from(self.allowance(payer).burst / 10);
        let bill = Bill {
            price: 0,
            at_least: LEAST,
            wait_for: tenth.max(LEAST),
            fine: 0,
            taken: 0,
        };
        self.pay_at(Instant::now(), payer, bill)
    }

    /// Takes what a request costs, or says how long to wait until it can be had, and takes the smaller
    /// `fine` for having looked at it. A request that costs more than a bucket holds takes a full one,
    /// which is in debt afterwards. What the request has `taken` before counts as if it were there.
    pub fn spend(&self, payer: Payer, price: u64, fine: u64, taken: u64) -> Result<(), Duration> {
        let bill = Bill {
            taken,
            ..Bill::of(price, fine)
        };
        self.pay_at(Instant::now(), payer, bill)
    }

    /// Takes what has been spent already, even where there is nothing left.
    pub fn owe(&self, payer: Payer, price: u64) {
        let bill = Bill {
            at_least: 0,
            ..Bill::of(price, price)
        };
        let _ = self.pay_at(Instant::now(), payer, bill);
    }

    /// Counts a request that was refused for what its sender has spent; answers the wait as it is told.
    pub fn refuse(&self, payer: Payer, wait: Duration) -> Duration {
        self.refused(payer).add(1);
        whole_seconds(wait)
    }

    /// What somebody may still spend; none where there is no bound.
    #[must_use]
    pub fn standing(&self, payer: Payer) -> Option<Standing> {
        self.standing_at(Instant::now(), payer)
    }

    fn standing_at(&self, now: Instant, payer: Payer) -> Option<Standing> {
        let allowance = self.allowance(payer);
        if allowance.per_minute == 0 {
            return None;
        }
        let window = allowance.time_for(allowance.burst.into());
        let bucket = self.buckets.open().get(&payer).map(|it| it.full_at);
        let spent = bucket.map_or(Duration::ZERO, |it| it.saturating_duration_since(now));
        Some(Standing {
            quota: allowance.burst,
            window: whole_seconds(window),
            left: allowance.points_in(window.saturating_sub(spent)),
            full_in: whole_seconds(spent),
        })
    }

    fn pay_at(&self, now: Instant, payer: Payer, bill: Bill) -> Result<(), Duration> {
        let allowance = self.allowance(payer);
        if allowance.per_minute == 0 {
            return Ok(());
        }
        let most = allowance.time_for(allowance.burst.into());
        // What no bucket ever holds waits until it is full.
        let wanted = |points| allowance.time_for(points).min(most);
        let mut buckets = self.buckets.open();
        let bucket = buckets.entry(&payer, now, Bucket { full_at: now });
        let spent = bucket.full_at.saturating_duration_since(now);
        let by_others = spent.saturating_sub(allowance.time_for(bill.taken));
        if by_others + wanted(bill.at_least) > most {
            let fine = allowance.time_for(bill.fine);
            bucket.take(now, fine);
            return Err((spent + wanted(bill.wait_for) + fine).saturating_sub(most));
        }
        bucket.take(now, allowance.time_for(bill.price));
        Ok(())
    }

    const fn allowance(&self, payer: Payer) -> Allowance {
        match payer {
            Payer::User(_) => self.options.user,
            Payer::Address(_) => self.options.address,
            Payer::SignIn(_) => self.options.address.kept_back(),
        }
    }

    const fn refused(&self, payer: Payer) -> &Counter {
        match payer {
            Payer::User(_) => &self.refused_users,
            Payer::Address(_) | Payer::SignIn(_) => &self.refused_addresses,
        }
    }

    /// Writes what is known of rates for those who watch.
    pub fn write(&self, page: &mut Page) {
        let name = "regimen_rate_limited_total";
        page.counter(
            name,
            "Requests refused because their sender has spent too much.",
        );
        page.sample(name, &[("by", "user")], self.refused_users.read());
        page.sample(name, &[("by", "address")], self.refused_addresses.read());
        let name = "regimen_rate_senders";
        page.gauge(name, "Users and addresses whose spending is remembered.");
        page.sample(name, &[], self.remembered());
    }

    /// How many senders are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.buckets.len()
    }
}

impl Bucket {
    fn take(&mut self, now: Instant, price: Duration) {
        let full_at = self.full_at.max(now) + price;
        self.full_at = full_at.min(now + LONGEST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A point per second, ten at once.
    fn rates() -> Rates {
        let allowance = Allowance {
            per_minute: 60,
            burst: 10,
        };
        Rates::new(RateOptions {
            user: allowance,
            address: allowance,
        })
    }

    fn address(network: u64) -> Payer {
        let bits = u128::from(network) << 64;
        Payer::Address(Some(Ipv6Addr::from_bits(bits).into()))
    }

    fn spend(rates: &Rates, now: Instant, payer: Payer, price: u64) -> Result<(), Duration> {
        rates.pay_at(now, payer, Bill::of(price, 0))
    }

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_then_its_rate() {
        let (rates, mut now) = (rates(), Instant::now());
        for _ in 0..10 {
            assert_eq!(spend(&rates, now, address(1), 1), Ok(()));
        }
        assert_eq!(spend(&rates, now, address(1), 1), Err(SECOND));
        assert_eq!(spend(&rates, now, address(1), 3), Err(3 * SECOND));
        assert_eq!(spend(&rates, now, address(2), 10), Ok(()));
        now += 3 * SECOND;
        assert_eq!(spend(&rates, now, address(1), 3), Ok(()));
        assert_eq!(spend(&rates, now, address(1), 1), Err(SECOND));
        now += 600 * SECOND;
        assert_eq!(spend(&rates, now, address(1), 10), Ok(()));
        assert_eq!(spend(&rates, now, address(1), 1), Err(SECOND));
    }

    #[test]
    fn a_price_beyond_the_bucket_takes_a_full_one_and_leaves_it_in_debt() {
        let (rates, now) = (rates(), Instant::now());
        spend(&rates, now, address(1), 1).unwrap();
        assert_eq!(spend(&rates, now, address(1), 30), Err(SECOND));
        assert_eq!(spend(&rates, now + SECOND, address(1), 30), Ok(()));
        assert_eq!(spend(&rates, now + SECOND, address(1), 1), Err(21 * SECOND));
    }

    #[test]
    fn what_a_request_has_taken_does_not_stand_against_it() {
        let (rates, now) = (rates(), Instant::now());
        let bill = |taken| Bill {
            taken,
            ..Bill::of(30, 0)
        };
        spend(&rates, now, address(1), 2).unwrap();
        assert!(rates.pay_at(now, address(1), bill(1)).is_err());
        assert_eq!(rates.pay_at(now, address(1), bill(2)), Ok(()));
    }

    #[test]
    fn what_is_left_grows_until_the_bucket_is_full() {
        let (rates, now) = (rates(), Instant::now());
        spend(&rates, now, address(1), 7).unwrap();
        for (after, left, full_in) in [(0, 3, 7), (2, 5, 5), (7, 10, 0), (600, 10, 0)] {
            let standing = rates.standing_at(now + after * SECOND, address(1)).unwrap();
            assert_eq!((standing.left, standing.full_in), (left, full_in * SECOND));
            assert_eq!((standing.quota, standing.window), (10, 10 * SECOND));
        }
    }

    #[test]
    fn an_address_that_has_spent_all_has_a_tenth_left_for_signing_in() {
        let (rates, now) = (rates(), Instant::now());
        spend(&rates, now, address(1), 10).unwrap();
        let reserve = address(1).reserve().unwrap();
        assert_eq!(spend(&rates, now, reserve, 1), Ok(()));
        assert!(spend(&rates, now, reserve, 1).is_err());
        assert_eq!(reserve.reserve(), None);
    }

    #[test]
    fn what_is_refused_for_its_price_costs_its_fine() {
        let (rates, now) = (rates(), Instant::now());
        spend(&rates, now, address(1), 5).unwrap();
        let refused = Bill::of(8, 2);
        // Three points are wanting, and two more after the fine.
        assert_eq!(rates.pay_at(now, address(1), refused), Err(5 * SECOND));
        assert_eq!(spend(&rates, now + 5 * SECOND, address(1), 8), Ok(()));
    }

    #[test]
    fn nobody_is_shut_out_for_longer_than_an_hour() {
        let (rates, now) = (rates(), Instant::now());
        spend(&rates, now, address(1), u64::MAX).unwrap();
        let wait = spend(&rates, now, address(1), u64::MAX).unwrap_err();
        assert!(wait <= LONGEST_WAIT, "{wait:?}");
    }

    #[test]
    fn a_rate_of_zero_is_no_bound() {
        let free = Allowance {
            per_minute: 0,
            burst: 1,
        };
        let rates = Rates::new(RateOptions {
            user: free,
            address: free,
        });
        let now = Instant::now();
        for _ in 0..1000 {
            assert_eq!(spend(&rates, now, address(1), u64::MAX), Ok(()));
        }
        assert_eq!(rates.remembered(), 0);
    }

    #[test]
    fn a_million_addresses_are_remembered_in_a_fixed_room() {
        let (rates, now) = (rates(), Instant::now());
        spend(&rates, now, address(0), 1000).unwrap();
        for n in 1..=1_000_000 {
            spend(&rates, now, address(n), 1).unwrap();
        }
        assert!(rates.remembered() <= CAPACITY, "{}", rates.remembered());
        // Whoever has spent the most is the last to be forgotten.
        assert!(spend(&rates, now, address(0), 1).is_err());
    }
}
