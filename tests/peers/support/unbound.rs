//! unbound with a zone of its own: answers, and each way of not answering.

use std::process::Command;

use super::program::{Running, find};

/// Its own domain; of anything else it knows nothing and asks nobody.
const ZONE: &str = r#"
    local-zone: "mail.example." static
    local-data: "relay.mail.example. 60 IN A 127.0.0.1"
    local-data: "relay.mail.example. 60 IN AAAA ::1"
    local-data: "four.mail.example. 60 IN A 127.0.0.1"
    local-data: "mail.example. 60 IN MX 10 relay.mail.example."
    local-data: "text.mail.example. 60 IN TXT 'no address'"
    local-zone: "null.example." static
    local-data: "null.example. 60 IN MX 0 ."
    local-data: "null.example. 60 IN A 127.0.0.1"
    local-zone: "refused.example." refuse
    local-zone: "silent.example." deny
"#;

/// Starts it; none where it is not here. Names below `broken.example` are asked of a server that is not there: SERVFAIL.
pub fn unbound() -> Option<Running> {
    let program = find("unbound")?;
    Some(Running::start(|port, folder| {
        let file = folder.join("unbound.conf");
        let dead = super::program::free_port();
        let text = format!(
            "server:\n    interface: 127.0.0.1@{port}\n    port: {port}\n    do-daemonize: no\n    use-syslog: no\n    username: \"\"\n    \
             chroot: \"\"\n    pidfile: \"\"\n    directory: \"{folder}\"\n    do-not-query-localhost: no\n    module-config: \"iterator\"\n    \
             root-hints: \"\"\n    use-caps-for-id: no\n    local-zone: \".\" static\n    local-zone: \"broken.example.\" transparent\n{ZONE}\n\
             forward-zone:\n    name: \"broken.example.\"\n    forward-addr: 127.0.0.1@{dead}\n",
            folder = folder.display(),
        );
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(&program);
        command.arg("-d").arg("-c").arg(file);
        command
    }))
}
