//! Drawn series: the folders, the truth of each photo and the truth across them.

use crate::commands::{anagen, code, files, read, stderr};
use std::collections::BTreeMap;

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
