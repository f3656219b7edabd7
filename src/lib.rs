//! Postern, one crate for three builds: the server, the islands of the pages, and the strength module of the Web Worker.

pub mod domain;

#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod api;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod ui;

#[cfg(feature = "ssr")]
pub mod server;

/// The words alone: the rest of `ui` would bring Leptos into the worker.
#[cfg(feature = "strength")]
#[path = "ui/text/password.rs"]
mod password_words;
#[cfg(feature = "strength")]
pub mod strength;

/// Called by the page's script once the module has loaded: the islands wake up.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
