//! Files of blocked ranges: eMule's `.dat`, `PeerGuardian`'s `.p2p` text and `.p2b` binary, and plain networks, each
//! also as gzip. Pure but for the read.

use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use fs_err as fs;
use revaer_native::IpRange;

/// How much is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Of a file, unpacked.
    pub(super) bytes: u64,
    pub(super) ranges: usize,
}

/// How binary files begin.
const BINARY: &[u8] = b"\xff\xff\xff\xffP2B";

/// Access levels below this are blocked (`.dat`).
const BLOCKED_BELOW: u32 = 128;

/// Reads a file; its format follows from what is in it, and for lines that fit several from its ending. Lines that are
/// no range are skipped and counted in the log.
pub(super) fn read(path: &Path, bounds: Bounds) -> io::Result<Vec<IpRange>> {
    let bytes = unpacked(path, bounds.bytes)?;
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let ranges = match ending.as_deref() {
        _ if bytes.starts_with(BINARY) => binary(&bytes)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not a whole P2B file"))?,
        Some("p2b") => return Err(io::Error::new(io::ErrorKind::InvalidData, "not a P2B file")),
        Some("p2p") => text(&bytes, p2p_line),
        Some("dat") => text(&bytes, dat_line),
        _ => text(&bytes, any_line),
    };
    if ranges.len() > bounds.ranges {
        let message = format!("it has {} ranges, more than {}", ranges.len(), bounds.ranges);
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(ranges)
}

/// The bytes of a file, unpacked if it is gzip.
fn unpacked(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let too_large =
        || io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {most} bytes"));
    let mut file = fs::File::open(path)?;
    if file.metadata()?.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.by_ref().take(most).read_to_end(&mut bytes)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let unpacking = flate2::read::MultiGzDecoder::new(bytes.as_slice());
        unpacking.take(most.saturating_add(1)).read_to_end(&mut plain)?;
        bytes = plain;
    }
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

fn text(bytes: &[u8], parse: fn(&str) -> Option<IpRange>) -> Vec<IpRange> {
    let mut ranges = Vec::new();
    let mut skipped = 0_usize;
    for line in String::from_utf8_lossy(bytes).lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') || line.starts_with("//") {
            continue;
        }
        match parse(line) {
            Some(range) => ranges.push(range),
            None => skipped += 1,
        }
    }
    if skipped > 0 {
        tracing::warn!("{skipped} lines of the IP filter file are no blocked range");
    }
    ranges
}

/// A line of either kind, or an address, range or network alone.
fn any_line(line: &str) -> Option<IpRange> {
    let alone = || {
        let (first, last) = crate::settings::addresses::range(line).ok()?;
        Some(IpRange { first, last })
    };
    // A level that allows a range must not become a name that blocks it.
    if line.contains(',') && !line.contains(':') {
        return dat_line(line);
    }
    alone().or_else(|| dat_line(line)).or_else(|| p2p_line(line))
}

/// `first - last , level , description`; a level of 128 and more allows the range.
fn dat_line(line: &str) -> Option<IpRange> {
    let mut parts = line.splitn(3, ',');
    let range = parts.next()?;
    if let Some(level) = parts.next()
        && level.trim().parse::<u32>().ok()? >= BLOCKED_BELOW
    {
        return None;
    }
    let (first, last) = range.split_once('-')?;
    to_range(address(first)?, address(last)?)
}

/// `description:first-last`.
fn p2p_line(line: &str) -> Option<IpRange> {
    let (head, last) = line.rsplit_once('-')?;
    // An IPv6 address holds colons itself: the longest tail that is an address is the first of the range.
    let first = head.match_indices(':').find_map(|(at, _)| address(&head[at + 1..]))?;
    to_range(first, address(last)?)
}

/// An address; leading zeros of IPv4 parts are decimal, as these files mean them.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if text.contains(':') {
        return text.parse().ok();
    }
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        *octet = parts.next()?.parse().ok()?;
    }
    parts.next().is_none().then(|| IpAddr::V4(Ipv4Addr::from(octets)))
}

