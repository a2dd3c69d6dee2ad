//! `torrents/add`: sources and options of new torrents.

use std::pin::pin;

use actix_web::http::StatusCode;
use futures::StreamExt as _;
use tracing::debug;

use super::limits::{minutes_bound, rate, ratio_bound};
use super::{files, refused, tags};
use crate::engine::options::SslParameters;
use crate::engine::{self, MetainfoFile};
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::fields::{action_of, mode_of};
use crate::http::qbittorrent::json::{self, Object};
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::params::Params;
use crate::http::qbittorrent::reply::{self, Reply};
use crate::intake::{Accepted, Error, Link, NewTorrent, PathRules, Preview, Source};
use crate::model::{Bound, ContentLayout, Priority, ShareLimits, StopCondition, TorrentId};

/// Adds torrents: first the URLs, then the uploaded files.
pub async fn add(call: Call) -> reply::Result {
    let urls: Vec<&str> = call
        .params
        .text_or_empty("urls")
        .split('\n')
        .map(str::trim)
        .filter(|url| !url.is_empty())
        .collect();
    let mut wishes = wishes(&call.params, call.level, call.lenient());
    let mut tally = Tally::default();
    let (mut links, mut sources) = (Vec::new(), Vec::new());
    for url in &urls {
        let link = Link::parse(url);
        if let (Some(Link::Url(url)), Level::L45, Some(text)) =
            (&link, call.level, call.params.text("cookie"))
        {
            call.app.intake.jar().add_for(url, text);
        }
        match link {
            Some(link) => {
                sources.push(known(&call, &link).unwrap_or_else(|| Source::Link(link.clone())));
                links.push(link);
            }
            // Neither a link nor, deliberately, a path on this machine.
            None => tally.failed += 1,
        }
    }
    if call.level >= Level::L53 {
        check_downloader(&call.params)?;
        wishes.priorities = priorities(&call.params, &sources, urls.len())?;
    }
    for link in &links {
        call.app.intake.forget(&call.session, link);
    }
    let links = links.len();
    let uploads = call.params.uploads();
    sources.extend(uploads.iter().map(|upload| Source::File(upload.data.clone())));

    // Each is handed over in its order, and all are waited for together: they share their commits.
    let engine = call.engine();
    let mut submitted = Vec::with_capacity(sources.len());
    let mut refusal = None;
    let mut prepared = pin!(call.app.intake.prepare(sources).enumerate());
    while let Some((at, source)) = prepared.next().await {
        let source = match source {
            // The first file that is none ends the request; what came before it is added.
            Err(Error::NotATorrent(reason)) if at >= links => {
                let name = &uploads[at - links].file_name;
                debug!("refused the uploaded file `{name}`: {reason}");
                let text = format!("Error: '{name}' is not a valid torrent file.");
                refusal = Some(Reply::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &text));
                break;
            }
            source => source,
        };
        match async { call.app.intake.submit(&engine, source?, &wishes).await }.await {
            Ok(answer) => submitted.push(answer),
            Err(error) => tally.refuse(error)?,
        }
    }
    for answer in submitted {
        match answer.await {
            Ok(Accepted::Added(id)) => tally.added.push(id),
            Ok(Accepted::Pending) => tally.pending += 1,
            Err(error) => tally.refuse(error)?,
        }
    }
    refusal.map_or_else(|| tally.answer(call.level), Err)
}

/// Adds one link with default options. What is wrong with it is logged and not answered.
pub async fn one(call: &Call, link: Link) -> reply::Result<()> {
    let wishes = wishes(&Params::default(), call.level, call.lenient());
    let engine = call.engine();
    match call.app.intake.add(&engine, Source::Link(link), &wishes).await {
        Ok(_) => Ok(()),
        Err(error) => Tally::default().refuse(error),
    }
}

/// What became of the sources.
#[derive(Default)]
struct Tally {
    added: Vec<TorrentId>,
    pending: usize,
    failed: usize,
}

impl Tally {
    /// Counts a source that was not taken, unless nothing is wrong with it and the client should try again.
    fn refuse(&mut self, error: Error) -> reply::Result<()> {
        if let Error::Engine(error @ (engine::Error::Unavailable(_) | engine::Error::Store(_))) =
            error
        {
            return Err(refused(error));
        }
        debug!("did not add a torrent: {error}");
        self.failed += 1;
        Ok(())
    }

