//! The overview of timelines.

use super::change_words::timeline_fate;
use super::page::{address, page};
use super::timeline_page::{FATES, slope, title};
use super::words::{TOLD, heading};
use crate::results::TimelineResult;
use maud::html;

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
            p.note { "A site's name opens its page; a heading sorts by its column." }
            div.scroll { table.sortable {
                caption.hidden { "Timelines" }
                thead { tr {
                    @for (name, number) in [("subject and site", false), ("sessions", true), ("what became of the hairs", false), ("per month", false)] {
                        th.number[number] scope="col" { button type="button" data-sort="" { (name) } }
                    }
                } }
                tbody { @for (timeline, place) in timelines {
                    tr {
                        th scope="row" { a href=(address(place)) { (title(timeline)) } }
                        @let compared = timeline.sessions.iter().filter(|session| session.comparable).count();
                        td.number data-value=(compared) { (compared) " of " (timeline.sessions.len()) " compared" }
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
            p { "The same as data: " a href="timeline.csv" { "timeline.csv" } ", " a href="timeline_hairs.csv" { "timeline_hairs.csv" } "." }
        }
    };
    page("Timelines: anagen", env!("CARGO_PKG_VERSION"), &body)
}

#[cfg(test)]
mod tests {
    use super::super::timeline_page::tests::timeline;
    use super::*;

    #[test]
    fn every_heading_sorts_and_every_table_is_named() {
        let timeline = timeline();
        let text = timelines_page(&[(&timeline, "a.html".into())]);
        assert_eq!(text.matches("<button type=\"button\" data-sort").count(), 4);
        assert!(text.contains("data-value=\"3\">3 of 3 compared"));
        assert!(text.contains("href=\"timeline.csv\"") && text.contains("href=\"timeline_hairs.csv\""));
    }
}
