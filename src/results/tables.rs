//! The same numbers as tables (RFC 4180): one row per photo, strand and follicular unit. Columns keep their names and their order.

use super::folder::{Folder, write_whole};
use super::photo::PhotoResult;
use serde::Serialize;
use std::io;

/// The measurements of `photos.csv`, in order: name and unit in the catalogue, and the column's name, which says the unit.
const MEASUREMENTS: [(&str, &str, &str); 26] = [
    ("hair_count", "1", "hair_count"),
    ("hair_density", "/cm2", "hair_density_per_cm2"),
    ("follicular_unit_count", "1", "follicular_unit_count"),
    ("follicular_unit_density", "/cm2", "follicular_unit_density_per_cm2"),
    ("hairs_per_unit_mean", "1", "hairs_per_unit_mean"),
    ("single_hair_unit_share", "1", "single_hair_unit_share"),
    ("unit_size_1", "1", "unit_size_1"),
    ("unit_size_2", "1", "unit_size_2"),
    ("unit_size_3", "1", "unit_size_3"),
    ("unit_size_4", "1", "unit_size_4"),
    ("unit_size_5_or_more", "1", "unit_size_5_or_more"),
    ("thickness_mean", "um", "thickness_mean_um"),
    ("thickness_median", "um", "thickness_median_um"),
    ("thickness_sd", "um", "thickness_sd_um"),
    ("thickness_cv", "1", "thickness_cv"),
    ("vellus_share", "1", "vellus_share"),
    ("terminal_to_vellus_ratio", "1", "terminal_to_vellus_ratio"),
    ("hair_density_at_least_20um", "/cm2", "hair_density_at_least_20um_per_cm2"),
    ("hair_density_at_least_30um", "/cm2", "hair_density_at_least_30um_per_cm2"),
    ("hair_density_at_least_40um", "/cm2", "hair_density_at_least_40um_per_cm2"),
    ("hair_density_at_least_50um", "/cm2", "hair_density_at_least_50um_per_cm2"),
    ("hair_density_at_least_60um", "/cm2", "hair_density_at_least_60um_per_cm2"),
    ("cumulative_thickness", "mm/cm2", "cumulative_thickness_mm_per_cm2"),
    ("hair_coverage", "1", "hair_coverage"),
    ("interunit_distance_median", "mm", "interunit_distance_median_mm"),
    ("direction_coherence", "1", "direction_coherence"),
];

/// Writes `photos.csv`, `strands.csv` and `units.csv` from the stored results under these stems, so that it does not matter which run made them.
///
/// # Errors
/// When a stored result cannot be read or the disk refuses.
pub fn write_tables(folder: &Folder, stems: &[String]) -> io::Result<()> {
    let (mut photos, mut strands, mut units) = (Table::new(photo_columns())?, Table::new(STRAND_COLUMNS)?, Table::new(UNIT_COLUMNS)?);
    for stem in stems {
        let result = folder.read(stem)?;
        photos.row(photo_row(&result))?;
        for row in strand_rows(&result) {
            strands.row(row)?;
        }
        for row in unit_rows(&result) {
            units.row(row)?;
        }
    }
    for (name, table) in [("photos.csv", photos), ("strands.csv", strands), ("units.csv", units)] {
        write_whole(&folder.place(name), &table.bytes()?)?;
    }
    Ok(())
}

const PHOTO_COLUMNS: [&str; 17] = [
    "path",
    "sha256",
    "subject",
    "site",
    "taken_at",
    "width_px",
    "height_px",
    "um_per_px",
    "um_per_px_standard_uncertainty",
    "scale_source",
    "field_area_px",
    "field_area_cm2",
    "vellus_below_um",
    "terminal_from_um",
    "strands",
    "strands_counted",
    "caveats",
];

const STRAND_COLUMNS: [&str; 23] = [
    "path",
    "id",
    "root_x_px",
    "root_y_px",
    "tip_x_px",
    "tip_y_px",
    "root_end",
    "tip_end",
    "width_px",
    "thickness_um",
    "thickness_standard_error_um",
    "samples",
    "length_mm",
    "angle_deg",
    "class",
    "tone",
    "unit",
    "confidence",
    "counted",
    "taper_um_per_mm",
    "thickness_estimate_um",
    "thickness_estimate_standard_error_um",
    "thickness_below_um",
];

const UNIT_COLUMNS: [&str; 5] = ["path", "id", "ostium_x_px", "ostium_y_px", "strands"];

fn photo_columns() -> Vec<String> {
    let measured = MEASUREMENTS.iter().flat_map(|(_, _, column)| [column.to_string(), format!("{column}_low"), format!("{column}_high")]);
    PHOTO_COLUMNS.iter().map(ToString::to_string).chain(measured).collect()
}

fn photo_row(result: &PhotoResult) -> Vec<String> {
    let (photo, scale) = (&result.photo, result.calibration.as_ref());
    let mut row = vec![
        text(&photo.path),
        photo.sha256.clone(),
        photo.subject.as_deref().map(text).unwrap_or_default(),
        photo.site.as_deref().map(text).unwrap_or_default(),
        cell(&photo.taken_at),
        cell(&photo.width_px),
        cell(&photo.height_px),
        cell(&scale.map(|c| c.um_per_px)),
        cell(&scale.map(|c| c.standard_uncertainty)),
        cell(&scale.map(|c| c.source)),
        cell(&result.field.area_px),
        cell(&result.field.area_cm2),
        cell(&result.cuts.map(|cuts| cuts.vellus_below_um)),
        cell(&result.cuts.map(|cuts| cuts.terminal_from_um)),
        cell(&result.strands.len()),
        cell(&result.strands.iter().filter(|strand| strand.counted).count()),
        result.caveats.iter().map(|caveat| cell(&caveat.code)).collect::<Vec<_>>().join(" "),
    ];
    for (name, unit, _) in MEASUREMENTS {
        let measured = result.measurements.iter().find(|m| m.name == name && m.unit == unit);
        row.extend(
            [measured.and_then(|m| m.value), measured.and_then(|m| m.low), measured.and_then(|m| m.high)].map(|number| cell(&number)),
        );
    }
    row
}

