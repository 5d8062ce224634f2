//! The learned detector as it ships: its weights are those of its card, and it does on drawn photos what its card says.

use crate::commands::{anagen, code, stderr};
use anagen::segment::learned::Model;
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
