//! A batch in parts, put together again, is the batch; and it is the same at any number of threads and in any order.

use crate::commands::{anagen, code, files, read, stderr, three_photos, write_photo};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A record without its times, and without how many threads there were.
fn record(folder: &Path) -> Value {
    let mut run = read(&folder.join("run.json"));
    run.as_object_mut().unwrap().remove("times");
    run["settings"].as_object_mut().unwrap().remove("threads");
    run
}

fn batch() -> tempfile::TempDir {
    let folder = three_photos();
    for i in 0..9 {
        write_photo(&folder.path().join(format!("in/more/{i}.png")), 4 + i);
    }
    fs::copy(folder.path().join("in/more/0.png"), folder.path().join("in/more/copy of 0.png")).unwrap();
    fs::write(folder.path().join("in/more/broken.jpg"), b"\xff\xd8\xff").unwrap();
    fs::write(folder.path().join("in/more/0.jpg"), b"").unwrap();
    folder
}

#[test]
fn parts_put_together_are_the_undivided_run() {
    let folder = batch();
    let analyze =
        |out: &str, more: &[&str]| anagen(&[&["analyze", "in", "nowhere", "--out", out, "--um-per-px", "4"], more].concat(), folder.path());
    assert_eq!(code(&analyze("whole", &[])), 2);
    let mut done = 0;
    for (out, shard) in [("a", "1/3"), ("b", "2/3"), ("c", "3/3")] {
        analyze(out, &["--shard", shard]);
        done += read(&folder.path().join(out).join("run.json"))["done"].as_u64().unwrap();
    }
    assert_eq!(done, read(&folder.path().join("whole/run.json"))["done"].as_u64().unwrap());
    let output = anagen(&["merge", "c", "a", "b", "--out", "merged"], folder.path());
    assert_eq!(code(&output), 2, "the broken photos are still broken: {}", stderr(&output));
    assert_eq!(files(&folder.path().join("merged")), files(&folder.path().join("whole")));
    assert_eq!(record(&folder.path().join("merged")), record(&folder.path().join("whole")));
    // And the whole can be gone on with.
    analyze("merged", &[]);
    assert_eq!(read(&folder.path().join("merged/run.json"))["reused"], done);
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let folder = batch();
    let analyze = |out: &str, more: &[&str]| {
        anagen(&[&["analyze", "in", "--out", out, "--overlay", "none", "--no-report"], more].concat(), folder.path())
    };
    analyze("a", &["--shard", "1/2"]);
    analyze("b", &["--shard", "2/2", "--um-per-px", "4"]);
    analyze("c", &["--shard", "2/2"]);
    let refused = |arguments: &[&str], why: &str| {
        let output = anagen(&[&["merge"], arguments, &["--out", "merged"]].concat(), folder.path());
        assert_eq!(code(&output), 1, "{arguments:?}");
        assert!(stderr(&output).contains(why), "{arguments:?}: {}", stderr(&output));
    };
    refused(&["a", "b"], "b: made with another um_per_px than a");
    refused(&["a"], "missing parts: 2/2");
    refused(&["a", "in"], "in: not a results folder");
    refused(&["a", "c", "nowhere"], "nowhere: not a results folder");
    assert!(!folder.path().join("merged/run.json").exists());
    let output = anagen(&["merge", "a", "c", "--out", "a"], folder.path());
    assert!(stderr(&output).contains("into one of its parts"), "{}", stderr(&output));

    let record = folder.path().join("c/run.json");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replace("\"analyze\"", "\"compare\"")).unwrap();
    refused(&["a", "c"], "c: not the results of anagen analyze");

    // Another photo under a name that is taken.
    fs::create_dir(folder.path().join("other")).unwrap();
    write_photo(&folder.path().join("other/front.png"), 12);
    write_photo(&folder.path().join("another/front.png"), 13);
    for out in ["d", "e"] {
        let input = if out == "d" { "other" } else { "another" };
        anagen(&["analyze", input, "--out", out, "--overlay", "none", "--no-report"], folder.path());
    }
    refused(&["d", "e"], "e/photos/front.json: not the same as d/photos/front.json");
}

#[test]
fn part_that_no_photo_falls_to_is_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    write_photo(&folder.path().join("in/a.png"), 0);
    let found: Vec<u64> = (1..=3)
        .map(|part| {
            let output = anagen(&["analyze", "in", "--out", &format!("{part}"), "--shard", &format!("{part}/3")], folder.path());
            assert_eq!(code(&output), 0, "{}", stderr(&output));
            read(&folder.path().join(format!("{part}/run.json")))["found"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(found.iter().sum::<u64>(), 1);
    assert_eq!(code(&anagen(&["merge", "1", "2", "3", "--out", "merged"], folder.path())), 0);
    assert_eq!(code(&anagen(&["analyze", "nowhere", "--out", "4", "--shard", "1/3"], folder.path())), 1);
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "4", "--shard", "4/3"], folder.path())), 1);
}

