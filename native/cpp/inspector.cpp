#include "inspector.hpp"

#include "convert.hpp"
#include "metainfo.hpp"
#include "settings.hpp"
#include "strict.hpp"

#include <libtorrent/announce_entry.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <mutex>
#include <stdexcept>

namespace revaer {

namespace {

Peer from_peer(lt::peer_info const& peer) {
    using lt::peer_info;
    auto const is = [&](lt::peer_flags_t flag) { return bool(peer.flags & flag); };
    Peer row{};
    row.address = from_address(peer.ip.address());
    row.port = peer.ip.port();
    row.client = lossy(peer.client);
    std::copy_n(reinterpret_cast<std::uint8_t const*>(peer.pid.data()), row.id.size(),
                row.id.begin());
    if (peer.connection_type == peer_info::web_seed) {
        row.connection = 1;
    } else if (peer.connection_type == peer_info::http_seed) {
        row.connection = 2;
    }
    row.download_rate = peer.payload_down_speed;
    row.upload_rate = peer.payload_up_speed;
    row.downloaded = peer.total_download;
    row.uploaded = peer.total_upload;
    row.progress = peer.progress;
    int const bytes = (peer.pieces.size() + 7) / 8;
    row.pieces = to_bytes({peer.pieces.data(), bytes});
    row.downloading_piece = static_cast<int>(peer.downloading_piece_index);
    row.interesting = is(peer_info::interesting);
    row.choked = is(peer_info::choked);
    row.remote_interested = is(peer_info::remote_interested);
    row.remote_choked = is(peer_info::remote_choked);
    row.optimistic_unchoke = is(peer_info::optimistic_unchoke);
    row.snubbed = is(peer_info::snubbed);
    row.outgoing = is(peer_info::outgoing_connection);
    row.from_dht = bool(peer.source & peer_info::dht);
    row.from_pex = bool(peer.source & peer_info::pex);
    row.from_lsd = bool(peer.source & peer_info::lsd);
    row.rc4_encrypted = is(peer_info::rc4_encrypted);
    row.plaintext_encrypted = is(peer_info::plaintext_encrypted);
    row.utp = is(peer_info::utp_socket);
    row.holepunched = is(peer_info::holepunched);
    row.is_seed = is(peer_info::seed);
    return row;
}

// Moments of libtorrent's clock as Unix seconds, 0 for none.
class UnixClock {
public:
    std::int64_t operator()(lt::time_point32 moment) const {
        if (moment == (lt::time_point32::min)()) {
            return 0;
        }
        auto const distance = std::chrono::duration_cast<std::chrono::seconds>(
            moment - std::chrono::time_point_cast<lt::seconds32>(m_now));
        return std::int64_t(m_unix) + distance.count();
    }

private:
    lt::time_point m_now = lt::clock_type::now();
    std::time_t m_unix = std::time(nullptr);
};

} // namespace

rust::Vec<Peer> TorrentReader::peers() const {
    std::vector<lt::peer_info> peers;
    m_handle.get_peer_info(peers);
    rust::Vec<Peer> rows;
    rows.reserve(peers.size());
    for (lt::peer_info const& peer : peers) {
        // Those that have not answered yet are no peers.
        if (!(peer.flags & (lt::peer_info::connecting | lt::peer_info::handshake))) {
            rows.push_back(from_peer(peer));
        }
    }
    return rows;
}

rust::Vec<std::int64_t> TorrentReader::file_progress() const {
    rust::Vec<std::int64_t> result;
    for (std::int64_t const bytes : m_handle.file_progress(lt::torrent_handle::piece_granularity)) {
        result.push_back(bytes);
    }
    return result;
}

rust::Vec<std::uint8_t> TorrentReader::file_priorities() const {
    rust::Vec<std::uint8_t> result;
    for (lt::download_priority_t const priority : m_handle.get_file_priorities()) {
        result.push_back(static_cast<std::uint8_t>(priority));
    }
    return result;
}

rust::Vec<std::uint8_t> TorrentReader::piece_states() const {
    lt::torrent_status const status = m_handle.status(lt::torrent_handle::query_pieces);
    auto const torrent = m_handle.torrent_file();
    rust::Vec<std::uint8_t> states;
    if (!torrent || !torrent->is_valid()) {
        return states;
    }
    std::vector<std::uint8_t> list(static_cast<std::size_t>(torrent->num_pieces()), 0);
    {
        // Before 2.0.9 all callers share the memory that the answer points into.
        static std::mutex mutex;
        std::lock_guard<std::mutex> const lock(mutex);
        for (lt::partial_piece_info const& piece : m_handle.get_download_queue()) {
            auto const index = static_cast<std::size_t>(static_cast<int>(piece.piece_index));
            if (index < list.size()) {
                list[index] = 1;
            }
        }
    }
    int const known = std::min(status.pieces.size(), torrent->num_pieces());
    for (int i = 0; i < known; ++i) {
        if (status.pieces.get_bit(lt::piece_index_t(i))) {
            list[static_cast<std::size_t>(i)] = 2;
        }
    }
    states.reserve(list.size());
    std::copy(list.begin(), list.end(), std::back_inserter(states));
    return states;
}

rust::Vec<std::int32_t> TorrentReader::piece_availability() const {
    std::vector<int> availability;
    m_handle.piece_availability(availability);
    rust::Vec<std::int32_t> result;
    result.reserve(availability.size());
    std::copy(availability.begin(), availability.end(), std::back_inserter(result));
    return result;
}

rust::Vec<TrackerState> TorrentReader::trackers() const {
    UnixClock const unix_time;
    lt::info_hash_t const hashes = m_handle.info_hashes();
    rust::Vec<TrackerState> rows;
    for (lt::announce_entry const& tracker : m_handle.trackers()) {
        TrackerState const blank = [&] {
            TrackerState row{};
            row.url = lossy(tracker.url);
            row.tier = tracker.tier;
            row.verified = tracker.verified;
            row.scrape_complete = row.scrape_incomplete = row.scrape_downloaded = -1;
            return row;
        }();
        bool contacted = false;
        for (lt::announce_endpoint const& endpoint : tracker.endpoints) {
            if (!endpoint.enabled) {
                continue;
            }
            for (auto const version : {lt::protocol_version::V1, lt::protocol_version::V2}) {
                if (!hashes.has(version)) {
                    continue;
                }
                lt::announce_infohash const& state = endpoint.info_hashes[version];
                TrackerState row = blank;
                row.endpoint = lossy(print_endpoint(endpoint.local_endpoint));
                row.protocol = version == lt::protocol_version::V1 ? 1 : 2;
                row.message = lossy(state.message);
                row.has_error = bool(state.last_error);
                if (row.has_error) {
                    row.error = to_fault(state.last_error);
                    row.refused = state.last_error == lt::errors::tracker_failure;
                    row.skipped = state.last_error == lt::errors::announce_skipped;
                }
                row.next_announce = unix_time(state.next_announce);
                row.min_announce = unix_time(state.min_announce);
                row.scrape_complete = state.scrape_complete;
                row.scrape_incomplete = state.scrape_incomplete;
                row.scrape_downloaded = state.scrape_downloaded;
                row.fails = state.fails;
                row.updating = state.updating;
                rows.push_back(std::move(row));
                contacted = true;
            }
        }
        if (!contacted) {
            rows.push_back(blank);
        }
    }
    return rows;
}

Limits TorrentReader::limits() const {
    return Limits{m_handle.download_limit(), m_handle.upload_limit(), m_handle.max_connections(),
                  m_handle.max_uploads(), from_flags(m_handle.flags())};
}

rust::Vec<std::uint8_t> TorrentReader::metainfo() const {
    auto const torrent = m_handle.torrent_file_with_hashes();
    if (!torrent || !torrent->is_valid()) {
        throw std::runtime_error("the torrent has no metadata yet");
    }
    return to_bytes(wrap_torrent(*torrent));
}

rust::Vec<Setting> SessionReader::settings(rust::Slice<rust::Str const> names) const {
    lt::settings_pack const pack = m_handle.get_settings();
    rust::Vec<Setting> result;
    for (rust::Str const name : names) {
        result.push_back(read_setting(pack, name));
    }
    return result;
}

bool SessionReader::is_listening() const {
    return m_handle.is_listening();
}

std::uint16_t SessionReader::listen_port() const {
    return m_handle.listen_port();
}

rust::Vec<Status> SessionReader::all_status() const {
    auto const statuses =
        m_handle.get_torrent_status([](lt::torrent_status const&) { return true; },
                                    lt::torrent_handle::query_accurate_download_counters |
                                        lt::torrent_handle::query_distributed_copies |
                                        lt::torrent_handle::query_last_seen_complete);
    lt::time_point const now = lt::clock_type::now();
    rust::Vec<Status> rows;
    rows.reserve(statuses.size());
    for (lt::torrent_status const& status : statuses) {
        rows.push_back(from_status(status, now));
    }
    return rows;
}

rust::Vec<std::uint8_t> SessionReader::dht_state() const {
    lt::session_params const params = m_handle.session_state(lt::session_handle::save_dht_state);
    return to_bytes(lt::write_session_params_buf(params, lt::session_handle::save_dht_state));
}

} // namespace revaer
