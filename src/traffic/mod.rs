//! Who sends how much: counts that are bounded in number however many there are to count, and the rate
//! that each sender of requests has. All of it lives in this process: N replicas allow N times as much.

mod allowance;
mod ledger;
mod payer;
mod rates;

pub use allowance::{Allowance, RateOptions};
pub use ledger::{Entry, Ledger};
pub use payer::Payer;
pub use rates::{Rates, Standing};

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

/// One household has a whole /64 of IPv6 addresses: they count as one.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A time to wait as clients are told it: one that has begun counts.
#[must_use]
pub fn whole_seconds(wait: Duration) -> Duration {
    let begun = u64::from(wait.subsec_nanos() > 0);
    Duration::from_secs(wait.as_secs() + begun)
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn a_network_of_version_six_counts_as_one_client() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
