//! The typed settings, section by section; the fields come from the table in `keys.rs`.

use serde_json::Value;

pub use super::field::{
    AgeUnit, AutoDelete, ContractLevel, DiskIo, Encryption, EncryptionLevel, MailEncryption,
    MixedMode, Protocol, ProxyType, ReadMode, ScheduleDays, Secret, SeedChoking, ShareAction,
    ShareMode, SlotsBehavior, WriteMode,
};
use super::keys::{self, Adjustment, Refused, Row};
pub use super::keys::{
    Autorun, Behaviour, BitTorrent, Compat, Connection, Dht, Disk, Downloads, Dyndns, Engine,
    Filter, I2p, Limits, Log, Mail, Paths, Proxy, Queue, Rss, Search, Share, Trackers, Transfer,
    Utp, WebSeeds, WebUi,
};

macro_rules! profile {
    ($($section:ident: $type:ident,)+) => {
        /// All settings. `Default` is the fresh instance.
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct Profile {
            $(pub $section: $type,)+
        }

        pub(super) const SECTIONS: &[&[Row]] = &[$($type::ROWS,)+];
    };
}

profile! {
    webui: WebUi,
    connection: Connection,
    bittorrent: BitTorrent,
    transfer: Transfer,
    dht: Dht,
    utp: Utp,
    limits: Limits,
    queue: Queue,
    share: Share,
    trackers: Trackers,
    web_seeds: WebSeeds,
    downloads: Downloads,
    paths: Paths,
    filter: Filter,
    proxy: Proxy,
    i2p: I2p,
    disk: Disk,
    engine: Engine,
    log: Log,
    mail: Mail,
    autorun: Autorun,
    rss: Rss,
    search: Search,
    dyndns: Dyndns,
    behaviour: Behaviour,
    compat: Compat,
}

impl Profile {
    /// The value of a key as JSON; a secret is `null` when unset, else `"set"`. `None` for an unknown key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        let row = keys::row(key)?;
        Some(row.shown(row.value(self)))
    }

    /// Sets a key; a number beyond its range is moved into it and reported.
    ///
    /// # Errors
    /// An unknown key or a value of the wrong type; nothing is changed.
    pub fn set(&mut self, key: &str, value: &Value) -> Result<Option<Adjustment>, Refused> {
        let row = keys::row(key).ok_or_else(|| Refused::unknown(key))?;
        row.set(self, value)
    }

    /// Where incomplete content lies: absolute. A relative path is below `temp` in the save path.
    #[must_use]
    pub fn temp_path(&self) -> String {
        let downloads = &self.downloads;
        let save_path = downloads.save_path.trim_end_matches('/');
        match downloads.temp_path.as_str() {
            "" => format!("{save_path}/temp"),
            path if path.starts_with('/') => path.to_owned(),
            path => format!("{save_path}/temp/{path}"),
        }
    }

    /// Whether BitTorrent goes through the proxy.
    #[must_use]
    pub fn is_proxied(&self) -> bool {
        self.proxy.kind != ProxyType::None && self.proxy.bittorrent
    }

    /// Whether peers are reached through the proxy alone. What is found on the local network would be told who we are
    /// without it, and a forwarded port would lead past it.
    #[must_use]
    pub fn hides_behind_proxy(&self) -> bool {
        self.is_proxied() && self.proxy.peer_connections
    }

    /// The download limit in force, in bytes per second; `None` is unlimited.
    #[must_use]
    pub fn download_limit(&self) -> Option<u32> {
        let limits = &self.limits;
        if limits.alternative_active {
            limits.alternative_download_bytes_per_second
        } else {
            limits.download_bytes_per_second
        }
    }

    /// The upload limit in force, in bytes per second; `None` is unlimited.
    #[must_use]
    pub fn upload_limit(&self) -> Option<u32> {
        let limits = &self.limits;
        if limits.alternative_active {
            limits.alternative_upload_bytes_per_second
        } else {
            limits.upload_bytes_per_second
        }
    }
}
