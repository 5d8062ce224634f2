//! The page of one photo.

use super::embed::Picture;
use super::figure::photo_figure;
use super::page::{page, up};
use super::plots::{Dot, bars, dots, rose, thickness_histogram};
use super::words::{GROUPS, figure, group, heading, interval, kind, scale, sentence, value};
use crate::measure::Measurement;
use crate::photo::CaveatCode;
use crate::results::{PhotoResult, StrandResult};
use crate::strand::{End, Tone};
use maud::{Markup, html};

/// The page of one photo, to lie at `place` below the results folder.
pub fn photo_page(result: &PhotoResult, picture: &Picture, place: &str) -> String {
    let photo = &result.photo;
    let body = html! {
        header {
            nav { a href=(format!("{}report.html", up(place))) { "← all photos" } }
            h1 { (photo.path) }
            (facts(result))
        }
        main {
            @if !result.caveats.is_empty() { (caveats(result)) }
            (headline(result))
            section aria-labelledby="picture" {
                h2 id="picture" { "What was found" }
                (photo_figure(result, picture))
            }
            (plots(result))
            (measurements(result))
            (hairs(result))
        }
    };
    page(&format!("{}: anagen", photo.path), &result.made_by.version, &body)
}

fn facts(result: &PhotoResult) -> Markup {
    let photo = &result.photo;
    let area = result.field.area_cm2.map_or(format!("{:.0} px²", result.field.area_px), |area| format!("{} cm²", figure(area.0)));
    html! {
        dl.facts {
            @for (name, said) in [("Subject", &photo.subject), ("Site", &photo.site), ("Taken", &photo.taken_at)] {
                @if let Some(said) = said { div { dt { (name) } dd { (said) } } }
            }
            div { dt { "Photo" } dd { (photo.width_px) " × " (photo.height_px) " pixels" } }
            div { dt { "Scale" } dd { (scale(result.calibration.as_ref())) } }
            div { dt { "Counted field" } dd { (area) "; a hair counts when its root lies inside" } }
        }
    }
}

fn caveats(result: &PhotoResult) -> Markup {
    html! {
        section.caveats aria-labelledby="caveats" {
            h2 id="caveats" { "Read with care" }
            ul { @for caveat in &result.caveats { li { (caveat.message) } } }
        }
    }
}

/// Why a photo shows no skin to count on, where that is so: none was looked at, so that nothing found says nothing.
pub fn unseen(result: &PhotoResult) -> Option<&str> {
    let told = result.caveats.iter().find(|caveat| caveat.code == CaveatCode::SmallField).map(|caveat| caveat.message.as_str());
    (result.field.area_px <= 0.0).then(|| told.unwrap_or("no part of the photo shows skin to count on"))
}

/// The few numbers asked for first.
fn headline(result: &PhotoResult) -> Markup {
    let wanted: &[&str] = match result.calibration {
        Some(_) => &["hair_density", "follicular_unit_density", "thickness_mean", "vellus_share"],
        None => &["hair_count", "follicular_unit_count", "hairs_per_unit_mean", "single_hair_unit_share"],
    };
    let found = wanted.iter().filter_map(|name| result.measurements.iter().find(|m| m.name == *name));
    html! {
        section.headline aria-label="The numbers asked for first" {
            @for m in found {
                div {
                    h2 { (heading(&m.name)) }
                    p.value { (value(m)) }
                    p.interval { @if let Some(why) = unseen(result) { (why) } @else if let Some(range) = interval(m) { (range) } @else { "no interval" } }
                }
            }
        }
    }
}

