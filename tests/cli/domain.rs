//! `postern smtp domain` against a real name server: unbound, with the records of good and bad domains.

use serde_json::Value;

use crate::nameserver::{NameServer, txt};
use crate::place::Place;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/server/mail/tests/keys");

/// The record of `rsa2048.pem`, as openssl makes its public half.
fn rsa_record() -> String {
    let pem = std::fs::read_to_string(format!("{KEYS}/public.pem")).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    format!("v=DKIM1; k=rsa; p={base64}")
}

const ED25519_RECORD: &str = "v=DKIM1; k=ed25519; p=KoFmJ868HGDTyJfZrpunZ2wjjfvPHlj6dDrzRmRuusE=";

fn records() -> Vec<String> {
    let plain = |line: &str| line.to_owned();
    let mut records = vec![
        // All as it should be.
        txt("good.example", "v=spf1 include:_spf.good.example -all"),
        txt("good.example", "some-site-verification=abc"),
        txt(
            "_spf.good.example",
            "v=spf1 ip4:203.0.113.0/28 ip6:2001:db8::/32 -all",
        ),
        txt("s2026._domainkey.good.example", &rsa_record()),
        txt("e2026._domainkey.good.example", ED25519_RECORD),
        txt(
            "_dmarc.good.example",
            "v=DMARC1; p=reject; rua=mailto:dmarc@good.example",
        ),
        txt(
            "_smtp._tls.good.example",
            "v=TLSRPTv1; rua=mailto:tls@good.example",
        ),
        plain("good.example. 60 IN MX 10 mx.good.example."),
        plain("mx.good.example. 60 IN A 203.0.113.8"),
        plain("7.113.0.203.in-addr.arpa. 60 IN PTR mail.good.example."),
        plain("mail.good.example. 60 IN A 203.0.113.7"),
        // Wrong in every way.
        txt(
            "bad.example",
            "v=spf1 a:gone1.bad.example a:gone2.bad.example a:gone3.bad.example +all",
        ),
        txt("s2026._domainkey.bad.example", ED25519_RECORD),
        txt("_dmarc.bad.example", "v=DMARC1; p=maybe"),
        plain("bad.example. 60 IN MX 0 ."),
        plain("9.113.0.203.in-addr.arpa. 60 IN PTR elsewhere.bad.example."),
        plain("elsewhere.bad.example. 60 IN A 203.0.113.99"),
        plain("9.113.0.203.list.test. 60 IN A 127.0.0.2"),
        plain("7.113.0.203.refusing.test. 60 IN A 127.255.255.254"),
        // There, with no record for mail.
        plain("bare.example. 60 IN A 203.0.113.20"),
        // Too many look-ups.
        txt("deep.example", "v=spf1 include:n0.deep.example ~all"),
        plain("deep.example. 60 IN MX 10 mx.good.example."),
    ];
    for at in 0..11 {
        let next = format!("v=spf1 include:n{}.deep.example ~all", at + 1);
        let text = if at == 10 {
            "v=spf1 ip4:203.0.113.7 ~all"
        } else {
            &next
        };
        records.push(txt(&format!("n{at}.deep.example"), text));
    }
    // An answer of more than 4 KiB: it comes by TCP.
    records.push(txt("big.example", "v=spf1 ip4:203.0.113.7 -all"));
    for at in 0..30 {
        records.push(txt(
            "big.example",
            &format!("verification-{at}={}", "x".repeat(180)),
        ));
    }
    records
}

fn variables(domain: &str) -> Vec<(&'static str, String)> {
    vec![
        ("POSTERN_MAIL__FROM", format!("noreply@{domain}")),
        ("POSTERN_MAIL__DKIM_SELECTOR", "s2026".to_owned()),
        ("POSTERN_MAIL__DKIM_KEY_FILE", format!("{KEYS}/rsa2048.pem")),
        ("POSTERN_MAIL__DKIM_ED25519_SELECTOR", "e2026".to_owned()),
        (
            "POSTERN_MAIL__DKIM_ED25519_KEY_FILE",
            format!("{KEYS}/ed25519.pem"),
        ),
    ]
}

struct Checked {
    code: i32,
    report: Value,
}

