//! Drawing with soft edges on a picture.

use crate::geometry::{Point, Rect, Vector};
use image::{Rgb, RgbImage};

// Okabe and Ito's palette, told apart in every common form of color blindness, with black, white and gray.
pub const SKY_BLUE: [u8; 3] = [86, 180, 233];
pub const ORANGE: [u8; 3] = [230, 159, 0];
pub const YELLOW: [u8; 3] = [240, 228, 66];
pub const VERMILION: [u8; 3] = [213, 94, 0];
pub const BLUISH_GREEN: [u8; 3] = [0, 158, 115];
pub const WHITE: [u8; 3] = [255; 3];
pub const GRAY: [u8; 3] = [190; 3];
pub const BLACK: [u8; 3] = [0; 3];

/// A color and how much of what is below it hides, 0 to 1.
#[derive(Debug, Clone, Copy)]
pub struct Ink {
    pub color: [u8; 3],
    pub opacity: f64,
}

/// The picture, drawn on.
pub struct Canvas {
    pub picture: RgbImage,
}

impl Canvas {
    /// Lays ink over the pixels near a chain of points, by a share (0 to 1) that depends on a pixel's distance to the chain; none beyond `reach`.
    ///
    /// Distances are taken to the whole chain before anything is laid, so that pieces do not add up where they meet.
    pub fn along(&mut self, chain: &[Point], reach: f64, inks: &[(Ink, &dyn Fn(f64) -> f64)]) {
        let Some((left, top, width, height)) = self.bounds(chain, reach) else { return };
        let mut distances = vec![f64::INFINITY; width * height];
        let pieces: Vec<(Point, Point)> = match chain {
            [only] => vec![(*only, *only)],
            _ => chain.windows(2).map(|w| (w[0], w[1])).collect(),
        };
        for (a, b) in pieces {
            let Some((x0, y0, w, h)) = self.bounds(&[a, b], reach) else { continue };
            let along = b - a;
            let squared = along.dot(along);
            for y in y0..y0 + h {
                for x in x0..x0 + w {
                    let p = Point::new(x as f64, y as f64);
                    let t = if squared > 0.0 { ((p - a).dot(along) / squared).clamp(0.0, 1.0) } else { 0.0 };
                    let distance = &mut distances[(y - top) * width + x - left];
                    *distance = distance.min(a.lerp(b, t).distance(p));
                }
            }
        }
        for (i, distance) in distances.into_iter().enumerate().filter(|(_, distance)| *distance <= reach) {
            for (ink, share) in inks {
                self.lay(left + i % width, top + i / width, *ink, share(distance));
            }
        }
    }

    /// A line of a width through points.
    pub fn line(&mut self, chain: &[Point], width: f64, ink: Ink) {
        self.along(chain, width / 2.0 + 1.0, &[(ink, &|d| edge(width / 2.0 - d))]);
    }

    /// A ring at a radius around a chain of points (a circle around one).
    pub fn ring(&mut self, around: &[Point], radius: f64, width: f64, ink: Ink) {
        self.along(around, radius + width / 2.0 + 1.0, &[(ink, &|d| edge(width / 2.0 - (d - radius).abs()))]);
    }

    /// A bar across a direction, centered on a point.
    pub fn bar(&mut self, at: Point, direction: Vector, length: f64, width: f64, ink: Ink) {
        let half = direction.normal() * (length / 2.0);
        self.line(&[at - half, at + half], width, ink);
    }

    /// A filled upright rectangle.
    pub fn fill(&mut self, rect: Rect, ink: Ink) {
        let corner = [Point::new(rect.x, rect.y), Point::new(rect.x + rect.w, rect.y + rect.h)];
        let Some((x0, y0, w, h)) = self.bounds(&corner, 0.0) else { return };
        for y in y0..y0 + h {
            for x in x0..x0 + w {
                self.lay(x, y, ink, 1.0);
            }
        }
    }

    /// Lays ink over one pixel by a share.
    pub fn lay(&mut self, x: usize, y: usize, ink: Ink, share: f64) {
        let weight = (ink.opacity * share).clamp(0.0, 1.0);
        if weight > 0.0 {
            let Rgb(below) = self.picture.get_pixel_mut(x as u32, y as u32);
            for (value, color) in below.iter_mut().zip(ink.color) {
                *value = (f64::from(*value) * (1.0 - weight) + f64::from(color) * weight + 0.5) as u8;
            }
        }
    }

    /// The pixels within a reach of some points: left, top, width, height; `None` when they are none.
    fn bounds(&self, points: &[Point], reach: f64) -> Option<(usize, usize, usize, usize)> {
        let span = |values: &mut dyn Iterator<Item = f64>, size: u32| {
            let (low, high) = values.filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            let (first, last) = ((low - reach).floor().max(0.0), (high + reach).ceil().min(f64::from(size) - 1.0));
            (first <= last).then_some((first as usize, (last - first) as usize + 1))
        };
        let (left, width) = span(&mut points.iter().map(|p| p.x), self.picture.width())?;
        let (top, height) = span(&mut points.iter().map(|p| p.y), self.picture.height())?;
        Some((left, top, width, height))
    }
}

/// How much of a pixel is covered whose center lies this far inside an edge.
pub fn edge(inside: f64) -> f64 {
    (inside + 0.5).clamp(0.0, 1.0)
}

