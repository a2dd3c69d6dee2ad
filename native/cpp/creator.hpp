#pragma once

#include "rust/cxx.h"

#include <cstdint>

namespace revaer {

struct Creation;
struct HashMonitor;

// Hashes the files and writes a whole metainfo. Takes as long as reading them; ends early with an
// error when the monitor says so.
rust::Vec<std::uint8_t> create_metainfo(Creation const& creation, HashMonitor const& monitor);

} // namespace revaer
