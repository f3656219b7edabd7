//! What support does to accounts.

use crate::place::{PASSWORD, Place};

#[test]
fn an_account_is_added_listed_and_shown() {
    let place = Place::migrated("add");
    let added = place.add("alice", &[]);
    assert_eq!(added.code, 0, "{}", added.err);
    assert_eq!(
        (added.out.as_str(), added.err.as_str()),
        ("added alice <alice@example.org>\n", "")
    );
    assert_eq!(place.add("root", &["--operator"]).code, 0);

    let list = place.run(&["account", "list"]).out;
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines[0].starts_with("USERNAME  ADDRESS"), "{list}");
    assert!(
        lines[1].starts_with("alice     alice@example.org"),
        "{list}"
    );
    assert_eq!(lines.len(), 3);
    let list = place.json(&["account", "list", "--json"]);
    assert_eq!(
        (&list[0]["operator"], &list[1]["operator"]),
        (&false.into(), &true.into())
    );

    for name in [
        "alice",
        "ALICE",
        "alice@example.org",
        list[0]["id"].as_str().unwrap(),
    ] {
        let shown = place.run(&["account", "show", name]);
        assert_eq!(shown.code, 0, "{}", shown.err);
        assert!(
            shown.out.contains("state             active"),
            "{}",
            shown.out
        );
        assert!(shown.out.contains("account_created"), "{}", shown.out);
        assert!(!shown.out.contains("argon2"), "{}", shown.out);
    }
    let unknown = place.run(&["account", "show", "nobody"]);
    assert_eq!(
        (unknown.code, unknown.err.as_str()),
        (4, "postern: there is no account \"nobody\"\n")
    );
}

#[test]
fn an_account_that_may_not_be_is_refused() {
    let place = Place::migrated("refuse");
    assert_eq!(place.add("alice", &[]).code, 0);
    let taken = place.add("alice", &[]);
    assert_eq!(
        (taken.code, taken.err.as_str()),
        (5, "postern: this username is taken\n")
    );
    let add = |name, address, password: &str| {
        let arguments = ["account", "add", name, address, "--password-stdin"];
        place.run_with(&arguments, &[], password)
    };
    let address = add("bob", "Alice@Example.org", PASSWORD);
    assert_eq!(
        (address.code, address.err.as_str()),
        (5, "postern: this address has an account\n")
    );
    let weak = add("bob", "bob@example.org", "short\n");
    assert_eq!(weak.code, 5);
    assert!(
        weak.err.starts_with("postern: Use at least 15 characters"),
        "{}",
        weak.err
    );
    assert_eq!(add("bob", "bob@example.org", "").code, 5, "empty");
    assert_eq!(add("b", "bob@example.org", PASSWORD).code, 2);
    assert_eq!(add("bob", "bob", PASSWORD).code, 2);
    let silent = place.run(&["account", "add", "bob", "bob@example.org"]);
    assert_eq!(silent.code, 2);
    assert!(silent.err.contains("--password-stdin"), "{}", silent.err);
    assert_eq!(
        place
            .json(&["account", "list", "--json"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn support_freezes_unfreezes_and_unlocks() {
    let place = Place::migrated("freeze");
    assert_eq!(place.add("alice", &[]).code, 0);
    assert_eq!(
        place.run(&["account", "freeze", "alice"]).out,
        "alice is frozen\n"
    );
    assert_eq!(place.state("alice"), "frozen");
    assert_eq!(
        place.run(&["account", "freeze", "alice"]).out,
        "alice was frozen already\n"
    );
    let reset = place.run(&["account", "reset", "alice"]);
    assert_eq!(reset.code, 5);
    assert!(
        reset.err.contains("postern account unfreeze alice"),
        "{}",
        reset.err
    );
    let unfrozen = place.run(&["account", "unfreeze", "alice"]);
    assert_eq!(unfrozen.out, "alice is no longer frozen\n");
    assert!(
        unfrozen.err.contains("postern account reset alice"),
        "{}",
        unfrozen.err
    );
    assert_eq!(place.state("alice"), "active");
    let unlocked = place.run(&["account", "unlock", "alice"]).out;
    assert_eq!(
        unlocked,
        "alice was not locked; failed tries are forgotten\n"
    );
    let done = [
        "account_unlock",
        "account_unfreeze",
        "account_freeze",
        "account_created",
    ];
    assert_eq!(place.events(&["--account", "alice"]), done);
    for command in ["freeze", "unfreeze", "unlock", "reset"] {
        assert_eq!(place.run(&["account", command, "nobody"]).code, 4);
    }
}

#[test]
fn a_reset_goes_by_mail_but_an_operator_s_by_hand() {
    let place = Place::migrated("reset");
    assert_eq!(place.add("alice", &[]).code, 0);
    assert_eq!(place.add("root", &["--operator"]).code, 0);
    let queued = place.run(&["account", "reset", "alice"]);
    assert_eq!(queued.code, 0, "{}", queued.err);
    assert!(queued.out.starts_with("reset ") && queued.out.ends_with(" of alice is queued\n"));
    assert!(
        queued.err.contains("running server sends the mail"),
        "{}",
        queued.err
    );
    assert!(place.events(&[]).contains(&"reset_requested".to_owned()));
    let by_hand = place.run_with(
        &["account", "reset", "alice", "--password-stdin"],
        &[],
        PASSWORD,
    );
    assert_eq!(by_hand.code, 5, "only the owner chooses");

    let new = "another staple, quite a different horse\n";
    let by_hand = place.run_with(&["account", "reset", "root", "--password-stdin"], &[], new);
    assert_eq!(
        by_hand.out, "root has a new password; all sessions are ended\n",
        "{}",
        by_hand.err
    );
    assert_eq!(
        place.events(&["--account", "root"])[0],
        "authn_password_change"
    );
    let weak = place.run_with(
        &["account", "reset", "root", "--password-stdin"],
        &[],
        "root root root 1",
    );
    assert_eq!(weak.code, 5);
}
