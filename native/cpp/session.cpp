#include "session.hpp"

#include "convert.hpp"
#include "core.hpp"
#include "inspector.hpp"
#include "metainfo.hpp"
#include "pex.hpp"
#include "settings.hpp"
#include "source.hpp"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert.hpp>
#include <libtorrent/extensions/smart_ban.hpp>
#include <libtorrent/extensions/ut_metadata.hpp>
#include <libtorrent/ip_filter.hpp>
#include <libtorrent/mmap_disk_io.hpp>
#include <libtorrent/peer_class.hpp>
#include <libtorrent/peer_class_type_filter.hpp>
#include <libtorrent/posix_disk_io.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/session_stats.hpp>
#include <libtorrent/torrent_info.hpp>

#include <boost/version.hpp>
#include <openssl/crypto.h>

#include <algorithm>
#include <iterator>
#include <limits>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace revaer {

namespace {

// What the alert switch reports. The guard needs `status`, failed moves and removals need
// `storage`.
constexpr lt::alert_category_t needed_alerts =
    lt::alert_category::error | lt::alert_category::status | lt::alert_category::storage |
    lt::alert_category::tracker | lt::alert_category::port_mapping |
    lt::alert_category::file_progress;
// `peer` brings bans and also every peer error, which the switch skips.
constexpr lt::alert_category_t default_alerts = needed_alerts | lt::alert_category::ip_block |
                                                lt::alert_category::peer |
                                                lt::alert_category::performance_warning;

void widen_mask(lt::settings_pack& pack) {
    if (pack.has_val(lt::settings_pack::alert_mask)) {
        auto const mask = static_cast<std::uint32_t>(pack.get_int(lt::settings_pack::alert_mask)) |
                          static_cast<std::uint32_t>(needed_alerts);
        pack.set_int(lt::settings_pack::alert_mask, static_cast<int>(mask));
    }
}

// Plain pread and pwrite through the thread pool: a mixture of writes by pwrite and reads by mmap
// corrupts data on some file systems, and mapped files turn a truncated file into a signal.
void map_nothing(lt::settings_pack& pack) {
    pack.set_int(lt::settings_pack::mmap_file_size_cutoff, std::numeric_limits<int>::max());
    pack.set_int(lt::settings_pack::disk_write_mode, lt::settings_pack::always_pwrite);
}

void check_file(lt::add_torrent_params const& params, std::uint32_t file) {
    bool const known = params.ti != nullptr;
    if (file > static_cast<std::uint32_t>(std::numeric_limits<int>::max()) ||
        (known && static_cast<int>(file) >= params.ti->num_files())) {
        throw std::out_of_range("the torrent has no file of that index");
    }
}

void overlay(lt::add_torrent_params& params, NewTorrent const& torrent, bool resumed) {
    params.userdata = to_userdata(torrent.key);
    params.save_path = to_save_path(rust::Str(torrent.save_path));
    params.storage_mode = torrent.allocate ? lt::storage_mode_allocate : lt::storage_mode_sparse;
    params.flags = to_flags(torrent.flags) | lt::torrent_flags::update_subscribe |
                   lt::torrent_flags::duplicate_is_error;

    params.trackers.clear();
    params.tracker_tiers.clear();
    for (Tracker const& tracker : torrent.trackers) {
        params.trackers.emplace_back(tracker.url);
        params.tracker_tiers.push_back(tracker.tier);
    }
    params.url_seeds.clear();
    for (rust::String const& url : torrent.web_seeds) {
        params.url_seeds.emplace_back(url);
    }
    if (params.ti) {
        // Resume data may carry a torrent with lists of its own.
        params.ti->clear_trackers();
        params.ti->set_web_seeds({});
    }

    std::vector<lt::download_priority_t> priorities;
    for (std::uint8_t const priority : torrent.file_priorities) {
        priorities.push_back(to_priority(priority));
    }
    if (params.ti && priorities.size() > static_cast<std::size_t>(params.ti->num_files())) {
        throw std::out_of_range("more priorities than files");
    }
    // A magnet may say which files it wants.
    bool const keeps_selection = priorities.empty() && !resumed && !params.ti;
    if (!keeps_selection && params.file_priorities != priorities) {
        // Piece priorities derive from file priorities, so old ones would undo the new ones.
        params.piece_priorities.clear();
        params.file_priorities = std::move(priorities);
    }

    params.renamed_files.clear();
    for (FileName const& rename : torrent.renames) {
        check_file(params, rename.file);
        params.renamed_files[lt::file_index_t(static_cast<int>(rename.file))] =
            to_inner_path(rust::Str(rename.path));
    }

    params.download_limit = to_rate_limit(torrent.download_limit);
    params.upload_limit = to_rate_limit(torrent.upload_limit);
    params.max_connections = to_max_connections(torrent.max_connections);
    params.max_uploads = to_max_uploads(torrent.max_uploads);

    if (torrent.has_totals) {
        params.total_uploaded = torrent.uploaded;
        params.total_downloaded = torrent.downloaded;
        params.active_time = static_cast<int>(torrent.active_seconds);
        params.finished_time = static_cast<int>(torrent.finished_seconds);
        params.seeding_time = static_cast<int>(torrent.finished_seconds);
        params.added_time = static_cast<std::time_t>(torrent.added_at);
        params.completed_time = static_cast<std::time_t>(torrent.completed_at);
    }
}

constexpr std::uint32_t bit(lt::peer_class_t id) {
    return std::uint32_t(1) << static_cast<std::uint32_t>(id);
}

// Adds a class to what the addresses of a range belong to already.
template <typename Ranges>
void join_ranges(lt::ip_filter& filter, Ranges const& present, lt::address const& first,
                 lt::address const& last, std::uint32_t classes) {
    for (auto const& range : present) {
        lt::address const begin = range.first;
        lt::address const end = range.last;
        if (!(last < begin) && !(end < first)) {
            filter.add_rule(std::max(first, begin), std::min(last, end), range.flags | classes);
        }
    }
}

void join_range(lt::ip_filter& filter, AddressRange const& range, std::uint32_t classes) {
    if (range.first.is_v6 != range.last.is_v6) {
        throw std::invalid_argument("both ends of an address range must be of one family");
    }
    lt::address const first = to_address(range.first);
    lt::address const last = to_address(range.last);
    auto const present = filter.export_filter();
    if (range.first.is_v6) {
        join_ranges(filter, std::get<1>(present), first, last, classes);
    } else {
        join_ranges(filter, std::get<0>(present), first, last, classes);
    }
}

void add_range(lt::ip_filter& filter, char const* first, char const* last, std::uint32_t classes) {
    filter.add_rule(lt::make_address(first), lt::make_address(last), classes);
}

} // namespace

