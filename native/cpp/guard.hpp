#pragma once

#include <libtorrent/extensions.hpp>
#include <libtorrent/fwd.hpp>
#include <libtorrent/socket.hpp>
#include <libtorrent/torrent_handle.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace revaer {

// Decides, on libtorrent's network thread, what must not wait for the engine.
//
// Left alone, libtorrent answers rejected resume data, and seed mode without the files, with a full
// check, finds that files are missing, and downloads everything again into what may be an unmounted
// disk. The guard pauses such a torrent before anything is written.
class Guard final : public lt::plugin {
public:
    lt::feature_flags_t implemented_features() override { return alert_feature; }
    void on_alert(lt::alert const* alert) override;

    // The torrent is about to be added with resume data or in seed mode: its content should be
    // there.
    void expect_content(std::uint64_t key);
    void forget(std::uint64_t key);
    // Whether the guard has paused the torrent because of its resume data; answers yes once.
    bool take_rejected(std::uint64_t key);
    // The info dictionary that has just arrived; answers once.
    std::vector<char> take_info(std::uint64_t key);

private:
    std::mutex m_mutex;
    std::unordered_set<std::uint64_t> m_expected;
    std::unordered_set<std::uint64_t> m_rejected;
    std::unordered_map<std::uint64_t, std::vector<char>> m_infos;
};

// Holds a magnet that has just received its metadata, until it is resumed.
//
// A pause disconnects all peers, and libtorrent would not connect to them again for
// `min_reconnect_time`. The peers that are known by then are therefore forgotten and added anew
// when the torrent is resumed.
class MetadataHold final : public lt::torrent_plugin {
public:
    MetadataHold(lt::torrent_handle handle, std::vector<lt::tcp::endpoint> const& peers);

    void on_state(lt::torrent_status::state_t state) override;
    bool on_resume() override;
    void on_add_peer(lt::tcp::endpoint const& peer, lt::peer_source_flags_t source,
                     lt::add_peer_flags_t flags) override;

private:
    enum class Phase { fetching, held, released };

    lt::torrent_handle m_handle;
    // libtorrent attaches plugins after the torrent has entered its first state.
    Phase m_phase = Phase::fetching;
    std::vector<std::pair<lt::tcp::endpoint, lt::peer_source_flags_t>> m_peers;
};

} // namespace revaer
