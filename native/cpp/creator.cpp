#include "creator.hpp"

#include "convert.hpp"
#include "strict.hpp"

#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/file_storage.hpp>
#include <libtorrent/settings_pack.hpp>

#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace revaer {

namespace {

// Threads that hash beside the one that reads.
constexpr int hashing_threads = 2;

lt::create_flags_t format_flags(std::uint8_t format) {
    switch (format) {
    case 1:
        return lt::create_torrent::v1_only;
    case 2:
        return lt::create_torrent::v2_only;
    default:
        return {};
    }
}

lt::settings_pack hashing_settings() {
    lt::settings_pack settings;
    settings.set_int(lt::settings_pack::hashing_threads, hashing_threads);
    // A mapped file that somebody shortens meanwhile would end the process.
    settings.set_int(lt::settings_pack::mmap_file_size_cutoff, std::numeric_limits<int>::max());
    return settings;
}

} // namespace

rust::Vec<std::uint8_t> create_metainfo(Creation const& creation, HashMonitor const& monitor) {
    lt::file_storage files;
    for (CreationFile const& file : creation.files) {
        files.add_file(std::string(file.path), file.size);
    }
    lt::create_torrent torrent(files, creation.piece_size, format_flags(creation.format));
    int const pieces = torrent.num_pieces();
    if (pieces > creation.max_pieces) {
        throw std::length_error("too many pieces");
    }
    torrent.set_priv(creation.is_private);
    torrent.set_creation_date(creation.created_at);
    torrent.set_creator(std::string(creation.created_by).c_str());
    if (!creation.comment.empty()) {
        torrent.set_comment(std::string(creation.comment).c_str());
    }
    for (Tracker const& tracker : creation.trackers) {
        torrent.add_tracker(std::string(tracker.url), tracker.tier);
    }
    for (rust::String const& url : creation.web_seeds) {
        torrent.add_url_seed(std::string(url));
    }

    lt::error_code error;
    int done = 0;
    lt::set_piece_hashes(
        torrent, std::string(creation.parent), hashing_settings(),
        [&](lt::piece_index_t) {
            // An exception is the only way out of the loop that libtorrent leaves.
            if (!monitor.advance(static_cast<std::uint32_t>(++done),
                                 static_cast<std::uint32_t>(pieces))) {
                throw std::runtime_error("cancelled");
            }
        },
        error);
    if (error) {
        throw std::runtime_error(error.message());
    }

    lt::entry root = torrent.generate();
    if (!creation.source.empty()) {
        root["info"]["source"] = std::string(creation.source);
    }
    std::vector<char> bytes;
    lt::bencode(std::back_inserter(bytes), root);
    return to_bytes(bytes);
}

} // namespace revaer
