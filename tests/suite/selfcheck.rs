//! `anagen selfcheck`: tables for a person, JSON for a program.

use assert_cmd::Command;

fn selfcheck(arguments: &[&str]) -> std::process::Output {
    let small = ["selfcheck", "--um-per-px", "8", "--point-spread", "1", "--noise", "0.01", "--shafts", "2"];
    Command::cargo_bin("anagen").unwrap().args(small).args(arguments).output().unwrap()
}

#[test]
fn every_cell_is_told_as_json() {
    let output = selfcheck(&["--json", "-"]);
    assert!(output.status.success());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "anagen/selfcheck/1");
    let cells = report["cells"].as_array().unwrap();
    // Dark and light, three reflexes and three opacities, eight widths.
    assert_eq!(cells.len(), 96);
    for cell in cells.iter().filter(|cell| cell["width_px"].as_f64().unwrap() > 5.0 && cell["opacity"] == 1.0) {
        assert!(cell["mean_absolute_error_px"].as_f64().unwrap() < 0.2, "{cell}");
    }
}

#[test]
fn a_person_gets_a_table_for_each_tone_reflex_and_opacity() {
    let output = selfcheck(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().filter(|line| line.contains(" hair, opaque, reflex ")).count(), 6, "{text}");
    assert_eq!(text.lines().filter(|line| line.contains(" hair, translucent, ")).count(), 6, "{text}");
    assert!(text.contains("blur 1.00 px") && text.contains("110.0"), "{text}");
}

#[test]
fn a_scale_that_makes_no_sense_is_refused() {
    let output = Command::cargo_bin("anagen").unwrap().args(["selfcheck", "--um-per-px", "0.01"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("0.1 µm per pixel"));
}
