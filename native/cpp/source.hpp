#pragma once

#include "rust/cxx.h"

#include <libtorrent/add_torrent_params.hpp>

#include <cstdint>
#include <memory>

namespace revaer {

// What a torrent is made of, read and ready for a session.
struct Source {
    lt::add_torrent_params params;
    bool resumed;
};

// Any of the three may be empty.
std::unique_ptr<Source> load_source(rust::Slice<std::uint8_t const> metainfo, rust::Str magnet,
                                    rust::Slice<std::uint8_t const> resume);

} // namespace revaer
