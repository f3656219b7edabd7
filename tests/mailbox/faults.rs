//! Every kind of rule over a raw socket, the record that remains of it, and the promises of the documentation.

use std::time::{Duration, Instant};

use postern::domain::smtp::diagnosis;
use postern::domain::smtp::faults::Script;
use postern::server::config::Sandbox;
use postern::server::secrets::Secret;
use postern::server::smtp::sandbox::{Ending, Who};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::support::{Client, House, within};

const MAIL: &str = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: x\r\n\r\nhello\r\n.\r\n";

/// All that the server says to somebody who says `words` at once and then listens to the end.
async fn hear(house: &House, words: &str) -> String {
    let mut client = house.client().await;
    client.say(words).await;
    client.rest().await
}

/// The codes of all replies.
fn codes(said: &str) -> Vec<&str> {
    let last = said
        .lines()
        .filter(|line| line.as_bytes().get(3) != Some(&b'-'));
    last.map(|line| line.get(..3).unwrap_or(line)).collect()
}

#[tokio::test]
async fn rules_at_every_step() {
    let whole = format!("EHLO t\r\n{MAIL}QUIT\r\n");
    for (script, expected, kept) in [
        ("", "220 250 250 250 354 250 221", 1),
        ("BANNER:drop", "", 0),
        ("BANNER:554 5.7.1 No", "554", 0),
        ("BANNER:421 4.3.2 Busy", "421", 0),
        ("EHLO:421 4.3.2 Busy", "220 421", 0),
        ("EHLO:close", "220", 0),
        ("MAIL:421 4.7.0 Later", "220 250 421", 0),
        ("MAIL:match=a@*:close", "220 250", 0),
        ("RCPT:close", "220 250 250", 0),
        ("DATA:close", "220 250 250 250", 0),
        ("DATA:421 4.3.2 Later", "220 250 250 250 421", 0),
        ("DATA:close-in-message", "220 250 250 250 354", 0),
        ("DATA:close-after-dot", "220 250 250 250 354", 1),
        ("DOT:close", "220 250 250 250 354", 0),
        ("DOT:552 5.3.4 Too large", "220 250 250 250 354 552 221", 0),
        ("DOT:250 2.0.0 Queued", "220 250 250 250 354 250 221", 1),
        ("DOT:421 4.3.2 Later", "220 250 250 250 354 421", 0),
        ("QUIT:close", "220 250 250 250 354 250", 1),
        ("QUIT:250 2.0.0 Ok", "220 250 250 250 354 250 250", 1),
        ("*:close", "220", 0),
        ("*:nth=3:close", "220 250 250", 0),
        (
            "RATE:1/min:421;RATE:1/h:close",
            "220 250 250 250 354 250 221",
            1,
        ),
    ] {
        let house = House::faulty(script).await;
        let said = hear(&house, &whole).await;
        assert_eq!(codes(&said).join(" "), expected, "{script}");
        assert_eq!(house.mailbox.count(), kept, "{script}");
    }
}

#[tokio::test]
async fn a_refused_command_leaves_the_session_usable() {
    let house = House::faulty("EHLO:nth=1:502 5.5.1 What?\nMAIL:first=1:451 4.3.0 x\nRCPT:first=1:451 4.7.1 x\nDATA:first=1:451 4.3.0 x\nRSET:first=1:500 x\nNOOP:first=1:raw=eh\nHELO:250 hello").await;
    let mut client = house.client().await;
    client.expect(220).await;
    for (line, said) in [
        ("EHLO t", "502 5.5.1 What?"),
        ("HELO t", "250 hello"),
        ("NOOP", "eh"),
        ("NOOP", "250 2.0.0 Ok"),
        ("RSET", "500 x"),
        ("MAIL FROM:<a@b>", "451 4.3.0 x"),
        ("MAIL FROM:<a@b>", "250 2.1.0 Sender ok"),
        ("RCPT TO:<c@d>", "451 4.7.1 x"),
        ("RCPT TO:<c@d>", "250 2.1.5 Recipient ok"),
        ("DATA", "451 4.3.0 x"),
        ("DATA", "354 Go ahead; end with a line that is a single dot"),
    ] {
        client.say(&format!("{line}\r\n")).await;
        assert_eq!(client.line().await, format!("{said}\r\n"), "{line}");
    }
}

