//! `postern smtp probe --mx`: the way to the recipient's own mail server, by a name server of the test.

use std::net::{SocketAddr, UdpSocket};

use serde_json::Value;

use crate::place::Place;
use crate::scripted::Server;

/// Answers each question for MX with the same records: preference and host; none is a null MX. Stops with the test.
fn name_server(records: &'static [(u16, &'static str)]) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut asked = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut asked) {
            // The name ends with an empty label; type and class follow.
            let name = asked[12..length].iter().position(|b| *b == 0).unwrap();
            let question = &asked[12..12 + name + 5];
            let is_mx = question[name + 2] == 15;
            let records = if is_mx { records } else { &[] };
            let count = u8::try_from(records.len()).unwrap();
            let mut answer = asked[..2].to_vec();
            answer.extend([0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0]);
            answer.extend(question);
            for (preference, host) in records {
                let mut data = preference.to_be_bytes().to_vec();
                for label in host.split('.').filter(|label| !label.is_empty()) {
                    data.push(u8::try_from(label.len()).unwrap());
                    data.extend(label.bytes());
                }
                data.push(0);
                answer.extend([0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 60, 0]);
                answer.push(u8::try_from(data.len()).unwrap());
                answer.extend(data);
            }
            let _ = socket.send_to(&answer, from);
        }
    });
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preferred_host_is_asked() {
    let place = Place::new("smtp-mx");
    let server = Server::plain(Vec::new()).await;
    let dns = name_server(&[(20, "other.localhost"), (10, "mx.localhost")]).to_string();
    let port = server.at.port().to_string();
    let flags = ["--dns", &dns, "--port", &port, "--tls", "none", "--ip", "4"];
    let command = ["smtp", "probe", "--mx", "--to", "me@example.org"];
    let ran = place.run(&[&command[..], &flags].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let found = "Mail for example.org goes to mx.localhost, other.localhost\n";
    assert!(ran.out.starts_with(found), "{}", ran.out);
    assert_eq!(server.heard_of("RCPT"), 1);
}

#[test]
fn a_domain_that_takes_no_mail_is_a_verdict() {
    let place = Place::new("smtp-nullmx");
    let dns = name_server(&[(0, "")]).to_string();
    let command = ["smtp", "probe", "--mx", "--to", "me@example.org", "--json"];
    let ran = place.run(&[&command[..], &["--dns", &dns]].concat());
    assert_eq!(ran.code, 40, "{}{}", ran.out, ran.err);
    let shown: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(shown["verdict"]["id"], "dns.nullmx");
    assert_eq!(shown["target"], "example.org:25");
}
