//! Compiles the C++ half of the boundary against a libtorrent-rasterbar whose version is proven.
//!
//! pkg-config proves the version. The only override is `REVAER_LIBTORRENT_PREFIX`, an installation
//! prefix whose `version.hpp` is read. There is no fallback to a bare `-ltorrent-rasterbar`: the
//! preprocessor definitions that the library was built with change its struct layouts, and only its
//! pkg-config file knows them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::exit;

const SOURCES: [&str; 11] = [
    "alerts.cpp",
    "convert.cpp",
    "creator.cpp",
    "guard.cpp",
    "inspector.cpp",
    "metainfo.cpp",
    "pex.cpp",
    "session.cpp",
    "settings.cpp",
    "source.cpp",
    "torrent.cpp",
];
const HEADERS: [&str; 12] = [
    "behavior.hpp",
    "convert.hpp",
    "core.hpp",
    "creator.hpp",
    "guard.hpp",
    "inspector.hpp",
    "metainfo.hpp",
    "pex.hpp",
    "session.hpp",
    "settings.hpp",
    "source.hpp",
    "strict.hpp",
];

const OLDEST: &str = "2.0.8";
const BEYOND: &str = "2.1";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/bridge.rs");
    for file in SOURCES.iter().chain(&HEADERS) {
        println!("cargo:rerun-if-changed=cpp/{file}");
    }
    println!("cargo:rerun-if-env-changed=REVAER_LIBTORRENT_PREFIX");

    let prefix = env::var_os("REVAER_LIBTORRENT_PREFIX").filter(|prefix| !prefix.is_empty());
    let library = match prefix {
        Some(prefix) => at_prefix(Path::new(&prefix)),
        None => by_pkg_config(),
    };

    let mut build = cxx_build::bridge("src/bridge.rs");
    build.files(SOURCES.iter().map(|file| format!("cpp/{file}")));
    build.std("c++17").flag("-Wall").flag("-Wextra").flag("-Wpedantic");
    for directory in &library.include_paths {
        // Naming the compiler's own folder would break its search order.
        if directory == Path::new("/usr/include") {
            continue;
        }
        // A system include keeps warnings of the library's headers out of our own.
        build.flag("-isystem").flag(directory.to_string_lossy().as_ref());
    }
    for (name, value) in &library.defines {
        build.define(name, value.as_deref());
    }
    build.compile("revaer-native");

    // Our archive refers to these libraries, so they must follow it on the linker's command line.
    for directory in &library.link_paths {
        println!("cargo:rustc-link-search=native={}", directory.display());
    }
    for name in &library.libs {
        println!("cargo:rustc-link-lib={name}");
    }
}

struct Library {
    include_paths: Vec<PathBuf>,
    link_paths: Vec<PathBuf>,
    libs: Vec<String>,
    defines: Vec<(String, Option<String>)>,
}

fn by_pkg_config() -> Library {
    let probed = pkg_config::Config::new()
        .range_version(OLDEST..BEYOND)
        .cargo_metadata(false)
        .env_metadata(true)
        .probe("libtorrent-rasterbar")
        .unwrap_or_else(|error| {
            refuse(&format!(
                "pkg-config cannot prove libtorrent-rasterbar >= {OLDEST} and < {BEYOND}: {error}\n\
                 Install the development package (Debian: libtorrent-rasterbar-dev) and pkg-config, \
                 or set REVAER_LIBTORRENT_PREFIX to an installation prefix."
            ))
        });
    Library {
        include_paths: probed.include_paths,
        link_paths: probed.link_paths,
        libs: probed.libs,
        defines: probed.defines.into_iter().collect(),
    }
}

