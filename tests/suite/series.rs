//! Drawn series: the folders, the truth of each photo and the truth across them.

use crate::commands::{anagen, code, files, read, stderr, write_photo};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;

#[test]
fn series_is_written_as_sessions_of_one_subject_with_a_truth_across_them() {
    let folder = tempfile::tempdir().unwrap();
    let output = anagen(&["phantom", "--out", "in", "--scene", "series-steady", "--sessions", "2", "--seed", "7"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let names: Vec<String> = files(&folder.path().join("in")).into_keys().collect();
    let expected = [
        "anagen.toml",
        "series-steady-7/2026-01-15/vertex.jpg",
        "series-steady-7/2026-01-15/vertex.truth.json",
        "series-steady-7/2026-04-15/vertex.jpg",
        "series-steady-7/2026-04-15/vertex.truth.json",
        "series-steady-7/series.truth.json",
    ];
    assert_eq!(names, expected);

    let series = read(&folder.path().join("in/series-steady-7/series.truth.json"));
    let mut seen: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (k, session) in series["sessions"].as_array().unwrap().iter().enumerate() {
        let truth = read(&folder.path().join("in").join(format!("{}.truth.json", session["photo"].as_str().unwrap())));
        assert_eq!(truth["um_per_px"], session["um_per_px"]);
        for id in truth["hairs"].as_array().unwrap().iter().filter_map(|hair| hair["id"].as_u64()) {
            assert!(series["hairs"][id as usize]["thickness_um"][k].is_number(), "hair {id} is seen in session {k} and not there");
            seen.entry(id).or_default().push(k);
        }
    }
    assert!(seen.values().filter(|sessions| sessions.len() == 2).count() > 15, "most hairs are seen twice: {seen:?}");

    // The folders tell subject, date and site, and the truth of the series is taken for no photo's.
    let output = anagen(&["analyze", "in", "--out", "out", "--overlay", "none", "-q"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let photo = &read(&folder.path().join("out/photos/series-steady-7/2026-04-15/vertex.json"))["photo"];
    assert_eq!(
        (&photo["subject"], &photo["site"], &photo["taken_at"]),
        (&"series-steady-7".into(), &"vertex".into(), &"2026-04-15".into())
    );
    let output = anagen(&["agree", "out", "in", "--json", "-"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

#[test]
fn comparisons_of_a_series_are_held_against_its_truth() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| anagen(arguments, folder.path());
    run(&["phantom", "--out", "in", "--scene", "series-steady", "--sessions", "2", "--seed", "7"]);
    let [then, now] = ["in/series-steady-7/2026-01-15", "in/series-steady-7/2026-04-15"];
    for [baseline, follow_up] in [[then, now], [now, then]] {
        let output = run(&["compare", baseline, follow_up, "--out", "out", "--overlay", "none", "--no-report", "-q"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    let output = run(&["agree", "out", "in", "--json", "agreement.json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    crate::schemas::assert_valid(folder.path());
    let all = &read(&folder.path().join("agreement.json"))["comparisons"];
    assert_eq!((&all["pairs"], &all["registered"]), (&2.into(), &2.into()));
    assert!(all["registration"]["median_px"].as_f64().unwrap() < 15.0, "{}", all["registration"]);
    assert!(all["same_hair"]["right"].as_u64().unwrap() > 20 && all["count"]["error"]["n"] == 2, "{all}");
    // What is lost one way round is new the other.
    let [one, other] = [&all["per_pair"][0], &all["per_pair"][1]];
    assert!(
        one["truly_lost"]["found"] == other["truly_new"]["found"] && one["truly_new"]["found"] == other["truly_lost"]["found"],
        "{all}"
    );
    assert_eq!(one["count"]["true_change"].as_f64(), other["count"]["true_change"].as_f64().map(|change| -change));

    let table = String::from_utf8(run(&["agree", "out", "in"]).stdout).unwrap();
    assert!(table.contains("comparisons registered      1.000  (2 of 2)"), "{table}");
    // The truth of the series alone, as that of any subject's folder, will do as well.
    let below = String::from_utf8(run(&["agree", "out", "in/series-steady-7"]).stdout).unwrap();
    assert!(below.contains("comparisons registered      1.000  (2 of 2)"), "{below}");
}

#[test]
fn comparisons_without_a_whole_truth_or_their_results_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| anagen(arguments, folder.path());
    write_photo(&folder.path().join("in/s/2026-01-15/vertex.png"), 0);
    write_photo(&folder.path().join("in/s/2026-04-15/vertex.png"), 3);
    run(&["compare", "in/s/2026-01-15", "in/s/2026-04-15", "--out", "out", "-q"]);
    for day in ["2026-01-15", "2026-04-15"] {
        let truth = r#"{"width": 160, "height": 120, "um_per_px": 5.0, "hairs": []}"#;
        fs::write(folder.path().join(format!("in/s/{day}/vertex.truth.json")), truth).unwrap();
    }
    let agree = || run(&["agree", "out", "in", "--json", "-"]);
    let comparisons = |output: &std::process::Output| serde_json::from_slice::<Value>(&output.stdout).unwrap()["comparisons"].clone();
    assert_eq!(comparisons(&agree()), Value::Null, "no series is known");

    let write_series = |days: [&str; 2], hairs: Value| {
        let pose = json!({"rotation_deg": 0.0, "zoom": 1.0, "aim_um": [0.0, 0.0], "stretch": 0.0, "stretch_deg": 0.0, "waves": []});
        let session = |day: &str| json!({"photo": format!("s/{day}/vertex"), "date": day, "width": 160, "height": 120, "um_per_px": 5.0, "pose": pose});
        let series = json!({"sessions": days.map(session), "hairs": hairs});
        fs::write(folder.path().join("in/s/series.truth.json"), series.to_string()).unwrap();
    };
    write_series(["2026-01-15", "2026-04-15"], json!([]));
    let all = comparisons(&agree());
    assert_eq!((&all["pairs"], &all["lost"]["called"], &all["registration"]["median_px"]), (&1.into(), &0.into(), &Value::Null));

    write_series(["2026-01-15", "2026-07-15"], json!([]));
    let output = agree();
    assert_eq!(comparisons(&output), Value::Null);
    assert!(stderr(&output).contains("1 comparisons have no truth"), "{}", stderr(&output));

    let short = json!([{"id": 3, "unit": 0, "course": "kept", "root_um": [0.0, 0.0], "thickness_um": [60.0], "roots": [[1.0, 1.0]]}]);
    write_series(["2026-01-15", "2026-04-15"], short);
    let output = agree();
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("series.truth.json: hair 3 has no thickness"), "{}", stderr(&output));

    write_series(["2026-01-15", "2026-04-15"], json!([]));
    let result = folder.path().join("out/photos/s/2026-04-15/vertex.json");
    let text = fs::read_to_string(&result).unwrap();
    fs::write(&result, text.replace("\"settings_sha256\": \"", "\"settings_sha256\": \"0")).unwrap();
    let output = agree();
    assert_eq!(comparisons(&output), Value::Null);
    assert!(stderr(&output).contains("run anagen compare again"), "{}", stderr(&output));

    let stored = folder.path().join("out/comparisons/s_2026-01-15_vertex--s_2026-04-15_vertex.json");
    assert!(stored.is_file());
    fs::write(&stored, "{\"schema\": \"anagen/comparison/1\"").unwrap();
    let output = agree();
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains(".json: EOF"), "{}", stderr(&output));
}
