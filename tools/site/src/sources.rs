//! What the site takes from the repository as it is: the style, the public files and the worker.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where the worker's script comes from. `__GLUE__` in it stands for the address of the strength module's glue.
pub const WORKER: &str = "src/ui/worker/strength-worker.js";

/// All sheets of `style/`, one after the other in the order of their names.
pub fn style() -> Result<String> {
    let mut bundle = String::new();
    for path in style_files()? {
        let sheet =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        bundle.push_str(sheet.trim_end());
        bundle.push('\n');
    }
    Ok(bundle)
}

/// The sheets of `style/` in the order of their names, which is the order of the cascade.
pub fn style_files() -> Result<Vec<PathBuf>> {
    let mut sheets = files_below(Path::new("style"))?;
    sheets.retain(|path| path.extension().is_some_and(|extension| extension == "css"));
    Ok(sheets)
}

/// The files of `public/`: their names below it, with `/`, and what is in them.
pub fn public() -> Result<Vec<(String, Vec<u8>)>> {
    let folder = Path::new("public");
    let mut files = Vec::new();
    for path in files_below(folder)? {
        let name = path
            .strip_prefix(folder)?
            .to_string_lossy()
            .replace('\\', "/");
        // Editors' and git's own files are nobody's download; `.well-known` is.
        if name
            .split('/')
            .any(|part| part.starts_with('.') && part != ".well-known")
        {
            continue;
        }
        files.push((
            name,
            fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?,
        ));
    }
    Ok(files)
}

/// The worker's script, with the address of the glue put in.
pub fn worker(glue: &str) -> Result<String> {
    let script = fs::read_to_string(WORKER).with_context(|| format!("cannot read {WORKER}"))?;
    anyhow::ensure!(
        script.contains("__GLUE__"),
        "{WORKER} does not name the glue as __GLUE__"
    );
    Ok(script.replace("__GLUE__", glue))
}

/// Every file below a folder, sorted; a missing folder has none.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        if !next.is_dir() {
            continue;
        }
        for entry in
            fs::read_dir(&next).with_context(|| format!("cannot list {}", next.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path)
            }
        }
    }
    files.sort();
    Ok(files)
}
