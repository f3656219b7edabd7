//! The command line: one binary, one file a command. Results go to standard output, everything else to standard error.

mod account;
mod audit;
mod context;
mod exit;
mod logging;
mod mail;
mod migrate;
mod outbox;
mod output;
mod password;
mod serve;
mod smtp;
mod stop;
mod transcript;
mod worker;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Parser, Subcommand};

use context::Context;
use exit::{CliError, Exit};

const AFTER_HELP: &str = "\
Examples:
  postern                                     start the server with ./Leptos.toml, if there is one
  postern --set site.listen=0.0.0.0:8080      the same, with one setting changed
  postern account add alice alice@example.org
  postern audit list --account alice --since 2d
  postern mail preview --out mails

Settings: Leptos.toml, then environment variables such as POSTERN_SITE__PUBLIC_URL, then flags; each
later one wins. Leptos.toml in the source has every setting with its default and bounds.

Exit codes:
  0  done
  1  failed: the database, the network, the disk
  2  the command line was not understood
  3  a setting is missing or not allowed
  4  what was named was not found
  5  refused by a rule, such as a weak password
 and for a mail server that does not do it, by the class of the failure:
  10  connection: name, network, silence
  11  TLS: no encryption, or a certificate that cannot be trusted
  20  authentication: credentials missing or refused
  30  blocking: a policy about senders, lists, rates, content
  40  delivery: refused for good; 41: refused for now
  50  protocol: replies that make no sense
  60  local: our own side";

/// A small gate back into an account, and a window on the mail that opens it.
#[derive(Debug, Parser)]
#[command(name = "postern", version, after_help = AFTER_HELP)]
struct Cli {
    /// Read settings from FILE [default: $POSTERN_CONFIG, or ./Leptos.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set one setting, such as --set reset.token_lifetime=15m; may be repeated
    #[arg(long = "set", global = true, value_name = "SECTION.KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Log more; twice: much more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Worker(worker::Worker),
    Migrate(migrate::Migrate),
    /// Look after accounts
    #[command(subcommand)]
    Account(account::Account),
    /// Read what happened
    #[command(subcommand)]
    Audit(audit::Audit),
    /// See what became of mail, attempt by attempt
    #[command(subcommand)]
    Outbox(outbox::Outbox),
    /// Look at mails
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Look into the way to a mail server
    #[command(subcommand)]
    Smtp(smtp::Smtp),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    run_with(std::env::args_os()).into()
}

fn run_with(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(settings_first(arguments)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, but nothing went wrong. A closed pipe is not worth a word.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
        }
    };
    match cli.run() {
        Ok(()) => Exit::Done,
        Err(CliError::Said(exit)) => exit,
        Err(error) => {
            eprintln!("postern: {error}");
            error.exit()
        }
    }
}

impl Cli {
    fn run(self) -> Result<(), CliError> {
        let command = self
            .command
            .unwrap_or_else(|| Command::Serve(serve::Serve::default()));
        let mut flags = self.set;
        if let Command::Serve(serve) = &command {
            flags.extend(serve.settings());
        }
        let context = Context::load(self.config.as_deref(), flags)?;
        let serves = matches!(command, Command::Serve(_) | Command::Worker(_));
        logging::start(&context.config.log, serves, self.verbose)?;
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async {
            match command {
                Command::Serve(serve) => serve.run(context).await,
                Command::Worker(worker) => worker.run(context).await,
                Command::Migrate(migrate) => migrate.run(&context).await,
                Command::Account(account) => account.run(&context).await,
                Command::Audit(audit) => audit.run(&context).await,
                Command::Outbox(outbox) => outbox.run(&context).await,
                Command::Mail(mail) => mail.run(&context),
                Command::Smtp(smtp) => smtp.run(&context).await,
            }
        })
    }
}

/// Moves every `--set` before the command: clap would forget those before it when there are some after it.
fn settings_first(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments = arguments.into_iter().peekable();
    let mut first: Vec<OsString> = arguments.next().into_iter().collect();
    let mut rest = Vec::new();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        if text == "--" {
            rest.push(argument);
            break;
        } else if text == "--set" && arguments.peek().is_some() {
            first.push(argument);
            first.extend(arguments.next());
        } else if text.starts_with("--set=") {
            first.push(argument);
        } else {
            rest.push(argument);
        }
    }
    first.into_iter().chain(rest).chain(arguments).collect()
}

/// `section.key=value`.
fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.to_owned()))
        }
        _ => Err("write it as section.key=value, such as site.name=Example".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn clap_finds_no_fault_with_the_commands() {
        Cli::command().debug_assert();
    }

    #[test]
    fn settings_have_a_key_and_a_value() {
        assert_eq!(setting("a.b=c=d"), Ok(("a.b".into(), "c=d".into())));
        assert!(setting("a.b").is_err() && setting("=c").is_err());
    }

    #[test]
    fn global_flags_may_stand_before_and_after_the_command() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        let parse = |text: &str| Cli::try_parse_from(settings_first(words(text))).unwrap();
        let cli = parse("postern --set a.b=1 -v account list --set c.d=2 --json --set=e.f=3");
        assert_eq!((cli.set.len(), cli.verbose), (3, 1));
        assert!(parse("postern").command.is_none());
        let dangling = settings_first(words("postern account list --set"));
        assert_eq!(dangling, words("postern account list --set"));
        let ended = settings_first(words("postern account show -- --set x"));
        assert_eq!(ended, words("postern account show -- --set x"));
    }
}
