//! Seals secrets at rest.
