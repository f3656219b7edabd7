//! The language, line by line: what is read, and every complaint with its place.

use std::time::Duration;

use super::*;

fn one(text: &str) -> Rule {
    let script = Script::parse(text).unwrap_or_else(|errors| panic!("{text}: {}", errors[0]));
    assert_eq!(script.rules().len(), 1, "{text}");
    script.rules()[0].clone()
}

fn refused(text: &str) -> String {
    let errors = Script::parse(text).expect_err(text);
    errors.iter().map(|error| format!("{error}\n")).collect()
}

fn reply(code: u16, lines: &[&str]) -> Act {
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    Act::Reply { code, lines }
}

#[test]
fn faults() {
    let certificate = Act::Certificate;
    for (text, stage, act) in [
        ("BANNER:drop", Stage::Banner, Act::Close),
        ("banner : DROP", Stage::Banner, Act::Close),
        (
            "BANNER:554 5.7.1 Go away",
            Stage::Banner,
            reply(554, &["5.7.1 Go away"]),
        ),
        (
            "BANNER:delay=5s",
            Stage::Banner,
            Act::Delay(Duration::from_secs(5)),
        ),
        (
            "BANNER:delay=250 ms",
            Stage::Banner,
            Act::Delay(Duration::from_millis(250)),
        ),
        (
            "BANNER:raw=HTTP/1.1 400: bad",
            Stage::Banner,
            Act::Raw("HTTP/1.1 400: bad".into()),
        ),
        (
            "EHLO:no starttls",
            Stage::Ehlo,
            Act::Withhold("STARTTLS".into()),
        ),
        ("EHLO:STARTTLS", Stage::Ehlo, Act::Offer("STARTTLS".into())),
        (
            "EHLO:offer AUTH CRAM-MD5",
            Stage::Ehlo,
            Act::Offer("AUTH CRAM-MD5".into()),
        ),
        (
            "EHLO:250 a\\nSIZE 5",
            Stage::Ehlo,
            reply(250, &["a", "SIZE 5"]),
        ),
        (
            "HELO:502",
            Stage::Helo,
            reply(502, &["As the fault script says"]),
        ),
        (
            "STARTTLS:454 4.7.0",
            Stage::StartTls,
            reply(454, &["4.7.0"]),
        ),
        ("STARTTLS:inject", Stage::StartTls, Act::Inject),
        ("TLS:expired", Stage::Tls, certificate(Certificate::Expired)),
        (
            "TLS:self-signed",
            Stage::Tls,
            certificate(Certificate::SelfSigned),
        ),
        (
            "TLS:wrong-name",
            Stage::Tls,
            certificate(Certificate::WrongName),
        ),
        (
            "TLS:not-yet-valid",
            Stage::Tls,
            certificate(Certificate::NotYetValid),
        ),
        (
            "TLS:unknown-issuer",
            Stage::Tls,
            certificate(Certificate::UnknownIssuer),
        ),
        ("TLS:good", Stage::Tls, certificate(Certificate::Good)),
        ("TLS:alert", Stage::Tls, Act::Alert),
        ("TLS:garbage", Stage::Tls, Act::Garbage),
        ("TLS:old-version", Stage::Tls, Act::OldVersion),
        (
            "AUTH:535 5.7.8 see ticket #4",
            Stage::Auth,
            reply(535, &["5.7.8 see ticket #4"]),
        ),
        (
            "MAIL:451 a\\; b # a note",
            Stage::Mail,
            reply(451, &["a; b"]),
        ),
        ("DATA:delay=10m", Stage::Data, Act::Delay(MAX_DELAY)),
        ("DATA:close-after-dot", Stage::Data, Act::CloseAfterDot),
        ("DATA:close-in-message", Stage::Data, Act::CloseInMessage),
        (
            "DOT:552 5.3.4 Übergröße",
            Stage::Dot,
            reply(552, &["5.3.4 Übergröße"]),
        ),
        ("*:close", Stage::Any, Act::Close),
        ("RSET:reset", Stage::Rset, Act::Reset),
        ("NOOP:silent", Stage::Noop, Act::Silent),
        (
            "QUIT:421 4.4.2 a:b",
            Stage::Quit,
            reply(421, &["4.4.2 a:b"]),
        ),
        ("RATE:5/min:close", Stage::Rate, Act::Close),
    ] {
        let rule = one(text);
        assert_eq!((rule.stage, rule.act), (stage, act), "{text}");
    }
}

