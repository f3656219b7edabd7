//! `postern migrate`: the database's schema, up to date.

use clap::Args;

use super::context::Context;
use super::exit::CliError;
use super::output::print;

/// Bring the database's schema up to date, creating the database where it is missing.
///
/// The server does the same when it starts.
#[derive(Debug, Args)]
pub struct Migrate {}

impl Migrate {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let store = context.store().await?;
        let applied = store.migrate().await?;
        store.close().await;
        let url = &context.config.database.url;
        match applied {
            0 => print(&format!("{url} is up to date\n")),
            1 => print(&format!("{url}: 1 migration applied\n")),
            applied => print(&format!("{url}: {applied} migrations applied\n")),
        }
    }
}
