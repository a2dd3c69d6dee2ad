//! Lexical path rules: what a client or a torrent may name, without touching the disk.

/// Normalises an absolute Unix path lexically: `.` and `..` resolved, doubled and trailing slashes dropped.
///
/// `None` if the path is not absolute or contains a NUL.
#[must_use]
pub fn absolute(path: &str) -> Option<String> {
    if !path.starts_with('/') || path.contains('\0') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

/// Normalises a path inside a torrent: relative, `/` separated, never leaving its root.
///
/// `None` if it is empty, absolute, climbs out of the root, or contains a NUL or a backslash.
#[must_use]
pub fn inside(path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\0', '\\']) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Joins a directory and a relative path; an absolute `path` replaces the directory.
#[must_use]
pub fn join(directory: &str, path: &str) -> String {
    match path {
        "" => directory.to_owned(),
        path if path.starts_with('/') => path.to_owned(),
        path if directory.ends_with('/') => format!("{directory}{path}"),
        path => format!("{directory}/{path}"),
    }
}

/// True if `path` is `root` or lies below it, component by component; both must be normalised.
#[must_use]
pub fn is_within(path: &str, root: &str) -> bool {
    root == "/"
        || path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_paths_are_normalised() {
        assert_eq!(absolute("/a//b/./../c/").as_deref(), Some("/a/c"));
        assert_eq!(absolute("/../..").as_deref(), Some("/"));
        assert_eq!(absolute("a"), None);
        assert_eq!(absolute("/a\0"), None);
    }

    #[test]
    fn paths_inside_a_torrent_never_leave_it() {
        assert_eq!(inside("a/../b").as_deref(), Some("b"));
        for bad in ["", ".", "..", "../a", "a/../../b", "/a", "a\\b", "a\0"] {
            assert_eq!(inside(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn roots_are_compared_by_component() {
        assert!(is_within("/srv/dl/x", "/srv/dl"));
        assert!(!is_within("/srv/dlx", "/srv/dl"));
        assert!(is_within("/anything", "/"));
    }
}
