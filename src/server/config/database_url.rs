//! Where the data is: which of the two databases, and how it is shown to people, without its password.

use std::fmt;

/// `sqlite:PATH` or `postgres://user@host:port/name`. Prints without password and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

/// Longest URL that is taken.
const MOST: usize = 2_000;

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self("sqlite:var/postern.sqlite".to_owned())
    }
}

impl DatabaseUrl {
    /// A URL of one of the two kinds. Whether anything answers there is another question.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MOST || text.chars().any(|c| c.is_control()) {
            return None;
        }
        let fits = match text.strip_prefix("sqlite:") {
            Some(path) => !path.trim_matches('/').is_empty(),
            None => postgres(text).is_some_and(|rest| !rest.is_empty()),
        };
        fits.then(|| Self(text.to_owned()))
    }

    /// Which of the two databases it names.
    pub fn kind(&self) -> DatabaseKind {
        match postgres(&self.0) {
            Some(_) => DatabaseKind::Postgres,
            None => DatabaseKind::Sqlite,
        }
    }

    /// The whole of it, for the driver alone: it may hold a password.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it holds a password.
    pub fn has_password(&self) -> bool {
        let Some(rest) = postgres(&self.0) else {
            return false;
        };
        let parts = parts(rest);
        // In doubt, yes.
        parts.hides
            || parts.user.contains(':')
            || parts
                .query
                .split('&')
                .any(|pair| pair.starts_with("password="))
    }
}

/// What a PostgreSQL URL says after its scheme.
struct Parts<'a> {
    /// With its password.
    user: &'a str,
    /// Host, port and name.
    place: &'a str,
    query: &'a str,
    /// Whether a part of a password may be anywhere: then nothing is shown.
    hides: bool,
}

/// A password may hold anything, a slash or an @ too, where somebody did not encode it: what follows the last @ is none. With a question
/// mark before that, nobody knows which of the two holds it. Where there is no @, what follows the first colon is a port, or else the
/// password of somebody who forgot the host.
fn parts(rest: &str) -> Parts<'_> {
    let (user, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place.split('/').next().unwrap_or_default();
    // An address of IPv6 has colons of its own, in brackets.
    let after_host = authority.rsplit(']').next().unwrap_or_default();
    let port = after_host.split_once(':').map_or("", |(_, port)| port);
    let no_port = user.is_empty() && port.chars().any(|c| !c.is_ascii_digit());
    Parts {
        user,
        place,
        query,
        hides: no_port || user.contains('?'),
    }
}

fn postgres(text: &str) -> Option<&str> {
    text.strip_prefix("postgres://")
        .or_else(|| text.strip_prefix("postgresql://"))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(rest) = postgres(&self.0) else {
            return f.write_str(&self.0);
        };
        let Parts {
            user, place, hides, ..
        } = parts(rest);
        if hides {
            return f.write_str("postgres://…");
        }
        let user = user.split(':').next().unwrap_or_default();
        let at = if user.is_empty() { "" } else { "@" };
        write!(f, "postgres://{user}{at}{place}")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown, secret) in [
            (
                "sqlite:var/postern.sqlite",
                "sqlite:var/postern.sqlite",
                false,
            ),
            ("postgres://db/postern", "postgres://db/postern", false),
            ("postgres://me@db:5433/p", "postgres://me@db:5433/p", false),
            ("postgres://me:s3cret@db/p", "postgres://me@db/p", true),
            (
                "postgresql://me:a@b/c@db/p?sslmode=require",
                "postgres://me@db/p",
                true,
            ),
            (
                "postgres://me@db/p?user=x&password=s3cret",
                "postgres://me@db/p",
                true,
            ),
            ("postgres:///p?host=/run/postgresql", "postgres:///p", false),
            ("postgres://me:S3cr?et@db/p", "postgres://…", true),
            ("postgres://me:S3cr/et@db/p", "postgres://me@db/p", true),
            ("postgres://me@db/p?password=s3@cret", "postgres://…", true),
            ("postgres://:s3cret@db/p", "postgres://db/p", true),
            ("postgres://me:s3cret/p", "postgres://…", true),
            ("postgres://me:s3?cret", "postgres://…", true),
            (
                "postgres://me@[::1]:5433/p",
                "postgres://me@[::1]:5433/p",
                false,
            ),
            ("postgres://[::1]/p", "postgres://[::1]/p", false),
            (
                "postgres://me@db/p?user=a@b&password=s3cret",
                "postgres://…",
                true,
            ),
        ] {
            let url = DatabaseUrl::parse(url).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("\"{shown}\""));
            assert_eq!(url.has_password(), secret, "{url}");
        }
    }

    #[test]
    fn what_names_no_database_is_refused() {
        let long = format!("sqlite:{}", "x".repeat(3_000));
        for text in [
            "",
            "sqlite:",
            "sqlite://",
            "mysql://db",
            "postgres:",
            "postgres://",
            "sqlite:a\nb",
            &long,
        ] {
            assert!(DatabaseUrl::parse(text).is_none(), "{text}");
        }
    }
}
