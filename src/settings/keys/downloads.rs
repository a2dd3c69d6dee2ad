//! Rows of the table: content, paths, disk and the engine.

use super::Effect::{Is, IsIfKnown, Kept, Sets};
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
        auto_delete: AutoDelete = AutoDelete::Never, hot => Kept("no .torrent file on the server is ever added by its path");
        /// Allocate files of new torrents in full.
        preallocate: bool = false, hot;
        /// Append `.!qB` to incomplete files.
        incomplete_suffix: bool = false, hot;
        /// Keep unwanted files in `.unwanted`.
        unwanted_folder: bool = false, hot => Kept("unwanted files are not moved");
        /// Do not download files with excluded names.
        excluded_names_enabled: bool = false, hot;
        /// Names with wildcards.
        excluded_names: Vec<String> = Vec::new(), hot;
        /// Move content to the trash in place of deleting it.
        remove_to_trash: bool = false, hot => Kept("content is deleted, there is no trash");
        /// Size of a `.torrent` file at most, in bytes.
        max_torrent_file_bytes: i64 = 104_857_600, hot, 1..=1_073_741_824;
        /// Check completed torrents again.
        recheck_on_completion: bool = false, hot => Kept("each piece is verified as it arrives, so completed torrents are not checked again");
        /// Keep copies of the `.torrent` files of added torrents.
        export_enabled: bool = false, hot => Kept("copies of .torrent files are not written yet");
        /// Directory for copies of the `.torrent` files of added torrents.
        export_path: String = String::new(), hot => Kept("copies of .torrent files are not written yet");
        /// Keep copies of the `.torrent` files of finished torrents.
        export_finished_enabled: bool = false, hot => Kept("copies of .torrent files are not written yet");
        /// Directory for copies of the `.torrent` files of finished torrents.
        export_finished_path: String = String::new(), hot => Kept("copies of .torrent files are not written yet");
        /// Delete the copies with the torrent.
        remove_exported: bool = false, hot => Kept("copies of .torrent files are not written yet");
        /// Cookies for what is fetched by URL, as a JSON array.
        cookies: Secret = Secret::default(), hot;
        /// Accept invalid certificates when fetching.
        ignore_tls_errors: bool = false, hot => Kept("certificates of what is fetched are always checked");
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
        io: DiskIo = DiskIo::Default, restart => Sets(&["mmap_file_size_cutoff", "disk_write_mode"]);
        /// How data is read.
        read_mode: ReadMode = ReadMode::Cache, hot => Sets(&["disk_io_read_mode"]);
        /// How data is written.
        write_mode: WriteMode = WriteMode::Cache, hot => Sets(&["disk_io_write_mode"]);
        /// Threads for reads and writes.
        io_threads: u32 = 10, hot, 1..=1024 => Is("aio_threads");
        /// Threads for hashing.
        hashing_threads: u32 = 1, hot, 1..=1024 => Is("hashing_threads");
        /// Open files at most.
        file_pool_size: u32 = 100, hot, 1..=1_000_000 => Is("file_pool_size");
        /// Memory for checks in MiB.
        checking_memory_mib: u32 = 32, hot, 1..=1024 => Sets(&["checking_mem_usage"]);
        /// Seconds after which an open file is closed so that its data is written; 0 never.
        close_file_interval_seconds: u32 = 0, hot, 0..=86_400 => Is("close_file_interval");
        /// Seconds before a torrent that could not write tries again.
        retry_seconds: u32 = 600, hot, 1..=86_400 => Is("optimistic_disk_retry");
        /// Do not note when files were read.
        no_access_time: bool = true, hot => Is("no_atime_storage");
        /// Do not share blocks of new files with others, where the file system could.
        disable_copy_on_write: bool = false, hot => IsIfKnown("disk_disable_copy_on_write");
        /// Bytes that may wait to be written.
        queue_bytes: u32 = 1_048_576, hot, 16_384..=2_147_483_647 => Is("max_queued_disk_bytes");
    }
}

section! {
    /// The engine itself.
    engine: Engine {
        /// Milliseconds between updates of the numbers.
        refresh_interval_ms: u32 = 1500, hot, 30..=3_600_000;
        /// Minutes between saves of resume data of running torrents; 0 only on change.
        save_resume_data_interval_minutes: u32 = 60, hot, 0..=100_000 => Kept("resume data of what moves is saved every few seconds");
        /// Minutes between saves of all-time numbers that clients see; Revaer saves each second whatever it says.
        save_statistics_interval_minutes: u32 = 15, hot, 0..=100_000 => Kept("all-time numbers are saved every second");
        /// Messages of libtorrent that may wait at once.
        alert_queue_size: u32 = 1_000_000, hot, 10_000..=10_000_000 => Is("alert_queue_size");
        /// Milliseconds between turns of libtorrent, in which bandwidth is given out.
        tick_interval_ms: u32 = 500, hot, 50..=1000 => Is("tick_interval");
        /// Log warnings of the engine about its performance.
        performance_warnings: bool = false, hot;
        /// Start with the whole session paused.
        start_paused: bool = false, restart;
        /// Seconds that stopping the engine may take; null for what it needs, at most 6.
        shutdown_timeout_seconds: Option<u32> = None, hot, 0..=86_400;
    }
}
