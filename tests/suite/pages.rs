//! What every page has, whatever its photos show: words for refusals, names for tables and groups, rules for paper, and nothing of the camera's file.

use crate::commands::{anagen, code, read, stderr, three_photos, write_photo};
use crate::report::pages;
use std::fs;
use std::path::Path;

/// What lies between each of these openings and the closing after it.
fn between<'a>(text: &'a str, opening: &str, closing: &str) -> Vec<&'a str> {
    text.split(opening).skip(1).map(|rest| rest.split(closing).next().unwrap()).collect()
}

/// Pages of every kind: an overview with a photo that failed, photos, a refused comparison, a timeline, and what leads to them.
fn every_kind() -> tempfile::TempDir {
    let folder = three_photos();
    fs::write(folder.path().join("in/s02/broken.jpg"), b"no photo").unwrap();
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out", "--um-per-px", "5"], folder.path())), 2);
    let pair = ["compare", "in/s01/2026-02-10", "in/s01/2026-08-11", "--out", "out", "--um-per-px", "5"];
    assert_eq!(code(&anagen(&pair, folder.path())), 0);
    let timeline = anagen(&["timeline", "in/s01", "--out", "out", "--um-per-px", "5"], folder.path());
    assert_eq!(code(&timeline), 0, "{}", stderr(&timeline));
    folder
}

#[test]
fn tables_have_captions_groups_have_names_and_paper_has_rules() {
    let folder = every_kind();
    let pages = pages(&folder.path().join("out"));
    for kind in ["report.html", "comparisons.html", "timelines.html", "pages/", "comparisons/", "timelines/"] {
        assert!(pages.keys().any(|name| name.starts_with(kind)), "no page is a {kind}");
    }
    for (name, text) in &pages {
        for table in between(text, "<table", "</table>") {
            let caption = table.split('>').nth(1).unwrap_or_default();
            assert!(caption.trim_start().starts_with("<caption"), "{name}: a table begins with {caption}");
            assert!(table.contains("scope=\"col\""), "{name}: a table has no headings");
        }
        for group in between(text, "<details", ">") {
            assert!(group.contains("aria-label=\"Method of "), "{name}: <details{group}>");
        }
        for picture in between(text, "<img", ">") {
            assert!(picture.contains("alt="), "{name}: a picture without words");
        }
        for svg in between(text, "<svg", ">") {
            assert!(svg.contains("aria-label=\"") || svg.contains("aria-hidden"), "{name}: <svg{svg}>");
        }
        assert!(text.contains("<html lang=\"en\">") && text.contains("name=\"viewport\""), "{name}");
        let paper = text.split("@media print").nth(1).unwrap_or_else(|| panic!("{name} has no rules for paper"));
        for rule in ["color-scheme: light", "break-inside: avoid", "overflow: visible", "nav, .hint"] {
            assert!(paper.contains(rule), "{name}: paper lacks {rule}");
        }
        for rule in ["@page", "prefers-color-scheme: dark", "prefers-contrast: more", ":focus-visible"] {
            assert!(text.contains(rule), "{name}: no {rule}");
        }
    }
}

#[test]
fn refused_comparison_says_so_and_what_to_do_and_names_no_hair() {
    let folder = every_kind();
    let pages = pages(&folder.path().join("out"));
    let (_, page) = pages.iter().find(|(name, _)| name.starts_with("comparisons/")).unwrap();
    for words in ["not shown to be of the same field", "take the later one again", "no fates and no changes are given"] {
        assert!(page.contains(words), "{words}");
    }
    for absent in ["What has changed", "What became of each hair", "<tr data-hair"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(pages["comparisons.html"].contains("not shown to be the same field"));
}

/// A degree, minute or second as EXIF stores it.
type Rational = (u32, u32);

/// 48° 51' 29.6734" north, 2° 17' 40.1991" east; no whole numbers, so that their bytes are like no others.
const LATITUDE: [Rational; 3] = [(480_017, 10_000), (510_023, 10_000), (296_734, 10_000)];
const LONGITUDE: [Rational; 3] = [(20_011, 10_000), (170_029, 10_000), (401_991, 10_000)];

fn bytes_of(angle: [Rational; 3]) -> Vec<Vec<u8>> {
    angle.iter().map(|(over, under)| [over.to_le_bytes(), under.to_le_bytes()].concat()).collect()
}

/// The JPEG with a place in its EXIF block.
fn placed(jpeg: &[u8]) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let directory = |entries: &[Vec<u8>]| [&(entries.len() as u16).to_le_bytes()[..], &entries.concat(), &[0; 4]].concat();
    // The first directory at 8 with one entry, the GPS one at 26 with six, then what does not fit into an entry.
    let (gps, data) = (26u32, 26 + 2 + 6 * 12 + 4u32);
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(directory(&[entry(0x8825, 4, 1, gps)]));
    tiff.extend(directory(&[
        entry(1, 2, 2, u32::from(b'N')),
        entry(2, 5, 3, data),
        entry(3, 2, 2, u32::from(b'E')),
        entry(4, 5, 3, data + 24),
        entry(0x12, 2, 18, data + 48),
        entry(0x1D, 2, 11, data + 66),
    ]));
    tiff.extend([bytes_of(LATITUDE).concat(), bytes_of(LONGITUDE).concat()].concat());
    tiff.extend(b"GPSDATUM-WGS-8419\x002019:03:17\0");
    let block = [b"Exif\0\0", &tiff[..]].concat();
    let length = (block.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &block, &jpeg[2..]].concat()
}

