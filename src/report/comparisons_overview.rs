//! The overview of comparisons.

use super::change_words::{fate, plain_days, verdict};
use super::comparison_page::counts;
use super::page::{address, page};
use crate::results::ComparisonResult;
use maud::{Markup, html};

/// The measurements whose change an overview says.
const TOLD: [&str; 3] = ["hair_density", "thickness_mean", "cumulative_thickness"];

/// The overview of comparisons, each with the place of its page below the results folder.
pub fn comparisons_page(comparisons: &[(&ComparisonResult, String)]) -> String {
    let body = html! {
        header { h1 { (comparisons.len()) @if comparisons.len() == 1 { " comparison" } @else { " comparisons" } } }
        main {
            div.scroll { table.sortable {
                caption { "A pair's name opens its page; a heading sorts by its column." }
                thead { tr { @for name in ["before and after", "between", "what became of the hairs", "what has changed"] { th scope="col" { (name) } } } }
                tbody { @for (comparison, place) in comparisons { (pair(comparison, place)) } }
            } }
            p { "The same as data: " a href="comparisons.csv" { "comparisons.csv" } ", " a href="fates.csv" { "fates.csv" } "." }
        }
    };
    page("Comparisons: anagen", env!("CARGO_PKG_VERSION"), &body)
}

fn pair(comparison: &ComparisonResult, place: &str) -> Markup {
    let fates: Vec<String> = counts(comparison).into_iter().map(|(f, n)| format!("{n} {}", fate(f))).collect();
    html! {
        tr {
            th scope="row" { a href=(address(place)) { (comparison.baseline.path) " → " (comparison.follow_up.path) } }
            td { (comparison.days_between.map_or("–".into(), plain_days)) }
            @if comparison.registration.is_some() {
                td { (fates.join(", ")) }
                td { ul { @for c in comparison.changes.iter().filter(|c| TOLD.contains(&c.name.as_str())) { li { (super::words::heading(&c.name)) ": " (verdict(c)) } } } }
            } @else { td colspan="2" { "not shown to be the same field: " (comparison.caveats.iter().map(|c| c.message.as_str()).collect::<Vec<_>>().join("; ")) } }
        }
    }
}