/// Takes the library below a prefix: its headers prove the version, its own pkg-config file gives
/// the definitions.
fn at_prefix(prefix: &Path) -> Library {
    if !prefix.is_absolute() {
        refuse("REVAER_LIBTORRENT_PREFIX: must be an absolute path, because cargo builds elsewhere")
    }
    let header = prefix.join("include/libtorrent/version.hpp");
    println!("cargo:rerun-if-changed={}", header.display());
    let text = fs_err::read_to_string(&header)
        .unwrap_or_else(|error| refuse(&format!("REVAER_LIBTORRENT_PREFIX: {error}")));
    let Some(version) = version_of(&text) else {
        refuse(&format!("REVAER_LIBTORRENT_PREFIX: {} names no version", header.display()))
    };
    if !((2, 0, 8)..(2, 1, 0)).contains(&version) {
        let (major, minor, tiny) = version;
        refuse(&format!(
            "REVAER_LIBTORRENT_PREFIX: {} is version {major}.{minor}.{tiny}, \
             but >= {OLDEST} and < {BEYOND} is needed",
            header.display()
        ));
    }

    let folders: Vec<PathBuf> = library_folders(prefix);
    let Some(pc) = folders
        .iter()
        .map(|folder| folder.join("pkgconfig/libtorrent-rasterbar.pc"))
        .find(|file| file.is_file())
    else {
        refuse(&format!(
            "REVAER_LIBTORRENT_PREFIX: no pkgconfig/libtorrent-rasterbar.pc below {}; \
             it names the definitions that the library was built with",
            prefix.display()
        ))
    };
    println!("cargo:rerun-if-changed={}", pc.display());
    let text = fs_err::read_to_string(&pc)
        .unwrap_or_else(|error| refuse(&format!("REVAER_LIBTORRENT_PREFIX: {error}")));

    let named = text.lines().find_map(|line| line.strip_prefix("Version:")).map(str::trim);
    let (major, minor, tiny) = version;
    if named != Some(format!("{major}.{minor}.{tiny}").as_str()) {
        refuse(&format!(
            "REVAER_LIBTORRENT_PREFIX: {} is version {}, but the headers beside it are \
             {major}.{minor}.{tiny}: they belong to different installations",
            pc.display(),
            named.unwrap_or("unknown"),
        ))
    }
    // Without it the linker would find the system's library, which these headers do not describe.
    let is_library = |folder: &PathBuf| {
        ["so", "a"].iter().any(|end| folder.join(format!("libtorrent-rasterbar.{end}")).exists())
    };
    if !folders.iter().any(is_library) {
        refuse(&format!(
            "REVAER_LIBTORRENT_PREFIX: no libtorrent-rasterbar.so or .a in the library folders \
             below {}",
            prefix.display()
        ))
    }

    let mut library = Library {
        include_paths: vec![prefix.join("include")],
        link_paths: folders.into_iter().filter(|folder| folder.is_dir()).collect(),
        libs: vec!["torrent-rasterbar".to_owned()],
        defines: Vec::new(),
    };
    for word in text
        .lines()
        .filter_map(|line| line.strip_prefix("Cflags:").or_else(|| line.strip_prefix("Libs:")))
        .flat_map(str::split_whitespace)
    {
        if let Some(define) = word.strip_prefix("-D") {
            let (name, value) = match define.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (define, None),
            };
            library.defines.push((name.to_owned(), value));
        } else if let Some(name) = word.strip_prefix("-l")
            && !library.libs.iter().any(|known| known == name)
        {
            library.libs.push(name.to_owned());
        }
    }
    for name in ["ssl", "crypto"] {
        if !library.libs.iter().any(|known| known == name) {
            library.libs.push(name.to_owned());
        }
    }
    library
}

fn library_folders(prefix: &Path) -> Vec<PathBuf> {
    let mut folders = vec![prefix.join("lib"), prefix.join("lib64")];
    if let Ok(target) = env::var("CARGO_CFG_TARGET_ARCH") {
        folders.push(prefix.join(format!("lib/{target}-linux-gnu")));
    }
    folders
}

fn version_of(text: &str) -> Option<(u32, u32, u32)> {
    let number = |name: &str| -> Option<u32> {
        text.lines().find_map(|line| {
            line.strip_prefix("#define ")?.trim_start().strip_prefix(name)?.trim().parse().ok()
        })
    };
    Some((
        number("LIBTORRENT_VERSION_MAJOR")?,
        number("LIBTORRENT_VERSION_MINOR")?,
        number("LIBTORRENT_VERSION_TINY")?,
    ))
}

fn refuse(message: &str) -> ! {
    eprintln!("error: {message}");
    exit(1)
}
