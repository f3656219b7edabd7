//! The two cookies: `__Host-` and Secure wherever the site is on https; plain names only in development on loopback.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite};

use crate::server::secrets::Token;

/// The cookies' names and attributes on this site.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    secure: bool,
}

/// A change to the browser's cookies.
#[derive(Debug, Clone)]
pub enum Change {
    /// A reset session was opened.
    OpenReset(Token, Duration),
    /// It is over.
    CloseReset,
    /// A sign-in session was opened.
    OpenSession(Token, Duration),
    /// It is over.
    CloseSession,
}

impl Cookies {
    /// For a site at that URL.
    pub fn for_site(public_url: &str) -> Self {
        Self {
            secure: public_url.starts_with("https://"),
        }
    }

    /// The sign-in session's.
    pub const fn session_name(self) -> &'static str {
        if self.secure {
            "__Host-postern"
        } else {
            "postern"
        }
    }

    /// The reset session's.
    pub const fn reset_name(self) -> &'static str {
        if self.secure {
            "__Host-postern-reset"
        } else {
            "postern-reset"
        }
    }

    /// The header that makes a change.
    pub fn header(self, change: &Change) -> Option<HeaderValue> {
        let (reset, session) = (self.reset_name(), self.session_name());
        let (strict, lax) = (SameSite::Strict, SameSite::Lax);
        let (name, value, life, same_site) = match change {
            Change::OpenReset(token, life) => (reset, Some(token), *life, strict),
            Change::CloseReset => (reset, None, Duration::ZERO, strict),
            Change::OpenSession(token, life) => (session, Some(token), *life, lax),
            Change::CloseSession => (session, None, Duration::ZERO, lax),
        };
        let value = value
            .map(|token| token.expose().to_string())
            .unwrap_or_default();
        let max_age = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        let cookie = Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(same_site)
            .max_age(cookie::time::Duration::seconds(max_age))
            .build();
        HeaderValue::from_str(&cookie.to_string()).ok()
    }
}

/// The cookies that a request brought, by name.
pub fn read(headers: &HeaderMap) -> HashMap<String, String> {
    let lines = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| Cookie::split_parse(line.to_owned()))
        .filter_map(Result::ok)
        .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_bound_to_the_host_and_hidden_from_scripts() {
        let token = Token::draw().unwrap();
        let life = Duration::from_secs(600);
        let header = |url: &str, change: Change| {
            let value = Cookies::for_site(url).header(&change).unwrap();
            value.to_str().unwrap().to_owned()
        };
        let set = header("https://a.example", Change::OpenReset(token.clone(), life));
        assert!(set.starts_with("__Host-postern-reset="), "{set}");
        for attribute in [
            "HttpOnly",
            "Secure",
            "SameSite=Strict",
            "Path=/",
            "Max-Age=600",
        ] {
            assert!(set.contains(attribute), "{attribute} in {set}");
        }
        assert!(!set.contains("Domain"));
        let set = header("http://127.0.0.1:3000", Change::OpenSession(token, life));
        assert!(
            set.starts_with("postern=") && set.contains("SameSite=Lax"),
            "{set}"
        );
        assert!(header("http://127.0.0.1:3000", Change::CloseSession).contains("Max-Age=0"));
    }
}
