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
}

/// Why a text names no region.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RoiError {
    /// Not one of the shapes.
    #[error("no region of a known shape: write rect:x,y,w,h or circle:x,y,r or polygon:x1,y1 x2,y2 x3,y3 …")]
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
                let corners =
                    numbers.split_whitespace().map(|corner| exactly(corner, "x,y").map(Point::from)).collect::<Result<Vec<_>, _>>()?;
                let polygon = Polygon::new(corners);
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
    let wrong = || RoiError::Numbers { given: text.trim().to_owned(), expected };
    let numbers: Vec<f64> =
        text.split(',').map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect::<Option<_>>().ok_or_else(wrong)?;
    numbers.try_into().map_err(|_| wrong())
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
        ] {
            let error = text.parse::<Roi>().expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