fn plots(result: &PhotoResult) -> Markup {
    let counted = || result.strands.iter().filter(|s| s.counted);
    let thicknesses: Vec<f64> = counted().filter_map(|s| s.thickness_um.map(|t| t.0)).collect();
    let angles: Vec<f64> = counted().filter_map(|s| s.angle_deg).collect();
    let size = |name: &str| result.measurements.iter().find(|m| m.name == name).map_or(0, |m| m.n);
    let sizes = [
        ("1", size("unit_size_1")),
        ("2", size("unit_size_2")),
        ("3", size("unit_size_3")),
        ("4", size("unit_size_4")),
        ("5+", size("unit_size_5_or_more")),
    ];
    let said: Vec<String> = sizes.iter().map(|(size, n)| format!("{n} of {size}")).collect();
    let sweep: Vec<(String, &Measurement)> = result
        .measurements
        .iter()
        .filter_map(|m| Some((m.name.strip_prefix("hair_density_at_least_")?.strip_suffix("um")?.to_owned(), m)))
        .collect();
    let last = sweep.len().saturating_sub(1).max(1) as f64;
    let sweep: Vec<Dot> = sweep
        .iter()
        .enumerate()
        .filter_map(|(i, (name, m))| Some(Dot { name, along: i as f64 / last, value: m.value?, interval: m.low.zip(m.high) }))
        .collect();
    html! {
        section aria-labelledby="plots" {
            h2 id="plots" { "In pictures" }
            div.plots {
                @if let Some(cuts) = &result.cuts {
                    figure.wide { (thickness_histogram(&thicknesses, cuts)) figcaption { "Thickness of " (thicknesses.len()) " counted hairs, with the cuts" } }
                }
                figure {
                    (bars(&format!("Units by their number of hairs: {}", said.join(", ")), "hairs in a unit", "units", &sizes))
                    figcaption { "How hairs share follicular units" }
                }
                @if !sweep.is_empty() {
                    figure {
                        (dots("Hair density at five cuts of thickness, with intervals", "hairs per cm²", "at least so many µm thick", &sweep, &[]))
                        figcaption { "Density of hair at least so many µm thick: no single cut is agreed on" }
                    }
                }
                figure { (rose(&angles)) figcaption { "Where the counted hairs run" } }
            }
        }
    }
}

