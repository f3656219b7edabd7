//! A real Postfix with a configuration, a queue and users of its own. It takes root's rights to start: left out otherwise.

use std::path::Path;
use std::process::Command;

use super::certs::Pair;
use super::program::{Running, find, folder_of, is_root, root};

/// Its services, and what of them it takes to accept a mail.
const SERVICES: &str = "\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";

/// Starts it with more settings; none where it is not here, or not root.
pub fn postfix(tls: Option<&Pair>, settings: &str, names: &str) -> Option<Running> {
    let program = find("master")?;
    if !is_root() {
        eprintln!("left out: Postfix starts as root only");
        return None;
    }
    let root = root(&program);
    Some(Running::start(|port, folder| {
        prepare(folder, &program);
        let mut text = configuration(folder, &root);
        if let Some(pair) = tls {
            let (certificate, key) = (pair.certificate.display(), pair.key.display());
            text += &format!(
                "smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {certificate}\nsmtpd_tls_key_file = {key}\n"
            );
        }
        let file = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        file("etc/main.cf", &(text + settings));
        file(
            "etc/master.cf",
            &format!("127.0.0.1:{port} inet n - n - - smtpd\n{SERVICES}"),
        );
        file("names", names);
        let mut command = Command::new(&program);
        command.arg("-c").arg(folder.join("etc")).arg("-d");
        command.env("MAIL_CONFIG", folder.join("etc"));
        command.env("RESOLV_WRAPPER_HOSTS", folder.join("names"));
        command
    }))
}

fn prepare(folder: &Path, program: &Path) {
    std::fs::create_dir_all(folder.join("etc")).unwrap();
    std::fs::create_dir_all(folder.join("queue/pid")).unwrap();
    let queues = [
        "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
        "maildrop", "private", "public", "saved", "trace",
    ];
    for queue in queues {
        folder_of(&folder.join("queue"), queue, program, "postfix");
    }
    folder_of(folder, "data", program, "postfix");
}

fn configuration(folder: &Path, root: &Path) -> String {
    let (folder, root) = (folder.display(), root.display());
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {folder}/queue\n\
         data_directory = {folder}/data\n\
         command_directory = {root}/usr/sbin\n\
         daemon_directory = {root}/usr/lib/postfix/sbin\n\
         shlib_directory = {root}/usr/lib/postfix\n\
         meta_directory = {folder}/etc\n\
         mail_owner = postfix\n\
         setgid_group = postdrop\n\
         default_privs = nobody\n\
         import_environment = MAIL_CONFIG LD_LIBRARY_PATH LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP RESOLV_WRAPPER_HOSTS\n\
         maillog_file = {folder}/log\n\
         maillog_file_prefixes = {folder}\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         mynetworks =\n\
         myhostname = mx.example\n\
         mydestination = mx.example\n\
         local_recipient_maps = inline:{{ada=1}}\n\
         local_transport = discard\n\
         alias_maps =\n\
         smtpd_peername_lookup = no\n\
         smtpd_relay_restrictions = reject_unauth_destination\n"
    )
}
