//! The command line: few enough words to read without a library, which would be the slowest thing to compile here.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// What `--help` prints.
pub const HELP: &str = "\
postern-site [--out FOLDER]          builds the site (default: target/site)
postern-site --watch-assets FOLDER   what `cargo leptos watch` copies beside its own output, under plain names
postern-site bindgen --target=web --out-name=NAME --out-dir=FOLDER MODULE.wasm
                                     stands in for wasm-bindgen's command line, as cargo-leptos calls it";

/// What was asked for.
pub enum Command {
    /// The whole site, hashed and compressed.
    Site { out: PathBuf },
    /// The files that `cargo leptos watch` does not make itself.
    Watch { assets: PathBuf },
    /// One module through wasm-bindgen.
    Bindgen {
        input: PathBuf,
        out_dir: PathBuf,
        name: String,
    },
    /// A word about all this.
    Help,
}

/// Reads the arguments after the program's name.
pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Command> {
    let mut arguments = arguments.peekable();
    if arguments.next_if(|word| word == "bindgen").is_some() {
        return parse_bindgen(arguments);
    }
    let mut out = PathBuf::from("target/site");
    while let Some(word) = arguments.next() {
        match word.as_str() {
            "--out" => out = arguments.next().context("--out wants a folder")?.into(),
            "--watch-assets" => {
                let assets = arguments
                    .next()
                    .context("--watch-assets wants a folder")?
                    .into();
                return Ok(Command::Watch { assets });
            }
            "-h" | "--help" => return Ok(Command::Help),
            other => bail!("`{other}` is not understood; --help lists what is"),
        }
    }
    Ok(Command::Site { out })
}

/// A word of cargo-leptos that we do not know may change the output, so it is an error and not ignored.
fn parse_bindgen(arguments: impl Iterator<Item = String>) -> Result<Command> {
    let (mut input, mut out_dir, mut name) = (None, None, None);
    for word in arguments {
        match word.split_once('=') {
            Some(("--target", "web")) => {}
            Some(("--out-name", value)) => name = Some(value.to_owned()),
            Some(("--out-dir", value)) => out_dir = Some(PathBuf::from(value)),
            _ if word == "--debug" || word == "--keep-debug" => {}
            None if !word.starts_with('-') => input = Some(PathBuf::from(word)),
            _ => bail!("bindgen: `{word}` is not understood"),
        }
    }
    Ok(Command::Bindgen {
        input: input.context("bindgen: which module?")?,
        out_dir: out_dir.context("bindgen: --out-dir is missing")?,
        name: name.context("bindgen: --out-name is missing")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Command, parse};

    fn words(line: &str) -> impl Iterator<Item = String> + '_ {
        line.split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
    }

    #[test]
    fn the_line_that_cargo_leptos_writes_is_understood() {
        let line = "bindgen --target=web --out-name=postern --out-dir=site/pkg front/postern.wasm";
        let Ok(Command::Bindgen { name, .. }) = parse(words(line)) else {
            panic!("not understood")
        };
        assert_eq!(name, "postern");
        assert!(
            parse(words(
                "bindgen --target=nodejs --out-name=a --out-dir=b c.wasm"
            ))
            .is_err()
        );
    }

    #[test]
    fn an_unknown_word_is_an_error() {
        assert!(parse(words("--outt x")).is_err());
        assert!(parse(words("--out")).is_err());
    }
}
