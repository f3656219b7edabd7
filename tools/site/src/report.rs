//! What the site weighs, as a table, and the gate that a too heavy first page does not pass.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::site::MANIFEST;

/// What a page may load before a person can do anything: script and module, brotli, in bytes.
const FIRST_PAGE_LIMIT: u64 = 80_000;
/// What every page loads, `/forgot` like the others.
const FIRST_PAGE: [&str; 2] = ["postern.js", "postern.wasm"];

/// Prints the sizes of all files and fails when the first page is too heavy.
pub fn print_and_gate(out: &Path, changed: bool) -> Result<()> {
    let text = fs::read_to_string(out.join(MANIFEST)).context("the site has no manifest")?;
    let names: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text)?;
    println!(
        "    {:<24}{:>11}{:>11}{:>11}",
        "file, in bytes", "raw", "gzip", "brotli"
    );
    let mut first_page = 0;
    for (name, path) in &names {
        let path = path
            .as_str()
            .context("the manifest names a file by something else than text")?;
        let size = |suffix: &str| {
            fs::metadata(out.join(format!("{path}{suffix}")))
                .map(|data| data.len())
                .ok()
        };
        let (raw, gzip, brotli) = (size(""), size(".gz"), size(".br"));
        println!(
            "    {name:<24}{:>11}{:>11}{:>11}",
            shown(raw),
            shown(gzip),
            shown(brotli)
        );
        if FIRST_PAGE.contains(&name.as_str()) {
            first_page += brotli.with_context(|| format!("{path} has no brotli copy"))?;
        }
    }
    println!(
        "    first page: {first_page} of {FIRST_PAGE_LIMIT} bytes of script and module, brotli"
    );
    if first_page > FIRST_PAGE_LIMIT {
        bail!(
            "the first page is too heavy: {} together are {first_page} bytes of brotli, the limit is {FIRST_PAGE_LIMIT}. \
             Look for what the `hydrate` feature pulls in since the last build (cargo tree --features hydrate)",
            FIRST_PAGE.join(" and ")
        );
    }
    println!(
        "    {} {}",
        out.display(),
        if changed { "is built" } else { "is up to date" }
    );
    Ok(())
}

fn shown(size: Option<u64>) -> String {
    size.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string())
}