fn to_range(first: IpAddr, last: IpAddr) -> Option<IpRange> {
    (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(IpRange { first, last })
}

/// Versions 1 and 2: name, first, last; version 3: a table of names, then index, first, last.
fn binary(bytes: &[u8]) -> Option<Vec<IpRange>> {
    let rest = bytes.strip_prefix(BINARY)?;
    let (version, mut rest) = rest.split_first()?;
    match version {
        1 | 2 => {}
        3 => {
            let names;
            (names, rest) = number(rest)?;
            for _ in 0..names {
                rest = after_name(rest)?;
            }
            let ranges;
            (ranges, rest) = number(rest)?;
            return (0..ranges)
                .map(|_| {
                    (_, rest) = number(rest)?;
                    let range;
                    (range, rest) = v4_range(rest)?;
                    to_range(range.first, range.last)
                })
                .collect();
        }
        _ => return None,
    }
    let mut ranges = Vec::new();
    while !rest.is_empty() {
        rest = after_name(rest)?;
        let range;
        (range, rest) = v4_range(rest)?;
        ranges.push(to_range(range.first, range.last)?);
    }
    Some(ranges)
}

fn after_name(bytes: &[u8]) -> Option<&[u8]> {
    let end = memchr::memchr(0, bytes)?;
    Some(&bytes[end + 1..])
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

fn v4_range(bytes: &[u8]) -> Option<(IpRange, &[u8])> {
    let (first, rest) = number(bytes)?;
    let (last, rest) = number(rest)?;
    Some((IpRange { first: Ipv4Addr::from(first).into(), last: Ipv4Addr::from(last).into() }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: &str, last: &str) -> IpRange {
        IpRange { first: first.parse().unwrap(), last: last.parse().unwrap() }
    }

    #[test]
    fn dat_lines_block_below_level_128() {
        assert_eq!(
            dat_line("001.002.003.000 - 001.002.003.255 , 100 , x"),
            Some(range("1.2.3.0", "1.2.3.255"))
        );
        assert_eq!(dat_line("1.2.3.0 - 1.2.3.255 , 200 , x"), None);
        assert_eq!(dat_line("1.2.3.9 - 1.2.3.0"), None);
        assert_eq!(dat_line("2001:db8:: - 2001:db8::1"), Some(range("2001:db8::", "2001:db8::1")));
    }

    #[test]
    fn p2p_lines_may_have_colons_in_the_name() {
        assert_eq!(p2p_line("a: b:1.2.3.4-1.2.3.5"), Some(range("1.2.3.4", "1.2.3.5")));
        assert_eq!(p2p_line("a:2001:db8::-2001:db8::1"), Some(range("2001:db8::", "2001:db8::1")));
        assert_eq!(p2p_line("nonsense"), None);
    }

    #[test]
    fn lists_may_mix_kinds_of_lines() {
        for (line, expected) in [
            ("1.2.3.4", Some(range("1.2.3.4", "1.2.3.4"))),
            ("1.2.3.0/24", Some(range("1.2.3.0", "1.2.3.255"))),
            ("2001:db8::/127", Some(range("2001:db8::", "2001:db8::1"))),
            ("1.2.3.4-1.2.3.5", Some(range("1.2.3.4", "1.2.3.5"))),
            ("001.002.003.004 - 001.002.003.005 , 000 , x", Some(range("1.2.3.4", "1.2.3.5"))),
            ("1.2.3.4 - 1.2.3.5 , 200 , allowed", None),
            ("some name:1.2.3.4-1.2.3.5", Some(range("1.2.3.4", "1.2.3.5"))),
            ("nonsense", None),
        ] {
            assert_eq!(any_line(line), expected, "{line}");
        }
    }

    #[test]
    fn packed_files_are_bounded_as_they_are_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        io::Write::write_all(&mut packer, "1.2.3.4\n".repeat(1000).as_bytes()).unwrap();
        fs::write(&path, packer.finish().unwrap()).unwrap();

        let bounds = Bounds { bytes: 8000, ranges: 1000 };
        assert_eq!(read(&path, bounds).unwrap().len(), 1000);
        assert!(read(&path, Bounds { bytes: 7999, ..bounds }).is_err());
        assert!(read(&path, Bounds { ranges: 999, ..bounds }).is_err());
    }

    #[test]
    fn p2b_files_of_all_versions_are_read() {
        let v2 = b"\xff\xff\xff\xffP2B\x02name\0\x01\x02\x03\x04\x01\x02\x03\x05";
        let v3 = b"\xff\xff\xff\xffP2B\x03\0\0\0\x01name\0\0\0\0\x01\0\0\0\0\x01\x02\x03\x04\x01\x02\x03\x05";

        assert_eq!(binary(v2), Some(vec![range("1.2.3.4", "1.2.3.5")]));
        assert_eq!(binary(v3), Some(vec![range("1.2.3.4", "1.2.3.5")]));
        assert_eq!(binary(&v3[..20]), None);
        assert_eq!(binary(b"other"), None);
    }
}
