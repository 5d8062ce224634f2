//! The page of two photos compared: before and after in one frame, what became of each hair, and what has changed.

use super::change_words::{Numbers, fate, plain_days, reason, unit_fate, verdict};
use super::comparison_figure::{Aligned, figure_of};
use super::embed::Picture;
use super::page::{page, up};
use super::words::{GROUPS, figure, group, heading, unit};
use crate::compare::{Fate, UnitFateKind};
use crate::photo::CaveatCode;
use crate::results::{ChangeResult, ComparisonResult, FateResult, PhotoResult, PlaceResult};
use maud::{Markup, html};

/// The two photos of a comparison, as its page shows them.
pub enum Shown {
    /// Brought into one frame: they are of one field.
    InOneFrame(Box<Aligned>),
    /// Each by itself.
    Apart([Picture; 2]),
}

/// The page of a comparison, to lie at `place` below the results folder; `baseline` is the result whose strands the fates are of.
pub fn comparison_page(comparison: &ComparisonResult, baseline: &PhotoResult, shown: &Shown, place: &str) -> String {
    let (then, now) = (&comparison.baseline, &comparison.follow_up);
    let body = html! {
        header {
            nav { a href=(format!("{}comparisons.html", up(place))) { "← all comparisons" } }
            h1 { (then.path) " → " (now.path) }
            dl.facts {
                @for (name, of) in [("Subject", [&then.subject, &now.subject]), ("Site", [&then.site, &now.site])] {
                    @if let Some(said) = of_both(of.map(Option::as_deref)) { div { dt { (name) } dd { (said) } } }
                }
                @for (name, said) in [("Before", &then.taken_at), ("After", &now.taken_at)] {
                    @if let Some(said) = said { div { dt { (name) } dd { (said.replace('T', " ")) } } }
                }
                @if let Some(days) = comparison.days_between { div { dt { "Between" } dd { (plain_days(days)) } } }
                @if let Some(r) = &comparison.registration {
                    div { dt { "Same field" } dd { "yes: " (r.inliers) " roots found again, half of them within " (figure(r.residual_px)) " pixels; the chance of that on other skin is at most 10" sup { (r.chance_exponent().to_string().replace('-', "−")) } } }
                    @if let Some(area) = r.overlap_cm2 { div { dt { "Skin both show" } dd { (figure(area.0)) " cm²" } } }
                }
            }
        }
        main {
            @if comparison.registration.is_none() {
                p.warning {
                    "These two photos are not shown to be of the same field, so nothing is said of what became of any hair. "
                    @if comparison.caveats.iter().any(|caveat| caveat.code == CaveatCode::Mirrored) {
                        "One is a mirror image of the other: turn it back, and compare them again."
                    } @else {
                        "Are they of the same subject and site, and do they share at least half of what they show? Then take the later one again, over "
                        "the same spot and in focus."
                    }
                }
            }
            @if !comparison.caveats.is_empty() {
                section.caveats aria-labelledby="caveats" {
                    h2 id="caveats" { "Read with care" }
                    ul { @for caveat in &comparison.caveats { li { (caveat.message) } } }
                }
            }
            @if comparison.registration.is_some() { (changes(comparison)) }
            section aria-labelledby="picture" {
                h2 id="picture" { "Before and after" }
                @match shown {
                    Shown::InOneFrame(aligned) => (figure_of(comparison, baseline, aligned)),
                    Shown::Apart(pictures) => (side_by_side(comparison, pictures)),
                }
            }
            @if comparison.registration.is_some() { (growth(comparison)) (units(comparison)) (fates(comparison)) }
        }
    };
    page(&format!("{} → {}: anagen", then.path, now.path), env!("CARGO_PKG_VERSION"), &body)
}

/// What is said of both photos: once where it is the same, and else of each, a dash where it is not known; nothing where it is known of neither.
fn of_both([then, now]: [Option<&str>; 2]) -> Option<String> {
    if then == now { then.map(str::to_owned) } else { Some(format!("{} → {}", then.unwrap_or("–"), now.unwrap_or("–"))) }
}

/// Two photos that are not of one field.
fn side_by_side(comparison: &ComparisonResult, pictures: &[Picture; 2]) -> Markup {
    let names = [("before", &comparison.baseline.path), ("after", &comparison.follow_up.path)];
    html! {
        div.pair {
            @for ((name, path), picture) in names.into_iter().zip(pictures) {
                figure { img src=(picture.uri()) alt=(format!("{name}: {path}")); figcaption { (name) ": " (path) } }
            }
        }
    }
}

