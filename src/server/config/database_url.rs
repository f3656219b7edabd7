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
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = place.split('/').next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        user.is_some_and(|user| user.contains(':'))
            || query.split('&').any(|pair| pair.starts_with("password="))
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
        let place = rest.split('?').next().unwrap_or_default();
        // A password may hold anything, a slash or an @ too, where somebody did not encode it: what follows the last @ is none.
        let (user, host) = match place.rsplit_once('@') {
            Some((user, host)) => (user.split(':').next().unwrap_or_default(), host),
            None => ("", place),
        };
        let at = if user.is_empty() { "" } else { "@" };
        write!(f, "postgres://{user}{at}{host}")
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