Core::~Core() {
    if (session) {
        // Alerts are still posted while the session ends.
        session->set_alert_notify({});
    }
}

lt::torrent_handle const& Core::torrent(std::uint64_t key) const {
    auto const found = torrents.find(key);
    if (found == torrents.end()) {
        throw std::out_of_range("no such torrent in the session");
    }
    return found->second;
}

Session::Session(std::unique_ptr<Core> core) : m_core(std::move(core)) {}
Session::~Session() = default;

std::unique_ptr<Session> new_session(rust::Slice<Setting const> settings, std::uint8_t disk,
                                     rust::Slice<std::uint8_t const> dht_state,
                                     rust::Box<Waker> waker) {
    auto core = std::make_unique<Core>(std::move(waker));

    lt::settings_pack pack = to_pack(settings);
    if (!pack.has_val(lt::settings_pack::alert_mask)) {
        pack.set_int(lt::settings_pack::alert_mask,
                     static_cast<int>(static_cast<std::uint32_t>(default_alerts)));
    }
    widen_mask(pack);
    if (disk == 0) {
        map_nothing(pack);
        core->pinned_disk = true;
    } else if (disk == 1 && !pack.has_val(lt::settings_pack::disk_write_mode)) {
        // Older versions mix both kinds of writing by default, which corrupts data on some file
        // systems.
        pack.set_int(lt::settings_pack::disk_write_mode, lt::settings_pack::always_mmap_write);
    }

    // An explicit, empty list: the other constructor brings plugins of upstream's choice.
    lt::session_params params(std::move(pack), {});
    if (disk == 2) {
        params.disk_io_constructor = lt::posix_disk_io_constructor;
    } else {
        params.disk_io_constructor = lt::mmap_disk_io_constructor;
    }
    if (!dht_state.empty()) {
        params.dht_state =
            lt::read_session_params(as_span(dht_state), lt::session_handle::save_dht_state)
                .dht_state;
    }

    core->session = std::make_unique<lt::session>(std::move(params), lt::session_handle::paused);
    // Queued before any torrent can be.
    core->session->add_extension(core->guard);
    core->session->add_extension(&lt::create_ut_metadata_plugin);
    core->session->add_extension(&create_pex_plugin);
    core->session->add_extension(&lt::create_smart_ban_plugin);
    for (int slot = 0; slot < 16; ++slot) {
        core->classes.push_back(core->session->create_peer_class("unused"));
    }
    core->session->set_alert_notify([core = core.get()] { core->waker->wake(); });
    return std::make_unique<Session>(std::move(core));
}

