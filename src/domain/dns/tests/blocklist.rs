//! Blocklists: what their answers mean.

use super::{World, lines, subject};
use crate::domain::dns::answers::reversed;
use crate::domain::dns::blocklist::{Said, read};
use crate::domain::dns::report::Check;

#[test]
fn answers_are_listings_refusals_or_nonsense() {
    let said = |list: &str, codes: &[&str]| {
        let codes: Vec<_> = codes.iter().map(|code| code.parse().unwrap()).collect();
        read(list, &codes)
    };
    let zen = "zen.spamhaus.org";
    assert_eq!(
        said(zen, &["127.0.0.2"]),
        Said::Listed("127.0.0.2".into(), "it sends spam")
    );
    assert_eq!(
        said(zen, &["127.0.0.4"]),
        Said::Listed("127.0.0.4".into(), "a machine there is infected")
    );
    assert_eq!(
        said(zen, &["127.0.0.11", "127.0.0.4"]),
        Said::Listed(
            "127.0.0.11 127.0.0.4".into(),
            "a customer's line, from which no mail is expected"
        )
    );
    assert_eq!(
        said("bl.spamcop.net", &["127.0.0.2"]),
        Said::Listed("127.0.0.2".into(), "")
    );
    for code in ["127.255.255.252", "127.255.255.254", "127.255.255.255"] {
        assert_eq!(
            said(zen, &[code]),
            Said::Refused("it does not answer this resolver".into()),
            "{code}"
        );
    }
    for code in ["203.0.113.1", "0.0.0.0", "2001:db8::1"] {
        assert_eq!(
            said(zen, &[code]),
            Said::Refused("its answer is no blocklist's".into()),
            "{code}"
        );
    }
}

#[test]
fn a_refusal_is_no_listing_and_no_answer_is_no_acquittal() {
    let of = |records: &[&str], address: &str| {
        let mut one = subject(&[address]);
        one.blocklists = vec!["zen.spamhaus.org".into(), "list.example".into()];
        lines(&World(records).judge(&one), Check::Blocklists).remove(0)
    };
    let at = "203.0.113.7";
    assert_eq!(of(&[], at), "ok: 203.0.113.7 is on none of 2 lists.");
    assert_eq!(
        of(&["7.113.0.203.list.example A 127.0.0.3"], at),
        "fail: 203.0.113.7 is on list.example."
    );
    let refused = "7.113.0.203.zen.spamhaus.org A 127.255.255.254";
    assert_eq!(
        of(&[refused], at),
        "ok: 203.0.113.7 is on none of 1 lists; not asked: zen.spamhaus.org."
    );
    assert_eq!(
        of(&[refused, "7.113.0.203.list.example FAIL"], at),
        "unknown: No list answered about 203.0.113.7."
    );
    assert_eq!(
        of(&[], "10.0.0.1"),
        "n/a: 10.0.0.1 is private: no list has it."
    );
    let v6 = format!(
        "{}.list.example A 127.0.0.2",
        reversed("2001:db8::1".parse().unwrap())
    );
    assert_eq!(
        of(&[&v6], "2001:db8::1"),
        "fail: 2001:db8::1 is on list.example."
    );
}

#[test]
fn addresses_are_spelt_backwards() {
    assert_eq!(reversed("192.0.2.1".parse().unwrap()), "1.2.0.192");
    assert_eq!(
        reversed("2001:db8::567:89ab".parse().unwrap()),
        "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
    );
}
