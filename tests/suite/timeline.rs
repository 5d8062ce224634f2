//! `anagen timeline` on a drawn series.

use crate::commands::{anagen, code, read, stderr, write_photo};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

fn rows(file: &std::path::Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(file).unwrap().deserialize().map(Result::unwrap).collect()
}

#[test]
fn series_is_followed_from_photos_to_trends_and_broken_photos_are_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&anagen(&["phantom", "--out", "in", "--scene", "series-steady", "--seed", "3"], folder.path())), 0);
    let subject = "series-steady-3";
    let photos = folder.path().join("in").join(subject);
    fs::create_dir(photos.join("2026-10-15")).unwrap();
    fs::write(photos.join("2026-10-15/vertex.jpg"), b"no photo").unwrap();
    write_photo(&photos.join("2026-07-15/temple.png"), 1);
    write_photo(&folder.path().join("in/undated.png"), 2);
    let config = folder.path().join("in/anagen.toml");
    let event = format!("\n[[event]]\nsubject = \"{subject}\"\ndate = 2026-02-01\nlabel = \"start\"\n");
    fs::write(&config, fs::read_to_string(&config).unwrap() + &event).unwrap();

    let output = anagen(&["timeline", "in", "--out", "out"], folder.path());
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("2026-10-15/vertex.jpg: ") && said.contains("undated.png: no date"), "{said}");

    let timeline = read(&folder.path().join("out/timelines").join(subject).join("vertex.json"));
    assert_eq!((&timeline["schema"], &timeline["site"]), (&"anagen/timeline/1".into(), &"vertex".into()));
    let sessions = timeline["sessions"].as_array().unwrap();
    let dates: Vec<&str> = sessions.iter().map(|s| s["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2026-01-15", "2026-04-15", "2026-07-15", "2026-10-15"]);
    assert_eq!(sessions.iter().map(|s| s["comparable"].as_bool().unwrap()).collect::<Vec<_>>(), [true, true, true, false]);
    assert_eq!(sessions[3]["reason"]["code"], "failed");

    crate::schemas::assert_valid(&folder.path().join("out"));

    // No hair has two strands of a session, and no strand is two hairs'.
    let mut strands = BTreeSet::new();
    let hairs = timeline["hairs"].as_array().unwrap();
    for hair in hairs {
        let seen: Vec<(u64, u64)> = hair["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|s| Some((s["session"].as_u64().unwrap(), s["strand"].as_u64()?)))
            .collect();
        assert!(seen.iter().all(|strand| strands.insert(*strand)), "{hair}");
    }
    // Each hair is one unit's, and no session shows more hairs of a unit than it has.
    let mut members = BTreeSet::new();
    for unit in timeline["units"].as_array().unwrap() {
        let of: Vec<u64> = unit["hairs"].as_array().unwrap().iter().map(|hair| hair.as_u64().unwrap()).collect();
        assert!(of.iter().all(|hair| members.insert(*hair)), "{unit}");
        assert!(unit["sessions"].as_array().unwrap().iter().all(|s| s["hairs_seen"].as_u64().unwrap_or(0) <= of.len() as u64), "{unit}");
    }
    assert_eq!(members.len(), hairs.len());
    let in_all = |hair: &&Value| hair["sessions"].as_array().unwrap().iter().all(|s| s["state"] == "seen");
    assert!(hairs.iter().filter(in_all).count() > 20, "most hairs are followed through all three sessions");

    let density = timeline["measurements"].as_array().unwrap().iter().find(|m| m["name"] == "hair_density").unwrap();
    assert_eq!((density["points"].as_array().unwrap().len(), &density["trend"]["n"]), (3, &3.into()));
    assert!(density["trend"]["low"].as_f64().unwrap() < density["trend"]["per_month"].as_f64().unwrap());
    // What no field can show is not said of one: a share beyond 0 and 1, or more hairs of at least 30 µm than of at least 20 µm.
    let points = |name: &str| -> Vec<f64> {
        let going = timeline["measurements"].as_array().unwrap().iter().find(|m| m["name"] == name).unwrap_or_else(|| panic!("{name}"));
        going["points"].as_array().unwrap().iter().map(|point| point["value"].as_f64().unwrap()).collect()
    };
    for share in ["vellus_share", "hair_coverage"] {
        assert!(points(share).iter().all(|value| (0.0..=1.0).contains(value)), "{share}: {:?}", points(share));
    }
    let sweep = [20, 30, 40, 50, 60].map(|cut| points(&format!("hair_density_at_least_{cut}um")));
    for (more, fewer) in std::iter::once(&points("hair_density")).chain(&sweep).zip(&sweep) {
        assert!(more.iter().zip(fewer).all(|(more, fewer)| fewer <= more), "{more:?} then {fewer:?}");
    }
    let seconds = read(&folder.path().join("out/run.json"))["times"]["stages_s"].clone();
    assert!(seconds["segment"].as_f64().is_some_and(|seconds| seconds > 0.0), "{seconds}");

    let event = &timeline["events"][0];
    assert_eq!((&event["label"], &event["date"], &event["baseline"]), (&"start".into(), &"2026-02-01".into(), &0.into()));
    let times: Vec<(&str, u64)> =
        event["times"].as_array().unwrap().iter().map(|t| (t["time"].as_str().unwrap(), t["session"].as_u64().unwrap())).collect();
    assert_eq!(times, [("1-2 months", 1), ("3-6 months", 2), ("last session", 2)]);

    let values = rows(&folder.path().join("out/timeline.csv"));
    let of_density: Vec<_> = values.iter().filter(|row| row["measurement"] == "hair_density").collect();
    assert_eq!(of_density.len(), 3);
    assert_eq!(of_density[2]["value"].parse::<f64>().ok(), density["points"][2]["value"].as_f64());
    assert_eq!((of_density[0]["last_event"].as_str(), of_density[1]["last_event"].as_str()), ("", "start"));
    assert!(values.iter().any(|row| row["reason"] == "failed" && row["measurement"].is_empty()));
    assert_eq!(rows(&folder.path().join("out/timeline_hairs.csv")).iter().filter(|row| row["site"] == "vertex").count(), 3 * hairs.len());

    let pages = crate::report::pages(&folder.path().join("out"));
    let page = &pages[&format!("timelines/{subject}/vertex.html")];
    let coverage = page.split("aria-label=\"Hair coverage: ").nth(1).unwrap().split("</svg>").next().unwrap();
    assert!(coverage.contains(">%</text>"), "shares are drawn in percent, as they are said: {coverage}");
    assert_eq!(page.matches("data:image/jpeg").count(), 3, "a picture of each session that could be read");
    assert!(page.contains("Since start, 2026-02-01") && page.contains("a month (") && page.contains("could not be analyzed"));
    assert!(pages["timelines.html"].contains("3 of 4 compared"));

    // A second run reuses every result and says the same.
    let again = anagen(&["timeline", "in", "--out", "out", "-q"], folder.path());
    assert_eq!(code(&again), 2);
    assert_eq!(read(&folder.path().join("out/timelines").join(subject).join("vertex.json")), timeline);
}

