//! Which addresses the server may connect to on somebody's behalf (the SSRF guard).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address range such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

impl std::str::FromStr for Network {
    type Err = String;

    /// Reads `address/prefix` or a single address.
    fn from_str(text: &str) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| format!("`{text}` is not a network such as 10.0.0.0/8"))?;
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|bits| *bits <= longest)
                .ok_or_else(|| format!("`{text}`: the prefix must be a number up to {longest}"))?,
        };
        Ok(Self { base, prefix })
    }
}

impl Network {
    /// Whether the address lies in this range.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                u32::from(base) & mask == u32::from(address) & mask
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                u128::from(base) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    }
}

/// Lets through public addresses, and the private networks that the operator named in
/// `outbound.allow`. Everything that connects where a user or a remote party points asks it, after
/// resolving the name and before connecting to the very address that it looked at.
#[derive(Clone, Debug, Default)]
pub struct OutboundGuard {
    allow: Vec<Network>,
}

impl OutboundGuard {
    pub fn new(allow: Vec<Network>) -> Self {
        Self { allow }
    }

    /// Whether we may connect to this address.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allow.iter().any(|network| network.contains(address))
    }
}

/// Globally reachable by the IANA special-purpose registries (RFC 6890 and its updates).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b)) // shared address space, RFC 6598
        || (a == 192 && b == 0 && c == 0) // IETF protocol assignments, RFC 6890
        || (a == 198 && (18..20).contains(&b)) // benchmarking, RFC 2544
        || a >= 240) // reserved, RFC 1112
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    if first == 0x64 && second == 0xff9b {
        return false; // NAT64 could lead to any IPv4 address, RFC 6052
    }
    // Global unicast is 2000::/3; within it: documentation, 6to4, Teredo and protocol assignments.
    (first & 0xe000) == 0x2000
        && !(first == 0x2001 && (second == 0xdb8 || second < 0x200))
        && first != 0x2002
        && !(first == 0x3fff && second < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(guard: &OutboundGuard, address: &str) -> bool {
        guard.permits(address.parse().unwrap())
    }

    #[test]
    fn only_public_addresses_pass_by_default() {
        let guard = OutboundGuard::default();
        for address in ["9.9.9.9", "185.199.108.153", "2606:4700::1111"] {
            assert!(permits(&guard, address), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2001:db8::1",
            "2002:7f00:1::",
        ] {
            assert!(!permits(&guard, address), "{address}");
        }
    }

    #[test]
    fn the_operator_opens_single_networks() {
        let guard = OutboundGuard::new(vec!["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        assert!(permits(&guard, "127.0.0.1"));
        assert!(permits(&guard, "::ffff:127.0.0.1"));
        assert!(permits(&guard, "fd12::1"));
        assert!(!permits(&guard, "10.0.0.1"));
    }

    #[test]
    fn a_malformed_network_is_named_in_the_error() {
        for text in ["10.0.0.0/33", "localhost", "10.0.0.0/", "::/129"] {
            let error = text.parse::<Network>().unwrap_err();
            assert!(error.contains(text), "{error}");
        }
    }
}
