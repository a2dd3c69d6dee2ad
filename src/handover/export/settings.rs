//! Our settings as `qBittorrent.conf`, and the all-time totals beside it.

use super::{Exported, Wanted};
use crate::auth::password;
use crate::handover::conf;
use crate::handover::ini::Draft;
use crate::settings::cookies;
use crate::settings::profile::{ContractLevel, Profile};
use crate::store::AllTime;

/// Writes all settings that upstream knows.
pub(super) fn write(
    profile: &Profile,
    wanted: &Wanted<'_>,
    draft: &mut Draft,
    exported: &mut Exported,
) {
    let level = wanted.level;
    conf::write(profile, level, draft);
    conf::write_kept(&profile.compat.preferences, draft);
    let path = |path: &str| wanted.map.apply(path);
    draft.text("BitTorrent/Session/DefaultSavePath", &path(&profile.downloads.save_path));
    draft.text("BitTorrent/Session/TempPath", &path(&profile.temp_path()));
    // This generation shows what it is told, and looks at the name above alone.
    draft.text("BitTorrent/Session/InterfaceName", &profile.connection.interface);
    let stored = password::Hash::stored(profile.webui.password_hash.reveal());
    let hash = match (&wanted.password, stored.foreign()) {
        (Some(password), _) => password::foreign(password),
        (None, Some(hash)) => hash.to_owned(),
        (None, None) => {
            // Without one, the oldest generation would take a password that everybody knows.
            let chosen = password::temporary();
            let hash = password::foreign(&chosen);
            exported.password = Some(chosen);
            hash
        }
    };
    draft.byte_array(&conf::key_at("WebUI/Password_PBKDF2", level), &hash);
    let jar: Vec<String> = cookies::jar(profile).iter().map(raw).collect();
    draft.list("Network/Cookies", &jar);
    if !profile.webui.base_path.is_empty() {
        exported.note("webui.base_path", "left out: qBittorrent has none");
    }
    if !profile.webui.listeners.is_empty() {
        exported.note("webui.listeners", "left out: qBittorrent listens at one address");
    }
    if level == ContractLevel::L45
        && (profile.proxy.rss || profile.proxy.misc)
        && !profile.proxy.bittorrent
    {
        exported.note("proxy", "left out: this generation uses its proxy for torrents always");
    }
}

/// A cookie as headers have it.
fn raw(cookie: &cookies::Cookie) -> String {
    let mut built = cookie::Cookie::build((cookie.name.as_str(), cookie.value.as_str()));
    if !cookie.domain.is_empty() {
        built = built.domain(cookie.domain.as_str());
    }
    if !cookie.path.is_empty() {
        built = built.path(cookie.path.as_str());
    }
    let expires =
        cookie.expires.and_then(|at| cookie::time::OffsetDateTime::from_unix_timestamp(at).ok());
    if let Some(expires) = expires {
        built = built.expires(expires);
    }
    built.build().to_string()
}

/// The totals as a serialised hash of two numbers.
pub(super) fn statistics(all_time: AllTime) -> String {
    // The types of a hash and of a number of 64 bits.
    let mut bytes = [0x1c_u32.to_be_bytes(), 2_u32.to_be_bytes()].concat();
    for (name, value) in [("AlltimeDL", all_time.downloaded), ("AlltimeUL", all_time.uploaded)] {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        bytes.extend(u32::try_from(name.len()).unwrap_or_default().to_be_bytes());
        bytes.extend(name);
        bytes.extend(4_u32.to_be_bytes());
        bytes.extend(value.to_be_bytes());
    }
    let mut draft = Draft::default();
    draft.variant("Stats/AllStats", &bytes);
    draft.to_string()
}
