// Orders to one torrent. Each is queued for libtorrent's network thread and returns at once.

#include "convert.hpp"
#include "core.hpp"
#include "metainfo.hpp"
#include "session.hpp"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/announce_entry.hpp>
#include <libtorrent/storage_defs.hpp>
#include <libtorrent/torrent_info.hpp>

#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace revaer {

namespace {

int to_index(std::uint32_t index) {
    if (index > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) {
        throw std::out_of_range("index too large");
    }
    return static_cast<int>(index);
}

} // namespace

void Session::set_flags(std::uint64_t key, std::uint32_t flags, std::uint32_t mask) const {
    m_core->torrent(key).set_flags(to_flags(flags), to_flags(mask));
}

void Session::pause_torrent(std::uint64_t key) const {
    m_core->torrent(key).pause(lt::torrent_handle::graceful_pause);
}

void Session::resume_torrent(std::uint64_t key) const {
    m_core->torrent(key).resume();
}

void Session::clear_error(std::uint64_t key) const {
    m_core->torrent(key).clear_error();
}

void Session::force_recheck(std::uint64_t key) const {
    m_core->torrent(key).force_recheck();
}

void Session::reannounce(std::uint64_t key, std::int32_t tracker) const {
    lt::torrent_handle const& torrent = m_core->torrent(key);
    torrent.force_reannounce(0, tracker, lt::torrent_handle::ignore_min_interval);
    if (tracker < 0) {
        torrent.force_dht_announce();
    }
}

void Session::scrape(std::uint64_t key) const {
    m_core->torrent(key).scrape_tracker();
}

void Session::move_storage(std::uint64_t key, rust::Str path, std::uint8_t mode) const {
    static constexpr lt::move_flags_t modes[] = {lt::move_flags_t::fail_if_exist,
                                                 lt::move_flags_t::dont_replace,
                                                 lt::move_flags_t::always_replace_files};
    if (mode >= std::size(modes)) {
        throw std::invalid_argument("unknown mode of moving");
    }
    m_core->torrent(key).move_storage(to_save_path(path), modes[mode]);
}

void Session::rename_file(std::uint64_t key, std::uint32_t file, rust::Str path) const {
    m_core->torrent(key).rename_file(lt::file_index_t(to_index(file)), to_inner_path(path));
}

void Session::prioritize_files(std::uint64_t key,
                               rust::Slice<std::uint8_t const> priorities) const {
    std::vector<lt::download_priority_t> list;
    list.reserve(priorities.size());
    for (std::uint8_t const priority : priorities) {
        list.push_back(to_priority(priority));
    }
    m_core->torrent(key).prioritize_files(list);
}

void Session::prioritize_pieces(std::uint64_t key,
                                rust::Slice<PiecePriority const> priorities) const {
    std::vector<std::pair<lt::piece_index_t, lt::download_priority_t>> list;
    list.reserve(priorities.size());
    for (PiecePriority const& entry : priorities) {
        list.emplace_back(lt::piece_index_t(to_index(entry.piece)), to_priority(entry.priority));
    }
    m_core->torrent(key).prioritize_pieces(list);
}

void Session::set_piece_deadlines(std::uint64_t key,
                                  rust::Slice<PieceDeadline const> deadlines) const {
    lt::torrent_handle const& torrent = m_core->torrent(key);
    for (PieceDeadline const& entry : deadlines) {
        torrent.set_piece_deadline(lt::piece_index_t(to_index(entry.piece)), entry.milliseconds);
    }
}

void Session::clear_piece_deadlines(std::uint64_t key) const {
    m_core->torrent(key).clear_piece_deadlines();
}

void Session::set_download_limit(std::uint64_t key, std::int32_t limit) const {
    m_core->torrent(key).set_download_limit(to_rate_limit(limit));
}

void Session::set_upload_limit(std::uint64_t key, std::int32_t limit) const {
    m_core->torrent(key).set_upload_limit(to_rate_limit(limit));
}

void Session::set_max_connections(std::uint64_t key, std::int32_t limit) const {
    m_core->torrent(key).set_max_connections(to_max_connections(limit));
}

void Session::set_max_uploads(std::uint64_t key, std::int32_t limit) const {
    m_core->torrent(key).set_max_uploads(to_max_uploads(limit));
}

void Session::queue_up(std::uint64_t key) const {
    m_core->torrent(key).queue_position_up();
}

void Session::queue_down(std::uint64_t key) const {
    m_core->torrent(key).queue_position_down();
}

void Session::queue_top(std::uint64_t key) const {
    m_core->torrent(key).queue_position_top();
}

void Session::queue_bottom(std::uint64_t key) const {
    m_core->torrent(key).queue_position_bottom();
}

void Session::queue_set(std::uint64_t key, std::uint32_t position) const {
    m_core->torrent(key).queue_position_set(lt::queue_position_t(to_index(position)));
}

void Session::replace_trackers(std::uint64_t key, rust::Slice<Tracker const> trackers) const {
    std::vector<lt::announce_entry> list;
    list.reserve(trackers.size());
    for (Tracker const& tracker : trackers) {
        lt::announce_entry entry{std::string(tracker.url)};
        entry.tier = tracker.tier;
        list.push_back(std::move(entry));
    }
    m_core->torrent(key).replace_trackers(list);
}

void Session::add_web_seed(std::uint64_t key, rust::Str url) const {
    m_core->torrent(key).add_url_seed(std::string(url));
}

void Session::remove_web_seed(std::uint64_t key, rust::Str url) const {
    m_core->torrent(key).remove_url_seed(std::string(url));
}

void Session::connect_peer(std::uint64_t key, Address const& address, std::uint16_t port) const {
    m_core->torrent(key).connect_peer(lt::tcp::endpoint(to_address(address), port));
}

void Session::save_resume_data(std::uint64_t key, bool only_if_modified) const {
    lt::resume_data_flags_t flags{};
    if (only_if_modified) {
        flags |= lt::torrent_handle::only_if_modified;
    }
    m_core->torrent(key).save_resume_data(flags);
}

void Session::set_metadata(std::uint64_t key, rust::Slice<std::uint8_t const> metainfo) const {
    lt::torrent_handle const& torrent = m_core->torrent(key);
    lt::add_torrent_params const params = load_trusted(as_span(metainfo));
    if (!torrent.set_metadata(params.ti->info_section())) {
        throw std::invalid_argument("the metadata do not fit the torrent");
    }
}

void Session::set_certificate(std::uint64_t key, rust::Str certificate, rust::Str private_key,
                              rust::Str dh_params) const {
#ifdef TORRENT_SSL_PEERS
    // The call is not const upstream.
    lt::torrent_handle torrent = m_core->torrent(key);
    torrent.set_ssl_certificate_buffer(std::string(certificate), std::string(private_key),
                                       std::string(dh_params));
#else
    static_cast<void>(m_core->torrent(key));
    static_cast<void>(certificate);
    static_cast<void>(private_key);
    static_cast<void>(dh_params);
    throw std::runtime_error("the linked libtorrent is built without SSL torrents");
#endif
}

} // namespace revaer
