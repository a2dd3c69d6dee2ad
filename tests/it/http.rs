//! The HTTP server as clients meet it.

mod auth;
mod routes;
