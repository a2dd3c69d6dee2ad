#pragma once

#include <libtorrent/extensions.hpp>
#include <libtorrent/fwd.hpp>

#include <memory>

namespace revaer {

// Peer exchange (BEP 11) that is silent on torrents whose flag `disable_pex` is set.
//
// libtorrent's own plugin offers the exchange in every handshake and heeds the flag afterwards, so
// that a peer could tell a torrent with the switch off only by its silence. Here the offer is
// missing, as it is where the plugin was never loaded. Connections that exist when the flag changes
// keep what they were offered.
std::shared_ptr<lt::torrent_plugin> create_pex_plugin(lt::torrent_handle const& handle,
                                                      lt::client_data_t data);

} // namespace revaer
