//! State changes come from our own pages only: checked by what the browser says of the request's origin.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

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
    if request.uri().path().starts_with("/api/") {
        return (StatusCode::FORBIDDEN, "cross-site request refused").into_response();
    }
    match request.extensions().get::<Client>() {
        Some(client) => {
            let visit = Visit::new(app, request.headers(), client);
            show::error_page(&visit, &ApiError::Forbidden)
        }
        None => StatusCode::FORBIDDEN.into_response(),
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
