//! Failed logins per address, and the bans that follow.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use dashmap::DashMap;

/// Addresses remembered at most; beyond it those without a ban are forgotten.
const MOST: usize = 100_000;

#[derive(Debug, Clone, Copy, Default)]
struct Failures {
    count: u32,
    banned_until: Option<Instant>,
}

/// Counts of consecutive failures by address.
#[derive(Debug, Default)]
pub struct Bans {
    addresses: DashMap<IpAddr, Failures>,
}

impl Bans {
    /// True while the ban of an address lasts; a ban that is over is forgotten.
    #[must_use]
    pub fn is_banned(&self, address: IpAddr, now: Instant) -> bool {
        let over = |failures: &Failures| failures.banned_until.is_some_and(|until| until <= now);
        self.addresses.remove_if(&address, |_, failures| over(failures));
        self.addresses.get(&address).is_some_and(|failures| failures.banned_until.is_some())
    }

    /// Counts one failure; the one that reaches `limit` bans. A limit of 0 never does.
    pub fn count(&self, address: IpAddr, limit: u32, ban: Duration, now: Instant) {
        if limit == 0 {
            return;
        }
        if self.addresses.len() >= MOST {
            self.addresses
                .retain(|_, failures| failures.banned_until.is_some_and(|until| until > now));
        }
        let mut failures = self.addresses.entry(address).or_default();
        failures.count += 1;
        if failures.count >= limit {
            failures.banned_until = Some(now + ban);
        }
    }

    pub fn forget(&self, address: IpAddr) {
        self.addresses.remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failure_that_reaches_the_limit_bans_for_a_time() {
        let (bans, address, now) = (Bans::default(), IpAddr::from([192, 0, 2, 1]), Instant::now());
        let hour = Duration::from_hours(1);

        bans.count(address, 2, hour, now);
        assert!(!bans.is_banned(address, now));
        bans.count(address, 2, hour, now);

        assert!(bans.is_banned(address, now));
        assert!(!bans.is_banned(address, now + hour));
        bans.count(address, 2, hour, now + hour);
        assert!(!bans.is_banned(address, now + hour), "an old ban starts no count");
    }

    #[test]
    fn a_success_resets_the_count_and_a_limit_of_zero_bans_nobody() {
        let (bans, address, now) = (Bans::default(), IpAddr::from([192, 0, 2, 1]), Instant::now());

        bans.count(address, 2, Duration::from_secs(1), now);
        bans.forget(address);
        bans.count(address, 2, Duration::from_secs(1), now);
        bans.count(IpAddr::from([192, 0, 2, 2]), 0, Duration::from_secs(1), now);

        assert!(!bans.is_banned(address, now));
        assert!(!bans.is_banned(IpAddr::from([192, 0, 2, 2]), now));
    }
}
