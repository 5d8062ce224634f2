//! Every JSON file that a command writes is what its schema says.

use crate::commands::{anagen, code, stderr};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

static VALIDATORS: LazyLock<Vec<(String, jsonschema::Validator)>> = LazyLock::new(|| {
    let schemas = anagen::results::SCHEMAS.iter().map(|(name, _)| {
        let schema: Value = serde_json::from_str(&anagen::results::schema(name).unwrap()).unwrap();
        ((*name).to_owned(), jsonschema::validator_for(&schema).unwrap())
    });
    schemas.collect()
});

/// What is wrong with a value by the schema of this name.
fn faults(name: &str, value: &Value) -> Vec<String> {
    let (_, validator) = VALIDATORS.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no schema is called {name}"));
    validator.iter_errors(value).take(3).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

/// Holds every JSON file below a folder against its schema, told by its `schema` member or its name.
pub fn assert_valid(folder: &Path) {
    for entry in walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok) {
        let path = entry.path();
        if !entry.file_type().is_file() || path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let Ok(value) = serde_json::from_slice::<Value>(&fs::read(path).unwrap()) else { continue };
        let name = match value["schema"].as_str().and_then(|schema| schema.strip_prefix("anagen/")?.strip_suffix("/1")) {
            Some(name) => name.to_owned(),
            None if path.to_string_lossy().ends_with(".truth.json") && !path.ends_with("series.truth.json") => "truth".into(),
            None => continue,
        };
        assert_eq!(faults(&name, &value), Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn schema_command_prints_what_is_committed() {
    let list = anagen(&["schema"], Path::new("."));
    let list = String::from_utf8(list.stdout).unwrap();
    for line in list.lines() {
        let name = line.split_whitespace().next().unwrap();
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/results/schema/{name}.schema.json"));
        assert_eq!(anagen(&["schema", name], Path::new(".")).stdout, fs::read(committed).unwrap(), "{name}");
    }
    let wrong = anagen(&["schema", "table"], Path::new("."));
    assert_eq!(code(&wrong), 1);
    assert!(stderr(&wrong).contains("anagen schema names the kinds"));
}

#[test]
fn what_is_no_result_is_refused() {
    assert!(!faults("photo", &serde_json::json!({"schema": "anagen/photo/1"})).is_empty());
    assert!(!faults("run", &serde_json::json!({"schema": "anagen/run/2"})).is_empty());
}

#[test]
fn agreement_is_what_its_schema_says() {
    let folder = tempfile::tempdir().unwrap();
    anagen(&["phantom", "--out", "in", "--scene", "clipped-small"], folder.path());
    anagen(&["analyze", "in", "--out", "out"], folder.path());
    let output = anagen(&["agree", "out", "in", "--json", "-"], folder.path());
    assert_eq!(faults("agreement", &serde_json::from_slice(&output.stdout).unwrap()), Vec::<String>::new());
}

#[test]
fn selfcheck_is_what_its_schema_says() {
    let few = ["selfcheck", "--um-per-px", "8", "--point-spread", "1", "--noise", "0.01", "--shafts", "1", "--json", "-"];
    let output = anagen(&few, Path::new("."));
    assert_eq!(faults("selfcheck", &serde_json::from_slice(&output.stdout).unwrap()), Vec::<String>::new());
}
