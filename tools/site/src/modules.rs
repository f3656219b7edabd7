//! The two wasm modules: cargo compiles them, wasm-bindgen gives them their glue. Cargo knows what is up to date;
//! wasm-bindgen is asked again only for a module that differs from the last one.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::bindgen::{self, Names};
use crate::pack::digest;

/// One wasm module of the crate.
pub struct Module {
    /// What its files are called: `postern.js`, `postern.wasm`.
    pub name: &'static str,
    /// The crate's feature that builds it.
    feature: &'static str,
    /// Its cargo profile. As each has its own, the two do not overwrite each other's `postern.wasm`.
    profile: &'static str,
}

/// The islands of the pages: small first.
pub const PAGES: Module = Module {
    name: "postern",
    feature: "hydrate",
    profile: "wasm-release",
};
/// The strength of a password, for the Web Worker: fast first.
pub const STRENGTH: Module = Module {
    name: "strength",
    feature: "strength",
    profile: "wasm-strength",
};

/// A module with its glue, as wasm-bindgen left them.
pub struct Built {
    /// The module.
    pub wasm: Vec<u8>,
    /// The JavaScript that loads it, by the name [`Module::wasm_file`].
    pub glue: String,
}

impl Module {
    /// The name by which wasm-bindgen's glue loads the module.
    pub fn wasm_file(&self) -> String {
        format!("{}_bg.wasm", self.name)
    }

    /// Compiles the module and its glue where anything changed.
    pub fn build(&self) -> Result<Built> {
        println!(
            "    module {} ({}, {})",
            self.name, self.feature, self.profile
        );
        self.cargo()?;
        let target = target_dir();
        let compiled = target
            .join("wasm32-unknown-unknown")
            .join(self.profile)
            .join("postern.wasm");
        let work = target.join("site-work").join(self.name);
        let stamp = work.join("stamp");
        let (wasm, glue) = (
            work.join(self.wasm_file()),
            work.join(format!("{}.js", self.name)),
        );
        let module =
            fs::read(&compiled).with_context(|| format!("{} was not built", compiled.display()))?;
        // The tool is part of the stamp: another one, or another wasm-bindgen in it, makes another glue.
        let tool = env::current_exe()
            .and_then(fs::read)
            .context("cannot read the tool itself")?;
        let now = format!("{} {}", digest(&module), digest(&tool));
        if !wasm.exists()
            || !glue.exists()
            || fs::read_to_string(&stamp).ok().as_deref() != Some(&*now)
        {
            bindgen::generate(&compiled, &work, self.name, Names::Strip)?;
            fs::write(&stamp, now).context("cannot write the stamp")?;
        }
        Ok(Built {
            wasm: fs::read(wasm)?,
            glue: fs::read_to_string(glue)?,
        })
    }

    fn cargo(&self) -> Result<()> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args([
                "build",
                "--package",
                "postern",
                "--lib",
                "--no-default-features",
            ])
            .args([
                "--target",
                "wasm32-unknown-unknown",
                "--features",
                self.feature,
                "--profile",
                self.profile,
            ])
            .status()
            .context("cargo does not start")?;
        if !status.success() {
            bail!("the module `{}` does not compile (see above)", self.name);
        }
        Ok(())
    }
}

/// Cargo's output folder, wherever it was told to be.
fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from)
}
