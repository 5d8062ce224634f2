//! Two photos of the same skin side by side, the follow-up turned and stretched onto the baseline, with the fate of each hair.

use super::overlay::draw_scale_bar;
use super::paint::{BLACK, BLUISH_GREEN, Canvas, GRAY, Ink, ORANGE, SKY_BLUE, VERMILION, WHITE, edge};
use crate::compare::{Comparison, Fate, HairFate, Mapping, Place, Visit};
use crate::geometry::{Point, Polyline, Rect, Vector};
use crate::photo::Photo;
use crate::strand::Strand;
use image::{Rgb, RgbImage};
use rayon::prelude::*;

/// Each photo is drawn at most this many pixels wide.
const MOST_PIXELS: f64 = 1600.0;

/// The fates of the legend, in order, with their colors and names. Their signs are told apart in gray too.
const LEGEND: [(Fate, [u8; 3], &str); 6] = [
    (Fate::Kept, WHITE, "KEPT"),
    (Fate::Thickened, SKY_BLUE, "THICKER"),
    (Fate::Thinned, ORANGE, "THINNER"),
    (Fate::Lost, VERMILION, "LOST"),
    (Fate::New, BLUISH_GREEN, "NEW"),
    (Fate::Unresolved, GRAY, "UNRESOLVED"),
];

/// Both photos at the baseline's pose and at one scale, the follow-up black where it shows nothing: looked at in turn, what has changed blinks.
///
/// # Accuracy
/// As exact as the registration; a photo wider than 1600 pixels is drawn smaller.
pub fn aligned(baseline: &Photo, follow_up: &Photo, mapping: &Mapping) -> [RgbImage; 2] {
    let panel = Panel::of(baseline);
    let straight = panel.picture(|p| Some(between(baseline, p)));
    let turned = panel.picture(|p| {
        let there = mapping.map(p);
        let inside =
            there.x >= -0.5 && there.y >= -0.5 && there.x < follow_up.width() as f64 - 0.5 && there.y < follow_up.height() as f64 - 0.5;
        inside.then(|| between(follow_up, there))
    });
    [straight, turned]
}

/// The two aligned photos side by side with each hair's fate over them, a scale bar and a legend below that counts the fates; `None` where
/// the photos are not shown to be of the same skin.
///
/// Each fate has a color and a sign at the root: a dot for kept, a triangle pointing up for thicker and down for thinner, a cross for lost, a
/// plus for new, a square for unresolved. A lost or new hair has its sign in the other photo too, where its place lies.
pub fn draw(baseline: (&Photo, &Visit), follow_up: (&Photo, &Visit), comparison: &Comparison) -> Option<RgbImage> {
    let mapping = &comparison.registration.as_ref()?.mapping;
    let panel = Panel::of(baseline.0);
    let panels = aligned(baseline.0, follow_up.0, mapping).map(|picture| Canvas { picture });
    let mut panels = panels;
    let stroke = (panel.width as f64 / 800.0).max(1.0);
    for fate in comparison.fates.iter().filter(|fate| fate.fate != Fate::Outside) {
        let marks = Marks { fate, panel: &panel, mapping, stroke };
        let [left, right] = &mut panels;
        marks.draw(left, 0, fate.baseline, &baseline.1.strands);
        marks.draw(right, 1, fate.follow_up, &follow_up.1.strands);
    }
    let [left, right] = &mut panels;
    let frame = Rect { x: -0.5, y: -0.5, w: follow_up.0.width() as f64, h: follow_up.0.height() as f64 };
    left.line(&panel.line(&outline(frame, mapping)), 1.5 * stroke, Ink { color: WHITE, opacity: 0.8 });
    if let Some(scale) = &baseline.1.calibration {
        let scale = crate::calibration::Calibration { um_per_px: scale.um_per_px * panel.factor, ..*scale };
        draw_scale_bar(right, &scale, stroke);
    }
    Some(joined(panels, &comparison.fates, stroke))
}

/// The baseline's pixels as they are drawn.
struct Panel {
    width: usize,
    height: usize,
    /// Baseline pixels per drawn pixel.
    factor: f64,
}

