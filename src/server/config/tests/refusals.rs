//! The line of each error about a single value.

use super::{config, env, file, flags, line};

#[test]
fn a_wrong_value_is_one_line_with_key_value_source_and_what_is_allowed() {
    let cases = [
        (
            env(&[("POSTERN_RESET__TOKEN_LIFETIME", "3 weeks")]),
            "reset.token_lifetime = \"3 weeks\" (from POSTERN_RESET__TOKEN_LIFETIME): \
             must be a duration from 1m to 24h, such as \"20m\"",
        ),
        (
            file("\n[smtp]\nport = '25'\n"),
            "smtp.port = \"25\" (from Leptos.toml, line 3): must be a whole number from 1 to 65535",
        ),
        (
            flags(&[("limits.per_identifier", "-1")]),
            "limits.per_identifier = -1 (from the command line): \
             must be a whole number from 1 to 10000",
        ),
        (
            file("env = 'staging'\n"),
            "env = \"staging\" (from Leptos.toml, line 1): \
             must be \"development\" or \"production\"",
        ),
        (
            file("[sandbox]\nenabled = 'yes'\n"),
            "sandbox.enabled = \"yes\" (from Leptos.toml, line 2): must be true or false",
        ),
        (
            env(&[("POSTERN_SITE__COLOR", "blue\nred")]),
            "site.color = \"blue\\nred\" (from POSTERN_SITE__COLOR): \
             must be a colour, such as \"#1f5f8b\"",
        ),
        (
            file("[site]\ntrusted_proxies = ['10.0.0.0/99']\n"),
            "site.trusted_proxies = [\"10.0.0.0/99\"] (from Leptos.toml, line 2): \
             must be networks, such as [\"10.0.0.0/8\", \"::1\"]",
        ),
    ];
    for (sources, expected) in cases {
        assert_eq!(line(&sources), expected);
    }
}

#[test]
fn values_outside_their_rules_are_refused() {
    let cases = [
        ("site.public_url", "https://a.example/path"),
        ("site.public_url", "https://user:pw@a.example"),
        ("site.listen", "localhost"),
        ("site.name", "two\nlines"),
        ("site.support", "http://help.example.org"),
        ("site.support", "javascript:alert(1)"),
        ("database.busy_timeout", "10ms"),
        ("database.url", "mysql://db"),
        ("database.url", "sqlite:"),
        ("smtp.host", "mail example"),
        ("smtp.ca_file", "no/such/file.pem"),
        ("smtp.helo", "a b"),
        ("mail.from", "nobody"),
        ("mail.from", "a@example.org\r\nBcc: b@example.org"),
        ("mail.subject_reset", "Hello {username}"),
        ("password.min_length", "7"),
        ("password.max_length", "63"),
        ("password.min_score", "5"),
        ("session.max_failures", "101"),
        ("sandbox.listen", "0.0.0.0:1025"),
        ("log.level", "postern=loud"),
    ];
    for (key, value) in cases {
        let line = line(&flags(&[(key, value)]));
        assert!(line.starts_with(key) && line.contains("must be "), "{line}");
    }
}

#[test]
fn unknown_keys_name_the_nearest() {
    let cases = [
        (
            file("[reset]\ntoken_lifetme = '20m'\n"),
            "reset.token_lifetme (from Leptos.toml, line 2): there is no such setting; \
             did you mean reset.token_lifetime?",
        ),
        (
            env(&[("POSTERN_SMTP_HOST", "a.example")]),
            "POSTERN_SMTP_HOST (environment variable): there is no such setting; \
             did you mean POSTERN_SMTP__HOST?",
        ),
        (
            flags(&[("smtp.password_fil", "x")]),
            "smtp.password_fil (from the command line): there is no such setting; \
             did you mean smtp.password_file?",
        ),
    ];
    for (sources, expected) in cases {
        assert_eq!(line(&sources), expected);
    }
    config(&file("[site]\n[reset]\n"));
}

#[test]
fn the_password_of_a_database_is_neither_shown_nor_taken_from_a_flag() {
    let url = "postgres://me:hunter2@db/postern";
    let flag = line(&flags(&[("database.url", url)]));
    assert!(
        flag.contains("database.password_file") && !flag.contains("hunter2"),
        "{flag}"
    );
    let twice = line(&env(&[
        ("POSTERN_DATABASE__URL", url),
        ("POSTERN_DATABASE__PASSWORD", "hunter3"),
    ]));
    assert!(
        twice.contains("set only one") && !twice.contains("hunter"),
        "{twice}"
    );
    let quiet = flags(&[("database.url", "mysql://me:hunter2@db/postern")]);
    assert!(!super::line(&quiet).contains("hunter2"));
    let loaded = config(&env(&[("POSTERN_DATABASE__URL", url)]));
    assert!(!format!("{:?} {}", loaded.database, loaded.database.url).contains("hunter2"));
}
