//! Help, settings, exit codes, and the commands that need no account.

use std::path::Path;

use crate::place::Place;

/// Arguments, variables, and the line they lead to.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

#[test]
fn help_and_version_are_results() {
    let place = Place::new("help");
    let help = place.run(&["--help"]);
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    for part in [
        "serve",
        "migrate",
        "account",
        "audit",
        "mail",
        "Exit codes:",
        "--config <FILE>",
    ] {
        assert!(help.out.contains(part), "{part} is missing:\n{}", help.out);
    }
    let add = place.run(&["account", "add", "--help"]);
    assert!(
        add.out.contains("--password-stdin") && add.out.contains("Examples:"),
        "{}",
        add.out
    );
    let version = place.run(&["--version"]);
    assert_eq!(
        version.out,
        format!("postern {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert!(!place.0.join("var").exists(), "nothing was made");
}

#[test]
fn what_is_not_understood_ends_with_2() {
    let place = Place::new("usage");
    for arguments in [
        &["acount"][..],
        &["--set", "novalue"],
        &["account", "add", "alice"],
    ] {
        let ran = place.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(ran.err.contains("error: "), "{}", ran.err);
    }
    let password = place.run(&["account", "add", "a", "a@example.org", "--password", "x"]);
    assert_eq!(password.code, 2, "no password as an argument");
}

#[test]
fn a_wrong_setting_ends_with_3_and_one_line() {
    let place = Place::new("settings");
    let cases: [Case<'_>; 4] = [
        (
            &["--set", "reset.token_lifetme=20m", "migrate"],
            &[],
            "postern: reset.token_lifetme (from the command line): there is no such setting; \
             did you mean reset.token_lifetime?\n",
        ),
        (
            &[],
            &[("POSTERN_RESET__TOKEN_LIFETIME", "3 weeks")],
            "postern: reset.token_lifetime = \"3 weeks\" (from POSTERN_RESET__TOKEN_LIFETIME): \
             must be a duration from 1m to 24h, such as \"20m\"\n",
        ),
        (
            &["serve"],
            &[("POSTERN_ENV", "production")],
            "postern: site.public_url (not set): production needs the https origin that people \
             open, such as \"https://recover.example.org\"\n",
        ),
        (
            &["serve", "--listen", "nowhere"],
            &[],
            "postern: site.listen = \"nowhere\" (from the command line): must be an address and \
             port, such as \"127.0.0.1:3000\"\n",
        ),
    ];
    for (arguments, variables, line) in cases {
        let ran = place.run_with(arguments, variables, "");
        assert_eq!(
            (ran.code, ran.err.as_str(), ran.out.as_str()),
            (3, line, "")
        );
    }
}

#[test]
fn sqlite_settings_come_from_the_file_that_is_named_or_lies_there() {
    let place = Place::new("file");
    std::fs::write(
        place.0.join("Leptos.toml"),
        "[database]\nurl = 'sqlite:here.sqlite'\n",
    )
    .unwrap();
    std::fs::write(
        place.0.join("other.toml"),
        "[database]\nurl = 'sqlite:other.sqlite'\n",
    )
    .unwrap();
    assert_eq!(
        place.run(&["migrate"]).out,
        "sqlite:here.sqlite: 3 migrations applied\n"
    );
    let named = [("POSTERN_CONFIG", "other.toml")];
    let by_variable = place.run_with(&["migrate"], &named, "").out;
    assert_eq!(by_variable, "sqlite:other.sqlite: 3 migrations applied\n");
    let by_flag = place.run(&["migrate", "--config", "other.toml"]).out;
    assert_eq!(by_flag, "sqlite:other.sqlite is up to date\n");
    let missing = place.run(&["migrate", "--config", "missing.toml"]);
    assert_eq!(missing.code, 3);
    assert!(
        missing
            .err
            .starts_with("postern: missing.toml: cannot be read: "),
        "{}",
        missing.err
    );
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("Leptos.toml");
    let shipped = place.run(&["migrate", "--config", shipped.to_str().unwrap()]);
    assert_eq!(
        shipped.out, "sqlite:var/postern.sqlite: 3 migrations applied\n",
        "{}",
        shipped.err
    );
}

#[test]
fn sqlite_a_database_that_is_not_there_is_not_made_by_looking() {
    let place = Place::new("missing");
    let ran = place.run(&["account", "list"]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    assert!(
        ran.err
            .contains("there is no database at sqlite:var/postern.sqlite"),
        "{}",
        ran.err
    );
    assert!(!place.0.join("var").exists());
}

#[test]
fn a_preview_writes_each_mail_three_times() {
    let place = Place::new("preview");
    let brand = [
        "--set",
        "site.name=Example & Sons",
        "mail",
        "preview",
        "--out",
        "mails",
    ];
    let ran = place.run(&brand);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.lines().count(), 30, "ten kinds");
    for ending in ["html", "txt", "eml"] {
        let text = std::fs::read_to_string(place.0.join(format!("mails/reset.{ending}"))).unwrap();
        assert!(!text.is_empty());
    }
    let text = std::fs::read_to_string(place.0.join("mails/reset.txt")).unwrap();
    assert!(text.contains("Example & Sons"), "{text}");
    std::fs::write(place.0.join("file"), "").unwrap();
    let blocked = place.run(&["mail", "preview", "--out", "file"]);
    assert_eq!(blocked.code, 1);
    assert_eq!(blocked.err.lines().count(), 1, "{}", blocked.err);
}
