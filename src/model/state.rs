//! The state of a torrent, derived in one place from what libtorrent reports and what the operator wishes.

/// The states that clients know; each contract has its own words for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TorrentState {
    Error,
    MissingFiles,
    Uploading,
    StoppedUp,
    QueuedUp,
    StalledUp,
    CheckingUp,
    ForcedUp,
    Downloading,
    MetaDl,
    ForcedMetaDl,
    StoppedDl,
    QueuedDl,
    StalledDl,
    CheckingDl,
    ForcedDl,
    CheckingResumeData,
    Moving,
}

/// libtorrent's own phase of a torrent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    #[default]
    CheckingResumeData,
    CheckingFiles,
    DownloadingMetadata,
    Downloading,
    Finished,
    Seeding,
}

/// Everything the state depends on.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent input of the reference's table"
)]
pub struct Activity {
    pub phase: Phase,
    pub has_metadata: bool,
    /// The operator wants it stopped.
    pub is_stopped: bool,
    /// The operator wants it to run whatever the queue says.
    pub is_forced: bool,
    /// libtorrent has paused it, for the queue or on our word.
    pub is_paused: bool,
    /// The queueing system is on.
    pub queueing: bool,
    pub is_moving: bool,
    pub has_missing_files: bool,
    pub has_error: bool,
    /// It was complete before the check that is running now.
    pub was_finished: bool,
    /// Payload bytes per second.
    pub download_rate: i64,
    pub upload_rate: i64,
}

impl Activity {
    /// The state, first hit wins, in the order of the contract's reference (section 18.1).
    #[must_use]
    pub fn state(&self) -> TorrentState {
        let is_queued = self.queueing && !self.is_stopped && !self.is_forced && self.is_paused;
        let is_forced = self.is_forced && !self.is_stopped;
        match self.phase {
            Phase::CheckingResumeData => TorrentState::CheckingResumeData,
            _ if self.is_moving => TorrentState::Moving,
            _ if self.has_missing_files => TorrentState::MissingFiles,
            _ if self.has_error => TorrentState::Error,
            _ if !self.has_metadata => match () {
                () if self.is_stopped => TorrentState::StoppedDl,
                () if is_queued => TorrentState::QueuedDl,
                () if is_forced => TorrentState::ForcedMetaDl,
                () => TorrentState::MetaDl,
            },
            Phase::CheckingFiles if !self.is_stopped && self.was_finished => {
                TorrentState::CheckingUp
            }
            Phase::CheckingFiles if !self.is_stopped => TorrentState::CheckingDl,
            Phase::Finished | Phase::Seeding => match () {
                () if self.is_stopped => TorrentState::StoppedUp,
                () if is_queued => TorrentState::QueuedUp,
                () if is_forced => TorrentState::ForcedUp,
                () if self.upload_rate > 0 => TorrentState::Uploading,
                () => TorrentState::StalledUp,
            },
            Phase::CheckingFiles | Phase::DownloadingMetadata | Phase::Downloading => match () {
                () if self.is_stopped => TorrentState::StoppedDl,
                () if is_queued => TorrentState::QueuedDl,
                () if is_forced => TorrentState::ForcedDl,
                () if self.download_rate > 0 => TorrentState::Downloading,
                () => TorrentState::StalledDl,
            },
        }
    }
}

impl TorrentState {
    /// All data that is wanted is here (stopped or not).
    #[must_use]
    pub fn is_complete(self) -> bool {
        matches!(
            self,
            Self::Uploading
                | Self::StoppedUp
                | Self::QueuedUp
                | Self::StalledUp
                | Self::CheckingUp
                | Self::ForcedUp
        )
    }

    /// Data is being verified.
    #[must_use]
    pub fn is_checking(self) -> bool {
        matches!(self, Self::CheckingUp | Self::CheckingDl | Self::CheckingResumeData)
    }

    /// The torrent needs the operator.
    #[must_use]
    pub fn is_errored(self) -> bool {
        matches!(self, Self::Error | Self::MissingFiles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(phase: Phase) -> Activity {
        Activity { phase, has_metadata: true, ..Activity::default() }
    }

    #[test]
    fn the_order_of_the_reference_decides() {
        let downloading = running(Phase::Downloading);

        assert_eq!(downloading.state(), TorrentState::StalledDl);
        assert_eq!(Activity { download_rate: 1, ..downloading }.state(), TorrentState::Downloading);
        assert_eq!(Activity { is_forced: true, ..downloading }.state(), TorrentState::ForcedDl);
        assert_eq!(
            Activity { is_forced: true, is_stopped: true, ..downloading }.state(),
            TorrentState::StoppedDl
        );
        assert_eq!(
            Activity { has_error: true, is_stopped: true, ..downloading }.state(),
            TorrentState::Error
        );
        assert_eq!(
            Activity { has_error: true, is_moving: true, ..downloading }.state(),
            TorrentState::Moving
        );
        assert_eq!(
            Activity { is_moving: true, ..running(Phase::CheckingResumeData) }.state(),
            TorrentState::CheckingResumeData
        );
    }

    #[test]
    fn a_paused_torrent_is_queued_only_while_queueing_is_on() {
        let paused = Activity { is_paused: true, ..running(Phase::Seeding) };

        assert_eq!(paused.state(), TorrentState::StalledUp);
        assert_eq!(Activity { queueing: true, ..paused }.state(), TorrentState::QueuedUp);
    }

    #[test]
    fn a_stopped_torrent_being_checked_reads_as_stopped() {
        let checking = running(Phase::CheckingFiles);

        assert_eq!(checking.state(), TorrentState::CheckingDl);
        assert_eq!(Activity { was_finished: true, ..checking }.state(), TorrentState::CheckingUp);
        assert_eq!(Activity { is_stopped: true, ..checking }.state(), TorrentState::StoppedDl);
    }

    #[test]
    fn without_metadata_only_the_wish_matters() {
        let magnet = Activity { phase: Phase::DownloadingMetadata, ..Activity::default() };

        assert_eq!(magnet.state(), TorrentState::MetaDl);
        assert_eq!(Activity { is_forced: true, ..magnet }.state(), TorrentState::ForcedMetaDl);
        assert_eq!(Activity { is_stopped: true, ..magnet }.state(), TorrentState::StoppedDl);
    }
}
