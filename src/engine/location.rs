//! Names and places of torrents: display name, comment, paths and automatic management.

use std::sync::Arc;

use super::worker::Worker;
use super::{Engine, Error, Result, placement};
use crate::model::{Selection, TorrentId, TorrentKey};

impl Engine {
    /// Waits until the settings that were patched before are in force and show in the snapshot.
    ///
    /// The worker applies a changed profile before it takes an order, so an order without work is enough.
    pub async fn has_settings(&self) -> Result<()> {
        self.run("settings", |_| Ok(())).await
    }

    /// Gives a torrent another display name; the content keeps its names.
    ///
    /// # Errors
    /// `Invalid` for an empty name, `NotFound`.
    pub async fn rename(&self, id: TorrentId, name: String) -> Result<()> {
        if name.trim().is_empty() {
            return Err(Error::Invalid("a torrent needs a name".to_owned()));
        }
        self.run("rename", move |worker| {
            let key = worker.find(id)?;
            worker.edit_options(key, |options| options.name = Some(name));
            Ok(())
        })
        .await
    }

    pub async fn set_comment(&self, which: Selection, comment: String) -> Result<()> {
        self.run("set comment", move |worker| {
            worker.for_each(&which, |worker, key| {
                if worker.known(key)?.facts.comment != comment {
                    worker.edit_facts(key, |facts| facts.comment.clone_from(&comment));
                }
                Ok(())
            })
        })
        .await
    }

    /// Turns automatic management off and moves the content of torrents to `path`.
    ///
    /// A relative path starts at the default save path, or at the category's if the preferences say so. Content that
    /// lies in a download path moves when it is complete.
    pub async fn set_location(&self, which: Selection, path: String) -> Result<()> {
        self.run("set location", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.set_manual(key);
                worker.set_save_path(key, &path)
            })
        })
        .await
    }

    /// As [`Engine::set_location`], but only for torrents in manual mode.
    pub async fn set_save_path(&self, which: Selection, path: String) -> Result<()> {
        self.run("set save path", move |worker| {
            worker.for_each(&which, |worker, key| {
                if worker.known(key)?.options.auto_managed {
                    return Ok(());
                }
                worker.set_save_path(key, &path)
            })
        })
        .await
    }

    /// Sets or, with `None`, switches off the download path of torrents in manual mode.
    pub async fn set_download_path(&self, which: Selection, path: Option<String>) -> Result<()> {
        self.run("set download path", move |worker| {
            worker.for_each(&which, |worker, key| {
                if worker.known(key)?.options.auto_managed {
                    return Ok(());
                }
                worker.set_download_path(key, path.as_deref())
            })
        })
        .await
    }

    /// Lets category and preferences decide where content lies, or freezes the present paths.
    pub async fn set_auto_management(&self, which: Selection, on: bool) -> Result<()> {
        self.run("set automatic management", move |worker| {
            worker.for_each(&which, |worker, key| {
                match (on, worker.known(key)?.options.auto_managed) {
                    (true, false) => {
                        worker.edit_options(key, |options| options.auto_managed = true);
                        worker.follow_category(key)
                    }
                    (false, true) => {
                        worker.set_manual(key);
                        Ok(())
                    }
                    _ => Ok(()),
                }
            })
        })
        .await
    }
}

impl Worker {
    /// Ends automatic management; the paths stay as they are.
    pub(super) fn set_manual(&mut self, key: TorrentKey) {
        if self.torrent(key).is_some_and(|torrent| torrent.options.auto_managed) {
            self.edit_options(key, |options| options.auto_managed = false);
        }
    }

    fn set_save_path(&mut self, key: TorrentKey, path: &str) -> Result<()> {
        let options = &self.known(key)?.options;
        let use_category_paths = self.profile.downloads.use_category_paths_in_manual_mode;
        let path = placement::manual_save_path(
            &self.working,
            options.category.as_deref(),
            use_category_paths,
            path,
        );
        let download_path = options.download_path.clone();
        self.place(key, path.into(), download_path)
    }

    fn set_download_path(&mut self, key: TorrentKey, path: Option<&str>) -> Result<()> {
        let options = &self.known(key)?.options;
        let use_category_paths = self.profile.downloads.use_category_paths_in_manual_mode;
        let category = options.category.as_deref();
        let path = path.map(|path| {
            placement::manual_download_path(&self.working, category, use_category_paths, path)
                .into()
        });
        let save_path = Arc::clone(&options.save_path);
        self.place(key, save_path, path)
    }

    /// Brings a torrent to where its category and the preferences say.
    pub(super) fn follow_category(&mut self, key: TorrentKey) -> Result<()> {
        let options = &self.known(key)?.options;
        let category = options.category.as_deref();
        let save_path = placement::save_path(&self.working, category);
        let download_path = placement::download_path(&self.working, category);
        if *save_path == *options.save_path
            && download_path.as_deref() == options.download_path.as_deref()
        {
            return Ok(());
        }
        self.place(key, save_path.into(), download_path.map(Into::into))
    }

    /// True if category and preferences say something else than the torrent's paths.
    pub(super) fn is_misplaced(&self, key: TorrentKey) -> bool {
        let Some(torrent) = self.torrent(key) else { return false };
        let options = &torrent.options;
        let category = options.category.as_deref();
        *placement::save_path(&self.working, category) != *options.save_path
            || placement::download_path(&self.working, category).as_deref()
                != options.download_path.as_deref()
    }
}