impl Panel {
    fn of(photo: &Photo) -> Self {
        let factor = (photo.width() as f64 / MOST_PIXELS).max(1.0);
        let pixels = |n: usize| ((n as f64 / factor).round() as usize).max(1);
        Self { width: pixels(photo.width()), height: pixels(photo.height()), factor }
    }

    fn drawn(&self, p: Point) -> Point {
        Point::new((p.x + 0.5) / self.factor - 0.5, (p.y + 0.5) / self.factor - 0.5)
    }

    fn line(&self, line: &[Point]) -> Vec<Point> {
        line.iter().map(|p| self.drawn(*p)).collect()
    }

    /// The picture of a function of baseline pixels, the mean over each drawn pixel.
    fn picture(&self, color: impl Fn(Point) -> Option<[f32; 3]> + Sync) -> RgbImage {
        let n = (self.factor.ceil() as usize).max(1);
        let row = |y: usize| -> Vec<u8> {
            let mut row = Vec::with_capacity(3 * self.width);
            for x in 0..self.width {
                let mut sum = [0.0f32; 3];
                for i in 0..n * n {
                    let share = |k: usize| (k as f64 + 0.5) / n as f64;
                    let p = Point::new((x as f64 + share(i % n)) * self.factor - 0.5, (y as f64 + share(i / n)) * self.factor - 0.5);
                    let seen = color(p).unwrap_or_default();
                    (0..3).for_each(|c| sum[c] += seen[c]);
                }
                row.extend(sum.map(|s| (s / (n * n) as f32 * 255.0 + 0.5) as u8));
            }
            row
        };
        let rows: Vec<Vec<u8>> = (0..self.height).into_par_iter().map(row).collect();
        RgbImage::from_raw(self.width as u32, self.height as u32, rows.concat()).expect("as many bytes as pixels")
    }
}

/// The color between four pixels; beyond the photo that of its edge.
fn between(photo: &Photo, p: Point) -> [f32; 3] {
    let (x, y) = (p.x.clamp(0.0, (photo.width() - 1) as f64), p.y.clamp(0.0, (photo.height() - 1) as f64));
    let (i, j) = (x as usize, y as usize);
    let (k, l) = ((i + 1).min(photo.width() - 1), (j + 1).min(photo.height() - 1));
    let (s, t) = ((x - i as f64) as f32, (y - j as f64) as f32);
    let mix = |a: [f32; 3], b: [f32; 3], t: f32| [0, 1, 2].map(|c| a[c] + (b[c] - a[c]) * t);
    mix(mix(photo.rgb(i, j), photo.rgb(k, j), s), mix(photo.rgb(i, l), photo.rgb(k, l), s), t)
}

/// The frame of the follow-up as it lies in the baseline.
fn outline(frame: Rect, mapping: &Mapping) -> Vec<Point> {
    let (a, c) = (Point::new(frame.x, frame.y), Point::new(frame.x + frame.w, frame.y + frame.h));
    let corners = vec![a, Point::new(c.x, a.y), c, Point::new(a.x, c.y), a];
    Polyline::new(corners).resampled(frame.w / 16.0).points.iter().map(|p| mapping.back(*p)).collect()
}

/// How one hair is marked.
struct Marks<'a> {
    fate: &'a HairFate,
    panel: &'a Panel,
    mapping: &'a Mapping,
    stroke: f64,
}

