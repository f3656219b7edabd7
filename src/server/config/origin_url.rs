//! An origin as browsers compare it: scheme, host and port, nothing else.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// `http` or `https`, a host, and a port where it is not the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginUrl {
    https: bool,
    /// In lower case; an IPv6 address has its brackets.
    host: String,
    port: Option<u16>,
}

impl OriginUrl {
    /// Reads an origin; a single slash after it is forgiven, user information, path and query are not.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://")?;
        let https = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, digits)) if !digits.ends_with(']') => (host, Some(digits)),
            _ => (authority, None),
        };
        let plain = |b: u8| b.is_ascii_digit();
        let port = match port {
            Some(digits) if digits.bytes().all(plain) => Some(digits.parse::<u16>().ok()?),
            Some(_) => return None,
            None => None,
        };
        let own = if https { 443 } else { 80 };
        let port = port.filter(|port| *port != own);
        is_host(host).then(|| Self {
            https,
            host: host.to_owned(),
            port,
        })
    }

    /// Plain http at that address.
    pub fn http(address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self {
            https: false,
            host,
            port: Some(address.port()).filter(|port| *port != 80),
        }
    }

    /// Whether TLS protects it.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether nobody but this machine reaches it.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// The name to give in EHLO: the host, an address as a literal (RFC 5321 4.1.3).
    pub fn helo(&self) -> String {
        let bare = self.host.trim_matches(['[', ']']);
        match bare.parse() {
            Ok(IpAddr::V4(ip)) => format!("[{ip}]"),
            Ok(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
            Err(_) => self.host.clone(),
        }
    }
}

impl fmt::Display for OriginUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "http{}://{}",
            if self.https { "s" } else { "" },
            self.host
        )?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Whether a host, with or without brackets, is this machine.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    let name = bare.eq_ignore_ascii_case("localhost");
    name || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A name of letters, digits, hyphens and dots, an IPv4 address, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(inner) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    is_name(host)
}

/// Labels of letters, digits and hyphens (RFC 1123 2.1).
pub(super) fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        let fits = label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=63).contains(&label.len()) && fits && !label.starts_with('-') && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        OriginUrl::parse(text).map(|origin| origin.to_string())
    }

    #[test]
    fn origins_get_the_form_browsers_send() {
        let cases = [
            (
                "https://Recover.Example.org/",
                "https://recover.example.org",
            ),
            (
                "https://recover.example.org:443",
                "https://recover.example.org",
            ),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://[::1]:80", "http://[::1]"),
        ];
        for (text, origin) in cases {
            assert_eq!(parsed(text).as_deref(), Some(origin));
        }
    }

    #[test]
    fn more_than_an_origin_is_none() {
        let cases = "ftp://a.example https://a.example/x https://a.example?x https://u:p@a.example \
            https:// https://a..b https://a.example:99999 https://a.example:+1 https://a:b:c \
            https://::1 https://a_b.example recover.example.org https://a.example// https://-a.example";
        for text in cases.split_whitespace() {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for host in ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.org", "10.0.0.1", "[::2]", "0.0.0.0"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn addresses_greet_as_literals() {
        let helo = |text| OriginUrl::parse(text).unwrap().helo();
        assert_eq!(helo("http://127.0.0.1:3000"), "[127.0.0.1]");
        assert_eq!(helo("http://[::1]:3000"), "[IPv6:::1]");
        assert_eq!(helo("https://recover.example.org"), "recover.example.org");
    }
}
