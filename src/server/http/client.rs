//! Who is at the other end: the peer or, behind a trusted proxy, the client that it forwards. And the request's id and nonce.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

use super::state::App;
use crate::server::secrets::random_id;

/// What the middleware found out about a request.
#[derive(Debug, Clone)]
pub struct Client {
    pub address: IpAddr,
    /// As it stands in the log and the audit.
    pub request_id: String,
    /// For this answer's scripts and style.
    pub nonce: String,
}

/// Puts a [`Client`] into every request.
pub async fn identify(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let trusted = &app.service.config.site.trusted_proxies;
    let address = address(peer.ip(), request.headers(), trusted);
    // Without randomness no page can be safe; an empty nonce matches nothing, so scripts stay off.
    let request_id = random_id().unwrap_or_default();
    let nonce = random_id().unwrap_or_default();
    request.extensions_mut().insert(Client {
        address,
        request_id,
        nonce,
    });
    next.run(request).await
}

/// The last address in X-Forwarded-For that no trusted proxy of ours added; the peer where the peer is none.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let believed = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip.to_canonical()));
    let mut client = peer.to_canonical();
    if !believed(client) {
        return client;
    }
    let lines = headers.get_all("x-forwarded-for").into_iter().rev();
    let hops = lines
        .map_while(|line| line.to_str().ok())
        .flat_map(|line| line.rsplit(','));
    for hop in hops.take(16) {
        let Ok(ip) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        client = ip.to_canonical();
        if !believed(client) {
            break;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn w4_only_a_trusted_proxy_is_believed() {
        assert_eq!(asked("192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(asked("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(
            asked("10.0.0.1", &["198.51.100.7, 203.0.113.9"]),
            "203.0.113.9"
        );
        assert_eq!(
            asked("10.0.0.1", &["198.51.100.7", "203.0.113.9, 10.2.3.4"]),
            "203.0.113.9"
        );
        assert_eq!(asked("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(asked("::ffff:10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(asked("10.0.0.1", &[]), "10.0.0.1");
    }
}
