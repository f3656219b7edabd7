//! Which addresses may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::target::AddressRule;

impl AddressRule {
    /// Whether that address may be connected to.
    pub fn allows(&self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Public { and } => {
                let plain = address.to_canonical();
                is_public(address) || and.iter().any(|net| net.contains(&plain))
            }
        }
    }
}

/// Whether an address is one of the public internet, whatever it is dressed as.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// By the special-purpose registry (RFC 6890 and what was added to it).
fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let special = matches!(
        (a, b, c),
        // "This network", private, shared with the provider (RFC 6598), loopback, link-local, private, IETF, documentation,
        // 6to4's relays, private, benchmarks, documentation, documentation.
        (0 | 10 | 127, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    // From 224: multicast, reserved, broadcast.
    !special && a < 224
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let s = v6.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        // Mapped, translated (RFC 2765) and NAT64 (RFC 6052): the address within counts. The NAT64 of one's own (RFC 8215) is private.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        // 6to4 (RFC 3056) carries one behind its prefix; Teredo (RFC 4380) hides one.
        [0x2002, high, low, ..] => inner(high, low),
        [0x2001, 0, ..] => false,
        // Benchmarks, ORCHID, documentation twice, segment routing.
        [0x2001, 2, 0, ..]
        | [0x2001, 0x10..=0x3f, ..]
        | [0x2001, 0xdb8, ..]
        | [0x3fff, 0..=0xfff, ..]
        | [0x5f00, ..] => false,
        // All that is public today is global unicast (2000::/3): loopback, link-local, site-local, ULA and multicast are not.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(rule: &AddressRule, address: &str) -> bool {
        rule.allows(address.parse().unwrap())
    }

    #[test]
    fn what_is_not_of_the_internet_is_forbidden_in_every_dress() {
        let rule = AddressRule::Public { and: Vec::new() };
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:c0a8:101::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!allowed(&rule, private), "{private}");
            assert!(allowed(&AddressRule::Any, private), "{private}");
        }
        for public in [
            "1.1.1.1",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.1",
            "2606:4700:4700::1111",
            "64:ff9b::1.1.1.1",
            "2002:101:101::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(allowed(&rule, public), "{public}");
        }
    }

    #[test]
    fn the_list_allows_a_network_in_every_dress() {
        let rule = AddressRule::Public {
            and: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        };
        for address in ["10.1.2.3", "::ffff:10.1.2.3", "::1"] {
            assert!(allowed(&rule, address), "{address}");
        }
        assert!(!allowed(&rule, "192.168.1.1"));
    }
}
