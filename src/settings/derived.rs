//! What is asked for and not in force: switches that another setting overrules, and what this machine cannot do.

use serde_json::Value;

use super::keys::Adjustment;
use super::profile::Profile;

/// Where the engine does less than the profile says, and why.
pub(super) fn adjustments(
    profile: &Profile,
    unsupported: &[(&'static str, String)],
) -> Vec<Adjustment> {
    let defaults = Profile::default();
    let mut all: Vec<Adjustment> = unsupported
        .iter()
        .filter(|(key, _)| profile.get(key) != defaults.get(key))
        .map(|(key, reason)| Adjustment {
            key: (*key).to_owned(),
            asked: profile.get(key).unwrap_or_default(),
            used: defaults.get(key).unwrap_or_default(),
            reason: reason.clone(),
        })
        .collect();
    if profile.hides_behind_proxy() {
        let (lsd, upnp) = (profile.bittorrent.lsd, profile.connection.upnp);
        let asked = [("bittorrent.lsd", lsd), ("connection.upnp", upnp)];
        let overruled = asked.into_iter().filter(|(_, on)| *on);
        all.extend(overruled.map(|(key, _)| off_behind_proxy(key)));
    }
    all
}

fn off_behind_proxy(key: &str) -> Adjustment {
    Adjustment {
        key: key.to_owned(),
        asked: Value::Bool(true),
        used: Value::Bool(false),
        reason: "is off while peers are reached through a proxy".to_owned(),
    }
}
