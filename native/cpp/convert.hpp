#pragma once

#include "revaer-native/src/bridge.rs.h"

#include <libtorrent/address.hpp>
#include <libtorrent/client_data.hpp>
#include <libtorrent/error_code.hpp>
#include <libtorrent/info_hash.hpp>
#include <libtorrent/socket.hpp>
#include <libtorrent/span.hpp>
#include <libtorrent/torrent_flags.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_status.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace revaer {

// Our key, as libtorrent's user data.
lt::client_data_t to_userdata(std::uint64_t key);
// 0 when the torrent is gone.
std::uint64_t key_of(lt::torrent_handle const& handle);
std::uint64_t key_of(lt::client_data_t data);

std::uint32_t from_flags(lt::torrent_flags_t flags);
lt::torrent_flags_t to_flags(std::uint32_t flags);

Fault to_fault(lt::error_code const& error);
// With a message of its own, such as one that libtorrent composed.
Fault to_fault(lt::error_code const& error, std::string const& message);

Address from_address(lt::address const& address);
lt::address to_address(Address const& address);
std::string print_endpoint(lt::tcp::endpoint const& endpoint);

Hashes from_hashes(lt::info_hash_t const& hashes);
Status from_status(lt::torrent_status const& status, lt::time_point now);

// libtorrent hands out whatever bytes a peer, a tracker or a file system gave it.
rust::String lossy(char const* text);
rust::String lossy(std::string const& text);

lt::span<char const> as_span(rust::Slice<std::uint8_t const> bytes);
rust::Vec<std::uint8_t> to_bytes(lt::span<char const> bytes);

// Throws unless the priority is one of 0 to 7.
lt::download_priority_t to_priority(std::uint8_t priority);
// Throws unless the path stays below the folder it is relative to.
std::string to_inner_path(rust::Str path);
// Throws unless the path is absolute.
std::string to_save_path(rust::Str path);
// -1 for no limit; throws for numbers that libtorrent would only assert on.
int to_rate_limit(std::int32_t limit);
int to_max_connections(std::int32_t limit);
int to_max_uploads(std::int32_t limit);

} // namespace revaer
