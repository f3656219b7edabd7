//! `postern migrate`: the database's schema, up to date; how it stands; everything carried to another database.

use std::cmp::Ordering;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::output::{print, print_json, table};
use crate::server::config::{Database, DatabaseUrl};
use crate::server::secrets::Secret;
use crate::server::store::{Copied, StepState, Store, StoreError};
use crate::server::timekeeper;

/// Bring the database's schema up to date, creating SQLite's file where it is missing
///
/// The server does the same when it starts.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  postern migrate
  postern migrate --status
  postern migrate --from sqlite:var/postern.sqlite --to postgres://postern@db/postern --password-file pg.txt

Without --to, what --from names is copied to database.url of the settings. Stop the servers first: what is
written while it is copied stays behind. One that sends mail is noticed, one that runs without a worker is not.")]
pub struct Migrate {
    /// Only tell which migrations the database has; ends with 5 where it is not up to date
    #[arg(long)]
    status: bool,
    /// With --status: as JSON
    #[arg(long, requires = "status")]
    json: bool,
    /// Copy everything from this database, which stays as it is, to an empty one
    #[arg(long, value_name = "URL", value_parser = url, conflicts_with = "status")]
    from: Option<DatabaseUrl>,
    /// Where to copy it [default: database.url]
    #[arg(long, value_name = "URL", value_parser = url, requires = "from")]
    to: Option<DatabaseUrl>,
    /// A file that holds the password of the PostgreSQL user in --to or --from [default: database.password]
    #[arg(long, value_name = "FILE", requires = "from")]
    password_file: Option<PathBuf>,
}

/// A migration as `--json` shows it.
#[derive(Debug, Serialize)]
struct StepView {
    version: i64,
    name: String,
    state: &'static str,
}

impl Migrate {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        if self.status {
            return status(context, self.json).await;
        }
        if let Some(from) = self.from.clone() {
            return self.copy(context, from).await;
        }
        let url = &context.config.database.url;
        let store = context.store().await?;
        let said = || format!("database.url = {url:?}");
        let applied = store.migrate().await.with_context(said)?;
        store.close().await;
        match applied {
            0 => print(&format!("{url} is up to date\n")),
            1 => print(&format!("{url}: 1 migration applied\n")),
            applied => print(&format!("{url}: {applied} migrations applied\n")),
        }
    }

    async fn copy(self, context: &Context, from: DatabaseUrl) -> Result<(), CliError> {
        let settings = &context.config.database;
        let password = match &self.password_file {
            None => settings.password.clone(),
            Some(path) => {
                let said = || format!("--password-file {}", path.display());
                let text = std::fs::read_to_string(path).with_context(said)?;
                Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
        };
        let of = |url: DatabaseUrl| Database {
            password: password.clone().filter(|_| !url.has_password()),
            url,
            ..settings.clone()
        };
        let (from, to) = (
            of(from),
            match self.to {
                Some(to) => of(to),
                None => settings.clone(),
            },
        );
        if from.url == to.url {
            let words = format!("{} cannot be copied to itself", from.url);
            return Err(CliError::Usage(words));
        }
        if !Store::is_there(&from)? {
            let words = format!("there is no database at {}", from.url);
            return Err(CliError::NotFound(words));
        }
        let source = open(&from).await?;
        let clock = &context.clock;
        timekeeper::set(&source, clock).await?;
        // One of another version is refused below; it may not know yet who works on it.
        let known = source.schema().await? == Ordering::Equal;
        if known && source.is_worked_on(&from, clock.now()).await? {
            let words = format!(
                "a server works on {}; stop it first, or its last mails stay behind",
                from.url
            );
            return Err(CliError::Refused(words));
        }
        let target = open(&to).await?;
        target.migrate().await.with_context(|| to.url.to_string())?;
        if let Some(table) = target.read().await?.first_that_holds_rows().await? {
            let words = format!("{} is not empty: there are rows in {table}", to.url);
            return Err(CliError::Refused(words));
        }
        let mut tables: Vec<Copied> = Vec::new();
        let copied = source
            .copy_to(&target, |one| tables.push(one.clone()))
            .await;
        target.close().await;
        source.close().await;
        copied.map_err(|error| match error {
            StoreError::Unknown(_) => CliError::Failed(anyhow::anyhow!(
                "whether {} was copied to {} is not known: the target stopped answering at the last moment. Run the same command \
                 again: where it was copied, that says that the target is not empty",
                from.url,
                to.url
            )),
            other => {
                let words = format!("{} was not copied to {}", from.url, to.url);
                anyhow::Error::new(other).context(words).into()
            }
        })?;
        let rows: Vec<_> = tables
            .iter()
            .map(|one| [one.table.to_owned(), one.rows.to_string()])
            .collect();
        print(&table(["TABLE", "ROWS"], &rows))?;
        print(&format!(
            "{} is now at {}; both counts agree\n",
            from.url, to.url
        ))
    }
}

/// Of the settings' database; one that is not there is not made.
async fn status(context: &Context, json: bool) -> Result<(), CliError> {
    let settings = &context.config.database;
    if !Store::is_there(settings)? {
        let words = format!(
            "there is no database at {}; `postern migrate` makes one",
            settings.url
        );
        return Err(CliError::NotFound(words));
    }
    let store = open(settings).await?;
    let steps = store.schema_steps().await?;
    store.close().await;
    let good = steps.iter().all(|step| step.state == StepState::Applied);
    if json {
        let view = |step: &crate::server::store::SchemaStep| StepView {
            version: step.version,
            name: step.name.clone(),
            state: step.state.name(),
        };
        print_json(&steps.iter().map(view).collect::<Vec<_>>())?;
    } else {
        let row = |step: &crate::server::store::SchemaStep| {
            let version = format!("{:04}", step.version);
            [version, step.name.clone(), step.state.name().to_owned()]
        };
        let rows: Vec<_> = steps.iter().map(row).collect();
        print(&table(["MIGRATION", "NAME", "STATE"], &rows))?;
    }
    if good {
        Ok(())
    } else {
        Err(CliError::Said(Exit::Refused))
    }
}

async fn open(settings: &Database) -> Result<Store, CliError> {
    let said = || format!("{} cannot be opened", settings.url);
    Ok(Store::open(settings).await.with_context(said)?)
}

/// A database on the command line, where every process can read it.
fn url(text: &str) -> Result<DatabaseUrl, String> {
    let url = DatabaseUrl::parse(text)
        .ok_or("write it as sqlite:PATH or postgres://USER@HOST:PORT/NAME")?;
    if url.has_password() {
        return Err(
            "no password on the command line, others can read it; use --password-file".to_owned(),
        );
    }
    Ok(url)
}
