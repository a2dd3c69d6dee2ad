#include "convert.hpp"

#include "strict.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace revaer {

namespace {

// client_data_t checks the type it is read with; this one exists for nothing else.
struct KeyTag;

constexpr std::pair<std::uint32_t, lt::torrent_flags_t> flag_table[] = {
    {1u << 0, lt::torrent_flags::seed_mode},
    {1u << 1, lt::torrent_flags::upload_mode},
    {1u << 2, lt::torrent_flags::apply_ip_filter},
    {1u << 3, lt::torrent_flags::paused},
    {1u << 4, lt::torrent_flags::auto_managed},
    {1u << 5, lt::torrent_flags::super_seeding},
    {1u << 6, lt::torrent_flags::sequential_download},
    {1u << 7, lt::torrent_flags::stop_when_ready},
    {1u << 8, lt::torrent_flags::disable_dht},
    {1u << 9, lt::torrent_flags::disable_lsd},
    {1u << 10, lt::torrent_flags::disable_pex},
    {1u << 11, lt::torrent_flags::default_dont_download},
    {1u << 12, lt::torrent_flags::no_verify_files},
};

// libtorrent keeps these limits in 24 bits.
constexpr std::int32_t max_limit = (1 << 24) - 1;

// Seconds since a moment on libtorrent's clock; -1 for never.
std::int64_t seconds_since(lt::time_point moment, lt::time_point now) {
    if (moment.time_since_epoch().count() == 0) {
        return -1;
    }
    return std::max<std::int64_t>(0, lt::total_seconds(now - moment));
}

} // namespace

lt::client_data_t to_userdata(std::uint64_t key) {
    lt::client_data_t data;
    data = reinterpret_cast<KeyTag*>(static_cast<std::uintptr_t>(key));
    return data;
}

std::uint64_t key_of(lt::client_data_t data) {
    return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(data.get<KeyTag>()));
}

std::uint64_t key_of(lt::torrent_handle const& handle) {
    return key_of(handle.userdata());
}

std::uint32_t from_flags(lt::torrent_flags_t flags) {
    std::uint32_t ours = 0;
    for (auto const& [bit, flag] : flag_table) {
        if (flags & flag) {
            ours |= bit;
        }
    }
    return ours;
}

lt::torrent_flags_t to_flags(std::uint32_t flags) {
    lt::torrent_flags_t theirs{};
    for (auto const& [bit, flag] : flag_table) {
        if (flags & bit) {
            theirs |= flag;
            flags &= ~bit;
        }
    }
    if (flags != 0) {
        throw std::invalid_argument("unknown torrent flag");
    }
    return theirs;
}

Fault to_fault(lt::error_code const& error) {
    return to_fault(error, error.message());
}

Fault to_fault(lt::error_code const& error, std::string const& message) {
    return Fault{lossy(error.category().name()), error.value(), lossy(message)};
}

Address from_address(lt::address const& address) {
    Address result{};
    result.is_v6 = address.is_v6();
    if (result.is_v6) {
        auto const bytes = address.to_v6().to_bytes();
        std::copy(bytes.begin(), bytes.end(), result.bytes.begin());
    } else {
        auto const bytes = address.to_v4().to_bytes();
        std::copy(bytes.begin(), bytes.end(), result.bytes.begin());
    }
    return result;
}

lt::address to_address(Address const& address) {
    if (address.is_v6) {
        lt::address_v6::bytes_type bytes{};
        std::copy_n(address.bytes.begin(), bytes.size(), bytes.begin());
        return lt::address_v6(bytes);
    }
    lt::address_v4::bytes_type bytes{};
    std::copy_n(address.bytes.begin(), bytes.size(), bytes.begin());
    return lt::address_v4(bytes);
}

