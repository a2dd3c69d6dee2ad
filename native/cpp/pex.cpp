#include "pex.hpp"

#include <libtorrent/extensions/ut_pex.hpp>
#include <libtorrent/torrent_flags.hpp>
#include <libtorrent/torrent_handle.hpp>

#include <utility>

namespace revaer {

namespace {

class SwitchedPex final : public lt::torrent_plugin {
public:
    SwitchedPex(lt::torrent_handle handle, std::shared_ptr<lt::torrent_plugin> pex)
        : m_handle(std::move(handle)), m_pex(std::move(pex)) {}

    // On the network thread the flags are read without waiting. What throws is a torrent that is
    // being removed.
    std::shared_ptr<lt::peer_plugin> new_connection(lt::peer_connection_handle const& peer) override
        try {
        if (m_handle.flags() & lt::torrent_flags::disable_pex) {
            return nullptr;
        }
        return m_pex->new_connection(peer);
    } catch (...) {
        return nullptr;
    }

    void tick() override { m_pex->tick(); }

private:
    lt::torrent_handle m_handle;
    std::shared_ptr<lt::torrent_plugin> m_pex;
};

} // namespace

std::shared_ptr<lt::torrent_plugin> create_pex_plugin(lt::torrent_handle const& handle,
                                                      lt::client_data_t data) {
    // None for private torrents.
    std::shared_ptr<lt::torrent_plugin> pex = lt::create_ut_pex_plugin(handle, data);
    if (!pex) {
        return nullptr;
    }
    return std::make_shared<SwitchedPex>(handle, std::move(pex));
}

} // namespace revaer
