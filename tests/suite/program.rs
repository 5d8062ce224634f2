//! The program from the first minute: what it says before, after and instead of work.

use crate::commands::{anagen, code, read, stderr, three_photos};
use std::fs;
use std::path::Path;

fn stdout(arguments: &[&str], folder: &Path) -> String {
    String::from_utf8(anagen(arguments, folder).stdout).unwrap()
}

#[test]
fn dry_run_says_what_would_be_done_and_writes_nothing() {
    let folder = three_photos();
    fs::write(folder.path().join("in/s01/anagen.toml"), "um_per_px = 4\n").unwrap();
    fs::write(folder.path().join("in/broken.jpg"), b"").unwrap();
    let output = anagen(&["analyze", "in", "--out", "out", "--dry-run"], folder.path());
    assert_eq!(code(&output), 2);
    let said = String::from_utf8(output.stdout).unwrap();
    for words in ["4 µm/px by in/s01/anagen.toml", "no scale: pixels only", "would fail: empty file"] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    assert!(!folder.path().join("out").exists());
    fs::remove_file(folder.path().join("in/broken.jpg")).unwrap();
    anagen(&["analyze", "in", "--out", "out"], folder.path());
    assert_eq!(stdout(&["analyze", "in", "--out", "out", "--dry-run"], folder.path()).matches("would be reused").count(), 3);
}

#[test]
fn dry_run_foretells_what_the_run_does() {
    let folder = three_photos();
    let place = folder.path();
    let bare = ["analyze", "in", "--out", "out", "--overlay", "none", "--no-report"];
    assert_eq!(code(&anagen(&bare, place)), 0);
    let reused = |arguments: &[&str]| stdout(&[arguments, &["--dry-run"]].concat(), place).matches("would be reused").count();
    assert_eq!(reused(&bare), 3);
    assert_eq!(reused(&[&bare[..], &["--force"]].concat()), 0);
    assert_eq!(reused(&["analyze", "in", "--out", "out", "--overlay", "none"]), 0, "no page is there");
    assert_eq!(reused(&["analyze", "in", "--out", "out", "--no-report"]), 0, "no overlay is there");
    assert_eq!(reused(&["timeline", "in", "--out", "out"]), 3);
    assert_eq!(reused(&["timeline", "in", "--out", "out", "--force"]), 0);

    let foretold = |arguments: &[&str], failing: &str| {
        let output = anagen(&[arguments, &["--out", "new", "--dry-run"]].concat(), place);
        assert!(stderr(&output).contains(failing), "{arguments:?}: {}", stderr(&output));
        assert!(!place.join("new").exists());
        let ended = anagen(&[arguments, &["--out", "new"]].concat(), place);
        assert_eq!((code(&output), code(&ended)), (2, 2), "{arguments:?}: {}", stderr(&ended));
        fs::remove_dir_all(place.join("new")).unwrap();
    };
    foretold(&["analyze", "in", "--roi", "rect:5000,5000,10,10"], "3 photos, of which 3 would fail");
    foretold(&["analyze", "in", "nowhere"], "4 photos, of which 1 would fail");
    crate::commands::write_photo(&place.join("in/s01/2026-08-11/front.png"), 5);
    foretold(&["compare", "in/s01/2026-02-10", "in/s01/2026-08-11"], "3 photos, of which 1 would fail");
}

#[test]
fn config_of_no_photo_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let output = anagen(&["config", "empty"], folder.path());
    assert!(code(&output) == 1 && output.stdout.is_empty(), "{}", stderr(&output));
    assert!(stderr(&output).contains("no photo found"), "{}", stderr(&output));
}

#[test]
fn single_photo_that_fails_is_no_json() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one.jpg", "two.jpg"] {
        fs::write(folder.path().join(name), b"broken").unwrap();
    }
    let output = anagen(&["analyze", "one.jpg", "--out", "out", "--json", "-"], folder.path());
    assert!(code(&output) == 2 && output.stdout.is_empty());
    let output = anagen(&["analyze", "one.jpg", "two.jpg", "--out", "out", "--json", "-"], folder.path());
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap(), serde_json::json!([]));
}

#[test]
fn data_of_an_earlier_run_goes_where_this_one_has_none() {
    let place = three_photos();
    let folder = place.path();
    let analyze = |photo: &str| code(&anagen(&["analyze", photo, "--out", "out", "--json", "it.json"], folder));
    let file = folder.join("it.json");
    for broken in [Some("in/s02/front.bmp"), None] {
        crate::commands::write_photo(&folder.join("in/s02/front.bmp"), 2);
        assert_eq!((analyze("in/s02/front.bmp"), file.exists()), (0, true));
        broken.iter().for_each(|photo| fs::write(folder.join(photo), b"broken").unwrap());
        let ended = analyze(broken.unwrap_or("nowhere.jpg"));
        assert_eq!((ended, file.exists()), (if broken.is_some() { 2 } else { 1 }, false));
    }
    // What somebody else has written stays.
    fs::write(&file, "{\"schema\": \"ours/1\"}").unwrap();
    assert_eq!((analyze("nowhere.jpg"), file.exists()), (1, true));
}

