//! Pages and server functions over HTTP: the only room that knows axum.

pub mod actions;
pub mod api;
pub mod bridge;
pub mod client;
pub mod console;
pub mod cookies;
pub mod fields;
pub mod guard;
pub mod headers;
pub mod health;
pub mod listen;
pub mod mailbox;
pub mod router;
pub mod show;
pub mod site;
pub mod state;

pub use console::Runs;
pub use router::router;
pub use state::App;
