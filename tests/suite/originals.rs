//! What a run leaves alone: the photos themselves, the record of an earlier run, and its own work where nobody can be told of it.

use crate::commands::{anagen, code, files, read, stderr, three_photos, write_photo};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn photos_are_never_written_over() {
    for own in ["overlays", "pages", "photos", "comparisons"] {
        let place = tempfile::tempdir().unwrap();
        write_photo(&place.path().join(own).join("a.jpg"), 0);
        write_photo(&place.path().join(own).join("b.png"), 1);
        let before = files(place.path());
        // A name that is mistyped at first does not make the folder one of results.
        for command in [&["analyze", "nowhere", "--out", "."][..], &["analyze", own, "--out", "."], &["timeline", own, "--out", "."]] {
            let output = anagen(command, place.path());
            assert_eq!(code(&output), 1, "{command:?}: {}", stderr(&output));
            assert_eq!(files(place.path()), before, "{command:?}");
        }
        assert!(stderr(&anagen(&["analyze", own, "--out", "."], place.path())).contains("holds pictures that are no results"));
    }
    let place = three_photos();
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "part"], place.path())), 0);
    write_photo(&place.path().join("mine/overlays/a.jpg"), 0);
    let output = anagen(&["merge", "part", "--out", "mine"], place.path());
    assert!(code(&output) == 1 && stderr(&output).contains("holds pictures that are no results"), "{}", stderr(&output));
    let before = files(place.path());
    let output = anagen(&["analyze", "in/s02/front.bmp", "--out", "out", "--json", "in/s02/front.bmp"], place.path());
    assert!(code(&output) == 1 && stderr(&output).contains("would be overwritten"), "{}", stderr(&output));
    assert_eq!(files(place.path()), before);
}

#[test]
fn data_is_written_over_nothing_but_json() {
    let place = three_photos();
    let folder = place.path();
    write_photo(&folder.join("other.JPG"), 5);
    fs::write(folder.join("notes"), "\n by hand").unwrap();
    fs::create_dir(folder.join("results.json")).unwrap();
    let before = files(folder);
    for (target, why) in [
        ("other.JPG", "a photo, which would be overwritten"),
        ("notes", "no JSON, which would be overwritten"),
        ("results.json", "a folder"),
    ] {
        for command in [
            // A photo that was taken for the file to write to is not among those to analyze.
            &["analyze", "--out", "out", "--json", target, "in/s02/front.bmp"][..],
            &["compare", "in/s01/2026-02-10", "in/s01/2026-08-11", "--out", "out", "--json", target],
            &["agree", "in", "in", "--json", target],
            &["selfcheck", "--json", target],
        ] {
            let output = anagen(command, folder);
            assert!(code(&output) == 1 && stderr(&output).contains(why), "{command:?}: {}", stderr(&output));
            assert_eq!(files(folder), before, "{command:?}");
        }
    }
    fs::write(folder.join("empty"), " \n").unwrap();
    for target in ["empty", "empty", "new.json"] {
        let output = anagen(&["analyze", "in/s02/front.bmp", "--out", "out", "--json", target], folder);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert_eq!(fs::read(folder.join(target)).unwrap(), fs::read(folder.join("out/photos/front.json")).unwrap());
    }
}

#[test]
fn photos_beside_results_are_still_found() {
    let place = three_photos();
    let folder = place.path().join("in/s02");
    let output = anagen(&["analyze", "front.bmp", "--out", "."], &folder);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    write_photo(&folder.join("later/second.png"), 7);
    let output = anagen(&["analyze", "in", "--out", "out", "--overlay", "none", "--no-report"], place.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(read(&place.path().join("out/run.json"))["found"], 4, "{}", stderr(&output));
}

#[test]
fn a_mistyped_name_leaves_the_record_of_what_was_done() {
    let place = three_photos();
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out"], place.path())), 0);
    let before = read(&place.path().join("out/run.json"));
    assert_eq!(code(&anagen(&["analyze", "inn", "--out", "out"], place.path())), 1);
    assert_eq!(read(&place.path().join("out/run.json")), before);
}

#[test]
fn a_photo_over_a_lower_limit_is_not_reused() {
    let place = three_photos();
    let analyze = |more: &[&str]| anagen(&[&["analyze", "in", "--out", "out"], more].concat(), place.path());
    assert_eq!(code(&analyze(&[])), 0);
    assert_eq!(code(&analyze(&["--max-megapixels", "0.001"])), 2);
    assert_eq!(read(&place.path().join("out/run.json"))["failed"], 3);
}

#[test]
fn a_damaged_part_is_named_before_anything_is_written() {
    let place = three_photos();
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "part"], place.path())), 0);
    let result = "part/photos/s02/front.json";
    fs::write(place.path().join(result), "{\"schema\": \"anagen/photo/1\"").unwrap();
    let output = anagen(&["merge", "part", "--out", "merged"], place.path());
    assert!(code(&output) == 1 && stderr(&output).contains(result), "{}", stderr(&output));
    assert!(!place.path().join("merged").exists());
}

#[cfg(unix)]
#[test]
fn settings_that_cannot_be_read_are_not_passed_over() {
    let place = three_photos();
    std::os::unix::fs::symlink("gone.toml", place.path().join("in/anagen.toml")).unwrap();
    let output = anagen(&["analyze", "in", "--out", "out"], place.path());
    assert!(code(&output) == 1 && stderr(&output).contains("anagen.toml"), "{}", stderr(&output));
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out", "--no-config"], place.path())), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_batch_goes_on_where_nobody_can_be_told() {
    let place = three_photos();
    let full = || Stdio::from(fs::File::options().write(true).open(Path::new("/dev/full")).unwrap());
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("anagen"));
    let ended = command.args(["analyze", "in", "--out", "out"]).current_dir(place.path()).stderr(full()).status().unwrap();
    assert_eq!(ended.code(), Some(0));
    assert_eq!(read(&place.path().join("out/run.json"))["done"], 3);
}