impl Marks<'_> {
    /// Marks it in one of the panels: where it is, or where it would be.
    fn draw(&self, canvas: &mut Canvas, side: usize, here: Option<Place>, strands: &[Strand]) {
        let straight = |p: Point| if side == 1 { self.mapping.back(p) } else { p };
        let strand = here.and_then(|place| place.id).and_then(|id| strands.iter().find(|s| s.id == id));
        let color = color(self.fate.fate);
        if let Some(strand) = strand {
            let line: Vec<Point> = strand.centerline.points.iter().map(|p| self.panel.drawn(straight(*p))).collect();
            let scale = if side == 1 { self.mapping.scale(straight(strand.root())) } else { 1.0 } * self.panel.factor;
            let half = strand.width.map_or(self.stroke, |w| w.value.0 / 2.0 / scale) + self.stroke;
            let strength = if self.fate.fate == Fate::Kept { 0.55 } else { 1.0 };
            let ink = Ink { color, opacity: strength };
            canvas.along(&line, half + self.stroke + 1.0, &[(ink, &|d| edge(0.6 * self.stroke - (d - half).abs()))]);
        }
        let root = match (here, self.fate.baseline, self.fate.follow_up) {
            (Some(place), ..) => straight(place.root),
            (None, Some(place), _) => place.root,
            (None, None, Some(place)) => self.mapping.back(place.root),
            (None, None, None) => return,
        };
        sign(canvas, self.fate.fate, self.panel.drawn(root), self.stroke, here.is_some());
    }
}

fn color(fate: Fate) -> [u8; 3] {
    LEGEND.iter().find(|(f, ..)| *f == fate).map_or(GRAY, |(_, color, _)| *color)
}

/// The sign of a fate, dark around so that it stands out on skin and on hair; smaller where the hair is not there.
fn sign(canvas: &mut Canvas, fate: Fate, at: Point, stroke: f64, there: bool) {
    let size = if there { 6.5 } else { 4.5 } * stroke;
    let to = |x: f64, y: f64| at + Vector::new(x, y) * size;
    let triangle = |up: f64| vec![to(-0.9, 0.75 * up), to(0.9, 0.75 * up), to(0.0, -0.85 * up), to(-0.9, 0.75 * up)];
    let lines: Vec<Vec<Point>> = match fate {
        Fate::Kept => vec![vec![at]],
        Fate::Thickened => vec![triangle(1.0)],
        Fate::Thinned => vec![triangle(-1.0)],
        Fate::Lost => vec![vec![to(-0.8, -0.8), to(0.8, 0.8)], vec![to(-0.8, 0.8), to(0.8, -0.8)]],
        Fate::New => vec![vec![to(-1.0, 0.0), to(1.0, 0.0)], vec![to(0.0, -1.0), to(0.0, 1.0)]],
        Fate::Unresolved | Fate::Outside => vec![vec![to(-0.8, -0.8), to(0.8, -0.8), to(0.8, 0.8), to(-0.8, 0.8), to(-0.8, -0.8)]],
    };
    for (wider, ink) in [(2.2, Ink { color: BLACK, opacity: 0.8 }), (0.0, Ink { color: color(fate), opacity: 1.0 })] {
        for line in &lines {
            canvas.line(line, (2.4 + wider) * stroke, ink);
        }
    }
}