fn strand_rows(result: &PhotoResult) -> impl Iterator<Item = Vec<String>> + '_ {
    result.strands.iter().map(|strand| {
        vec![
            text(&result.photo.path),
            cell(&strand.id),
            cell(&strand.root.x),
            cell(&strand.root.y),
            cell(&strand.tip.x),
            cell(&strand.tip.y),
            cell(&strand.root_end),
            cell(&strand.tip_end),
            cell(&strand.width_px),
            cell(&strand.thickness_um),
            cell(&strand.thickness_standard_error_um),
            cell(&strand.samples),
            cell(&strand.length_mm),
            cell(&strand.angle_deg),
            cell(&strand.class),
            cell(&strand.tone),
            cell(&strand.unit),
            cell(&strand.confidence),
            cell(&strand.counted),
            cell(&strand.taper_um_per_mm),
            cell(&strand.thickness_estimate_um),
            cell(&strand.thickness_estimate_standard_error_um),
            cell(&strand.thickness_below_um),
        ]
    })
}

fn unit_rows(result: &PhotoResult) -> impl Iterator<Item = Vec<String>> + '_ {
    result.units.iter().map(|unit| {
        let strands = unit.strands.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        vec![text(&result.photo.path), cell(&unit.id), cell(&unit.ostium.x), cell(&unit.ostium.y), strands]
    })
}

/// A name from outside. What a spreadsheet would take for a formula has an apostrophe in front, which it takes for a mark of text.
pub(super) fn text(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}") } else { name.to_owned() }
}

/// A value as the JSON has it, without quotes; nothing for what is not known.
pub(super) fn cell(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(serde_json::Value::Null) | Err(_) => String::new(),
        Ok(other) => other.to_string(),
    }
}

/// A table being written in memory.
pub(super) struct Table(csv::Writer<Vec<u8>>);

impl Table {
    pub(super) fn new(columns: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<Self> {
        let mut table = Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new()));
        table.row(columns)?;
        Ok(table)
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
        self.0.write_record(cells).map_err(io::Error::from)
    }

    pub(super) fn bytes(self) -> io::Result<Vec<u8>> {
        self.0.into_inner().map_err(|error| error.into_error())
    }
}

#[cfg(test)]
mod tests {
    use super::super::photo::tests::result;
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;

    fn tables(results: &[PhotoResult]) -> (tempfile::TempDir, Vec<Vec<BTreeMap<String, String>>>) {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::create(place.path()).unwrap();
        let stems: Vec<String> = results.iter().map(|r| r.photo.path.clone()).collect();
        for result in results {
            folder.write_photo(&result.photo.path, result, &Default::default()).unwrap();
        }
        write_tables(&folder, &stems).unwrap();
        let read = |name| {
            let mut reader = csv::Reader::from_path(folder.place(name)).unwrap();
            reader.deserialize().map(Result::unwrap).collect()
        };
        let read = ["photos.csv", "strands.csv", "units.csv"].map(read).to_vec();
        (place, read)
    }

    #[test]
    fn no_photos_give_headers_alone() {
        let (place, read) = tables(&[]);
        assert!(read.iter().all(Vec::is_empty));
        assert!(fs::read_to_string(place.path().join("units.csv")).unwrap().starts_with("path,id,ostium_x_px,"));
    }

    #[test]
    fn rows_say_what_the_json_says() {
        let (_place, read) = tables(&[result("a \"b\", c", Some(5.0))]);
        assert_eq!(read[0][0]["path"], "a \"b\", c");
        assert_eq!(read[0][0]["hair_density_per_cm2"], "0.333333");
        assert_eq!(read[0][0]["hair_density_per_cm2_low"], "");
        assert_eq!(read[1][0]["thickness_um"], "40.0");
        assert_eq!(read[1][0]["class"], "intermediate");
        assert_eq!(read[2][0]["strands"], "0");
    }

    #[test]
    fn without_a_scale_every_column_on_the_skin_is_empty() {
        let (_place, read) = tables(&[result("a", None)]);
        for (column, value) in read.iter().flatten().flatten() {
            let on_skin = ["um", "mm", "cm2"].iter().any(|unit| column.split('_').any(|word| word == *unit));
            assert!(!on_skin || value.is_empty(), "{column} {value}");
        }
    }

    #[test]
    fn names_are_no_formulas() {
        let (_place, read) = tables(&[result("=cmd|' /C calc'!A0.png", Some(5.0))]);
        for table in &read {
            assert_eq!(table[0]["path"], "'=cmd|' /C calc'!A0.png");
        }
        assert_eq!((text("-1.jpg"), text("s01/-1.jpg")), ("'-1.jpg".into(), "s01/-1.jpg".into()));
    }

    #[test]
    fn columns_have_names_of_their_own() {
        let mut columns = photo_columns();
        columns.sort();
        columns.dedup();
        assert_eq!(columns.len(), PHOTO_COLUMNS.len() + 3 * MEASUREMENTS.len());
    }
}