std::string print_endpoint(lt::tcp::endpoint const& endpoint) {
    std::string const address = endpoint.address().to_string();
    std::string const port = std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

Hashes from_hashes(lt::info_hash_t const& hashes) {
    Hashes result{};
    result.has_v1 = hashes.has_v1();
    result.has_v2 = hashes.has_v2();
    if (result.has_v1) {
        std::copy_n(reinterpret_cast<std::uint8_t const*>(hashes.v1.data()), result.v1.size(),
                    result.v1.begin());
    }
    if (result.has_v2) {
        std::copy_n(reinterpret_cast<std::uint8_t const*>(hashes.v2.data()), result.v2.size(),
                    result.v2.begin());
    }
    return result;
}

Status from_status(lt::torrent_status const& status, lt::time_point now) {
    Status row{};
    row.key = key_of(status.handle);
    row.state = static_cast<std::uint8_t>(status.state);
    row.flags = from_flags(status.flags);
    row.has_metadata = status.has_metadata;
    row.is_finished = status.is_finished;
    row.is_seeding = status.is_seeding;
    row.is_moving = status.moving_storage;
    row.need_save_resume = status.need_save_resume;
    row.error_code = status.errc.value();
    row.error_file = static_cast<int>(status.error_file);
    // Most rows have neither an error nor a tracker that answers; an empty string costs nothing.
    if (status.errc) {
        row.error = lossy(status.errc.message());
    }
    row.download_rate = status.download_payload_rate;
    row.upload_rate = status.upload_payload_rate;
    row.session_downloaded = status.total_payload_download;
    row.session_uploaded = status.total_payload_upload;
    row.all_time_downloaded = status.all_time_download;
    row.all_time_uploaded = status.all_time_upload;
    row.failed_bytes = status.total_failed_bytes;
    row.redundant_bytes = status.total_redundant_bytes;
    row.total_done = status.total_done;
    row.total_wanted = status.total_wanted;
    row.total_wanted_done = status.total_wanted_done;
    row.progress_ppm = status.progress_ppm;
    row.pieces = status.num_pieces;
    row.peers = status.num_peers;
    row.seeds = status.num_seeds;
    row.connections = status.num_connections;
    row.connections_limit = status.connections_limit;
    row.swarm_complete = status.num_complete;
    row.swarm_incomplete = status.num_incomplete;
    row.list_seeds = status.list_seeds;
    row.list_peers = status.list_peers;
    row.queue_position = static_cast<int>(status.queue_position);
    row.distributed_copies_milli =
        status.distributed_full_copies < 0
            ? -1
            : status.distributed_full_copies * 1000 + status.distributed_fraction;
    row.active_seconds = status.active_duration.count();
    row.finished_seconds = status.finished_duration.count();
    row.seeding_seconds = status.seeding_duration.count();
    row.added_at = status.added_time;
    row.completed_at = status.completed_time;
    row.last_seen_complete = status.last_seen_complete;
    row.since_download = seconds_since(status.last_download, now);
    row.since_upload = seconds_since(status.last_upload, now);
    row.next_announce_in = lt::total_seconds(status.next_announce);
    if (!status.current_tracker.empty()) {
        row.current_tracker = lossy(status.current_tracker);
    }
    return row;
}

rust::String lossy(char const* text) {
    return text == nullptr ? rust::String() : rust::String::lossy(text);
}

rust::String lossy(std::string const& text) {
    return rust::String::lossy(text);
}

lt::span<char const> as_span(rust::Slice<std::uint8_t const> bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), static_cast<std::ptrdiff_t>(bytes.size())};
}

rust::Vec<std::uint8_t> to_bytes(lt::span<char const> bytes) {
    auto const* const data = reinterpret_cast<std::uint8_t const*>(bytes.data());
    return owned({data, static_cast<std::size_t>(bytes.size())});
}

lt::download_priority_t to_priority(std::uint8_t priority) {
    if (priority > 7) {
        throw std::invalid_argument("a priority must be one of 0 to 7");
    }
    return lt::download_priority_t(priority);
}

std::string to_inner_path(rust::Str path) {
    std::string const text(path);
    bool safe = !text.empty() && text.find('\0') == std::string::npos;
    // An empty part also stands for a slash at either end.
    for (std::size_t begin = 0; safe && begin <= text.size();) {
        std::size_t const end = std::min(text.find('/', begin), text.size());
        std::string_view const part = std::string_view(text).substr(begin, end - begin);
        safe = !part.empty() && part != "." && part != "..";
        begin = end + 1;
    }
    if (!safe) {
        throw std::invalid_argument("a file's path must stay inside the torrent");
    }
    return text;
}

std::string to_save_path(rust::Str path) {
    std::string const text(path);
    if (text.empty() || text.front() != '/' || text.find('\0') != std::string::npos) {
        throw std::invalid_argument("a save path must be absolute");
    }
    return text;
}

int to_rate_limit(std::int32_t limit) {
    if (limit < -1) {
        throw std::invalid_argument("a rate limit must be -1 or at least 0");
    }
    return limit == 0 ? -1 : limit;
}

int to_max_connections(std::int32_t limit) {
    if (limit < -1 || limit == 1 || limit > max_limit) {
        throw std::invalid_argument("a connection limit must be -1 or at least 2");
    }
    return limit == 0 ? -1 : limit;
}

int to_max_uploads(std::int32_t limit) {
    if (limit < -1 || limit > max_limit) {
        throw std::invalid_argument("an upload slot limit must be -1 or at least 1");
    }
    return limit == 0 ? -1 : limit;
}

} // namespace revaer