#[test]
fn the_shape_of_data_hangs_on_what_is_named_and_not_on_what_fails() {
    let folder = three_photos();
    let output = anagen(&["analyze", "in/s02/front.bmp", "nowhere.jpg", "--out", "out", "--json", "-"], folder.path());
    assert_eq!(code(&output), 2);
    assert_eq!(serde_json::from_slice::<Vec<serde_json::Value>>(&output.stdout).unwrap().len(), 1);
}

#[test]
fn terminals_get_no_commands() {
    let folder = three_photos();
    let event = "[[event]]\nsubject = \"s09\"\ndate = 2026-03-01\nlabel = \"a\\u001b[2Jb\"\n";
    fs::write(folder.path().join("in/anagen.toml"), event).unwrap();
    let said = stderr(&anagen(&["timeline", "in", "--out", "out", "--no-report"], folder.path()));
    assert!(said.contains("a\\u{1b}[2Jb, 2026-03-01: an event of a subject that no photo shows"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn config_shows_each_setting_and_its_origin() {
    let folder = three_photos();
    fs::write(folder.path().join("in/s01/anagen.toml"), "um_per_px = 4\n[cuts]\nvellus_below_um = 40\n").unwrap();
    let said = stdout(&["config", "in", "--terminal-from-um", "70"], folder.path());
    let line = |start: &[&str]| said.lines().any(|line| line.split_whitespace().collect::<Vec<_>>().starts_with(start));
    assert!(line(&["um_per_px", "4", "in/s01/anagen.toml", "2", "photos"]), "{said}");
    assert!(line(&["vellus_below_um", "40", "in/s01/anagen.toml"]) && line(&["vellus_below_um", "30", "default", "1", "photo"]), "{said}");
    assert!(line(&["terminal_from_um", "70", "--terminal-from-um", "3", "photos"]), "{said}");
    assert!(line(&["detector", "learned", "default"]), "{said}");
}

#[test]
fn flags_go_before_the_environment_and_that_before_files() {
    let folder = three_photos();
    fs::write(folder.path().join("in/anagen.toml"), "um_per_px = 4\n").unwrap();
    let scale = |variables: &[(&str, &str)], more: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("anagen").unwrap();
        let output = command.args(["config", "in"]).args(more).envs(variables.iter().copied()).current_dir(folder.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().next().unwrap().split_whitespace().take(4).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(scale(&[], &[]), "um_per_px 4 in/anagen.toml 3");
    assert_eq!(scale(&[("ANAGEN_UM_PER_PX", "5")], &[]), "um_per_px 5 environment, ANAGEN_UM_PER_PX");
    assert_eq!(scale(&[("ANAGEN_UM_PER_PX", "5")], &["--um-per-px", "6"]), "um_per_px 6 --um-per-px 3");
    assert_eq!(scale(&[("ANAGEN_UM_PER_PX", "5")], &["--scale-bar-mm", "1"]), "scale_bar_mm 1 --scale-bar-mm 3");
}

#[test]
fn wrong_value_of_the_environment_is_told_by_its_variable() {
    let folder = three_photos();
    let said = |variables: &[(&str, &str)], more: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("anagen").unwrap();
        let output = command.args(["config", "in"]).args(more).envs(variables.iter().copied()).current_dir(folder.path()).output().unwrap();
        assert_eq!(code(&output), 1, "{variables:?} {more:?}");
        stderr(&output)
    };
    for (variable, value) in [
        ("ANAGEN_UM_PER_PX", "2,76"),
        ("ANAGEN_SCALE_BAR_MM", "-1"),
        ("ANAGEN_DETECTOR", "best"),
        ("ANAGEN_VELLUS_BELOW_UM", ""),
        ("ANAGEN_TERMINAL_FROM_UM", "thick"),
        ("ANAGEN_MAX_MEGAPIXELS", "0"),
        ("ANAGEN_THREADS", "many"),
        ("ANAGEN_MODEL", "nowhere.onnx"),
    ] {
        let told = said(&[(variable, value)], &[]);
        assert!(told.contains(variable) && !told.contains("for '--"), "{told}");
    }
    assert!(
        said(&[("ANAGEN_UM_PER_PX", "5")], &["--um-per-px", "wide"]).contains("--um-per-px"),
        "the flag goes first and is what is wrong"
    );
    let both = said(&[("ANAGEN_UM_PER_PX", "5"), ("ANAGEN_SCALE_BAR_MM", "1")], &[]);
    assert!(both.contains("ANAGEN_UM_PER_PX or ANAGEN_SCALE_BAR_MM, not both"), "{both}");
}

#[test]
fn completions_and_manual_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&["completions", shell], Path::new("."));
        assert!(["analyze", "phantom", "um-per-px", "pseudonymize"].iter().all(|word| script.contains(word)), "{shell}");
    }
    assert!(stdout(&["man"], Path::new(".")).contains("analyze"));
    assert!(stdout(&["man", "analyze"], Path::new(".")).contains("um\\-per\\-px"));
    for command in ["analyze", "compare", "timeline", "config"] {
        let page = stdout(&["man", command], Path::new("."));
        assert!(page.contains("Examples:") && page.contains(&format!("anagen {command}")), "{command}: {page}");
    }
    assert_eq!(code(&anagen(&["man", "measure"], Path::new("."))), 1);
}

