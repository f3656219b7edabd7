//! `postern smtp domain`: what the DNS says about the domain that mails are from, and what to publish where it is wrong.

use std::net::{IpAddr, SocketAddr};

use clap::Args;

use super::findings;
use crate::domain::dns::report::Verdict;
use crate::domain::dns::subject::{Relay, Signature};
use crate::domain::identifier::EmailAddress;
use crate::server::cli::context::Context;
use crate::server::cli::exit::{CliError, Exit};
use crate::server::cli::output;
use crate::server::cli::transcript::Paint;
use crate::server::config::is_loopback;
use crate::server::idn;
use crate::server::smtp::client::AddressRule;
use crate::server::smtp::domain::{Settings, check};

const AFTER_HELP: &str = "\
Examples:
  postern smtp domain                                   the domain of mail.from, as it is configured
  postern smtp domain example.org --relay-ip 203.0.113.7
  postern smtp domain example.org --selector s2026 --dns 127.0.0.1:5353 --json

Each finding has a verdict: ok, warn (less arrives than could), fail (mail is refused or lands among spam),
unknown (nobody answered), n/a (it does not matter here).

With --json, one object: domain, from_domain, relay (addresses), findings (check: spf, dkim, dmarc, mx,
reverse_dns, blocklists, mta_sts or tls_rpt; verdict: ok, not_applicable, unknown, warn or fail; found;
evidence; fix with words and records of name, kind and value), questions, took_ms.

Exit codes: 0 nothing fails, 1 something does, 2 usage, 3 settings.";

/// Check SPF, DKIM, DMARC, MX, reverse DNS, blocklists, MTA-STS and TLS-RPT of a mail domain.
///
/// Nothing is sent but questions to the DNS, and one https request where the domain has an MTA-STS policy.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Domain {
    /// The domain that mails are from [default: mail.from's]
    #[arg(value_name = "DOMAIN", value_parser = domain)]
    domain: Option<String>,
    /// Mail leaves from this address; may be repeated [default: the addresses of smtp.host]
    #[arg(long, value_name = "ADDRESS")]
    relay_ip: Vec<IpAddr>,
    /// Mail leaves through this relay
    #[arg(long, value_name = "HOST", value_parser = domain, conflicts_with = "relay_ip")]
    relay: Option<String>,
    /// Look at this DKIM selector; may be repeated [default: those of mail.dkim_*]
    #[arg(long, value_name = "SELECTOR", value_parser = domain)]
    selector: Vec<String>,
    /// Mails show this sender, where it is not at the domain
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    from: Option<EmailAddress>,
    /// Ask this name server instead of the system's
    #[arg(long, value_name = "ADDRESS:PORT")]
    dns: Option<SocketAddr>,
    /// Ask this blocklist; may be repeated [default: those that many receivers ask]
    #[arg(long, value_name = "ZONE", value_parser = domain, conflicts_with = "no_blocklists")]
    blocklist: Vec<String>,
    /// Ask no blocklist
    #[arg(long)]
    no_blocklists: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

impl Domain {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let settings = self.settings(context);
        let report = check(&settings).await;
        if self.json {
            output::print_json(&report)?;
        } else {
            output::print(&findings::text(&report, Paint::of_stdout()))?;
        }
        match report.verdict() {
            Verdict::Fail => Err(CliError::Said(Exit::Failed)),
            _ => Ok(()),
        }
    }

    fn settings(&self, context: &Context) -> Settings {
        let mut settings = Settings::from_config(&context.config, self.domain.as_deref());
        // The operator's own shell reaches what the operator reaches.
        settings.allow = AddressRule::Any;
        settings.resolver = self.dns;
        let subject = &mut settings.subject;
        if let Some(from) = &self.from {
            let domain = from.as_str().rsplit('@').next().unwrap_or_default();
            domain.clone_into(&mut subject.from_domain);
        }
        if let Some(host) = &self.relay {
            subject.relay = if is_loopback(host) {
                Relay::Unknown
            } else {
                Relay::Host(host.clone())
            };
        }
        if !self.relay_ip.is_empty() {
            subject.relay = Relay::Addresses(self.relay_ip.clone());
        }
        if !self.selector.is_empty() {
            let own = std::mem::take(&mut subject.signatures);
            let signer = own
                .first()
                .map_or(&subject.domain, |one| &one.domain)
                .clone();
            let named = self.selector.iter().map(|selector| {
                let key = own.iter().find(|one| one.selector == *selector);
                Signature {
                    domain: signer.clone(),
                    selector: selector.clone(),
                    key: key.and_then(|one| one.key.clone()),
                }
            });
            subject.signatures = named.collect();
        }
        if self.no_blocklists {
            subject.blocklists.clear();
        } else if !self.blocklist.is_empty() {
            subject.blocklists.clone_from(&self.blocklist);
        }
        settings
    }
}

/// A name in A-labels; underscores are for selectors and lists that have them.
fn domain(text: &str) -> Result<String, String> {
    let name = idn::to_ascii(text).filter(|name| {
        let label = |label: &str| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
            (1..=63).contains(&label.len()) && label.bytes().all(fits)
        };
        name.len() <= 200 && name.split('.').all(label)
    });
    name.ok_or_else(|| "write a name such as example.org".to_owned())
}

fn address(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(&idn::address(text))
        .map_err(|_| "write an address such as support@example.org".to_owned())
}
