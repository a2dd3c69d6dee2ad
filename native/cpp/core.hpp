#pragma once

#include "guard.hpp"
#include "revaer-native/src/bridge.rs.h"
#include "strict.hpp"

#include <libtorrent/info_hash.hpp>
#include <libtorrent/peer_class.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/torrent_handle.hpp>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace revaer {

// A removal whose two answers are awaited. libtorrent posts them in an order that differs between
// versions.
struct Removal {
    std::uint64_t key;
    lt::torrent_handle handle;
    lt::info_hash_t hashes;
    bool removed_seen = false;
    bool content_seen = false;
};

struct Core {
    // Declared before the session: the last notification must find it alive.
    rust::Box<Waker> waker;
    std::shared_ptr<Guard> guard = std::make_shared<Guard>();
    std::unordered_map<std::uint64_t, lt::torrent_handle> torrents;
    std::vector<Removal> removals;
    std::unordered_map<std::uint64_t, std::vector<char>> conflicts;
    std::vector<int> metrics;
    // Made with the session: filters can name only the first ids, and torrents with limits take ids
    // too.
    std::vector<lt::peer_class_t> classes;
    // The disk settings belong to the chosen back end and are not the caller's to change.
    bool pinned_disk = false;
    std::unique_ptr<lt::session> session;

    explicit Core(rust::Box<Waker> waker) : waker(std::move(waker)) {}
    Core(Core const&) = delete;
    Core& operator=(Core const&) = delete;
    ~Core();

    lt::torrent_handle const& torrent(std::uint64_t key) const;
    void drain(AlertSink& sink);
};

} // namespace revaer
