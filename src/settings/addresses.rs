//! Addresses, ranges, networks and names of hosts as people write them in settings.

use std::net::IpAddr;

use ipnet::IpNet;

/// First and last address of an address, a range `first-last` or a network `address/prefix`.
///
/// # Errors
/// A reason in words that follow the key.
pub fn range(text: &str) -> Result<(IpAddr, IpAddr), String> {
    let wrong = || format!("has `{text}`, which is no address, range or network");
    let text = text.trim();
    if let Some((first, last)) = text.split_once('-') {
        let first: IpAddr = first.trim().parse().map_err(|_| wrong())?;
        let last: IpAddr = last.trim().parse().map_err(|_| wrong())?;
        let ordered = first.is_ipv4() == last.is_ipv4() && first <= last;
        return if ordered { Ok((first, last)) } else { Err(wrong()) };
    }
    if let Ok(net) = text.parse::<IpNet>() {
        return Ok((net.network(), net.broadcast()));
    }
    let address = text.parse().map_err(|_| wrong())?;
    Ok((address, address))
}

/// Whether one of the patterns names a host: its name, `*.name` for all below a name, or its address.
#[must_use]
pub fn names_host(patterns: &[String], host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    patterns.iter().any(|pattern| {
        let pattern = pattern.to_ascii_lowercase();
        match pattern.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
            None => pattern == host,
        }
    })
}

/// A pattern of [`names_host`].
pub(super) fn is_host_pattern(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    !name.is_empty() && name.len() <= 255 && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_in_three_ways() {
        let of = |text: &str| range(text).map(|(first, last)| format!("{first} {last}"));

        assert_eq!(of("10.0.0.7").unwrap(), "10.0.0.7 10.0.0.7");
        assert_eq!(of("10.0.0.7/8").unwrap(), "10.0.0.0 10.255.255.255");
        assert_eq!(of("fd00::/127").unwrap(), "fd00:: fd00::1");
        assert_eq!(of("1.1.1.1 - 1.1.1.9").unwrap(), "1.1.1.1 1.1.1.9");
        for bad in ["", "1.1.1.9-1.1.1.1", "1.1.1.1-::1", "10.0.0.0/33", "example.org"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hosts_are_named_alone_or_with_all_below() {
        let patterns = ["Bad.example".to_owned(), "*.evil.example".to_owned(), "::1".to_owned()];

        for host in ["bad.example", "BAD.example.", "a.evil.example", "a.b.evil.example", "[::1]"] {
            assert!(names_host(&patterns, host), "{host}");
        }
        for host in ["good.example", "x.bad.example", "evil.example", "notevil.example"] {
            assert!(!names_host(&patterns, host), "{host}");
        }
    }
}
