//! How hair near a place has moved beside what the registration says: shifted with the skin, turned by the comb.

use super::pair::{Scatter, wrapped};
use crate::geometry::{Point, Vector};

/// One hair seen in both photos.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    /// Where its root should lie.
    pub at: Point,
    /// How far it lies off, across its shaft.
    pub off: Vector,
    /// How far it is turned.
    pub turn: f64,
}

/// How far a hair at some place should be shifted and turned, and to within what.
#[derive(Debug, Clone, Copy)]
pub struct Drift {
    /// The shift.
    pub shift: Vector,
    /// One standard deviation of it to either side, in pixels.
    pub aside: f64,
    /// The turn.
    pub turn: f64,
    /// One standard deviation of it.
    pub turn_spread: f64,
}

/// Hairs of one unit lie within this many hair widths, and move alike.
const TOGETHER: f64 = 2.5;

/// What the photo as a whole weighs against one hair of the same unit.
const WHOLE: f64 = 0.3;

/// How hair at a place has moved, by the hairs around it and, where there are none, by the whole photo.
pub fn drift(at: Point, moved: &[Moved], scatter: &Scatter, hair: f64) -> Drift {
    let (mut weight, mut shift, mut turn) = (WHOLE, Vector::default(), 0.0);
    for other in moved {
        let apart = other.at.distance(at) / (TOGETHER * hair);
        if apart < 3.0 {
            let w = (-0.5 * apart * apart).exp();
            weight += w;
            shift = shift + other.off * w;
            turn += w * wrapped(other.turn - scatter.combed);
        }
    }
    let alone = WHOLE / weight;
    let between = |own: f64, whole: f64| (own * own * (1.0 - alone) + whole * whole * alone).sqrt();
    Drift {
        shift: shift * (1.0 / weight),
        aside: between(0.2 * hair, scatter.across),
        turn: scatter.combed + turn / weight,
        turn_spread: between((0.4 * scatter.turn).max(0.06), scatter.turn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCATTER: Scatter = Scatter { across: 5.0, combed: 0.2, turn: 0.3 };

    #[test]
    fn without_hair_around_the_whole_photo_tells() {
        let far = Moved { at: Point::new(900.0, 0.0), off: Vector::new(4.0, 0.0), turn: 1.0 };
        for moved in [&[][..], &[far]] {
            let drift = drift(Point::new(0.0, 0.0), moved, &SCATTER, 10.0);
            assert_eq!((drift.shift, drift.turn), (Vector::default(), 0.2));
            assert!((drift.aside - 5.0).abs() < 1e-9 && (drift.turn_spread - 0.3).abs() < 1e-9);
        }
    }

    #[test]
    fn hair_of_the_same_unit_tells_more() {
        let mate = Moved { at: Point::new(8.0, 0.0), off: Vector::new(4.0, 0.0), turn: 0.6 };
        let drift = drift(Point::new(0.0, 0.0), &[mate; 2], &SCATTER, 10.0);
        assert!(drift.shift.x > 3.0 && (0.5..0.6).contains(&drift.turn), "{drift:?}");
        assert!(drift.aside < 3.5 && drift.turn_spread < 0.2);
    }
}
