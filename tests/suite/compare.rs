//! Two photos, or two sessions, compared: whole commands on windows of one drawn field, so that what is right is known.

use crate::commands::{anagen, code, files, read, stderr, three_photos, write_photo};
use anagen::phantom::{Scene, draw};
use image::{Rgb, RgbImage, imageops};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// How far the later window lies from the earlier one.
const SHIFT: (u32, u32) = (120, 60);

/// Two overlapping windows of one drawn field.
fn windows(seed: u64) -> [RgbImage; 2] {
    let drawn = draw(Scene::by_name("clipped").unwrap(), seed);
    let (width, height) = (drawn.width as u32, drawn.height as u32);
    let whole = RgbImage::from_fn(width, height, |x, y| Rgb(drawn.pixels[(y * width + x) as usize]));
    [(0, 0), SHIFT].map(|(x, y)| imageops::crop_imm(&whole, x, y, width - SHIFT.0, height - SHIFT.1).to_image())
}

fn save(picture: &RgbImage, folder: &Path, name: &str) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    picture.save(file).unwrap();
}

const SCALE: [&str; 2] = ["--um-per-px", "2.8"];

fn compare(folder: &Path, baseline: &str, follow_up: &str) -> std::process::Output {
    anagen(&[&["compare", baseline, follow_up, "--out", "out"], &SCALE[..]].concat(), folder)
}

fn has(comparison: &Value, code: &str) -> bool {
    comparison["caveats"].as_array().unwrap().iter().any(|caveat| caveat["code"] == code)
}

fn fates(comparison: &Value, fate: &str) -> usize {
    comparison["fates"].as_array().unwrap().iter().filter(|hair| hair["fate"] == fate).count()
}

