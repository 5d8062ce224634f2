//! What people hold in their hands: pages, pictures, names.

use crate::commands::{anagen, code, files, read, stderr, three_photos, write_photo};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

#[test]
fn every_photo_has_a_page_and_the_overview_leads_to_it() {
    let folder = three_photos();
    fs::write(folder.path().join("in/s02/broken.jpg"), b"\xff\xd8\xff").unwrap();
    let output = anagen(&["analyze", "in", "--out", "out", "--um-per-px", "5"], folder.path());
    assert!(stderr(&output).contains("out/report.html"), "{}", stderr(&output));
    let overview = text(&folder.path().join("out/report.html"));
    for page in ["s01/2026-02-10/vertex", "s01/2026-08-11/vertex", "s02/front"] {
        assert!(overview.contains(&format!("href=\"pages/{page}.html\"")), "{page}");
        assert!(folder.path().join(format!("out/pages/{page}.html")).is_file());
    }
    assert!(overview.contains("1 photo failed") && overview.contains("s02/broken.jpg"));
    assert_eq!(overview.matches("data:image/jpeg;base64,").count(), 3);
}

/// The pages of a results folder, none of which may ask anything of the network.
pub fn pages(results: &Path) -> BTreeMap<String, String> {
    let written = files(results).into_iter().filter(|(name, _)| name.ends_with(".html"));
    let pages: BTreeMap<String, String> = written.map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect();
    for (name, text) in &pages {
        // A clip path of the page's own is an address too.
        let text = text.replace("url(#", "");
        for asks in ["http:", "https:", "src=\"//", "@import", "url("] {
            assert!(!text.contains(asks), "{name}: {asks}");
        }
        assert!(text.contains("default-src 'none'"), "{name}");
    }
    pages
}

#[test]
fn pages_ask_nothing_of_the_network() {
    let folder = three_photos();
    anagen(&["analyze", "in", "--out", "out", "--scale-bar-mm", "1"], folder.path());
    assert!(pages(&folder.path().join("out")).len() > 1);
}

#[test]
fn without_a_report_there_is_none_and_an_earlier_one_goes() {
    let folder = three_photos();
    anagen(&["analyze", "in", "--out", "out"], folder.path());
    anagen(&["analyze", "in", "--out", "out", "--no-report", "--force"], folder.path());
    assert!(files(&folder.path().join("out")).keys().all(|name| !name.ends_with(".html")));
    let again = anagen(&["analyze", "in", "--out", "out"], folder.path());
    assert_eq!(code(&again), 0);
    assert!(folder.path().join("out/report.html").is_file() && folder.path().join("out/pages/s02/front.html").is_file());
}

#[test]
fn hostile_names_stay_text_in_pages_and_tables() {
    let folder = tempfile::tempdir().unwrap();
    let name = "=1+1<script>alert(1)<!--\"'&.png";
    write_photo(&folder.path().join("in").join(name), 0);
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out"], folder.path())), 0);
    for (file, bytes) in files(&folder.path().join("out")) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!file.ends_with(".html") || !text.contains("<script>alert"), "{file}");
        assert!(
            !file.ends_with(".csv") || text.lines().skip(1).all(|row| row.starts_with("\"'=") || row.starts_with("'=")),
            "{file}: {text}"
        );
    }
}

