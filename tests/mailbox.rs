//! The sandbox mailbox from outside: raw SMTP, Python's smtplib, swaks, and the web pages and JSON over a real socket.

#[path = "mailbox/checks.rs"]
mod checks;
#[path = "mailbox/clients.rs"]
mod clients;
#[path = "mailbox/faults.rs"]
mod faults;
#[path = "mailbox/rooms.rs"]
mod rooms;
#[path = "mailbox/smtp.rs"]
mod smtp;
#[path = "mailbox/support.rs"]
mod support;
#[path = "mailbox/tls.rs"]
mod tls;
#[path = "mailbox/web.rs"]
mod web;
