//! `postern mail dkim-record`: the record of a key that was made with the commands of Leptos.toml.

use crate::place::Place;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/server/mail/tests/keys");

#[test]
fn the_record_of_each_key_is_printed() {
    let place = Place::new("dkim");
    let none = place.run(&["mail", "dkim-record"]);
    assert_eq!((none.code, none.out.as_str()), (4, ""));
    assert!(none.err.contains("no key is set"), "{}", none.err);

    let (rsa, ed25519) = (format!("{KEYS}/rsa2048.pem"), format!("{KEYS}/ed25519.pem"));
    let variables = [
        ("POSTERN_MAIL__FROM", "Example <noreply@example.org>"),
        ("POSTERN_MAIL__DKIM_SELECTOR", "s2026"),
        ("POSTERN_MAIL__DKIM_KEY_FILE", rsa.as_str()),
        ("POSTERN_MAIL__DKIM_ED25519_SELECTOR", "e2026"),
        ("POSTERN_MAIL__DKIM_ED25519_KEY_FILE", ed25519.as_str()),
    ];
    let ran = place.run_with(&["mail", "dkim-record", "--value"], &variables, "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.out);
    assert_eq!(lines[0], "s2026._domainkey.example.org");
    assert!(lines[1].starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"));
    assert_eq!(lines[2], "e2026._domainkey.example.org");
    assert_eq!(
        lines[3],
        "v=DKIM1; k=ed25519; p=KoFmJ868HGDTyJfZrpunZ2wjjfvPHlj6dDrzRmRuusE="
    );

    let zone = place.run_with(&["mail", "dkim-record"], &variables, "");
    let last = "e2026._domainkey.example.org. IN TXT \"v=DKIM1; k=ed25519; p=KoFmJ868HGDTyJfZrpunZ2wjjfvPHlj6dDrzRmRuusE=\"";
    assert_eq!(zone.out.lines().last(), Some(last));
    let strings: String = zone.out.lines().take(3).collect();
    let strings: String = strings.split('"').skip(1).step_by(2).collect();
    assert_eq!(strings, lines[1]);
}
