//! Moves in the queue of incomplete torrents.

use super::control::QueueMove;
use super::worker::Worker;
use super::{Engine, Error, Result};
use crate::model::{Selection, TorrentId, TorrentKey};
use crate::store::Change;

impl Engine {
    /// Moves torrents in the queue; complete ones are skipped.
    ///
    /// # Errors
    /// `QueueingDisabled` while the queueing system is off.
    pub async fn move_in_queue(&self, which: Selection, step: QueueMove) -> Result<()> {
        self.run("move in queue", move |worker| worker.move_in_queue(&which, step)).await
    }

    /// Gives a torrent a place in the queue, from 0; one beyond the end is the last.
    ///
    /// # Errors
    /// `QueueingDisabled`; `Invalid` for a complete torrent, which is in no queue.
    pub async fn set_queue_position(&self, id: TorrentId, position: u32) -> Result<()> {
        self.run("set queue position", move |worker| worker.set_queue_position(id, position)).await
    }
}

impl Worker {
    fn move_in_queue(&mut self, which: &Selection, step: QueueMove) -> Result<()> {
        if !self.working.context.queueing {
            return Err(Error::QueueingDisabled);
        }
        let mut order = self.queue();
        let picked = self.select(which);
        let steps = reorder(&mut order, &picked, step);
        for key in steps {
            self.tell(key, "moved in the queue", |session| match step {
                QueueMove::Up => session.queue_up(key.0),
                QueueMove::Down => session.queue_down(key.0),
                QueueMove::Top => session.queue_top(key.0),
                QueueMove::Bottom => session.queue_bottom(key.0),
            });
        }
        self.take_order(order);
        Ok(())
    }

    fn set_queue_position(&mut self, id: TorrentId, position: u32) -> Result<()> {
        if !self.working.context.queueing {
            return Err(Error::QueueingDisabled);
        }
        let key = self.find(id)?;
        let mut order = self.queue();
        let Some(place) = order.iter().position(|other| *other == key) else {
            return Err(Error::Invalid("a complete torrent has no place in the queue".to_owned()));
        };
        order.remove(place);
        let wanted = order.len().min(position as usize);
        order.insert(wanted, key);
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        self.tell(key, "moved in the queue", |session| session.queue_set(key.0, wanted));
        self.take_order(order);
        Ok(())
    }

    /// All torrents that have a place, from first to last.
    fn queue(&self) -> Vec<TorrentKey> {
        let mut queue: Vec<(u32, TorrentKey)> = self
            .working
            .torrents
            .values()
            .filter_map(|row| Some((row.status.queue_position?, row.key)))
            .collect();
        queue.sort_unstable();
        queue.into_iter().map(|(_, key)| key).collect()
    }

    /// Shows and stores a new order.
    fn take_order(&mut self, order: Vec<TorrentKey>) {
        for (position, key) in (0..).zip(order) {
            let Some(torrent) = self.torrent(key) else { continue };
            if torrent.status.queue_position == Some(position) {
                continue;
            }
            self.edit(key, |torrent| torrent.status.queue_position = Some(position));
            if let Some(status) = self.stored_status(key) {
                self.store(Change::PutStatus(key, Box::new(status)));
            }
        }
        self.hurry();
    }
}

/// Moves what is picked and returns the single steps in the order in which they are made.
///
/// The order of the steps is upstream's: what moves up or to the bottom goes first to last, what moves down or to the
/// top goes last to first, so that torrents moved to an end keep their order.
fn reorder(order: &mut Vec<TorrentKey>, picked: &[TorrentKey], step: QueueMove) -> Vec<TorrentKey> {
    let picked: std::collections::HashSet<TorrentKey> = picked.iter().copied().collect();
    let mut steps: Vec<TorrentKey> =
        order.iter().copied().filter(|key| picked.contains(key)).collect();
    if matches!(step, QueueMove::Down | QueueMove::Top) {
        steps.reverse();
    }
    match step {
        QueueMove::Up | QueueMove::Down => {
            let mut places: std::collections::HashMap<TorrentKey, usize> =
                order.iter().enumerate().map(|(place, key)| (*key, place)).collect();
            for key in &steps {
                let place = places[key];
                let other =
                    if step == QueueMove::Up { place.checked_sub(1) } else { Some(place + 1) };
                let Some(other) = other.filter(|other| *other < order.len()) else { continue };
                places.insert(order[other], place);
                places.insert(*key, other);
                order.swap(place, other);
            }
        }
        QueueMove::Top | QueueMove::Bottom => {
            let (mut moved, rest): (Vec<TorrentKey>, Vec<TorrentKey>) =
                order.iter().partition(|key| picked.contains(*key));
            if step == QueueMove::Top {
                moved.extend(rest);
                *order = moved;
            } else {
                *order = rest;
                order.append(&mut moved);
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(step: QueueMove, picked: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let mut order: Vec<TorrentKey> = (0..5).map(TorrentKey).collect();
        let picked: Vec<TorrentKey> = picked.iter().copied().map(TorrentKey).collect();
        let steps = reorder(&mut order, &picked, step);
        (order.iter().map(|key| key.0).collect(), steps.iter().map(|key| key.0).collect())
    }

    #[test]
    fn torrents_moved_to_an_end_keep_their_order() {
        assert_eq!(moved(QueueMove::Top, &[4, 2]), (vec![2, 4, 0, 1, 3], vec![4, 2]));
        assert_eq!(moved(QueueMove::Bottom, &[3, 0]), (vec![1, 2, 4, 0, 3], vec![0, 3]));
    }

    #[test]
    fn single_steps_stop_at_the_ends() {
        assert_eq!(moved(QueueMove::Up, &[2, 3]).0, [0, 2, 3, 1, 4]);
        assert_eq!(moved(QueueMove::Down, &[1, 2]).0, [0, 3, 1, 2, 4]);
        assert_eq!(moved(QueueMove::Up, &[0]).0, [0, 1, 2, 3, 4]);
        assert_eq!(moved(QueueMove::Down, &[4]).0, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn what_is_not_in_the_queue_is_skipped() {
        assert_eq!(moved(QueueMove::Top, &[9]), (vec![0, 1, 2, 3, 4], vec![]));
    }
}
