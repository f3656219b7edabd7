//! A file as the server will hand it out: named by its content, with compressed copies beside it.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// The SHA-256 of some bytes, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// `strength.js` becomes `strength.<12 digits of its hash>.js`; folders stay.
pub fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let hash = &digest(bytes)[..12];
    match name.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') => format!("{stem}.{hash}.{extension}"),
        _ => format!("{name}.{hash}"),
    }
}

/// Whether compressing such a file helps. Pictures and fonts of today are compressed already.
pub fn compressible(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default();
    matches!(
        extension,
        "css"
            | "html"
            | "ico"
            | "js"
            | "json"
            | "map"
            | "svg"
            | "txt"
            | "wasm"
            | "webmanifest"
            | "xml"
    )
}

/// Writes a file and its compressed copies, unless they are there; says whether anything was written.
///
/// A name that holds the hash of the content needs no comparison. `always` is for names that do not.
pub fn write(path: &Path, bytes: &[u8], always: bool) -> Result<bool> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let name = path.to_string_lossy();
    let same = path.exists() && (!always || fs::read(path).is_ok_and(|old| old == bytes));
    let mut written = false;
    if !same {
        replace(path, bytes)?;
        written = true;
    }
    if compressible(&name) {
        for (suffix, compress) in [("br", brotli as fn(&[u8]) -> Result<Vec<u8>>), ("gz", gzip)] {
            let copy = Path::new(&*name).with_extension(format!("{}.{suffix}", extension(path)));
            if !same || !copy.exists() {
                replace(&copy, &compress(bytes)?)?;
                written = true;
            }
        }
    }
    Ok(written)
}

/// Writes beside and renames: whoever stops the build half-way leaves no half file that looks finished.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension("part");
    fs::write(&part, bytes).with_context(|| format!("cannot write {}", part.display()))?;
    fs::rename(&part, path).with_context(|| format!("cannot rename to {}", path.display()))
}

fn extension(path: &Path) -> String {
    path.extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The slowest and smallest brotli, with the largest window that every browser takes.
fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters).context("brotli")?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).context("gzip")?;
    encoder.finish().context("gzip")
}

#[cfg(test)]
mod tests {
    use super::{compressible, hashed_name};

    #[test]
    fn the_hash_goes_before_the_extension() {
        assert_eq!(hashed_name("a/b.css", b""), "a/b.e3b0c44298fc.css");
        assert_eq!(hashed_name("a.b/c", b""), "a.b/c.e3b0c44298fc");
        assert_ne!(hashed_name("b.css", b"1"), hashed_name("b.css", b"2"));
    }

    #[test]
    fn what_is_compressed_already_is_left_alone() {
        assert!(compressible("pkg/postern.wasm") && compressible("robots.txt"));
        assert!(!compressible("img/gate.png") && !compressible("font.woff2"));
    }
}
