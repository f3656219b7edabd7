//! Conversations, in order and out of it.

use std::net::SocketAddr;
use std::process::Command;

use postern::server::config::Sandbox;
use postern::server::smtp::sandbox::{bind, bind_tls};

use crate::support::{Client, House, within};

#[tokio::test]
async fn a_conversation_with_two_recipients_dots_and_a_second_message() {
    let mut house = House::new().await;
    let mut client = house.client().await;
    client.expect(220).await;
    client.say("EHLO client.example\r\n").await;
    let offers = client.expect(250).await;
    for offer in [
        "PIPELINING",
        "SIZE 100000",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "AUTH PLAIN LOGIN",
    ] {
        assert!(offers.contains(offer), "{offer}");
    }
    client
        .say("MAIL FROM:<bounce@example.org> SIZE=100 BODY=8BITMIME\r\n")
        .await;
    client.expect(250).await;
    for to in ["ada@localhost", "bob@localhost"] {
        client.say(&format!("RCPT TO:<{to}>\r\n")).await;
        client.expect(250).await;
    }
    client.say("VRFY ada\r\n").await;
    client.expect(252).await;
    client.say("DATA\r\n").await;
    client.expect(354).await;
    client.say("From: Postern <p@localhost>\r\nSubject: dots\r\n\r\n..one\r\n...\r\ntwo\n.\nthree\r\n.\r\n").await;
    let kept = client.expect(250).await;
    let message = house.arrival().await;
    assert!(kept.contains(&message.id), "{kept}");
    assert_eq!(message.envelope.from, "bounce@example.org");
    assert_eq!(message.envelope.to, ["ada@localhost", "bob@localhost"]);
    assert_eq!(message.envelope.helo, "client.example");
    assert!(
        message
            .source
            .ends_with(b"\r\n\r\n.one\r\n..\r\ntwo\n.\nthree\r\n")
    );
    client
        .say("MAIL FROM:<>\r\nRSET\r\nHELP\r\nNOOP\r\nQUIT\r\n")
        .await;
    for code in [250, 250, 214, 250, 221] {
        client.expect(code).await;
    }
    client.closed().await;
}

#[tokio::test]
async fn everything_pipelined_at_once() {
    let mut house = House::new().await;
    let mut client = house.client().await;
    let mut script = String::from("EHLO x\r\n");
    for n in 0..10 {
        script.push_str(&format!(
            "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<bad\r\nDATA\r\nSubject: {n}\r\n\r\nMAIL FROM:<x@y>\r\n.\r\n"
        ));
    }
    script.push_str("QUIT\r\n");
    client.say(&script).await;
    client.expect(220).await;
    client.expect(250).await;
    for n in 0..10 {
        for code in [250, 250, 501, 354, 250] {
            client.expect(code).await;
        }
        assert_eq!(house.arrival().await.subject, n.to_string());
    }
    client.expect(221).await;
    client.closed().await;
}

#[tokio::test]
async fn nothing_is_smuggled_in() {
    let mut house = House::new().await;
    let smuggled = "MAIL FROM:<evil@x>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: smuggled\r\n\r\n";
    for end in [
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r\n.\r\r\n",
        "\r\n\0.\r\n",
    ] {
        let message = house
            .send(&format!("Subject: one\r\n\r\nx{end}{smuggled}"))
            .await;
        assert_eq!(message.subject, "one", "{}", end.escape_debug());
    }
    assert_eq!(house.mailbox.count(), 6);
}

#[tokio::test]
async fn too_large_is_refused_early_and_late() {
    let mut house = House::sized(10, 2_000).await;
    let mut client = Client::ready(house.smtp).await;
    client.say("MAIL FROM:<a@b> SIZE=2001\r\n").await;
    assert!(client.expect(552).await.contains("5.3.4"));
    client
        .say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
        .await;
    for code in [250, 250, 354] {
        client.expect(code).await;
    }
    for _ in 0..100 {
        client.say(&format!("{}\r\n", "x".repeat(998))).await;
    }
    client.say(".\r\n").await;
    assert!(client.expect(552).await.contains("5.3.4"));
    assert_eq!(house.mailbox.count(), 0);
    client
        .say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
        .await;
    for code in [250, 250, 354] {
        client.expect(code).await;
    }
    client.say(&format!("{}\r\n.\r\n", "x".repeat(1_998))).await;
    client.expect(250).await;
    assert_eq!(house.arrival().await.source.len(), 2_000);
}

