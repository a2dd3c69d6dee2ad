//! Rate limits, share limits and SSL parameters.

use actix_web::http::StatusCode;

use super::{one, refused, selected};
use crate::engine::Error;
use crate::engine::options::SslParameters;
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::fields::{action_of, mode_of};
use crate::http::qbittorrent::json;
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::params::Params;
use crate::http::qbittorrent::reply::{self, Reply};
use crate::model::{Bound, Options, ShareLimits};

/// Answers with the upload limit of each named torrent.
pub fn upload_limit(call: &Call) -> reply::Result {
    Ok(limits(call, |options| options.upload_limit))
}

/// Answers with the download limit of each named torrent.
pub fn download_limit(call: &Call) -> reply::Result {
    Ok(limits(call, |options| options.download_limit))
}

/// One member per id as it was given: 0 unlimited, -1 unknown.
fn limits(call: &Call, limit: impl Fn(&Options) -> Option<u32>) -> Reply {
    let snapshot = call.snapshot();
    let mut given: Vec<&str> = call.params.text_or_empty("hashes").split('|').collect();
    given.sort_unstable();
    given.dedup();
    let mut out = Vec::new();
    let mut object = json::Object::begin(&mut out);
    for id in given {
        let row = id.parse().ok().and_then(|id| snapshot.torrent(&id));
        object.int(id, row.map_or(-1, |row| limit(&row.options).map_or(0, i64::from)));
    }
    object.end();
    Reply::json(out)
}

/// Caps the upload rate.
pub async fn set_upload_limit(call: Call) -> reply::Result {
    let limit = rate(call.params.integer("limit"));
    call.engine().set_upload_limit(selected(&call), limit).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Caps the download rate.
pub async fn set_download_limit(call: Call) -> reply::Result {
    let limit = rate(call.params.integer("limit"));
    call.engine().set_download_limit(selected(&call), limit).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// A rate in bytes per second; what is not positive, or no number, is no limit.
///
/// Contract: the real servers keep the lower 32 bits of larger numbers, and read the largest of those as no limit
/// (observed).
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the contract keeps the lower 32 bits")]
pub fn rate(number: Option<i64>) -> Option<u32> {
    let number = number.unwrap_or(0) as i32;
    u32::try_from(number).ok().filter(|limit| *limit > 0 && number != i32::MAX)
}

/// Sets the share limits that are given.
pub async fn set_share_limits(call: Call) -> reply::Result {
    let (params, level) = (&call.params, call.level);
    // Contract: what cannot be read counts as 0, which is reached at once.
    let ratio = params
        .text("ratioLimit")
        .map(|_| ratio_bound(params.number("ratioLimit").unwrap_or(0.0), level));
    let minutes = |name| {
        params.text(name).map(|_| minutes_bound(minutes(params, name, level).unwrap_or(0), level))
    };
    let seeding = minutes("seedingTimeLimit");
    let inactive = minutes("inactiveSeedingTimeLimit").filter(|_| level >= Level::L51);
    let action = params.text("shareLimitAction").filter(|_| level >= Level::L53).map(action_of);
    let mode = params.text("shareLimitsMode").filter(|_| level >= Level::L53).map(mode_of);
    let change = move |share: &mut ShareLimits| {
        share.ratio = ratio.unwrap_or(share.ratio);
        share.seeding_minutes = seeding.unwrap_or(share.seeding_minutes);
        share.inactive_minutes = inactive.unwrap_or(share.inactive_minutes);
        share.action = action.unwrap_or(share.action);
        share.mode = mode.unwrap_or(share.mode);
    };
    call.engine().edit_share_limits(selected(&call), change).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// A ratio limit: -2 leaves it to the next level, other negative ones are none; capped until L51.
#[must_use]
pub fn ratio_bound(limit: f64, level: Level) -> Bound<f64> {
    match limit {
        -2.0 => Bound::Inherit,
        limit if limit < 0.0 || limit.is_nan() => Bound::Unlimited,
        limit if level <= Level::L51 => Bound::At(limit.min(9999.0)),
        f64::INFINITY => Bound::Unlimited,
        limit => Bound::At(limit),
    }
}

/// Minutes as a request gives them; `None` if they are absent or no number.
///
/// Contract: until L51 the lower 32 bits of larger numbers count, at L53 those are no numbers.
#[expect(clippy::cast_possible_truncation, reason = "the contract keeps the lower 32 bits")]
fn minutes(params: &Params, name: &str, level: Level) -> Option<i64> {
    match level {
        Level::L45 | Level::L51 => params.integer(name).map(|minutes| i64::from(minutes as i32)),
        Level::L53 => params.int(name).map(i64::from),
    }
}

/// A time limit in minutes, likewise.
#[must_use]
pub fn minutes_bound(limit: i64, level: Level) -> Bound<i64> {
    match limit {
        -2 => Bound::Inherit,
        limit if limit < 0 => Bound::Unlimited,
        limit if level <= Level::L51 => Bound::At(limit.min(525_600)),
        limit => Bound::At(limit),
    }
}

/// Answers with the SSL parameters of a torrent.
pub async fn ssl_parameters(call: Call) -> reply::Result {
    let (id, _) = one(&call)?;
    let ssl = call.engine().ssl_parameters(id).await.map_err(refused)?;
    let mut out = Vec::new();
    let mut object = json::Object::begin(&mut out);
    object
        .text("ssl_certificate", &ssl.certificate)
        .text("ssl_dh_params", &ssl.dh_params)
        .text("ssl_private_key", &ssl.private_key);
    object.end();
    Ok(Reply::json(out))
}

/// Sets the SSL parameters of a torrent.
pub async fn set_ssl_parameters(call: Call) -> reply::Result {
    let (id, _) = one(&call)?;
    let text = |name| call.params.text_or_empty(name).to_owned();
    let parameters = SslParameters {
        certificate: text("ssl_certificate"),
        private_key: text("ssl_private_key"),
        dh_params: text("ssl_dh_params"),
    };
    call.engine().set_ssl_parameters(id, parameters).await.map_err(|error| match error {
        Error::Invalid(_) => Reply::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, ""),
        other => refused(other),
    })?;
    Ok(Reply::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_the_real_servers() {
        assert_eq!(rate(None), None);
        assert_eq!(rate(Some(12345)), Some(12345));
        assert_eq!(rate(Some(-7)), None);
        assert_eq!(rate(Some(99_999_999_999)), Some(1_215_752_191));
        assert_eq!(rate(Some(2_147_483_647)), None);
    }

    #[test]
    fn share_limits_are_clamped_by_level() {
        assert_eq!(ratio_bound(-2.0, Level::L51), Bound::Inherit);
        assert_eq!(ratio_bound(-5.0, Level::L53), Bound::Unlimited);
        assert_eq!(ratio_bound(1e17, Level::L51), Bound::At(9999.0));
        assert_eq!(ratio_bound(1e17, Level::L53), Bound::At(1e17));
        assert_eq!(ratio_bound(f64::INFINITY, Level::L51), Bound::At(9999.0));
        assert_eq!(ratio_bound(f64::INFINITY, Level::L53), Bound::Unlimited);
        assert_eq!(ratio_bound(f64::NAN, Level::L51), Bound::Unlimited);
        assert_eq!(minutes_bound(-3, Level::L45), Bound::Unlimited);
        assert_eq!(minutes_bound(99_999_999, Level::L45), Bound::At(525_600));
        assert_eq!(minutes_bound(99_999_999, Level::L53), Bound::At(99_999_999));
    }
}
