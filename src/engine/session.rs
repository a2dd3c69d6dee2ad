//! Profile → libtorrent: settings by name, session options, blocked ranges. Pure.
