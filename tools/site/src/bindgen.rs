//! wasm-bindgen as a library: no command to install, and no version of it that could differ from the crate's.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

/// Whether functions keep their names: readable stack traces, or half a download.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// For `cargo leptos watch`.
    Keep,
    /// For the site.
    Strip,
}

/// Turns a compiled module into `NAME.js` and `NAME_bg.wasm`.
///
/// There is no wasm-opt after it: measured on both modules, it takes 3 to 6 % off the raw size and nothing off what
/// travels, the brotli of it.
pub fn generate(input: &Path, out_dir: &Path, name: &str, names: Names) -> Result<()> {
    fs::create_dir_all(out_dir).with_context(|| format!("cannot make {}", out_dir.display()))?;
    let mut bindgen = Bindgen::new();
    let strip = names == Names::Strip;
    let mut output = bindgen
        .input_path(input)
        .out_name(name)
        .web(true)?
        .typescript(false)
        // So that the glue finds its module by itself, whoever loads it.
        .omit_default_module_path(false)
        .remove_name_section(strip)
        .remove_producers_section(strip)
        .generate_output()
        .with_context(|| format!("wasm-bindgen on {}", input.display()))?;
    // Snippets are files that the glue imports by name; nothing we use has any, and none would get a hash.
    let snippets: Vec<_> = output
        .snippets()
        .iter()
        .filter(|(_, files)| !files.is_empty())
        .map(|(from, _)| from)
        .collect();
    if !snippets.is_empty() || !output.local_modules().is_empty() {
        bail!(
            "{name}: a dependency brings JavaScript files of its own, which the site tool does not pack: {snippets:?}"
        );
    }
    output
        .emit(out_dir)
        .with_context(|| format!("cannot write {name} to {}", out_dir.display()))
}
