//! Who calls: the address of the client, which decides whether Kerberos is asked for and under whom wrong passwords count.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The client's address: that of the connection, or what the proxies in between say of it.
///
/// `X-Forwarded-For` lists who passed the request on, the last one nearest to us. Only what a proxy of ours wrote is believed:
/// the first entry from the right that is no proxy of ours is the client, and whatever stands left of it the client wrote itself.
pub fn address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let peer = peer.to_canonical();
    if !proxies.contains(&peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let entries = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    let mut nearest = peer;
    for entry in entries {
        // Beyond an entry that cannot be read nothing can be told, so the proxy stands for whoever came through it.
        let Some(address) = read(entry.trim()) else { return nearest };
        if !proxies.contains(&address) {
            return address;
        }
        nearest = address;
    }
    nearest
}

/// An address as proxies write it: plain, or with a port.
fn read(entry: &str) -> Option<IpAddr> {
    let plain = entry.parse::<IpAddr>().ok();
    let with_port = || entry.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || entry.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    plain.or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
}

/// Whether an address is within the ranges where Kerberos is asked for.
pub fn is_inside(address: IpAddr, ranges: &[IpNet]) -> bool {
    ranges.iter().any(|range| range.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(lines: &[&str]) -> HeaderMap {
        let name = axum::http::HeaderName::from_static("x-forwarded-for");
        lines.iter().map(|line| (name.clone(), HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn only_our_own_proxies_say_who_the_client_is() {
        let proxies: Vec<IpAddr> = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap()).to_vec();
        let cases: [(&str, &[&str], &str); 12] = [
            ("192.0.2.9", &[], "192.0.2.9"),
            ("192.0.2.9", &["10.1.1.1"], "192.0.2.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.9"], "192.0.2.9"),
            ("10.0.0.1", &["10.9.9.9, 192.0.2.9"], "192.0.2.9"),
            ("10.0.0.1", &["10.9.9.9", "192.0.2.9"], "192.0.2.9"),
            ("10.0.0.1", &["10.9.9.9, 192.0.2.9, 10.0.0.2"], "192.0.2.9"),
            ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["192.0.2.9:1234"], "192.0.2.9"),
            ("10.0.0.1", &["[2001:db8::1]:1234"], "2001:db8::1"),
            ("10.0.0.1", &["10.9.9.9, unknown"], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["::ffff:192.0.2.9"], "192.0.2.9"),
        ];
        for (peer, lines, expected) in cases {
            assert_eq!(address(peer.parse().unwrap(), &headers(lines), &proxies), expected.parse::<IpAddr>().unwrap(), "{peer} {lines:?}");
        }
    }

    #[test]
    fn ranges_hold_their_addresses_and_no_others() {
        let ranges: Vec<IpNet> = ["10.0.0.0/8", "2001:db8::/32"].map(|text| text.parse().unwrap()).to_vec();
        assert!(is_inside("10.1.2.3".parse().unwrap(), &ranges) && is_inside("2001:db8::1".parse().unwrap(), &ranges));
        assert!(!is_inside("11.0.0.0".parse().unwrap(), &ranges) && !is_inside("::1".parse().unwrap(), &ranges));
        assert!(!is_inside("10.0.0.1".parse().unwrap(), &[]));
    }
}
