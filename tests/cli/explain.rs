//! `postern smtp explain`: a pasted reply and what it means, without a database and without a server.

use crate::place::Place;

#[test]
fn a_reply_is_explained_in_words_and_in_json() {
    let place = Place::new("explain");
    let ran = place.run(&["smtp", "explain", "535-5.7.8 no\n535 5.7.8 BadCredentials"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for part in [
        "auth.bad: wrong user name or password (authentication)",
        "AUTH: 535 5.7.8 no BadCredentials",
        "smtp.password_file",
        "held until",
        "  535    the name or the password is wrong",
        "  5.7.8  the credentials are not valid",
        "step   AUTH, assumed",
    ] {
        assert!(ran.out.contains(part), "{part} is missing:\n{}", ran.out);
    }
    let told = place.json(&[
        "smtp",
        "explain",
        "--json",
        "450",
        "4.2.0",
        "Greylisted,",
        "try",
        "again",
        "in",
        "5",
        "minutes",
    ]);
    assert_eq!(told["verdict"]["id"], "block.grey");
    assert_eq!(told["verdict"]["next"], "greylist");
    assert_eq!(told["wait_seconds"], 300);
    assert_eq!(
        (&told["step"], &told["step_assumed"]),
        (&"rcpt".into(), &true.into())
    );
    assert_eq!(told["reply"]["code"], 450);
    assert!(!place.0.join("var").exists(), "nothing was made");
}

#[test]
fn the_step_decides_and_logs_are_read_from_standard_input() {
    let place = Place::new("explain-step");
    let id = |arguments: &[&str]| {
        let told = place.json(&[&["smtp", "explain", "--json"], arguments].concat());
        told["verdict"]["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(id(&["--step", "auth", "454 4.7.0 later"]), "auth.temp");
    assert_eq!(id(&["--step", "STARTTLS", "454 4.7.0 later"]), "tls.454");
    assert_eq!(id(&["--step", "banner", "554 no"]), "banner.554");
    let log = "postfix/smtp[9]: 4X: to=<a@b.example>, status=bounced (host mx said: 550 5.1.1 who? (in reply to RCPT TO command))";
    let ran = place.run_with(&["smtp", "explain"], &[], log);
    assert!(ran.out.starts_with("rcpt.unknown: "), "{}", ran.out);
    let both = place.run(&["smtp", "explain", "--step", "rcpt", "550 4.7.1 x"]);
    assert!(both.out.contains("The two codes disagree"), "{}", both.out);
    let yes = place.run(&["smtp", "explain", "250 2.0.0 Ok: queued"]);
    assert_eq!(
        (yes.code, yes.out.starts_with("no failure: 250 2.0.0 Ok")),
        (0, true),
        "{}",
        yes.out
    );
}

#[test]
fn what_is_no_reply_ends_with_2_and_what_it_says_stays_harmless() {
    let place = Place::new("explain-none");
    for arguments in [&["hello"][..], &[""], &["-"], &["--step", "lunch", "550 x"]] {
        let arguments = [&["smtp", "explain"], arguments].concat();
        let ran = place.run(&arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(!ran.err.is_empty());
    }
    let ran = place.run(&["smtp", "explain", "550 5.1.1 a\u{1b}[2Jb \u{202e}c"]);
    assert_eq!(ran.code, 0);
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']), "{}", ran.out);
    let long = place.run_with(
        &["smtp", "explain", "-"],
        &[],
        &"550 5.1.1 x\n".repeat(100_000),
    );
    assert_eq!(long.code, 0, "{}", long.err);
    assert!(long.out.len() < 20_000);
}
