//! The photo with what was found drawn over it, at the photo's own resolution.

use super::paint::{BLACK, BLUISH_GREEN, Canvas, Ink, SKY_BLUE, VERMILION, WHITE, YELLOW, edge, label_columns};
use crate::analyze::Analysis;
use crate::calibration::Calibration;
use crate::follicle::Unit;
use crate::geometry::{Measured, Point, Rect, Vector};
use crate::measure::{Cuts, ThicknessClass};
use crate::photo::Photo;
use crate::strand::{End, Strand};
use crate::units::{Micrometers, Pixels};
use image::RgbImage;

/// The color of a class: sky blue for terminal, yellow for intermediate, vermilion for vellus and for what is too thin to be measured, bluish
/// green where there is none.
pub fn color(class: Option<ThicknessClass>) -> [u8; 3] {
    match class {
        Some(ThicknessClass::Terminal) => SKY_BLUE,
        Some(ThicknessClass::Intermediate) => YELLOW,
        Some(ThicknessClass::Vellus) => VERMILION,
        None => BLUISH_GREEN,
    }
}

/// The photo with the field, strands, roots, tips and follicular units over it.
///
/// Outside the counted field the photo is dark. A strand is drawn as wide as it was measured, in the color of its class, with its centerline, which is
/// dashed with black where it is intermediate and dotted where it is vellus or thinner, so that classes are told apart in gray; one that is not
/// counted is faint. Its root is a circle, filled where the root was really seen, its tip a short bar across it.
/// A ring is drawn around the roots of each unit of two hairs or more. With a known scale a scale bar stands at the lower right.
pub fn draw(photo: &Photo, analysis: &Analysis, cuts: &Cuts) -> RgbImage {
    // Lines stay visible when the whole photo is shown on one screen.
    let stroke = (photo.width().max(photo.height()) as f64 / 1600.0).max(1.0);
    let mut canvas = Canvas { picture: field(photo, analysis) };
    let outline = &analysis.field.polygon.corners;
    let closed: Vec<Point> = outline.iter().chain(outline.first()).copied().collect();
    // Piece by piece, since one stretch of the outline may be as long as the photo.
    for piece in closed.windows(2) {
        canvas.line(piece, 1.5 * stroke, Ink { color: WHITE, opacity: 0.8 });
    }
    for strand in &analysis.strands {
        draw_strand(&mut canvas, strand, analysis, cuts, stroke);
    }
    for unit in analysis.units.iter().filter(|unit| unit.strands.len() > 1) {
        draw_unit(&mut canvas, unit, &analysis.strands, stroke);
    }
    if let Some(scale) = &analysis.calibration {
        draw_scale_bar(&mut canvas, scale, stroke);
    }
    canvas.picture
}

/// The photo, dark outside the counted field.
fn field(photo: &Photo, analysis: &Analysis) -> RgbImage {
    let (width, height) = (photo.width(), photo.height());
    let dark = |value: u8| ((u32::from(value) * 115 + 127) / 255) as u8;
    let mut bytes = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        let counted = |x: usize| analysis.field.counts(Point::new(x as f64, y as f64));
        let row = photo.rgb8_row(y).into_iter().enumerate();
        bytes.extend(row.flat_map(|(x, color)| if counted(x) { color } else { color.map(dark) }));
    }
    RgbImage::from_raw(width as u32, height as u32, bytes).expect("as many bytes as pixels")
}

fn draw_strand(canvas: &mut Canvas, strand: &Strand, analysis: &Analysis, cuts: &Cuts, stroke: f64) {
    // Of those that are measured, what is too thin to have a figure alone may have no class.
    let class = |(scale, width)| cuts.class_of(&width, &scale).unwrap_or(ThicknessClass::Vellus);
    let class = analysis.calibration.zip(strand.width).map(class);
    let color = color(class);
    let strength = if strand.is_counted(&analysis.field) { 1.0 } else { 0.4 };
    let half = strand.width.map_or(stroke, |width| width.value.0 / 2.0);
    let body = Ink { color, opacity: 0.3 * strength };
    let line = Ink { color, opacity: strength };
    // Both lines stay inside the edge, so that no more is covered than was measured.
    let outline = |d: f64| 0.8 * (edge(half - d) - edge(half - stroke - d));
    canvas.along(
        &strand.centerline.points,
        half + 1.0,
        &[(body, &|d| edge(half - d)), (line, &outline), (line, &|d| edge((stroke / 2.0).min(half) - d))],
    );
    if let Some((color, black)) = dashes(class) {
        let line = Measured::new(&strand.centerline);
        let period = (color + black) * stroke;
        for i in 0..(line.length() / period).ceil() as usize {
            let from = i as f64 * period + color * stroke;
            let dash = line.between(from, from + black * stroke);
            if from < line.length() {
                canvas.line(&dash.points, stroke.min(2.0 * half), Ink { color: BLACK, opacity: 0.9 * strength });
            }
        }
    }
    let size = (1.2 * half).max(4.0 * stroke);
    if strand.root_end == End::Root {
        canvas.line(&[strand.root()], size, line);
    }
    canvas.ring(&[strand.root()], size, 1.5 * stroke, Ink { color: WHITE, opacity: strength });
    if let Some(direction) = strand.direction() {
        canvas.bar(strand.tip(), direction, 2.0 * size, 1.5 * stroke, Ink { color: WHITE, opacity: strength });
    }
}

