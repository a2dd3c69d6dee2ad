//! The session cookie, whose name and attributes are a matter of the contract's level.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::qbittorrent::level::Level;

/// What is needed to write a session cookie.
#[derive(Debug, Clone)]
pub struct Cookie {
    pub level: Level,
    pub name: String,
    /// The paths that it holds for: all, or those below the base path.
    pub path: String,
    pub secure: bool,
    /// Cross-site protection is on.
    pub same_site: bool,
    /// Idle time after which the session ends; `None` for never.
    pub timeout: Option<Duration>,
}

/// The cookie's name: the port is that of the listener, so that servers of one host do not log each other out.
#[must_use]
pub fn name(level: Level, port: u16, chosen: &str) -> String {
    match level {
        Level::L45 => "SID".to_owned(),
        Level::L51 => chosen.to_owned(),
        Level::L53 => format!("QBT_SID_{port}"),
    }
}

impl Cookie {
    /// The `Set-Cookie` value that opens a session; the order of the attributes is upstream's.
    #[must_use]
    pub fn set(&self, value: &str) -> String {
        let secure = if self.secure { "; secure" } else { "" };
        let head = format!("{}={value}{secure}; HttpOnly", self.name);
        let policy = match (self.same_site, self.level) {
            (true, Level::L45 | Level::L51) => "; SameSite=Strict",
            (true, Level::L53) => "; SameSite=Lax",
            (false, Level::L51 | Level::L53) if self.secure => "; SameSite=None",
            (false, _) => "",
        };
        let path = &self.path;
        match self.level {
            Level::L45 => format!("{head}; path={path}{policy}"),
            Level::L51 => format!("{head}{policy}; path={path}"),
            Level::L53 => {
                let lifetime = self.timeout.unwrap_or(Duration::from_hours(365 * 24));
                let expires = Timestamp::now()
                    + SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX / 1_000_000);
                format!("{head}{policy}; expires={}; path={path}", date(expires))
            }
        }
    }

    /// The `Set-Cookie` value that removes the cookie.
    #[must_use]
    pub fn clear(&self) -> String {
        let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
        format!("{}=; expires={}; path={}", self.name, date(yesterday), self.path)
    }
}

/// The form of dates in cookies, with dashes.
fn date(time: Timestamp) -> String {
    time.strftime("%a, %d-%b-%Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(level: Level, secure: bool, same_site: bool) -> String {
        Cookie {
            level,
            name: name(level, 8080, "SID"),
            path: "/".to_owned(),
            secure,
            same_site,
            timeout: Some(Duration::from_hours(1)),
        }
        .set("v")
    }

    #[test]
    fn each_level_has_its_own_attributes() {
        assert_eq!(cookie(Level::L45, false, true), "SID=v; HttpOnly; path=/; SameSite=Strict");
        assert_eq!(cookie(Level::L51, false, true), "SID=v; HttpOnly; SameSite=Strict; path=/");
        assert_eq!(
            cookie(Level::L51, true, false),
            "SID=v; secure; HttpOnly; SameSite=None; path=/"
        );
        assert_eq!(cookie(Level::L45, false, false), "SID=v; HttpOnly; path=/");
        let newest = cookie(Level::L53, false, true);
        assert!(newest.starts_with("QBT_SID_8080=v; HttpOnly; SameSite=Lax; expires="), "{newest}");
        assert!(newest.ends_with(" GMT; path=/"), "{newest}");
    }

    #[test]
    fn cookie_dates_have_dashes() {
        assert_eq!(date(Timestamp::UNIX_EPOCH), "Thu, 01-Jan-1970 00:00:00 GMT");
    }
}
