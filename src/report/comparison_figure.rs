//! Before and after in one frame: the follow-up brought into the baseline's pixels, with a slider between them, and every hair's fate over both.

use super::change_words::{fate, fate_name};
use super::comparison_page::counts;
use super::embed::Picture;
use super::figure::{controls, n, scale_bar, way};
use crate::compare::{Fate, Mapping};
use crate::geometry::{Point, Polyline, Vector};
use crate::results::{ComparisonResult, FateResult, PhotoResult};
use image::{ImageResult, RgbImage};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Both photos in the baseline's frame.
pub struct Aligned {
    /// The baseline's pixels.
    pub before: Picture,
    /// The follow-up's, black where it shows nothing.
    pub after: Picture,
    /// The follow-up's strands in the baseline's pixels, by their numbers.
    lines: BTreeMap<usize, Polyline>,
    /// Brings a point of the follow-up to the baseline.
    mapping: Mapping,
}

impl Aligned {
    /// Both pictures as [`aligned`](super::comparison::aligned) gives them, and the follow-up's strands in the baseline's pixels.
    ///
    /// # Errors
    /// When the encoder refuses.
    pub fn of([before, after]: &[RgbImage; 2], follow_up: &PhotoResult, mapping: &Mapping) -> ImageResult<Self> {
        let line = |points: &[Point]| Polyline::new(points.iter().map(|p| mapping.back(*p)).collect());
        let lines = follow_up.strands.iter().map(|s| (s.id, line(&s.centerline.points))).collect();
        Ok(Self { before: Picture::encoded(before, QUALITY)?, after: Picture::encoded(after, QUALITY)?, lines, mapping: mapping.clone() })
    }
}

/// The quality of the JPEGs in the page.
const QUALITY: u8 = 80;

/// Both photos with the slider, the blink, and the fates.
pub fn figure_of(comparison: &ComparisonResult, baseline: &PhotoResult, aligned: &Aligned) -> Markup {
    let (width, height) = (baseline.photo.width_px as f64, baseline.photo.height_px as f64);
    let keys = [
        ('k', Fate::Kept),
        ('t', Fate::Thickened),
        ('i', Fate::Thinned),
        ('l', Fate::Lost),
        ('n', Fate::New),
        ('u', Fate::Unresolved),
        ('o', Fate::Outside),
    ];
    let found = counts(comparison);
    let count = |fate: Fate| found.iter().find(|(f, _)| *f == fate).map_or(0, |(_, n)| *n);
    // Those whose picture says nothing new are hidden at first.
    let layers: Vec<_> = keys
        .into_iter()
        .filter(|(_, f)| count(*f) > 0)
        .map(|(key, f)| (fate_name(f), key, format!("{}: {}", fate(f), count(f)), !matches!(f, Fate::Outside)))
        .collect();
    let said: Vec<String> = found.iter().map(|(f, n)| format!("{n} {}", fate(*f))).collect();
    let place = |class: &'static str, picture: &Picture| {
        html! { image class=(class) id=(format!("photo-{class}")) href=(picture.uri()) x="-0.5" y="-0.5" width=(n(width)) height=(n(height)) preserveAspectRatio="none" {} }
    };
    html! {
        div.viewer.comparing {
            (controls(&layers))
            div.controls.between {
                label { "before " input.slider type="range" min="0" max="100" value="50" aria-label="Share of the picture that shows the later photo"; " after" }
                button type="button" data-blink="" aria-pressed="false" title="key b" aria-keyshortcuts="b" { "blink " kbd { "b" } }
                button type="button" data-swap="" title="key x" aria-keyshortcuts="x" { "other photo " kbd { "x" } }
            }
            svg.stage viewBox=(format!("-0.5 -0.5 {} {}", n(width), n(height))) tabindex="0" role="img" aria-label=(format!("Before and after in one frame: {}", said.join(", "))) {
                defs {
                    clipPath id="earlier" { rect.window.earlier x="-0.5" y="-0.5" width=(n(width / 2.0)) height=(n(height)) {} }
                    clipPath id="later" { rect.window.later x=(n(width / 2.0)) y="-0.5" width=(n(width / 2.0)) height=(n(height)) {} }
                }
                (place("before", &aligned.before))
                g.after clip-path="url(#later)" { (place("after", &aligned.after)) }
                line.divide x1=(n(width / 2.0)) x2=(n(width / 2.0)) y1="-0.5" y2=(n(height)) {}
                g id="fates" { @for (i, hair) in comparison.fates.iter().enumerate() { (marked(i, hair, baseline, aligned, width.max(height))) } }
                g id="scale" { (scale_bar(baseline.calibration.as_ref(), width, height)) }
            }
            (on_paper(width, height))
            p.sides { "Left of the dashed line before, right of it after." }
            p.chosen role="status" aria-live="polite" { "Choose a hair in the picture or in the table below: the other one shows it." }
        }
    }
}

