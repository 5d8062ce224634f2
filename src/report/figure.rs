//! The photo with switchable layers over it, drawn as SVG in the photo's own pixels.

use super::embed::Picture;
use super::overlay::round_length;
use super::words::{kind, stated};
use crate::calibration::Calibration;
use crate::geometry::{Point, Polygon};
use crate::results::{FieldResult, Identity, PhotoResult, StrandResult, UnitResult};
use crate::units::Pixels;
use maud::{Markup, html};
use std::fmt::Write;

/// A layer's name, its key, what it is called, and whether it is shown at first.
pub type Layer = (&'static str, char, String, bool);

/// The photo with everything found in it.
pub fn photo_figure(result: &PhotoResult, picture: &Picture) -> Markup {
    let Identity { width_px, height_px, .. } = &result.photo;
    let label = format!(
        "The photo with {} strands in {} follicular units; every strand is a row of the table of hairs",
        result.strands.len(),
        result.units.len()
    );
    html! {
        div.viewer {
            (controls(&layers(result)))
            svg.stage viewBox=(format!("-0.5 -0.5 {width_px} {height_px}")) tabindex="0" role="img" aria-label=(label) {
                image.photo href=(picture.uri()) x="-0.5" y="-0.5" width=(width_px) height=(height_px) preserveAspectRatio="none" {}
                (field(&result.field, (*width_px) as f64, (*height_px) as f64))
                @for strand in &result.strands { (hair(strand)) }
                g.layer.units {
                    @for unit in result.units.iter().filter(|unit| unit.strands.len() > 1) { (ring(unit, &result.strands, (*width_px).max(*height_px) as f64)) }
                }
                g.layer.caveats {
                    @for caveat in &result.caveats {
                        @if let Some(r) = caveat.region {
                            rect x=(n(r.x)) y=(n(r.y)) width=(n(r.w)) height=(n(r.h)) { title { (caveat.message) } }
                        }
                    }
                }
                (scale_bar(result.calibration.as_ref(), *width_px as f64, *height_px as f64))
            }
            @let counted = result.strands.iter().filter(|s| s.counted).count();
            @if counted < result.strands.len() {
                p.note { (counted) " of these " (result.strands.len()) " hairs " (if counted == 1 { "is" } else { "are" }) " counted; the faint ones have their root outside the field." }
            }
            p.chosen role="status" aria-live="polite" { "Choose a hair in the photo or in the table below: the other one shows it." }
        }
    }
}

/// The switches of the layers and of the zoom.
pub fn controls(layers: &[Layer]) -> Markup {
    html! {
        div.controls role="group" aria-label="Layers, each with its key" {
            @for (name, key, what, shown) in layers {
                label class=(format!("switch {name}")) {
                    input type="checkbox" data-layer=(name) data-key=(key) checked[*shown] aria-keyshortcuts=(key);
                    span.swatch aria-hidden="true" {} (what) " " kbd { (key) }
                }
            }
            span.zoom role="group" aria-label="Zoom" {
                button type="button" data-zoom="1.5" title="closer (key +)" aria-keyshortcuts="+" { "+" }
                button type="button" data-zoom="0.667" title="further (key −)" aria-keyshortcuts="-" { "−" }
                button type="button" data-zoom="0" title="whole photo (key 0)" aria-keyshortcuts="0" { "whole" }
            }
            label.switch.keys { input type="checkbox" data-keys="" checked; "single keys work" }
        }
    }
}

fn layers(result: &PhotoResult) -> Vec<Layer> {
    let count = |name: &str| result.strands.iter().filter(|s| kind(s) == name).count();
    let mut layers: Vec<Layer> = vec![];
    if let Some(cuts) = &result.cuts {
        let (vellus, terminal) = (stated(cuts.vellus_below_um.0), stated(cuts.terminal_from_um.0));
        if count("below") > 0 {
            layers.push(("below", 'b', format!("too thin to be measured: {}", count("below")), true));
        }
        layers.push(("vellus", 'v', format!("vellus, under {vellus} µm: {}", count("vellus")), true));
        layers.push(("intermediate", 'i', format!("intermediate: {}", count("intermediate")), true));
        layers.push(("terminal", 't', format!("terminal, from {terminal} µm: {}", count("terminal")), true));
    }
    layers.push(("unmeasured", 'n', format!("no thickness: {}", count("unmeasured")), true));
    layers.push(("roots", 'r', "roots and tips".into(), true));
    layers.push(("units", 'u', "units of several hairs".into(), true));
    layers.push(("field", 'f', "field".into(), true));
    let marked = result.caveats.iter().filter(|caveat| caveat.region.is_some()).count();
    if marked > 0 {
        layers.push(("caveats", 'c', format!("caveats: {marked}"), true));
    }
    layers.push(("photo", 'p', "photo".into(), true));
    layers
}

/// One strand: its body as wide as it was measured, its centerline, its root and its tip.
fn hair(strand: &StrandResult) -> Markup {
    let way = way(&strand.centerline.points);
    let body = strand.width_px.map_or(2.0, |w| w.0);
    let kind = kind(strand);
    let seen = if strand.counted { "" } else { " uncounted" };
    let size = (0.6 * body).max(3.0);
    html! {
        g class=(format!("hair {kind}{seen}")) data-hair=(strand.id) {
            path.body d=(way) stroke-width=(n(body)) {}
            path.line d=(way) {}
            circle class=(format!("root {}", if strand.root_end == crate::strand::End::Root { "seen" } else { "guessed" }))
                cx=(n(strand.root.x)) cy=(n(strand.root.y)) r=(n(size)) {}
            @if let Some((a, b)) = across(&strand.centerline.points, 1.2 * size) {
                path.tip d=(format!("M{} {}L{} {}", n(a.x), n(a.y), n(b.x), n(b.y))) {}
            }
        }
    }
}

/// The two ends of a short bar across a strand's tip.
fn across(points: &[Point], half: f64) -> Option<(Point, Point)> {
    let [.., before, tip] = points else { return None };
    let across = (*tip - *before).unit()?.normal() * half;
    Some((*tip - across, *tip + across))
}

/// A ring around the roots of a unit.
fn ring(unit: &UnitResult, strands: &[StrandResult], size: f64) -> Markup {
    let roots = strands.iter().filter(|s| unit.strands.contains(&s.id)).map(|s| s.root);
    let reach = roots.map(|root| root.distance(unit.ostium)).fold(0.0, f64::max) + size / 110.0;
    html! {
        circle cx=(n(unit.ostium.x)) cy=(n(unit.ostium.y)) r=(n(reach)) { title { "unit " (unit.id) ": " (unit.strands.len()) " hairs" } }
    }
}

/// What is not counted, under a veil, and the outline of what is.
fn field(field: &FieldResult, width: f64, height: f64) -> Markup {
    let mut outside = format!("M-0.5 -0.5H{}V{}H-0.5Z", n(width - 0.5), n(height - 0.5));
    let mut outline = String::new();
    let holes = field.regions.iter().flat_map(|region| std::iter::once(&region.outline).chain(&region.holes));
    for ring in holes {
        let closed = closed(ring);
        outside += &closed;
        outline += &closed;
    }
    html! {
        g.layer.field {
            path.veil d=(outside) fill-rule="evenodd" {}
            path.outline d=(outline) {}
        }
    }
}

fn closed(polygon: &Polygon) -> String {
    if polygon.corners.is_empty() { String::new() } else { way(&polygon.corners) + "Z" }
}

/// A chain of points as an SVG path.
pub fn way(points: &[Point]) -> String {
    let mut way = String::new();
    for (i, p) in points.iter().enumerate() {
        // Writing into a string does not fail.
        let _ = write!(way, "{}{} {}", if i == 0 { "M" } else { "L" }, n(p.x), n(p.y));
    }
    way
}

/// The scale bar, always drawn; without a scale, words that there is none.
pub fn scale_bar(calibration: Option<&Calibration>, width: f64, height: f64) -> Markup {
    let em = width.max(height) / 70.0;
    let bar = calibration.and_then(|c| round_length(c.micrometers(Pixels(width / 4.0))).map(|(length, said)| (c.pixels(length).0, said)));
    let (long, said) = bar.unwrap_or((0.0, "no scale: pixels only".into()));
    let (right, bottom) = (width - 0.8 * em, height - 0.8 * em);
    let text = said.chars().count() as f64 * 0.62 * em;
    let left = right - long.max(text) - 0.8 * em;
    html! {
        g.scale {
            rect.back x=(n(left)) y=(n(bottom - 2.4 * em)) width=(n(right - left + 0.4 * em)) height=(n(2.8 * em)) rx=(n(0.2 * em)) {}
            text x=(n(right - 0.2 * em)) y=(n(bottom - 0.9 * em)) font-size=(n(1.2 * em)) text-anchor="end" { (said) }
            @if long > 0.0 { rect.bar x=(n(right - 0.2 * em - long)) y=(n(bottom - 0.4 * em)) width=(n(long)) height=(n(0.4 * em)) {} }
        }
    }
}

/// A coordinate to a tenth of a pixel.
pub fn n(value: f64) -> String {
    let text = format!("{:.1}", value + 0.0);
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::result;

    fn drawn(um_per_px: Option<f64>) -> String {
        photo_figure(&result("a.png", um_per_px), &Picture { jpeg: vec![] }).into_string()
    }

    #[test]
    fn strand_is_drawn_as_wide_as_it_was_measured() {
        assert!(drawn(Some(5.0)).contains("stroke-width=\"8\""));
    }

    #[test]
    fn hairs_that_are_drawn_and_not_counted_are_said() {
        let mut result = result("a.png", Some(5.0));
        let figure = |result: &PhotoResult| photo_figure(result, &Picture { jpeg: vec![] }).into_string();
        assert!(!figure(&result).contains("of these"));
        result.strands.push(StrandResult { id: 1, counted: false, ..result.strands[0].clone() });
        assert!(figure(&result).contains("1 of these 2 hairs is counted; the faint ones have their root outside the field."));
    }

    #[test]
    fn every_layer_has_a_key_of_its_own() {
        let mut keys: Vec<char> = layers(&result("a.png", Some(5.0))).iter().map(|l| l.1).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }

    #[test]
    fn scale_bar_or_its_absence_is_always_said() {
        assert!(drawn(Some(5.0)).contains("50 µm"));
        assert!(drawn(None).contains("no scale: pixels only"));
    }
}
