//! MTA-STS policies, fetched over real TLS from a server whose name a real unbound gives out.

use std::net::SocketAddr;
use std::sync::Arc;

use postern::domain::dns::report::{Check, Finding, Verdict};
use postern::server::config::{Sources, load};
use postern::server::smtp::client::AddressRule;
use postern::server::smtp::domain::{Settings, check};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::nameserver::{NameServer, txt};
use crate::support::certificates::{Authority, expired};

const POLICY: &str =
    "version: STSv1\r\nmode: enforce\r\nmx: mx.good.example\r\nmax_age: 604800\r\n";

/// Answers each request alike, for as long as the test's runtime lives.
async fn serve(config: Arc<ServerConfig>, answer: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(config);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 512];
            let length = stream.read(&mut request).await.unwrap_or(0);
            let asked = String::from_utf8_lossy(&request[..length]).into_owned();
            let right = asked.starts_with(
                "GET /.well-known/mta-sts.txt HTTP/1.0\r\nHost: mta-sts.good.example\r\n",
            );
            assert!(right, "{asked}");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

async fn judged(settings: &Settings) -> Finding {
    let report = check(settings).await;
    report.of(Check::MtaSts).next().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_counts_only_with_a_good_certificate_and_a_plain_answer() {
    let records = [
        txt("_mta-sts.good.example", "v=STSv1; id=1"),
        "good.example. 60 IN MX 10 mx.good.example.".to_owned(),
        "mx.good.example. 60 IN A 203.0.113.8".to_owned(),
        "mta-sts.good.example. 60 IN A 127.0.0.1".to_owned(),
    ];
    let Some(names) = NameServer::start(&records, &[]) else {
        return;
    };
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let good = || ours.server("mta-sts.good.example", |_| {});
    let ok = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{POLICY}");
    let long = format!(
        "HTTP/1.1 200 OK\r\n\r\n{POLICY}{}",
        "mx: x.example\r\n".repeat(20_000)
    );
    let other = ok.replace("mx.good", "mx.other");
    let cases = [
        (
            good(),
            ok.clone(),
            Verdict::Ok,
            "The policy is enforce, for 604800 seconds.",
        ),
        (good(), long, Verdict::Warn, "sends more than 64 KiB"),
        (
            good(),
            other,
            Verdict::Fail,
            "It does not know mx.good.example.",
        ),
        (
            good(),
            "HTTP/1.1 301 Moved\r\nLocation: https://evil.example/\r\n\r\n".into(),
            Verdict::Warn,
            "answers 301",
        ),
        (good(), String::new(), Verdict::Warn, "no policy"),
        (
            theirs.server("mta-sts.good.example", |_| {}),
            ok.clone(),
            Verdict::Warn,
            "TLS with mta-sts.good.example fails",
        ),
        (
            ours.server("mta-sts.good.example", expired),
            ok.clone(),
            Verdict::Warn,
            "TLS with mta-sts.good.example fails",
        ),
        (
            ours.server("good.example", |_| {}),
            ok,
            Verdict::Warn,
            "TLS with mta-sts.good.example fails",
        ),
    ];
    let (config, _) = load(&Sources::default()).unwrap();
    let mut settings = Settings::from_config(&config, Some("good.example"));
    settings.resolver = Some(names.address);
    settings.trust.ca_pem = Some(ours.pem());
    for (server, answer, verdict, part) in cases {
        let short: String = answer.chars().take(60).collect();
        settings.policy_port = serve(server, answer).await.port();
        settings.allow = AddressRule::Any;
        let found = judged(&settings).await;
        assert_eq!(found.verdict, verdict, "{short}: {found:?}");
        assert!(found.found.contains(part), "{short}: {found:?}");
    }
    // A name that leads into a private network is not followed, as the console asks it to be.
    settings.allow = AddressRule::Public { and: Vec::new() };
    let found = judged(&settings).await;
    assert!(
        found
            .found
            .contains("mta-sts.good.example is a private address"),
        "{found:?}"
    );
}
