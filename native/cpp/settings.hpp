#pragma once

#include "revaer-native/src/bridge.rs.h"

#include <libtorrent/settings_pack.hpp>

namespace revaer {

// Translates all settings or throws; an unknown or dead name and a wrong type are errors.
lt::settings_pack to_pack(rust::Slice<Setting const> settings);
Setting read_setting(lt::settings_pack const& pack, rust::Str name);

} // namespace revaer
