//! A mail's HTML under a policy of its own: it shows itself, its links open in a new tab, and it loads and runs nothing.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS};
use axum::response::{Html, IntoResponse, Response};

use super::Shown;

/// No loads, no scripts, no forms, nobody else's frame; links work by a click.
const POLICY: &str = "default-src 'none'; img-src data: cid:; style-src 'unsafe-inline'; \
    sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; \
    frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

pub async fn html(State(shown): State<Shown>, id: Result<Path<String>, PathRejection>) -> Response {
    let message = id.ok().and_then(|Path(id)| shown.mailbox.get(&id));
    let (status, body) = match message.as_ref().and_then(|message| message.html.as_deref()) {
        Some(html) => (StatusCode::OK, prepared(html)),
        None => (
            StatusCode::NOT_FOUND,
            "<!doctype html><p>No such HTML.".to_owned(),
        ),
    };
    let headers = [
        (CONTENT_SECURITY_POLICY.as_str(), POLICY),
        (REFERRER_POLICY.as_str(), "no-referrer"),
        // The site's other pages say DENY; this one is made for a frame.
        (X_FRAME_OPTIONS.as_str(), "SAMEORIGIN"),
        // The policy does not stop a browser from looking up the names in links ahead of a click.
        ("x-dns-prefetch-control", "off"),
    ];
    (status, headers, Html(body)).into_response()
}

/// With links that open in a new tab, and without `<link>`.
///
/// Whatever a `<link>` loads, the policy refuses; but it may also look up a name or open a connection ahead of time (dns-prefetch,
/// preconnect), which no policy stops and which tells the sender that the mail was opened.
fn prepared(html: &str) -> String {
    let at = after_doctype(html);
    let (head, rest) = html.split_at(at);
    let mut out = String::with_capacity(html.len() + 32);
    out.push_str(head);
    out.push_str("<base target=\"_blank\">");
    let mut rest = rest;
    while let Some(found) = rest.find('<') {
        let (before, tag) = rest.split_at(found);
        out.push_str(before);
        out.push('<');
        rest = &tag[1..];
        if rest
            .get(..4)
            .is_some_and(|name| name.eq_ignore_ascii_case("link"))
        {
            out.push_str("x-");
        }
    }
    out.push_str(rest);
    out
}

/// Where a leading doctype ends; 0 where there is none. Anything before it would turn on the browser's quirks.
fn after_doctype(html: &str) -> usize {
    let mut rest = html.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        let Some(end) = comment.find("-->") else {
            return 0;
        };
        rest = comment[end + 3..].trim_start();
    }
    if !rest
        .get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"))
    {
        return 0;
    }
    rest.find('>')
        .map_or(0, |end| html.len() - rest.len() + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_comes_first_but_for_the_doctype() {
        let base = "<base target=\"_blank\">";
        for (html, expected) in [
            ("<p>x", format!("{base}<p>x")),
            ("", base.to_owned()),
            (
                "<!DOCTYPE html>\n<p>x",
                format!("<!DOCTYPE html>{base}\n<p>x"),
            ),
            (
                " <!-- a --> <!doctype html><p>",
                format!(" <!-- a --> <!doctype html>{base}<p>"),
            ),
            (
                "<!-- <!doctype html>",
                format!("{base}<!-- <!doctype html>"),
            ),
            ("<!doctype", format!("{base}<!doctype")),
            (
                "<LINK rel=x><link><a>",
                format!("{base}<x-LINK rel=x><x-link><a>"),
            ),
            ("<é<lin<", format!("{base}<é<lin<")),
        ] {
            assert_eq!(prepared(html), expected);
        }
    }
}
