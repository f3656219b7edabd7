//! Postfix's smtp-sink: takes and forgets mails, or fails at the commands it is told.

use std::process::Command;

use super::program::{Running, find, is_root};

/// smtp-sink with more arguments; none where it is not here.
pub fn sink(arguments: &[&str]) -> Option<Running> {
    let program = find("smtp-sink")?;
    Some(Running::start(|port, _| {
        let mut command = Command::new(&program);
        if is_root() {
            command.args(["-u", "nobody"]);
        }
        command.arg("-4").args(arguments);
        command.arg(format!("127.0.0.1:{port}")).arg("100");
        command
    }))
}
