//! The client-server API over HTTP, in the test's own process; one file per group of endpoints.

mod media;
mod profile;
mod push;
