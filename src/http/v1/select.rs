//! `…/select`: which files are wanted, by globs over their paths.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::call::Call;
use super::files::{File, list, prioritise};
use super::problem::{Problem, Result};
use super::wire::Priority;
use crate::model;

/// Globs of one list, and bytes of one.
const MOST_GLOBS: usize = 100;
const LONGEST_GLOB: usize = 1024;

/// What is left out by the preset `skip_fluff`: what people delete right after a download.
const FLUFF: [&str; 12] = [
    "**/*.{nfo,sfv,url,lnk,website}",
    "**/{sample,samples,proof,screens,screenshots}/**",
    "**/*{-,.,_, }sample.*",
    "**/sample.*",
    "**/{rarbg,etrg,yify,yts}*.{txt,exe,jpg,png}",
    "**/*downloaded from*.txt",
    "**/*torrent downloaded*.txt",
    "**/www.*.{txt,jpg,png}",
    "**/.ds_store",
    "**/thumbs.db",
    "**/desktop.ini",
    "**/__macosx/**",
];

/// The rules, from first to last: everything, `include`, `presets`, `exclude`, `priorities`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Selection")]
pub struct Request {
    /// Only files that match one of these globs are wanted; all without any.
    pub include: Vec<String>,
    /// Files that match one of these globs are not wanted.
    pub exclude: Vec<String>,
    pub presets: Vec<Preset>,
    /// Priorities of wanted files; the last rule that matches counts.
    pub priorities: Vec<Rule>,
    /// Say what would be wanted, and change nothing.
    pub dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Leaves out samples, proofs, advertisements and droppings of operating systems.
    SkipFluff,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SelectionRule")]
pub struct Rule {
    pub glob: String,
    pub priority: Priority,
}

/// The files as they are wanted now, or would be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Selected {
    pub dry_run: bool,
    /// Files and bytes that are wanted.
    pub wanted: usize,
    pub wanted_size: i64,
    pub files: Vec<File>,
}

/// Chooses the wanted files.
pub async fn select_files(call: Call) -> Result {
    let request: Request = call.json()?;
    let (id, row) = call.torrent()?;
    let rules = Rules::of(&request)?;
    if row.facts.metadata.is_none() {
        return Err(Problem::conflict("the torrent's metadata is not known yet"));
    }
    let mut files = call.engine().files(id).await?;
    for file in &mut files {
        file.priority = rules.priority(&file.path);
    }
    let wanted: Vec<&model::File> =
        files.iter().filter(|file| file.priority != model::Priority::Skip).collect();
    if wanted.is_empty() {
        return Err(Problem::conflict("no file of the torrent would be wanted"));
    }
    let (count, size) = (wanted.len(), wanted.iter().map(|file| file.size).sum());
    if !request.dry_run {
        prioritise(&call, id, files.iter().map(|file| (file.index, file.priority))).await?;
        files = call.engine().files(id).await?;
    }
    Answer::json(&Selected {
        dry_run: request.dry_run,
        wanted: count,
        wanted_size: size,
        files: list(&files).files,
    })
}

struct Rules {
    include: Option<GlobSet>,
    exclude: GlobSet,
    fluff: Option<GlobSet>,
    priorities: Vec<(GlobSet, model::Priority)>,
}

impl Rules {
    fn of(request: &Request) -> Result<Self> {
        for (member, count) in [
            ("include", request.include.len()),
            ("exclude", request.exclude.len()),
            ("priorities", request.priorities.len()),
        ] {
            if count > MOST_GLOBS {
                return Err(Problem::invalid(
                    format!("/{member}"),
                    format!("may have {MOST_GLOBS} globs"),
                ));
            }
        }
        let rule = |(at, rule): (usize, &Rule)| {
            let globs = globs([rule.glob.as_str()], |_| format!("/priorities/{at}/glob"))?;
            Ok((globs, rule.priority.into()))
        };
        let texts = |list: &[String]| list.to_vec();
        let include = texts(&request.include);
        Ok(Self {
            include: if include.is_empty() {
                None
            } else {
                Some(globs(include.iter().map(String::as_str), |at| format!("/include/{at}"))?)
            },
            exclude: globs(request.exclude.iter().map(String::as_str), |at| {
                format!("/exclude/{at}")
            })?,
            fluff: if request.presets.contains(&Preset::SkipFluff) {
                Some(globs(FLUFF, |at| format!("/presets/{at}"))?)
            } else {
                None
            },
            priorities: request.priorities.iter().enumerate().map(rule).collect::<Result<_>>()?,
        })
    }

    fn priority(&self, path: &str) -> model::Priority {
        let is_out = self.include.as_ref().is_some_and(|globs| !globs.is_match(path))
            || self.fluff.as_ref().is_some_and(|globs| globs.is_match(path))
            || self.exclude.is_match(path);
        if is_out {
            return model::Priority::Skip;
        }
        let rules = self.priorities.iter().rev();
        rules
            .filter(|(globs, _)| globs.is_match(path))
            .map(|(_, priority)| *priority)
            .next()
            .unwrap_or(model::Priority::Normal)
    }
}

fn globs<'a>(
    texts: impl IntoIterator<Item = &'a str>,
    place: impl Fn(usize) -> String,
) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for (at, text) in texts.into_iter().enumerate() {
        if text.len() > LONGEST_GLOB {
            return Err(Problem::invalid(place(at), format!("may have {LONGEST_GLOB} bytes")));
        }
        let glob = GlobBuilder::new(text).case_insensitive(true).literal_separator(false).build();
        set.add(glob.map_err(|error| Problem::invalid(place(at), error.kind().to_string()))?);
    }
    set.build().map_err(|error| Problem::invalid("", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_apply_in_their_order() {
        let request = Request {
            include: vec!["*.mkv".to_owned(), "*.nfo".to_owned()],
            exclude: vec!["extras/**".to_owned()],
            presets: vec![Preset::SkipFluff],
            priorities: vec![
                Rule { glob: "*.mkv".to_owned(), priority: Priority::High },
                Rule { glob: "**/e01*".to_owned(), priority: Priority::Maximum },
            ],
            ..Request::default()
        };
        let rules = Rules::of(&request).unwrap();

        assert_eq!(rules.priority("show/e02.mkv"), model::Priority::High);
        assert_eq!(rules.priority("show/E01.MKV"), model::Priority::Maximum);
        assert_eq!(rules.priority("extras/e01.mkv"), model::Priority::Skip);
        assert_eq!(rules.priority("show/info.nfo"), model::Priority::Skip);
        assert_eq!(rules.priority("show/Sample/e02.mkv"), model::Priority::Skip);
        assert_eq!(rules.priority("show/e02-sample.mkv"), model::Priority::Skip);
        assert_eq!(rules.priority("readme.txt"), model::Priority::Skip);
    }

    #[test]
    fn a_bad_glob_is_named() {
        let request =
            Request { exclude: vec!["a".to_owned(), "[".to_owned()], ..Request::default() };

        let Err(problem) = Rules::of(&request) else { panic!("refused") };
        assert_eq!(problem.faults[0].pointer.as_deref(), Some("/exclude/1"));
    }
}
