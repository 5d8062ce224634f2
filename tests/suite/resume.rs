//! A run that goes on where another stopped ends as one that never stopped.

use crate::commands::{anagen, code, files, read, stderr, three_photos, write_photo};
use serde_json::Value;
use std::fs;

#[test]
fn second_run_reuses_what_has_not_changed_and_says_so() {
    let folder = three_photos();
    let analyze = ["analyze", "in", "--out", "out"];
    anagen(&analyze, folder.path());
    let first = files(&folder.path().join("out"));
    let output = anagen(&analyze, folder.path());
    assert_eq!(stderr(&output).matches("reused").count(), 4, "{}", stderr(&output));
    assert_eq!(files(&folder.path().join("out")), first);
    let run = read(&folder.path().join("out/run.json"));
    assert_eq!((&run["done"], &run["reused"]), (&Value::from(0), &Value::from(3)));
}

#[test]
fn resumed_run_equals_a_fresh_one() {
    let folder = three_photos();
    anagen(&["analyze", "in", "--out", "resumed"], folder.path());
    fs::remove_file(folder.path().join("resumed/photos/s02/front.json")).unwrap();
    fs::remove_file(folder.path().join("resumed/overlays/s01/2026-02-10/vertex.jpg")).unwrap();
    fs::remove_file(folder.path().join("resumed/strands.csv")).unwrap();
    fs::write(folder.path().join("resumed/photos/s01/2026-08-11/vertex.json"), b"{\"schema\": \"anagen/ph").unwrap();
    anagen(&["analyze", "in", "--out", "resumed"], folder.path());
    assert_eq!(read(&folder.path().join("resumed/run.json"))["done"], 3);
    anagen(&["analyze", "in", "--out", "fresh"], folder.path());
    assert_eq!(files(&folder.path().join("resumed")), files(&folder.path().join("fresh")));
}

#[test]
fn changed_photo_settings_and_force_are_analyzed_again() {
    let folder = three_photos();
    let done = |more: &[&str]| {
        let analyze = [&["analyze", "in", "--out", "out", "--overlay", "none"], more].concat();
        anagen(&analyze, folder.path());
        read(&folder.path().join("out/run.json"))["done"].as_u64().unwrap()
    };
    assert_eq!(done(&[]), 3);
    assert_eq!(done(&[]), 0);
    write_photo(&folder.path().join("in/s02/front.bmp"), 9);
    assert_eq!(done(&[]), 1);
    assert_eq!(done(&["--um-per-px", "3"]), 3);
    assert_eq!(done(&["--um-per-px", "3"]), 0);
    fs::write(folder.path().join("in/s02/anagen.toml"), "um_per_px = 9").unwrap();
    assert_eq!(done(&["--um-per-px", "3"]), 0, "the command line decides, so the file changes nothing");
    assert_eq!(done(&["--um-per-px", "3", "--force"]), 3);
}

#[test]
fn what_is_not_wanted_any_more_of_unchanged_photos_goes() {
    let folder = three_photos();
    let analyze = |more: &[&str]| {
        let output = anagen(&[&["analyze", "in", "--out", "out"], more].concat(), folder.path());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    };
    let drawn = || {
        let there = files(&folder.path().join("out")).into_keys();
        there.filter(|name| name.starts_with("overlays/") || name.starts_with("pages/")).count()
    };
    for more in [&["--no-report", "--overlay", "none"][..], &["--no-report", "--overlay", "none", "--force"]] {
        analyze(&[]);
        assert_eq!(drawn(), 9);
        // Those that compare the photos leave alone what an analysis drew of them.
        assert_eq!(code(&anagen(&["timeline", "in/s01", "--out", "out", "--no-report"], folder.path())), 0);
        assert_eq!(drawn(), 9);
        analyze(more);
        assert_eq!(drawn(), 0);
    }
    analyze(&[]);
    analyze(&["--no-report"]);
    assert_eq!(drawn(), 3);
}

#[test]
fn photo_that_broke_since_leaves_no_old_result() {
    let folder = three_photos();
    anagen(&["analyze", "in", "--out", "out"], folder.path());
    fs::write(folder.path().join("in/s02/front.bmp"), b"BM").unwrap();
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out"], folder.path())), 2);
    assert!(!folder.path().join("out/photos/s02/front.json").exists());
    assert!(!folder.path().join("out/overlays/s02/front.jpg").exists());
    assert!(!fs::read_to_string(folder.path().join("out/photos.csv")).unwrap().contains("front"));
}

#[test]
fn result_under_a_name_that_its_photo_no_longer_has_goes() {
    let folder = three_photos();
    let input = folder.path().join("in/s02");
    let results = || files(&folder.path().join("out/photos")).into_keys().collect::<Vec<_>>();
    let analyze = |path: &str| assert_eq!(code(&anagen(&["analyze", path, "--out", "out"], folder.path())), 0);
    analyze("in/s02");
    write_photo(&input.join("side.png"), 7);
    analyze("in/s02");
    assert_eq!(results(), ["front.json", "side.json"]);
    write_photo(&input.join("front.png"), 8);
    fs::remove_file(input.join("side.png")).unwrap();
    analyze("in/s02");
    assert_eq!(results(), ["front.bmp.json", "front.png.json", "side.json"], "one that is not of this run stays");
    let drawn = files(&folder.path().join("out"));
    assert!(!drawn.contains_key("pages/front.html") && !drawn.contains_key("overlays/front.jpg"), "{:?}", drawn.keys());
}

#[cfg(unix)]
#[test]
fn interrupt_finishes_the_photo_in_hand_and_leaves_a_folder_to_go_on_with() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    for i in 0..80 {
        write_photo(&folder.path().join(format!("in/{i:03}.png")), i);
    }
    let mut running = Command::new(env!("CARGO_BIN_EXE_anagen"))
        .args(["analyze", "in", "--out", "out", "--threads", "1"])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let told: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(running.wait().unwrap().code(), Some(2), "{told:?}");
    assert!(told.iter().any(|line| line.contains("the same command goes on from here")), "{told:?}");
    let run = read(&folder.path().join("out/run.json"));
    let done = run["done"].as_u64().unwrap();
    assert!(run["interrupted"] == true && (1..80).contains(&done), "{done}");
    assert_eq!(fs::read_to_string(folder.path().join("out/photos.csv")).unwrap().lines().count() as u64, done + 1);

    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out"], folder.path())), 0);
    assert_eq!(read(&folder.path().join("out/run.json"))["reused"], done);
    anagen(&["analyze", "in", "--out", "fresh"], folder.path());
    assert_eq!(files(&folder.path().join("out")), files(&folder.path().join("fresh")));
}
