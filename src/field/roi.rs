//! The part of a photo the user asks to count in.

use crate::geometry::{Point, Polygon, Rect};
use serde::{Deserialize, Serialize};

/// The part of the photo the user asked to count in, in photo pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roi {
    /// An upright rectangle.
    Rect(Rect),
    /// Center and radius.
    Circle(Point, f64),
    /// Any closed shape.
    Polygon(Polygon),
}

impl Roi {
    /// Whether a point lies inside.
    pub fn contains(&self, p: Point) -> bool {
        match self {
            Self::Rect(rect) => rect.contains(p),
            Self::Circle(center, radius) => center.distance(p) <= *radius,
            Self::Polygon(polygon) => polygon.contains(p),
        }
    }

    /// Whether the box around it reaches into a photo of this size.
    pub fn reaches(&self, width: usize, height: usize) -> bool {
        let (low, high) =
            match self {
                Self::Rect(r) => (Point::new(r.x, r.y), Point::new(r.x + r.w, r.y + r.h)),
                Self::Circle(c, radius) => (Point::new(c.x - radius, c.y - radius), Point::new(c.x + radius, c.y + radius)),
                Self::Polygon(polygon) => polygon.corners.iter().fold(
                    (Point::new(f64::INFINITY, f64::INFINITY), Point::new(f64::NEG_INFINITY, f64::NEG_INFINITY)),
                    |(low, high), p| (Point::new(low.x.min(p.x), low.y.min(p.y)), Point::new(high.x.max(p.x), high.y.max(p.y))),
                ),
            };
        low.x < width as f64 - 0.5 && low.y < height as f64 - 0.5 && high.x > -0.5 && high.y > -0.5
    }
}

/// Why a text names no region.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RoiError {
    /// Not one of the shapes.
    #[error("no region of a known shape: write rect:X,Y,W,H or circle:X,Y,RADIUS or polygon:X,Y,X,Y,X,Y… in pixels")]
    Shape,
    /// A number is missing, in excess, or none.
    #[error("{given:?} does not give {expected}")]
    Numbers {
        /// What was written.
        given: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// The region has no inside.
    #[error("the region is empty: {0}")]
    Empty(&'static str),
}

/// # Examples
/// ```
/// use anagen::field::Roi;
/// let roi: Roi = "circle:100,80,50".parse().unwrap();
/// assert!(roi.contains([130.0, 110.0].into()) && !roi.contains([150.0, 130.0].into()));
/// assert_eq!("circle:100,80".parse::<Roi>().unwrap_err().to_string(), "\"100,80\" does not give x,y,r");
/// ```
impl std::str::FromStr for Roi {
    type Err = RoiError;

    fn from_str(text: &str) -> Result<Self, RoiError> {
        let (shape, numbers) = text.trim().split_once(':').ok_or(RoiError::Shape)?;
        match shape.trim() {
            "rect" => {
                let [x, y, w, h] = exactly(numbers, "x,y,w,h")?;
                if w > 0.0 && h > 0.0 {
                    Ok(Self::Rect(Rect { x, y, w, h }))
                } else {
                    Err(RoiError::Empty("width and height must be above 0"))
                }
            }
            "circle" => {
                let [x, y, r] = exactly(numbers, "x,y,r")?;
                if r > 0.0 { Ok(Self::Circle(Point::new(x, y), r)) } else { Err(RoiError::Empty("the radius must be above 0")) }
            }
            "polygon" => {
                let numbers = finite(numbers).ok_or_else(|| wrong(numbers, "x,y,x,y,x,y…"))?;
                if !numbers.len().is_multiple_of(2) {
                    return Err(RoiError::Empty("a corner has two numbers, x and y"));
                }
                let polygon = Polygon::new(numbers.chunks_exact(2).map(|corner| Point::new(corner[0], corner[1])).collect());
                if polygon.corners.len() < 3 {
                    Err(RoiError::Empty("a polygon has three corners or more"))
                } else if polygon.area() == 0.0 {
                    Err(RoiError::Empty("the corners lie on one line"))
                } else {
                    Ok(Self::Polygon(polygon))
                }
            }
            _ => Err(RoiError::Shape),
        }
    }
}

fn exactly<const N: usize>(text: &str, expected: &'static str) -> Result<[f64; N], RoiError> {
    finite(text).and_then(|numbers| numbers.try_into().ok()).ok_or_else(|| wrong(text, expected))
}

/// The numbers of a text, parted by commas or blanks; `None` where one is none.
fn finite(text: &str) -> Option<Vec<f64>> {
    let parts = text.split(',').flat_map(|part| if part.trim().is_empty() { vec![part] } else { part.split_whitespace().collect() });
    parts.map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect()
}

fn wrong(given: &str, expected: &'static str) -> RoiError {
    RoiError::Numbers { given: given.trim().to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_is_read() {
        assert_eq!("rect:1,2,30,40".parse(), Ok(Roi::Rect(Rect { x: 1.0, y: 2.0, w: 30.0, h: 40.0 })));
        assert_eq!(" circle: 5, 6 , 7.5 ".parse(), Ok(Roi::Circle(Point::new(5.0, 6.0), 7.5)));
        let triangle: Roi = "polygon:0,0 10,0 0,10".parse().expect("a triangle");
        assert!(triangle.contains(Point::new(2.0, 2.0)) && !triangle.contains(Point::new(8.0, 8.0)));
        assert_eq!("polygon:0,0,10,0,0,10".parse(), Ok(triangle));
    }

    #[test]
    fn region_beside_the_photo_does_not_reach_it() {
        for (text, reaches) in [
            ("rect:0,0,5,5", true),
            ("rect:100,0,5,5", false),
            ("circle:-10,10,5", false),
            ("circle:-10,10,15", true),
            ("polygon:0,80 10,80 5,200", false),
        ] {
            assert_eq!(text.parse::<Roi>().unwrap().reaches(100, 80), reaches, "{text}");
        }
    }

    #[test]
    fn what_is_no_region_says_why() {
        for (text, why) in [
            ("", "no region"),
            ("square:1,2,3", "no region"),
            ("rect:1,2,3", "x,y,w,h"),
            ("rect:1,2,3,four", "x,y,w,h"),
            ("rect:1,2,0,4", "above 0"),
            ("circle:1,2,-3", "above 0"),
            ("circle:1,2,inf", "x,y,r"),
            ("polygon:1,2 3,4", "three corners"),
            ("polygon:0,0 1,1 2,2", "one line"),
            ("polygon:0,0,1,1,2", "two numbers"),
            ("polygon:0,0,,1,1", "x,y,x,y"),
            ("disk:1,2,3", "no region"),
            ("rect:1,2,NaN,4", "x,y,w,h"),
        ] {
            let error = text.parse::<Roi>().expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