#[tokio::test]
async fn long_lines_nul_bad_utf8_and_bad_order() {
    let house = House::new().await;
    let mut client = Client::ready(house.smtp).await;
    client
        .say(&format!("NOOP {}\r\nNOOP\r\n", "x".repeat(100_000)))
        .await;
    assert!(client.expect(500).await.contains("5.5.2"));
    client.expect(250).await;
    for line in [
        &b"NOOP \0\r\n"[..],
        b"\xff\xfe\r\n",
        b"MAIL FROM:<\xff@x>\r\n",
        b"\r\n",
    ] {
        client.bytes(line).await;
        client.expect(500).await;
    }
    client
        .say("DATA\r\nRCPT TO:<a@b>\r\nMAIL FROM:<a@b>\r\nDATA\r\nMAIL FROM:<a@b>\r\n")
        .await;
    for code in [503, 503, 250, 554, 503] {
        client.expect(code).await;
    }
    client.say("STARTTLS\r\nXYZZY\r\nQUIT\r\n").await;
    for code in [502, 500, 221] {
        client.expect(code).await;
    }
    client.closed().await;
}

#[tokio::test]
async fn bytes_of_any_kind_are_kept_as_they_are() {
    let mut house = House::new().await;
    let mut client = Client::ready(house.smtp).await;
    client
        .say("MAIL FROM:<ü@b> SMTPUTF8\r\nRCPT TO:<ö@b>\r\nDATA\r\n")
        .await;
    for code in [250, 250, 354] {
        client.expect(code).await;
    }
    let mut source = b"Subject: \xff\0\r\n\r\n".to_vec();
    source.extend((0..=255_u8).filter(|byte| *byte != b'.'));
    source.extend(b"\r\n");
    client.bytes(&source).await;
    client.say(".\r\n").await;
    client.expect(250).await;
    let message = house.arrival().await;
    assert_eq!(message.source, source);
    assert_eq!(message.envelope.from, "ü@b");
}

#[tokio::test]
async fn too_many_errors_end_the_session() {
    let house = House::new().await;
    let mut client = Client::ready(house.smtp).await;
    client.say(&"XYZZY\r\n".repeat(40)).await;
    for _ in 0..20 {
        client.expect(500).await;
    }
    client.expect(421).await;
    client.closed().await;
}