#[test]
fn two_windows_of_one_skin_are_compared_hair_for_hair() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let [earlier, later] = windows(1);
    save(&earlier, folder, "in/s01/2026-02-10/vertex.png");
    save(&later, folder, "in/s01/2026-08-11/vertex.png");

    // The same command on photos, on sessions, and after an analysis, uses each photo's one result.
    let output = anagen(&[&["analyze", "in", "--out", "out", "--overlay", "none"], &SCALE[..]].concat(), folder);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let output = compare(folder, "in/s01/2026-02-10", "in/s01/2026-08-11");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("its result is reused").count(), 2, "{}", stderr(&output));
    // The record alone holds times.
    let without_record = || files(&folder.join("out")).into_iter().filter(|(name, _)| name != "run.json").collect::<BTreeMap<_, _>>();
    let written = without_record();
    for name in ["comparisons.csv", "fates.csv", "comparisons/s01_2026-02-10_vertex--s01_2026-08-11_vertex.json"] {
        assert!(written.contains_key(name), "{name} of {:?}", written.keys());
    }
    assert_eq!(written.keys().filter(|name| name.starts_with("photos/")).count(), 2);

    let comparison = read(&folder.join("out/comparisons/s01_2026-02-10_vertex--s01_2026-08-11_vertex.json"));
    assert_eq!(comparison["schema"], "anagen/comparison/1");
    assert_eq!((&comparison["days_between"], &comparison["baseline"]["subject"]), (&182.into(), &"s01".into()));
    let registration = &comparison["registration"];
    let to = |row: usize| registration["baseline_to_follow_up"][row][2].as_f64().unwrap();
    assert!((to(0) + f64::from(SHIFT.0)).abs() < 3.0 && (to(1) + f64::from(SHIFT.1)).abs() < 3.0, "{registration}");
    assert!(registration["chance_log10"].as_f64().unwrap() < -6.0 && registration["residual_px"].as_f64().unwrap() < 2.0);
    assert!(fates(&comparison, "kept") > 15 && fates(&comparison, "lost") + fates(&comparison, "new") == 0, "{}", comparison["fates"]);
    let density = comparison["changes"].as_array().unwrap().iter().find(|change| change["name"] == "hair_density").unwrap();
    assert_eq!((&density["change"], &density["verdict"]), (&0.0.into(), &"no_detectable_change".into()));

    // A person reads the same: both photos in one frame, a mark and a row for each hair, each change in a sentence.
    let pages = crate::report::pages(&folder.join("out"));
    let page = &pages["comparisons/s01_2026-02-10_vertex--s01_2026-08-11_vertex.html"];
    let hairs = comparison["fates"].as_array().unwrap().len();
    assert_eq!((page.matches("<g class=\"hair fate ").count(), page.matches("<tr data-hair=").count()), (hairs, hairs));
    assert_eq!(page.matches("data:image/jpeg").count(), 2);
    assert!(page.contains("No detectable change: the same"));
    assert!(pages["comparisons.html"].contains("href=\"comparisons/s01_2026-02-10_vertex--s01_2026-08-11_vertex.html\""));

    // The same bytes again, on stdout too, and by photos instead of folders.
    let names = ["in/s01/2026-02-10/vertex.png", "in/s01/2026-08-11/vertex.png"];
    let output = anagen(&[&["compare", names[0], names[1], "--out", "out", "--json", "-", "-q"], &SCALE[..]].concat(), folder);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().into_bytes(),
        written["comparisons/s01_2026-02-10_vertex--s01_2026-08-11_vertex.json"]
    );
    assert_eq!(without_record(), written);

    // Two sessions are a difference and no trend.
    let output = anagen(&[&["timeline", "in", "--out", "followed", "--no-report"], &SCALE[..]].concat(), folder);
    assert!(code(&output) == 0 && !stderr(&output).contains("a month"), "{}", stderr(&output));
    let timeline = read(&folder.join("followed/timelines/s01/vertex.json"));
    let followed = timeline["measurements"].as_array().unwrap();
    assert!(followed.len() > 10 && followed.iter().all(|going| going["trend"].is_null()), "{timeline}");
    assert_eq!(followed[0]["points"][1]["since_first"]["change"], 0.0);
    let rows = csv::Reader::from_path(folder.join("followed/timeline.csv")).unwrap();
    for row in rows.into_deserialize::<BTreeMap<String, String>>().map(Result::unwrap) {
        assert!(row.iter().all(|(column, cell)| !column.starts_with("trend_") || cell.is_empty()), "{row:?}");
    }

    let run = read(&folder.join("out/run.json"));
    assert_eq!((&run["command"], &run["reused"], &run["failed"]), (&"compare".into(), &2.into(), &0.into()));
    let session = &run["photos"][0]["session"];
    assert_eq!((&session["subject"], &session["subject_from"]), (&"s01".into(), &"path".into()));
    assert_eq!((&session["taken_at"], &session["taken_at_from"]), (&"2026-02-10".into(), &"path".into()));
    let pair = &run["pairs"][0];
    assert_eq!((&pair["baseline"], &pair["status"]), (&"s01/2026-02-10/vertex.png".into(), &"done".into()));
    assert_eq!(pair["result"], "comparisons/s01_2026-02-10_vertex--s01_2026-08-11_vertex.json");
}

#[test]
fn other_skin_and_a_mirrored_photo_get_no_fates_and_the_follow_up_may_not_come_first() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let [earlier, later] = windows(1);
    save(&earlier, folder, "2026-02-10.png");
    save(&later, folder, "2026-08-11.png");
    save(&windows(2)[0], folder, "other.png");
    save(&imageops::flip_horizontal(&later), folder, "mirrored.png");
    for (follow_up, caveat) in [("other.png", "not_same_field"), ("mirrored.png", "mirrored")] {
        let output = compare(folder, "2026-02-10.png", follow_up);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let comparison = read(&folder.join(format!("out/comparisons/2026-02-10--{}.json", follow_up.trim_end_matches(".png"))));
        assert!(comparison["registration"].is_null() && has(&comparison, caveat) && has(&comparison, "dates_missing"), "{comparison}");
        assert_eq!((comparison["fates"].as_array().unwrap().len(), comparison["changes"].as_array().unwrap().len()), (0, 0));
    }
    let output = compare(folder, "2026-08-11.png", "2026-02-10.png");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let comparison = fs::read_dir(folder.join("out/comparisons")).unwrap().map(|e| e.unwrap().path());
    let reversed = comparison
        .filter(|p| p.to_string_lossy().contains("2026-08-11--") && p.extension().is_some_and(|e| e == "json"))
        .map(|p| read(&p))
        .next()
        .unwrap();
    assert!(reversed["days_between"] == -182 && has(&reversed, "dates_reversed"), "{reversed}");
}

