//! Follows the interfaces and addresses of this machine: one that comes back is listened on again.

use std::sync::Arc;
use std::time::Duration;

use revaer_native::Setting;
use tokio::sync::mpsc;

use super::{Host, listen};
use crate::engine::Shared;
use crate::engine::health::Part;
use crate::engine::worker::{FollowUp, Worker};

/// How often the system is asked for its addresses.
const PERIOD: Duration = Duration::from_secs(5);

/// Tells the engine about changed addresses until the session ends.
pub(in crate::engine) async fn watch(
    shared: Arc<Shared>,
    mut known: Host,
    follow_ups: mpsc::UnboundedSender<FollowUp>,
) {
    let told = |host: Host| -> FollowUp { Box::new(move |worker| worker.network_changed(host)) };
    // What was missing at the start is worth a word too.
    let mut is_first = true;
    loop {
        let found = tokio::task::spawn_blocking(Host::read).await;
        match found {
            Ok(Ok(host)) if is_first || host != known => {
                is_first = false;
                known = host.clone();
                if follow_ups.send(told(host)).is_err() {
                    return;
                }
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!("the network interfaces cannot be read: {error}"),
            Err(_) => return,
        }
        let again: FollowUp = Box::new(Worker::listen_again);
        if follow_ups.send(again).is_err() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = stopping(&shared) => return,
        }
    }
}

async fn stopping(shared: &Shared) {
    let mut stop = shared.stop.subscribe();
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Worker {
    fn network_changed(&mut self, host: Host) {
        let is_change = host != self.host;
        self.host = host;
        self.note_missing_interfaces();
        if !is_change {
            return;
        }
        tracing::info!("the addresses of this machine have changed");
        let profile = Arc::clone(&self.profile);
        let told = self.apply_settings(&profile);
        let moved = |setting: &Setting| setting.name == "listen_interfaces";
        // libtorrent opens its sockets anew when it is told other places; for the same ones it needs a word.
        if !told.iter().any(moved)
            && let Err(error) = self.session.reopen_sockets()
        {
            tracing::error!("the sockets cannot be opened anew: {error}");
        }
        if profile.connection.reannounce_when_address_changed {
            self.reannounce_all();
        }
    }

    /// Tries again where it could not listen: an address that has just come is not usable at once, and a port may
    /// become free. A try after which nothing failed ends the worry.
    fn listen_again(&mut self) {
        if !self.shared.health.is_worried(Part::Listening) {
            self.listen_tried = None;
        } else if self.listen_tried == Some(self.listen_failures) {
            self.listen_tried = None;
            self.shared.health.relieve(Part::Listening);
        } else {
            self.listen_tried = Some(self.listen_failures);
            if let Err(error) = self.session.reopen_sockets() {
                tracing::error!("the sockets cannot be opened anew: {error}");
            }
        }
    }

    /// libtorrent says nothing about an interface that is not there.
    pub(in crate::engine) fn note_missing_interfaces(&self) {
        let board = &self.shared.health;
        match listen::missing(&self.profile, &self.host).as_slice() {
            [] => board.relieve(Part::Interfaces),
            missing => {
                let reason = format!("`{}` is not there to listen on", missing.join("`, `"));
                tracing::warn!("{reason}");
                board.worry(Part::Interfaces, reason);
            }
        }
    }

    fn reannounce_all(&mut self) {
        let running: Vec<_> = self
            .working
            .torrents
            .values()
            .filter(|row| !row.is_stopped())
            .map(|row| row.key)
            .collect();
        for key in running {
            self.tell(key, "announced", |session| session.reannounce(key.0, None));
        }
    }
}
