//! The layer order of the package: a module uses only those before it, and the ones before `results` touch nothing outside themselves.

use std::fs;
use std::path::{Path, PathBuf};

const LAYERS: [&str; 19] = [
    "units",
    "geometry",
    "raster",
    "photo",
    "calibration",
    "field",
    "phantom",
    "segment",
    "strand",
    "follicle",
    "measure",
    "analyze",
    "session",
    "compare",
    "agree",
    "selfcheck",
    "results",
    "report",
    "cli",
];

/// What a pure layer must not name: disk, clock, network, environment, processes, printing, globals that change, unseeded randomness.
const IMPURE_STD: [&str; 5] = ["fs", "env", "time", "net", "process"];
/// Threads that are waited for within a function leave no trace; others do.
const IMPURE: [&str; 17] = [
    "thread::spawn(",
    "thread::sleep(",
    "thread::current(",
    "thread_local!",
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "dbg!",
    "static mut",
    "stdin(",
    "stdout(",
    "stderr(",
    "rand::rng(",
    "rand::random",
    "from_os_rng",
    "image::open(",
];

#[test]
fn modules_use_only_the_layers_before_them() {
    assert_none(sources().iter().flat_map(|(path, text)| layer_violations(path, text)));
}

#[test]
fn layers_before_results_are_pure() {
    assert_none(sources().iter().flat_map(|(path, text)| purity_violations(path, text)));
}

#[test]
fn the_crate_declares_its_layers_and_lists_them_in_order() {
    let text = fs::read_to_string(source_folder().join("lib.rs")).unwrap();
    assert_none(crate_violations(&text));
}

#[test]
fn a_use_of_a_later_layer_is_found_however_it_is_written() {
    for text in [
        "use crate::measure::Cuts;",
        "use crate::{\n    units::Pixels,\n    measure::{Cuts, analyze},\n};",
        "fn f() -> crate::measure::Cuts { todo!() }",
        "use super::measure;",
        "pub(crate) use crate::measure as m;",
    ] {
        let found = layer_violations("field.rs", text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains("field uses measure"), "{found:?}");
    }
    assert_eq!(layer_violations("segment/mod.rs", "use super::strand::Strand;").len(), 1);
    assert_eq!(layer_violations("segment/ridge.rs", "use crate::strand::Strand;").len(), 1);
    assert_eq!(layer_violations("lost.rs", "").len(), 1, "a module that is no layer");
}