/// The panels side by side over the legend.
fn joined(panels: [Canvas; 2], fates: &[HairFate], stroke: f64) -> RgbImage {
    let [left, right] = panels.map(|canvas| canvas.picture);
    let gap = (4.0 * stroke) as u32;
    let dot = (1.6 * stroke).round().max(2.0);
    let strip = (14.0 * dot) as u32;
    let (width, height) = (left.width() + gap + right.width(), left.height() + strip);
    let mut canvas = Canvas { picture: RgbImage::from_pixel(width, height, Rgb([24; 3])) };
    image::imageops::replace(&mut canvas.picture, &left, 0, 0);
    image::imageops::replace(&mut canvas.picture, &right, i64::from(left.width() + gap), 0);
    let middle = f64::from(left.height()) + 7.0 * dot;
    let share = f64::from(width) / LEGEND.len() as f64;
    for (i, (fate, _, name)) in LEGEND.into_iter().enumerate() {
        let at = Point::new(share * i as f64 + 8.0 * dot, middle);
        sign(&mut canvas, fate, at, stroke.max(1.0), true);
        let count = fates.iter().filter(|f| f.fate == fate).count();
        canvas.label(&format!("{name} {count}"), at + Vector::new(7.0 * dot, -2.5 * dot), dot, Ink { color: WHITE, opacity: 1.0 });
    }
    canvas.picture
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Homography, Model, Registration, Repeat};
    use crate::results::tests::one_strand;

    fn photo(color: [u8; 3]) -> Photo {
        Photo::from_rgb8(40, 30, vec![color; 1200])
    }

    fn visit(photo: &Photo) -> Visit {
        let (analysis, _) = one_strand(Some(5.0));
        Visit::new(photo, analysis.field, analysis.strands, analysis.units, analysis.calibration)
    }

    fn shifted(x: f64, y: f64) -> Mapping {
        Mapping::new(Homography::similarity(1.0, 0.0, Vector::new(x, y)), None).unwrap()
    }

    fn comparison(mapping: Mapping, fate: Fate, baseline: bool, follow_up: bool) -> Comparison {
        let place = Place { id: Some(0), root: Point::new(10.0, 20.0), tip: Point::new(20.0, 10.0) };
        let hair = HairFate {
            fate,
            counted: true,
            baseline: baseline.then_some(place),
            follow_up: follow_up.then_some(place),
            thickness: [None; 2],
            repeat: Repeat::default(),
            length_change: None,
            confidence: 0.9,
            signs: None,
            reason: None,
            phase: None,
        };
        let registration = Registration { mapping, model: Model::Similarity, inliers: 9, residual_px: 1.0, chance_log10: -9.0 };
        Comparison {
            registration: Some(registration),
            overlap: None,
            fates: vec![hair],
            units: vec![],
            changes: vec![],
            growth: None,
            phototrichogram: None,
            caveats: vec![],
        }
    }

    /// How many pixels of each panel have a color.
    fn of_color(picture: &RgbImage, color: [u8; 3]) -> [usize; 2] {
        let count = |from: u32| {
            (0..30).flat_map(|y| (from..from + 40).map(move |x| (x, y))).filter(|(x, y)| picture.get_pixel(*x, *y).0 == color).count()
        };
        [count(0), count(44)]
    }

    #[test]
    fn without_a_registration_there_is_no_picture() {
        let skin = photo([200, 170, 150]);
        let none = Comparison { registration: None, ..comparison(shifted(0.0, 0.0), Fate::Kept, true, true) };
        assert!(draw((&skin, &visit(&skin)), (&skin, &visit(&skin)), &none).is_none());
    }

    #[test]
    fn follow_up_is_brought_back_to_where_the_baseline_has_it() {
        let (skin, mut pixels) = (photo([200, 170, 150]), vec![[200, 170, 150]; 1200]);
        pixels[12 * 40 + 17] = [9, 9, 9];
        let [straight, turned] = aligned(&skin, &Photo::from_rgb8(40, 30, pixels), &shifted(5.0, -3.0));
        assert_eq!(straight.get_pixel(12, 15).0, [200, 170, 150]);
        assert_eq!(turned.get_pixel(12, 15).0, [9, 9, 9]);
        assert_eq!(turned.get_pixel(38, 15).0, [0; 3], "beyond the follow-up nothing is shown");
    }

    #[test]
    fn lost_hair_has_its_sign_in_both_photos_and_a_kept_one_its_own_color() {
        let skin = photo([200, 170, 150]);
        let drawn = |fate, before, after| {
            let comparison = comparison(shifted(0.0, 0.0), fate, before, after);
            draw((&skin, &visit(&skin)), (&skin, &visit(&skin)), &comparison).unwrap()
        };
        let lost = drawn(Fate::Lost, true, false);
        assert_eq!(lost.dimensions(), (84, 58));
        let [left, right] = of_color(&lost, VERMILION);
        assert!(left > right && right > 0, "{left} and {right}");
        let new = of_color(&drawn(Fate::New, false, true), BLUISH_GREEN);
        assert!(new[1] > new[0] && new[0] > 0, "{new:?}");
        assert_eq!(of_color(&drawn(Fate::Kept, true, true), VERMILION), [0, 0]);
        assert_eq!(of_color(&drawn(Fate::Outside, true, false), GRAY), [0, 0]);
    }
}
