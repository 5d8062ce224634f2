//! What is burned into a photo after it was taken: scale bar, caption, drawn circle, padding, and the dark around a round field.

use super::glyphs;
use crate::geometry::{Point, Rect};

/// Which marks a scene's photos carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// An L-shaped thin dark bar of 1 mm at lower left, labelled.
    pub scale_bar: bool,
    /// A row of dark boxes with text at the top.
    pub caption: bool,
    /// A drawn circle with a radius and a label.
    pub circle: bool,
    /// A pale strip along the bottom.
    pub padding: bool,
    /// Black outside a round field.
    pub round_frame: bool,
}

/// The marks laid out in a photo of known size and scale.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    marks: Marks,
    width: f64,
    height: f64,
    um_per_px: f64,
    /// Dots of text per pixel: captions are drawn by the camera's own pixels.
    dot: f64,
    /// The boxes behind text.
    boxes: Vec<(Rect, Text)>,
}

impl Layout {
    pub fn new(marks: Marks, width: usize, height: usize, um_per_px: f64) -> Self {
        let dot = (height as f64 / 2048.0 * 4.0).max(1.6);
        let bare = Self { marks, width: width as f64, height: height as f64, um_per_px, dot, boxes: vec![] };
        Self { boxes: bare.lay_boxes(), ..bare }
    }

    /// Whether skin is seen at a pixel: not frame, padding, or the boxes behind text.
    pub fn shows_skin(&self, p: Point) -> bool {
        if self.marks == Marks::default() {
            return true;
        }
        let padded = self.marks.padding && p.y >= self.padding_top();
        let framed = self.marks.round_frame && self.frame_distance(p) > 0.0;
        let boxed = self.boxes.iter().any(|(r, _)| r.contains(p));
        !padded && !framed && !boxed
    }

    /// Draws the marks.
    pub fn draw(&self, pixels: &mut [[u8; 3]]) {
        if self.marks == Marks::default() {
            return;
        }
        let (bar, circle) = (self.bar(), self.circle());
        for (i, pixel) in pixels.iter_mut().enumerate() {
            let p = Point::new((i % self.width as usize) as f64, (i / self.width as usize) as f64);
            let mut color = pixel.map(f32::from);
            let mut cover = |ink: [f32; 3], share: f32| (0..3).for_each(|c| color[c] += (ink[c] - color[c]) * share);
            if self.marks.round_frame {
                cover([6.0, 6.0, 7.0], (0.5 + self.frame_distance(p) / 3.0).clamp(0.0, 1.0) as f32);
            }
            if let Some((rim, radius_end)) = circle {
                let line = (p.distance(rim.0) - rim.1).abs().min(distance_to_piece(p, rim.0, radius_end));
                cover([225.0, 30.0, 40.0], (self.line_width() / 2.0 + 0.5 - line).clamp(0.0, 1.0) as f32);
            }
            if self.marks.scale_bar {
                let [top, corner, end] = bar;
                let line = distance_to_piece(p, top, corner).min(distance_to_piece(p, corner, end));
                cover([34.0; 3], (self.line_width() / 2.0 + 0.5 - line).clamp(0.0, 1.0) as f32 * 0.85);
            }
            for (r, text) in self.boxes.iter().filter(|(r, _)| r.contains(p)) {
                let label = matches!(text, Text::Label(_));
                cover(if label { [215.0, 215.0, 220.0] } else { [62.0, 64.0, 66.0] }, if label { 0.55 } else { 0.8 });
                let (x, y) = ((p.x - r.x) / self.dot - 2.0, (p.y - r.y) / self.dot - 1.5);
                for (row, line) in text.lines().iter().enumerate() {
                    let ink = glyphs::ink(line, x, y - 9.0 * row as f64);
                    cover(text.ink(), ink);
                }
            }
            if self.marks.padding && p.y >= self.padding_top() {
                color = [220.0; 3];
            }
            *pixel = color.map(|c| (c + 0.5).clamp(0.0, 255.0) as u8);
        }
    }

    fn line_width(&self) -> f64 {
        (self.height / 1024.0).clamp(1.0, 2.0)
    }

    fn padding_top(&self) -> f64 {
        self.height - (self.height / 64.0).round()
    }

    /// How far a pixel lies outside the round field; negative inside.
    fn frame_distance(&self, p: Point) -> f64 {
        let center = Point::new((self.width - 1.0) / 2.0, (self.height - 1.0) / 2.0);
        p.distance(center) - 0.485 * self.width.min(self.height)
    }

    /// The bar's upper end, corner and right end, each arm exactly 1 mm from end to end.
    fn bar(&self) -> [Point; 3] {
        let millimeter = 1000.0 / self.um_per_px - self.line_width();
        let corner = Point::new((self.width * 0.0146).round() + 0.5, (self.height * 0.951).round() + 0.5);
        [Point::new(corner.x, corner.y - millimeter), corner, Point::new(corner.x + millimeter, corner.y)]
    }

    /// The circle's center and radius, and where its drawn radius ends.
    fn circle(&self) -> Option<((Point, f64), Point)> {
        let center = Point::new(0.48 * self.width, 0.54 * self.height);
        let radius = 0.44 * self.height;
        let end = Point::new(center.x - 0.78 * radius, center.y - 0.6258 * radius);
        self.marks.circle.then_some(((center, radius), end))
    }

    /// Lays out the boxes behind text.
    fn lay_boxes(&self) -> Vec<(Rect, Text)> {
        let sized = |x: f64, y: f64, text: Text| {
            let columns = text.lines().iter().map(|l| l.chars().count()).max().unwrap_or(0) as f64;
            let rect = Rect { x, y, w: (6.0 * columns + 3.0) * self.dot, h: (9.0 * text.lines().len() as f64 + 1.0) * self.dot };
            (rect, text)
        };
        let mut boxes = vec![];
        if self.marks.caption {
            let mut x = 2.0 * self.dot;
            for text in
                [Text::Name("A095"), Text::Plain("1280x1024"), Text::Plain("2022/01/05 09:00:18"), Text::Plain("mm"), Text::Plain("70x")]
            {
                let next = sized(x, self.dot, text);
                x += next.0.w + self.dot;
                boxes.push(next);
            }
        }
        if self.marks.scale_bar {
            let end = self.bar()[2];
            boxes.push(sized(end.x + 3.0 * self.dot, end.y - 6.0 * self.dot, Text::Plain("1.0 mm")));
        }
        if let Some(((center, radius), end)) = self.circle() {
            let text = Text::Label(["DC0", "C=15.848 mm", "A=19.988 mm^2", "r=2.522 mm"]);
            boxes.push(sized(end.x.max(0.0), center.y - 0.6 * radius, text));
        }
        boxes
    }
}

#[derive(Debug, Clone, Copy)]
enum Text {
    Name(&'static str),
    Plain(&'static str),
    Label([&'static str; 4]),
}

impl Text {
    fn lines(&self) -> &[&'static str] {
        match self {
            Self::Name(line) | Self::Plain(line) => std::slice::from_ref(line),
            Self::Label(lines) => lines,
        }
    }

    fn ink(self) -> [f32; 3] {
        match self {
            Self::Name(_) => [40.0, 230.0, 230.0],
            Self::Plain(_) => [250.0; 3],
            Self::Label(_) => [20.0, 20.0, 215.0],
        }
    }
}

fn distance_to_piece(p: Point, a: Point, b: Point) -> f64 {
    let along = b - a;
    let t = ((p - a).dot(along) / along.dot(along).max(1e-9)).clamp(0.0, 1.0);
    p.distance(a.lerp(b, t))
}
