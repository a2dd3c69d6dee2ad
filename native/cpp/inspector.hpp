#pragma once

#include "rust/cxx.h"

#include <libtorrent/session_handle.hpp>
#include <libtorrent/torrent_handle.hpp>

#include <cstdint>

namespace revaer {

struct Limits;
struct Peer;
struct Setting;
struct Status;
struct TrackerState;

// Reads of one torrent. Each waits for libtorrent's network thread.
class TorrentReader {
public:
    explicit TorrentReader(lt::torrent_handle handle) : m_handle(std::move(handle)) {}

    rust::Vec<Peer> peers() const;
    rust::Vec<std::int64_t> file_progress() const;
    rust::Vec<std::uint8_t> file_priorities() const;
    rust::Vec<std::uint8_t> piece_states() const;
    rust::Vec<std::int32_t> piece_availability() const;
    rust::Vec<TrackerState> trackers() const;
    Limits limits() const;
    rust::Vec<std::uint8_t> metainfo() const;

private:
    lt::torrent_handle m_handle;
};

// Reads of the session. Each waits for libtorrent's network thread.
class SessionReader {
public:
    explicit SessionReader(lt::session_handle handle) : m_handle(std::move(handle)) {}

    rust::Vec<Setting> settings(rust::Slice<rust::Str const> names) const;
    bool is_listening() const;
    std::uint16_t listen_port() const;
    rust::Vec<Status> all_status() const;
    rust::Vec<std::uint8_t> dht_state() const;

private:
    lt::session_handle m_handle;
};

} // namespace revaer
