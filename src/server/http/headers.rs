//! The headers that every answer carries (ASVS 5.0, 3.4), and one log line a request.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::client::Client;
use super::state::App;
use crate::server::config::Environment;

/// Adds what is missing; a handler that set a stricter policy of its own keeps it.
pub async fn protect(State(app): State<App>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Client>().cloned();
    let nonce = client
        .as_ref()
        .map(|client| client.nonce.clone())
        .unwrap_or_default();
    let method = request.method().clone();
    // The path alone: a query may hold what somebody should not have put there.
    let path = request.uri().path().to_owned();
    let began = Instant::now();
    let mut response = next.run(request).await;
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            header::HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), payment=()",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if app.service.config.env == Environment::Production {
        let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
    if let Ok(policy) = HeaderValue::from_str(&policy(&nonce, app.look.assets.reload_port)) {
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(policy);
    }
    if let Some(client) = client {
        let status = response.status().as_u16();
        let ms = began.elapsed().as_millis();
        if let Ok(id) = HeaderValue::from_str(&client.request_id) {
            response.headers_mut().insert("x-request-id", id);
        }
        tracing::info!(target: "postern::http", %method, path, status, ms, request_id = client.request_id, "request");
    }
    response
}

/// Content-Security-Policy: scripts by nonce, WebAssembly, and nothing from elsewhere.
fn policy(nonce: &str, reload_port: Option<u16>) -> String {
    let reload = reload_port.map(|port| format!(" ws://127.0.0.1:{port} ws://localhost:{port}"));
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'{}; worker-src 'self'; \
         frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
        reload.unwrap_or_default()
    )
}