#[test]
fn every_fixture_gives_the_same_bytes_at_any_number_of_threads_in_any_order_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let [phantoms, hostile] = ["phantoms", "hostile"].map(|name| fixtures.join(name).to_str().unwrap().to_owned());
    let analyze = |out: &str, inputs: [&str; 2], more: &[&str]| {
        let output = anagen(&[&["analyze", inputs[0], inputs[1], "--out", out], more].concat(), folder.path());
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        assert!(!stderr(&output).contains("internal error"), "{}", stderr(&output));
        files(&folder.path().join(out))
    };
    let one = analyze("out", [&phantoms, &hostile], &["--threads", "1"]);
    for (threads, inputs) in [("2", [&hostile, &phantoms]), ("8", [&phantoms, &hostile])] {
        let other = analyze(threads, inputs.map(String::as_str), &["--threads", threads]);
        assert!(
            one == other,
            "{threads} threads: {:?}",
            one.iter().find(|(name, bytes)| other.get(*name) != Some(bytes)).map(|(name, _)| name)
        );
    }
    assert!(analyze("out", [&hostile, &phantoms], &[]) == one, "reused");
}

#[test]
fn parts_made_with_another_anagen_toml_are_refused_and_folders_with_their_own_are_not() {
    let folder = three_photos();
    let analyze = |input: &str, out: &str, more: &[&str]| {
        let output = anagen(&[&["analyze", input, "--out", out, "--overlay", "none", "--no-report"], more].concat(), folder.path());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        read(&folder.path().join(out).join("run.json"))["settings"]["config_sha256"].clone()
    };
    assert!(analyze("in", "none", &[]).is_null());
    fs::write(folder.path().join("in/s01/anagen.toml"), "um_per_px = 4\n").unwrap();
    let whole = analyze("in", "whole", &[]);
    assert_eq!(analyze("in", "a", &["--shard", "1/2"]), whole);
    assert!(analyze("in", "plain", &["--no-config"]).is_null());
    assert_eq!(analyze("in", "b", &["--shard", "2/2"]), whole, "whichever photos a part holds");
    fs::write(folder.path().join("in/s01/anagen.toml"), "um_per_px = 5\n").unwrap();
    assert_ne!(analyze("in", "c", &["--shard", "2/2"]), whole);
    let output = anagen(&["merge", "a", "c", "--out", "merged"], folder.path());
    assert!(code(&output) == 1 && stderr(&output).contains("c: made with another anagen.toml than a"), "{}", stderr(&output));
    assert!(!folder.path().join("merged").exists());
    assert_eq!(code(&anagen(&["merge", "a", "b", "--out", "merged"], folder.path())), 0);

    write_photo(&folder.path().join("other/vertex.png"), 7);
    fs::write(folder.path().join("other/anagen.toml"), "um_per_px = 6\n").unwrap();
    analyze("other", "d", &[]);
    let output = anagen(&["merge", "whole", "d", "--out", "together"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(read(&folder.path().join("together/run.json"))["settings"]["config_sha256"].is_null());
}

#[test]
fn parts_under_codes_are_the_undivided_run_under_codes() {
    let folder = three_photos();
    // Photos that differ in their extension alone are called after the whole batch, not after one part.
    for (name, shift) in [("vertex.bmp", 5), ("front.png", 6), ("front.bmp", 7)] {
        write_photo(&folder.path().join("in/s01/2026-02-10").join(name), shift);
    }
    fs::write(folder.path().join("key"), "sixteen bytes or more").unwrap();
    fs::write(folder.path().join("other"), "another key of sixteen").unwrap();
    let analyze = |out: &str, more: &[&str]| {
        let arguments = ["analyze", "in", "--out", out, "--overlay", "none", "--no-report"];
        anagen(&[&arguments[..], more].concat(), folder.path())
    };
    let coded = ["--pseudonymize", "key"];
    assert_eq!(code(&analyze("whole", &coded)), 0);
    let parts = ["1/4", "2/4", "3/4", "4/4"];
    for shard in parts {
        assert_eq!(code(&analyze(&shard[..1], &[&coded[..], &["--shard", shard]].concat())), 0);
    }
    let output = anagen(&["merge", "1", "2", "3", "4", "--out", "merged"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(files(&folder.path().join("merged")), files(&folder.path().join("whole")));
    assert_eq!(record(&folder.path().join("merged")), record(&folder.path().join("whole")));

    // Codes of another key are of other persons as far as anyone can tell.
    assert_eq!(code(&analyze("5", &["--pseudonymize", "other", "--shard", "4/4"])), 0);
    let output = anagen(&["merge", "1", "2", "3", "5", "--out", "mixed"], folder.path());
    assert!(code(&output) == 1 && stderr(&output).contains("5: made with another pseudonym_key"), "{}", stderr(&output));
}
