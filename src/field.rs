//! The part of the skin that is counted: frame, vignette, burned-in text and bars, glare and defocus left out; its border rule and area.

use crate::geometry::{Point, Polygon};
use crate::photo::{Caveat, Photo};
use crate::raster::{self, Mask};
use serde::{Deserialize, Serialize};

/// When a hair at the edge counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BorderRule {
    /// A hair counts when its root lies inside the field.
    RootInside,
}

/// The part of the photo the user asked to count in, in photo pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roi {
    /// An upright rectangle.
    Rect(crate::geometry::Rect),
    /// Center and radius.
    Circle(Point, f64),
    /// Any closed shape.
    Polygon(Polygon),
}

/// The counted part of the skin.
#[derive(Debug, Clone)]
pub struct Field {
    /// Which of its pixels count, one for every `step` × `step` photo pixels; mask position p shows photo position (p + 0.5) × step − 0.5.
    pub counted: Mask,
    /// Which pixels show skin or hair at all: not frame, padding, text, bar, drawn line. On the same grid.
    pub visible: Mask,
    /// Photo pixels per mask pixel.
    pub step: f64,
    /// The counted area, in square photo pixels.
    pub area_px: f64,
    /// The outline of the counted region, its holes not drawn.
    pub polygon: Polygon,
    /// When a hair at the edge counts.
    pub border_rule: BorderRule,
}

impl Field {
    /// Stub until the field finder lands.
    pub fn find(photo: &Photo, roi: Option<&Roi>) -> (Self, Vec<Caveat>) {
        let (w, h) = (photo.width() as f64, photo.height() as f64);
        let _ = roi;
        let step = 4.0;
        let grid = Mask::from_elem(((h / step).ceil() as usize, (w / step).ceil() as usize), true);
        let polygon = Polygon::new([[-0.5, -0.5], [w - 0.5, -0.5], [w - 0.5, h - 0.5], [-0.5, h - 0.5]].map(Point::from).to_vec());
        (Self { counted: grid.clone(), visible: grid, step, area_px: w * h, polygon, border_rule: BorderRule::RootInside }, vec![])
    }

    /// Whether a hair with this root is counted.
    pub fn counts(&self, root: Point) -> bool {
        raster::holds(&self.counted, self.on_grid(root))
    }

    /// Whether the photo shows skin or hair at this point.
    pub fn shows(&self, point: Point) -> bool {
        raster::holds(&self.visible, self.on_grid(point))
    }

    fn on_grid(&self, p: Point) -> Point {
        Point::new((p.x + 0.5) / self.step - 0.5, (p.y + 0.5) / self.step - 0.5)
    }
}