#[test]
fn conditions() {
    let when = |text: &str| one(text).when;
    assert_eq!(when("RCPT:nth=2:451 4.7.1").count, Some(Count::Nth(2)));
    assert_eq!(
        when("RCPT:first=1000000:451").count,
        Some(Count::First(1_000_000))
    );
    assert_eq!(when("RCPT: after = 3 :451").count, Some(Count::After(3)));
    let both = when("RCPT:match=*@EXAMPLE.org:every=2:tls=no:550 5.1.1");
    assert_eq!(both.count, Some(Count::Every(2)));
    assert_eq!(both.pattern, Some(Pattern::new("*@example.org")));
    assert_eq!(both.tls, Some(false));
    let colons = when("RCPT:match=*@[IPv6\\:\\:\\:1]:550").pattern.unwrap();
    assert!(colons.matches("ada@[ipv6:::1]"));
    assert_eq!(
        when("RCPT:grey=5m:451").grey,
        Some(Duration::from_secs(300))
    );
    let rate = Rate {
        most: 5,
        span: Duration::from_secs(60),
    };
    assert_eq!(when("RATE:5/min:421").rate, Some(rate));
    assert_eq!(
        one("RATE:5/min:421").act,
        reply(
            421,
            &["4.7.28 Too many messages; the script allows 5 in 60 s"]
        )
    );
}

#[test]
fn lines_semicolons_and_comments() {
    let script = Script::parse(
        "# all of it; BANNER:drop\n\nMAIL:451; ; RCPT:first=1:450 # ; DATA:close\r\n  DOT:552;",
    )
    .unwrap();
    let seen: Vec<_> = script
        .rules()
        .iter()
        .map(|rule| (rule.line, rule.text.as_str()))
        .collect();
    assert_eq!(
        seen,
        [(3, "MAIL:451"), (3, "RCPT:first=1:450"), (4, "DOT:552")]
    );
    assert!(Script::parse(" \n#").unwrap().is_empty());
    assert!(Script::parse("TLS:expired").unwrap().wants_tls());
    assert!(!Script::parse("MAIL:451").unwrap().wants_tls());
}

