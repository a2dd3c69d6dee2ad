//! Rows of the table: services around the engine, and user interfaces.

use super::Effect::Kept;
use super::section;

use crate::settings::field::{AgeUnit, MailEncryption, Secret};

section! {
    /// The log file.
    log: Log {
        /// Write the log to a file.
        file_enabled: bool = true, hot => Kept("there is no log file yet; logs go to the standard error");
        /// Directory of the file; a relative one is below the home of Revaer.
        file_path: String = "logs".to_owned(), hot => Kept("there is no log file yet; logs go to the standard error");
        /// Begin a new file at the size.
        file_rotate: bool = true, hot => Kept("there is no log file yet; logs go to the standard error");
        /// Size of a file in KiB.
        file_max_kib: u32 = 65, hot, 1..=1_024_000 => Kept("there is no log file yet; logs go to the standard error");
        /// Delete old files.
        file_delete_old: bool = true, hot => Kept("there is no log file yet; logs go to the standard error");
        /// Age of old files, in the unit.
        file_age: u32 = 1, hot, 1..=365 => Kept("there is no log file yet; logs go to the standard error");
        /// Unit of the age.
        file_age_unit: AgeUnit = AgeUnit::Months, hot => Kept("there is no log file yet; logs go to the standard error");
    }
}

section! {
    /// Mail on completion.
    mail: Mail {
        /// Send mail when a download completes.
        enabled: bool = false, hot => Kept("there is no mail yet");
        /// Address of the sender.
        sender: String = "qBittorrent_notification@example.com".to_owned(), hot => Kept("there is no mail yet");
        /// Address of the receiver.
        recipient: String = String::new(), hot => Kept("there is no mail yet");
        /// Mail server: `host` or `host:port`.
        smtp: String = "smtp.changeme.com".to_owned(), hot => Kept("there is no mail yet");
        /// Encryption of the connection.
        encryption: MailEncryption = MailEncryption::None, hot => Kept("there is no mail yet");
        /// Log in to the mail server.
        auth_enabled: bool = false, hot => Kept("there is no mail yet");
        /// User name at the mail server.
        username: String = String::new(), hot => Kept("there is no mail yet");
        /// Password at the mail server.
        password: Secret = Secret::default(), hot => Kept("there is no mail yet");
    }
}

section! {
    /// External programs.
    autorun: Autorun {
        /// Run a program when a torrent is added.
        on_added_enabled: bool = false, hot => Kept("external programs are not run yet");
        /// The program for added torrents, with placeholders.
        on_added_program: String = String::new(), hot => Kept("external programs are not run yet");
        /// Run a program when a torrent is finished.
        on_finished_enabled: bool = false, hot => Kept("external programs are not run yet");
        /// The program for finished torrents, with placeholders.
        on_finished_program: String = String::new(), hot => Kept("external programs are not run yet");
    }
}

section! {
    /// Feeds.
    rss: Rss {
        /// Refresh feeds by time.
        processing_enabled: bool = false, hot => Kept("there are no RSS feeds yet");
        /// Minutes between refreshes.
        refresh_interval_minutes: u32 = 30, hot, 1..=1_000_000 => Kept("there are no RSS feeds yet");
        /// Seconds between fetches of one host.
        fetch_delay_seconds: u32 = 2, hot, 0..=86_400 => Kept("there are no RSS feeds yet");
        /// Articles that are kept per feed.
        max_articles_per_feed: u32 = 50, hot, 0..=1_000_000 => Kept("there are no RSS feeds yet");
        /// Run the download rules.
        auto_downloading_enabled: bool = false, hot => Kept("there are no RSS feeds yet");
        /// Download repacks and propers of episodes.
        download_repack_proper: bool = true, hot => Kept("there are no RSS feeds yet");
        /// Expressions that find the episode in a title.
        smart_episode_filters: Vec<String> = vec![
            r"s(\d+)e(\d+)".to_owned(),
            r"(\d+)x(\d+)".to_owned(),
            r"(\d{4}[.\-]\d{1,2}[.\-]\d{1,2})".to_owned(),
            r"(\d{1,2}[.\-]\d{1,2}[.\-]\d{4})".to_owned(),
        ], hot => Kept("there are no RSS feeds yet");
    }
}

section! {
    /// Search plugins.
    search: Search {
        /// Program that runs the plugins; empty to look for one.
        python_path: String = String::new(), hot => Kept("there is no search yet");
        /// Keep searches over restarts.
        store_jobs: bool = false, hot => Kept("there is no search yet");
        /// Keep their results too.
        store_results: bool = false, hot => Kept("there is no search yet");
    }
}

section! {
    /// What user interfaces are told.
    behaviour: Behaviour {
        /// Language of user interfaces.
        locale: String = "en".to_owned(), hot => Kept("texts of the server are English; user interfaces read it");
        /// Look up the host names of peers.
        resolve_peer_host_names: bool = false, hot => Kept("host names of peers are not looked up");
        /// Look up the countries of peers.
        resolve_peer_countries: bool = true, hot => Kept("countries of peers are not looked up");
    }
}

section! {
    /// An account for a name that follows the address of this machine.
    dyndns: Dyndns {
        /// Keep the name up to date.
        enabled: bool = false, hot => Kept("names that follow the address are not kept up to date");
        /// Number of the service in the foreign contract: -1 none, 0 `DynDNS`, 1 `NoIP`.
        service: i32 = 0, hot, -1..=1 => Kept("names that follow the address are not kept up to date");
        /// User name at the service.
        username: String = String::new(), hot => Kept("names that follow the address are not kept up to date");
        /// Password at the service.
        password: Secret = Secret::default(), hot => Kept("names that follow the address are not kept up to date");
        /// The name.
        domain: String = "changeme.dyndns.org".to_owned(), hot => Kept("names that follow the address are not kept up to date");
    }
}
