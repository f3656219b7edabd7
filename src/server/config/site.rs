//! `[site]`: where the pages are, and what they say about themselves.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

use super::error::ConfigError;
use super::origin_url::OriginUrl;
use super::reader::Reader;
use crate::domain::identifier::EmailAddress;

/// `[site]`
#[derive(Debug, Clone)]
pub struct Site {
    /// `listen`: address and port, default 127.0.0.1:3000.
    pub listen: SocketAddr,
    /// `public_url`: the origin that links in mails carry, without a trailing slash; https in production. Default http://127.0.0.1:3000
    /// (in general http on `listen`); production must set it.
    pub public_url: String,
    /// `root`: the folder of built static files. Default: `site` beside the executable where it exists, else `target/site`.
    pub root: PathBuf,
    /// `name`: the brand people see. Default "Postern".
    pub name: String,
    /// `color`: the brand's colour as #rrggbb. Default "#1f5f8b".
    pub color: String,
    /// `support`: an e-mail address or https URL where people get help. Default "support@localhost".
    pub support: String,
    /// `trusted_proxies`: networks whose X-Forwarded-For is believed. Default none.
    pub trusted_proxies: Vec<IpNet>,
}

pub(super) fn read(reader: &mut Reader) -> Result<Site, ConfigError> {
    let mut section = reader.section("site");
    let listen = section
        .parsed(
            "listen",
            "an address and port, such as \"127.0.0.1:3000\"",
            |text| text.parse().ok(),
        )?
        .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 3000)));
    let allowed = "an origin, such as \"https://recover.example.org\": scheme, host and port alone";
    let public_url = section.parsed("public_url", allowed, OriginUrl::parse)?;
    let root = section.path("root", "the path of a folder")?;
    let name = section.text("name", "Postern", 64)?;
    let color = section.parsed("color", "a colour, such as \"#1f5f8b\"", hex_color)?;
    let allowed = "an e-mail address or an https URL";
    let support = section.parsed("support", allowed, |text| {
        let fits = is_help_url(text) || EmailAddress::parse(text).is_ok();
        fits.then(|| text.to_owned())
    })?;
    let allowed = "networks, such as [\"10.0.0.0/8\", \"::1\"]";
    let trusted_proxies = section.list("trusted_proxies", allowed, network)?;
    Ok(Site {
        listen,
        public_url: public_url.map_or_else(|| local_url(listen), |url| url.to_string()),
        root: root.unwrap_or_else(default_root),
        name,
        color: color.unwrap_or_else(|| "#1f5f8b".to_owned()),
        support: support.unwrap_or_else(|| "support@localhost".to_owned()),
        trusted_proxies,
    })
}

/// Where a browser on this machine finds what listens there.
fn local_url(listen: SocketAddr) -> String {
    let mut reachable = listen;
    if listen.ip().is_unspecified() {
        reachable.set_ip(IpAddr::from([127, 0, 0, 1]));
    }
    OriginUrl::http(reachable).to_string()
}

fn default_root() -> PathBuf {
    let executable = std::env::current_exe().ok();
    let beside = executable.and_then(|path| Some(path.parent()?.join("site")));
    // Cargo's own folder has a `site` beside `debug`, never inside it.
    beside
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(|| PathBuf::from("target/site"))
}

fn hex_color(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#')?;
    let fits = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| text.to_ascii_lowercase())
}

/// https anywhere; http for trying out on this machine.
fn is_help_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let printable = text
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
    let origin = OriginUrl::parse(&format!("{scheme}://{authority}"));
    printable && origin.is_some_and(|origin| origin.is_https() || origin.is_loopback())
}

/// A network, or one address as a network of its own.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .ok()
}