#[test]
fn complaints_say_where_and_what_is_allowed() {
    let steps =
        "*, BANNER, EHLO, HELO, STARTTLS, TLS, AUTH, MAIL, RCPT, DATA, DOT, RSET, NOOP, QUIT, RATE";
    for (text, expected) in [
        ("nonsense", format!("line 1, column 1: a rule is STEP:FAULT, such as RCPT:451 4.7.1; the steps are {steps}\n")),
        ("\n  RCTP:451", format!("line 2, column 3: \"RCTP\" is no step; the steps are {steps}\n")),
        ("MAIL:451; RCPT:nth=0:451", "line 1, column 16: nth= needs a whole number from 1 to 1000000, not \"0\"\n".into()),
        ("DATA:delay=11m", "line 1, column 6: delay= needs a time from 1ms to 10m, such as 500ms, 5s or 2m, not \"11m\"\n".into()),
        ("RATE:5:421", "line 1, column 6: \"5\" is no rate: 1 to 10000 with /s, /min or /hour, such as 5/min\n".into()),
        ("RATE:421", "line 1, column 6: RATE needs how many in what time and a reply or close, such as RATE:5/min:421\n".into()),
        ("RCPT:tls=maybe:451", "line 1, column 6: tls= is yes or no, not \"maybe\"\n".into()),
        ("DATA:grey=5m:451", "line 1, column 6: grey= stands at MAIL or RCPT\n".into()),
        ("DATA:match=a:451", "line 1, column 6: match= needs a pattern such as *@example.org, at EHLO, HELO, AUTH, MAIL or RCPT\n".into()),
        ("EHLO:no ST@RT", "line 1, column 6: \"st@rt\" is no name of an extension, such as STARTTLS, AUTH, SIZE or SMTPUTF8\n".into()),
        ("MAIL:45 x", "line 1, column 6: \"45 x\" is no reply: three digits from 200 to 599, a space and words, such as 451 4.7.1 Try later\n".into()),
        ("MAIL:4511", "line 1, column 6: \"4511\" is no reply: three digits from 200 to 599, a space and words, such as 451 4.7.1 Try later\n".into()),
        ("MAIL:451 a\\b", "line 1, column 11: a backslash stands before n (a further line of the reply), ':', ';', '#' or another backslash\n".into()),
        ("MAIL:451 \0", "line 1, column 10: a control character (U+0000) is not allowed\n".into()),
        ("MAIL:nth=1:first=2:451", "line 1, column 12: first= is one condition too many: one of nth, first, after and every, and each other once\n".into()),
    ] {
        let said = refused(text);
        assert!(said.starts_with(&expected), "{text}:\n{said}{expected}");
    }
    let said = refused("TLS:expird");
    assert!(said.contains("column 5: \"expird\" is no fault here; allowed are delay=5s, close, drop, reset, silent, alert, garbage, old-version, good, expired,"), "{said}");
    assert!(refused("MAIL:expired").contains("\"expired\" is no fault here; allowed are a reply"));
    assert!(refused("TLS:535 x").contains("is no fault here"));
    assert!(refused("RCPT:nth=2").contains("column 6: a condition needs a fault behind it"));
    assert!(
        refused("RCPT:nth=2:").contains("column 12: the fault is missing; allowed are a reply")
    );
    assert!(refused("RATE:5/min:raw=x").contains("RATE needs"));
    assert_eq!(refused("A:b\nMAIL:451\nC:d").lines().count(), 2);
}

#[test]
fn hostile_scripts_are_refused_at_once() {
    let million = "MAIL:451\n".repeat(120_000);
    assert_eq!(
        refused(&million),
        "line 1, column 1: the script is longer than 16384 octets\n"
    );
    let rules = "QUIT:close;".repeat(MAX_RULES + 1);
    assert_eq!(
        refused(&rules),
        "line 1, column 2201: a script has at most 200 rules\n"
    );
    assert_eq!(refused(&"x;".repeat(8_000)).lines().count(), 20);
    for text in [
        "RCPT:nth=4294967297:451",
        "RCPT:nth=-1:451",
        "DATA:delay=99999999999999999999s",
        "DATA:delay=18446744073709551615m",
        "DATA:delay=0s",
        "DATA:delay=5",
        "RATE:0/min:421",
        "RATE:99999999999/min:421",
        "MAIL:99999999999999999999",
        "MAIL:600 x",
        "MAIL:٤٥١",
        "::::",
        "\u{feff}MAIL:451",
    ] {
        refused(text);
    }
    let long = "x".repeat(600);
    refused(&format!("MAIL:451 {long}"));
    refused(&format!("BANNER:raw={long}"));
    refused(&format!("EHLO:offer {long}"));
    refused(&format!("MAIL:451 {}", "x\\n".repeat(30)));
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_script_or_has_complaints(text in "([A-Z*]{1,8}|[a-z=0-9 ]{0,6}|[:;#\\\\\n]|\\PC){0,40}") {
        match Script::parse(&text) {
            Ok(script) => proptest::prop_assert!(script.rules().len() <= MAX_RULES),
            Err(errors) => proptest::prop_assert!(!errors.is_empty() && errors.len() <= 20),
        }
    }
}
