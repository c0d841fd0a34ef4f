//! Domain controllers found in DNS, which a small name server on loopback answers for.

use std::net::Ipv4Addr;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::proto::rr::{Name, RData, Record};
use hickory_resolver::{Resolver, TokioResolver};
use tokio::net::UdpSocket;

use crate::ad::address::ask;

/// A resolver whose only name server knows these records of `corp.example.com`: priority, weight, target.
async fn resolver(records: &'static [(u16, u16, &str)]) -> TokioResolver {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut connection = ConnectionConfig::udp();
    connection.port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 2_048];
        loop {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            let answer = answered(&buffer[..length], records);
            socket.send_to(&answer, client).await.unwrap();
        }
    });
    let server = NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![connection]);
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    Resolver::builder_with_config(config, TokioRuntimeProvider::default()).build().unwrap()
}

fn answered(query: &[u8], records: &[(u16, u16, &str)]) -> Vec<u8> {
    let mut message = Message::from_vec(query).unwrap();
    message.metadata.message_type = MessageType::Response;
    let name = message.queries[0].name().clone();
    if name.to_utf8() == "_ldap._tcp.dc._msdcs.corp.example.com." {
        for (priority, weight, target) in records {
            let target = Name::from_utf8(target).unwrap();
            message.add_answer(Record::from_rdata(name.clone(), 60, RData::SRV(SRV::new(*priority, *weight, 389, target))));
        }
    } else {
        message.metadata.response_code = ResponseCode::NXDomain;
    }
    message.to_vec().unwrap()
}

#[tokio::test]
async fn domain_controllers_come_in_the_order_that_dns_gives_them() {
    let resolver = resolver(&[
        (10, 5, "far.corp.example.com."),
        (0, 50, "light.corp.example.com."),
        (0, 100, "DC1.corp.example.com."),
        (10, 1, "dc1.corp.example.com."),
        (0, 0, "."),
    ])
    .await;
    for domain in ["corp.example.com", "corp.example.com."] {
        let found: Vec<String> = ask(&resolver, domain).await.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found, ["ldaps://dc1.corp.example.com", "ldaps://light.corp.example.com", "ldaps://far.corp.example.com"]);
    }
}

#[tokio::test]
async fn a_domain_that_dns_does_not_know_is_an_error() {
    let resolver = resolver(&[]).await;
    assert!(ask(&resolver, "other.example.com").await.is_err());
}