#[test]
fn two_sessions_are_a_difference_and_none_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let output = anagen(&["timeline", "in", "--out", "out"], folder.path());
    assert_eq!((code(&output), stderr(&output).contains("no photo found")), (1, true), "{}", stderr(&output));
    write_photo(&folder.path().join("in/a.png"), 1);
    let output = anagen(&["timeline", "in", "--out", "out"], folder.path());
    assert_eq!((code(&output), stderr(&output).contains("need a date")), (1, true), "{}", stderr(&output));
    for (date, shift) in [("2026-02-10", 1), ("2026-08-11", 5)] {
        write_photo(&folder.path().join("in/s01").join(date).join("vertex.png"), shift);
    }
    let output = anagen(&["timeline", "in/s01", "--out", "out"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let timeline = read(&folder.path().join("out/timelines/s01/vertex.json"));
    assert_eq!(timeline["sessions"].as_array().unwrap().len(), 2);
    // Three hairs prove no skin to be the same.
    assert_eq!(timeline["sessions"][1]["reason"]["code"], "other_field");
    assert_eq!(timeline["caveats"][0]["code"], "few_sessions");
}

/// Writes a JPEG whose EXIF has a date, as a camera does.
fn write_dated(file: &std::path::Path, shift: u32, date: &str) {
    crate::commands::write_photo(file, shift);
    // Little-endian TIFF: a directory that leads to the EXIF one, which holds the date of the shot.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    for (tag, kind, count, value) in [(0x8769, 4, 1, 26), (0x9003, 2, 20, 44)] {
        exif.extend(1u16.to_le_bytes());
        exif.extend(entry(tag, kind, count, value));
        exif.extend(0u32.to_le_bytes());
    }
    exif.extend(format!("{} 10:00:00\0", date.replace('-', ":")).bytes());
    let jpeg = fs::read(file).unwrap();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    fs::write(file, [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()).unwrap();
}

#[test]
fn photos_dated_by_their_camera_alone_are_told_apart_by_their_folders() {
    let place = tempfile::tempdir().unwrap();
    let photos =
        ["s01/visit1/vertex.jpg", "s01/visit2/vertex.jpg", "s01/visit1/front.jpg", "s02/visit1/vertex.jpg", "s02/visit2/vertex.jpg"];
    for (i, name) in photos.iter().enumerate() {
        write_dated(&place.path().join("in").join(name), i as u32, ["2026-02-10", "2026-08-11"][usize::from(name.contains("visit2"))]);
    }
    let output = anagen(&["timeline", "in", "--out", "out"], place.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let sessions = |timeline: &str| read(&place.path().join("out/timelines").join(timeline))["sessions"].as_array().unwrap().len();
    assert_eq!(["s01/vertex.json", "s01/front.json", "s02/vertex.json"].map(sessions), [2, 1, 2]);
    let session = &read(&place.path().join("out/run.json"))["photos"][0]["session"];
    assert_eq!((&session["subject_from"], &session["taken_at_from"]), (&"path".into(), &"exif".into()));
}

#[test]
fn settings_say_whose_photos_they_are_before_anything_else_does() {
    let place = tempfile::tempdir().unwrap();
    write_dated(&place.path().join("in/a/IMG_0001.jpg"), 0, "2000-01-01");
    write_dated(&place.path().join("in/b/2026-08-11/front.jpg"), 1, "2026-08-11");
    let table = |glob: &str, more: &str| format!("[[photos]]\nglob = \"{glob}\"\nsubject = \"s07\"\nsite = \"vertex\"\n{more}");
    fs::write(place.path().join("in/anagen.toml"), table("a/*", "date = 2026-02-10\n") + &table("b/**", "")).unwrap();
    let output = anagen(&["timeline", "in", "--out", "out"], place.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let timeline = read(&place.path().join("out/timelines/s07/vertex.json"));
    let dates: Vec<&str> = timeline["sessions"].as_array().unwrap().iter().map(|s| &s["date"].as_str().unwrap()[..10]).collect();
    assert_eq!(dates, ["2026-02-10", "2026-08-11"]);
    let run = read(&place.path().join("out/run.json"));
    let from = |i: usize, of: &str| run["photos"][i]["session"][of].clone();
    assert_eq!([from(0, "subject_from"), from(0, "taken_at_from"), from(1, "taken_at_from")], ["config", "config", "exif"]);
    // What is said now is not taken from a result of when it was not.
    fs::remove_file(place.path().join("in/anagen.toml")).unwrap();
    let output = anagen(&["timeline", "in", "--out", "out"], place.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let photo = &read(&place.path().join("out/photos/a/IMG_0001.json"))["photo"];
    assert_eq!((&photo["subject"], &photo["taken_at"]), (&"a".into(), &"2000-01-01T10:00:00".into()));
}

#[test]
fn visits_of_one_subject_that_only_cameras_date_are_one_timeline() {
    let place = tempfile::tempdir().unwrap();
    for (i, visit) in ["visit1", "visit2"].iter().enumerate() {
        write_dated(&place.path().join("s01").join(visit).join("vertex.jpg"), i as u32, ["2026-02-10", "2026-08-11"][i]);
    }
    let output = anagen(&["timeline", "s01", "--out", "out"], place.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(read(&place.path().join("out/timelines/s01/vertex.json"))["sessions"].as_array().unwrap().len(), 2);
    let output = anagen(&["compare", "s01/visit1", "s01/visit2", "--out", "out2", "--overlay", "none", "--no-report"], place.path());
    assert!(!stderr(&output).contains("different subjects"), "{}", stderr(&output));
}

#[test]
fn photos_of_two_persons_in_folders_of_visits_are_in_two_timelines() {
    let place = tempfile::tempdir().unwrap();
    let mut shift = 0;
    for name in ["Meier_Anna", "Li_Bo"] {
        for (visit, date) in [("visit1", "2026-02-10"), ("visit2", "2026-08-11")] {
            write_photo(&place.path().join(format!("in/{name}/{visit}/vertex_{date}.png")), shift);
            shift += 1;
        }
    }
    let output = anagen(&["timeline", "in", "--out", "out", "--no-report"], place.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for name in ["Meier_Anna", "Li_Bo"] {
        let timeline = read(&place.path().join(format!("out/timelines/{name}/vertex.json")));
        assert_eq!(timeline["sessions"].as_array().unwrap().len(), 2, "{name}");
    }
}

#[test]
fn pages_of_an_earlier_run_go_and_timelines_that_are_not_of_this_one_are_told() {
    let place = tempfile::tempdir().unwrap();
    for (i, name) in ["s01/2026-02-10/vertex.png", "s01/2026-08-11/vertex.png", "s02/2026-02-10/front.png"].iter().enumerate() {
        write_photo(&place.path().join("in").join(name), i as u32);
    }
    let run = |input: &str, more: &[&str]| anagen(&[&["timeline", input, "--out", "out"], more].concat(), place.path());
    let there = |name: &str| place.path().join("out").join(name).exists();
    assert_eq!(code(&run("in", &[])), 0);
    assert!(there("timelines.html") && there("timelines/s01/vertex.html"));
    let output = run("in/s01", &["--no-report"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("also holds 1 timelines that are not of this run"), "{}", stderr(&output));
    assert!(!there("timelines.html") && !there("timelines/s01/vertex.html") && there("timelines/s02/front.html"));
    assert_eq!(code(&run("in", &[])), 0);
    for photo in ["s01/2026-02-10/vertex.png", "s01/2026-08-11/vertex.png", "s02/2026-02-10/front.png"] {
        fs::write(place.path().join("in").join(photo), b"broken").unwrap();
    }
    assert_eq!(code(&run("in", &[])), 1);
    assert!(!there("timelines.html"));
}

#[test]
fn no_cell_is_a_formula() {
    let place = tempfile::tempdir().unwrap();
    for (i, date) in ["2026-02-10", "2026-08-11"].iter().enumerate() {
        write_photo(&place.path().join(format!("in/=s01/{date}/-vertex.png")), i as u32);
    }
    let event = "[[event]]\nsubject = \"=s01\"\ndate = 2026-03-01\nlabel = \"+start\"\n";
    fs::write(place.path().join("in/anagen.toml"), event).unwrap();
    assert_eq!(code(&anagen(&["timeline", "in", "--out", "out", "--no-report"], place.path())), 0);
    let compare = ["compare", "in/=s01/2026-02-10", "in/=s01/2026-08-11", "--out", "out", "--no-report"];
    assert_eq!(code(&anagen(&compare, place.path())), 0);
    for (table, columns) in [
        ("timeline.csv", &["subject", "site", "path", "last_event"][..]),
        ("timeline_hairs.csv", &["subject", "site", "path"]),
        ("comparisons.csv", &["baseline", "follow_up", "subject", "site"]),
        ("fates.csv", &["baseline", "follow_up"]),
    ] {
        for row in rows(&place.path().join("out").join(table)) {
            for column in columns {
                assert!(row[*column].is_empty() || row[*column].starts_with('\''), "{table} {column}: {}", row[*column]);
            }
        }
    }
    let values = rows(&place.path().join("out/timeline.csv"));
    assert!(values.iter().all(|row| row["subject"] == "'=s01" && row["site"] == "'-vertex"));
    assert!(values.iter().any(|row| row["last_event"] == "'+start"));
}

#[cfg(unix)]
#[test]
fn interrupt_between_two_sites_ends_the_following() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let place = tempfile::tempdir().unwrap();
    for i in 0..40 {
        for (date, shift) in [("2026-02-10", 0), ("2026-08-11", 1)] {
            write_photo(&place.path().join(format!("in/s01/{date}/site{i:02}a.png")), 2 * i + shift);
        }
    }
    let mut running = Command::new(env!("CARGO_BIN_EXE_anagen"))
        .args(["timeline", "in", "--out", "out"])
        .current_dir(place.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.contains("comparable")).unwrap();
    assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let told: Vec<String> = lines.collect();
    assert_eq!(running.wait().unwrap().code(), Some(1), "{told:?}");
    assert!(told.last().unwrap().ends_with("stopped before every site was followed; the same command goes on from here"), "{told:?}");
}

#[test]
fn one_name_is_one_person_however_it_is_spelled() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    // The letter and its accent apart, as some disks have them, and whole, in capitals and not.
    let names = [
        "Ren\u{e9}/2026-02-10/Vertex.png",
        "Rene\u{301}/2026-08-11/vertex.png",
        "REN\u{c9}/2026-09-11/vertex.png",
        "Ren\u{e9}/2026-02-10/front.png",
    ];
    for (i, name) in names.iter().enumerate() {
        write_photo(&folder.join("in").join(name), i as u32);
    }
    let event = "[[event]]\nsubject = \"rene\u{301}\"\ndate = 2026-03-01\nlabel = \"start\"\n";
    fs::write(folder.join("in/anagen.toml"), event).unwrap();
    fs::write(folder.join("key"), "sixteen bytes or more").unwrap();
    for (out, more) in [("open", &[][..]), ("coded", &["--pseudonymize", "key"])] {
        let output = anagen(&[&["timeline", "in", "--out", out], more].concat(), folder);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(
            stderr(&output).contains("are taken for one subject") && !stderr(&output).contains("no photo shows"),
            "{}",
            stderr(&output)
        );
        let timelines = crate::commands::files(&folder.join(out).join("timelines"));
        let timelines: Vec<&String> = timelines.keys().filter(|name| name.ends_with(".json")).collect();
        let subject = |name: &str| name.split('/').next().unwrap().to_owned();
        assert!(timelines.len() == 2 && subject(timelines[0]) == subject(timelines[1]), "{timelines:?}");
        let vertex = timelines.iter().find(|name| !name.ends_with("/front.json")).unwrap();
        let timeline = read(&folder.join(out).join("timelines").join(vertex));
        assert_eq!((timeline["sessions"].as_array().unwrap().len(), timeline["events"].as_array().unwrap().len()), (3, 1));
    }
    let output = anagen(&["compare", "in/Ren\u{e9}/2026-02-10", "in/Rene\u{301}/2026-08-11", "--out", "pair", "--no-report"], folder);
    assert!(stderr(&output).lines().count() > 2 && !stderr(&output).contains("different subjects"), "{}", stderr(&output));
}

#[test]
fn sites_of_one_person_stay_together_under_codes_whatever_dates_them() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    write_dated(&folder.join("in/Meier/visit1/vertex.jpg"), 0, "2026-02-10");
    write_photo(&folder.join("in/Meier/2026-08-11/vertex.jpg"), 1);
    write_photo(&folder.join("in/Meier/photos/third.jpg"), 2);
    let stated = "[[photos]]\nglob = \"Meier/photos/*\"\nsubject = \"Meier\"\nsite = \"Vertex\"\ndate = 2026-10-11\n";
    fs::write(folder.join("in/anagen.toml"), stated).unwrap();
    fs::write(folder.join("key"), "sixteen bytes or more").unwrap();
    let coded = ["--pseudonymize", "key", "--no-report"];
    // The photo alone has a code for its site; its result is used all the same once others tell that openly.
    let output = anagen(&[&["timeline", "in/Meier", "--out", "out", "--dry-run"], &coded[..]].concat(), folder);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let output = anagen(&[&["timeline", "in", "--out", "out"], &coded[..]].concat(), folder);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let timelines = crate::commands::files(&folder.join("out/timelines"));
    assert_eq!(timelines.len(), 1, "{:?}", timelines.keys());
    let (name, _) = timelines.iter().next().unwrap();
    assert_eq!(read(&folder.join("out/timelines").join(name))["sessions"].as_array().unwrap().len(), 3);
    assert!(!name.contains("Meier"), "{name}");
}

#[test]
fn reasons_are_the_true_ones() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let said = |named: &str| {
        let output = anagen(&["timeline", named, "--out", "out"], folder);
        assert_eq!(code(&output), 1, "{named}: {}", stderr(&output));
        stderr(&output)
    };
    write_photo(&folder.join("in/s01/2026-02-10/vertex.png"), 1);
    let alone = said("in/s01/2026-02-10/vertex.png");
    assert!(alone.contains("named itself") && alone.contains("name a folder of photos") && !alone.contains("in its path"), "{alone}");
    let run = read(&folder.join("out/run.json"));
    assert!(run["photos"][0]["reason"].as_str().unwrap().contains("named itself"), "{run}");
    fs::write(folder.join("in/s01/2026-02-10/vertex.png"), b"broken").unwrap();
    let failed = said("in");
    assert!(failed.contains("no photo could be followed: every photo failed") && !failed.contains("need a date"), "{failed}");
}

#[cfg(unix)]
#[test]
fn subjects_with_line_ends_stay_on_their_line() {
    let place = tempfile::tempdir().unwrap();
    write_photo(&place.path().join("in/a\nb/2026-02-10/vertex.png"), 1);
    let output = anagen(&["timeline", "in", "--out", "out", "--no-report"], place.path());
    assert!(stderr(&output).contains("a\\nb vertex: 1 session"), "{}", stderr(&output));
}

#[test]
fn names_that_no_file_can_have_are_refused() {
    let place = tempfile::tempdir().unwrap();
    write_dated(&place.path().join("in/a.jpg"), 0, "2026-02-10");
    for name in ["", " ", "..", "a/b"] {
        fs::write(place.path().join("in/anagen.toml"), format!("[[photos]]\nglob = \"*\"\nsubject = \"{name}\"\n")).unwrap();
        let output = anagen(&["timeline", "in", "--out", "out"], place.path());
        assert!(code(&output) == 1 && stderr(&output).contains("not a name"), "{name}: {}", stderr(&output));
    }
}
