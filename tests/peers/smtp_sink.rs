//! smtp-sink of Postfix: takes mails, refuses, hangs up and delays at each command.

use std::sync::Arc;
use std::time::Duration;

use postern::domain::smtp::step::Step;
use postern::server::clock::Clock;
use postern::server::mail::relay::{Attempt, End};
use postern::server::smtp::relay::SmtpRelay;

use crate::support::delivery::{all_met, hand_over, shown, signed_in};
use crate::support::program::Running;
use crate::support::sink::sink;
use crate::support::{deliver, letter, met, plain, whole};

const TO: &str = "ada@example.net";

/// One delivery to a sink with these arguments; none where there is no sink.
async fn tried(arguments: &[&str]) -> Option<Attempt> {
    let sink = sink(arguments)?;
    Some(deliver(plain(sink.address), TO).await)
}

/// The same, with a second for each command.
async fn tried_briefly(arguments: &[&str]) -> Option<Attempt> {
    let sink = sink(arguments)?;
    let mut target = plain(sink.address);
    let limits = &mut target.limits;
    for limit in [
        &mut limits.banner,
        &mut limits.command,
        &mut limits.data_end,
    ] {
        *limit = Duration::from_secs(1);
    }
    Some(deliver(target, TO).await)
}

#[tokio::test]
async fn mails_are_taken_over_one_connection() {
    let Some(sink) = sink(&["-c"]) else { return };
    let relay = SmtpRelay::new(Arc::new(plain(sink.address)), Clock::system());
    for n in 0..20 {
        let attempt = hand_over(&relay, TO, &letter(TO, 50_000)).await;
        let End::Accepted(reply) = &attempt.end else {
            panic!("{}", shown(&attempt.transcript))
        };
        assert_eq!(reply.code, 250);
        assert_eq!(attempt.transcript.reused, n > 0);
        whole(&attempt.transcript, None);
    }
    relay.close().await;
}

#[tokio::test]
async fn every_command_refused_for_now() {
    for (command, step) in [
        ("EHLO", Step::Ehlo),
        ("MAIL", Step::Mail),
        ("RCPT", Step::Rcpt),
        ("DATA", Step::Data),
        (".", Step::Message),
    ] {
        let Some(attempt) = tried(&["-r", command]).await else {
            return;
        };
        met(
            &attempt,
            "other.4xx",
            step,
            "450 4.3.0 Error: command failed",
        );
    }
}

#[tokio::test]
async fn every_command_refused_for_good() {
    for (command, step) in [
        ("MAIL", Step::Mail),
        ("RCPT", Step::Rcpt),
        ("DATA", Step::Data),
        (".", Step::Message),
    ] {
        let Some(attempt) = tried(&["-f", command, "-B", "554 5.3.0 Error: command failed"]).await
        else {
            return;
        };
        met(
            &attempt,
            "other.5xx",
            step,
            "554 5.3.0 Error: command failed",
        );
    }
}

#[tokio::test]
async fn a_command_that_it_does_not_know() {
    let Some(attempt) = tried(&["-f", "MAIL"]).await else {
        return;
    };
    met(
        &attempt,
        "proto.syntax",
        Step::Mail,
        "500 5.3.0 Error: command failed",
    );
}

#[tokio::test]
async fn hung_up_before_a_word() {
    let Some(attempt) = tried(&["-q", "CONNECT"]).await else {
        return;
    };
    met(&attempt, "banner.eof", Step::Banner, "closed");
}

#[tokio::test]
async fn hung_up_at_each_command() {
    for (command, step) in [
        ("EHLO", Step::Ehlo),
        ("MAIL", Step::Mail),
        ("RCPT", Step::Rcpt),
        ("DATA", Step::Data),
    ] {
        let Some(attempt) = tried(&["-q", command]).await else {
            return;
        };
        met(&attempt, "proto.closed", step, "closed");
    }
}

#[tokio::test]
async fn hung_up_behind_the_final_dot() {
    let Some(attempt) = tried(&["-q", "."]).await else {
        return;
    };
    met(&attempt, "data.ambiguous", Step::Message, "closed");
}

#[tokio::test]
async fn too_busy_at_the_greeting() {
    let Some(attempt) = tried(&["-Q", "CONNECT"]).await else {
        return;
    };
    met(&attempt, "banner.busy", Step::Banner, "421");
}

