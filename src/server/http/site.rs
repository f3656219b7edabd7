//! The built files: which there are, where they are, and how they are served (a year for names that carry a hash).

use std::collections::HashMap;
use std::path::Path;

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::ui::shell::Assets;

/// Reads the manifest of the site; without one (under `cargo leptos watch`) the names are plain.
///
/// # Errors
/// When the folder is not there, or its manifest cannot be read.
pub fn assets(root: &Path) -> anyhow::Result<Assets> {
    let file = root.join("manifest.json");
    let reload_port = std::env::var("LEPTOS_WATCH").is_ok().then(|| {
        std::env::var("LEPTOS_RELOAD_PORT")
            .ok()
            .and_then(|port| port.parse().ok())
            .unwrap_or(3001)
    });
    let names: HashMap<String, String> = if file.is_file() {
        serde_json::from_str(&std::fs::read_to_string(&file)?)?
    } else if reload_port.is_some() {
        HashMap::new()
    } else {
        anyhow::bail!(
            "site.root = {root:?} holds no built site (no manifest.json): build it with `make run` or `make build`"
        );
    };
    let path = |name: &str, plain: &str| {
        let path = names.get(name).map_or(plain, String::as_str);
        format!("/{path}")
    };
    Ok(Assets {
        css: path("postern.css", "pkg/postern.css"),
        favicon: path("favicon.svg", "favicon.svg"),
        js: path("postern.js", "pkg/postern.js"),
        wasm: path("postern.wasm", "pkg/postern.wasm"),
        worker: path("strength-worker.js", "strength-worker.js"),
        mailbox_js: path("mailbox.js", "mailbox.js"),
        console_js: path("console.js", "console.js"),
        reload_port,
    })
}

/// Headers of built files: cached for good where the name changes with the content, and a policy for the worker.
pub async fn cached(request: Request, next: Next) -> Response {
    let hashed =
        request.uri().path().starts_with("/pkg/") && std::env::var_os("LEPTOS_WATCH").is_none();
    let mut response = next.run(request).await;
    let found = response.status().is_success() || response.status() == 304;
    let headers = response.headers_mut();
    let age = if hashed && found {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(age));
    // A worker runs under the policy of its own script.
    let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy),
    );
    response
}