#[test]
fn wrong_numbers_are_told_what_they_have_to_be() {
    for (arguments, said) in [
        (&["analyze", "in", "--out", "out", "--um-per-px", "-1"][..], "above 0"),
        (&["analyze", "in", "--out", "out", "--um-per-px", "1000"], "0.05 to 100"),
        (&["analyze", "in", "--out", "out", "--um-per-px", "2,76"], "2.76"),
        (&["analyze", "in", "--out", "out", "--roi", "polygon:0,0,5,5,9,9"], "one line"),
        (&["phantom", "--out", "out", "--seed", "-1"], "whole number from 0"),
    ] {
        let output = anagen(arguments, Path::new("."));
        assert_eq!(code(&output), 1, "{arguments:?}");
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn what_is_lacking_is_told_with_what_to_type_next() {
    let folder = three_photos();
    std::fs::write(folder.path().join("file"), b"x").unwrap();
    for (arguments, said) in [
        (&["analyze", "in"][..], "anagen analyze photos/ --out results/"),
        (&["compare", "in", "--out", "out"], "anagen compare before.jpg after.jpg --out results/"),
        (&["compare", "in", "in", "in", "--out", "out"], "For more: anagen timeline"),
        (&["timeline", "in"], "anagen timeline photos/ --out results/"),
        (&["analyze", "in", "--out", "file"], "Name another folder: --out"),
        (&["analyze", "in", "--out", "out", "--pseudonymize", "nokey"], "head -c 32 /dev/urandom"),
    ] {
        let output = anagen(arguments, folder.path());
        assert_eq!(code(&output), 1, "{arguments:?}");
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn scale_of_a_timeline_names_where_it_was_stated() {
    let folder = three_photos();
    let said = stdout(&["timeline", "in", "--out", "out", "--um-per-px", "5", "--dry-run"], folder.path());
    assert!(said.contains("5 µm/px by --um-per-px"), "{said}");
}

#[test]
fn region_beside_the_photo_fails_it() {
    let folder = three_photos();
    let output = anagen(&["analyze", "in/s02", "--out", "out", "--roi", "rect:5000,5000,10,10"], folder.path());
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("beside this photo of 160×120"), "{}", stderr(&output));
}

#[test]
fn results_among_the_photos_are_sent_elsewhere() {
    let folder = three_photos();
    let output = anagen(&["analyze", "in", "--out", "in"], folder.path());
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("--out in/results"), "{}", stderr(&output));
}

#[test]
fn run_without_photos_leaves_its_record() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(code(&anagen(&["analyze", "nowhere", "empty", "--out", "out"], folder.path())), 1);
    let run = read(&folder.path().join("out/run.json"));
    assert_eq!((run["found"].as_u64(), run["failed"].as_u64()), (Some(1), Some(1)));
    assert_eq!(run["photos"][0]["reason"], "no such file or folder");
}

#[cfg(unix)]
#[test]
fn names_with_line_ends_stay_on_their_line() {
    let folder = tempfile::tempdir().unwrap();
    crate::commands::write_photo(&folder.path().join("in/a\nb\u{1b}[2J.png"), 0);
    let output = anagen(&["analyze", "in", "--out", "out"], folder.path());
    assert_eq!(stderr(&output).lines().count(), 2, "{}", stderr(&output));
    assert!(!stderr(&output).contains('\u{1b}'));
}

#[test]
fn agreement_leaves_out_what_the_last_run_did_not_list() {
    let folder = tempfile::tempdir().unwrap();
    anagen(&["phantom", "--out", "in", "--scene", "clipped-small", "--count", "2"], folder.path());
    anagen(&["analyze", "in", "--out", "out"], folder.path());
    anagen(&["analyze", "in/clipped-small-1.jpg", "--out", "out"], folder.path());
    let output = anagen(&["agree", "out", "in", "--json", "-"], folder.path());
    let agreement: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(agreement["without_result"], serde_json::json!(["clipped-small-2"]));
}
