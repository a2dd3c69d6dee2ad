#include "source.hpp"

#include "convert.hpp"
#include "metainfo.hpp"
#include "strict.hpp"

#include <libtorrent/error_code.hpp>
#include <libtorrent/info_hash.hpp>
#include <libtorrent/read_resume_data.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/version.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace revaer {

namespace {

bool same_torrent(lt::info_hash_t const& a, lt::info_hash_t const& b) {
    return (a.has_v1() && b.has_v1() && a.v1 == b.v1) || (a.has_v2() && b.has_v2() && a.v2 == b.v2);
}

lt::add_torrent_params read_resume(lt::span<char const> resume) {
    lt::error_code error;
    lt::add_torrent_params params = lt::read_resume_data(resume, error);
    if (error) {
        throw lt::system_error(error, "resume data");
    }
#if LIBTORRENT_VERSION_NUM < 20009
    // 2.0.8 saves moments of a clock that starts anew with each boot.
    params.last_download = 0;
    params.last_upload = 0;
#endif
    return params;
}

// Lets the metainfo or the magnet say what the torrent is, and the resume data how far it is.
void join(lt::add_torrent_params& resumed, lt::add_torrent_params source) {
    lt::info_hash_t const known = resumed.ti ? resumed.ti->info_hashes() : resumed.info_hashes;
    if (!same_torrent(known, source.info_hashes)) {
        throw std::invalid_argument("the resume data belong to another torrent");
    }
    if (!source.ti) {
        return;
    }
    resumed.ti = std::move(source.ti);
    resumed.info_hashes = source.info_hashes;
    if (resumed.merkle_trees.empty()) {
        resumed.merkle_trees = std::move(source.merkle_trees);
        resumed.merkle_tree_mask = std::move(source.merkle_tree_mask);
    }
}

} // namespace

std::unique_ptr<Source> load_source(rust::Slice<std::uint8_t const> metainfo, rust::Str magnet,
                                    rust::Slice<std::uint8_t const> resume) {
    bool const resumed = !resume.empty();
    auto result = std::make_unique<Source>(Source{{}, resumed});
    if (resumed) {
        result->params = read_resume(as_span(resume));
    }
    lt::add_torrent_params source;
    if (!metainfo.empty()) {
        source = load_trusted(as_span(metainfo));
    } else if (!magnet.empty()) {
        source = load_magnet(std::string(magnet));
    } else if (resumed) {
        return result;
    } else {
        throw std::invalid_argument("nothing to add: no metainfo, magnet or resume data");
    }
    if (resumed) {
        join(result->params, std::move(source));
    } else {
        result->params = std::move(source);
    }
    return result;
}

} // namespace revaer