fn measurements(result: &PhotoResult) -> Markup {
    html! {
        section aria-labelledby="measurements" {
            h2 id="measurements" { "Measurements" }
            div.scroll {
                table.measurements {
                    caption { "Every number with its 95 % interval and how many hairs, units or pairs it rests on." }
                    thead { tr { th scope="col" { "What" } th.number scope="col" { "Value" } th.number.said scope="col" { "95 % interval" } th.number scope="col" { "n" } } }
                    @for name in GROUPS {
                        @let of_group: Vec<&Measurement> = result.measurements.iter().filter(|m| group(&m.name) == name).collect();
                        @if !of_group.is_empty() {
                            tbody {
                                tr.group { th colspan="4" scope="rowgroup" { (name) } }
                                @for m in of_group {
                                    tr {
                                        th scope="row" {
                                            (heading(&m.name))
                                            p { @match unseen(result) { Some(why) => { "Nothing was looked at: " (why) "." } None => (sentence(m, result.cuts.as_ref())) } }
                                            details aria-label=(format!("Method of {}", heading(&m.name))) { summary { "method" span.hidden { " of " (heading(&m.name)) } } code { (m.name) } " " (m.method) }
                                        }
                                        td.number { (value(m)) }
                                        td.number.said { (interval(m).filter(|_| unseen(result).is_none()).unwrap_or("–".into())) }
                                        td.number { (m.n) }
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

fn hairs(result: &PhotoResult) -> Markup {
    // Without a scale the columns of what lies on the skin would hold nothing.
    let scaled = result.calibration.is_some();
    let skin = ["thickness, µm", "± standard error", "class", "length, mm"];
    html! {
        section.hairs aria-labelledby="hairs" {
            h2 id="hairs" { "Hairs" }
            p.hint { "Each row is a hair in the photo: choose it by its number, go on with the arrow keys. The same numbers are in strands.csv." }
            div.scroll.tall {
                table.sortable {
                    caption { (result.strands.len()) @if result.strands.len() == 1 { " hair" } @else { " hairs" } " and what was measured of each; a heading sorts by its column" }
                    thead { tr {
                        @for (name, number) in [("hair", true), ("thickness, µm", true), ("± standard error", true), ("width, px", true), ("class", false),
                            ("length, mm", true), ("direction, °", true), ("unit", true), ("root", false), ("tip", false), ("tone", false),
                            ("confidence", true), ("counted", false)].into_iter().filter(|(name, _)| scaled || !skin.contains(name)) {
                            th.number[number] scope="col" { button type="button" data-sort="" { (name) } }
                        }
                    } }
                    tbody { @for strand in &result.strands { (row(strand, scaled)) } }
                }
            }
        }
    }
}

fn row(s: &StrandResult, scaled: bool) -> Markup {
    let cell = |value: Option<f64>, decimals: usize| value.map_or("–".into(), |v| format!("{v:.decimals$}"));
    html! {
        tr data-hair=(s.id) {
            th.number scope="row" { button.pick type="button" aria-label=(format!("hair {}", s.id)) { (s.id) } }
            @if scaled {
                td.number { (cell(s.thickness_um.map(|t| t.0), 1)) }
                td.number { (cell(s.thickness_standard_error_um.map(|t| t.0), 1)) }
            }
            td.number { (cell(s.width_px.map(|w| w.0), 1)) }
            @if scaled {
                td { (kind(s)) }
                td.number { (cell(s.length_mm.map(|l| l.0), 2)) }
            }
            td.number { (cell(s.angle_deg, 0)) }
            td.number { (s.unit.map_or("–".into(), |unit| unit.to_string())) }
            td { (end(s.root_end)) }
            td { (end(s.tip_end)) }
            td { (match s.tone { Tone::Dark => "dark", Tone::Light => "light" }) }
            td.number { (cell(Some(s.confidence), 2)) }
            td { (if s.counted { "yes" } else { "no" }) }
        }
    }
}

fn end(end: End) -> &'static str {
    match end {
        End::Root | End::Tip => "seen",
        End::Border => "border",
        End::Occluded => "hidden",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::result;

    fn text(um_per_px: Option<f64>) -> String {
        photo_page(&result("s/<a>.png", um_per_px), &Picture { jpeg: vec![1, 2, 3] }, "pages/s/a.html")
    }

    #[test]
    fn page_says_what_the_result_says() {
        let text = text(Some(5.0));
        assert!(text.contains("s/&lt;a&gt;.png") && !text.contains("<a>.png"));
        assert!(text.contains("data:image/jpeg;base64,AQID"));
        assert!(text.contains("href=\"../../report.html\""));
        assert!(text.contains("40.0") && text.contains("intermediate"));
    }

    #[test]
    fn without_a_scale_no_number_is_on_the_skin() {
        let text = text(None);
        assert!(text.contains("no scale is known"));
        assert!(!text.contains("per cm²"), "no density is said");
        assert!(!text.contains("µm") && !text.contains(", mm"), "no column is of the skin");
    }

    #[test]
    fn where_nothing_was_looked_at_no_count_is_said_to_be_known() {
        let mut blank = result("a.png", None);
        blank.field.area_px = 0.0;
        for m in &mut blank.measurements {
            (m.value, m.low, m.high) = (Some(0.0), Some(0.0), Some(3.69));
        }
        let text = photo_page(&blank, &Picture { jpeg: vec![] }, "pages/a.html");
        assert!(!text.contains("0 to 4") && text.contains("no part of the photo shows skin to count on"));
        let mut overview = super::super::Overview::default();
        overview.add(&blank, "data:,", "pages/a.html");
        assert!(!format!("{overview:?}").contains("0 to 4"));
    }

    #[test]
    fn every_row_has_its_hair_and_every_hair_its_row() {
        let text = text(Some(5.0));
        assert_eq!(text.matches("data-hair=\"0\"").count(), 2);
    }
}
