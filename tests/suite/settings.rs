//! Settings in files: every `anagen.toml` above a photo holds for it, whichever folder is named.

use crate::commands::{anagen, code, read, stderr, write_photo};
use std::fs;

/// Two sessions of one subject and one photo of another in `in`, with a scale, a cut and events beside the subjects' folders.
fn two_subjects() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for (i, name) in ["s01/2026-02-10/vertex.png", "s01/2026-08-11/vertex.png", "s02/2026-02-10/vertex.png"].iter().enumerate() {
        write_photo(&place.path().join("in").join(name), i as u32);
    }
    let event = |subject: &str| format!("[[event]]\nsubject = \"{subject}\"\ndate = 2026-03-01\nlabel = \"start of {subject}\"\n");
    let text = "um_per_px = 5\n[cuts]\nvellus_below_um = 40\n[[photos]]\nglob = \"s01/*/vertex.png\"\nsite = \"crown\"\n".to_owned();
    fs::write(place.path().join("in/anagen.toml"), text + &event("s01") + &event("s02")).unwrap();
    place
}

#[test]
fn it_does_not_matter_which_folder_is_named() {
    let place = two_subjects();
    let folder = place.path();
    let output = anagen(&["analyze", "in", "--out", "out"], folder);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for command in [
        &["timeline", "in/s01", "--out", "out"][..],
        &["compare", "in/s01/2026-02-10", "in/s01/2026-08-11", "--out", "out"],
        &["timeline", "in", "--out", "out"],
    ] {
        let output = anagen(command, folder);
        assert_eq!(code(&output), 0, "{command:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("its result is reused"), "{command:?}: {}", stderr(&output));
        assert!(!stderr(&output).contains("an event of a subject"), "{command:?}: {}", stderr(&output));
        assert!(read(&folder.join("out/run.json"))["settings"]["config_sha256"].is_string(), "{command:?}");
    }
    // Alone in a folder of its own, too.
    for (i, named) in ["in/s01", "in/s01/2026-02-10"].iter().enumerate() {
        let [measured, followed] = ["measured", "followed"].map(|out| format!("{out}{i}"));
        assert_eq!(code(&anagen(&["analyze", named, "--out", &measured], folder)), 0);
        let path = if i == 0 { "2026-02-10/vertex" } else { "vertex" };
        let photo = read(&folder.join(format!("{measured}/photos/{path}.json")));
        assert_eq!((&photo["calibration"]["um_per_px"], &photo["photo"]["site"]), (&5.0.into(), &"crown".into()));
        let output = anagen(&["timeline", "in/s01", "--out", &followed], folder);
        assert!(code(&output) == 0 && !stderr(&output).contains("start of s02"), "{}", stderr(&output));
        let timeline = read(&folder.join(format!("{followed}/timelines/s01/crown.json")));
        assert_eq!(timeline["events"].as_array().unwrap().len(), 1);
        assert_eq!(timeline["events"][0]["label"], "start of s01");
        let said = String::from_utf8(anagen(&["config", named], folder).stdout).unwrap();
        let scale: Vec<&str> = said.lines().next().unwrap().split_whitespace().collect();
        assert!(scale[..2] == ["um_per_px", "5"] && scale[2].ends_with("in/anagen.toml"), "{said}");
    }
    let output = anagen(&["analyze", "in/s01", "--out", "without", "--no-config"], folder);
    assert_eq!(code(&output), 0);
    assert!(read(&folder.join("without/run.json"))["settings"]["config_sha256"].is_null());
}

#[test]
fn record_has_the_cuts_that_were_used() {
    let place = two_subjects();
    let folder = place.path();
    let cuts = |out: &str| read(&folder.join(out).join("run.json"))["cuts"]["vellus_below_um"].clone();
    let run = |command: &[&str], out: &str| {
        let output = anagen(&[command, &["--out", out, "--no-report", "--overlay", "none"]].concat(), folder);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stderr(&output)
    };
    run(&["analyze", "in"], "a");
    assert_eq!(cuts("a"), 40.0);
    run(&["compare", "in/s01/2026-02-10", "in/s01/2026-08-11"], "b");
    assert_eq!(cuts("b"), 40.0);
    // Where they differ none is that of all: each photo has its own.
    fs::write(folder.join("in/s01/2026-08-11/anagen.toml"), "[cuts]\nvellus_below_um = 25\n").unwrap();
    run(&["analyze", "in"], "c");
    assert_eq!(cuts("c"), 30.0);
    let of_photos = read(&folder.join("c/run.json"))["photos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["cuts"]["vellus_below_um"].clone())
        .collect::<Vec<_>>();
    assert_eq!(of_photos, [40.0, 25.0, 40.0]);
    run(&["analyze", "in", "--vellus-below-um", "20"], "d");
    assert_eq!(cuts("d"), 20.0);
    // A part has those of the whole batch, so that parts go together.
    for (out, shard) in [("e", "1/2"), ("f", "2/2")] {
        run(&["analyze", "in", "--shard", shard], out);
        assert_eq!(cuts(out), 30.0);
    }
    assert_eq!(code(&anagen(&["merge", "e", "f", "--out", "g"], folder)), 0);
    // Folders with cuts of their own go together, and have none in common; other cuts on the command line are another batch.
    run(&["analyze", "in/s02"], "h");
    run(&["analyze", "in/s01/2026-08-11"], "i");
    let output = anagen(&["merge", "h", "i", "--out", "j"], folder);
    assert_eq!((code(&output), cuts("j")), (0, 30.0.into()), "{}", stderr(&output));
    let seconds = read(&folder.join("j/run.json"))["times"]["wall_s"].as_f64().unwrap();
    assert!((seconds * 1000.0 - (seconds * 1000.0).round()).abs() < 1e-6 && seconds.to_string().len() < 9, "{seconds}");
    run(&["analyze", "in/s02", "--vellus-below-um", "20"], "k");
    let output = anagen(&["merge", "h", "k", "--out", "l"], folder);
    assert!(code(&output) == 1 && stderr(&output).contains("k: made with other thickness cuts than h"), "{}", stderr(&output));

    let said = run_all(folder, &["compare", "in/s01/2026-02-10", "in/s01/2026-08-11", "--out", "m"]);
    assert!(said.contains("classed by other cuts in each photo (vellus below 40 µm, terminal from 60 µm; vellus below 25 µm"), "{said}");
    let said = run_all(folder, &["timeline", "in/s01", "--out", "m", "--no-report"]);
    assert!(said.contains("classed by other cuts in some photos (vellus below 40 µm"), "{said}");
    let comparison = read(&folder.join("m/comparisons/s01_2026-02-10_vertex--s01_2026-08-11_vertex.json"));
    let timeline = read(&folder.join("m/timelines/s01/crown.json"));
    assert_eq!([&comparison, &timeline].map(|of| of["cuts"]["vellus_below_um"].clone()), [40.0, 40.0]);
}

fn run_all(folder: &std::path::Path, command: &[&str]) -> String {
    let output = anagen(command, folder);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    stderr(&output)
}

#[test]
fn record_of_a_comparison_has_its_options_and_its_photos_in_order() {
    let place = two_subjects();
    let folder = place.path();
    write_photo(&folder.join("in/s01/2026-02-10/alone.png"), 9);
    let more = ["--clipped", "2026-02-01", "--phototrichogram", "--overlay", "png", "--no-report"];
    let output = anagen(&[&["compare", "in/s01/2026-02-10", "in/s01/2026-08-11", "--out", "out"], &more[..]].concat(), folder);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    let run = read(&folder.join("out/run.json"));
    let settings = &run["settings"];
    assert_eq!((&settings["clipped"], &settings["phototrichogram"]), (&"2026-02-01".into(), &true.into()));
    assert_eq!((&settings["overlay"], &settings["report"]), (&"png".into(), &false.into()));
    let paths: Vec<&str> = run["photos"].as_array().unwrap().iter().map(|photo| photo["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["s01/2026-02-10/alone.png", "s01/2026-02-10/vertex.png", "s01/2026-08-11/vertex.png"]);
    for wrong in ["2026-01-14rubbish", "2026-01-14 ", "2026-01-142", "14.1.2026"] {
        let output = anagen(&["compare", "in/s01/2026-02-10", "in/s01/2026-08-11", "--out", "new", "--clipped", wrong], folder);
        assert!(code(&output) == 1 && stderr(&output).contains("not a date such as"), "{wrong}: {}", stderr(&output));
    }
}

#[test]
fn every_command_tells_of_globs_that_match_nothing() {
    let place = two_subjects();
    let folder = place.path();
    fs::write(folder.join("in/anagen.toml"), "[[photos]]\nglob = \"s03/*\"\num_per_px = 5\n").unwrap();
    for command in [
        &["analyze", "in/s01", "--out", "a"][..],
        &["config", "in/s01"],
        &["timeline", "in/s01", "--out", "b"],
        &["compare", "in/s01/2026-02-10", "in/s01/2026-08-11", "--out", "c"],
    ] {
        let output = anagen(command, folder);
        assert_eq!(code(&output), 0, "{command:?}: {}", stderr(&output));
        assert_eq!(stderr(&output).matches("glob \"s03/*\" matches no file").count(), 1, "{command:?}: {}", stderr(&output));
    }
}

#[test]
fn parts_know_what_stands_above_the_folder_that_was_named() {
    let place = two_subjects();
    let folder = place.path();
    let part = |out: &str, shard: &str| {
        let output = anagen(&["analyze", "in/s01", "--out", out, "--shard", shard, "--no-report", "--overlay", "none"], folder);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    };
    let merged = |parts: [&str; 2]| anagen(&["merge", parts[0], parts[1], "--out", "merged"], folder);
    part("a", "1/2");
    part("b", "2/2");
    // On another machine the folders above are called otherwise.
    fs::rename(folder.join("in"), folder.join("elsewhere")).unwrap();
    let output = anagen(&["analyze", "elsewhere/s01", "--out", "c", "--shard", "2/2", "--no-report", "--overlay", "none"], folder);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for parts in [["a", "b"], ["a", "c"]] {
        let output = merged(parts);
        assert_eq!(code(&output), 0, "{parts:?}: {}", stderr(&output));
        fs::remove_dir_all(folder.join("merged")).unwrap();
    }
    fs::rename(folder.join("elsewhere"), folder.join("in")).unwrap();
    fs::write(folder.join("in/anagen.toml"), "um_per_px = 6\n").unwrap();
    part("d", "2/2");
    let output = merged(["a", "d"]);
    assert!(code(&output) == 1 && stderr(&output).contains("d: made with another "), "{}", stderr(&output));
}
