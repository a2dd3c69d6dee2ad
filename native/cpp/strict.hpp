#pragma once

#include <libtorrent/version.hpp>

// The build script has proven the version already; this catches headers that are not the ones it
// looked at.
static_assert(LIBTORRENT_VERSION_NUM >= 20008 && LIBTORRENT_VERSION_NUM < 20100,
              "libtorrent-rasterbar >= 2.0.8 and < 2.1 is needed");
// Keys travel in a pointer-sized client data field.
static_assert(sizeof(void*) >= 8, "a 64-bit platform is needed");
