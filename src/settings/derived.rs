//! Switches that another setting overrules: asked for, but not in force.

use serde_json::Value;

use super::keys::Adjustment;
use super::profile::Profile;

/// Where the engine does less than the profile says, and why.
pub(super) fn adjustments(profile: &Profile) -> Vec<Adjustment> {
    if !profile.hides_behind_proxy() {
        return Vec::new();
    }
    let asked =
        [("bittorrent.lsd", profile.bittorrent.lsd), ("connection.upnp", profile.connection.upnp)];
    let overruled = asked.into_iter().filter(|(_, on)| *on);
    overruled.map(|(key, _)| off(key, "is off while peers are reached through a proxy")).collect()
}

fn off(key: &str, reason: &str) -> Adjustment {
    Adjustment {
        key: key.to_owned(),
        asked: Value::Bool(true),
        used: Value::Bool(false),
        reason: reason.to_owned(),
    }
}