void release_unused_memory() noexcept {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

Capabilities probe_capabilities() {
    // Every 2.0.x has the same soname, so an older library would load, until a symbol is missing.
    std::string const running = lt::version();
    int major = 0;
    int minor = 0;
    int tiny = 0;
    char dot = 0;
    std::istringstream(running) >> major >> dot >> minor >> dot >> tiny;
    if (major * 10000 + minor * 100 + tiny < LIBTORRENT_VERSION_NUM || major != 2 || minor != 0) {
        throw std::runtime_error("built with libtorrent " LIBTORRENT_VERSION
                                 ", but the library that was loaded is " +
                                 running);
    }

    Capabilities result{};
    result.version = lossy(running);
    result.boost_version = std::to_string(BOOST_VERSION / 100000) + "." +
                           std::to_string(BOOST_VERSION / 100 % 1000) + "." +
                           std::to_string(BOOST_VERSION % 100);
    result.openssl_version = lossy(OpenSSL_version(OPENSSL_VERSION));
#if TORRENT_USE_I2P
    result.i2p = true;
#endif
    result.reset_save_path = LIBTORRENT_VERSION_NUM >= 20010;
    result.announce_port = lt::setting_by_name("announce_port") >= 0;
    result.multi_connections_per_peer_id =
        lt::setting_by_name("allow_multiple_connections_per_pid") >= 0;
    result.natpmp_lease_duration = lt::setting_by_name("natpmp_lease_duration") >= 0;
    return result;
}

void Session::apply(rust::Slice<Setting const> settings) const {
    lt::settings_pack pack = to_pack(settings);
    widen_mask(pack);
    if (m_core->pinned_disk) {
        map_nothing(pack);
    }
    m_core->session->apply_settings(std::move(pack));
}

void Session::pause() const {
    m_core->session->pause();
}

void Session::resume() const {
    m_core->session->resume();
}

void Session::set_ip_filter(rust::Slice<AddressRange const> blocked) const {
    lt::ip_filter filter;
    for (AddressRange const& range : blocked) {
        if (range.first.is_v6 != range.last.is_v6) {
            throw std::invalid_argument("both ends of an address range must be of one family");
        }
        lt::address const first = to_address(range.first);
        lt::address const last = to_address(range.last);
        if (last < first) {
            throw std::invalid_argument("an address range ends before it begins");
        }
        filter.add_rule(first, last, lt::ip_filter::blocked);
    }
    m_core->session->set_ip_filter(std::move(filter));
}

void Session::reopen_sockets() const {
    m_core->session->reopen_network_sockets();
}

void Session::set_limited_peers(bool local_networks, bool utp,
                                rust::Slice<PeerClass const> classes) const {
    if (classes.size() > m_core->classes.size()) {
        throw std::length_error("too many peer classes");
    }
    std::uint32_t const global = bit(lt::session_handle::global_peer_class_id);
    std::uint32_t const local = bit(lt::session_handle::local_peer_class_id);

    lt::ip_filter by_address;
    add_range(by_address, "0.0.0.0", "255.255.255.255", global);
    add_range(by_address, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", global);
    if (!local_networks) {
        add_range(by_address, "10.0.0.0", "10.255.255.255", local);
        add_range(by_address, "172.16.0.0", "172.31.255.255", local);
        add_range(by_address, "192.168.0.0", "192.168.255.255", local);
        add_range(by_address, "169.254.0.0", "169.254.255.255", local);
        add_range(by_address, "127.0.0.0", "127.255.255.255", local);
        add_range(by_address, "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", local);
        add_range(by_address, "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", local);
        add_range(by_address, "::1", "::1", local);
    }

    using Types = lt::peer_class_type_filter;
    Types by_type;
    // libtorrent's own rules, which a new filter replaces.
    for (auto const type : {Types::tcp_socket, Types::ssl_tcp_socket, Types::i2p_socket}) {
        by_type.add(type, lt::session_handle::tcp_peer_class_id);
    }
    if (!utp) {
        by_type.disallow(Types::utp_socket, lt::session_handle::global_peer_class_id);
        by_type.disallow(Types::ssl_utp_socket, lt::session_handle::global_peer_class_id);
    }

    static constexpr Types::socket_type_t sockets[] = {Types::tcp_socket, Types::utp_socket,
                                                       Types::ssl_tcp_socket, Types::ssl_utp_socket,
                                                       Types::i2p_socket};
    for (std::size_t slot = 0; slot < m_core->classes.size(); ++slot) {
        lt::peer_class_t const id = m_core->classes[slot];
        lt::peer_class_info info{};
        info.label = "unused";
        info.connection_limit_factor = 100;
        info.upload_priority = 1;
        info.download_priority = 1;
        if (slot < classes.size()) {
            PeerClass const& given = classes[slot];
            info.label = std::string(given.name);
            info.connection_limit_factor = given.connection_limit_percent;
            info.upload_limit = given.upload_limit;
            info.download_limit = given.download_limit;
            info.upload_priority = given.upload_priority;
            info.download_priority = given.download_priority;
            info.ignore_unchoke_slots = given.ignore_unchoke_slots;
            for (AddressRange const& range : given.ranges) {
                join_range(by_address, range, bit(id));
            }
            for (std::size_t socket = 0; socket < std::size(sockets); ++socket) {
                if ((given.sockets & (1U << socket)) != 0) {
                    by_type.add(sockets[socket], id);
                }
            }
        }
        m_core->session->set_peer_class(id, info);
    }

    m_core->session->set_peer_class_filter(by_address);
    m_core->session->set_peer_class_type_filter(by_type);
}

void Session::post_updates() const {
    m_core->session->post_torrent_updates(lt::torrent_handle::query_accurate_download_counters |
                                          lt::torrent_handle::query_distributed_copies |
                                          lt::torrent_handle::query_last_seen_complete);
}

void Session::post_stats() const {
    m_core->session->post_session_stats();
}

void Session::set_stats_names(rust::Slice<rust::Str const> names) const {
    std::vector<int> metrics;
    for (rust::Str const name : names) {
        int const index = lt::find_metric_idx(lt::string_view(name.data(), name.size()));
        if (index < 0) {
            throw std::invalid_argument("`" + std::string(name) +
                                        "` is not a counter of the linked libtorrent");
        }
        metrics.push_back(index);
    }
    m_core->metrics = std::move(metrics);
}

void Session::drain(AlertSink& sink) const {
    m_core->drain(sink);
}

void Session::add(NewTorrent const& torrent, std::unique_ptr<Source> source) const {
    if (torrent.key == 0) {
        throw std::invalid_argument("a torrent's key must not be 0");
    }
    lt::add_torrent_params& params = source->params;
    overlay(params, torrent, source->resumed);
    if (!params.ti) {
        params.extensions.emplace_back([peers = std::vector<lt::tcp::endpoint>(params.peers)](
                                           lt::torrent_handle const& handle, lt::client_data_t) {
            return std::make_shared<MetadataHold>(handle, peers);
        });
    } else if (source->resumed || (params.flags & lt::torrent_flags::seed_mode)) {
        m_core->guard->expect_content(torrent.key);
    }
    m_core->session->async_add_torrent(std::move(params));
}

void Session::remove(std::uint64_t key, bool delete_files) const {
    lt::torrent_handle const handle = m_core->torrent(key);
    for (Removal const& removal : m_core->removals) {
        if (removal.handle == handle) {
            throw std::logic_error("the torrent is being removed already");
        }
    }
    lt::remove_flags_t flags = lt::session_handle::delete_partfile;
    if (delete_files) {
        flags |= lt::session_handle::delete_files;
    }
    m_core->removals.push_back(Removal{key, handle, handle.info_hashes()});
    m_core->session->remove_torrent(handle, flags);
}

bool Session::contains(std::uint64_t key) const {
    return m_core->torrents.count(key) != 0;
}

rust::Vec<std::uint8_t> Session::conflict_metainfo(std::uint64_t key) const {
    auto const found = m_core->conflicts.find(key);
    if (found == m_core->conflicts.end()) {
        throw std::out_of_range("no conflict is known for the torrent");
    }
    return to_bytes(found->second);
}

std::unique_ptr<TorrentReader> Session::inspector(std::uint64_t key) const {
    return std::make_unique<TorrentReader>(m_core->torrent(key));
}

std::unique_ptr<SessionReader> Session::session_inspector() const {
    return std::make_unique<SessionReader>(*m_core->session);
}

} // namespace revaer