#[test]
fn sessions_go_on_without_the_photos_that_fail_or_have_no_partner() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let [earlier, later] = windows(3);
    for (session, photo) in [("2026-02-10", &earlier), ("2026-08-11", &later)] {
        save(photo, folder, &format!("s01/{session}/vertex.png"));
        fs::write(folder.join("s01").join(session).join("frontal.jpg"), b"broken").unwrap();
    }
    save(&earlier, folder, "s01/2026-08-11/occipital.png");
    let output = compare(folder, "s01/2026-02-10", "s01/2026-08-11");
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("frontal.jpg") && stderr(&output).contains("occipital.png: the other session shows no photo"));
    let run = read(&folder.join("out/run.json"));
    let failed: Vec<&str> =
        run["photos"].as_array().unwrap().iter().filter(|p| p["status"] == "failed").map(|p| p["reason"].as_str().unwrap()).collect();
    assert_eq!((failed.len(), &run["failed"]), (3, &3.into()), "{run}");
    assert!(failed.contains(&"the other session shows no photo of this site"), "{failed:?}");
    assert_eq!(files(&folder.join("out")).keys().filter(|name| name.starts_with("comparisons/") && name.ends_with(".json")).count(), 1);
    let rows = fs::read_to_string(folder.join("out/comparisons.csv")).unwrap();
    assert_eq!(rows.lines().count(), 2, "{rows}");

    for (follow_up, says) in
        [("nowhere", "no such file"), ("s01", "name two photos or two folders"), ("s01/2026-02-10/frontal.jpg", "no pair")]
    {
        let output = compare(folder, "s01/2026-02-10/vertex.png", follow_up);
        assert!(code(&output) == 1 && stderr(&output).contains(says), "{follow_up}: {}", stderr(&output));
    }
    let output = compare(folder, "s01", "s01/2026-08-11");
    assert!(code(&output) == 1 && stderr(&output).contains("anagen timeline"), "{}", stderr(&output));
}

#[test]
fn the_same_file_twice_is_said_and_nothing_changes() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    save(&windows(4)[0], folder, "a.png");
    fs::copy(folder.join("a.png"), folder.join("b.png")).unwrap();
    for (follow_up, name) in [("a.png", "a--a"), ("b.png", "a--b")] {
        let output = compare(folder, "a.png", follow_up);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let comparison = read(&folder.join(format!("out/comparisons/{name}.json")));
        assert!(has(&comparison, "same_photo"));
        assert_eq!(fates(&comparison, "kept"), comparison["fates"].as_array().unwrap().len() - fates(&comparison, "outside"));
        assert!(comparison["changes"].as_array().unwrap().iter().all(|change| change["change"] == 0.0), "{}", comparison["changes"]);
    }
}

#[test]
fn what_stands_above_two_sessions_says_their_scale() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let [earlier, later] = windows(1);
    save(&earlier, folder, "in/s01/2026-02-10/vertex.png");
    save(&later, folder, "in/s01/2026-08-11/vertex.png");
    fs::write(folder.join("in/anagen.toml"), "[[photos]]\nglob = \"s01/*/vertex*\"\num_per_px = 2.8\n").unwrap();
    let output = anagen(&["compare", "in/s01/2026-02-10", "in/s01/2026-08-11", "--out", "out", "--overlay", "none"], folder);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for date in ["2026-02-10", "2026-08-11"] {
        assert_eq!(read(&folder.join(format!("out/photos/s01/{date}/vertex.json")))["calibration"]["um_per_px"], 2.8);
    }
}

