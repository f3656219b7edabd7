//! aiosmtpd: Python's server, with its own command line and a small handler for AUTH.

use std::process::Command;

use super::certs::Pair;
use super::program::{Running, find};

/// What a subclass of its `Sink` decides: who may sign in.
const HANDLER: &str = r#"
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult, LoginPassword

class Guarded(Sink):
    def __init__(self):
        pass

    @classmethod
    def from_cli(cls, parser, *args):
        return cls()

    async def auth_PLAIN(self, server, args):
        return await server.auth_PLAIN(server, args)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"
"#;

/// How TLS is offered.
pub enum Offer<'a> {
    Plain,
    StartTls(&'a Pair),
    Implicit(&'a Pair),
}

/// Starts it with more arguments; none where it is not here.
pub fn aiosmtpd(tls: &Offer<'_>, arguments: &[&str]) -> Option<Running> {
    let python = find("peers-python")?;
    Some(Running::start(|port, folder| {
        std::fs::write(folder.join("guarded.py"), HANDLER).unwrap();
        let mut command = Command::new(&python);
        command.env("PYTHONPATH", folder);
        command
            .args(["-m", "aiosmtpd", "-n", "-l"])
            .arg(format!("127.0.0.1:{port}"));
        match tls {
            Offer::Plain => {}
            Offer::StartTls(pair) => {
                command.arg("--tlscert").arg(&pair.certificate);
                command
                    .arg("--tlskey")
                    .arg(&pair.key)
                    .arg("--no-requiretls");
            }
            Offer::Implicit(pair) => {
                command.arg("--smtpscert").arg(&pair.certificate);
                command.arg("--smtpskey").arg(&pair.key);
            }
        }
        command.args(arguments).args(["-c", "guarded.Guarded"]);
        command
    }))
}
