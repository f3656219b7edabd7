//! The failing disk of `disk.c`: how it is built, and put under the program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What fails while the flag stands; `disk.c` knows the letters.
#[derive(Debug, Clone, Copy)]
pub enum Fails {
    /// No room to grow a file of the database.
    Full,
    /// Mounted anew, for reading alone.
    ReadOnly,
    /// What was written may not be kept.
    Sync,
}

/// Variables that put the failing disk under a program.
pub fn preload() -> (&'static str, String) {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let library = BUILT.get_or_init(build);
    ("LD_PRELOAD", library.display().to_string())
}

/// With the compiler that SQLite itself is built with. Each test is a process: the name of the file is taken when it is whole.
fn build() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (library, own) = (
        folder.join("failing-disk.so"),
        folder.join(format!("failing-disk-{}.so", std::process::id())),
    );
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/faults/disk.c");
    let built = Command::new("cc")
        .args([
            "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o",
        ])
        .args([&own, &source])
        .arg("-ldl")
        .status();
    assert!(built.expect("a C compiler").success(), "disk.c");
    std::fs::rename(&own, &library).unwrap();
    library
}

/// A flag file: the disk fails while it is there.
pub struct Flag(PathBuf);

impl Flag {
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.join("fails"))
    }

    pub fn variable(&self) -> (&'static str, String) {
        ("FAULT_FLAG", self.0.display().to_string())
    }

    pub fn raise(&self, fails: Fails) {
        let letter = match fails {
            Fails::Full => "f",
            Fails::ReadOnly => "r",
            Fails::Sync => "s",
        };
        std::fs::write(&self.0, letter).unwrap();
    }

    pub fn lower(&self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}
