//! Files with made-up, repeatable content.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// What a torrent is about: one file, or a folder of files.
#[derive(Clone, Debug)]
pub struct Payload {
    pub name: String,
    /// Sorted by path, as v2 wants it. A single file has an empty path.
    pub files: Vec<PayloadFile>,
}

/// A file of a payload.
#[derive(Clone, Debug)]
pub struct PayloadFile {
    /// Components below the payload's folder.
    pub path: Vec<String>,
    pub bytes: Vec<u8>,
}

impl Payload {
    /// Makes one file of `size` bytes.
    #[must_use]
    pub fn single(name: &str, size: usize) -> Self {
        let bytes = noise(name, size);
        Self { name: name.to_owned(), files: vec![PayloadFile { path: Vec::new(), bytes }] }
    }

    /// Makes a folder; each file is given by its path with `/` and its size in bytes.
    #[must_use]
    pub fn folder(name: &str, files: &[(&str, usize)]) -> Self {
        let mut files: Vec<PayloadFile> = files
            .iter()
            .map(|(path, size)| PayloadFile {
                path: path.split('/').map(ToOwned::to_owned).collect(),
                bytes: noise(&format!("{name}/{path}"), *size),
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { name: name.to_owned(), files }
    }

    #[must_use]
    pub fn is_single(&self) -> bool {
        self.files.len() == 1 && self.files[0].path.is_empty()
    }

    /// Returns the size of all files in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.files.iter().map(|file| file.bytes.len()).sum()
    }

    /// Returns the path of a file below the save path, with `/`.
    #[must_use]
    pub fn path_of(&self, file: &PayloadFile) -> String {
        let mut components = vec![self.name.clone()];
        components.extend(file.path.iter().cloned());
        components.join("/")
    }

    /// Writes the files below `folder`.
    ///
    /// # Errors
    /// Fails when a file cannot be written.
    pub fn write_to(&self, folder: &Path) -> Result<()> {
        for file in &self.files {
            let path = folder.join(self.path_of(file));
            fs_err::create_dir_all(path.parent().context("a file has a parent")?)?;
            fs_err::write(path, &file.bytes)?;
        }
        Ok(())
    }

    /// Compares the files below `folder` with this payload, bit for bit.
    ///
    /// # Errors
    /// Fails when a file is missing or differs.
    pub fn verify_in(&self, folder: &Path) -> Result<()> {
        self.files.iter().try_for_each(|file| verify(&folder.join(self.path_of(file)), file))
    }
}

/// Compares one file on disk with what it should hold.
///
/// # Errors
/// Fails when the file is missing or differs.
pub fn verify(path: &Path, file: &PayloadFile) -> Result<()> {
    let found = fs_err::read(path)?;
    ensure!(
        found.len() == file.bytes.len(),
        "{}: {} bytes instead of {}",
        path.display(),
        found.len(),
        file.bytes.len()
    );
    let difference = found.iter().zip(&file.bytes).position(|(a, b)| a != b);
    ensure!(difference.is_none(), "{} differs at byte {difference:?}", path.display());
    Ok(())
}

/// Makes bytes that do not compress and depend on nothing but the label.
fn noise(label: &str, size: usize) -> Vec<u8> {
    let seed = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut bytes = vec![0; size];
    SmallRng::seed_from_u64(seed).fill(&mut bytes[..]);
    bytes
}
