//! The session's IP filter: banned addresses and the operator's file of blocked ranges, united.

mod file;

use std::net::IpAddr;

use revaer_native::IpRange;

use super::worker::{FollowUp, Worker};

impl Worker {
    /// Reads the filter file off this thread and replaces libtorrent's filter.
    pub(super) fn load_ip_filter(&mut self) {
        let banned = banned(&self.profile.filter.banned_addresses);
        let path = Some(&self.profile.filter.path)
            .filter(|path| self.profile.filter.enabled && !path.is_empty());
        let Some(path) = path.cloned() else {
            self.set_ip_filter(&banned);
            return;
        };
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn_blocking(move || {
            let ranges = match file::read(&path) {
                Ok(blocked) => [banned, blocked].concat(),
                Err(error) => {
                    tracing::error!("the IP filter file cannot be used: {error}");
                    banned
                }
            };
            let work: FollowUp = Box::new(move |worker| worker.set_ip_filter(&ranges));
            let _ = follow_ups.send(work);
        });
    }

    fn set_ip_filter(&mut self, ranges: &[IpRange]) {
        tracing::info!("{} address ranges are blocked", ranges.len());
        if let Err(error) = self.session.set_ip_filter(ranges) {
            tracing::error!("the IP filter cannot be set: {error}");
        }
    }
}

/// Settings hold only addresses that parse; another text blocks nothing.
fn banned(addresses: &[String]) -> Vec<IpRange> {
    let addresses = addresses.iter().filter_map(|address| address.parse::<IpAddr>().ok());
    addresses.map(|address| IpRange { first: address, last: address }).collect()
}
