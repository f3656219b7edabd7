//! Tests by the cases that their names begin with: `t5_…` in Rust, `W9: …` in the browser's.

use std::fs;
use std::path::Path;

/// A test that is named by one case or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// In capitals.
    pub ids: Vec<String>,
    pub name: String,
    /// Below the repository, with slashes.
    pub file: String,
    /// Whether it is switched off.
    pub off: bool,
}

impl Named {
    /// From outside: against the running server or the engine, not a unit test beside the code.
    pub fn is_outside(&self) -> bool {
        !self.file.starts_with("src/")
    }
}

/// All of this repository.
pub fn all() -> Vec<Named> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = Vec::new();
    for (folder, extension) in [("src", "rs"), ("tests", "rs"), ("end2end/tests", "js")] {
        let mut files = Vec::new();
        gather(&root.join(folder), extension, &mut files);
        files.sort();
        assert!(!files.is_empty(), "{folder} is there");
        for path in files {
            let text = fs::read_to_string(&path).unwrap();
            let file = path.strip_prefix(root).unwrap().to_str().unwrap();
            let file = file.replace('\\', "/");
            named.extend(match extension {
                "rs" => in_rust(&file, &text),
                _ => in_browser(&file, &text),
            });
        }
    }
    named
}

fn gather(folder: &Path, extension: &str, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("tests/security") {
            // The catalogue's own, whose names are examples.
        } else if path.is_dir() {
            gather(&path, extension, files);
        } else if path.extension().is_some_and(|is| is == extension) {
            files.push(path);
        }
    }
}

/// Functions that are tests: with an attribute that says so, or in the braces of `proptest!`.
pub fn in_rust(file: &str, text: &str) -> Vec<Named> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut named = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(rest) = ["fn ", "async fn "]
            .iter()
            .find_map(|start| line.strip_prefix(start))
        else {
            continue;
        };
        let name: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let attributes: Vec<_> = lines[..at]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
            .filter(|line| line.starts_with("#["))
            .collect();
        let is_test = attributes
            .iter()
            .any(|line| line.starts_with("#[test") || line.starts_with("#[tokio::test"));
        if !is_test {
            continue;
        }
        let ids: Vec<_> = name.split('_').map_while(id).collect();
        if ids.is_empty() {
            continue;
        }
        named.push(Named {
            ids,
            file: file.to_owned(),
            off: attributes.iter().any(|line| line.starts_with("#[ignore")),
            name,
        });
    }
    named
}

/// `test("W9: …")`, several as `W6 W11: …`.
pub fn in_browser(file: &str, text: &str) -> Vec<Named> {
    let mut named = Vec::new();
    for line in text.lines().map(str::trim) {
        let Some(rest) = line.strip_prefix("test") else {
            continue;
        };
        let Some((how, rest)) = rest.split_once('(') else {
            continue;
        };
        let Some(quote) = rest.chars().next().filter(|c| "\"'`".contains(*c)) else {
            continue;
        };
        let title = rest[1..].split(quote).next().unwrap_or_default();
        let Some((ids, _)) = title.split_once(": ") else {
            continue;
        };
        let ids: Option<Vec<_>> = ids
            .split(' ')
            .map(|word| id(&word.to_lowercase()).filter(|id| id == word))
            .collect();
        if let Some(ids) = ids {
            named.push(Named {
                ids,
                name: title.to_owned(),
                file: file.to_owned(),
                off: matches!(how, ".skip" | ".fixme"),
            });
        }
    }
    named
}

/// A letter of the catalogue and a number, in capitals.
fn id(word: &str) -> Option<String> {
    let number = word.strip_prefix(['e', 't', 'w', 'm', 'd', 'p', 'b', 'l'])?;
    let is = !number.is_empty() && number.len() < 3 && number.bytes().all(|b| b.is_ascii_digit());
    is.then(|| word.to_uppercase())
}

#[test]
fn names_are_read_as_they_are_meant() {
    let rust = "\
#[tokio::test(flavor = \"multi_thread\")]
#[ignore = \"slow\"]
async fn w1_w2_names() {
    #[test]
    /// Words.
    fn t13_exact() {}
    fn t14_helper() {}
    // #[test]
    // fn t15_out() {}
    #[test]
    fn a4_paper_and_t1() {}
    #[test]
    fn t1a_no_case() {}
";
    let found: Vec<_> = in_rust("f.rs", rust)
        .into_iter()
        .map(|one| (one.ids.join(" "), one.off))
        .collect();
    assert_eq!(found, [("W1 W2".into(), true), ("T13".into(), false)]);
    let browser = "\
test(\"W9: no page in a frame\", async () => {});
  test.skip('W6 W11: off', () => {});
test(`T16: a scanner`, () => {});
test(\"W9 no page\", () => {});
// test(\"W12: out\", () => {});
test(\"the token: it waits\", () => {});
test.describe(\"x\", () => {});
";
    let found: Vec<_> = in_browser("f.js", browser)
        .into_iter()
        .map(|one| (one.ids.join(" "), one.off))
        .collect();
    let expected = [
        ("W9".into(), false),
        ("W6 W11".into(), true),
        ("T16".into(), false),
    ];
    assert_eq!(found, expected);
}