#[tokio::test]
async fn greylisting_by_number_by_address_and_by_the_clock() {
    let refused = "EHLO t\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nQUIT\r\n";
    let house = House::faulty("RCPT:first=1:451 4.7.1 Greylisted").await;
    assert_eq!(
        codes(&hear(&house, refused).await),
        ["220", "250", "250", "451", "221"]
    );
    assert_eq!(codes(&hear(&house, refused).await)[3], "250");
    house
        .mailbox
        .faults()
        .set("RCPT:match=*@d:550 5.1.1 Nobody")
        .unwrap();
    let both = "EHLO t\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@D>\r\nRCPT TO:<c@e>\r\nQUIT\r\n";
    assert_eq!(codes(&hear(&house, both).await)[3..5], ["550", "250"]);
    house
        .mailbox
        .faults()
        .set("RCPT:grey=5m:451 4.7.1 Greylisted")
        .unwrap();
    for (minutes, code) in [(0, "451"), (4, "451"), (2, "250")] {
        house.clock.advance(Duration::from_secs(minutes * 60));
        assert_eq!(codes(&hear(&house, refused).await)[3], code, "{minutes}");
    }
    house.mailbox.faults().set("RATE:2/min:421").unwrap();
    for (seconds, code) in [(0, "250"), (10, "250"), (10, "421"), (41, "250")] {
        house.clock.advance(Duration::from_secs(seconds));
        let said = hear(&house, refused).await;
        assert_eq!(codes(&said)[2], code, "{said}");
    }
}

#[tokio::test]
async fn delays_are_waited_out_and_the_mail_is_kept_before_a_late_answer() {
    let mut house = House::faulty("DATA:delay=150ms\nDOT:delay=10m").await;
    let mut client = Client::ready(house.smtp).await;
    let before = Instant::now();
    client
        .say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
        .await;
    for code in [250, 250, 354] {
        client.expect(code).await;
    }
    assert!(before.elapsed() >= Duration::from_millis(150));
    client.say("Subject: late\r\n\r\n.\r\n").await;
    assert_eq!(house.arrival().await.subject, "late");
    // It hears nothing of it for ten minutes, unless the server stops.
    let stopping = house.stop();
    assert!(client.expect(421).await.contains("stopping"));
    client.closed().await;
    drop(client);
    within(stopping).await.unwrap();
}

