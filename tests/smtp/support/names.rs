//! A name server of a few lines (RFC 1035): what it knows, and how else it answers.

use std::net::{IpAddr, SocketAddr};

use tokio::net::UdpSocket;

/// An answer to a question about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Its addresses; a question about another type has no answer, and no error.
    Addresses(Vec<IpAddr>),
    /// Preference and host.
    Mail(Vec<(u16, &'static str)>),
    /// A code instead: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED.
    Code(u8),
    /// Nothing at all.
    Silence,
}

/// Answers by these names (in lower case, without the last dot); all others do not exist.
pub async fn server(names: Vec<(&'static str, Answer)>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut query = [0; 1_500];
        while let Ok((read, from)) = socket.recv_from(&mut query).await {
            if let Some(reply) = answer(&query[..read], &names) {
                let _ = socket.send_to(&reply, from).await;
            }
        }
    });
    at
}

fn answer(query: &[u8], names: &[(&'static str, Answer)]) -> Option<Vec<u8>> {
    let mut at = 12;
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    let question = query.get(12..at + 4)?;
    let name = labels.join(".");
    let known = names.iter().find(|(known, _)| *known == name);
    let mut records: Vec<(u16, Vec<u8>)> = Vec::new();
    let mut code = 0;
    match known.map(|(_, answer)| answer) {
        None => code = 3,
        Some(Answer::Code(given)) => code = *given,
        Some(Answer::Silence) => return None,
        Some(Answer::Addresses(addresses)) => {
            for address in addresses {
                match address {
                    IpAddr::V4(v4) if kind == 1 => records.push((1, v4.octets().to_vec())),
                    IpAddr::V6(v6) if kind == 28 => records.push((28, v6.octets().to_vec())),
                    _ => {}
                }
            }
        }
        Some(Answer::Mail(hosts)) if kind == 15 => {
            for (preference, host) in hosts {
                let mut data = preference.to_be_bytes().to_vec();
                for label in host.split('.').filter(|label| !label.is_empty()) {
                    data.push(u8::try_from(label.len()).unwrap());
                    data.extend_from_slice(label.as_bytes());
                }
                data.push(0);
                records.push((15, data));
            }
        }
        Some(Answer::Mail(_)) => {}
    }
    let mut reply = query[..2].to_vec();
    reply.extend_from_slice(&[0x81, 0x80 | code, 0, 1]);
    reply.extend_from_slice(&u16::try_from(records.len()).unwrap().to_be_bytes());
    reply.extend_from_slice(&[0; 4]);
    reply.extend_from_slice(question);
    for (kind, data) in records {
        reply.extend_from_slice(&[0xc0, 12]);
        reply.extend_from_slice(&kind.to_be_bytes());
        reply.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        reply.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
        reply.extend_from_slice(&data);
    }
    Some(reply)
}
