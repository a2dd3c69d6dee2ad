//! Rows: adding, paths and automatic management.

use super::How::{Boolean, Index, List, ReadOnly, Special, Text, Trimmed, Word};
use super::{
    ALL, How, Kept, ONLY_45, ONLY_51, ONLY_53, Otherwise, Preference, SINCE_51, UNTIL_51, row,
    special,
};

pub(super) const ROWS: &[Preference] = &[
    row(
        "torrent_content_layout",
        ALL,
        Word(
            "downloads.content_layout",
            &[
                ("Original", "original"),
                ("Subfolder", "subfolder"),
                ("NoSubfolder", "no_subfolder"),
            ],
            Otherwise::Becomes("original"),
        ),
    ),
    row("add_to_top_of_queue", SINCE_51, Boolean("downloads.add_to_top_of_queue")),
    row("start_paused_enabled", ONLY_45, Boolean("downloads.add_stopped")),
    row("add_stopped_enabled", SINCE_51, Boolean("downloads.add_stopped")),
    row(
        "torrent_stop_condition",
        ALL,
        Word(
            "downloads.stop_condition",
            &[
                ("None", "none"),
                ("MetadataReceived", "metadata_received"),
                ("FilesChecked", "files_checked"),
            ],
            Otherwise::Becomes("none"),
        ),
    ),
    row("merge_trackers", SINCE_51, Boolean("downloads.merge_trackers")),
    row(
        "auto_delete_mode",
        ALL,
        Index(
            "downloads.auto_delete",
            &["never", "if_added", "always"],
            Otherwise::Becomes("never"),
        ),
    ),
    row("preallocate_all", ALL, Boolean("downloads.preallocate")),
    row("incomplete_files_ext", ALL, Boolean("downloads.incomplete_suffix")),
    row("use_unwanted_folder", SINCE_51, Boolean("downloads.unwanted_folder")),
    row("auto_tmm_enabled", ALL, Boolean("downloads.auto_management")),
    row(
        "torrent_changed_tmm_enabled",
        ALL,
        Boolean("downloads.torrent_category_changed_relocates"),
    ),
    row("save_path_changed_tmm_enabled", ALL, Boolean("downloads.save_path_changed_relocates")),
    row("category_changed_tmm_enabled", ALL, Boolean("downloads.category_changed_relocates")),
    row("save_path", ALL, Special(special::save_path, special::set_save_path)),
    row("temp_path_enabled", ALL, Boolean("downloads.temp_path_enabled")),
    row("temp_path", ALL, Special(special::temp_path, special::set_temp_path)),
    row(
        "use_category_paths_in_manual_mode",
        ALL,
        Boolean("downloads.use_category_paths_in_manual_mode"),
    ),
    row("use_subcategories", ONLY_51, Boolean("downloads.subcategories")),
    row("export_dir", UNTIL_51, Special(special::export_dir, special::set_export_dir)),
    row("export_dir_fin", UNTIL_51, Special(special::export_dir_fin, special::set_export_dir_fin)),
    row("torrent_files_backup_enabled", ONLY_53, Boolean("downloads.export_enabled")),
    row("torrent_files_backup_dir", ONLY_53, Special(special::export_dir, special::set_export_dir)),
    row(
        "torrent_files_finished_backup_dir_enabled",
        ONLY_53,
        Boolean("downloads.export_finished_enabled"),
    ),
    row(
        "torrent_files_finished_backup_dir",
        ONLY_53,
        Special(special::export_dir_fin, special::set_export_dir_fin),
    ),
    row("remove_torrent_file_backup", ONLY_53, Boolean("downloads.remove_exported")),
    row("scan_dirs", ALL, How::Kept(Kept::Folders)),
    row("excluded_file_names_enabled", ALL, Boolean("downloads.excluded_names_enabled")),
    row("excluded_file_names", ALL, List("downloads.excluded_names", '\n')),
    row(
        "torrent_content_remove_option",
        SINCE_51,
        Special(special::remove_option, special::set_remove_option),
    ),
    row("add_trackers_enabled", ALL, Boolean("trackers.add_enabled")),
    row("add_trackers", ALL, Text("trackers.add")),
    row("add_trackers_from_url_enabled", SINCE_51, Boolean("trackers.add_from_url_enabled")),
    row("add_trackers_url", SINCE_51, Trimmed("trackers.add_from_url")),
    // What was downloaded is no setting; `app.rs` fills it in.
    row("add_trackers_url_list", SINCE_51, ReadOnly(special::empty)),
];
