//! Puts the site together: modules, style, worker and public files, and the manifest that tells their names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::modules::{Built, Module, PAGES, STRENGTH};
use crate::pack;
use crate::sources::{self, files_below};

/// The manifest: what a file is called in the sources, and what in the site.
pub const MANIFEST: &str = "manifest.json";

/// A site in the making.
struct Site<'a> {
    out: &'a Path,
    names: BTreeMap<String, String>,
    changed: bool,
}

/// Builds the site in a folder; says whether anything in it changed.
pub fn build(out: &Path) -> Result<bool> {
    // The folder is swept afterwards, so it must be ours.
    let empty =
        !out.exists() || fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(
        empty || out.join(MANIFEST).exists() || out.join("pkg").is_dir(),
        "{} is in use for something else: it is not empty and has no {MANIFEST}",
        out.display()
    );
    let mut site = Site {
        out,
        names: BTreeMap::new(),
        changed: false,
    };
    site.module(&PAGES)?;
    let glue = site.module(&STRENGTH)?;
    site.add(
        "strength-worker.js",
        sources::worker(&beside(&glue))?.as_bytes(),
    )?;
    site.add("postern.css", sources::style()?.as_bytes())?;
    for (name, bytes) in sources::public()? {
        if keeps_its_name(&name) {
            site.add_as_is(&name, &bytes)?
        } else {
            site.add(&name, &bytes)?;
        }
    }
    site.finish()
}

/// Crawlers and browsers ask for these by a name they know.
fn keeps_its_name(name: &str) -> bool {
    matches!(name, "robots.txt" | "favicon.ico") || name.starts_with(".well-known/")
}

/// The address of a file in `pkg/` as its neighbours write it.
fn beside(path: &str) -> String {
    path.replacen("pkg/", "./", 1)
}

impl Site<'_> {
    /// Adds a module and the glue that loads it by its hashed name; returns the glue's.
    fn module(&mut self, module: &Module) -> Result<String> {
        let Built { wasm, glue } = module.build()?;
        let wasm = self.add(&format!("{}.wasm", module.name), &wasm)?;
        ensure!(
            glue.contains(&module.wasm_file()),
            "the glue of {} does not name its module",
            module.name
        );
        let glue = glue.replace(&module.wasm_file(), beside(&wasm).trim_start_matches("./"));
        self.add(&format!("{}.js", module.name), glue.as_bytes())
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<String> {
        let path = format!("pkg/{}", pack::hashed_name(name, bytes));
        self.changed |= pack::write(&self.out.join(&path), bytes, false)?;
        self.names.insert(name.to_owned(), path.clone());
        Ok(path)
    }

    fn add_as_is(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.changed |= pack::write(&self.out.join(name), bytes, true)?;
        self.names.insert(name.to_owned(), name.to_owned());
        Ok(())
    }

    /// Writes the manifest, and only then takes away what it no longer names.
    fn finish(mut self) -> Result<bool> {
        let text = serde_json::to_string_pretty(&self.names)? + "\n";
        let manifest = self.out.join(MANIFEST);
        if fs::read_to_string(&manifest).ok().as_deref() != Some(&*text) {
            pack::replace(&manifest, text.as_bytes())?;
            self.changed = true;
        }
        let mut kept = BTreeSet::from([manifest]);
        for path in self.names.values() {
            kept.extend(["", ".br", ".gz"].map(|suffix| self.out.join(format!("{path}{suffix}"))));
        }
        for stale in files_below(self.out)?
            .into_iter()
            .filter(|path: &PathBuf| !kept.contains(path))
        {
            fs::remove_file(&stale)
                .with_context(|| format!("cannot remove {}", stale.display()))?;
            self.changed = true;
        }
        Ok(self.changed)
    }
}