#[tokio::test]
async fn goodbye_in_the_middle() {
    for (command, step) in [
        ("EHLO", Step::Ehlo),
        ("MAIL", Step::Mail),
        ("RCPT", Step::Rcpt),
        ("DATA", Step::Data),
    ] {
        let Some(attempt) = tried(&["-Q", command]).await else {
            return;
        };
        met(&attempt, "proto.closed", step, "421");
    }
}

#[tokio::test]
async fn a_reply_that_does_not_come() {
    for (command, step) in [
        ("EHLO", Step::Ehlo),
        ("MAIL", Step::Mail),
        ("DATA", Step::Data),
    ] {
        let delay = format!("{command}:20");
        let Some(attempt) = tried_briefly(&["-W", &delay]).await else {
            return;
        };
        met(&attempt, "proto.timeout", step, "no answer in time");
    }
}

#[tokio::test]
async fn a_greeting_that_does_not_come() {
    let Some(attempt) = tried_briefly(&["-W", "CONNECT:20"]).await else {
        return;
    };
    met(&attempt, "banner.silent", Step::Banner, "no answer in time");
}

#[tokio::test]
async fn no_word_after_the_final_dot() {
    let Some(attempt) = tried_briefly(&["-W", ".:20"]).await else {
        return;
    };
    met(
        &attempt,
        "data.ambiguous",
        Step::Message,
        "no answer in time",
    );
}

#[tokio::test]
async fn no_starttls_means_no_mail() {
    let Some(sink) = sink(&[]) else { return };
    let mut target = plain(sink.address);
    target.protection = postern::server::config::TlsMode::StartTls;
    let attempt = deliver(target, TO).await;
    met(
        &attempt,
        "tls.absent",
        Step::StartTls,
        "STARTTLS is not offered",
    );
}

#[tokio::test]
async fn no_auth_where_a_password_is_set() {
    let Some(sink) = sink(&["-a"]) else { return };
    let attempt = deliver(signed_in(plain(sink.address), "u", "p"), TO).await;
    met(&attempt, "auth.absent", Step::Auth, "AUTH is not offered");
}

#[tokio::test]
async fn tls_spoken_to_a_plain_port() {
    let Some(sink) = sink(&[]) else { return };
    let mut target = plain(sink.address);
    target.protection = postern::server::config::TlsMode::Implicit;
    let attempt = deliver(target, TO).await;
    met(&attempt, "tls.plain", Step::Tls, "not TLS");
}

#[tokio::test]
async fn nobody_listens() {
    let Some(sink) = sink(&[]) else { return };
    let target = plain(sink.address);
    drop::<Running>(sink);
    let attempt = deliver(target, TO).await;
    met(&attempt, "tcp.refused", Step::Connect, "connection refused");
}