#[test]
fn nothing_written_names_the_subject_and_a_dry_run_writes_nothing() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let [earlier, later] = windows(1);
    save(&earlier, folder, "in/Mary/2026-02-10/vertex.png");
    save(&later, folder, "in/Mary/2026-08-11/vertex.png");
    fs::write(folder.join("key"), "sixteen bytes or more").unwrap();
    fs::write(folder.join("in/Mary/anagen.toml"), "um_per_px = 2.8\n[[event]]\nsubject = \"Mary\"\ndate = 2026-03-01\nlabel = \"start\"\n")
        .unwrap();
    // Whoever typed the event did not heed the letters' case.
    let config = folder.join("in/Mary/anagen.toml");
    fs::write(&config, fs::read_to_string(&config).unwrap().replace("subject = \"Mary\"", "subject = \"MARY\"")).unwrap();
    let compare = ["compare", "in/Mary/2026-02-10", "in/Mary/2026-08-11", "--out", "out", "--pseudonymize", "key"];
    let timeline = ["timeline", "in/Mary", "--out", "out2", "--pseudonymize", "key"];
    for command in [&compare[..], &timeline[..]] {
        let output = anagen(&[command, &["--dry-run"]].concat(), folder);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(String::from_utf8(output.stdout).unwrap().contains("2.8 µm/px"));
        assert!(!folder.join(command[command.len() - 3]).exists());
        let output = anagen(command, folder);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    for out in ["out", "out2"] {
        for (name, bytes) in files(&folder.join(out)) {
            assert!(!name.contains("Mary") && !String::from_utf8_lossy(&bytes).contains("Mary"), "{out}/{name}");
        }
    }
    let settings = |out: &str| read(&folder.join(out).join("run.json"))["settings"].clone();
    assert_eq!((&settings("out")["pseudonymized"], &settings("out2")["pseudonymized"]), (&true.into(), &true.into()));
    assert!(settings("out")["pseudonym_key"].is_string() && settings("out")["pseudonym_key"] == settings("out2")["pseudonym_key"]);
    // One person keeps one code, and the events that are theirs.
    let code_of = |run: Value| run["photos"][0]["session"]["subject"].as_str().unwrap().to_owned();
    let subject = code_of(read(&folder.join("out/run.json")));
    assert!(subject.starts_with("p-") && code_of(read(&folder.join("out2/run.json"))) == subject);
    let timeline = read(&folder.join(format!("out2/timelines/{subject}/vertex.json")));
    assert_eq!((&timeline["subject"], timeline["events"].as_array().unwrap().len()), (&subject.as_str().into(), 1));
}

#[test]
fn a_photo_taken_from_a_little_nearer_does_not_thicken_hair() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let [earlier, _] = windows(1);
    let nearer = |by: f64| {
        let side = |n: u32| (f64::from(n) * by).round() as u32;
        imageops::resize(&earlier, side(earlier.width()), side(earlier.height()), imageops::FilterType::CatmullRom)
    };
    save(&earlier, folder, "in/s01/2026-02-10/vertex.png");
    save(&nearer(1.04), folder, "in/s01/2026-08-11/vertex.png");
    save(&nearer(1.12), folder, "in/s01/2026-11-11/vertex.png");
    let told = |later: &str, out: &str| {
        let later = format!("in/s01/{later}");
        let output = anagen(
            &[&["compare", "in/s01/2026-02-10", &later, "--out", out, "--no-report", "--overlay", "none"], &SCALE[..]].concat(),
            folder,
        );
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let file = fs::read_dir(folder.join(out).join("comparisons")).unwrap().next().unwrap().unwrap().path();
        read(&file)
    };
    let slightly = told("2026-08-11", "slightly");
    let of = |name: &str| slightly["changes"].as_array().unwrap().iter().find(|change| change["name"] == name).unwrap().clone();
    for name in ["thickness_mean", "thickness_median", "cumulative_thickness", "hair_density"] {
        assert_eq!(of(name)["verdict"], "no_detectable_change", "{}", of(name));
        assert!(of(name)["low"].as_f64().unwrap() < 0.0 && of(name)["high"].as_f64().unwrap() > 0.0, "{}", of(name));
    }
    assert_eq!(fates(&slightly, "thickened"), 0);
    // So much nearer that one of the scales must be wrong, nothing in micrometers is told.
    let much = told("2026-11-11", "much");
    assert!(has(&much, "scales_disagree") && fates(&much, "kept") > 20, "{}", much["caveats"]);
    assert!(much["changes"].as_array().unwrap().iter().all(|change| change["unit"] == "1"), "{}", much["changes"]);
    assert!(much["fates"].as_array().unwrap().iter().all(|hair| hair["thickness_change_um"].is_null()));
}

