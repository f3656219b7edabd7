//! `postern smtp probe`: how far it goes, what it prints and stores, and what it refuses.

use serde_json::Value;

use super::{PASSWORD, is_silent, sign_in, smtp};
use crate::place::Place;
use crate::scripted::{Act, Server};

fn json(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_as_far_as_it_is_told() {
    let place = Place::migrated("smtp-stops");
    let credentials = sign_in(&place);
    let all = ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"];
    for (stop, said) in [
        ("connect", 0),
        ("tls", 1),
        ("auth", 2),
        ("rcpt", 4),
        ("data", 5),
    ] {
        let server = Server::plain(Vec::new()).await;
        let flags = ["--to", "me@example.org", "--stop-after", stop];
        let ran = smtp(
            &place,
            "probe",
            server.at,
            &[&flags[..], &credentials].concat(),
            "",
        );
        assert_eq!(ran.code, 0, "{stop}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("passed:"), "{}", ran.out);
        for (at, verb) in all.iter().enumerate() {
            let times = usize::from(at < said);
            assert_eq!(server.heard_of(verb), times, "{stop}: {:?}", server.heard());
        }
        assert_eq!(server.heard_of("QUIT"), 1, "{stop}");
        is_silent(&place, &ran);
    }
    let events = place.json(&["audit", "list", "--event", "smtp_probe_run", "--json"]);
    assert_eq!(events.as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_mail_is_from_the_settings_and_has_no_link_to_follow() {
    let place = Place::new("smtp-testmail");
    let server = Server::plain(Vec::new()).await;
    let flags = [
        "--set",
        "mail.from=Example <noreply@example.org>",
        "--to",
        "me@example.org",
        "--stop-after",
        "data",
    ];
    let ran = smtp(&place, "probe", server.at, &flags, "");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let heard = server.heard().join("\n");
    for part in [
        "MAIL FROM:<noreply@example.org>",
        "From: Example <noreply@example.org>",
        "To: me@example.org",
        "Subject: Test mail of Postern",
        "Postern test mail",
        &format!("localhost:{}", server.at.port()),
    ] {
        assert!(heard.contains(part), "{part} is missing:\n{heard}");
    }
    assert!(
        !heard.contains("/reset") && !heard.contains('#') || heard.contains("color"),
        "{heard}"
    );
    // What was shown is the wire but for the recipient and the message.
    assert!(
        ran.out.contains("> MAIL FROM:<noreply@example.org>"),
        "{}",
        ran.out
    );
    assert!(
        !ran.out.contains("me@example.org") && !ran.out.contains("Subject"),
        "{}",
        ran.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_one_object_with_verdict_and_transcript() {
    let place = Place::migrated("smtp-json");
    // The server repeats what it was told.
    let script = vec![(
        "AUTH",
        Act::Say("535 5.7.8 no: AHJlbGF5AG9wZW4tc2VzYW1lLTljMmU= open-sesame-9c2e"),
    )];
    let server = Server::plain(script).await;
    let flags = [&sign_in(&place)[..], &["--json"]].concat();
    let ran = smtp(&place, "probe", server.at, &flags, "");
    assert_eq!((ran.code, ran.err.as_str()), (20, ""), "{}", ran.out);
    let shown = json(&ran.out);
    let verdict = &shown["verdict"];
    assert_eq!(verdict["id"], "auth.bad");
    assert_eq!(verdict["class"], "authentication");
    assert_eq!(verdict["exit_code"], 20);
    assert_eq!(verdict["step"], "AUTH");
    assert_eq!(verdict["next"], "hold");
    assert_eq!(verdict["evidence"], "AUTH: 535 5.7.8 no: [secret] [secret]");
    for words in ["title", "cause", "fix"] {
        assert!(
            verdict[words].as_str().unwrap().len() > 5,
            "{words}: {verdict}"
        );
    }
    assert_eq!(shown["passed"], false);
    assert_eq!(shown["saved"], false);
    assert_eq!(shown["protection"], "none");
    assert_eq!(shown["stop_after"], "auth");
    assert_eq!(shown["target"], format!("localhost:{}", server.at.port()));
    assert_eq!(shown["id"].as_str().unwrap().len(), 32);
    let steps = shown["transcript"]["steps"].as_array().unwrap();
    let auth = steps.iter().find(|step| step["step"] == "auth").unwrap();
    assert_eq!(auth["state"], "failed");
    assert_eq!(auth["lines"][0]["text"], "AUTH PLAIN [secret]");
    assert!(is_silent(&place, &ran) > 0, "the database was looked at");
    let events = place.json(&["audit", "list", "--event", "smtp_probe_run", "--json"]);
    assert_eq!(events[0]["outcome"], "failed");
    assert_eq!(events[0]["reason"], "auth.bad");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_saved_settings_are_tried_where_nothing_else_is_said() {
    let place = Place::migrated("smtp-saved");
    let server = Server::plain(Vec::new()).await;
    let port = format!("smtp.port={}", server.at.port());
    let saved = place.run(&["--set", &port, "smtp", "probe", "--json"]);
    let shown = json(&saved.out);
    assert_eq!(
        (saved.code, &shown["saved"]),
        (0, &Value::Bool(true)),
        "{}",
        saved.err
    );
    let changed = place.run(&[
        "--set",
        &port,
        "smtp",
        "probe",
        "--helo",
        "other.example",
        "--json",
    ]);
    assert_eq!(
        json(&changed.out)["saved"],
        false,
        "a change is not the saved settings"
    );
    assert!(server.heard().contains(&"EHLO other.example".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_saved_password_goes_to_the_saved_server_alone() {
    let place = Place::new("smtp-other");
    let server = Server::plain(Vec::new()).await;
    let port = server.at.port().to_string();
    let settings = [
        ("POSTERN_SMTP__HOST", "127.0.0.1"),
        ("POSTERN_SMTP__USERNAME", "relay"),
        ("POSTERN_SMTP__PASSWORD", PASSWORD),
    ];
    let elsewhere = ["smtp", "probe", "--host", "127.0.0.1", "--port", &port];
    let ran = place.run_with(&elsewhere, &settings, "");
    assert_eq!((ran.code, server.heard_of("AUTH")), (0, 0), "{}", ran.out);
    let changed = ["smtp", "probe", "--port", &port];
    let ran = place.run_with(&changed, &settings, "");
    assert_eq!((ran.code, server.heard_of("AUTH")), (0, 1), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_without_a_database_it_works_and_says_that_nothing_is_stored() {
    let place = Place::new("smtp-nodb");
    let server = Server::plain(Vec::new()).await;
    let ran = smtp(&place, "probe", server.at, &["--json"], "");
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(
        ran.err.contains("nothing is stored: there is no database"),
        "{}",
        ran.err
    );
    assert_eq!(json(&ran.out)["id"], Value::Null);
    assert!(!place.0.join("var").exists(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_gets_no_escape_codes_whatever_a_server_says() {
    let place = Place::new("smtp-pipe");
    let script = vec![(
        "EHLO",
        Act::Say("550 5.7.1 \u{1b}[2J\u{1b}]0;x\u{7}\u{202e}no"),
    )];
    let server = Server::plain(script).await;
    let ran = smtp(&place, "probe", server.at, &[], "");
    assert_ne!(ran.code, 0);
    assert!(
        ran.out.contains("FAILED") && ran.out.contains("< 550"),
        "{}",
        ran.out
    );
    for text in [&ran.out, &ran.err] {
        let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(odd), "{text:?}");
    }
}

#[test]
fn what_makes_no_sense_is_said_before_anything_is_sent() {
    let place = Place::new("smtp-usage");
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let port = server.local_addr().unwrap().port().to_string();
    let reach = ["smtp", "probe", "--host", "127.0.0.1", "--port", &port];
    std::fs::write(place.0.join("text"), "no certificate\n").unwrap();
    let cases: [(&[&str], &str); 14] = [
        (&["--stop-after", "rcpt"], "needs a recipient: --to"),
        (&["--to", "nobody"], "write a mail address"),
        (
            &["--to", "a@example.org\r\nRCPT TO:<b@example.org>"],
            "write a mail address",
        ),
        (&["--user", "relay"], "no terminal to ask for a password at"),
        (
            &["--user", "relay", "--password-file", "missing"],
            "missing cannot be read",
        ),
        (
            &["--user", "relay", "--password", "x"],
            "unexpected argument '--password'",
        ),
        (&["--password-file", "text"], "give --user as well"),
        (&["--ca-file", "missing"], "missing cannot be read"),
        (&["--ca-file", "text"], "text holds no"),
        (&["--client-cert", "text"], "--client-key"),
        (&["--mx", "--to", "me@example.org"], "cannot be used with"),
        (&["--timeout", "0s"], "from 1s to 10m"),
        (&["--helo", "two words"], "write one word"),
        (&["--real-mail"], "leave the server's flags out"),
    ];
    for (flags, words) in cases {
        let ran = place.run(&[&reach[..], flags].concat());
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (2, ""),
            "{flags:?}: {}",
            ran.err
        );
        assert!(ran.err.contains(words), "{flags:?}: {}", ran.err);
    }
    assert!(server.accept().is_err(), "nobody came");
}
