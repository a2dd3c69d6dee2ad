//! What a torrent is made of, read ahead of its add.

use cxx::UniquePtr;

use crate::bridge::ffi;
use crate::session::failed;
use crate::types::Result;

/// A torrent's metainfo or magnet and its resume data, read and ready for [`crate::Session::add`].
///
/// To read many files takes a while (a third of a second for 100,000), so it is done by whoever may
/// wait, and not by the thread that owns the session.
pub struct Source(pub(crate) UniquePtr<ffi::Source>);

impl Source {
    /// Reads a whole `.torrent` file that was accepted before, or else a magnet URI, and resume data
    /// of [`crate::Alert::ResumeData`]; what there is none of is empty.
    ///
    /// Resume data alone are enough if they name the hashes; those of another torrent are an error.
    pub fn load(metainfo: &[u8], magnet: &str, resume: &[u8]) -> Result<Self> {
        ffi::load_source(metainfo, magnet, resume).map(Self).map_err(failed("read torrent"))
    }
}