impl Checked {
    /// The verdicts of one check, in their order.
    fn verdicts(&self, check: &str) -> Vec<&str> {
        let all = self.report["findings"].as_array().unwrap().iter();
        all.filter(|one| one["check"] == check)
            .map(|one| one["verdict"].as_str().unwrap())
            .collect()
    }

    /// Everything that one check says.
    fn says(&self, check: &str) -> String {
        let all = self.report["findings"].as_array().unwrap().iter();
        all.filter(|one| one["check"] == check)
            .map(ToString::to_string)
            .collect()
    }
}

fn run(
    place: &Place,
    server: &NameServer,
    domain: &str,
    arguments: &[&str],
    configured: bool,
) -> Checked {
    let dns = server.address.to_string();
    let mut all = vec!["smtp", "domain", domain, "--dns", &dns, "--json"];
    all.extend(arguments);
    let variables = if configured {
        variables(domain)
    } else {
        Vec::new()
    };
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let ran = place.run_with(&all, &variables, "");
    let report =
        serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
    Checked {
        code: ran.code,
        report,
    }
}

#[test]
fn a_domain_is_judged_by_what_a_real_name_server_answers() {
    let zones = ["\"broken.example.\" refuse"];
    let Some(server) = NameServer::start(&records(), &zones) else {
        return;
    };
    let place = Place::new("domain");

    let good = run(
        &place,
        &server,
        "good.example",
        &["--relay-ip", "203.0.113.7", "--blocklist", "list.test"],
        true,
    );
    assert_eq!(good.code, 0, "{:#}", good.report);
    assert_eq!(
        good.verdicts("spf"),
        ["ok", "ok", "ok", "ok"],
        "{:#}",
        good.report
    );
    for check in ["dkim", "dmarc"] {
        assert_eq!(good.verdicts(check), ["ok", "ok"], "{:#}", good.report);
    }
    for check in ["mx", "reverse_dns", "blocklists", "tls_rpt"] {
        assert_eq!(good.verdicts(check), ["ok"], "{:#}", good.report);
    }
    assert_eq!(good.verdicts("mta_sts"), ["not_applicable"]);
    assert_eq!(good.report["relay"][0], "203.0.113.7");
    assert!(
        good.says("dkim")
            .contains("RSA, 2048 bits, the one that mails are signed with")
    );

    // Another address is not covered, and the record to publish says both.
    let other = run(
        &place,
        &server,
        "good.example",
        &["--relay-ip", "203.0.113.77", "--no-blocklists"],
        true,
    );
    assert_eq!(other.code, 1);
    assert_eq!(other.verdicts("spf"), ["ok", "ok", "ok", "fail"]);
    assert!(
        other
            .says("spf")
            .contains("v=spf1 ip4:203.0.113.77 include:_spf.good.example -all")
    );
    assert_eq!(other.verdicts("reverse_dns"), ["fail"]);
    assert_eq!(other.verdicts("blocklists"), ["not_applicable"]);

    let bad = run(
        &place,
        &server,
        "bad.example",
        &[
            "--relay-ip",
            "203.0.113.9",
            "--blocklist",
            "list.test",
            "--from",
            "noreply@good.example",
        ],
        true,
    );
    assert_eq!(bad.code, 1);
    assert_eq!(
        bad.verdicts("spf"),
        ["ok", "fail", "fail", "ok"],
        "{:#}",
        bad.report
    );
    assert_eq!(bad.verdicts("dkim"), ["fail", "fail"], "{:#}", bad.report);
    assert!(
        bad.says("dkim").contains(&rsa_record()),
        "the record to publish"
    );
    assert_eq!(
        bad.verdicts("dmarc"),
        ["ok", "fail"],
        "good.example's policy, and nobody speaks for it"
    );
    assert_eq!(bad.verdicts("mx"), ["fail"]);
    assert_eq!(bad.verdicts("reverse_dns"), ["fail"]);
    assert_eq!(bad.verdicts("blocklists"), ["fail"]);
    let own = run(&place, &server, "bad.example", &[], false);
    assert_eq!(own.verdicts("dmarc"), ["fail"]);
    assert!(
        own.says("dmarc")
            .contains("p=maybe is not none, quarantine or reject")
    );
    assert_eq!(own.verdicts("dkim"), ["warn"], "no key is configured");

    let bare = run(
        &place,
        &server,
        "bare.example",
        &["--relay-ip", "203.0.113.20", "--blocklist", "list.test"],
        false,
    );
    assert_eq!(bare.code, 1);
    assert_eq!(bare.verdicts("spf"), ["fail"]);
    assert!(bare.says("spf").contains("v=spf1 ip4:203.0.113.20 -all"));
    assert_eq!(
        (bare.verdicts("dmarc")[0], bare.verdicts("mx")[0]),
        ("warn", "warn")
    );
    let nowhere = run(&place, &server, "nowhere.example", &[], false);
    assert_eq!(nowhere.verdicts("mx"), ["fail"]);

    let deep = run(
        &place,
        &server,
        "deep.example",
        &["--relay-ip", "203.0.113.7", "--no-blocklists"],
        false,
    );
    assert_eq!(deep.verdicts("spf")[1], "fail", "{:#}", deep.report);
    assert!(
        deep.says("spf")
            .contains("Receivers look up 11 of at most 10 names")
    );

    let big = run(
        &place,
        &server,
        "big.example",
        &["--relay-ip", "203.0.113.7", "--no-blocklists"],
        false,
    );
    assert_eq!(
        big.verdicts("spf"),
        ["ok", "ok", "ok", "ok"],
        "over TCP: {:#}",
        big.report
    );

    // Nobody answers: neither good nor bad, and no failure.
    let refused = run(
        &place,
        &server,
        "broken.example",
        &["--no-blocklists"],
        false,
    );
    assert_eq!(refused.code, 0, "{:#}", refused.report);
    for check in ["spf", "dmarc", "mx", "mta_sts", "tls_rpt"] {
        assert_eq!(refused.verdicts(check), ["unknown"], "{:#}", refused.report);
    }
    let lists = [
        "--relay-ip",
        "203.0.113.7",
        "--blocklist",
        "refusing.test",
        "--blocklist",
        "list.test",
    ];
    let lists = run(&place, &server, "good.example", &lists, false);
    assert_eq!(lists.verdicts("blocklists"), ["ok"]);
    assert!(
        lists
            .says("blocklists")
            .contains("refusing.test: it does not answer this resolver")
    );

    let dns = server.address.to_string();
    let text = place.run(&[
        "smtp",
        "domain",
        "good.example",
        "--dns",
        &dns,
        "--no-blocklists",
    ]);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(
        text.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        text.out
    );
    assert!(
        text.out
            .starts_with("Mail from good.example\n\nSPF          ok       "),
        "{}",
        text.out
    );
    assert!(!text.out.contains('\u{1b}'), "no colours in a file");
}

