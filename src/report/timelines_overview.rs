//! The overview of timelines.

use super::change_words::timeline_fate;
use super::page::{address, page};
use super::timeline_page::{FATES, slope, title};
use super::words::heading;
use crate::results::TimelineResult;
use maud::html;

/// The measurements whose trend an overview says.
const TOLD: [&str; 3] = ["hair_density", "thickness_mean", "cumulative_thickness"];

/// The overview of timelines, each with the place of its page below the results folder.
pub fn timelines_page(timelines: &[(&TimelineResult, String)]) -> String {
    let fates = |timeline: &TimelineResult| {
        let count = |fate| timeline.hairs.iter().filter(|hair| hair.fate == fate).count();
        let told: Vec<String> = FATES
            .iter()
            .map(|fate| (count(*fate), *fate))
            .filter(|(n, _)| *n > 0)
            .map(|(n, fate)| format!("{n} {}", timeline_fate(fate)))
            .collect();
        if told.is_empty() { "–".to_owned() } else { told.join(", ") }
    };
    let body = html! {
        header { h1 { (timelines.len()) @if timelines.len() == 1 { " site through its sessions" } @else { " sites through their sessions" } } }
        main {
            div.scroll { table.sortable {
                caption { "A site's name opens its page; a heading sorts by its column." }
                thead { tr { @for name in ["subject and site", "sessions", "what became of the hairs", "per month"] { th scope="col" { (name) } } } }
                tbody { @for (timeline, place) in timelines {
                    tr {
                        th scope="row" { a href=(address(place)) { (title(timeline)) } }
                        td { (timeline.sessions.iter().filter(|session| session.comparable).count()) " of " (timeline.sessions.len()) " compared" }
                        td { (fates(timeline)) }
                        td { ul {
                            @for m in timeline.measurements.iter().filter(|m| TOLD.contains(&m.name.as_str())) {
                                @if let Some(trend) = &m.trend { li { (heading(&m.name)) ": " (slope(m, trend)) } }
                            }
                            @for caveat in &timeline.caveats { li { (caveat.message) } }
                        } }
                    }
                } }
            } }
            p { "The same as data: " a href="timeline.csv" { "timeline.csv" } "." }
        }
    };
    page("Timelines: anagen", env!("CARGO_PKG_VERSION"), &body)
}
