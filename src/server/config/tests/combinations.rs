//! Settings that bear on each other: twins, aliases, the relay's defaults, production.

use super::super::{LogFormat, TlsMode, Warning, load};
use super::{config, env, file, flags, line, pairs};

#[test]
fn secrets_come_from_a_file_or_a_value_and_are_never_shown() {
    let folder = std::env::temp_dir().join(format!("postern-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("smtp-password");
    std::fs::write(&path, "hunter2\n").unwrap();
    let path = path.to_str().unwrap();
    let user = ("POSTERN_SMTP__USERNAME", "robot");
    let value = ("POSTERN_SMTP__PASSWORD", "hunter2");
    let twin = ("POSTERN_SMTP__PASSWORD_FILE", path);

    for one in [value, twin] {
        let config = config(&env(&[user, one]));
        let (name, password) = config.smtp.credentials.as_ref().unwrap();
        assert_eq!((name.as_str(), password.expose()), ("robot", "hunter2"));
        assert!(!format!("{config:?}").contains("hunter2"));
    }
    let missing = ("POSTERN_SMTP__PASSWORD_FILE", "no/such/file");
    let refused = [
        (
            env(&[user, value, twin]),
            "smtp.password_file is set as well, set only one",
        ),
        (
            env(&[user, missing]),
            "(from POSTERN_SMTP__PASSWORD_FILE): cannot be read: ",
        ),
        (env(&[user]), "smtp.username = \"robot\""),
        (
            env(&[value]),
            "smtp.username (not set): must be set, because smtp.password is",
        ),
        (
            flags(&[("smtp.password", "hunter2")]),
            "no secret on the command line",
        ),
        (
            file("[smtp]\npassword = 12345\n"),
            "smtp.password (from Leptos.toml, line 2): must be",
        ),
    ];
    for (sources, expected) in refused {
        let line = line(&sources);
        assert!(line.contains(expected), "{line}");
        assert!(
            !line.contains("hunter2") && !line.contains("12345"),
            "{line}"
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn from_has_an_old_name() {
    let address = "Help <help@example.org>";
    assert_eq!(
        config(&env(&[("POSTERN_SMTP__FROM", address)])).mail.from,
        address
    );
    let mut sources = file("[mail]\nfrom = 'file@example.org'\n");
    sources.env = pairs(&[("POSTERN_SMTP__FROM", address)]);
    assert_eq!(config(&sources).mail.from, address);
    sources.flags = pairs(&[("mail.from", "flag@example.org")]);
    assert_eq!(config(&sources).mail.from, "flag@example.org");
    let both = [
        ("POSTERN_SMTP__FROM", "a@example.org"),
        ("POSTERN_MAIL__FROM", "b@example.org"),
    ];
    assert!(line(&env(&both)).contains("mail.from is set as well"));
    let wrong = line(&env(&[("POSTERN_SMTP__FROM", "nobody")]));
    assert!(
        wrong.starts_with("mail.from = \"nobody\" (from POSTERN_SMTP__FROM)"),
        "{wrong}"
    );
}

#[test]
fn the_relay_s_port_and_protection_follow_its_host() {
    let smtp = |settings: &[(&str, &str)]| {
        let smtp = config(&flags(settings)).smtp;
        (smtp.port, smtp.tls)
    };
    assert_eq!(
        smtp(&[("sandbox.listen", "127.0.0.1:1026")]),
        (1026, TlsMode::None)
    );
    assert_eq!(smtp(&[("sandbox.enabled", "false")]), (25, TlsMode::None));
    assert_eq!(smtp(&[("smtp.host", "localhost")]), (25, TlsMode::None));
    assert_eq!(
        smtp(&[("smtp.host", "mail.example.org")]),
        (587, TlsMode::StartTls)
    );
    let implicit = [("smtp.host", "mail.example.org"), ("smtp.tls", "implicit")];
    assert_eq!(smtp(&implicit), (465, TlsMode::Implicit));
    let open = [("smtp.host", "mail.example.org"), ("smtp.tls", "none")];
    assert!(line(&flags(&open)).starts_with("smtp.tls = \"none\" (from the command line): only"));
}

#[test]
fn a_session_s_limits_fit_each_other() {
    let late = [("session.absolute", "2h")];
    assert!(line(&flags(&late)).contains("must not be below session.idle (12h)"));
    let idle = [("session.idle", "30d"), ("session.absolute", "30d")];
    config(&flags(&idle));
}

#[test]
fn production_refuses_what_is_for_trying_out() {
    let sound = [
        ("env", "production"),
        ("site.public_url", "https://recover.example.org/"),
        ("mail.from", "help@example.org"),
        ("site.support", "help@example.org"),
    ];
    let (production, warnings) = load(&flags(&sound)).unwrap();
    assert_eq!(production.site.public_url, "https://recover.example.org");
    assert_eq!(
        (production.log.format, production.smtp.port),
        (LogFormat::Json, 25)
    );
    assert!(!production.sandbox.enabled && !production.sign_up.demo_account);
    assert_eq!(warnings, []);
    let unset = line(&flags(&sound[..1]));
    assert!(
        unset.starts_with("site.public_url (not set): production needs the https"),
        "{unset}"
    );
    assert!(line(&flags(&sound[..2])).starts_with("mail.from (not set): production needs"));
    let refused = [
        ("site.public_url", "http://recover.example.org"),
        ("sandbox.enabled", "true"),
        ("sign_up.demo_account", "true"),
        ("mail.from", "Postern <postern@localhost>"),
    ];
    for (key, value) in refused {
        let line = line(&flags(&[&sound[..], &[(key, value)]].concat()));
        assert!(
            line.starts_with(key) && line.contains("production"),
            "{line}"
        );
    }
}

#[test]
fn some_settings_are_allowed_with_a_warning() {
    let warnings = |settings: &[(&str, &str)]| load(&flags(settings)).unwrap().1;
    let first = |warnings: Vec<Warning>| warnings.first().map(Warning::to_string);
    let long = first(warnings(&[("reset.token_lifetime", "2h")])).unwrap();
    assert!(long.starts_with("reset.token_lifetime is 2h: "), "{long}");
    assert_eq!(first(warnings(&[("reset.token_lifetime", "60m")])), None);
    let plain = first(warnings(&[("site.public_url", "http://intranet.example")])).unwrap();
    assert!(
        plain.starts_with("site.public_url is http://intranet.example: "),
        "{plain}"
    );
}
