//! Rows of the table: services around the engine, and user interfaces.

use super::section;

use crate::settings::field::{AgeUnit, MailEncryption, Secret};

section! {
    /// The log file.
    log: Log {
        /// Write the log to a file.
        file_enabled: bool = true, hot;
        /// Directory of the file; a relative one is below the home of Revaer.
        file_path: String = "logs".to_owned(), hot;
        /// Begin a new file at the size.
        file_rotate: bool = true, hot;
        /// Size of a file in KiB.
        file_max_kib: u32 = 65, hot, 1..=1_024_000;
        /// Delete old files.
        file_delete_old: bool = true, hot;
        /// Age of old files, in the unit.
        file_age: u32 = 1, hot, 1..=365;
        /// Unit of the age.
        file_age_unit: AgeUnit = AgeUnit::Months, hot;
    }
}

section! {
    /// Mail on completion.
    mail: Mail {
        /// Send mail when a download completes.
        enabled: bool = false, hot;
        /// Address of the sender.
        sender: String = "qBittorrent_notification@example.com".to_owned(), hot;
        /// Address of the receiver.
        recipient: String = String::new(), hot;
        /// Mail server: `host` or `host:port`.
        smtp: String = "smtp.changeme.com".to_owned(), hot;
        /// Encryption of the connection.
        encryption: MailEncryption = MailEncryption::None, hot;
        /// Log in to the mail server.
        auth_enabled: bool = false, hot;
        /// User name at the mail server.
        username: String = String::new(), hot;
        /// Password at the mail server.
        password: Secret = Secret::default(), hot;
    }
}

section! {
    /// External programs.
    autorun: Autorun {
        /// Run a program when a torrent is added.
        on_added_enabled: bool = false, hot;
        /// The program for added torrents, with placeholders.
        on_added_program: String = String::new(), hot;
        /// Run a program when a torrent is finished.
        on_finished_enabled: bool = false, hot;
        /// The program for finished torrents, with placeholders.
        on_finished_program: String = String::new(), hot;
    }
}

section! {
    /// Feeds.
    rss: Rss {
        /// Refresh feeds by time.
        processing_enabled: bool = false, hot;
        /// Minutes between refreshes.
        refresh_interval_minutes: u32 = 30, hot, 1..=1_000_000;
        /// Seconds between fetches of one host.
        fetch_delay_seconds: u32 = 2, hot, 0..=86_400;
        /// Articles that are kept per feed.
        max_articles_per_feed: u32 = 50, hot, 0..=1_000_000;
        /// Run the download rules.
        auto_downloading_enabled: bool = false, hot;
        /// Download repacks and propers of episodes.
        download_repack_proper: bool = true, hot;
        /// Expressions that find the episode in a title.
        smart_episode_filters: Vec<String> = vec![
            r"s(\d+)e(\d+)".to_owned(),
            r"(\d+)x(\d+)".to_owned(),
            r"(\d{4}[.\-]\d{1,2}[.\-]\d{1,2})".to_owned(),
            r"(\d{1,2}[.\-]\d{1,2}[.\-]\d{4})".to_owned(),
        ], hot;
    }
}

section! {
    /// Search plugins.
    search: Search {
        /// Program that runs the plugins; empty to look for one.
        python_path: String = String::new(), hot;
        /// Keep searches over restarts.
        store_jobs: bool = false, hot;
        /// Keep their results too.
        store_results: bool = false, hot;
    }
}

section! {
    /// What user interfaces are told.
    behaviour: Behaviour {
        /// Language of user interfaces.
        locale: String = "en".to_owned(), hot;
        /// Look up the host names of peers.
        resolve_peer_host_names: bool = false, hot;
        /// Look up the countries of peers.
        resolve_peer_countries: bool = true, hot;
    }
}

section! {
    /// An account for a name that follows the address of this machine.
    dyndns: Dyndns {
        /// Keep the name up to date.
        enabled: bool = false, hot;
        /// Number of the service in the foreign contract: -1 none, 0 `DynDNS`, 1 `NoIP`.
        service: i32 = 0, hot, -1..=1;
        /// User name at the service.
        username: String = String::new(), hot;
        /// Password at the service.
        password: Secret = Secret::default(), hot;
        /// The name.
        domain: String = "changeme.dyndns.org".to_owned(), hot;
    }
}