#[tokio::test]
async fn silence_and_torn_connections() {
    let house = House::faulty("NOOP:silent\nRSET:reset").await;
    let mut client = Client::ready(house.smtp).await;
    client.say("NOOP\r\nQUIT\r\n").await;
    drop(client);
    assert_eq!(house.ending().await, Ending::Left);
    let said = &house.mailbox.sessions()[0].lines;
    assert!(
        said.iter()
            .all(|line| line.who != Who::Client || line.text != "QUIT"),
        "{said:?}"
    );
    let mut client = Client::ready(house.smtp).await;
    client.say("RSET\r\n").await;
    assert_eq!(client.broken().await, std::io::ErrorKind::ConnectionReset);
    assert_eq!(house.ending().await, Ending::Torn);
    house.mailbox.faults().set("BANNER:reset").unwrap();
    let mut stream = TcpStream::connect(house.smtp).await.unwrap();
    let error = within(stream.read(&mut [0; 10])).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn the_same_script_gives_the_same_conversation_twice() {
    let script = "RCPT:every=2:451 4.7.1\nMAIL:nth=2:452 4.3.1\nDOT:nth=1:554 5.7.1 Spam\nRATE:3/min:450 4.2.1 Slow";
    let words = format!("EHLO t\r\n{}QUIT\r\n", format!("{MAIL}RSET\r\n").repeat(4));
    let house = House::new().await;
    let mut runs = Vec::new();
    for _ in 0..2 {
        house.mailbox.faults().set(script).unwrap();
        let said = hear(&house, &words).await;
        let lines: Vec<String> = said
            .lines()
            .map(|line| match line.split_once(" as ") {
                // Ids of mails are never used twice.
                Some((before, _)) => before.to_owned(),
                None => line.to_owned(),
            })
            .collect();
        let record = &house.mailbox.sessions()[0];
        let fired: Vec<String> = record
            .lines
            .iter()
            .filter(|line| line.who == Who::Fault)
            .map(|line| line.text.clone())
            .collect();
        runs.push((lines, fired));
    }
    assert!(runs[0].1.len() > 3, "{:?}", runs[0].1);
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_record_tells_who_said_what_without_secrets_and_without_the_mail() {
    let config = Sandbox {
        credentials: Some(("ada".into(), Secret::new("hunter2".into()))),
        starttls: true,
        ..Sandbox::default()
    };
    let mut house = House::with(config).await;
    house
        .mailbox
        .faults()
        .set("RCPT:first=1:451 4.7.1 Greylisted")
        .unwrap();
    let mut client = Client::secured(&house).await.unwrap();
    client.say("EHLO me.example\r\nAUTH PLAIN AGFkYQBodW50ZXIz\r\nAUTH LOGIN\r\nYWRh\r\naHVudGVyMg==\r\n").await;
    for code in [250, 535, 334, 334, 235] {
        client.expect(code).await;
    }
    client
        .say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
        .await;
    for code in [250, 451, 250, 354] {
        client.expect(code).await;
    }
    client
        .say("Subject: x\r\n\r\nhttps://a.example/reset#TOKEN\r\n.\r\nQUIT\r\n")
        .await;
    for code in [250, 221] {
        client.expect(code).await;
    }
    let message = house.arrival().await;
    client.closed().await;
    assert_eq!(house.ending().await, Ending::Closed);
    let record = house
        .mailbox
        .session(message.session.as_ref().unwrap())
        .unwrap();
    let lines: Vec<String> = record
        .lines
        .iter()
        .map(|line| format!("{:?} {}", line.who, line.text))
        .collect();
    let all = lines.join("\n");
    for hidden in ["AGFk", "YWRh", "aHVu", "hunter", "TOKEN", "Subject"] {
        assert!(!all.contains(hidden), "{hidden}: {all}");
    }
    let mut from = 0;
    for expected in [
        "Server 220 localhost ESMTP",
        "Client EHLO test",
        "Client STARTTLS",
        "Server 220 2.0.0 Go ahead",
        "Note TLS 1.3, ",
        "Client EHLO me.example",
        "Client AUTH PLAIN [secret]",
        "Server 535 5.7.8 ",
        "Client AUTH LOGIN",
        "Server 334 ",
        "Client [secret]",
        "Server 235 2.7.0 Accepted",
        "Client RCPT TO:<c@d>",
        "Fault RCPT:first=1:451 4.7.1 Greylisted",
        "Server 451 4.7.1 Greylisted",
        "Server 354 ",
        "Note a message of 45 octets",
        "Server 250 2.0.0 Kept",
        "Client QUIT",
        "Server 221 2.0.0 Bye",
        "Note closed by the sandbox",
    ] {
        let found = lines[from..]
            .iter()
            .position(|line| line.starts_with(expected));
        from += found.unwrap_or_else(|| panic!("{expected}:\n{all}")) + 1;
    }
    assert_eq!(
        (record.helo.as_deref(), record.faults),
        (Some("me.example"), 1)
    );
    assert!(
        record
            .lines
            .windows(2)
            .all(|pair| pair[0].at_ms <= pair[1].at_ms)
    );
}

#[tokio::test]
async fn records_are_bounded_in_number_in_lines_and_in_size() {
    let house = House::new().await;
    let mut client = Client::ready(house.smtp).await;
    let flood = format!("NOOP {}\r\n", "x".repeat(900)).repeat(2_000);
    client.say(&format!("{flood}QUIT\r\n")).await;
    assert!(client.rest().await.ends_with("221 2.0.0 Bye\r\n"));
    let record = house.mailbox.sessions().remove(0);
    let octets: usize = record.lines.iter().map(|line| line.text.len()).sum();
    assert!(
        record.truncated && octets < 128 * 1024 && record.lines.len() <= 1_000,
        "{octets}"
    );
    for _ in 0..200 {
        hear(&house, "QUIT\r\n").await;
    }
    let sessions = house.mailbox.sessions();
    assert_eq!(sessions.len(), 150);
    assert!(house.mailbox.session(&record.id).is_none());
    // The latest may not have seen yet that its client is gone.
    let earlier = &sessions[1..];
    assert!(
        earlier
            .iter()
            .all(|session| session.ending == Some(Ending::Closed))
    );
}

/// The documentation's examples are rules, and its diagnoses are rows of the table.
#[test]
fn the_documentation_keeps_its_word() {
    let text = include_str!("../../docs/sandbox-faults.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut rules = 0;
    for row in rows.filter(|row| row.split('`').next().is_some_and(|rule| rule.contains(':'))) {
        let (rule, rest) = row.split_once('`').unwrap();
        Script::parse(rule).unwrap_or_else(|errors| panic!("{rule}: {}", errors[0]));
        let last = rest.rsplit('|').nth(1).unwrap();
        for id in last
            .split([' ', ',', '(', ')', ';'])
            .filter(|word| word.contains('.'))
        {
            assert!(diagnosis::by_id(id).is_some(), "{rule}: {id}");
        }
        rules += 1;
    }
    assert!(rules > 50, "{rules}");
}
