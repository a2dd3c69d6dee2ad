//! Packs the files of the web interface for the binary: each as it is, and in gzip and Brotli where that is smaller.
//!
//! The result is a table in Rust, sorted by path, and one hash of all paths and contents. The hash is part of every
//! URL, so that browsers keep the files for ever and relative imports between them still lead to their own version.

use std::env;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Files of these kinds are served; notes and configuration beside them are not.
const SERVED: [&str; 6] = ["js", "css", "svg", "png", "webp", "woff2"];

/// Kinds that are compressed already.
const DENSE: [&str; 3] = ["png", "webp", "woff2"];

fn main() {
    println!("cargo:rerun-if-changed=static");
    println!("cargo:rerun-if-changed=templates");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names the folder"));
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the package"));
    let root = root.join("static");
    let mut names = Vec::new();
    // The page of the API description is served by `/v1/docs`, under names of its own.
    list(&root, "", &mut names);
    names.retain(|name| !name.starts_with("docs/"));
    names.sort();

    let packed = out.join("assets");
    let _ = fs_err::remove_dir_all(&packed);
    fs_err::create_dir_all(&packed).expect("the folder for packed files");
    let mut hash = Sha256::new();
    let mut table = String::new();
    for (number, name) in names.iter().enumerate() {
        let file = root.join(name);
        let whole = fs_err::read(&file).expect("a file of the interface");
        hash.update(name.as_bytes());
        hash.update(whole.len().to_le_bytes());
        hash.update(&whole);
        let smaller = |ending: &str, packed_bytes: Vec<u8>| {
            if packed_bytes.len() >= whole.len() {
                return "None".to_owned();
            }
            let file = packed.join(format!("{number}.{ending}"));
            fs_err::write(&file, packed_bytes).expect("a packed file");
            format!("Some(include_bytes!({:?}))", text(&file))
        };
        let is_dense = DENSE.contains(&ending(name));
        let (gzip, brotli) = if is_dense {
            ("None".to_owned(), "None".to_owned())
        } else {
            (smaller("gz", gzip(&whole)), smaller("br", brotli(&whole)))
        };
        writeln!(
            table,
            "    File {{ path: {name:?}, whole: include_bytes!({:?}), gzip: {gzip}, brotli: {brotli} }},",
            text(&file)
        )
        .expect("text grows");
    }
    let hash = hex::encode(&hash.finalize()[..8]);
    let code =
        format!("pub const HASH: &str = {hash:?};\n\nstatic FILES: &[File] = &[\n{table}];\n");
    fs_err::write(out.join("assets.rs"), code).expect("the table of files");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the source lies under a path in UTF-8")
}

fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Collects the served files below a folder, by their paths with `/`.
fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in fs_err::read_dir(folder).expect("a folder of the interface") {
        let entry = entry.expect("a file of the interface");
        let name = entry.file_name().into_string().expect("our files are named in UTF-8");
        let path = format!("{prefix}{name}");
        if entry.file_type().expect("a kind of file").is_dir() {
            list(&entry.path(), &format!("{path}/"), names);
        } else if SERVED.contains(&ending(&name)) {
            names.push(path);
        }
    }
}

fn gzip(whole: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(whole).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn brotli(whole: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 9, ..Default::default() };
    brotli::BrotliCompress(&mut &*whole, &mut out, &params).expect("memory takes it");
    out
}