/// Both photos whole, one below the other, for paper, where no slider moves: the same pictures and fates, not carried twice.
fn on_paper(width: f64, height: f64) -> Markup {
    html! {
        div.paper {
            @for when in ["before", "after"] {
                figure {
                    svg class=(format!("whole {when}")) viewBox=(format!("-0.5 -0.5 {} {}", n(width), n(height))) role="img" aria-label=(format!("The photo {when}, whole")) {
                        use href=(format!("#photo-{when}")) {}
                        use href="#fates" {}
                        use href="#scale" {}
                    }
                    figcaption { (when) }
                }
            }
        }
    }
}

/// One hair in the color and with the sign of its fate, in the baseline's pixels: as it lies in either photo where both show it.
fn marked(i: usize, hair: &FateResult, baseline: &PhotoResult, aligned: &Aligned, size: f64) -> Markup {
    let straight = |root: Point, tip: Point| Polyline::new(vec![root, tip]);
    let before = hair.baseline.map(|place| {
        let traced = place.id.and_then(|id| baseline.strands.iter().find(|s| s.id == id));
        traced.map_or(straight(place.root, place.tip), |s| s.centerline.clone())
    });
    let after = hair.follow_up.map(|place| {
        let traced = place.id.and_then(|id| aligned.lines.get(&id).cloned());
        traced.unwrap_or_else(|| straight(aligned.mapping.back(place.root), aligned.mapping.back(place.tip)))
    });
    let lines: Vec<(&str, Option<&str>, &Polyline)> = match (&before, &after) {
        (Some(before), Some(after)) => vec![("was", Some("url(#earlier)"), before), ("is", Some("url(#later)"), after)],
        (only, None) | (None, only) => only.iter().map(|line| ("", None, line)).collect(),
    };
    let Some(root) = lines.first().and_then(|(_, _, line)| line.points.first()).copied() else { return html! {} };
    let em = size / 90.0;
    // A sign besides the color, for who does not see the color and for paper.
    let sign = match hair.fate {
        Fate::Lost => "×",
        Fate::New => "+",
        Fate::Thickened => "▲",
        Fate::Thinned => "▼",
        Fate::Unresolved => "?",
        Fate::Kept | Fate::Outside => "",
    };
    let at = root + Vector::new(0.0, 0.35 * em);
    html! {
        g class=(format!("hair fate {}", fate_name(hair.fate))) data-hair=(i) {
            @for (when, side, line) in lines {
                g class=(when) clip-path=[side] {
                    path.body d=(way(&line.points)) stroke-width=(n(size / 160.0)) {}
                    path.line d=(way(&line.points)) {}
                }
            }
            circle.root cx=(n(root.x)) cy=(n(root.y)) r=(n(if sign.is_empty() { em / 3.0 } else { 0.75 * em })) {}
            @if !sign.is_empty() { text.sign x=(n(at.x)) y=(n(at.y)) font-size=(n(em)) text-anchor="middle" { (sign) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::comparison_page::tests::comparison;
    use super::*;

    #[test]
    fn paper_shows_both_photos_whole_and_carries_neither_twice() {
        let (comparison, photo) = comparison();
        let mapping = comparison.registration.as_ref().unwrap().mapping().unwrap();
        let pictures = [RgbImage::new(40, 30), RgbImage::new(40, 30)];
        let svg = figure_of(&comparison, &photo, &Aligned::of(&pictures, &photo, &mapping).unwrap()).into_string();
        let paper = svg.split("class=\"paper\"").nth(1).unwrap();
        for id in ["photo-before", "photo-after", "fates", "scale"] {
            assert!(svg.contains(&format!("id=\"{id}\"")) && paper.contains(&format!("href=\"#{id}\"")), "{id}");
        }
        assert_eq!((svg.matches("data:image").count(), paper.matches("<svg").count(), paper.matches("clip-path").count()), (2, 2, 0));
    }
}
