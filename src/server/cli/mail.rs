//! `postern mail …`: each mail as files, before anybody gets one; the DNS records that its signatures need.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::context::Context;
use super::exit::CliError;
use super::output::print;
use crate::server::config::Config;
use crate::server::mail::dkim::record;
use crate::server::mail::preview;

/// The commands about mails.
#[derive(Debug, Subcommand)]
pub enum Mail {
    Preview(Preview),
    DkimRecord(DkimRecord),
}

/// Write each kind of mail as .html, .txt and .eml.
///
/// They hold sample data and your settings for name, colour, sender and subjects. Nothing is sent, and no link
/// in them opens anything.
#[derive(Debug, Args)]
pub struct Preview {
    /// The folder; it is made where it is missing, and files of an earlier preview are replaced
    #[arg(long, value_name = "DIR", default_value = "mail-preview")]
    out: PathBuf,
}

/// Print the DNS records that make the signing keys known.
///
/// One TXT record for each key of `[mail] dkim_*`, as a line of a zone file. With --value: name and value alone, on
/// two lines each, as the pages of DNS providers ask for them.
#[derive(Debug, Args)]
pub struct DkimRecord {
    /// Name and value, without the quotes and line breaks of a zone file
    #[arg(long)]
    value: bool,
}

impl DkimRecord {
    fn run(&self, config: &Config) -> Result<(), CliError> {
        let settings = &config.mail;
        let domain = settings.dkim.domain.clone();
        let domain = domain
            .or_else(|| settings.from_domain())
            .unwrap_or_default();
        if settings.dkim.keys.is_empty() {
            let words =
                "no key is set: mail.dkim_key_file and mail.dkim_ed25519_key_file are empty";
            return Err(CliError::NotFound(words.to_owned()));
        }
        let records = settings.dkim.keys.iter().map(|key| {
            let (name, value) = (record::name(key, &domain), record::value(key));
            if self.value {
                format!("{name}\n{value}\n")
            } else {
                format!("{}\n", record::zone_line(&name, &value))
            }
        });
        print(&records.collect::<String>())
    }
}

impl Mail {
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Self::DkimRecord(command) => command.run(&context.config),
            Self::Preview(Preview { out }) => {
                let files = preview::write_all(&out, &context.config, context.clock.now())?;
                let lines = files.iter().map(|file| format!("{}\n", file.display()));
                print(&lines.collect::<String>())
            }
        }
    }
}
