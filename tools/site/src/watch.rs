//! What `cargo leptos watch` lacks: it makes the pages' module itself, and copies these files beside it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::modules::{Built, STRENGTH};
use crate::sources;

/// The one sheet that cargo-leptos can be told, beside the assets folder: it imports ours, in their order.
const STYLE: &str = "watch-style/postern.css";

/// Fills the assets folder under plain names, and writes the sheet that imports all others.
pub fn prepare(assets: &Path) -> Result<()> {
    let Built { wasm, glue } = STRENGTH.build()?;
    write(&assets.join("strength.wasm"), &wasm)?;
    write(
        &assets.join("strength.js"),
        glue.replace(&STRENGTH.wasm_file(), "strength.wasm")
            .as_bytes(),
    )?;
    write(
        &assets.join("strength-worker.js"),
        sources::worker("./strength.js")?.as_bytes(),
    )?;
    for (name, bytes) in sources::public()? {
        write(&assets.join(name), &bytes)?;
    }
    let mut imports = String::new();
    for sheet in sources::style_files()? {
        let sheet =
            fs::canonicalize(&sheet).with_context(|| format!("cannot find {}", sheet.display()))?;
        imports.push_str(&format!("@import \"{}\";\n", sheet.display()));
    }
    write(&assets.with_file_name(STYLE), imports.as_bytes())?;
    println!("    {} is ready for cargo leptos watch", assets.display());
    Ok(())
}

/// Leaves a file alone that is already right: a watcher would see a change where there is none.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
