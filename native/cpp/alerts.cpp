// The one place where alerts are read. Everything is copied out here, because an alert's strings
// die at the next drain.

#include "convert.hpp"
#include "core.hpp"
#include "metainfo.hpp"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/write_resume_data.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace revaer {

namespace {

using Key = std::uint64_t;

char const* socket_name(lt::socket_type_t type) {
    switch (type) {
    case lt::socket_type_t::tcp:
        return "tcp";
    case lt::socket_type_t::socks5:
        return "socks5";
    case lt::socket_type_t::http:
        return "http";
    case lt::socket_type_t::utp:
        return "utp";
    case lt::socket_type_t::i2p:
        return "i2p";
    case lt::socket_type_t::tcp_ssl:
        return "ssl";
    case lt::socket_type_t::socks5_ssl:
        return "socks5_ssl";
    case lt::socket_type_t::http_ssl:
        return "http_ssl";
    case lt::socket_type_t::utp_ssl:
        return "utp_ssl";
    }
    return "other";
}

char const* block_reason(int reason) {
    using Alert = lt::peer_blocked_alert;
    switch (reason) {
    case Alert::ip_filter:
        return "ip_filter";
    case Alert::port_filter:
        return "port_filter";
    case Alert::i2p_mixed:
        return "i2p_mixed";
    case Alert::privileged_ports:
        return "privileged_ports";
    case Alert::utp_disabled:
        return "utp_disabled";
    case Alert::tcp_disabled:
        return "tcp_disabled";
    case Alert::invalid_local_interface:
        return "invalid_local_interface";
    case Alert::ssrf_mitigation:
        return "ssrf_mitigation";
    default:
        return "other";
    }
}

std::string first_of(char const* text, lt::error_code const& error) {
    return text != nullptr && *text != '\0' ? std::string(text) : error.message();
}

std::uint32_t index_of(int index) {
    return static_cast<std::uint32_t>(index);
}

std::uint16_t port_of(int port) {
    return static_cast<std::uint16_t>(port);
}

// A torrent that has left in the meantime; what it still had to say is of no use to anybody.
struct Gone {};

// Reads the alerts of one drain.
class Reader {
public:
    Reader(Core& core, AlertSink& sink) : m_core(core), m_sink(sink) {}

    void read(lt::alert const& alert);

private:
    template <typename Alert> static Alert const& as(lt::alert const& alert) {
        return static_cast<Alert const&>(alert);
    }

    // The key of a torrent that may be gone already.
    Key key(lt::torrent_handle const& handle) const {
        if (Key const key = key_of(handle); key != 0) {
            return key;
        }
        for (Removal const& removal : m_core.removals) {
            if (removal.handle == handle) {
                return removal.key;
            }
        }
        throw Gone();
    }
    Key key(lt::torrent_alert const& alert) const { return key(alert.handle); }

    void added(lt::add_torrent_alert const& alert);
    void removed(lt::torrent_removed_alert const& alert);
    void content_gone(lt::torrent_handle const& handle, lt::info_hash_t const& hashes,
                      lt::error_code const& error);
    void report_removed(Key key);
    void forget_if_done(std::vector<Removal>::iterator removal);
    void metadata(lt::metadata_received_alert const& alert);
    void resume_data(lt::save_resume_data_alert const& alert);
    void resume_rejected(lt::fastresume_rejected_alert const& alert);
    void conflict(lt::torrent_conflict_alert const& alert);
    void status(lt::state_update_alert const& alert);
    void stats(lt::session_stats_alert const& alert);

