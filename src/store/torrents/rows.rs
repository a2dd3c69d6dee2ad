//! A torrent as a row, and a row as a torrent.

use std::collections::HashSet;
use std::sync::Arc;

use super::forms::{FactsForm, FilesForm, OptionsForm, StatusForm};
use crate::model::{Announce, Status, Torrent, TorrentKey};
use crate::store::convert::forms::{AnnounceForm, document, document_value, from_list, list};
use crate::store::entities::torrent::Model;
use crate::store::{FileWishes, Record, Result};

/// Texts that many rows share, each kept once.
#[derive(Default)]
pub(super) struct Texts(HashSet<Arc<str>>);

impl Texts {
    fn share(&mut self, text: &mut Arc<str>) {
        if let Some(known) = self.0.get(text) {
            *text = Arc::clone(known);
        } else {
            self.0.insert(Arc::clone(text));
        }
    }
}

pub(super) fn model(record: &Record) -> Model {
    let torrent = &record.torrent;
    let files = &record.files;
    Model {
        key: torrent.key.0.cast_signed(),
        facts: document(|out| FactsForm::serialize(&torrent.facts, out)),
        options: document(|out| OptionsForm::serialize(&torrent.options, out)),
        status: status(&torrent.status),
        announces: list(torrent.announces.iter().map(AnnounceForm::from)),
        files: (*files != FileWishes::default())
            .then(|| document(|out| FilesForm::serialize(files, out))),
        recheck_pending: record.recheck_pending,
    }
}

/// The document of the numbers, which is also written alone.
pub(super) fn status(status: &Status) -> String {
    document(|out| StatusForm::serialize(status, out))
}

/// The record of a row.
pub(super) fn record(model: &Model, texts: &mut Texts) -> Result<Record> {
    let mut facts = document_value(&model.facts, |from| FactsForm::deserialize(from))?;
    facts.id = facts.hashes.id();
    let mut options = document_value(&model.options, |from| OptionsForm::deserialize(from))?;
    let mut status = document_value(&model.status, |from| StatusForm::deserialize(from))?;
    let paths = [Some(&mut options.save_path), options.download_path.as_mut()];
    let others = [options.category.as_mut(), status.tracker.as_mut()];
    for text in paths.into_iter().chain(others).flatten() {
        texts.share(text);
    }
    let mut announces = from_list::<AnnounceForm>(model.announces.as_ref())?
        .into_iter()
        .map(AnnounceForm::announce)
        .collect::<Result<Vec<Announce>>>()?;
    for announce in &mut announces {
        texts.share(&mut announce.url);
        texts.share(&mut announce.message);
    }
    let files = model
        .files
        .as_ref()
        .map(|files| document_value(files, |from| FilesForm::deserialize(from)));
    Ok(Record {
        torrent: Torrent {
            key: TorrentKey(model.key.cast_unsigned()),
            facts: Arc::new(facts),
            options: Arc::new(options),
            announces: announces.into(),
            status,
        },
        files: files.transpose()?.unwrap_or_default(),
        recheck_pending: model.recheck_pending,
    })
}
