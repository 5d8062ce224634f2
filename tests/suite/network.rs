//! Photos of people stay where they are: nothing here can reach a network, and what is built in is licensed to be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Crates that speak to a network, by the first part of their names.
const NETWORK: [&str; 30] = [
    "reqwest",
    "hyper",
    "curl",
    "ureq",
    "isahc",
    "surf",
    "attohttpc",
    "minreq",
    "tungstenite",
    "quinn",
    "h2",
    "h3",
    "tonic",
    "tokio",
    "async-std",
    "smol",
    "mio",
    "socket2",
    "rustls",
    "native-tls",
    "openssl",
    "trust-dns",
    "hickory",
    "ssh2",
    "libp2p",
    "lapin",
    "rumqttc",
    "sentry",
    "opentelemetry",
    "hf-hub",
];

/// Licenses that ask for nothing but their text to be kept.
const LICENSES: [&str; 14] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "BSL-1.0",
    "Unlicense",
    "CC0-1.0",
    "Unicode-3.0",
    "MPL-2.0",
];

fn manifest() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every package that the program is built from on any system, by name, with the license it states.
fn built_from() -> BTreeMap<String, String> {
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["tree", "--offline", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{l}"]).args(more);
        command.current_dir(manifest()).output().unwrap()
    };
    // Without what other systems need, where this one has not fetched it.
    let all = run(&["--target", "all"]);
    let output = if all.status.success() { all } else { run(&[]) };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let package = |line: &str| {
        let (package, license) = line.split_once('|')?;
        Some((package.split(' ').next()?.to_owned(), license.trim_end_matches(" (*)").trim().to_owned()))
    };
    text.lines().filter_map(package).collect()
}

/// Whether a license expression can be met by licenses that are allowed.
fn is_met(expression: &str) -> bool {
    // Brackets stand around alternatives alone.
    if expression.contains('(') {
        return expression.split(" AND ").all(|group| is_met(group.trim_matches(['(', ')'])));
    }
    let alternatives = expression.replace('/', " OR ");
    alternatives.split(" OR ").any(|all| all.split(" AND ").all(|license| LICENSES.contains(&license.trim())))
}

#[test]
fn no_package_speaks_to_a_network() {
    let packages = built_from();
    assert!(packages.len() > 50 && packages.contains_key("image"), "{packages:?}");
    let speaks = |name: &&String| NETWORK.iter().any(|network| *name == network || name.starts_with(&format!("{network}-")));
    assert_eq!(packages.keys().filter(speaks).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_package_is_licensed_for_everybody() {
    let refused: Vec<_> = built_from().into_iter().filter(|(_, license)| !is_met(license)).collect();
    assert!(refused.is_empty(), "{refused:?}");
    for (expression, met) in [
        ("MIT OR AGPL-3.0", true),
        ("AGPL-3.0", false),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR Apache-2.0) AND GPL-3.0", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("", false),
    ] {
        assert_eq!(is_met(expression), met, "{expression}");
    }
}

#[test]
fn every_package_comes_from_the_registry() {
    let lock = fs::read_to_string(manifest().join("Cargo.lock")).unwrap();
    let sources: BTreeSet<&str> = lock.lines().filter_map(|line| line.strip_prefix("source = ")).collect();
    assert_eq!(sources, BTreeSet::from(["\"registry+https://github.com/rust-lang/crates.io-index\""]));
}

#[test]
fn no_source_names_the_network_or_needs_unsafe() {
    for entry in walkdir::WalkDir::new(manifest().join("src")).into_iter().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(entry.path()).unwrap();
            for word in ["std::net", "TcpStream", "UdpSocket", "TcpListener", "UnixStream", "allow(unsafe_code)"] {
                assert!(!text.contains(word), "{}: {word}", entry.path().display());
            }
        }
    }
}

/// Run where no network exists, the program does all it does.
#[cfg(target_os = "linux")]
#[test]
fn program_works_where_there_is_no_network() {
    let alone = |arguments: &[&str]| Command::new("unshare").args(["--net", "--map-root-user"]).args(arguments).output();
    if !alone(&["true"]).is_ok_and(|output| output.status.success()) {
        return;
    }
    let folder = crate::commands::three_photos();
    let [input, out] = ["in", "out"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let output = alone(&[env!("CARGO_BIN_EXE_anagen"), "analyze", &input, "--out", &out]).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
