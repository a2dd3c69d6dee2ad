//! Certificate authorities beside those of the system.

use std::io;
use std::path::Path;

/// Where most systems keep their authorities by the hash of their names.
const SYSTEM: &str = "/etc/ssl/certs";

/// Makes this process trust the authorities of a PEM file beside those of the system, for all that verifies by
/// OpenSSL's default places: trackers and web seeds of libtorrent, which has no other way to be told.
///
/// libtorrent reads them when a session starts. They travel by the environment (`SSL_CERT_FILE`, and `SSL_CERT_DIR`
/// where it is not set), so that child processes trust them too.
///
/// # Errors
/// `Other` if the process has more than one thread: the environment must not change under a reader.
pub fn trust_authorities(file: &Path) -> io::Result<()> {
    let threads = fs_err::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        return Err(io::Error::other(format!("{threads} threads are running already")));
    }
    let folder = Path::new(SYSTEM);
    let set_folder = std::env::var_os("SSL_CERT_DIR").is_none() && folder.is_dir();
    // SAFETY: this is the only thread, so that nobody reads the environment meanwhile.
    unsafe {
        std::env::set_var("SSL_CERT_FILE", file);
        if set_folder {
            std::env::set_var("SSL_CERT_DIR", folder);
        }
    }
    Ok(())
}