/// How long, in strokes, a class's centerline is of its color and then black, in turn; `None` where it is all of its color.
fn dashes(class: Option<ThicknessClass>) -> Option<(f64, f64)> {
    match class {
        Some(ThicknessClass::Intermediate) => Some((9.0, 5.0)),
        Some(ThicknessClass::Vellus) => Some((4.0, 0.8)),
        Some(ThicknessClass::Terminal) | None => None,
    }
}

fn draw_unit(canvas: &mut Canvas, unit: &Unit, strands: &[Strand], stroke: f64) {
    let roots: Vec<Point> = strands.iter().filter(|s| unit.strands.contains(&s.id)).map(Strand::root).collect();
    // Around the paths from the ostium to each root: an outline that holds them all and no more.
    let paths: Vec<Point> = roots.iter().flat_map(|root| [unit.ostium, *root]).collect();
    canvas.ring(&paths, 9.0 * stroke, 1.5 * stroke, Ink { color: BLACK, opacity: 0.7 });
    canvas.ring(&paths, 10.5 * stroke, 1.5 * stroke, Ink { color: WHITE, opacity: 0.9 });
}

/// Draws a bar of a round length at the lower right, with its length over it.
pub(super) fn draw_scale_bar(canvas: &mut Canvas, scale: &Calibration, stroke: f64) {
    let (width, height) = (f64::from(canvas.picture.width()), f64::from(canvas.picture.height()));
    let room = scale.micrometers(Pixels(width / 4.0));
    let Some((length, label)) = round_length(room) else { return };
    let long = scale.pixels(length).0;
    let thick = 4.0 * stroke;
    let corner = Point::new(width - long - 8.0 * stroke, height - 8.0 * stroke - thick);
    let bar = |grow: f64| Rect { x: corner.x - grow, y: corner.y - grow, w: long + 2.0 * grow, h: thick + 2.0 * grow };
    canvas.fill(bar(2.0 * stroke), Ink { color: BLACK, opacity: 0.6 });
    canvas.fill(bar(0.0), Ink { color: WHITE, opacity: 1.0 });
    let dot = (3.0 * stroke).round();
    let above = corner - Vector::new(0.0, 7.5 * dot);
    let back = Rect { x: above.x - dot, y: above.y - dot, w: label_columns(&label) as f64 * dot + dot, h: 7.0 * dot };
    canvas.fill(back, Ink { color: BLACK, opacity: 0.6 });
    canvas.label(&label, above, dot, Ink { color: WHITE, opacity: 1.0 });
}

