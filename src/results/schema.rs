//! The JSON Schema of every kind of file, generated from the types that are written.
//!
//! The generated texts are committed in `src/results/schema/`, so that a change of the contract shows in review.

use super::{AgreementResult, ComparisonResult, PhotoResult, Run, SelfcheckResult, TimelineResult, json};
use crate::phantom::Truth;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The kinds of file that have a schema: their names, and what each is.
pub const SCHEMAS: [(&str, &str); 7] = [
    ("photo", "what one photo gave: photos/<relative path>.json"),
    ("run", "what a run did: run.json"),
    ("comparison", "what became of each hair between two photos: comparisons/<pair>.json"),
    ("timeline", "every session of a site and each hair through all of them: timelines/<subject>/<site>.json"),
    ("agreement", "agreement with counted truth: anagen agree --json"),
    ("selfcheck", "how well drawn shafts were measured: anagen selfcheck --json"),
    ("truth", "what is known of a drawn or counted photo: <photo>.truth.json"),
];

/// The JSON Schema (draft 2020-12) of a kind of file, as text; `None` for a name that is none of [`SCHEMAS`].
///
/// # Examples
/// ```
/// assert!(anagen::results::schema("photo").unwrap().contains("thickness_um"));
/// assert_eq!(anagen::results::schema("table"), None);
/// ```
pub fn schema(name: &str) -> Option<String> {
    let schema = match name {
        "photo" => of::<PhotoResult>(),
        "run" => of::<Run>(),
        "comparison" => of::<ComparisonResult>(),
        "timeline" => of::<TimelineResult>(),
        "agreement" => of::<AgreementResult>(),
        "selfcheck" => of::<SelfcheckResult>(),
        "truth" => of::<Truth>(),
        _ => return None,
    };
    Some(text(name, schema))
}

/// The schema of what is written, which may say more than what is read back.
fn of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

fn text(name: &str, mut schema: Schema) -> String {
    schema.insert("title".into(), Value::from(format!("anagen/{name}/1")));
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_else(|_| json(&schema));
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn committed_schemas_are_those_of_the_types() {
        for (name, _) in SCHEMAS {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/results/schema/{name}.schema.json"));
            let committed = std::fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(
                committed,
                schema(name).unwrap(),
                "{name}.schema.json is not that of its type: look at the change, then cargo run -- schema {name} > src/results/schema/{name}.schema.json"
            );
        }
    }

    #[test]
    fn everything_in_a_schema_is_described() {
        for (name, _) in SCHEMAS {
            let schema: Value = serde_json::from_str(&schema(name).unwrap()).unwrap();
            for (field, property) in schema["properties"].as_object().unwrap() {
                assert!(property["description"].is_string() || property["$ref"].is_string(), "{name}: {field}");
            }
        }
    }
}
