//! How single arguments are read.

use crate::field::Roi;
use crate::geometry::{Point, Polygon, Rect};

/// A number above 0.
pub fn positive(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("not a number above 0".into()),
    }
}

/// `rect:X,Y,W,H`, `circle:X,Y,RADIUS` or `polygon:X,Y,X,Y,X,Y…`, in pixels.
pub fn roi(text: &str) -> Result<Roi, String> {
    let usage = "expected rect:X,Y,W,H or circle:X,Y,RADIUS or polygon:X,Y,X,Y,X,Y… in pixels";
    let (shape, numbers) = text.split_once(':').ok_or(usage)?;
    let numbers: Option<Vec<f64>> = numbers.split(',').map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect();
    match (shape, numbers.as_deref()) {
        ("rect", Some(&[x, y, w, h])) if w > 0.0 && h > 0.0 => Ok(Roi::Rect(Rect { x, y, w, h })),
        ("circle", Some(&[x, y, radius])) if radius > 0.0 => Ok(Roi::Circle(Point::new(x, y), radius)),
        ("polygon", Some(corners)) if corners.len() >= 6 && corners.len() % 2 == 0 => {
            Ok(Roi::Polygon(Polygon::new(corners.chunks_exact(2).map(|c| Point::new(c[0], c[1])).collect())))
        }
        _ => Err(usage.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_not_above_zero_are_refused() {
        for text in ["", "0", "-1", "NaN", "inf", "one", "1mm"] {
            assert!(positive(text).is_err(), "{text}");
        }
        assert_eq!(positive("2.76"), Ok(2.76));
    }

    #[test]
    fn regions_are_read_by_their_shape() {
        assert_eq!(roi("rect:1,2,3,4"), Ok(Roi::Rect(Rect { x: 1.0, y: 2.0, w: 3.0, h: 4.0 })));
        assert_eq!(roi("circle:10, 20, 5"), Ok(Roi::Circle(Point::new(10.0, 20.0), 5.0)));
        assert!(matches!(roi("polygon:0,0,9,0,9,9"), Ok(Roi::Polygon(polygon)) if polygon.corners.len() == 3));
        for text in [
            "",
            "rect",
            "rect:1,2,3",
            "rect:1,2,0,4",
            "circle:1,2,-3",
            "polygon:0,0,1,1",
            "polygon:0,0,1,1,2",
            "disk:1,2,3",
            "rect:1,2,NaN,4",
        ] {
            assert!(roi(text).is_err(), "{text}");
        }
    }
}
