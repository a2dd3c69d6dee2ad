// What the pages know of a torrent: the members of `/v1` that they use.

/**
 * @typedef {object} Torrent
 * @property {string} id
 * @property {string} name
 * @property {string} state
 * @property {string | null} error
 * @property {"stopped" | "auto" | "forced"} run
 * @property {string | null} category
 * @property {string[]} tags
 * @property {string | null} info_hash_v1
 * @property {string | null} info_hash_v2
 * @property {string} comment
 * @property {boolean | null} is_private
 * @property {boolean} has_metadata
 * @property {string | null} added_at
 * @property {string | null} completed_at
 * @property {string | null} last_activity_at
 * @property {string | null} last_seen_complete_at
 * @property {string | null} created_at
 * @property {string | null} created_by
 * @property {boolean} auto_managed
 * @property {string} save_path
 * @property {string | null} download_path
 * @property {string | null} content_path
 * @property {number | null} total_size
 * @property {number} size
 * @property {number} completed
 * @property {number} remaining
 * @property {number} progress
 * @property {number | null} availability
 * @property {number | null} files
 * @property {number | null} piece_size
 * @property {number | null} pieces
 * @property {number} pieces_have
 * @property {number} download_rate
 * @property {number} upload_rate
 * @property {number | null} download_limit
 * @property {number | null} upload_limit
 * @property {number} downloaded
 * @property {number} uploaded
 * @property {number} downloaded_session
 * @property {number} uploaded_session
 * @property {number} wasted
 * @property {number | null} ratio
 * @property {number | null} eta
 * @property {number} seeds
 * @property {number} leechers
 * @property {number} swarm_seeds
 * @property {number} swarm_leechers
 * @property {number} connections
 * @property {number | null} queue_position
 * @property {number} active_time
 * @property {number} seeding_time
 * @property {string | null} tracker_host
 * @property {number} trackers
 * @property {number} web_seeds
 * @property {string | null} next_announce_at
 * @property {boolean} sequential
 * @property {boolean} first_last_first
 * @property {boolean} super_seeding
 * @property {string} stop_condition
 * @property {Record<string, any>} share_limits_in_force
 */

/** A row of the list has the members of the shown columns only. @typedef {Partial<Torrent> & Pick<Torrent, "id" | "name" | "state">} Row */

/** @typedef {{ torrent: string, state: string, progress: number, completed: number, download_rate: number, upload_rate: number, downloaded: number, uploaded: number, seeds: number, leechers: number, edited?: boolean }} Progress */

/**
 * A row with newer numbers.
 * @template {Row} R
 * @param {R} row
 * @param {Progress} news
 * @returns {R}
 */
export function advanced(row, news) {
  const { torrent: _, ...numbers } = news;
  const next = { ...row, ...numbers };
  if (next.size !== undefined) {
    next.remaining = Math.max(0, next.size - news.completed);
    next.eta = news.download_rate > 0 && next.remaining > 0 ? Math.floor(next.remaining / news.download_rate) : null;
  }
  if (news.downloaded > 0) next.ratio = news.uploaded / news.downloaded;
  return next;
}

/** @typedef {"down" | "seed" | "done" | "idle" | "wait" | "check" | "error"} Kind */

/** @type {Record<string, Kind>} */
const KINDS = {
  error: "error",
  missing_files: "error",
  uploading: "seed",
  forced_uploading: "seed",
  stalled_uploading: "seed",
  stopped_uploading: "done",
  queued_uploading: "wait",
  checking_uploading: "check",
  downloading: "down",
  forced_downloading: "down",
  metadata: "down",
  forced_metadata: "down",
  stopped_downloading: "idle",
  queued_downloading: "wait",
  stalled_downloading: "wait",
  checking_downloading: "check",
  checking_resume_data: "check",
  moving: "check",
};

/** What a state means for its colour and sign. @param {string} state @returns {Kind} */
export function kindOf(state) {
  return KINDS[state] ?? "idle";
}

/** @type {Record<Kind, string>} */
export const SIGNS = {
  down: "download",
  seed: "upload",
  done: "circle-check",
  idle: "pause",
  wait: "hourglass",
  check: "refresh-cw",
  error: "circle-alert",
};

/** True for a torrent that the person has stopped. @param {Pick<Row, "state" | "run">} row */
export function isStopped(row) {
  return row.run === "stopped" || row.state.startsWith("stopped_");
}
