//! Who may ask: only by our own host names, and what changes or reads data only from our own pages.

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HOST, ORIGIN, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shown;

/// Refuses foreign hosts (421) and foreign sites (403); marks every answer as not to be stored.
pub async fn check(State(shown): State<Shown>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Pages may be opened by a link from anywhere; other sites can neither read them nor frame them.
    let page = request.method().is_safe()
        && !path.starts_with("/dev/mailbox/api/")
        && path != "/dev/mailbox/events";
    let mut answer = if !is_ours(request.headers(), &shown.hosts) {
        let why = "The sandbox mailbox answers only to its own host names.\n";
        (StatusCode::MISDIRECTED_REQUEST, why).into_response()
    } else if !page && !is_same_origin(request.headers()) {
        (
            StatusCode::FORBIDDEN,
            "This request came from another site.\n",
        )
            .into_response()
    } else {
        next.run(request).await
    };
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// The one Host header, in lower case; none where there is none or more than one.
fn host(headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next()?.to_str().ok()?.to_ascii_lowercase();
    hosts.next().is_none().then_some(host)
}

fn is_ours(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(host) = host(headers) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => &host,
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    allowed.iter().any(|ours| ours.eq_ignore_ascii_case(name))
}

/// Whether no header says that another site sent this. Programs that are no browsers send neither.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let value = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let origin = value(ORIGIN.as_str());
    let foreign = origin.is_some_and(|origin| {
        let origin = origin.to_ascii_lowercase();
        origin != "null"
            && origin.split_once("://").map(|(_, rest)| rest) != host(headers).as_deref()
    });
    match value("sec-fetch-site") {
        _ if foreign => false,
        Some(site) => site == "same-origin" || site == "none",
        None => origin != Some("null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn hosts() {
        let allowed = [
            "127.0.0.1".to_owned(),
            "localhost".to_owned(),
            "[::1]".to_owned(),
        ];
        for ours in [
            "127.0.0.1",
            "127.0.0.1:3000",
            "LOCALHOST:1",
            "localhost.",
            "[::1]",
            "[::1]:3000",
        ] {
            assert!(is_ours(&headers(&[("host", ours)]), &allowed), "{ours}");
        }
        for other in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil",
            "[::1",
            "::1",
            "localhost:x",
        ] {
            assert!(!is_ours(&headers(&[("host", other)]), &allowed), "{other}");
        }
        assert!(!is_ours(&headers(&[]), &allowed));
        assert!(!is_ours(
            &headers(&[("host", "localhost"), ("host", "localhost")]),
            &allowed
        ));
    }

    #[test]
    fn origins() {
        let ask = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = headers(pairs);
            headers.insert(HOST, HeaderValue::from_static("localhost:3000"));
            is_same_origin(&headers)
        };
        assert!(ask(&[]));
        assert!(ask(&[("origin", "http://localhost:3000")]));
        assert!(ask(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "null")
        ]));
        assert!(ask(&[("sec-fetch-site", "none")]));
        assert!(!ask(&[("origin", "null")]));
        assert!(!ask(&[("origin", "http://localhost:4000")]));
        assert!(!ask(&[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!ask(&[("sec-fetch-site", "cross-site")]));
        assert!(!ask(&[("sec-fetch-site", "same-site")]));
    }
}
