//! Just enough of an address to judge it (RFC 3986): no look-up, no normal form, nothing that is opened.

/// An address with a scheme, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url<'a> {
    /// Lower case.
    pub scheme: String,
    /// Whether a name or password stands before the host.
    pub has_user: bool,
    /// Lower case, without brackets, port and final dot; empty for schemes without one.
    pub host: String,
    /// With its colon; empty where it is the usual one.
    pub port: &'a str,
    /// Behind `?`, without it.
    pub query: &'a str,
}

/// Octets of an address that are looked at.
const LOOKED_AT: usize = 4096;

impl<'a> Url<'a> {
    /// Reads an address; none where there is no scheme (RFC 3986 3.1).
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let text = &text[..text.floor_char_boundary(text.len().min(LOOKED_AT))];
        let (scheme, rest) = text.split_once(':')?;
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(letters) {
            return None;
        }
        let before_fragment = rest.split('#').next().unwrap_or_default();
        let (hierarchy, query) = before_fragment
            .split_once('?')
            .unwrap_or((before_fragment, ""));
        let authority = hierarchy.strip_prefix("//").unwrap_or_default();
        // Browsers take a backslash for a slash here.
        let authority = authority.split(['/', '\\']).next().unwrap_or_default();
        let (user, host) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(user, host)| (Some(user), host));
        let (host, port) = split_port(host);
        let scheme = scheme.to_ascii_lowercase();
        let usual = matches!((scheme.as_str(), port), ("https", ":443") | ("http", ":80"));
        Some(Self {
            has_user: user.is_some(),
            host: host
                .trim_matches(['[', ']'])
                .trim_end_matches('.')
                .to_lowercase(),
            port: if usual { "" } else { port },
            scheme,
            query,
        })
    }

    /// Over HTTP, with or without encryption.
    pub fn is_web(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
    }

    /// This machine.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host == "::1"
            || self.host.ends_with(".localhost")
            || self.host.starts_with("127.")
    }

    /// An address in place of a name: four numbers, one number, or IPv6.
    pub fn is_address(&self) -> bool {
        let numbers = self.host.split('.').all(|part| {
            let hexadecimal = part
                .strip_prefix("0x")
                .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
            !part.is_empty() && (hexadecimal || part.bytes().all(|b| b.is_ascii_digit()))
        });
        !self.host.is_empty() && (numbers || self.host.contains(':'))
    }
}

fn split_port(host: &str) -> (&str, &str) {
    let end = host.rfind(']').map_or(0, |bracket| bracket + 1);
    host[end..]
        .rfind(':')
        .map_or((host, ""), |colon| host.split_at(end + colon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_apart() {
        let url = Url::parse("HTTPS://User@Example.ORG.:8443/a?b=c#d").unwrap();
        assert_eq!(
            (url.scheme.as_str(), url.host.as_str(), url.port),
            ("https", "example.org", ":8443")
        );
        assert_eq!((url.query, url.has_user), ("b=c", true));
        for (text, host) in [
            ("https://example.org:443", "example.org"),
            ("http://[::1]:3000/x", "::1"),
            ("https://good.example\\@evil.example/", "good.example"),
            ("https://good.example@evil.example/", "evil.example"),
            ("mailto:a@b.example", ""),
            ("https:", ""),
        ] {
            assert_eq!(Url::parse(text).unwrap().host, host, "{text}");
        }
        for text in ["", "/reset", "reset", "#top", "1http://x", "a b:c", "//x"] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_addresses() {
        for (text, address) in [
            ("http://192.0.2.7/", true),
            ("http://3221225991/", true),
            ("http://0xC0.0x00.2.7/", true),
            ("http://[2001:db8::1]/", true),
            ("http://7.example/", false),
            ("mailto:x", false),
        ] {
            assert_eq!(Url::parse(text).unwrap().is_address(), address, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in ".{0,80}", beginning in "(https?:(//)?)?") {
            let text = beginning + &text;
            if let Some(url) = Url::parse(&text) {
                let _ = (url.is_address(), url.is_loopback(), url.is_web());
            }
        }
    }
}