#[test]
fn a_resolver_that_is_not_there_leaves_everything_unknown() {
    let place = Place::new("domain-deaf");
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let dns = taken.local_addr().unwrap().to_string();
    drop(taken);
    let ran = place.run(&[
        "smtp",
        "domain",
        "example.org",
        "--dns",
        &dns,
        "--no-blocklists",
        "--json",
    ]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let spf = &report["findings"][0];
    assert_eq!(
        (&spf["check"], &spf["verdict"]),
        (&Value::from("spf"), &Value::from("unknown"))
    );
    assert!(report["took_ms"].as_u64().unwrap() < 40_000);
}

#[test]
fn what_is_no_domain_is_a_usage_error() {
    let place = Place::new("domain-usage");
    for arguments in [
        &["smtp", "domain", "exa mple"][..],
        &["smtp", "domain", "a..b"],
        &["smtp", "domain", "a@example.org"],
        &["smtp", "domain", "example.org", "--relay-ip", "nowhere"],
        &[
            "smtp",
            "domain",
            "example.org",
            "--relay",
            "a",
            "--relay-ip",
            "192.0.2.1",
        ],
        &["smtp", "domain", "example.org", "--dns", "127.0.0.1"],
    ] {
        let ran = place.run(arguments);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (2, ""),
            "{arguments:?}: {}",
            ran.err
        );
    }
}
