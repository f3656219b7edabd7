//! `postern smtp …` through the real binary, against servers that do as a test has written.

#[path = "smtp/mx.rs"]
mod mx;
#[path = "smtp/probe.rs"]
mod probe;
#[path = "smtp/real_mail.rs"]
mod real_mail;
#[path = "smtp/session.rs"]
mod session;
#[path = "smtp/verdicts.rs"]
mod verdicts;

use std::net::SocketAddr;

use crate::place::{Place, Ran};

/// As long as the redaction of short words allows, and nothing that occurs by chance.
const PASSWORD: &str = "open-sesame-9c2e";

/// `postern smtp <command>` towards that server.
fn smtp(place: &Place, command: &str, at: SocketAddr, more: &[&str], input: &str) -> Ran {
    let port = at.port().to_string();
    let first = [
        "smtp",
        command,
        "--host",
        "localhost",
        "--ip",
        "4",
        "--port",
        &port,
    ];
    place.run_with(&[&first, more].concat(), &[], input)
}

/// The flags of a sign-in, with the password in a file.
fn sign_in(place: &Place) -> [&'static str; 4] {
    std::fs::write(place.0.join("pw"), format!("{PASSWORD}\n")).unwrap();
    ["--user", "relay", "--password-file", "pw"]
}

/// No form of the password is in what was printed, nor in any file of the place but its own, nor in its database; tells how many
/// files and tables there are.
fn is_silent(place: &Place, ran: &Ran) -> usize {
    // base64 of NUL relay NUL password, and of the password.
    let forms = [
        PASSWORD,
        "AHJlbGF5AG9wZW4tc2VzYW1lLTljMmU",
        "b3Blbi1zZXNhbWUtOWMyZQ",
    ];
    let mut folders = vec![place.0.clone()];
    let mut texts = vec![ran.out.clone(), ran.err.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("pw") {
                let bytes = std::fs::read(&path).unwrap();
                texts.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    texts.extend(place.rows());
    for form in forms {
        let told = texts.iter().any(|text| text.contains(form));
        assert!(!told, "{form} in\n{}\n{}", ran.out, ran.err);
    }
    texts.len() - 2
}