#[test]
fn growth_is_not_told_of_hair_that_was_clipped_since() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let [earlier, later] = windows(1);
    save(&earlier, folder, "in/s01/2026-02-10/vertex.png");
    save(&later, folder, "in/s01/2026-02-12/vertex.png");
    for (clipped, told) in [("2026-02-09", true), ("2026-02-11", false)] {
        let command = [
            "compare",
            "in/s01/2026-02-10",
            "in/s01/2026-02-12",
            "--out",
            clipped,
            "--clipped",
            clipped,
            "--phototrichogram",
            "--overlay",
            "none",
        ];
        let output = anagen(&[&command, &SCALE[..]].concat(), folder);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let out = folder.join(clipped);
        let comparison = read(
            &fs::read_dir(out.join("comparisons"))
                .unwrap()
                .map(|e| e.unwrap().path())
                .find(|f| f.extension().is_some_and(|e| e == "json"))
                .unwrap(),
        );
        assert_eq!((comparison["growth"].is_object(), has(&comparison, "no_growth")), (told, !told), "{}", comparison["caveats"]);
        let table = fs::read_to_string(out.join("comparisons.csv")).unwrap();
        let row: BTreeMap<&str, &str> = table.lines().next().unwrap().split(',').zip(table.lines().nth(1).unwrap().split(',')).collect();
        assert_eq!(row["growth_mm_per_day"].is_empty(), !told);
        if told {
            // Nothing was cut and nothing grew: the same photo shows both.
            assert!(comparison["phototrichogram"]["growing"].as_u64().unwrap() <= 2, "{}", comparison["phototrichogram"]);
            assert!(stderr(&output).contains("mm a day") && stderr(&output).contains("resting"), "{}", stderr(&output));
        }
    }
}

/// The comparisons, pages and pictures of pairs in a results folder.
fn of_pairs(out: &Path) -> Vec<String> {
    files(out).into_keys().filter(|name| name.contains("comparisons")).collect()
}

#[test]
fn results_of_an_analysis_with_other_settings_are_left_as_they_are() {
    let place = three_photos();
    let folder = place.path();
    let out = folder.join("out");
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out", "--um-per-px", "4"], folder)), 0);
    let sessions = ["compare", "in/s01/2026-02-10", "in/s01/2026-08-11", "--out", "out", "--overlay", "none", "--no-report"];
    let timeline = ["timeline", "in", "--out", "out", "--no-report"];
    for command in [&sessions[..], &timeline] {
        let written = files(&out);
        for more in [&["--um-per-px", "5"][..], &[], &["--um-per-px", "5", "--force"], &["--um-per-px", "5", "--dry-run"]] {
            let output = anagen(&[command, more].concat(), folder);
            let said =
                "2026-02-10/vertex.png: its result in this folder was made with other settings, by another version, or of another file";
            assert!(code(&output) == 1 && stderr(&output).contains(said), "{command:?} {more:?}: {}", stderr(&output));
            assert_eq!(files(&out), written, "{command:?} {more:?}");
        }
        // With the same settings what was drawn of each photo stays, also where it is measured again.
        let output = anagen(&[command, &["--um-per-px", "4", "--force"]].concat(), folder);
        assert!([0, 2].contains(&code(&output)), "{}", stderr(&output));
        let now = files(&out);
        assert!(written.iter().all(|(name, bytes)| now.get(name) == Some(bytes)), "{command:?}");
    }
    // A photo that was replaced is another, and one that cannot be read is no reason to stop.
    write_photo(&folder.join("in/s01/2026-08-11/vertex.jpg"), 9);
    let output = anagen(&[&sessions[..], &["--um-per-px", "4"]].concat(), folder);
    assert!(code(&output) == 1 && stderr(&output).contains("2026-08-11/vertex.jpg: its result"), "{}", stderr(&output));
    fs::remove_file(out.join("photos.csv")).unwrap();
    assert_eq!(code(&anagen(&[&sessions[..], &["--um-per-px", "5"]].concat(), folder)), 0);
}

