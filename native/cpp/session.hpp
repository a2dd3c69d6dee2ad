#pragma once

#include "rust/cxx.h"

#include <cstdint>
#include <memory>

namespace revaer {

struct AlertSink;
struct Waker;
struct Address;
struct AddressRange;
struct Capabilities;
struct NewTorrent;
struct PeerClass;
struct PieceDeadline;
struct PiecePriority;
struct Setting;
struct Source;
struct Tracker;
class SessionReader;
class TorrentReader;
struct Core;

// One libtorrent session. Orders never wait for libtorrent's thread, unless noted.
class Session {
public:
    explicit Session(std::unique_ptr<Core> core);
    ~Session();
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    void apply(rust::Slice<Setting const> settings) const;
    void pause() const;
    void resume() const;
    void set_ip_filter(rust::Slice<AddressRange const> blocked) const;
    void set_limited_peers(bool local_networks, bool utp,
                           rust::Slice<PeerClass const> classes) const;
    void reopen_sockets() const;
    void post_updates() const;
    void post_stats() const;
    void set_stats_names(rust::Slice<rust::Str const> names) const;
    void drain(AlertSink& sink) const;

    void add(NewTorrent const& torrent, std::unique_ptr<Source> source) const;
    void remove(std::uint64_t key, bool delete_files) const;
    bool contains(std::uint64_t key) const;
    rust::Vec<std::uint8_t> conflict_metainfo(std::uint64_t key) const;

    void set_flags(std::uint64_t key, std::uint32_t flags, std::uint32_t mask) const;
    void pause_torrent(std::uint64_t key) const;
    void resume_torrent(std::uint64_t key) const;
    void clear_error(std::uint64_t key) const;
    void force_recheck(std::uint64_t key) const;
    void reannounce(std::uint64_t key, std::int32_t tracker) const;
    void scrape(std::uint64_t key) const;
    void move_storage(std::uint64_t key, rust::Str path, std::uint8_t mode) const;
    void rename_file(std::uint64_t key, std::uint32_t file, rust::Str path) const;
    void prioritize_files(std::uint64_t key, rust::Slice<std::uint8_t const> priorities) const;
    void prioritize_pieces(std::uint64_t key, rust::Slice<PiecePriority const> priorities) const;
    void set_piece_deadlines(std::uint64_t key, rust::Slice<PieceDeadline const> deadlines) const;
    void clear_piece_deadlines(std::uint64_t key) const;
    void set_download_limit(std::uint64_t key, std::int32_t limit) const;
    void set_upload_limit(std::uint64_t key, std::int32_t limit) const;
    void set_max_connections(std::uint64_t key, std::int32_t limit) const;
    void set_max_uploads(std::uint64_t key, std::int32_t limit) const;
    void queue_up(std::uint64_t key) const;
    void queue_down(std::uint64_t key) const;
    void queue_top(std::uint64_t key) const;
    void queue_bottom(std::uint64_t key) const;
    void queue_set(std::uint64_t key, std::uint32_t position) const;
    void replace_trackers(std::uint64_t key, rust::Slice<Tracker const> trackers) const;
    void add_web_seed(std::uint64_t key, rust::Str url) const;
    void remove_web_seed(std::uint64_t key, rust::Str url) const;
    void connect_peer(std::uint64_t key, Address const& address, std::uint16_t port) const;
    void save_resume_data(std::uint64_t key, bool only_if_modified) const;
    // Waits for libtorrent's thread: upstream has no other form of this call.
    void set_metadata(std::uint64_t key, rust::Slice<std::uint8_t const> metainfo) const;
    void set_certificate(std::uint64_t key, rust::Str certificate, rust::Str private_key,
                         rust::Str dh_params) const;

    std::unique_ptr<TorrentReader> inspector(std::uint64_t key) const;
    std::unique_ptr<SessionReader> session_inspector() const;

private:
    std::unique_ptr<Core> m_core;
};

std::unique_ptr<Session> new_session(rust::Slice<Setting const> settings, std::uint8_t disk,
                                     rust::Slice<std::uint8_t const> dht_state,
                                     rust::Box<Waker> waker);
Capabilities probe_capabilities();
// Whether a name is one of a live setting of the linked library.
bool has_setting(rust::Str name);

void release_unused_memory() noexcept;

} // namespace revaer
