//! The learned detector as it ships: its weights are those of its card, and it does on drawn photos what its card says.

use crate::commands::{anagen, code, stderr};
use anagen::geometry::{Point, Vector};
use anagen::segment::learned::Model;
use image::{Rgb, RgbImage};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn card() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/stubble/README.md")).unwrap()
}

#[test]
fn the_weights_are_those_of_the_card() {
    let model = Model::shipped();
    assert!(card().contains(model.sha256()), "models/stubble/README.md does not name {}", model.sha256());
}

/// The score of a scene, as the table of the card gives it.
fn score_on_card(scene: &str) -> f64 {
    let card = card();
    let row = card.lines().find(|line| line.starts_with(&format!("| {scene} |"))).unwrap_or_else(|| panic!("{scene} is not on the card"));
    row.split('|').nth(2).and_then(|cell| cell.trim().parse().ok()).unwrap_or_else(|| panic!("no score in {row}"))
}

#[test]
fn drawn_photos_are_read_as_well_as_the_card_says() {
    for scene in ["clipped", "long"] {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(code(&anagen(&["phantom", "--out", "in", "--scene", scene, "--seed", "1"], folder.path())), 0);
        let output = anagen(&["analyze", "in", "--out", "out", "--overlay", "none"], folder.path());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let output = anagen(&["agree", "out", "in", "--json", "-"], folder.path());
        let agreement: Value = serde_json::from_slice(&output.stdout).unwrap();
        let (f1, card) = (agreement["f1"].as_f64().unwrap(), score_on_card(scene));
        assert!((f1 - card).abs() < 0.03, "{scene}: {f1} where the card says {card}");
    }
}

#[test]
fn long_hair_is_followed_under_what_crosses_it() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&anagen(&["phantom", "--out", "in", "--scene", "long", "--seed", "9807"], folder.path())), 0);
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out", "--overlay", "none"], folder.path())), 0);
    let output = anagen(&["agree", "out", "in", "--json", "-"], folder.path());
    let agreement: Value = serde_json::from_slice(&output.stdout).unwrap();
    // Of strands that are left where their lines broke under other hair, two in three are right.
    let precision = agreement["precision"].as_f64().unwrap();
    assert!(precision > 0.75, "{precision}");
}

const BARS: u32 = 24;

/// The middle, direction, half length and half width of one of the plain bars that lie every way.
fn bar(k: u32) -> (Point, Vector, f64, f64) {
    let (column, row) = (f64::from(k % 6), f64::from(k / 6));
    let middle = Point::new(150.0 + 220.0 * column, 140.0 + 240.0 * row);
    (middle, Vector::from_angle(0.26 * f64::from(k)), 70.0 + 14.0 * f64::from(k % 3), 6.0 + 1.5 * f64::from(k % 4))
}

/// The roots and tips found where plain bars were drawn that lose this share of their width from one end to the other.
fn found_of_bars(thinning: f64) -> Vec<(Point, Point)> {
    let cover = |at: Point| {
        let depth = |(middle, along, length, half): (Point, Vector, f64, f64)| {
            let d = at - middle;
            let gone = (d.dot(along) / length + 1.0) / 2.0;
            (length - d.dot(along).abs()).min(half * (1.0 - thinning * gone) - d.cross(along).abs())
        };
        let depth = (0..BARS).map(|k| depth(bar(k))).fold(f64::NEG_INFINITY, f64::max);
        1.0 / (1.0 + (-depth / 0.7).exp())
    };
    let photo = RgbImage::from_fn(1400, 1000, |x, y| {
        let (cover, grain) = (cover(Point::new(x.into(), y.into())), f64::from((x * 7919 + y * 104_729) % 7) - 3.0);
        Rgb([(214.0, 52.0), (172.0, 38.0), (148.0, 32.0)].map(|(skin, hair)| (skin + (hair - skin) * cover + grain).round() as u8))
    });
    let folder = tempfile::tempdir().unwrap();
    photo.save(folder.path().join("bars.png")).unwrap();
    let output = anagen(&["analyze", "bars.png", "--out", "out", "--um-per-px", "4", "--overlay", "none"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let result: Value = serde_json::from_slice(&fs::read(folder.path().join("out/photos/bars.json")).unwrap()).unwrap();
    let point = |strand: &Value, end: &str| Point::new(strand[end][0].as_f64().unwrap(), strand[end][1].as_f64().unwrap());
    result["strands"].as_array().unwrap().iter().map(|strand| (point(strand, "root"), point(strand, "tip"))).collect()
}

#[test]
fn hair_whose_ends_look_alike_is_found() {
    // Nothing tells root from tip.
    let found = found_of_bars(0.0).len();
    assert!((20..=BARS as usize).contains(&found), "{found} of {BARS} bars");
}

#[test]
fn hair_that_thins_has_its_root_at_the_thick_end() {
    let found = found_of_bars(0.5);
    let (right, wrong): (Vec<&(Point, Point)>, Vec<_>) = found.iter().partition(|(root, tip)| {
        let nearest = |a: &u32, b: &u32| bar(*a).0.distance(*root).total_cmp(&bar(*b).0.distance(*root));
        let (_, along, ..) = bar((0..BARS).min_by(nearest).unwrap());
        (*tip - *root).dot(along) > 0.0
    });
    assert!(right.len() >= 18 && wrong.len() <= 2, "{} from the thick end, {} from the other", right.len(), wrong.len());
}

#[test]
fn weights_that_cannot_be_used_are_an_error_and_nothing_takes_their_place() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&anagen(&["phantom", "--out", "in", "--scene", "clipped-small"], folder.path())), 0);
    fs::write(folder.path().join("poor.onnx"), b"these are no weights").unwrap();
    // A reader that looks for the end of the number in it would never come back.
    let endless = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile/endless_number.onnx");
    fs::copy(endless, folder.path().join("endless.onnx")).unwrap();
    for (file, cause) in
        [("missing.onnx", "missing.onnx"), ("poor.onnx", "not a readable ONNX network"), ("endless.onnx", "not a readable ONNX network")]
    {
        let output = anagen(&["analyze", "in", "--out", "out", "--model", file], folder.path());
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        assert!(stderr(&output).contains(cause), "{}", stderr(&output));
        assert!(!folder.path().join("out/photos").exists(), "{file} led to a result");
    }
    let output = anagen(&["analyze", "in", "--out", "out", "--detector", "ridge", "--model", "poor.onnx"], folder.path());
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("leave out --detector ridge"), "{}", stderr(&output));
}

#[test]
fn weights_of_ones_own_are_used_and_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&anagen(&["phantom", "--out", "in", "--scene", "clipped-small"], folder.path())), 0);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/stubble/weights.onnx");
    let output = anagen(&["analyze", "in", "--out", "out", "--model", shipped.to_str().unwrap(), "--json", "-"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["made_by"]["model_sha256"], Model::shipped().sha256());
}

#[test]
fn weights_that_went_astray_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    crate::commands::write_photo(&folder.path().join("a.png"), 0);
    let shipped = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/stubble/weights.onnx")).unwrap();
    // Wherever the weights in the middle of the file begin, one of them has four of these bytes, and so is no number.
    let mut bytes = shipped;
    let at = bytes.len() / 2;
    bytes[at..at + 8].fill(0xff);
    fs::write(folder.path().join("astray.onnx"), bytes).unwrap();
    let output = anagen(&["analyze", "a.png", "--out", "out", "--model", "astray.onnx"], folder.path());
    assert!(code(&output) == 1 && stderr(&output).contains("astray.onnx"), "{}", stderr(&output));
}