#[test]
fn comparison_of_two_other_photos_of_the_same_names_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    for (shift, name) in ["s01/before.png", "s01/after.png", "s02/before.png", "s02/after.png"].iter().enumerate() {
        write_photo(&folder.join(name), shift as u32);
    }
    let compare = |subject: &str, more: &[&str]| {
        let [before, after] = ["before", "after"].map(|name| format!("{subject}/{name}.png"));
        anagen(&[&["compare", &before, &after, "--out", "out", "--overlay", "none"], more].concat(), folder)
    };
    assert_eq!(code(&compare("s01", &[])), 0);
    let written = files(&folder.join("out"));
    for more in [&[][..], &["--dry-run"]] {
        let output = compare("s02", more);
        let said = "out/comparisons/before--after.json: a comparison of two other photos of these names";
        assert!(code(&output) == 1 && stderr(&output).contains(said), "{}", stderr(&output));
        assert_eq!(files(&folder.join("out")), written);
    }
    // One that was taken anew is no other pair, and so said another is.
    write_photo(&folder.join("s01/after.png"), 7);
    assert_eq!(code(&compare("s01", &[])), 0);
    assert_eq!(code(&compare("s02", &["--force"])), 0);
    let stored = read(&folder.join("out/comparisons/before--after.json"));
    assert_eq!(stored["baseline"]["sha256"], anagen::results::sha256(&fs::read(folder.join("s02/before.png")).unwrap()));
}

#[test]
fn what_an_earlier_run_left_of_a_pair_goes_with_it() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let [earlier, later] = windows(1);
    save(&earlier, folder, "a.png");
    save(&later, folder, "b.png");
    let run = |more: &[&str]| anagen(&[&["compare", "a.png", "b.png", "--out", "out"], &SCALE[..], more].concat(), folder);
    assert_eq!(code(&run(&[])), 0);
    let out = folder.join("out");
    let drawn = ["a--b.jpg", "a--b.baseline.jpg", "a--b.follow-up.jpg"].map(|name| format!("overlays/comparisons/{name}"));
    let written = of_pairs(&out);
    assert!(drawn.iter().all(|name| written.contains(name)) && written.contains(&"comparisons.html".into()), "{written:?}");
    assert_eq!(code(&run(&["--overlay", "png", "--no-report"])), 0);
    let pngs = drawn.each_ref().map(|name| name.replace(".jpg", ".png"));
    let mut expected = vec!["comparisons.csv".to_owned(), "comparisons/a--b.json".into()];
    expected.extend(pngs);
    expected.sort();
    assert_eq!(of_pairs(&out), expected);
    assert_eq!(code(&run(&[])), 0);
    fs::write(folder.join("b.png"), b"broken").unwrap();
    let output = run(&[]);
    assert!(code(&output) == 1 && stderr(&output).contains("no pair could be compared"), "{}", stderr(&output));
    assert_eq!(of_pairs(&out), ["comparisons.csv"]);
    // A single pair that failed is no JSON.
    assert!(run(&["--json", "-"]).stdout.is_empty());
}

#[test]
fn pair_that_cannot_be_written_fails_alone_and_long_names_are_cut() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    for (i, session) in ["2026-02-10", "2026-08-11"].iter().enumerate() {
        write_photo(&folder.join(format!("s01/{session}/front.png")), i as u32);
        write_photo(&folder.join(format!("s01/{session}/{}.png", "v".repeat(150))), i as u32 + 2);
    }
    fs::create_dir_all(folder.join("out/comparisons/s01_2026-02-10_front--s01_2026-08-11_front.json")).unwrap();
    let output = anagen(&["compare", "s01/2026-02-10", "s01/2026-08-11", "--out", "out"], folder);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    let run = read(&folder.join("out/run.json"));
    let ends: Vec<&str> = run["pairs"].as_array().unwrap().iter().map(|pair| pair["status"].as_str().unwrap()).collect();
    assert_eq!(ends, ["failed", "done"], "{}", run["pairs"]);
    assert!(folder.join("out").join(run["pairs"][1]["result"].as_str().unwrap()).is_file());
}

