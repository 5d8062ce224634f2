//! The overview of many photos: one row each, and what failed and why.

use super::page::{address, page};
use super::photo::unseen;
use super::words::{interval, stated, value};
use crate::results::{PhotoResult, Run, Status};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The rows of an overview, gathered photo by photo so that no more than one result is in memory.
#[derive(Debug, Default)]
pub struct Overview {
    rows: Vec<Markup>,
    subjects: BTreeSet<String>,
    days: BTreeSet<String>,
    hairs: usize,
    uncalibrated: usize,
}

/// The columns that are measured: name in the catalogue and heading.
const MEASURED: [(&str, &str); 6] = [
    ("hair_count", "hairs"),
    ("hair_density", "hairs per cm²"),
    ("follicular_unit_density", "units per cm²"),
    ("hairs_per_unit_mean", "hairs per unit"),
    ("thickness_mean", "thickness, µm"),
    ("vellus_share", "vellus share"),
];

impl Overview {
    /// Adds a photo's row: its result, the address of its thumbnail, and where its page lies below the results folder.
    pub fn add(&mut self, result: &PhotoResult, thumbnail: &str, place: &str) {
        let photo = &result.photo;
        self.subjects.extend(photo.subject.clone());
        self.days.extend(photo.taken_at.as_ref().map(|at| at.chars().take(10).collect()));
        self.hairs += result.strands.iter().filter(|s| s.counted).count();
        self.uncalibrated += usize::from(result.calibration.is_none());
        let link = address(place);
        self.rows.push(html! {
            tr {
                td.thumbnail { a href=(link) tabindex="-1" aria-hidden="true" { img src=(thumbnail) alt="" loading="lazy"; } }
                th scope="row" {
                    a href=(link) { (photo.path) }
                    @if !result.caveats.is_empty() { ul.notes { @for c in &result.caveats { li { (c.message) } } } }
                }
                td.more { (photo.subject.as_deref().unwrap_or("–")) }
                td.more { (photo.site.as_deref().unwrap_or("–")) }
                td.more { (photo.taken_at.as_deref().map_or("–".into(), |at| at.replace('T', " "))) }
                @for (name, _) in MEASURED {
                    @let m = result.measurements.iter().find(|m| m.name == name);
                    td.number data-value=[m.and_then(|m| m.value)] {
                        @if let Some(m) = m {
                            (value(m).split(' ').next().unwrap_or_default()) @if value(m).ends_with('%') { " %" }
                            @if let Some(range) = interval(m).filter(|_| unseen(result).is_none()) { br; small { (range) } }
                        } @else { "–" }
                    }
                }
            }
        });
    }
}

/// The overview page of a run.
pub fn batch_page(run: &Run, overview: &Overview) -> String {
    let failed: Vec<_> = run.photos.iter().filter(|photo| photo.status == Status::Failed).collect();
    let left = run.photos.iter().filter(|photo| photo.status == Status::NotReached).count();
    let photos = overview.rows.len();
    let body = html! {
        header {
            h1 { (count(photos, "photo", "photos")) }
            dl.facts {
                div { dt { "Counted" } dd { (count(overview.hairs, "hair", "hairs")) } }
                @if !overview.subjects.is_empty() { div { dt { "Subjects" } dd { (overview.subjects.len()) } } }
                @if let (Some(first), Some(last)) = (overview.days.first(), overview.days.last()) {
                    div { dt { "Taken" } dd { (first) @if first != last { " to " (last) } } }
                }
                div { dt { "Thickness cuts" } dd { "vellus under " (stated(run.cuts.vellus_below_um.0)) " µm, terminal from " (stated(run.cuts.terminal_from_um.0)) " µm" } }
            }
        }
        main {
            @if !failed.is_empty() {
                section.caveats aria-labelledby="failed" {
                    h2 id="failed" { (count(failed.len(), "photo failed", "photos failed")) }
                    table {
                        caption { "Named here and on the terminal; the others are done." }
                        thead { tr { th scope="col" { "photo" } th scope="col" { "why" } } }
                        tbody { @for photo in failed { tr { th scope="row" { (photo.path) } td { (photo.reason.as_deref().unwrap_or("unknown")) } } } }
                    }
                }
            }
            @if left > 0 { p.warning { "The run was stopped: " (count(left, "photo is", "photos are")) " still to come. The same command goes on from here." } }
            @if overview.uncalibrated > 0 {
                p.warning {
                    (count(overview.uncalibrated, "photo has", "photos have")) " no scale, so nothing in micrometers and no density: say how large a pixel is with "
                    code { "--um-per-px" } " or " code { "--scale-bar-mm" } ", or in an " code { "anagen.toml" } " beside the photos."
                }
            }
            section aria-labelledby="photos" {
                h2 id="photos" { "Photos" }
                @if photos > 0 {
                    label.filter { "Show only " input type="search" data-filter="" placeholder="part of a name, subject, site or date"; }
                    p.note { "A photo's name opens its page, a heading sorts by its column. Below each number stands its 95 % interval, below a photo's name what to read with care." }
                    div.scroll { table.sortable.overview {
                        caption.hidden { "Photos" }
                        thead { tr {
                            th scope="col" { span.hidden { "thumbnail" } }
                            @for (name, more) in [("photo", false), ("subject", true), ("site", true), ("taken", true)] { th.more[more] scope="col" { button type="button" data-sort="" { (name) } } }
                            @for (_, name) in MEASURED { th.number scope="col" { button type="button" data-sort="" { (name) } } }
                        } }
                        tbody { @for row in &overview.rows { (row) } }
                    } }
                } @else { p { "No photo gave a result." } }
            }
            section aria-labelledby="files" {
                h2 id="files" { "The same as data" }
                p {
                    "Tables: " a href="photos.csv" { "photos.csv" } ", " a href="strands.csv" { "strands.csv" } ", " a href="units.csv" { "units.csv" }
                    ". Everything found in a photo: " code { "photos/" } ". How this was run: " a href="run.json" { "run.json" } "."
                }
            }
        }
    };
    page(&format!("{}: anagen", count(photos, "photo", "photos")), &run.version, &body)
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Cuts;
    use crate::results::tests::result;
    use crate::results::{PhotoRun, RunCommand, RunSchema, Times};

    fn run(photos: Vec<PhotoRun>) -> Run {
        Run {
            schema: RunSchema::V1,
            command: RunCommand::Analyze,
            version: "0".into(),
            model_sha256: None,
            settings: serde_json::Value::Null,
            cuts: Cuts::default(),
            inputs: vec![],
            found: photos.len(),
            done: 0,
            reused: 0,
            failed: 0,
            interrupted: false,
            photos,
            pairs: vec![],
            times: Times::default(),
        }
    }

    #[test]
    fn empty_batch_says_so() {
        assert!(batch_page(&run(vec![]), &Overview::default()).contains("No photo gave a result"));
    }

    #[test]
    fn every_photo_has_a_row_and_every_failure_its_reason() {
        let mut overview = Overview::default();
        for (path, scale) in [("a b.png", Some(5.0)), ("c.png", None)] {
            overview.add(&result(path, scale), "data:,", &format!("pages/{path}.html"));
        }
        let failure = PhotoRun {
            path: "x.png".into(),
            status: Status::Failed,
            reason: Some("empty file".into()),
            result: None,
            cuts: None,
            session: None,
        };
        let text = batch_page(&run(vec![failure]), &overview);
        assert!(text.contains("pages/a%20b.png.html") && text.contains("2 photos") && text.contains("1 photo failed"));
        assert!(text.contains("empty file") && text.contains("1 photo has no scale"));
    }
}
