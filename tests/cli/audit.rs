//! The audit trail, listed and filtered.

use serde_json::Value;

use crate::place::Place;

#[test]
fn the_audit_trail_is_listed_and_filtered() {
    let place = Place::migrated("audit");
    assert_eq!(
        place.json(&["audit", "list", "--json"]),
        Value::Array(Vec::new())
    );
    for name in ["alice", "bobby"] {
        assert_eq!(place.add(name, &[]).code, 0);
        assert_eq!(place.run(&["account", "freeze", name]).code, 0);
    }
    assert_eq!(place.events(&["--event", "account_freeze"]).len(), 2);
    assert_eq!(place.events(&["--limit", "1"]), ["account_freeze"]);
    assert_eq!(place.events(&["--since", "1h"]).len(), 4);
    assert_eq!(place.events(&["--since", "2999-01-01"]).len(), 0);
    let both = ["--account", "bobby", "--event", "account_created"];
    let event = &place.json(&[&["audit", "list", "--json"], &both[..]].concat())[0];
    assert_eq!(
        (&event["account"], &event["outcome"]),
        (&"bobby".into(), &"allowed".into())
    );
    assert!(event["at"].as_str().unwrap().ends_with('Z'));
    let table = place.run(&["audit", "list"]).out;
    assert!(
        table.starts_with("AT  ") && table.lines().count() == 5,
        "{table}"
    );
    assert_eq!(
        place.run(&["audit", "list", "--since", "yesterday"]).code,
        2
    );
    assert_eq!(place.run(&["audit", "list", "--account", "nobody"]).code, 4);
}