#[cfg(unix)]
#[test]
fn interrupt_between_two_pairs_ends_the_comparing() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let place = tempfile::tempdir().unwrap();
    for i in 0..40 {
        for (session, shift) in [("2026-02-10", 0), ("2026-08-11", 1)] {
            write_photo(&place.path().join(format!("s01/{session}/site{i:02}a.png")), 2 * i + shift);
        }
    }
    let arguments = ["compare", "s01/2026-02-10", "s01/2026-08-11", "--out", "out"];
    let mut running =
        Command::new(env!("CARGO_BIN_EXE_anagen")).args(arguments).current_dir(place.path()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.contains(" → ")).unwrap();
    assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let told: Vec<String> = lines.collect();
    assert_eq!(running.wait().unwrap().code(), Some(1), "{told:?}");
    assert!(told.last().unwrap().ends_with("stopped before every pair was compared; the same command goes on from here"), "{told:?}");
    assert_eq!(code(&anagen(&arguments, place.path())), 0);
}

#[test]
fn a_date_above_two_sessions_says_nothing_of_their_sites() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    for name in ["visit1/crown", "visit1/frontal", "visit1/vertex", "visit2/crown", "visit2/vertex"] {
        write_photo(&folder.join(format!("backup_2026-09-01/s01/{name}.png")), 0);
    }
    let output = compare(folder, "backup_2026-09-01/s01/visit1", "backup_2026-09-01/s01/visit2");
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("frontal.png: the other session shows no photo of this site"), "{}", stderr(&output));
    let run = read(&folder.join("out/run.json"));
    let pairs: Vec<[&str; 2]> = run["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| ["baseline", "follow_up"].map(|side| pair[side].as_str().unwrap().rsplit('/').next().unwrap()))
        .collect();
    assert_eq!(pairs, [["crown.png"; 2], ["vertex.png"; 2]], "{run}");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_used_of_a_session_is_in_the_record_and_the_exit_code() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    for session in ["2026-02-10", "2026-08-11"] {
        write_photo(&folder.join(format!("s01/{session}/vertex.png")), 0);
    }
    std::os::unix::fs::symlink("nowhere.jpg", folder.join("s01/2026-02-10/frontal.jpg")).unwrap();
    for (out, arguments) in [("out", ["compare", "s01/2026-02-10", "s01/2026-08-11"].as_slice()), ("followed", &["timeline", "s01"])] {
        let output = anagen(&[arguments, &["--out", out], &SCALE[..]].concat(), folder);
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        let run = read(&folder.join(out).join("run.json"));
        let failed: Vec<&Value> = run["photos"].as_array().unwrap().iter().filter(|photo| photo["status"] == "failed").collect();
        assert!(failed.len() == 1 && failed[0]["path"].as_str().unwrap().ends_with("frontal.jpg") && run["failed"] == 1, "{run}");
        assert_eq!(failed[0]["reason"], "no such file or folder");
    }
}

#[test]
fn photos_have_the_same_paths_however_they_are_named() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    for session in ["2026-02-10", "2026-08-11"] {
        write_photo(&folder.join(format!("s01/{session}/vertex.png")), 0);
    }
    let output = compare(folder, "s01/2026-02-10/../2026-02-10/vertex.png", "s01/2026-08-11/vertex.png");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let comparison = read(&folder.join("out/comparisons/s01_2026-02-10_vertex--s01_2026-08-11_vertex.json"));
    assert_eq!((&comparison["baseline"]["subject"], &comparison["baseline"]["path"]), (&"s01".into(), &"s01/2026-02-10/vertex.png".into()));
}
