//! `postern serve`: the server, and in development a few words about where to look first.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::exit::CliError;
use super::output::print;
use super::stop::StopSignals;
use crate::server;
use crate::server::accounts::demo;
use crate::server::config::{Config, Environment};

const AFTER_HELP: &str = "\
Examples:
  postern serve
  postern serve --listen 127.0.0.1:8080
  POSTERN_ENV=production POSTERN_SITE__PUBLIC_URL=https://recover.example.org \\
    POSTERN_MAIL__FROM=support@example.org POSTERN_SMTP__HOST=mail.example.org postern serve

The server brings its database up to date, sends mail (unless told not to), and stops on SIGTERM or Ctrl+C after finishing
what it is doing. It logs to standard error: text in development, JSON in production.";

/// Run the server (also without any command).
#[derive(Debug, Default, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Serve {
    /// Listen here, such as 127.0.0.1:3000 (site.listen)
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The origin that links in mails begin with (site.public_url)
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The folder of built static files (site.root)
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Serve pages alone: a `postern worker` on the same database sends the mail (worker.enabled = false)
    #[arg(long)]
    no_worker: bool,
}

impl Serve {
    /// The settings that its flags stand for.
    pub fn settings(&self) -> Vec<(String, String)> {
        let root = self.root.as_ref().map(|root| root.display().to_string());
        let worker = self.no_worker.then(|| "false".to_owned());
        let flags = [
            ("worker.enabled", worker),
            ("site.listen", self.listen.clone()),
            ("site.public_url", self.public_url.clone()),
            ("site.root", root),
        ];
        flags
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect()
    }

    pub async fn run(self, context: Context) -> Result<(), CliError> {
        for warning in &context.warnings {
            tracing::warn!("{warning}");
        }
        let config = context.config;
        let mut stop = StopSignals::listen().map_err(anyhow::Error::from)?;
        let running = server::start((*config).clone(), context.clock).await?;
        if config.env == Environment::Development {
            print(&welcome(&config, running.demo, running.sandbox))?;
        }
        tracing::info!(address = %running.address, "serving");
        stop.come().await;
        tracing::info!("stopping: finishing what runs");
        running.stop().await;
        Ok(())
    }
}

/// What to open and what to try first. `sandbox`: where the mailbox takes mail.
fn welcome(config: &Config, demo: bool, sandbox: Option<SocketAddr>) -> String {
    let url = &config.site.public_url;
    let mut lines = vec![
        String::new(),
        format!("{} is running. Open in a browser:", config.site.name),
        String::new(),
        format!("  Start page       {url}/"),
        format!("  Forgot password  {url}/forgot"),
    ];
    if sandbox.is_some() {
        lines.push(format!("  Mailbox          {url}/dev/mailbox"));
    }
    lines.push(String::new());
    if demo {
        let (name, password) = (demo::USERNAME, demo::PASSWORD);
        lines.push(format!(
            "An account to try things with: \"{name}\", password \"{password}\"."
        ));
    }
    if let Some(address) = sandbox {
        let whose = if demo { "its" } else { "an account's" };
        lines.push(format!(
            "Try first: forget {whose} password, then follow the link that arrives in the mailbox."
        ));
        lines.push(format!(
            "The mailbox takes mail from any program, by SMTP at {address}."
        ));
    }
    lines.push("Stop with Ctrl+C.\n\n".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::{Sources, load};

    #[test]
    fn flags_stand_for_settings() {
        let serve = Serve {
            listen: Some("127.0.0.1:1".into()),
            ..Serve::default()
        };
        assert_eq!(
            serve.settings(),
            [("site.listen".to_owned(), "127.0.0.1:1".to_owned())]
        );
    }

    #[test]
    fn the_welcome_names_pages_account_and_mailbox() {
        let (config, _) = load(&Sources::default()).unwrap();
        let text = welcome(&config, true, Some(config.sandbox.listen));
        for part in [
            "http://127.0.0.1:3000/forgot",
            "/dev/mailbox",
            "\"demo\"",
            "127.0.0.1:1025",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let bare = welcome(&config, false, None);
        assert!(
            !bare.contains("demo") && !bare.contains("mailbox"),
            "{bare}"
        );
    }
}