#[test]
fn earlier_layers_comments_and_texts_are_no_violation() {
    for text in [
        "use crate::{raster::Mask, photo::Photo};",
        "use crate::field::Roi;",
        "/// See crate::measure.\n// crate::results\n/* crate::cli /* crate::report */ */",
        "const S: &str = \"crate::measure\"; const R: &str = r#\"\"crate::measure\"#; const Q: char = '\"';",
        "fn f<'a>(x: &'a str) {} fn measure() {}",
    ] {
        assert_eq!(layer_violations("field.rs", text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(layer_violations("segment/ridge.rs", "use super::strand;"), Vec::<String>::new(), "its own folder's module");
}

#[test]
fn impurity_is_found_however_it_is_written() {
    for text in [
        "use std::fs;",
        "use std::{collections::BTreeMap, time::Instant};",
        "fn f() { std::env::var(\"X\"); }",
        "fn f() { println!(\"x\"); }",
        "fn f() { let x = rand::rng(); }",
    ] {
        assert_eq!(purity_violations("strand/trace.rs", text).len(), 1, "{text}");
        assert_eq!(purity_violations("results/mod.rs", text), Vec::<String>::new(), "{text}");
    }
    for text in ["//! Never println!", "#[cfg(test)]\nmod tests {\n    use std::fs;\n}", "const S: &str = \"std::fs\";"] {
        assert_eq!(purity_violations("strand/trace.rs", text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(purity_violations("strand/tests.rs", "use std::fs;"), Vec::<String>::new());
}

#[test]
fn a_crate_that_lists_its_layers_wrongly_is_found() {
    assert_none(crate_violations("//! [`units`], [`field`].\npub mod field;\npub mod units;\npub mod cli;\n"));
    for text in [
        "//! [`field`], [`units`].\npub mod field;\npub mod units;",
        "//! [`units`].\npub mod field;\npub mod units;",
        "//! [`units`], [`helpers`].\npub mod helpers;\npub mod units;",
    ] {
        assert!(!crate_violations(text).is_empty(), "{text}");
    }
}

fn assert_none(violations: impl IntoIterator<Item = String>) {
    let violations: Vec<String> = violations.into_iter().collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file but the two roots: its path below `src/`, with forward slashes, and its text.
fn sources() -> Vec<(String, String)> {
    let mut found = vec![];
    let mut folders = vec![source_folder()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let below = path.strip_prefix(source_folder()).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((below, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.retain(|(path, _)| path != "lib.rs" && path != "main.rs");
    found.sort();
    assert!(found.len() > LAYERS.len() / 2, "the sources are where they are looked for");
    found
}

/// The layer a file belongs to: its first folder, or its name.
fn module(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|l| *l == layer)
}

fn layer_violations(path: &str, text: &str) -> Vec<String> {
    let module = module(path);
    let Some(here) = rank(module) else { return vec![format!("{path}: {module} is no layer")] };
    let code = code(text);
    let mut used = names_under("crate", &code);
    // In a layer's root file `super` is the crate; deeper, or in a module within the file, it is the layer itself.
    if path == format!("{module}.rs") || path == format!("{module}/mod.rs") {
        used.extend(names_under("super", &code).into_iter().filter(|name| rank(name).is_some()));
    }
    let later = used.into_iter().filter(|name| rank(name).is_some_and(|there| there > here));
    later.map(|name| format!("{path}: {module} uses {name}, a later layer")).collect()
}

fn purity_violations(path: &str, text: &str) -> Vec<String> {
    if rank(module(path)) >= rank("results") || path.ends_with("tests.rs") {
        return vec![];
    }
    let code = code(text);
    let shipped = code.split("#[cfg(test)]\nmod ").next().unwrap();
    let std_names = names_under("std", shipped).into_iter().filter(|name| IMPURE_STD.contains(&name.as_str()));
    let words = IMPURE.iter().filter(|word| finds_word(shipped, word)).map(|word| (*word).to_owned());
    std_names.map(|name| format!("std::{name}")).chain(words).map(|what| format!("{path}: {what} in a pure layer")).collect()
}

/// Whether the text holds this word, not as the end of a longer one.
fn finds_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn crate_violations(text: &str) -> Vec<String> {
    let declared: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let docs = text.lines().filter_map(|line| line.strip_prefix("//!")).collect::<Vec<_>>().join("\n");
    let listed: Vec<&str> = docs.split("[`").skip(1).filter_map(|rest| rest.split("`]").next()).collect();
    let expected: Vec<&str> = LAYERS.into_iter().filter(|l| declared.contains(l) && *l != "cli").collect();
    let mut found: Vec<String> =
        declared.iter().filter(|m| rank(m).is_none()).map(|m| format!("lib.rs: {m} is declared and is no layer")).collect();
    // The first mention of each is the list.
    let order = (0..listed.len()).filter(|&i| !listed[..i].contains(&listed[i])).map(|i| listed[i]).collect::<Vec<_>>();
    if order != expected {
        found.push(format!("lib.rs: lists {order:?} and declares {expected:?}"));
    }
    found
}

/// The names that follow `root::` in the code, each of a group `root::{a, b::{…}}` included.
fn names_under(root: &str, code: &str) -> Vec<String> {
    let start = format!("{root}::");
    let mut found = vec![];
    for (at, _) in code.match_indices(&start) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + start.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group)),
            None => found.push(identifier(rest)),
        }
    }
    found
}

/// The first name of each item of a use group, whose opening brace is already taken off.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = vec![identifier(group.trim_start())];
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(identifier(group[at + 1..].trim_start())),
            _ => {}
        }
    }
    heads
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The text without its comments and what stands between quotes.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if c == '"' {
            quoted(rest, 1, "\"")
        } else if let Some(hashes) = raw_string(rest).filter(|_| !code.ends_with(|c: char| c.is_alphanumeric() || c == '_')) {
            let close = format!("\"{}", "#".repeat(hashes));
            let open = 2 + hashes;
            rest[open..].find(&close).map_or(rest.len(), |at| open + at + close.len())
        } else if c == '\'' {
            character(rest)
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        rest = &rest[skipped..];
    }
    code
}

/// How many hashes open the raw string that the text begins with.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Where a quoted piece ends, from `open` on, backslashes hiding the character after them.
fn quoted(text: &str, open: usize, close: &str) -> usize {
    let mut hidden = false;
    for (at, c) in text[open..].char_indices() {
        if hidden {
            hidden = false;
        } else if c == '\\' {
            hidden = true;
        } else if text[open + at..].starts_with(close) {
            return open + at + close.len();
        }
    }
    text.len()
}

/// The length of a character literal, or of the quote that begins a lifetime.
fn character(text: &str) -> usize {
    let mut inside = text[1..].chars();
    match (inside.next(), inside.next()) {
        (Some('\\'), _) => quoted(text, 1, "'"),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}
