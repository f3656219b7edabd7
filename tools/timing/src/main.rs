//! Whether the time of an answer tells who has an account: interleaved pairs against the real server, judged by Welch's t.
//! `make timing` runs it in the release profile; it ends with 1 where a difference can be measured.

mod cases;
mod mask;
mod measure;
mod people;
mod server;
mod stats;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use crate::measure::measure;
use crate::people::People;
use crate::server::Server;
use crate::stats::{BOUND, Finding};
use crate::wire::Wire;

const USAGE: &str = "\
Usage: postern-timing [--pairs N] [--postgres URL] [--only WORDS] [--program FILE]
  --pairs N        pairs a case (10000)
  --postgres URL   on this empty PostgreSQL database, not on a fresh SQLite file
  --only WORDS     only cases whose name has these words
  --program FILE   the server (the `postern` beside this program)";
/// Fewer say nothing.
const ENOUGH: usize = 1_000;
/// More than this many names would fill the limits' memory, and with it another path.
const MOST: usize = 20_000;

struct Arguments {
    pairs: usize,
    postgres: Option<String>,
    only: String,
    program: PathBuf,
}

fn arguments() -> anyhow::Result<Arguments> {
    let mut read = Arguments {
        pairs: 10_000,
        postgres: None,
        only: String::new(),
        program: std::env::current_exe()?.with_file_name("postern"),
    };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let value = given.next().context(USAGE)?;
        match name.as_str() {
            "--pairs" => read.pairs = value.parse().context("--pairs takes a whole number")?,
            "--postgres" => read.postgres = Some(value),
            "--only" => read.only = value,
            "--program" => read.program = value.into(),
            _ => bail!(USAGE),
        }
    }
    if !(1..=MOST).contains(&read.pairs) {
        bail!("--pairs takes a whole number from 1 to {MOST}");
    }
    Ok(read)
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// All cases; whether all of them passed.
async fn run() -> anyhow::Result<bool> {
    let arguments = arguments()?;
    let pairs = arguments.pairs;
    let server = Server::start(&arguments.program, arguments.postgres.as_deref())?;
    let people = People::make(&server.config, pairs).await?;
    println!(
        "{pairs} pairs a case on {}, random order, one connection. Microseconds. t is Welch's over all times; worst t the largest\n\
         over all and without the slowest 1, 5 and 10 % of both classes together, as dudect crops. Bound: |worst t| < {BOUND}.\n",
        if arguments.postgres.is_some() {
            "PostgreSQL"
        } else {
            "SQLite"
        }
    );
    println!(
        "{:<28} {:<22} {:>8} {:>8} {:>7} {:>7} {:>8}",
        "", "median of", "first", "second", "diff", "t", "worst t"
    );
    let mut passed = true;
    for case in cases::all()
        .iter()
        .filter(|case| case.name.contains(&arguments.only))
    {
        let mut wire = Wire::connect(server.address)?;
        let measured = measure(case, &people, &mut wire, pairs).await?;
        let finding = Finding::of(&measured.series);
        let verdict = if measured.answers.len() != 1 {
            passed = false;
            "ANSWERS DIFFER"
        } else if pairs < ENOUGH {
            "too few for a verdict"
        } else if finding.passes() {
            "ok"
        } else {
            passed = false;
            "DIFFERENT"
        };
        let [first, second] = finding.medians;
        println!(
            "{:<28} {:<22} {first:>8.1} {second:>8.1} {:>7.1} {:>7.2} {:>8.2}  {verdict}",
            case.name,
            case.classes.join(" / "),
            first - second,
            finding.t,
            finding.worst,
        );
    }
    people.close().await;
    Ok(passed)
}