#[tokio::test]
async fn connections_are_bounded() {
    let house = House::new().await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(Client::ready(house.smtp).await);
    }
    let mut late = house.client().await;
    assert!(late.expect(421).await.contains("4.3.2"));
    late.closed().await;
    let mut first = clients.swap_remove(0);
    first.say("QUIT\r\n").await;
    first.expect(221).await;
    first.closed().await;
    drop(first);
    // The place is free once the server has seen the end of that connection.
    within(async {
        loop {
            let mut next = house.client().await;
            if next.reply().await.starts_with("220") {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn stopping_says_421_and_loses_nothing() {
    let mut house = House::new().await;
    house.send("Subject: before\r\n\r\n").await;
    let address: SocketAddr = house.smtp;
    let mut idle = Client::ready(address).await;
    let mut writing = Client::ready(address).await;
    writing
        .say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
        .await;
    for code in [250, 250, 354] {
        writing.expect(code).await;
    }
    writing.say("Subject: half").await;
    let (mailbox, mut arrivals) = (house.mailbox.clone(), house.mailbox.subscribe());
    let stopping = house.stop();
    idle.expect(421).await;
    idle.closed().await;
    writing.expect(421).await;
    writing.closed().await;
    drop((idle, writing));
    within(stopping).await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert!(within(arrivals.recv()).await.is_err());
    assert_eq!(mailbox.count(), 1);
}

#[tokio::test]
async fn only_loopback_is_bound() {
    let listen = ([0, 0, 0, 0], 0).into();
    let config = Sandbox {
        listen,
        listen_tls: Some(listen),
        ..Sandbox::default()
    };
    let refused = bind(&config).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
    let refused = bind_tls(&config).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn the_oldest_messages_go_first() {
    let mut house = House::sized(3, 2_000).await;
    for n in 0..5 {
        house.send(&format!("Subject: {n}\r\n\r\n")).await;
    }
    let subjects: Vec<String> = house
        .mailbox
        .list()
        .iter()
        .map(|message| message.subject.clone())
        .collect();
    assert_eq!(subjects, ["4", "3", "2"]);
}

#[tokio::test]
async fn pythons_smtplib_is_understood() {
    let mut house = House::new().await;
    let program = r#"
import smtplib, sys
from email.message import EmailMessage
message = EmailMessage()
message["From"], message["To"], message["Subject"] = "Änn <ann@example.org>", "ada@localhost", "Grüße 🔑"
message.set_content("Zeile eins\n.Punkt\n" + "lang " * 300)
message.add_alternative("<p>Grüße</p>", subtype="html")
message.add_attachment(b"\x00\x01", maintype="image", subtype="png", filename="dot.png")
with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=15) as smtp:
    smtp.login("someone", "anything at all")
    refused = smtp.send_message(message, to_addrs=["ada@localhost", "bob@localhost"])
    assert refused == {}, refused
    assert smtp.verify("ada")[0] == 252
    for mechanism in ("PLAIN", "LOGIN"):
        with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=15) as other:
            other.ehlo()
            other.user, other.password = "u", "p"
            method = getattr(other, "auth_" + mechanism.lower())
            assert other.auth(mechanism, method, initial_response_ok=False)[0] == 235
"#;
    let port = house.smtp.port().to_string();
    run("python3", &["-c", program, &port]).await;
    let message = house.arrival().await;
    assert_eq!(message.subject, "Grüße 🔑");
    assert_eq!(message.from, "Änn <ann@example.org>");
    assert_eq!(message.envelope.to, ["ada@localhost", "bob@localhost"]);
    assert!(
        message
            .text
            .as_ref()
            .unwrap()
            .starts_with("Zeile eins\n.Punkt\nlang ")
    );
    assert_eq!(message.html.as_deref().map(str::trim), Some("<p>Grüße</p>"));
    assert_eq!(message.attachments[0].name.as_deref(), Some("dot.png"));
    assert_eq!(message.attachments[0].size, 2);
}

#[tokio::test]
async fn swaks_is_understood() {
    if !has_swaks() {
        return;
    }
    let mut house = House::new().await;
    let server = house.smtp.to_string();
    let to = [
        "--server",
        &server,
        "--to",
        "ada@localhost,bob@localhost",
        "--from",
        "me@example.org",
    ];
    let what = [
        "--header",
        "Subject: From swaks",
        "--body",
        "It works.",
        "--timeout",
        "15",
    ];
    let auth = [
        "--auth",
        "LOGIN",
        "--auth-user",
        "u",
        "--auth-password",
        "p",
        "--pipeline",
    ];
    run("swaks", &[&to[..], &what, &auth].concat()).await;
    let message = house.arrival().await;
    assert_eq!(message.subject, "From swaks");
    assert_eq!(message.envelope.from, "me@example.org");
    assert_eq!(message.envelope.to, ["ada@localhost", "bob@localhost"]);
    assert!(message.text.as_ref().unwrap().contains("It works."));
}

/// Whether swaks is there; where it must be, what comes next fails without it.
pub fn has_swaks() -> bool {
    let there = Command::new("swaks").arg("--version").output().is_ok();
    let needed = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    if !there && !needed {
        eprintln!("skipped: swaks is not installed");
    }
    there || needed
}

/// Runs a program off the async threads; the programs bring their own time limits.
pub async fn run(program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments);
    let ran = within(tokio::task::spawn_blocking(move || command.output()))
        .await
        .unwrap();
    let ran = ran.unwrap_or_else(|error| panic!("{program} is needed for this test: {error}"));
    let said = [ran.stdout, ran.stderr].concat();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&said));
}