/// What providers say where nobody here could have them say it: smtp-sink speaks our text.
#[tokio::test]
async fn replies_of_providers_at_their_commands() {
    let mut attempts = Vec::new();
    for (id, command, step, reply) in [
        (
            "banner.554",
            "CONNECT",
            Step::Banner,
            "554 5.7.1 You are not allowed to connect",
        ),
        (
            "ehlo.name",
            "EHLO",
            Step::Ehlo,
            "550 5.7.1 Helo command rejected: need fully-qualified hostname",
        ),
        (
            "auth.required",
            "MAIL",
            Step::Mail,
            "530 5.7.0 Authentication Required",
        ),
        (
            "from.owned",
            "MAIL",
            Step::Mail,
            "553 5.7.1 Sender address rejected: not owned by user postern",
        ),
        (
            "from.domain",
            "MAIL",
            Step::Mail,
            "550 5.7.27 Sender address rejected: domain does not accept mail (nullMX)",
        ),
        (
            "block.ptr",
            "RCPT",
            Step::Rcpt,
            "550 5.7.25 The sending IP address does not have a PTR record setup",
        ),
        (
            "block.spf",
            "RCPT",
            Step::Rcpt,
            "550 5.7.23 The message was rejected because of SPF policy: SPF validation failed",
        ),
        (
            "block.dkim",
            ".",
            Step::Message,
            "550 5.7.20 No passing DKIM signature found",
        ),
        (
            "block.dmarc",
            ".",
            Step::Message,
            "550 5.7.26 Unauthenticated email from sender.example is not accepted due to domain's DMARC policy",
        ),
        (
            "block.quota",
            "MAIL",
            Step::Mail,
            "550 5.4.5 Daily user sending limit exceeded",
        ),
        (
            "rcpt.disabled",
            "RCPT",
            Step::Rcpt,
            "550 5.2.1 The email account that you tried to reach is disabled",
        ),
        (
            "rcpt.over",
            "RCPT",
            Step::Rcpt,
            "552 5.2.2 The email account that you tried to reach is over quota",
        ),
        (
            "rcpt.domain",
            "RCPT",
            Step::Rcpt,
            "550 5.1.2 The recipient's domain was not found",
        ),
        (
            "rcpt.syntax",
            "RCPT",
            Step::Rcpt,
            "553 5.1.3 The recipient address is not a valid RFC 5321 address",
        ),
        ("server.loop", ".", Step::Message, "554 5.4.6 Too many hops"),
    ] {
        let Some(attempt) = tried(&["-f", command, "-B", reply]).await else {
            return;
        };
        attempts.push((attempt, id, step, reply));
    }
    for (id, command, step, reply) in [
        (
            "block.rate",
            "RCPT",
            Step::Rcpt,
            "450 4.2.1 The user you are trying to contact is receiving mail too quickly",
        ),
        (
            "rcpt.full",
            "RCPT",
            Step::Rcpt,
            "452 4.2.2 The email account that you tried to reach is over quota",
        ),
        (
            "server.storage",
            "MAIL",
            Step::Mail,
            "452 4.3.1 Out of memory",
        ),
        (
            "block.grey",
            "RCPT",
            Step::Rcpt,
            "451 4.7.1 Greylisting in action, please come back later",
        ),
    ] {
        let Some(attempt) = tried(&["-r", command, "-b", reply]).await else {
            return;
        };
        attempts.push((attempt, id, step, reply));
    }
    all_met(&attempts);
}

/// What providers say to AUTH; the sink has no password to check.
#[tokio::test]
async fn replies_of_providers_to_a_password() {
    let mut attempts = Vec::new();
    for (id, reply) in [
        ("auth.bad", "535 5.7.8 Username and Password not accepted"),
        (
            "auth.apppw",
            "534 5.7.9 Application-specific password required",
        ),
        (
            "auth.disabled",
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant",
        ),
        (
            "auth.needtls",
            "538 5.7.11 Encryption required for requested authentication mechanism",
        ),
        ("auth.mech", "504 5.5.4 Unrecognized authentication type"),
        ("auth.temp", "454 4.7.0 Temporary authentication failure"),
        ("auth.change", "432 4.7.12 A password transition is needed"),
        (
            "auth.lockout",
            "421 4.7.0 Too many login attempts, please try again later",
        ),
    ] {
        let bounce = if reply.starts_with('4') {
            ["-r", "AUTH", "-b", reply]
        } else {
            ["-f", "AUTH", "-B", reply]
        };
        let Some(sink) = sink(&bounce) else { return };
        let attempt = deliver(signed_in(plain(sink.address), "u", "a secret"), TO).await;
        attempts.push((attempt, id, Step::Auth, reply));
    }
    all_met(&attempts);
}

/// Two more that a session meets in the wrong order or of the wrong kind.
#[tokio::test]
async fn replies_about_order_and_kind() {
    let mut attempts = Vec::new();
    for (id, command, step, reply) in [
        (
            "proto.order",
            "MAIL",
            Step::Mail,
            "503 5.5.1 Error: send HELO/EHLO first",
        ),
        (
            "rcpt.utf8",
            "RCPT",
            Step::Rcpt,
            "553 5.6.7 Address requires SMTPUTF8",
        ),
        (
            "dns.nullmx",
            "RCPT",
            Step::Rcpt,
            "556 5.1.10 Recipient address has null MX",
        ),
    ] {
        let Some(attempt) = tried(&["-f", command, "-B", reply]).await else {
            return;
        };
        attempts.push((attempt, id, step, reply));
    }
    all_met(&attempts);
}
