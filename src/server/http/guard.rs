//! State changes come from our own pages only: checked by what the browser says of the request's origin.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::api;
use super::client::Client;
use super::show;
use super::state::{App, Visit};
use crate::api::error::ApiError;

/// Lets safe methods pass, and others only from our own origin; both headers absent is no browser, and passes.
pub async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if safe || allowed(request.headers(), &app.service.config.site.public_url) {
        return next.run(request).await;
    }
    Asked::of(&request).refuse(app, &ApiError::Forbidden)
}

/// Behind a trusted proxy the door sees one peer for all: there each client has as many requests at once as it has connections
/// elsewhere, so that one cannot keep all of the proxy's connections busy.
pub async fn in_bounds(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let forwarded = app.asking.trusts(peer.ip());
    let client = request.extensions().get::<Client>().filter(|_| forwarded);
    let Some(client) = client.map(|client| client.address) else {
        return next.run(request).await;
    };
    let Some(place) = app.asking.enter(client) else {
        return Asked::of(&request).refuse(app, &ApiError::Busy { retry_after: 5 });
    };
    let mut response = next.run(request).await;
    // Until the answer is taken (listen/answer.rs).
    response.extensions_mut().insert(Arc::new(place));
    response
}

/// Gives up on what takes longer than `limits.request_timeout`. A form that is given up in the middle may have been done.
pub async fn in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    // Streams of the sandbox mailbox stay open: they answer at once, and it is the answer that is timed.
    let asked = Asked::of(&request);
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let patience = app.service.config.limits.request_timeout;
    match tokio::time::timeout(patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) if safe => asked.refuse(app, &ApiError::Busy { retry_after: 5 }),
        Err(_) => asked.refuse(app, &ApiError::Unsure { retry_after: 5 }),
    }
}

/// A fault that nobody foresaw: logged by the panic's own hook, told in one sentence.
pub fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a request panicked");
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong on our side. Please try again.",
    )
        .into_response()
}

/// What is needed to answer in place of a handler.
struct Asked {
    api: bool,
    headers: HeaderMap,
    client: Option<Client>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self {
            api: request.uri().path().starts_with("/api/"),
            headers: request.headers().clone(),
            client: request.extensions().get::<Client>().cloned(),
        }
    }

    fn refuse(&self, app: App, error: &ApiError) -> Response {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        match &self.client {
            Some(_) if self.api => api::refusal(error, status),
            Some(client) => show::error_page(&Visit::new(app, &self.headers, client), error),
            None => status.into_response(),
        }
    }
}

fn allowed(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("unreadable"))
    };
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => return true,
        Some(_) => return false,
        None => {}
    }
    text(header::ORIGIN.as_str()).is_none_or(|origin| origin.eq_ignore_ascii_case(public_url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w7_only_our_own_pages_may_change_state() {
        let site = "https://a.example";
        let with = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            allowed(&headers, site)
        };
        assert!(with(&[]));
        assert!(with(&[("origin", site)]));
        assert!(with(&[("sec-fetch-site", "same-origin"), ("origin", site)]));
        assert!(with(&[("sec-fetch-site", "none")]));
        assert!(!with(&[("origin", "null")]));
        assert!(!with(&[("origin", "https://evil.example")]));
        assert!(!with(&[("origin", "https://a.example.evil")]));
        assert!(!with(&[("sec-fetch-site", "cross-site")]));
        assert!(!with(&[("sec-fetch-site", "same-site"), ("origin", site)]));
    }
}
