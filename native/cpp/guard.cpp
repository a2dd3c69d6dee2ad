#include "guard.hpp"

#include "convert.hpp"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/torrent_flags.hpp>
#include <libtorrent/torrent_info.hpp>

#include <utility>

namespace revaer {

namespace {

// Enough to start with; announces bring more.
constexpr std::size_t max_remembered_peers = 500;

void stop(lt::torrent_handle const& handle) {
    // On the network thread both calls take effect at once. Auto management goes first, or it would
    // resume the torrent.
    handle.unset_flags(lt::torrent_flags::auto_managed);
    handle.pause();
}

} // namespace

// An exception that left this function would end libtorrent's thread, hence the catch-all. It can
// only stem from memory exhaustion or a torrent that is being removed; the drain then reports no
// rejection.
void Guard::on_alert(lt::alert const* alert) try {
    if (auto const* rejected = lt::alert_cast<lt::fastresume_rejected_alert>(alert)) {
        // Pausing posts alerts, which may move the one at hand: copy first.
        lt::torrent_handle const handle = rejected->handle;
        std::uint64_t const key = key_of(handle);
        {
            std::lock_guard<std::mutex> const lock(m_mutex);
            if (m_expected.erase(key) == 0) {
                return;
            }
            m_rejected.insert(key);
        }
        stop(handle);
    } else if (auto const* received = lt::alert_cast<lt::metadata_received_alert>(alert)) {
        // Taken here because a later read would have to wait for this thread.
        std::shared_ptr<lt::torrent_info const> const info = received->handle.torrent_file();
        if (info) {
            auto const section = info->info_section();
            std::vector<char> bytes(section.begin(), section.end());
            std::lock_guard<std::mutex> const lock(m_mutex);
            m_infos[key_of(received->handle)] = std::move(bytes);
        }
    } else if (auto const* checked = lt::alert_cast<lt::torrent_checked_alert>(alert)) {
        std::lock_guard<std::mutex> const lock(m_mutex);
        m_expected.erase(key_of(checked->handle));
    }
} catch (...) {
}

void Guard::expect_content(std::uint64_t key) {
    std::lock_guard<std::mutex> const lock(m_mutex);
    m_expected.insert(key);
}

void Guard::forget(std::uint64_t key) {
    std::lock_guard<std::mutex> const lock(m_mutex);
    m_expected.erase(key);
    m_rejected.erase(key);
    m_infos.erase(key);
}

bool Guard::take_rejected(std::uint64_t key) {
    std::lock_guard<std::mutex> const lock(m_mutex);
    return m_rejected.erase(key) != 0;
}

std::vector<char> Guard::take_info(std::uint64_t key) {
    std::lock_guard<std::mutex> const lock(m_mutex);
    auto const found = m_infos.find(key);
    if (found == m_infos.end()) {
        return {};
    }
    std::vector<char> info = std::move(found->second);
    m_infos.erase(found);
    return info;
}

MetadataHold::MetadataHold(lt::torrent_handle handle, std::vector<lt::tcp::endpoint> const& peers)
    : m_handle(std::move(handle)) {
    // These were added before the plugin was attached.
    for (lt::tcp::endpoint const& peer : peers) {
        on_add_peer(peer, lt::peer_info::resume_data, first_time);
    }
}

void MetadataHold::on_state(lt::torrent_status::state_t state) {
    if (m_phase == Phase::fetching && state != lt::torrent_status::downloading_metadata) {
        // The first state after the metadata, set before the files are looked at.
        m_phase = Phase::held;
        stop(m_handle);
    }
}

bool MetadataHold::on_resume() {
    if (m_phase == Phase::held) {
        m_phase = Phase::released;
        auto const peers = std::exchange(m_peers, {});
        m_handle.clear_peers();
        for (auto const& [peer, source] : peers) {
            m_handle.connect_peer(peer, source);
        }
    }
    return false;
}

void MetadataHold::on_add_peer(lt::tcp::endpoint const& peer, lt::peer_source_flags_t source,
                               lt::add_peer_flags_t flags) {
    if (m_phase == Phase::released || !(flags & first_time) || (flags & filtered)) {
        return;
    }
    if (m_peers.size() < max_remembered_peers) {
        m_peers.emplace_back(peer, source);
    }
}

} // namespace revaer