    fn answer(self, level: Level) -> reply::Result {
        let is_accepted = !self.added.is_empty() || self.pending > 0;
        match level {
            Level::L45 | Level::L51 => Ok(Reply::text(if is_accepted { "Ok." } else { "Fails." })),
            Level::L53 if !is_accepted => Err(Reply::conflict("")),
            Level::L53 => {
                let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
                let mut out = Vec::new();
                let mut object = Object::begin(&mut out);
                object
                    .array("added_torrent_ids", &self.added, |out, id| {
                        json::text(out, &id.to_string());
                    })
                    .int("failure_count", count(self.failed))
                    .int("pending_count", count(self.pending))
                    .int("success_count", count(self.added.len()));
                object.end();
                let mut reply = Reply::json(out);
                if self.pending > 0 {
                    reply.status = StatusCode::ACCEPTED;
                }
                Ok(reply)
            }
        }
    }
}

/// A link that this session has looked at before it adds it.
fn known(call: &Call, link: &Link) -> Option<Source> {
    if call.level < Level::L53 {
        return None;
    }
    match call.app.intake.looked_at(&call.session, link) {
        Some(Preview::Known(known)) => Some(Source::Known(known)),
        _ => None,
    }
}

fn check_downloader(params: &Params) -> reply::Result<()> {
    if params.text("downloader").is_some_and(|name| !name.is_empty()) {
        return Err(Reply::bad_request("`downloader` must be a valid search plugin"));
    }
    Ok(())
}

/// The priorities of the one source that has been looked at, per file index; none if the request names none.
fn priorities(params: &Params, sources: &[Source], urls: usize) -> reply::Result<Vec<Priority>> {
    let Some(text) = params.text("filePriorities").filter(|text| !text.is_empty()) else {
        return Ok(Vec::new());
    };
    if urls > 1 {
        return Err(Reply::bad_request(
            "Cannot specify filePriorities when adding multiple torrents",
        ));
    }
    if !params.uploads().is_empty() {
        return Err(Reply::bad_request(
            "Cannot specify filePriorities when uploading torrent files",
        ));
    }
    let mut given = Vec::new();
    for priority in text.split(',') {
        let number = priority
            .trim()
            .parse()
            .map_err(|_| Reply::bad_request("Priority must be an integer"))?;
        let priority = files::priority_of(number)
            .ok_or_else(|| Reply::bad_request("Priority is not valid"))?;
        given.push(priority);
    }
    let [Source::Known(known)] = sources else {
        return Err(Reply::bad_request(
            "`filePriorities` may only be specified when metadata has already been fetched",
        ));
    };
    let all = &known.parsed.files;
    if all.iter().filter(|file| !file.is_padding).count() != given.len() {
        return Err(Reply::bad_request(
            "Length of filePriorities must equal number of files in torrent",
        ));
    }
    let mut given = given.into_iter();
    let priority = |file: &MetainfoFile| {
        if file.is_padding { None } else { given.next() }.unwrap_or(Priority::Normal)
    };
    Ok(all.iter().map(priority).collect())
}

