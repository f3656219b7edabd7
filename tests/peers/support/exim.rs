//! A real Exim 4: STARTTLS, AUTH, a maildir, and refusals by its own lists.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::certs::Pair;
use super::program::{Running, find, folder_of};

/// How it is set up beyond the usual.
#[derive(Default)]
pub struct Setup<'a> {
    /// None: no STARTTLS.
    pub tls: Option<&'a Pair>,
    /// Main settings.
    pub main: &'a str,
    /// Before the recipient is looked at.
    pub rcpt: &'a str,
    /// More access control lists, as `name:` and statements.
    pub lists: &'a str,
    /// Whether mail is taken without AUTH.
    pub open: bool,
}

/// The user that may send, and the password.
pub const USER: (&str, &str) = ("postern", "right horse");

/// The mailboxes of its domain.
pub const ADA: &str = "ada@mx.example";

/// Starts it; none where it is not here.
pub fn exim(setup: &Setup<'_>) -> Option<Running> {
    let program = find("exim4")?;
    Some(Running::start(|port, folder| {
        for name in ["spool", "log", "mail"] {
            folder_of(folder, name, &program, "Debian-exim");
        }
        let file = folder.join("exim.conf");
        std::fs::write(&file, configuration(setup, port, folder, &program)).unwrap();
        let mut command = Command::new(&program);
        command.arg("-C").arg(file).args(["-bdf", "-odi"]);
        command
    }))
}

/// The mails that it has delivered, as they lie in the maildir.
pub fn mails(running: &Running) -> Vec<String> {
    let new = running.folder().join("mail/ada/new");
    let Ok(files) = std::fs::read_dir(new) else {
        return Vec::new();
    };
    let paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

fn configuration(setup: &Setup<'_>, port: u16, folder: &Path, program: &Path) -> String {
    let folder = folder.display();
    let mut text = format!(
        "exim_path = {program}\n\
         exim_user = Debian-exim\n\
         exim_group = Debian-exim\n\
         never_users =\n\
         keep_environment = LD_LIBRARY_PATH:LD_PRELOAD:NSS_WRAPPER_PASSWD:NSS_WRAPPER_GROUP:RESOLV_WRAPPER_HOSTS\n\
         add_environment = PATH=/usr/bin:/bin\n\
         primary_hostname = mx.example\n\
         spool_directory = {folder}/spool\n\
         log_file_path = {folder}/log/%slog\n\
         pid_file_path = {folder}/spool/pid\n\
         daemon_smtp_ports = {port}\n\
         local_interfaces = 127.0.0.1\n\
         host_lookup =\n\
         smtp_receive_timeout = 30s\n\
         acl_smtp_mail = acl_mail\n\
         acl_smtp_rcpt = acl_rcpt\n\
         auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}\n\
         {}\n",
        setup.main,
        program = program.display(),
    );
    match setup.tls {
        Some(pair) => {
            let (certificate, key) = (pair.certificate.display(), pair.key.display());
            let _ = writeln!(
                text,
                "tls_advertise_hosts = *\ntls_certificate = {certificate}\ntls_privatekey = {key}"
            );
        }
        None => text += "tls_advertise_hosts =\n",
    }
    let list = |name: &str, usual: &str| {
        if setup.lists.contains(&format!("{name}:")) {
            String::new()
        } else {
            format!("{name}:\n{usual}\n")
        }
    };
    let who = if setup.open {
        ""
    } else {
        "  require message = relay not permitted\n    authenticated = *\n"
    };
    let _ = write!(
        text,
        "begin acl\n{}{}acl_rcpt:\n{}\n{who}\
           accept domains = mx.example\n    local_parts = ada\n\
           deny domains = !mx.example\n    message = relay not permitted\n\
           deny message = Unrouteable address\n\
         begin routers\nall:\n  driver = accept\n  local_parts = ada\n  transport = maildir\n\
         begin transports\nmaildir:\n  driver = appendfile\n  directory = {folder}/mail/$local_part_data\n  maildir_format\n  user = Debian-exim\n  group = Debian-exim\n\
         begin authenticators\n",
        setup.lists,
        list("acl_mail", "  accept"),
        setup.rcpt,
    );
    let (user, password) = USER;
    let condition = |name: &str, word: &str| {
        format!("${{if and{{{{eq{{${name}}}{{{user}}}}}{{eq{{${word}}}{{{password}}}}}}}}}")
    };
    let _ = write!(
        text,
        "plain:\n  driver = plaintext\n  public_name = PLAIN\n  server_prompts = :\n  server_condition = {}\n  server_set_id = $auth2\n\
         login:\n  driver = plaintext\n  public_name = LOGIN\n  server_prompts = User Name : Password\n  server_condition = {}\n  server_set_id = $auth1\n",
        condition("auth2", "auth3"),
        condition("auth1", "auth2"),
    );
    text
}
