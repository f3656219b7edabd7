//! Names into addresses: the system's resolver or a given one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RData;

use super::client::Family;
use crate::domain::smtp::evidence::DnsFault;

/// Addresses of one name that are looked at, and hosts of one domain.
const MAX_ANSWERS: usize = 16;

/// How names are looked up: by the system's settings and hosts file, or by one name server alone.
///
/// # Errors
/// When the system has no settings that can be read.
pub fn resolver(
    own: Option<SocketAddr>,
    family: Option<Family>,
    patience: Duration,
) -> Result<TokioResolver, DnsFault> {
    let mut builder = match own {
        None => TokioResolver::builder_tokio().map_err(|_| DnsFault::Unanswered)?,
        Some(at) => {
            let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
            for way in &mut ways {
                way.port = at.port();
            }
            let server = NameServerConfig::new(at.ip(), true, ways.into());
            let config = ResolverConfig::from_name_servers(vec![server]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    options.ip_strategy = match family {
        None => LookupIpStrategy::Ipv6AndIpv4,
        Some(Family::V4) => LookupIpStrategy::Ipv4Only,
        Some(Family::V6) => LookupIpStrategy::Ipv6Only,
    };
    options.use_hosts_file = match own {
        None => ResolveHosts::Always,
        Some(_) => ResolveHosts::Never,
    };
    // Two tries within what the caller waits for.
    options.attempts = 1;
    options.timeout = patience / 2;
    builder.build().map_err(|_| DnsFault::Unanswered)
}

/// The addresses of a host, of one family where it is asked for. Literals and `localhost` (RFC 6761 6.3) need no resolver.
///
/// # Errors
/// Why there is none.
pub async fn addresses(
    host: &str,
    family: Option<Family>,
    own: Option<SocketAddr>,
    patience: Duration,
) -> Result<Vec<IpAddr>, DnsFault> {
    let fits = |address: &IpAddr| match family {
        None => true,
        Some(Family::V4) => address.is_ipv4(),
        Some(Family::V6) => address.is_ipv6(),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let known = match bare.parse() {
        Ok(literal) => vec![literal],
        Err(_) if is_localhost(bare) => {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        }
        Err(_) if !is_name(bare) => return Err(DnsFault::NoSuchName),
        Err(_) => {
            let resolver = resolver(own, family, patience)?;
            let found = tokio::time::timeout(patience, resolver.lookup_ip(bare)).await;
            let found = found.map_err(|_| DnsFault::Unanswered)?;
            found.map_err(|error| fault(&error))?.iter().collect()
        }
    };
    let found: Vec<IpAddr> = known.into_iter().filter(fits).take(MAX_ANSWERS).collect();
    if found.is_empty() {
        return Err(DnsFault::NoAddress);
    }
    Ok(found)
}

/// The hosts that take a domain's mail, the preferred first; the domain itself where it names none (RFC 5321 5.1).
///
/// # Errors
/// [`DnsFault::NullMx`] where the domain says that it takes no mail (RFC 7505), or why there is no answer.
pub async fn mail_hosts(
    domain: &str,
    own: Option<SocketAddr>,
    patience: Duration,
) -> Result<Vec<String>, DnsFault> {
    let resolver = resolver(own, None, patience)?;
    let name = format!("{}.", domain.trim_end_matches('.'));
    let asked = tokio::time::timeout(patience, resolver.mx_lookup(name)).await;
    let answer = match asked.map_err(|_| DnsFault::Unanswered)? {
        Ok(answer) => answer,
        Err(error) => {
            return match fault(&error) {
                DnsFault::NoAddress => Ok(vec![domain.to_owned()]),
                other => Err(other),
            };
        }
    };
    let mut hosts: Vec<(u16, String)> = Vec::new();
    for record in answer.answers().iter().take(MAX_ANSWERS) {
        if let RData::MX(mx) = &record.data {
            let host = mx.exchange.to_utf8();
            hosts.push((mx.preference, host.trim_end_matches('.').to_owned()));
        }
    }
    hosts.sort();
    if hosts.iter().any(|(_, host)| host.is_empty()) {
        return Err(DnsFault::NullMx);
    }
    Ok(hosts.into_iter().map(|(_, host)| host).collect())
}

/// Whether a resolver could know it at all.
fn is_name(host: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let label = |label: &str| !label.is_empty() && label.len() <= 63 && label.chars().all(fits);
    let host = host.strip_suffix('.').unwrap_or(host);
    host.len() <= 253 && host.split('.').all(label)
}

fn is_localhost(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// What a resolver's error means.
pub fn fault(error: &NetError) -> DnsFault {
    let code = match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => none.response_code,
        NetError::Dns(DnsError::ResponseCode(code)) => *code,
        _ => return DnsFault::Unanswered,
    };
    match code {
        ResponseCode::NXDomain => DnsFault::NoSuchName,
        ResponseCode::NoError => DnsFault::NoAddress,
        _ => DnsFault::Unanswered,
    }
}