/// What the request says about the new torrents.
fn wishes(params: &Params, level: Level, lenient: bool) -> NewTorrent {
    let text = |name| params.text(name).filter(|text| !text.is_empty());
    let flag = |name| params.boolean(name).unwrap_or(false);
    // Each generation has its own name for these two; lenient servers know both, and their own wins.
    let either = |own: &str, other: &str| {
        params.boolean(own).or_else(|| params.boolean(other).filter(|_| lenient))
    };
    let stopped =
        if level == Level::L45 { either("paused", "stopped") } else { either("stopped", "paused") };
    let skip_checking = if level >= Level::L53 {
        either("seedMode", "skip_checking")
    } else {
        either("skip_checking", "seedMode")
    };
    let is_recent = level >= Level::L51;
    // Contract: what 32 bits do not hold is as if it were not there.
    let number = |name| params.int(name).map(i64::from);
    let minutes = |name| number(name).map_or(Bound::Inherit, |limit| minutes_bound(limit, level));
    NewTorrent {
        name: text("rename").map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
        category: text("category").map(str::to_owned),
        tags: tags(params.text_or_empty("tags")),
        auto_managed: params.boolean("autoTMM"),
        path_rules: if is_recent { PathRules::Implied } else { PathRules::Separate },
        save_path: params.text_or_empty("savepath").trim().to_owned(),
        download_path: params.text_or_empty("downloadPath").trim().to_owned(),
        use_download_path: params.boolean("useDownloadPath"),
        stopped,
        forced: is_recent && flag("forced"),
        stop_condition: text("stopCondition").map(|name| match name {
            "MetadataReceived" => StopCondition::MetadataReceived,
            "FilesChecked" => StopCondition::FilesChecked,
            _ => StopCondition::None,
        }),
        layout: text("contentLayout").and_then(|name| match name {
            "Subfolder" => Some(ContentLayout::Subfolder),
            "NoSubfolder" => Some(ContentLayout::NoSubfolder),
            "undefined" if lenient => None,
            _ => Some(ContentLayout::Original),
        }),
        download_limit: rate(number("dlLimit")),
        upload_limit: rate(number("upLimit")),
        share: ShareLimits {
            ratio: params
                .number("ratioLimit")
                .map_or(Bound::Inherit, |limit| ratio_bound(limit, level)),
            seeding_minutes: minutes("seedingTimeLimit"),
            inactive_minutes: if is_recent {
                minutes("inactiveSeedingTimeLimit")
            } else {
                Bound::Inherit
            },
            action: action_of(if is_recent {
                params.text_or_empty("shareLimitAction")
            } else {
                ""
            }),
            mode: mode_of(if level >= Level::L53 {
                params.text_or_empty("shareLimitsMode")
            } else {
                ""
            }),
        },
        sequential: flag("sequentialDownload"),
        first_last_first: flag("firstLastPiecePrio"),
        skip_checking: skip_checking.unwrap_or(false),
        top_of_queue: params.boolean("addToTopOfQueue").filter(|_| is_recent),
        priorities: Vec::new(),
        may_merge: is_recent,
        ssl: if is_recent {
            SslParameters {
                certificate: params.text_or_empty("ssl_certificate").to_owned(),
                private_key: params.text_or_empty("ssl_private_key").to_owned(),
                dh_params: params.text_or_empty("ssl_dh_params").to_owned(),
            }
        } else {
            SslParameters::default()
        },
        ..NewTorrent::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)], level: Level, lenient: bool) -> NewTorrent {
        let texts =
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        wishes(&Params::new(texts, Vec::new()), level, lenient)
    }

    #[test]
    fn each_generation_has_its_own_word_for_stopped() {
        let both = [("paused", "True"), ("stopped", "false")];

        assert_eq!(read(&both, Level::L45, true).stopped, Some(true));
        assert_eq!(read(&both, Level::L51, true).stopped, Some(false));
        assert_eq!(read(&both[..1], Level::L51, true).stopped, Some(true));
        assert_eq!(read(&both[..1], Level::L51, false).stopped, None);
    }

    #[test]
    fn skipping_the_check_was_renamed() {
        assert!(read(&[("skip_checking", "true")], Level::L51, false).skip_checking);
        assert!(!read(&[("skip_checking", "true")], Level::L53, false).skip_checking);
        assert!(read(&[("seedMode", "true")], Level::L53, false).skip_checking);
        assert!(read(&[("seedMode", "true")], Level::L51, true).skip_checking);
    }

    #[test]
    fn unknown_words_are_the_default_of_their_table() {
        assert_eq!(
            read(&[("contentLayout", "x")], Level::L51, true).layout,
            Some(ContentLayout::Original)
        );
        assert_eq!(read(&[("contentLayout", "undefined")], Level::L51, true).layout, None);
        assert_eq!(read(&[("contentLayout", "")], Level::L51, false).layout, None);
        assert_eq!(
            read(&[("stopCondition", "x")], Level::L51, true).stop_condition,
            Some(StopCondition::None)
        );
    }

    #[test]
    fn numbers_that_cannot_be_read_are_not_given() {
        let wishes = read(
            &[
                ("ratioLimit", "abc"),
                ("dlLimit", "NaN"),
                ("upLimit", "4294968296"),
                ("seedingTimeLimit", "90"),
                ("inactiveSeedingTimeLimit", "4294967386"),
            ],
            Level::L51,
            true,
        );

        assert_eq!(wishes.share.ratio, Bound::Inherit);
        assert_eq!(wishes.share.seeding_minutes, Bound::At(90));
        assert_eq!(wishes.share.inactive_minutes, Bound::Inherit);
        assert_eq!((wishes.download_limit, wishes.upload_limit), (None, None));
    }
}