/// A JPEG whose EXIF block names owner, serial number, maker's note and place.
fn telling_jpeg() -> Vec<u8> {
    const OWNER: &[u8] = b"Anna Meier-Owner\0";
    const SERIAL: &[u8] = b"SERIAL-4711-0815\0";
    const NOTE: &[u8] = b"MAKERNOTE-secret\0";
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    // The first directory at 8 with 3 entries, the EXIF one at 50 with 2, the GPS one at 80 with 2, then the texts and the latitude.
    let (exif, gps, texts) = (50u32, 80u32, 110u32);
    let at = |i: u32| texts + 17 * i;
    let directory = |entries: &[Vec<u8>]| [&(entries.len() as u16).to_le_bytes()[..], &entries.concat(), &[0; 4]].concat();
    tiff.extend(directory(&[entry(0x013B, 2, 17, at(0)), entry(0x8769, 4, 1, exif), entry(0x8825, 4, 1, gps)]));
    tiff.resize(exif as usize, 0);
    tiff.extend(directory(&[entry(0x927C, 7, 17, at(2)), entry(0xA431, 2, 17, at(1))]));
    tiff.resize(gps as usize, 0);
    tiff.extend(directory(&[entry(1, 2, 2, u32::from(b'N')), entry(2, 5, 3, at(3))]));
    tiff.resize(texts as usize, 0);
    tiff.extend([OWNER, SERIAL, NOTE].concat());
    for degrees in [52u32, 31, 12] {
        tiff.extend(degrees.to_le_bytes().into_iter().chain(1u32.to_le_bytes()));
    }
    let mut jpeg = Vec::new();
    let picture = image::RgbImage::from_fn(160, 120, |x, _| image::Rgb(if x % 40 < 5 { [40, 30, 25] } else { [214, 178, 160] }));
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg).encode_image(&picture).unwrap();
    let block = [b"Exif\0\0", &tiff[..]].concat();
    let length = (block.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &block, &jpeg[2..]].concat()
}

#[test]
fn outputs_carry_no_owner_serial_note_or_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/a.jpg"), telling_jpeg()).unwrap();
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out"], folder.path())), 0);
    for entry in walkdir::WalkDir::new(folder.path().join("out")).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        let bytes = fs::read(entry.path()).unwrap();
        for secret in ["Meier-Owner", "SERIAL-4711", "MAKERNOTE", "Exif"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{}: {secret}", entry.path().display());
        }
    }
}

#[test]
fn pseudonyms_leave_no_name_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    for (i, visit) in ["2026-02-10", "2026-08-11"].iter().enumerate() {
        write_photo(&folder.path().join(format!("clinic/Anna Meier/{visit}/Anna Meier vertex.png")), i as u32);
    }
    fs::write(folder.path().join("clinic/Anna Meier/broken.jpg"), b"no photo").unwrap();
    fs::write(folder.path().join("key"), b"0123456789abcdef").unwrap();
    let output = anagen(&["analyze", "clinic", "clinic/Anna Meier/gone.jpg", "--out", "out", "--pseudonymize", "key"], folder.path());
    assert_eq!(code(&output), 2);
    for entry in walkdir::WalkDir::new(folder.path().join("out")).into_iter().map(Result::unwrap) {
        let bytes = if entry.file_type().is_file() { fs::read(entry.path()).unwrap() } else { vec![] };
        let named = [entry.file_name().to_string_lossy().into_owned(), String::from_utf8_lossy(&bytes).into_owned()];
        assert!(named.iter().all(|text| !text.contains("Meier")), "{}", entry.path().display());
    }
    let run = read(&folder.path().join("out/run.json"));
    let results: Vec<&str> = run["photos"].as_array().unwrap().iter().filter_map(|photo| photo["result"].as_str()).collect();
    assert_eq!(results.len(), 2);
    let subjects: Vec<Value> =
        results.iter().map(|result| read(&folder.path().join("out").join(result))["photo"]["subject"].clone()).collect();
    assert_eq!(subjects[0], subjects[1], "two visits of one person stay one person's");
    assert!(subjects[0].as_str().unwrap().starts_with("p-"));
    let again = anagen(&["analyze", "clinic", "--out", "out", "--pseudonymize", "key"], folder.path());
    assert!(stderr(&again).contains("2 reused"), "{}", stderr(&again));
}

