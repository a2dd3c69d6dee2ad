//! Settings of libtorrent that are names and nothing else.
//!
//! libtorrent 2.0 takes them, and reads them back as if they worked, but no code of it looks at them any more
//! (`docs/libtorrent.md`, section 2). None of them is ever sent, and who asks for one is told why.

const CACHE: &str =
    "libtorrent 2 has no disk cache of its own, that of the operating system is used";
const WHOLE: &str = "libtorrent 2 reads and writes without joining or locking";
const CONNECTING: &str = "libtorrent 2 does not limit connections that are half open; \
                          `connection.connection_speed_per_second` says how many are begun in a second";
const PROXY: &str = "libtorrent 2 uses a proxy for what `proxy.bittorrent`, `proxy.peer_connections` and \
                     `proxy.hostname_lookup` say";
const THREADS: &str = "libtorrent 2 has `disk.io_threads` and `disk.hashing_threads` alone";
const NOTHING: &str = "nothing in libtorrent 2 looks at it";

/// Name, and why it does nothing.
pub const DEAD: &[(&str, &str)] = &[
    ("active_loaded_limit", NOTHING),
    ("aio_max", THREADS),
    ("allow_partial_disk_writes", WHOLE),
    ("broadcast_lsd", NOTHING),
    ("cache_buffer_chunk_size", CACHE),
    ("cache_expiry", CACHE),
    ("cache_size", CACHE),
    ("cache_size_volatile", CACHE),
    ("coalesce_reads", WHOLE),
    ("coalesce_writes", WHOLE),
    ("file_checks_delay_per_block", NOTHING),
    ("force_proxy", PROXY),
    ("guided_read_cache", CACHE),
    ("half_open_limit", CONNECTING),
    ("lazy_bitfields", NOTHING),
    ("lock_disk_cache", CACHE),
    ("lock_files", WHOLE),
    ("low_prio_disk", THREADS),
    ("max_rejects", NOTHING),
    ("mmap_cache", CACHE),
    ("network_threads", THREADS),
    ("read_cache_line_size", CACHE),
    ("tracker_maximum_response_length", NOTHING),
    ("use_disk_cache_pool", CACHE),
    ("use_disk_read_ahead", CACHE),
    ("use_read_cache", CACHE),
    ("use_write_cache", CACHE),
    ("volatile_read_cache", CACHE),
    ("write_cache_line_size", CACHE),
];

/// Why a key does nothing, whatever section it is asked for in.
pub(super) fn reason(key: &str) -> Option<&'static str> {
    let name = key.rsplit('.').next().unwrap_or(key);
    DEAD.iter().find(|(dead, _)| *dead == name).map(|(_, reason)| *reason)
}
