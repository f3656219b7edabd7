//! How many connections each client has, or requests behind a proxy, so that one cannot have all: by IPv4 address or IPv6 /64.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

/// The clients that are connected.
#[derive(Debug, Clone)]
pub struct Clients {
    most: usize,
    /// Behind these stand many clients.
    trusted: Vec<IpNet>,
    /// Only networks that have a connection are in here, so that it is bounded as they are.
    open: Networks,
}

type Networks = Arc<Mutex<HashMap<IpAddr, Open>>>;

#[derive(Debug, Default)]
struct Open {
    connections: usize,
    /// Whether one was refused since the first of them came: said once.
    refused: bool,
}

impl Clients {
    /// With so many connections at most for each; for trusted proxies there is no such limit.
    pub fn new(most: usize, trusted: Vec<IpNet>) -> Self {
        Self {
            most,
            trusted,
            open: Arc::default(),
        }
    }

    /// Whether many clients stand behind this one.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let ip = peer.to_canonical();
        self.trusted.iter().any(|net| net.contains(&ip))
    }

    /// A place for one more, unless its client has enough.
    pub fn enter(&self, peer: IpAddr) -> Option<Place> {
        let ip = peer.to_canonical();
        if self.trusts(ip) {
            return Some(Place { of: None });
        }
        let network = network(ip);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let client = open.entry(network).or_default();
        if client.connections >= self.most {
            if !client.refused {
                client.refused = true;
                tracing::warn!(client = %network, "limits.connections_per_client is reached: more are refused");
            }
            return None;
        }
        client.connections += 1;
        let of = Some((self.open.clone(), network));
        Some(Place { of })
    }
}

/// The place of one connection or request, given back when dropped.
#[derive(Debug)]
pub struct Place {
    of: Option<(Networks, IpAddr)>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((open, network)) = &self.of else {
            return;
        };
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = open.get_mut(network) {
            client.connections -= 1;
            if client.connections == 0 {
                open.remove(network);
            }
        }
    }
}

/// An IPv6 client has a whole /64 to call from.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d4_each_client_has_so_many_places_and_proxies_have_all() {
        let clients = Clients::new(2, vec!["10.0.0.0/8".parse().unwrap()]);
        let enter = |ip: &str| clients.enter(ip.parse().unwrap());
        let one = enter("192.0.2.1").unwrap();
        let two = enter("::ffff:192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_none(), "IPv4 in either form");
        let other = enter("192.0.2.2").unwrap();
        drop(one);
        let three = enter("192.0.2.1").unwrap();
        let six = [
            enter("2001:db8::1").unwrap(),
            enter("2001:db8::2:1").unwrap(),
        ];
        assert!(enter("2001:db8::3").is_none(), "a /64 is one client");
        assert!(enter("2001:db8:0:1::1").is_some(), "the next is another");
        let many: Vec<_> = (0..9).map(|_| enter("::ffff:10.1.2.3").unwrap()).collect();
        drop((two, other, three, six, many));
        assert!(clients.open.lock().unwrap().is_empty(), "nothing is kept");
    }
}