/// The longest length of 1, 2 or 5 times a power of ten µm that fits the room, and how it is written; `None` when the room is not a length.
pub(super) fn round_length(room: Micrometers) -> Option<(Micrometers, String)> {
    if !room.0.is_finite() || room.0 < 1.0 {
        return None;
    }
    let decade = 10f64.powi(room.0.log10().floor() as i32);
    let length = [5.0, 2.0, 1.0].map(|step| step * decade).into_iter().find(|length| *length <= room.0)?;
    let label = if length >= 1000.0 { format!("{} mm", length / 1000.0) } else { format!("{length} µm") };
    Some((Micrometers(length), label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Polyline;
    use crate::results::tests::one_strand;
    use crate::strand::Width;
    use image::Rgb;

    fn photo() -> Photo {
        Photo::from_rgb8(40, 30, vec![[200, 170, 150]; 1200])
    }

    #[test]
    fn photo_without_strands_keeps_its_pixels() {
        let (mut analysis, settings) = one_strand(None);
        analysis.strands.clear();
        let picture = draw(&photo(), &analysis, &settings.cuts);
        assert_eq!(picture.dimensions(), (40, 30));
        assert_eq!(picture.get_pixel(20, 15), &Rgb([200, 170, 150]));
    }

    #[test]
    fn outside_the_field_is_dark() {
        let (mut analysis, settings) = one_strand(None);
        analysis.strands.clear();
        analysis.field.counted.fill(false);
        assert!(draw(&photo(), &analysis, &settings.cuts).get_pixel(20, 15).0[0] < 100);
    }

    #[test]
    fn strand_takes_the_color_of_its_class() {
        for (um_per_px, expected) in [(Some(2.0), VERMILION), (Some(5.0), YELLOW), (Some(9.0), SKY_BLUE), (None, BLUISH_GREEN)] {
            let (analysis, settings) = one_strand(um_per_px);
            assert_eq!(draw(&photo(), &analysis, &settings.cuts).get_pixel(15, 15), &Rgb(expected), "{um_per_px:?}");
        }
    }

    #[test]
    fn classes_are_told_apart_in_gray() {
        let black = |um_per_px: f64| {
            let (mut analysis, settings) = one_strand(Some(um_per_px));
            analysis.strands[0].centerline = Polyline::new(vec![Point::new(1.0, 15.0), Point::new(38.0, 15.0)]);
            let picture = draw(&photo(), &analysis, &settings.cuts);
            let dark: Vec<bool> = (8..32).map(|x| picture.get_pixel(x, 15).0.iter().all(|value| *value < 90)).collect();
            (dark.iter().filter(|dark| **dark).count(), dark.windows(2).filter(|pair| pair[0] != pair[1]).count())
        };
        let (vellus, intermediate, terminal) = (black(2.0), black(5.0), black(9.0));
        assert_eq!(terminal, (0, 0), "solid");
        assert!(intermediate.0 > vellus.0 && vellus.0 > 2 && vellus.1 > intermediate.1, "{vellus:?} {intermediate:?}");
    }

    #[test]
    fn strand_too_thin_to_be_measured_is_drawn_as_vellus() {
        let (mut analysis, settings) = one_strand(Some(9.0));
        analysis.strands[0].width = analysis.strands[0].width.map(|width| Width { blur_dominated: true, ..width });
        assert!(draw(&photo(), &analysis, &settings.cuts).pixels().any(|pixel| pixel == &Rgb(VERMILION)));
    }

    /// How wide the strand is drawn in this column: every pixel between its edges whole, the two at its edges by how much of their ink lies.
    fn drawn_width(picture: &RgbImage, column: u32) -> f64 {
        let inked: Vec<f64> = (0..picture.height()).map(|y| (200.0 - f64::from(picture.get_pixel(column, y).0[0])) / 200.0).collect();
        let first = inked.iter().position(|ink| *ink > 0.0).unwrap();
        let last = inked.iter().rposition(|ink| *ink > 0.0).unwrap();
        // A share s of an edge's pixel is laid over by 0.3 s of the body and 0.8 s of the outline: 1.1 s - 0.24 s² in all.
        let share = |i: usize| ((1.1 - (1.21 - 0.96 * inked[i]).max(0.0).sqrt()) / 0.48).clamp(0.0, 1.0);
        share(first) + share(last) + (last - first - 1) as f64
    }

    #[test]
    fn strand_is_drawn_as_wide_as_it_was_measured() {
        for (width, off_at_most) in [(2.2, 0.3), (3.0, 0.15), (4.7, 0.03), (9.6, 0.03), (14.3, 0.03), (20.0, 0.03)] {
            for shift in [0.0, 0.25, 0.5, 0.8] {
                let (mut analysis, settings) = one_strand(None);
                let strand = &mut analysis.strands[0];
                strand.centerline = Polyline::new(vec![Point::new(1.0, 15.0 + shift), Point::new(90.0, 15.0 + shift)]);
                strand.width = strand.width.map(|w| Width { value: Pixels(width), ..w });
                let drawn = drawn_width(&draw(&photo(), &analysis, &settings.cuts), 25);
                assert!((drawn - width).abs() < off_at_most, "{drawn} for {width} at {shift}");
            }
        }
    }

    #[test]
    fn scale_bar_is_a_round_length() {
        let said = |room| round_length(Micrometers(room)).map(|(length, label)| (length.0, label));
        assert_eq!(said(1768.0), Some((1000.0, "1 mm".into())));
        assert_eq!(said(999.0), Some((500.0, "500 µm".into())));
        assert_eq!(said(f64::NAN), None);
    }
}
