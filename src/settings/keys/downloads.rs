//! Rows of the table: content, paths, disk and the engine.

use super::section;

use crate::model::{ContentLayout, StopCondition};
use crate::settings::field::{AutoDelete, DiskIo, ReadMode, Secret, WriteMode};

section! {
    /// Where and how content is stored.
    downloads: Downloads {
        /// Directory of content, absolute.
        save_path: String = String::new(), hot;
        /// Keep incomplete content elsewhere.
        temp_path_enabled: bool = false, hot;
        /// Directory of incomplete content; empty for `temp` in the save path, a relative one is below that.
        temp_path: String = String::new(), hot;
        /// New torrents are managed automatically.
        auto_management: bool = false, hot;
        /// `/` in names of categories makes a tree.
        subcategories: bool = false, hot;
        /// Paths of categories are the base of manual torrents.
        use_category_paths_in_manual_mode: bool = false, hot;
        /// A change of a torrent's category moves it; else it becomes manual.
        torrent_category_changed_relocates: bool = true, hot;
        /// A change of the save path moves torrents; else they become manual.
        save_path_changed_relocates: bool = false, hot;
        /// A change of a category's path moves its torrents; else they become manual.
        category_changed_relocates: bool = false, hot;
        /// What to do with the root folder.
        content_layout: ContentLayout = ContentLayout::Original, hot;
        /// When new torrents stop by themselves.
        stop_condition: StopCondition = StopCondition::None, hot;
        /// New torrents are added stopped.
        add_stopped: bool = false, hot;
        /// New torrents go to the top of the queue.
        add_to_top_of_queue: bool = false, hot;
        /// Take trackers over when a torrent is added again.
        merge_trackers: bool = false, hot;
        /// Delete the source `.torrent` file after adding.
        auto_delete: AutoDelete = AutoDelete::Never, hot;
        /// Allocate files of new torrents in full.
        preallocate: bool = false, hot;
        /// Append `.!qB` to incomplete files.
        incomplete_suffix: bool = false, hot;
        /// Keep unwanted files in `.unwanted`.
        unwanted_folder: bool = false, hot;
        /// Do not download files with excluded names.
        excluded_names_enabled: bool = false, hot;
        /// Names with wildcards.
        excluded_names: Vec<String> = Vec::new(), hot;
        /// Move content to the trash in place of deleting it.
        remove_to_trash: bool = false, hot;
        /// Size of a `.torrent` file at most, in bytes.
        max_torrent_file_bytes: i64 = 104_857_600, hot, 1..=1_073_741_824;
        /// Check completed torrents again.
        recheck_on_completion: bool = false, hot;
        /// Keep copies of the `.torrent` files of added torrents.
        export_enabled: bool = false, hot;
        /// Directory for copies of the `.torrent` files of added torrents.
        export_path: String = String::new(), hot;
        /// Keep copies of the `.torrent` files of finished torrents.
        export_finished_enabled: bool = false, hot;
        /// Directory for copies of the `.torrent` files of finished torrents.
        export_finished_path: String = String::new(), hot;
        /// Delete the copies with the torrent.
        remove_exported: bool = false, hot;
        /// Cookies for what is fetched by URL, as a JSON array.
        cookies: Secret = Secret::default(), hot;
        /// Accept invalid certificates when fetching.
        ignore_tls_errors: bool = false, hot;
    }
}

section! {
    /// What the server may reach at all.
    paths: Paths {
        /// Directories that contents may lie in; the home of Revaer never is.
        roots: Vec<String> = vec!["/".to_owned()], hot;
    }
}

section! {
    /// Disk access.
    disk: Disk {
        /// Disk I/O of the engine.
        io: DiskIo = DiskIo::Default, restart;
        /// How data is read.
        read_mode: ReadMode = ReadMode::Cache, hot;
        /// How data is written.
        write_mode: WriteMode = WriteMode::Cache, hot;
        /// Threads for reads and writes.
        io_threads: u32 = 10, hot, 1..=1024;
        /// Threads for hashing.
        hashing_threads: u32 = 1, hot, 1..=1024;
        /// Open files at most.
        file_pool_size: u32 = 100, hot, 1..=1_000_000;
        /// Memory for checks in MiB.
        checking_memory_mib: u32 = 32, hot, 1..=1024;
        /// Bytes that may wait to be written.
        queue_bytes: u32 = 1_048_576, hot, 16_384..=2_147_483_647;
    }
}

section! {
    /// The engine itself.
    engine: Engine {
        /// Milliseconds between updates of the numbers.
        refresh_interval_ms: u32 = 1500, hot, 30..=3_600_000;
        /// Minutes between saves of resume data of running torrents; 0 only on change.
        save_resume_data_interval_minutes: u32 = 60, hot, 0..=100_000;
        /// Minutes between saves of all-time numbers that clients see; Revaer saves each second whatever it says.
        save_statistics_interval_minutes: u32 = 15, hot, 0..=100_000;
        /// Log warnings of the engine about its performance.
        performance_warnings: bool = false, hot;
        /// Start with the whole session paused.
        start_paused: bool = false, restart;
        /// Seconds that stopping may take; null unlimited.
        shutdown_timeout_seconds: Option<u32> = None, hot, 0..=86_400;
    }
}