#[test]
fn names_of_all_folders_are_gone_and_visits_stay() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    for (i, (visit, date)) in [("visit1", "2026-02-10"), ("visit2", "2026-08-11")].iter().enumerate() {
        write_photo(&place.join(format!("in/Klinik Bern/Meier_Anna/{visit}/annas vertex_{date}.png")), i as u32);
    }
    let said = "[[photos]]\nglob = \"**/*08-11.png\"\nsite = \"Annas vertex\"\n\
                [[event]]\nsubject = \"meier_anna\"\ndate = 2026-03-01\nlabel = \"Frau Meier: start\"\n";
    fs::write(place.join("in/anagen.toml"), said).unwrap();
    fs::write(place.join("key"), b"0123456789abcdef").unwrap();
    for command in ["analyze", "timeline"] {
        let output = anagen(&[command, "in", "--out", command, "--no-report", "--pseudonymize", "key"], place);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        for entry in walkdir::WalkDir::new(place.join(command)).into_iter().map(Result::unwrap) {
            let text = entry.file_type().is_file() && entry.path().extension().is_none_or(|e| e != "jpg");
            let text = if text { fs::read_to_string(entry.path()).unwrap() } else { String::new() };
            let named = format!("{} {text}", entry.file_name().to_string_lossy()).to_lowercase();
            assert!(["klinik", "bern", "meier", "anna"].iter().all(|name| !named.contains(name)), "{}", entry.path().display());
        }
    }
    let run = read(&place.join("timeline/run.json"));
    let path = run["photos"][0]["path"].as_str().unwrap();
    assert!(path.contains("/visit1/") && path.ends_with(" vertex_2026-02-10.png"), "{path}");
    let subject = run["photos"][0]["session"]["subject"].as_str().unwrap();
    let site = run["photos"][0]["session"]["site"].as_str().unwrap();
    let timeline = read(&place.join(format!("timeline/timelines/{subject}/{site}.json")));
    assert_eq!((timeline["sessions"].as_array().unwrap().len(), timeline["events"].as_array().unwrap().len()), (2, 1));
    assert_eq!(timeline["events"][0]["label"], format!("Frau {subject}: start"));
}

#[test]
fn names_and_codes_are_not_mixed_in_one_folder() {
    let folder = three_photos();
    fs::write(folder.path().join("key"), b"0123456789abcdef").unwrap();
    fs::write(folder.path().join("other"), b"0123456789abcdeg").unwrap();
    let run = |arguments: &[&str], key: Option<&str>| {
        let key = key.map_or(vec![], |key| vec!["--pseudonymize", key]);
        anagen(&[arguments, &["--overlay", "none", "--no-report"], &key].concat(), folder.path())
    };
    for (first, second, said) in [
        (None, Some("key"), "out: holds results with names: give the same --pseudonymize, or name another folder with --out"),
        (Some("key"), None, "out: holds results under codes: give the same"),
        (Some("key"), Some("other"), "out: holds results under codes of another key: give the same"),
    ] {
        assert_eq!(code(&run(&["analyze", "in", "--out", "out"], first)), 0);
        let before = files(&folder.path().join("out"));
        for command in [&["analyze", "in"][..], &["compare", "in/s01/2026-02-10", "in/s01/2026-08-11"]] {
            let output = run(&[command, &["--out", "out"]].concat(), second);
            assert!(code(&output) == 1 && stderr(&output).contains(said), "{command:?}: {}", stderr(&output));
        }
        let key = second.map_or(vec![], |key| vec!["--pseudonymize", key]);
        let output = anagen(&[&["timeline", "in", "--out", "out"][..], &key].concat(), folder.path());
        assert!(code(&output) == 1 && stderr(&output).contains(said), "{}", stderr(&output));
        assert_eq!(files(&folder.path().join("out")), before);
        fs::remove_dir_all(folder.path().join("out")).unwrap();
    }
}

#[test]
fn key_that_is_missing_or_short_stops_before_any_work() {
    let folder = three_photos();
    fs::write(folder.path().join("short"), b"123").unwrap();
    for (key, said) in [("nowhere", "no such file"), ("short", "16 bytes")] {
        let output = anagen(&["analyze", "in", "--out", "out", "--pseudonymize", key], folder.path());
        assert_eq!(code(&output), 1);
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn field_is_written_with_its_holes() {
    let folder = three_photos();
    anagen(&["analyze", "in/s02", "--out", "out"], folder.path());
    let photo = read(&folder.path().join("out/photos/front.json"));
    let regions = photo["field"]["regions"].as_array().unwrap();
    assert!(!regions.is_empty() && regions.iter().all(|region| region["outline"].is_array() && region["holes"].is_array()));
}
