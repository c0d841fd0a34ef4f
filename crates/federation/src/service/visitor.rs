//! Who calls: the address of the client, which decides whether Kerberos is asked for and under whom wrong passwords count.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use samesign_web::server::{EndPoint, Peer};

use super::Service;
use crate::random;

/// What is known of the network.
pub(crate) struct Surroundings {
    /// The service's own name.
    pub host: String,
    /// From where tickets are asked for.
    pub intranet: Vec<IpNet>,
    /// Whose word on addresses is believed.
    pub proxies: Vec<IpAddr>,
}

/// Who calls. Every request carries it as an axum extension.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The client's address.
    pub address: IpAddr,
    /// Whether it is in the intranet.
    pub inside: bool,
    /// `tls-server-end-point` of the connection, if TLS ends here.
    pub end_point: Option<Arc<[u8]>>,
    /// An id for whatever is written of this request; an application's own where it sent one.
    pub correlation_id: String,
}

/// Finds out who calls. Refuses requests under a name that is not ours: what another name's owner sends here is not meant for us.
pub(crate) async fn introduce(State(service): State<Service>, mut request: Request, next: Next) -> Response {
    let Surroundings { host, intranet, proxies } = &service.surroundings;
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let ours = named.and_then(|named| named.parse::<Authority>().ok()).is_some_and(|named| named.host().eq_ignore_ascii_case(host));
    if !ours {
        return (StatusCode::MISDIRECTED_REQUEST, format!("this service answers as {host} only\n")).into_response();
    }
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    let address = address(peer, request.headers(), proxies);
    let Ok(correlation_id) = correlation_id() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the service has no random numbers\n").into_response();
    };
    let end_point = request.extensions().get::<EndPoint>().map(|end_point| end_point.0.clone());
    request.extensions_mut().insert(Visitor { address, inside: is_inside(address, intranet), end_point, correlation_id });
    next.run(request).await
}

/// A random UUID (RFC 9562 section 5.4).
fn correlation_id() -> Result<String, random::NoRandom> {
    let number = u128::from_be_bytes(random::bytes()?) & !(0xf << 76) & !(0b11 << 62) | (4 << 76) | (0b10 << 62);
    let digits = format!("{number:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or_default());
    Ok(parts.join("-"))
}

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
