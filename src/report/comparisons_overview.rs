//! The overview of comparisons.

use super::change_words::{fate, plain_days, verdict};
use super::comparison_page::counts;
use super::page::{address, page};
use super::words::{TOLD, heading};
use crate::results::ComparisonResult;
use maud::{Markup, html};

/// The overview of comparisons, each with the place of its page below the results folder.
pub fn comparisons_page(comparisons: &[(&ComparisonResult, String)]) -> String {
    let body = html! {
        header { h1 { (comparisons.len()) @if comparisons.len() == 1 { " comparison" } @else { " comparisons" } } }
        main {
            p.note { "A pair's name opens its page; a heading sorts by its column." }
            div.scroll { table.sortable {
                caption.hidden { "Comparisons" }
                thead { tr {
                    @for (name, number) in [("before and after", false), ("between", true), ("what became of the hairs", false), ("what has changed", false)] {
                        th.number[number] scope="col" { button type="button" data-sort="" { (name) } }
                    }
                } }
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
            td.number data-value=[comparison.days_between] { (comparison.days_between.map_or("–".into(), plain_days)) }
            @if comparison.registration.is_some() {
                td { (fates.join(", ")) }
                td { ul { @for c in comparison.changes.iter().filter(|c| TOLD.contains(&c.name.as_str())) { li { (heading(&c.name)) ": " (verdict(c)) } } } }
            } @else {
                td { "not shown to be the same field: " (comparison.caveats.iter().map(|c| c.message.as_str()).collect::<Vec<_>>().join("; ")) }
                td { "–" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::comparison_page::tests::comparison;
    use super::*;

    #[test]
    fn every_heading_sorts_a_cell_of_every_row() {
        let (comparison, _) = comparison();
        let apart = ComparisonResult { registration: None, days_between: Some(-9), ..comparison.clone() };
        let text = comparisons_page(&[(&comparison, "a.html".into()), (&apart, "b.html".into())]);
        assert_eq!(text.matches("<button type=\"button\" data-sort").count(), 4);
        for row in text.split("<tbody>").nth(1).unwrap().split("</tr>").take(2) {
            assert_eq!((row.matches("<td").count(), row.matches("colspan").count()), (3, 0), "{row}");
        }
        assert!(text.contains("data-value=\"-9\""));
    }
}