/// The bytes that base64 stands for.
fn decoded(base64: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = (0u32, 0);
    let mut bytes = vec![];
    for value in base64.bytes().filter_map(|letter| LETTERS.iter().position(|l| *l == letter)) {
        bits = ((bits.0 << 6) | value as u32, bits.1 + 6);
        if bits.1 >= 8 {
            bits.1 -= 8;
            bytes.push((bits.0 >> bits.1) as u8);
        }
    }
    bytes
}

/// Whether any of what tells the place stands in the bytes.
fn tells_the_place(bytes: &[u8]) -> Option<String> {
    let texts = ["GPSDATUM", "2019:03:17", "Exif", "GPSLatitude"].map(|text| text.as_bytes().to_vec());
    let turned = |rational: &Vec<u8>| rational.chunks(4).flat_map(|word| word.iter().rev().copied()).collect::<Vec<u8>>();
    let little = [bytes_of(LATITUDE), bytes_of(LONGITUDE)].concat();
    let big: Vec<Vec<u8>> = little.iter().map(turned).collect();
    let secrets = texts.into_iter().chain(little).chain(big);
    secrets.into_iter().find(|secret| bytes.windows(secret.len()).any(|window| window == secret)).map(|secret| format!("{secret:?}"))
}

#[test]
fn no_output_tells_where_a_photo_was_taken() {
    let folder = tempfile::tempdir().unwrap();
    for (visit, shift) in [("2026-02-10", 0), ("2026-08-11", 7)] {
        let plain = folder.path().join("plain.jpg");
        write_photo(&plain, shift);
        let file = folder.path().join(format!("in/s01/{visit}/vertex.jpg"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let photo = placed(&fs::read(&plain).unwrap());
        assert!(tells_the_place(&photo).is_some());
        let exif = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&photo)).unwrap();
        let latitude = exif.get_field(exif::Tag::GPSLatitude, exif::In::PRIMARY).unwrap();
        let exif::Value::Rational(angle) = &latitude.value else { panic!("{latitude:?}") };
        assert_eq!(angle.iter().map(|r| (r.num, r.denom)).collect::<Vec<_>>(), LATITUDE);
        fs::write(file, photo).unwrap();
    }
    let out = folder.path().join("out");
    let more = ["--out", "out", "--um-per-px", "5"];
    assert_eq!(code(&anagen(&[&["analyze", "in"], &more[..]].concat(), folder.path())), 0);
    assert_eq!(code(&anagen(&[&["compare", "in/s01/2026-02-10", "in/s01/2026-08-11"], &more[..]].concat(), folder.path())), 0);
    assert_eq!(code(&anagen(&[&["timeline", "in"], &more[..]].concat(), folder.path())), 0);
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "png", "--overlay", "png"], folder.path())), 0);
    let mut pictures = 0;
    for file in
        [out, folder.path().join("png")].iter().flat_map(walkdir::WalkDir::new).map(Result::unwrap).filter(|e| e.file_type().is_file())
    {
        let bytes = fs::read(file.path()).unwrap();
        assert_eq!(tells_the_place(&bytes), None, "{}", file.path().display());
        for embedded in between(&String::from_utf8_lossy(&bytes), ";base64,", "\"") {
            let picture = decoded(embedded);
            assert!(image::load_from_memory(&picture).is_ok(), "{}", file.path().display());
            assert_eq!(tells_the_place(&picture), None, "a picture in {}", file.path().display());
            pictures += 1;
        }
    }
    assert!(pictures >= 6, "{pictures} pictures are embedded");
}

#[test]
fn micrometers_are_written_one_way_in_words_and_one_in_units() {
    let folder = three_photos();
    assert_eq!(code(&anagen(&["analyze", "in/s02", "--out", "out", "--um-per-px", "5"], folder.path())), 0);
    let photo = read(&folder.path().join("out/photos/front.json"));
    let measurements = photo["measurements"].as_array().unwrap();
    assert!(measurements.iter().any(|m| m["unit"] == "um") && measurements.iter().any(|m| m["method"].as_str().unwrap().contains(" µm")));
    for m in measurements {
        assert!(!m["method"].as_str().unwrap().contains(" um") && !m["unit"].as_str().unwrap().contains('µ'), "{m}");
    }
}

#[test]
fn folder_that_cannot_be_is_told_with_what_to_type() {
    let folder = three_photos();
    fs::write(folder.path().join("taken"), "a file").unwrap();
    for out in ["taken", "taken/below"] {
        let output = anagen(&["analyze", "in", "--out", out], Path::new(folder.path()));
        assert_eq!(code(&output), 1);
        assert!(stderr(&output).contains("taken") && stderr(&output).contains("Name another folder: --out DIR"), "{}", stderr(&output));
    }
}
