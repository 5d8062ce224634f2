//! Photos called anything a disk takes.

use crate::commands::{anagen, code, files, read, stderr, write_photo};
use std::fs;

#[cfg(target_os = "linux")]
#[test]
fn any_name_a_disk_takes_gets_its_results() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    fs::create_dir(&input).unwrap();
    let plain = folder.path().join("plain.png");
    write_photo(&plain, 3);
    let long = |first: &str| format!("{first}{}.png", "n".repeat(251 - first.len()));
    let odd: Vec<Vec<u8>> = vec![
        b"two  spaces .png".to_vec(),
        b"line\nend\t\r.png".to_vec(),
        b"not \xff\xfe text.png".to_vec(),
        [b"\xff".repeat(251), b".png".to_vec()].concat(),
        long("a").into_bytes(),
        long("b").into_bytes(),
        "ä日本語\u{202e}.png".as_bytes().to_vec(),
        b"\"quotes' & <b>, ;=%s$(x)`y`\\.png".to_vec(),
        b"-rf.png".to_vec(),
        b"photos.png".to_vec(),
    ];
    for name in &odd {
        fs::copy(&plain, input.join(OsStr::from_bytes(name))).unwrap();
    }
    let deep = input.join("d".repeat(255)).join(OsStr::from_bytes(&b"\xfe".repeat(255)));
    fs::create_dir_all(&deep).unwrap();
    fs::copy(&plain, deep.join(long("c"))).unwrap();

    let output = anagen(&["analyze", "in", "--out", "out", "--um-per-px", "5"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stderr(&output).lines().count(), odd.len() + 2, "a line each: {}", stderr(&output));
    let written = files(&folder.path().join("out"));
    let count = |kind: &str, ending: &str| written.keys().filter(|name| name.starts_with(kind) && name.ends_with(ending)).count();
    for (kind, ending) in [("photos/", ".json"), ("overlays/", ".jpg"), ("pages/", ".html"), ("pages/", ".jpg")] {
        assert_eq!(count(kind, ending), odd.len() + 1, "{kind}");
    }
    let run = read(&folder.path().join("out/run.json"));
    let mut paths: Vec<&str> = run["photos"].as_array().unwrap().iter().map(|photo| photo["path"].as_str().unwrap()).collect();
    paths.dedup();
    assert_eq!(paths.len(), odd.len() + 1, "each under a name of its own");

    let again = anagen(&["analyze", "in", "--out", "out", "--um-per-px", "5"], folder.path());
    assert_eq!(read(&folder.path().join("out/run.json"))["reused"], odd.len() + 1, "{}", stderr(&again));
    assert_eq!(files(&folder.path().join("out")), written);
}