    Core& m_core;
    AlertSink& m_sink;
};

void Reader::added(lt::add_torrent_alert const& alert) {
    Key const key = key_of(alert.params.userdata);
    if (alert.error) {
        m_core.guard->forget(key);
        m_sink.add_failed(key, to_fault(alert.error));
    } else {
        m_core.torrents[key] = alert.handle;
        m_sink.added(key);
    }
}

void Reader::removed(lt::torrent_removed_alert const& alert) {
    Key const key = key_of(alert.userdata);
    auto const removal =
        std::find_if(m_core.removals.begin(), m_core.removals.end(),
                     [&](Removal const& entry) { return entry.key == key && !entry.removed_seen; });
    if (removal == m_core.removals.end()) {
        report_removed(key);
        return;
    }
    removal->removed_seen = true;
    if (!removal->content_seen) {
        report_removed(key);
    }
    forget_if_done(removal);
}

void Reader::content_gone(lt::torrent_handle const& handle, lt::info_hash_t const& hashes,
                          lt::error_code const& error) {
    auto const removal =
        std::find_if(m_core.removals.begin(), m_core.removals.end(), [&](Removal const& entry) {
            return !entry.content_seen && (entry.handle == handle || entry.hashes == hashes);
        });
    if (removal == m_core.removals.end()) {
        throw std::runtime_error("files were deleted of a torrent that is not known");
    }
    Key const key = removal->key;
    removal->content_seen = true;
    // The engine counts on this order, which libtorrent does not keep in all versions.
    if (!removal->removed_seen) {
        report_removed(key);
    }
    // No code: there was no storage yet, so there is nothing to delete.
    if (error) {
        m_sink.content_delete_failed(key, to_fault(error));
    } else {
        m_sink.content_deleted(key);
    }
    forget_if_done(removal);
}

// Called once for each removal: from then on the key may name a torrent that was added anew.
void Reader::report_removed(Key key) {
    m_core.torrents.erase(key);
    m_core.conflicts.erase(key);
    m_core.guard->forget(key);
    m_sink.removed(key);
}

void Reader::forget_if_done(std::vector<Removal>::iterator removal) {
    if (removal->removed_seen && removal->content_seen) {
        m_core.removals.erase(removal);
    }
}

void Reader::metadata(lt::metadata_received_alert const& alert) {
    Key const key = this->key(alert);
    std::vector<char> const info = m_core.guard->take_info(key);
    if (info.empty()) {
        throw std::runtime_error("metadata arrived, but could not be read");
    }
    m_sink.metadata(key, to_bytes(wrap_info(info)));
}

void Reader::resume_data(lt::save_resume_data_alert const& alert) {
    lt::add_torrent_params params = alert.params;
    // Momentary states, which must not come back with the next start.
    params.flags &= ~(lt::torrent_flags::upload_mode | lt::torrent_flags::stop_when_ready);
    // The rows know trackers and web seeds. Here they may carry a login that is not to be stored.
    params.trackers.clear();
    params.tracker_tiers.clear();
    params.url_seeds.clear();
    bool const known = params.have_pieces.size() > 0;
    bool const any = known && params.have_pieces.count() > 0;
    m_sink.resume_data(key(alert), to_bytes(lt::write_resume_data_buf(params)), known, any);
}

void Reader::resume_rejected(lt::fastresume_rejected_alert const& alert) {
    Key const key = this->key(alert);
    if (m_core.guard->take_rejected(key)) {
        m_sink.resume_rejected(key, to_fault(alert.error), lossy(alert.file_path()));
    }
}

void Reader::conflict(lt::torrent_conflict_alert const& alert) {
    Key const key = this->key(alert);
    Key const other = this->key(alert.conflicting_torrent);
    if (alert.metadata) {
        auto const info = wrap_info(alert.metadata->info_section());
        m_core.conflicts[key] = info;
        m_core.conflicts[other] = info;
    }
    m_sink.conflict(key, other);
}

void Reader::status(lt::state_update_alert const& alert) {
    lt::time_point const now = lt::clock_type::now();
    rust::Vec<Status> rows;
    rows.reserve(alert.status.size());
    for (lt::torrent_status const& status : alert.status) {
        Status row = from_status(status, now);
        // A torrent that was removed in the meantime.
        if (row.key != 0) {
            rows.push_back(std::move(row));
        }
    }
    m_sink.status(std::move(rows));
}

void Reader::stats(lt::session_stats_alert const& alert) {
    auto const counters = alert.counters();
    rust::Vec<std::int64_t> chosen;
    chosen.reserve(m_core.metrics.size());
    for (int const metric : m_core.metrics) {
        chosen.push_back(counters[metric]);
    }
    m_sink.session_stats(std::move(chosen));
}

void Reader::read(lt::alert const& alert) {
    switch (alert.type()) {
    case lt::add_torrent_alert::alert_type:
        return added(as<lt::add_torrent_alert>(alert));
    case lt::torrent_removed_alert::alert_type:
        return removed(as<lt::torrent_removed_alert>(alert));
    case lt::torrent_deleted_alert::alert_type: {
        auto const& deleted = as<lt::torrent_deleted_alert>(alert);
        return content_gone(deleted.handle, deleted.info_hashes, {});
    }
    case lt::torrent_delete_failed_alert::alert_type: {
        auto const& failed = as<lt::torrent_delete_failed_alert>(alert);
        return content_gone(failed.handle, failed.info_hashes, failed.error);
    }
    case lt::metadata_received_alert::alert_type:
        return metadata(as<lt::metadata_received_alert>(alert));
    case lt::metadata_failed_alert::alert_type: {
        auto const& failed = as<lt::metadata_failed_alert>(alert);
        return m_sink.metadata_failed(key(failed), to_fault(failed.error));
    }
    case lt::torrent_checked_alert::alert_type:
        return m_sink.checked(key(as<lt::torrent_checked_alert>(alert)));
    case lt::torrent_finished_alert::alert_type:
        return m_sink.finished(key(as<lt::torrent_finished_alert>(alert)));
    case lt::cache_flushed_alert::alert_type:
        return m_sink.flushed(key(as<lt::cache_flushed_alert>(alert)));
    case lt::file_completed_alert::alert_type: {
        auto const& completed = as<lt::file_completed_alert>(alert);
        return m_sink.file_completed(key(completed), index_of(static_cast<int>(completed.index)));
    }
    case lt::state_changed_alert::alert_type:
        return m_sink.state_changed(key(as<lt::state_changed_alert>(alert)));
    case lt::save_resume_data_alert::alert_type:
        return resume_data(as<lt::save_resume_data_alert>(alert));
    case lt::save_resume_data_failed_alert::alert_type: {
        auto const& failed = as<lt::save_resume_data_failed_alert>(alert);
        bool const not_modified = failed.error == lt::errors::resume_data_not_modified;
        return m_sink.resume_failed(key(failed), not_modified, to_fault(failed.error));
    }
    case lt::fastresume_rejected_alert::alert_type:
        return resume_rejected(as<lt::fastresume_rejected_alert>(alert));
    case lt::storage_moved_alert::alert_type: {
        auto const& moved = as<lt::storage_moved_alert>(alert);
        return m_sink.moved(key(moved), lossy(moved.storage_path()));
    }
    case lt::storage_moved_failed_alert::alert_type: {
        auto const& failed = as<lt::storage_moved_failed_alert>(alert);
        return m_sink.move_failed(key(failed), to_fault(failed.error), lossy(failed.file_path()));
    }
    case lt::file_renamed_alert::alert_type: {
        auto const& renamed = as<lt::file_renamed_alert>(alert);
        return m_sink.file_renamed(key(renamed), index_of(static_cast<int>(renamed.index)),
                                   lossy(renamed.new_name()));
    }
    case lt::file_rename_failed_alert::alert_type: {
        auto const& failed = as<lt::file_rename_failed_alert>(alert);
        return m_sink.file_rename_failed(key(failed), index_of(static_cast<int>(failed.index)),
                                         to_fault(failed.error));
    }
    case lt::file_error_alert::alert_type: {
        auto const& failed = as<lt::file_error_alert>(alert);
        return m_sink.file_error(key(failed), lossy(failed.filename()), to_fault(failed.error));
    }
    case lt::torrent_error_alert::alert_type: {
        auto const& failed = as<lt::torrent_error_alert>(alert);
        return m_sink.torrent_error(key(failed), lossy(failed.filename()), to_fault(failed.error));
    }
    case lt::file_prio_alert::alert_type:
        return m_sink.file_priorities(key(as<lt::file_prio_alert>(alert)));
    case lt::tracker_announce_alert::alert_type: {
        auto const& announce = as<lt::tracker_announce_alert>(alert);
        return m_sink.tracker_announcing(key(announce), lossy(announce.tracker_url()));
    }
    case lt::tracker_reply_alert::alert_type: {
        auto const& reply = as<lt::tracker_reply_alert>(alert);
        return m_sink.tracker_replied(key(reply), lossy(reply.tracker_url()), reply.num_peers);
    }
    case lt::tracker_warning_alert::alert_type: {
        auto const& warning = as<lt::tracker_warning_alert>(alert);
        return m_sink.tracker_warned(key(warning), lossy(warning.tracker_url()),
                                     lossy(warning.warning_message()));
    }
    case lt::tracker_error_alert::alert_type: {
        auto const& failed = as<lt::tracker_error_alert>(alert);
        bool const answered = failed.error == lt::errors::tracker_failure;
        return m_sink.tracker_failed(key(failed), lossy(failed.tracker_url()),
                                     lossy(first_of(failed.failure_reason(), failed.error)),
                                     answered, failed.times_in_row);
    }
    case lt::scrape_reply_alert::alert_type: {
        auto const& reply = as<lt::scrape_reply_alert>(alert);
        return m_sink.scraped(key(reply), lossy(reply.tracker_url()), reply.complete,
                              reply.incomplete);
    }
    case lt::url_seed_alert::alert_type: {
        auto const& failed = as<lt::url_seed_alert>(alert);
        return m_sink.web_seed_failed(key(failed), lossy(failed.server_url()),
                                      lossy(first_of(failed.error_message(), failed.error)));
    }
    case lt::hash_failed_alert::alert_type: {
        auto const& failed = as<lt::hash_failed_alert>(alert);
        return m_sink.hash_failed(key(failed), index_of(static_cast<int>(failed.piece_index)));
    }
    case lt::peer_ban_alert::alert_type: {
        auto const& banned = as<lt::peer_ban_alert>(alert);
        return m_sink.peer_banned(key(banned), from_address(banned.endpoint.address()));
    }
    case lt::peer_blocked_alert::alert_type: {
        auto const& blocked = as<lt::peer_blocked_alert>(alert);
        return m_sink.peer_blocked(from_address(blocked.endpoint.address()),
                                   block_reason(blocked.reason));
    }
    case lt::listen_succeeded_alert::alert_type: {
        auto const& listening = as<lt::listen_succeeded_alert>(alert);
        return m_sink.listening(from_address(listening.address), port_of(listening.port),
                                socket_name(listening.socket_type));
    }
    case lt::listen_failed_alert::alert_type: {
        auto const& failed = as<lt::listen_failed_alert>(alert);
        return m_sink.listen_failed(lossy(failed.listen_interface()), port_of(failed.port),
                                    to_fault(failed.error));
    }
    case lt::external_ip_alert::alert_type:
        return m_sink.external_address(
            from_address(as<lt::external_ip_alert>(alert).external_address));
    case lt::portmap_alert::alert_type:
        return m_sink.port_mapped(lossy(alert.message()));
    case lt::portmap_error_alert::alert_type:
        return m_sink.port_map_failed(lossy(alert.message()));
    case lt::torrent_need_cert_alert::alert_type:
        return m_sink.need_certificate(key(as<lt::torrent_need_cert_alert>(alert)));
    case lt::torrent_conflict_alert::alert_type:
        return conflict(as<lt::torrent_conflict_alert>(alert));
    case lt::state_update_alert::alert_type:
        return status(as<lt::state_update_alert>(alert));
    case lt::session_stats_alert::alert_type:
        return stats(as<lt::session_stats_alert>(alert));
    case lt::session_error_alert::alert_type:
        return m_sink.session_failed(
            to_fault(as<lt::session_error_alert>(alert).error, alert.message()));
    case lt::alerts_dropped_alert::alert_type:
        return m_sink.dropped();
    case lt::performance_alert::alert_type:
    case lt::udp_error_alert::alert_type:
    case lt::socks5_alert::alert_type:
    case lt::i2p_alert::alert_type:
    case lt::lsd_error_alert::alert_type:
    case lt::dht_error_alert::alert_type:
    case lt::session_stats_header_alert::alert_type:
    case lt::oversized_file_alert::alert_type:
        return m_sink.performance(lossy(alert.message()));
    // They come with the categories above and say nothing that the status does not say.
    case lt::torrent_paused_alert::alert_type:
    case lt::torrent_resumed_alert::alert_type:
    case lt::trackerid_alert::alert_type:
    case lt::scrape_failed_alert::alert_type:
    case lt::dht_reply_alert::alert_type:
    case lt::dht_bootstrap_alert::alert_type:
    case lt::peer_unsnubbed_alert::alert_type:
    case lt::peer_snubbed_alert::alert_type:
    case lt::peer_error_alert::alert_type:
    case lt::peer_connect_alert::alert_type:
    case lt::peer_disconnected_alert::alert_type:
    case lt::invalid_request_alert::alert_type:
    case lt::lsd_peer_alert::alert_type:
    case lt::incoming_connection_alert::alert_type:
#if TORRENT_ABI_VERSION <= 2
    case 3: // torrent_added_alert, whose name is deprecated.
#endif
        return;
    default:
        return m_sink.performance(
            lossy("unexpected " + std::string(alert.what()) + ": " + alert.message()));
    }
}

} // namespace

void Core::drain(AlertSink& sink) {
    std::vector<lt::alert*> alerts;
    session->pop_alerts(&alerts);
    Reader reader(*this, sink);
    for (lt::alert const* alert : alerts) {
        // One alert that cannot be read must not cost the others: the batch is gone after this
        // call.
        try {
            reader.read(*alert);
        } catch (Gone const&) {
            continue;
        } catch (std::exception const& error) {
            sink.session_failed(
                Fault{"revaer", 0, lossy(std::string(alert->what()) + ": " + error.what())});
        }
    }
}

} // namespace revaer