/// What has changed, in one sentence each, with the numbers beside it.
fn changes(comparison: &ComparisonResult) -> Markup {
    let value = |c: &ChangeResult, value: Option<f64>| value.map_or("–".into(), |v| Numbers::of(c).value(v));
    let signed = |c: &ChangeResult, by: Option<f64>| by.map_or("–".into(), |by| Numbers::of(c).signed(by));
    let interval = |c: &ChangeResult| {
        let ends = c.low.zip(c.high);
        ends.map_or("–".into(), |(low, high)| {
            format!("{} to {}", Numbers::of(c).difference(low), Numbers::of(c).signed(high).trim_start_matches('+'))
        })
    };
    html! {
        section aria-labelledby="changes" {
            h2 id="changes" { "What has changed" }
            div.scroll {
                table.measurements {
                    caption { "Over the skin both photos show, hair for hair. A change smaller than the detectable one cannot be told from none." }
                    thead { tr {
                        th scope="col" { "What" } th.number scope="col" { "Before" } th.number scope="col" { "After" } th.number.said scope="col" { "Change" }
                        th.number.said scope="col" { "95 % interval" } th.number.said scope="col" { "Detectable" } th.number scope="col" { "n" }
                    } }
                    @for name in GROUPS {
                        @let of_group: Vec<&ChangeResult> = comparison.changes.iter().filter(|c| group(&c.name) == name).collect();
                        @if !of_group.is_empty() {
                            tbody {
                                tr.group { th colspan="7" scope="rowgroup" { (name) } }
                                @for c in of_group {
                                    tr {
                                        th scope="row" {
                                            (heading(&c.name)) @if !unit(&c.unit).is_empty() { ", " (unit(&c.unit)) }
                                            p { (verdict(c)) }
                                            details aria-label=(format!("Method of {}", heading(&c.name))) { summary { "method" span.hidden { " of " (heading(&c.name)) } } code { (c.name) } " " (c.method) }
                                        }
                                        td.number { (value(c, c.baseline)) }
                                        td.number { (value(c, c.follow_up)) }
                                        td.number.said { (signed(c, c.change)) }
                                        td.number.said { (interval(c)) }
                                        td.number.said { (signed(c, c.detectable_change).trim_start_matches('+')) }
                                        td.number { (c.n) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How fast hair grew and which hair did, where that was asked for and can be told.
fn growth(comparison: &ComparisonResult) -> Markup {
    let interval = |[low, high]: [f64; 2]| format!(" ({} to {})", figure(low), figure(high));
    html! {
        @if comparison.growth.is_some() || comparison.phototrichogram.is_some() {
            section aria-labelledby="growth" {
                h2 id="growth" { "Growth" }
                ul {
                    @if let Some(g) = &comparison.growth {
                        li { "Hair grew " (figure(g.mm_per_day)) @if let Some((low, high)) = g.low.zip(g.high) { (interval([low, high])) } " mm a day, in the median of " (g.n) " hairs both of whose ends are seen in both photos." }
                    }
                    @if let Some(p) = &comparison.phototrichogram {
                        li { (figure(100.0 * p.growing_share)) (interval([100.0 * p.low, 100.0 * p.high])) " % of hairs grew: " (p.growing) " growing, " (p.resting) " resting, " (p.undetermined) " could not be told." }
                    }
                }
            }
        }
    }
}

/// What became of the follicular units.
fn units(comparison: &ComparisonResult) -> Markup {
    html! {
        section aria-labelledby="units" {
            h2 id="units" { "Follicular units" }
            ul { @for kind in UnitFateKind::ALL {
                @let n = comparison.units.iter().filter(|unit| unit.fate == kind).count();
                @if n > 0 { li { (unit_fate(kind, n)) } }
            } }
        }
    }
}

/// The columns of what has changed of a hair on the skin, by their headings; they are left out where they hold nothing.
const ON_THE_SKIN: [&str; 3] = ["thickness change, µm", "± standard error", "length change, mm"];

fn fates(comparison: &ComparisonResult) -> Markup {
    // Without a scale, or with one of one photo alone, the columns of what lies on the skin would hold nothing.
    let scaled = comparison.fates.iter().any(|hair| hair.thickness_change_um.is_some() || hair.length_change_mm.is_some());
    html! {
        section.hairs aria-labelledby="hairs" {
            h2 id="hairs" { "What became of each hair" }
            p.hint { "Each row is a hair in the picture: choose it by its number, go on with the arrow keys. The same numbers are in fates.csv." }
            div.scroll.tall {
                table.sortable {
                    caption { (comparison.fates.len()) @if comparison.fates.len() == 1 { " hair" } @else { " hairs" } "; a heading sorts by its column" }
                    thead { tr {
                        @for (name, number) in [("hair", true), ("fate", false), ("why", false), ("before", true), ("after", true), (ON_THE_SKIN[0], true),
                            (ON_THE_SKIN[1], true), (ON_THE_SKIN[2], true), ("confidence", true)].into_iter().filter(|(name, _)| scaled || !ON_THE_SKIN.contains(name)) {
                            th.number[number] scope="col" { button type="button" data-sort="" { (name) } }
                        }
                    } }
                    tbody { @for (i, hair) in comparison.fates.iter().enumerate() { (row(i, hair, scaled)) } }
                }
            }
        }
    }
}

fn row(i: usize, hair: &FateResult, scaled: bool) -> Markup {
    let cell = |value: Option<f64>, decimals: usize| value.map_or("–".into(), |v| format!("{v:+.decimals$}").replace('-', "−"));
    let id = |place: Option<PlaceResult>| place.map_or("–".into(), |p| p.id.map_or("not traced".into(), |id| id.to_string()));
    html! {
        tr data-hair=(i) {
            th.number scope="row" { button.pick type="button" aria-label=(format!("hair {i}")) { (i) } }
            td { (fate(hair.fate)) }
            td { (hair.reason.map_or("–", reason)) }
            td.number { (id(hair.baseline)) }
            td.number { (id(hair.follow_up)) }
            // A true minus sign is none to a sort, so the number stands beside it.
            @if scaled {
                td.number data-value=[hair.thickness_change_um.map(|t| t.0)] { (cell(hair.thickness_change_um.map(|t| t.0), 1)) }
                td.number { (hair.thickness_change_standard_error_um.map_or("–".into(), |t| format!("{:.1}", t.0))) }
                td.number data-value=[hair.length_change_mm.map(|l| l.0)] { (cell(hair.length_change_mm.map(|l| l.0), 2)) }
            }
            td.number { (format!("{:.2}", hair.confidence)) }
        }
    }
}

/// How many hairs have each fate, those that came to nothing left out.
pub fn counts(comparison: &ComparisonResult) -> Vec<(Fate, usize)> {
    Fate::ALL
        .map(|fate| (fate, comparison.fates.iter().filter(|hair| hair.fate == fate).count()))
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::compare::{Comparison, Homography, Mapping, Model, Registration};
    use crate::geometry::{Point, Vector};
    use crate::results::tests::result;
    use crate::units::{Micrometers, Millimeters};

    /// A photo compared with itself, and a thinned hair of it.
    pub fn comparison() -> (ComparisonResult, PhotoResult) {
        let photo = result("a.png", Some(5.0));
        let mapping = Mapping::new(Homography::similarity(1.0, 0.0, Vector::new(0.0, 0.0)), None).unwrap();
        let registration = Registration { mapping, model: Model::Similarity, inliers: 48, residual_px: 1.34, chance_log10: -21.6 };
        let compared = Comparison { registration: Some(registration), ..Comparison::default() };
        let mut comparison = ComparisonResult::new(&photo, &photo, &compared);
        let place = PlaceResult { id: Some(0), root: Point::new(10.0, 20.0), tip: Point::new(20.0, 10.0) };
        comparison.fates.push(FateResult {
            fate: Fate::Thinned,
            baseline: Some(place),
            follow_up: Some(place),
            thickness_change_um: Some(Micrometers(-3.2)),
            thickness_change_standard_error_um: Some(Micrometers(0.9)),
            length_change_mm: Some(Millimeters(-0.05)),
            phase: None,
            confidence: 0.9,
            reason: None,
        });
        (comparison, photo)
    }

    fn text((comparison, photo): &(ComparisonResult, PhotoResult)) -> String {
        let picture = || Picture { jpeg: vec![] };
        comparison_page(comparison, photo, &Shown::Apart([picture(), picture()]), "comparisons/a.html")
    }

    #[test]
    fn registration_is_said_as_it_was_measured() {
        let text = text(&comparison());
        assert!(text.contains("48 roots found again, half of them within 1.34 pixels"));
        assert!(text.contains("at most 10<sup>−21</sup>"), "no chance is said to be smaller than it is");
    }

    #[test]
    fn subject_and_site_of_either_photo_are_said() {
        let mut of = comparison();
        of.0.baseline.subject = Some("s01".into());
        of.0.follow_up.subject = Some("s02".into());
        of.0.follow_up.site = Some("vertex".into());
        let said = text(&of);
        assert!(said.contains("<dt>Subject</dt><dd>s01 → s02</dd>") && said.contains("<dt>Site</dt><dd>– → vertex</dd>"), "{said}");
        of.0.follow_up.subject = Some("s01".into());
        assert!(text(&of).contains("<dt>Subject</dt><dd>s01</dd>"));
    }

    #[test]
    fn what_has_gone_down_sorts_by_its_number() {
        let text = text(&comparison());
        assert!(text.contains("data-value=\"-3.2\">−3.2<") && text.contains("data-value=\"-0.05\">−0.05<"), "{text}");
    }

    #[test]
    fn columns_that_would_hold_nothing_are_left_out() {
        let mut of = comparison();
        assert!(text(&of).contains("length change, mm"));
        let hair = &mut of.0.fates[0];
        (hair.thickness_change_um, hair.thickness_change_standard_error_um, hair.length_change_mm) = (None, None, None);
        let text = text(&of);
        assert!(ON_THE_SKIN.iter().all(|name| !text.contains(name)));
        let table = text.split("<table class=\"sortable\"").nth(1).unwrap().split("</table>").next().unwrap();
        assert_eq!(table.matches("data-sort").count(), table.split("<tbody>").nth(1).unwrap().matches("<td").count() + 1);
    }
}
