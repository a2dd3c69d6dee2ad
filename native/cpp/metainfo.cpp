#include "metainfo.hpp"

#include "convert.hpp"
#include "strict.hpp"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/bdecode.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/load_torrent.hpp>
#include <libtorrent/magnet_uri.hpp>
#include <libtorrent/torrent_info.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

namespace revaer {

namespace {

lt::load_torrent_limits trusted_limits() {
    lt::load_torrent_limits limits;
    limits.max_buffer_size = std::numeric_limits<int>::max();
    limits.max_decode_tokens = std::numeric_limits<int>::max();
    return limits;
}

rust::Vec<Tracker> from_trackers(lt::add_torrent_params const& params) {
    rust::Vec<Tracker> trackers;
    int tier = 0;
    for (std::size_t i = 0; i < params.trackers.size(); ++i) {
        // Missing tiers repeat the last one.
        tier = i < params.tracker_tiers.size() ? params.tracker_tiers[i] : tier;
        trackers.push_back(Tracker{lossy(params.trackers[i]),
                                   static_cast<std::uint8_t>(std::clamp(tier, 0, 255))});
    }
    return trackers;
}

template <typename Texts> rust::Vec<rust::String> from_texts(Texts const& texts) {
    rust::Vec<rust::String> result;
    for (std::string const& text : texts) {
        result.push_back(lossy(text));
    }
    return result;
}

lt::entry raw(lt::span<char const> bytes) {
    return lt::entry(lt::entry::preformatted_type(bytes.begin(), bytes.end()));
}

std::vector<char> encode(lt::entry const& root) {
    std::vector<char> result;
    lt::bencode(std::back_inserter(result), root);
    return result;
}

// Sorts stably by tier and writes one list for each.
lt::entry announce_list(rust::Slice<Tracker const> trackers) {
    std::vector<Tracker const*> sorted;
    for (Tracker const& tracker : trackers) {
        sorted.push_back(&tracker);
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](Tracker const* a, Tracker const* b) { return a->tier < b->tier; });
    lt::entry list(lt::entry::list_t);
    Tracker const* previous = nullptr;
    for (Tracker const* tracker : sorted) {
        if (previous == nullptr || previous->tier != tracker->tier) {
            list.list().emplace_back(lt::entry::list_t);
        }
        list.list().back().list().emplace_back(std::string(tracker->url));
        previous = tracker;
    }
    return list;
}

} // namespace

ParsedMetainfo parse_metainfo_bytes(rust::Slice<std::uint8_t const> bytes, Bounds const& bounds) {
    constexpr std::size_t largest = std::numeric_limits<int>::max();
    if (bytes.size() > std::min(bounds.size, largest)) {
        throw std::length_error("the torrent file is too large");
    }
    lt::load_torrent_limits limits;
    limits.max_buffer_size = static_cast<int>(std::min(bounds.size, largest));
    limits.max_pieces = bounds.pieces;
    limits.max_decode_depth = bounds.depth;
    limits.max_decode_tokens = bounds.tokens;
    lt::add_torrent_params const params = lt::load_torrent_buffer(as_span(bytes), limits);
    lt::torrent_info const& info = *params.ti;
    lt::file_storage const& storage = info.files();

    ParsedMetainfo result{};
    result.hashes = from_hashes(info.info_hashes());
    result.name = lossy(info.name());
    result.piece_size = static_cast<std::uint32_t>(info.piece_length());
    result.pieces = static_cast<std::uint32_t>(info.num_pieces());
    result.is_private = info.priv();
    result.comment = lossy(info.comment());
    result.created_by = lossy(info.creator());
    result.created_at = info.creation_date();
    result.trackers = from_trackers(params);
    result.web_seeds = from_texts(params.url_seeds);
    result.files.reserve(static_cast<std::size_t>(storage.num_files()));
    for (lt::file_index_t const index : storage.file_range()) {
        bool const padding = storage.pad_file_at(index);
        std::int64_t const size = storage.file_size(index);
        if (!padding) {
            result.total_size += size;
        }
        result.files.push_back(
            FileEntry{lossy(storage.file_path(index)), size, padding, storage.file_offset(index)});
    }
    result.needs_certificate = !info.ssl_cert().empty();
    return result;
}

ParsedMagnet parse_magnet_text(rust::Str uri) {
    lt::add_torrent_params const params = load_magnet(std::string(uri));
    ParsedMagnet result{};
    result.hashes = from_hashes(params.info_hashes);
    result.name = lossy(params.name);
    result.trackers = from_trackers(params);
    result.web_seeds = from_texts(params.url_seeds);
    for (lt::tcp::endpoint const& peer : params.peers) {
        result.peers.push_back(lossy(print_endpoint(peer)));
    }
    return result;
}