/// Three columns by five rows, the top row in the highest three bits; all that a scale bar's label and the names of fates need.
const GLYPHS: [(char, u16); 28] = [
    ('0', 0b111_101_101_101_111),
    ('1', 0b010_110_010_010_111),
    ('2', 0b111_001_111_100_111),
    ('3', 0b111_001_111_001_111),
    ('4', 0b101_101_111_001_001),
    ('5', 0b111_100_111_001_111),
    ('6', 0b111_100_111_101_111),
    ('7', 0b111_001_010_010_010),
    ('8', 0b111_101_111_101_111),
    ('9', 0b111_101_111_001_111),
    ('.', 0b000_000_000_000_010),
    ('µ', 0b000_101_101_111_100),
    ('C', 0b111_100_100_100_111),
    ('D', 0b110_101_101_101_110),
    ('E', 0b111_100_110_100_111),
    ('H', 0b101_101_111_101_101),
    ('I', 0b111_010_010_010_111),
    ('K', 0b101_101_110_101_101),
    ('L', 0b100_100_100_100_111),
    ('N', 0b110_101_101_101_101),
    ('O', 0b111_101_101_101_111),
    ('P', 0b111_101_111_100_100),
    ('R', 0b110_101_110_101_101),
    ('S', 0b111_100_111_001_111),
    ('T', 0b111_010_010_010_010),
    ('U', 0b101_101_101_101_111),
    ('V', 0b101_101_101_101_010),
    ('W', 0b101_101_101_111_101),
];

/// An m of three columns would be a blob: this one has five.
const WIDE_M: u32 = 0b00000_00000_11010_10101_10101;

/// How many columns a letter has, and its dots from the top left; none of them lit where it is not known.
fn glyph(letter: char) -> (usize, u32) {
    let narrow = || GLYPHS.iter().find(|(glyph, _)| *glyph == letter).map_or(0, |(_, bits)| u32::from(*bits));
    if letter == 'm' { (5, WIDE_M) } else { (3, narrow()) }
}

/// How many columns of dots a label takes, with the empty one after each letter.
pub fn label_columns(text: &str) -> usize {
    text.chars().map(|letter| glyph(letter).0 + 1).sum()
}

impl Canvas {
    /// Writes figures and units with their top left corner at a point; each dot of a letter is `dot` pixels wide.
    pub fn label(&mut self, text: &str, at: Point, dot: f64, ink: Ink) {
        let mut left = 0;
        for letter in text.chars() {
            let (columns, bits) = glyph(letter);
            let cells = 5 * columns;
            for cell in (0..cells).filter(|cell| bits >> (cells - 1 - cell) & 1 == 1) {
                let corner = at + Vector::new((left + cell % columns) as f64 * dot, (cell / columns) as f64 * dot);
                self.fill(Rect { x: corner.x.round(), y: corner.y.round(), w: dot.round() - 1.0, h: dot.round() - 1.0 }, ink);
            }
            left += columns + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Ink = Ink { color: super::WHITE, opacity: 1.0 };

    fn light(canvas: &Canvas) -> f64 {
        canvas.picture.pixels().map(|p| f64::from(p.0[0]) / 255.0).sum()
    }

    fn black() -> Canvas {
        Canvas { picture: RgbImage::new(40, 30) }
    }

    #[test]
    fn nothing_and_what_lies_outside_draw_nothing() {
        let mut canvas = black();
        canvas.line(&[], 3.0, WHITE);
        canvas.line(&[Point::new(-50.0, -50.0), Point::new(-20.0, -9.0)], 3.0, WHITE);
        canvas.line(&[Point::new(f64::NAN, 3.0)], 3.0, WHITE);
        canvas.fill(Rect { x: 90.0, y: 90.0, w: 5.0, h: 5.0 }, WHITE);
        assert_eq!(light(&canvas), 0.0);
    }

    #[test]
    fn line_covers_its_width() {
        for width in [1.0, 2.5, 4.0] {
            let mut canvas = black();
            canvas.line(&[Point::new(-9.0, 15.0), Point::new(20.0, 15.0), Point::new(60.0, 15.0)], width, WHITE);
            assert!((light(&canvas) / 40.0 - width).abs() < 0.02, "{width}: {}", light(&canvas) / 40.0);
        }
    }

    #[test]
    fn an_m_has_three_legs() {
        let mut canvas = black();
        canvas.label("mm", Point::new(2.0, 2.0), 3.0, WHITE);
        let foot: Vec<bool> = (0..40).map(|x| canvas.picture.get_pixel(x, 15).0[0] > 0).collect();
        assert_eq!(foot.windows(2).filter(|pair| !pair[0] && pair[1]).count(), 6, "{foot:?}");
        assert_eq!((label_columns("mm"), label_columns("1 µ")), (12, 12));
    }

    #[test]
    fn pieces_do_not_add_up_where_they_meet() {
        let half = Ink { color: [255; 3], opacity: 0.5 };
        let mut canvas = black();
        canvas.line(&[Point::new(5.0, 15.0), Point::new(20.0, 15.0), Point::new(35.0, 15.0)], 3.0, half);
        assert_eq!(canvas.picture.get_pixel(20, 15), canvas.picture.get_pixel(12, 15));
    }
}
