//! `openssl s_server`: a TLS server that knows nothing of mail, with any version and certificate.

use std::process::Command;

use super::certs::Pair;
use super::program::{Running, find};

/// Starts it with more arguments; none where it is not here.
pub fn s_server(pair: &Pair, arguments: &[&str]) -> Option<Running> {
    let program = find("openssl")?;
    Some(Running::start(|port, _| {
        let mut command = Command::new(&program);
        command
            .args(["s_server", "-quiet", "-accept"])
            .arg(format!("127.0.0.1:{port}"));
        command
            .arg("-cert")
            .arg(&pair.certificate)
            .arg("-key")
            .arg(&pair.key)
            .args(arguments);
        command
    }))
}
