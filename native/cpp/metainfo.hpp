#pragma once

#include "rust/cxx.h"

#include <libtorrent/fwd.hpp>
#include <libtorrent/span.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace revaer {

struct Bounds;
struct ParsedMagnet;
struct ParsedMetainfo;
struct Tracker;

ParsedMetainfo parse_metainfo_bytes(rust::Slice<std::uint8_t const> bytes, Bounds const& bounds);
ParsedMagnet parse_magnet_text(rust::Str uri);
rust::Vec<std::uint8_t> export_metainfo(rust::Slice<std::uint8_t const> metainfo,
                                        rust::Slice<Tracker const> trackers,
                                        rust::Slice<rust::String const> web_seeds,
                                        rust::Str comment);
rust::Vec<std::uint8_t> metainfo_piece_hashes(rust::Slice<std::uint8_t const> metainfo);
rust::Vec<std::uint8_t> metainfo_piece_roots(rust::Slice<std::uint8_t const> metainfo);

// Loads a file that has been accepted before, so no bounds but the format's own apply.
lt::add_torrent_params load_trusted(lt::span<char const> metainfo);
// Throws for anything that is not a magnet.
lt::add_torrent_params load_magnet(std::string const& uri);
// A whole metainfo around an info dictionary.
std::vector<char> wrap_info(lt::span<char const> info);
// The same, with the piece layers if all are known.
std::vector<char> wrap_torrent(lt::torrent_info const& torrent);

} // namespace revaer
