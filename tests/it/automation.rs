//! Loops that act by themselves, on a real engine.

mod schedule;