rust::Vec<std::uint8_t> export_metainfo(rust::Slice<std::uint8_t const> metainfo,
                                        rust::Slice<Tracker const> trackers,
                                        rust::Slice<rust::String const> web_seeds,
                                        rust::Str comment) {
    auto const limits = trusted_limits();
    lt::bdecode_node const root =
        lt::bdecode(as_span(metainfo), limits.max_decode_depth, limits.max_decode_tokens);
    if (root.type() != lt::bdecode_node::dict_t || !root.dict_find_dict("info")) {
        throw std::invalid_argument("not a torrent file");
    }

    lt::entry copy(lt::entry::dictionary_t);
    for (int i = 0; i < root.dict_size(); ++i) {
        auto const [name, value] = root.dict_at(i);
        std::string const key(name.data(), name.size());
        if (key == "announce" || key == "announce-list" || key == "url-list" || key == "comment") {
            continue;
        }
        // Copied byte by byte: decoding and encoding again could change the info-hash.
        copy[key] = raw(value.data_section());
    }
    if (!trackers.empty()) {
        lt::entry list = announce_list(trackers);
        copy["announce"] = list.list().front().list().front().string();
        // A list of one says no more than `announce`, and libtorrent writes none then.
        if (trackers.size() > 1) {
            copy["announce-list"] = std::move(list);
        }
    }
    if (!web_seeds.empty()) {
        auto& list = copy["url-list"].list();
        for (rust::String const& url : web_seeds) {
            list.emplace_back(std::string(url));
        }
    }
    if (!comment.empty()) {
        copy["comment"] = std::string(comment);
    }
    return to_bytes(encode(copy));
}

rust::Vec<std::uint8_t> metainfo_piece_hashes(rust::Slice<std::uint8_t const> metainfo) {
    lt::add_torrent_params const params = load_trusted(as_span(metainfo));
    rust::Vec<std::uint8_t> result;
    if (!params.ti->v1()) {
        return result;
    }
    result.reserve(static_cast<std::size_t>(params.ti->num_pieces()) * lt::sha1_hash::size());
    for (lt::piece_index_t const piece : params.ti->piece_range()) {
        lt::sha1_hash const hash = params.ti->hash_for_piece(piece);
        std::copy(hash.begin(), hash.end(), std::back_inserter(result));
    }
    return result;
}

rust::Vec<std::uint8_t> metainfo_piece_roots(rust::Slice<std::uint8_t const> metainfo) {
    // Parameters of an add take the layers away from the torrent.
    lt::torrent_info const torrent(as_span(metainfo), trusted_limits(), lt::from_span);
    rust::Vec<std::uint8_t> result;
    if (!torrent.v2()) {
        return result;
    }
    lt::file_storage const& storage = torrent.orig_files();
    for (lt::file_index_t const file : storage.file_range()) {
        if (storage.pad_file_at(file) || storage.file_size(file) == 0) {
            continue;
        }
        if (storage.file_size(file) <= storage.piece_length()) {
            lt::sha256_hash const root = storage.root(file);
            std::copy(root.begin(), root.end(), std::back_inserter(result));
            continue;
        }
        auto const layer = torrent.piece_layer(file);
        if (layer.size() != std::ptrdiff_t(storage.file_num_pieces(file)) *
                                std::ptrdiff_t(lt::sha256_hash::size())) {
            return {};
        }
        std::copy(layer.begin(), layer.end(), std::back_inserter(result));
    }
    return result;
}

lt::add_torrent_params load_trusted(lt::span<char const> metainfo) {
    return lt::load_torrent_buffer(metainfo, trusted_limits());
}

lt::add_torrent_params load_magnet(std::string const& uri) {
    lt::error_code error;
    lt::add_torrent_params params = lt::parse_magnet_uri(uri, error);
    if (error) {
        throw lt::system_error(error);
    }
    return params;
}

std::vector<char> wrap_info(lt::span<char const> info) {
    lt::entry root(lt::entry::dictionary_t);
    root["info"] = raw(info);
    return encode(root);
}

std::vector<char> wrap_torrent(lt::torrent_info const& torrent) {
    lt::entry root(lt::entry::dictionary_t);
    root["info"] = raw(torrent.info_section());
    if (!torrent.comment().empty()) {
        root["comment"] = torrent.comment();
    }
    if (!torrent.creator().empty()) {
        root["created by"] = torrent.creator();
    }
    if (torrent.creation_date() != 0) {
        root["creation date"] = torrent.creation_date();
    }
    if (torrent.v2()) {
        // Libraries accept a file without piece layers, but not one with some of them.
        lt::file_storage const& storage = torrent.orig_files();
        lt::entry layers(lt::entry::dictionary_t);
        bool complete = true;
        for (lt::file_index_t const file : storage.file_range()) {
            if (storage.pad_file_at(file) || storage.file_size(file) <= storage.piece_length()) {
                continue;
            }
            auto const layer = torrent.piece_layer(file);
            auto const wanted = std::ptrdiff_t(storage.file_num_pieces(file)) *
                                std::ptrdiff_t(lt::sha256_hash::size());
            if (layer.size() != wanted) {
                complete = false;
                break;
            }
            layers[storage.root(file).to_string()] = std::string(layer.begin(), layer.end());
        }
        if (complete) {
            root["piece layers"] = std::move(layers);
        }
    }
    return encode(root);
}

} // namespace revaer
