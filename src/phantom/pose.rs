//! How skin lies before the lens: turned, shifted, at a magnification of its own, and stretched.

use super::dice::Dice;
use crate::geometry::{Point, Vector};
use serde::{Deserialize, Serialize};

/// How far skin may lie from where it lay in the first session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// The most it is turned either way, in degrees.
    pub rotation_deg: f64,
    /// The most it is magnified; as much smaller at the other end.
    pub zoom: f64,
    /// The most it is shifted, as a share of the field's shorter side.
    pub shift: f64,
    /// The most it is stretched along one direction, as a share.
    pub stretch: f64,
    /// The height of each wave of its bending, in micrometers.
    pub bending: f64,
}

/// Where a place on the skin lies in one photo. Skin is counted in micrometers from the middle of the first session's field, and so is the
/// photo from its own middle.
///
/// The skin is first stretched and bent, then shifted, then turned. Magnification changes only how many micrometers a pixel spans.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pose {
    /// Clockwise as seen.
    pub rotation_deg: f64,
    /// Pixels per pixel of the first session.
    pub zoom: f64,
    /// Where the middle of the photo looks on the stretched skin.
    pub aim_um: [f64; 2],
    /// The share by which the skin is longer along `stretch_deg`.
    pub stretch: f64,
    /// The direction of the stretch, clockwise as seen.
    pub stretch_deg: f64,
    /// The smooth bending, summed.
    pub waves: Vec<Wave>,
}

/// One wave of a bending: a displacement along one direction that rises and falls along another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Wave {
    /// The highest displacement.
    pub height_um: [f64; 2],
    /// Radians per micrometer.
    pub frequency: [f64; 2],
    /// Radians at the skin's origin.
    pub phase: f64,
}

impl Pose {
    /// The pose of the first session.
    pub fn first() -> Self {
        Self { zoom: 1.0, ..Self::default() }
    }

    /// Any pose within a motion, of a field this many micrometers on its shorter side.
    pub(super) fn any(motion: Motion, shorter_side_um: f64, dice: &mut Dice) -> Self {
        let shift = Vector::from_angle(dice.angle()) * (dice.between(0.0, motion.shift) * shorter_side_um);
        let zoom = motion.zoom.max(1.0).ln();
        let waves = (0..3).map(|_| {
            let (height, frequency) = (Vector::from_angle(dice.angle()) * motion.bending, Vector::from_angle(dice.angle()));
            let frequency = frequency * (std::f64::consts::TAU / dice.between(3500.0, 9000.0));
            Wave { height_um: [height.x, height.y], frequency: [frequency.x, frequency.y], phase: dice.angle() }
        });
        let waves = waves.collect();
        Self {
            rotation_deg: dice.between(-motion.rotation_deg, motion.rotation_deg),
            zoom: dice.between(-zoom, zoom).exp(),
            aim_um: [shift.x, shift.y],
            stretch: dice.between(-motion.stretch, motion.stretch),
            stretch_deg: dice.angle().to_degrees(),
            waves,
        }
    }

    /// Where a place on the skin lies in the photo.
    pub fn place(&self, skin: Point) -> Point {
        let aim = Point::new(self.aim_um[0], self.aim_um[1]);
        let v = skin + self.displacement(skin) - aim;
        let (sin, cos) = self.rotation_deg.to_radians().sin_cos();
        Point::new(cos * v.x - sin * v.y, sin * v.x + cos * v.y)
    }

    /// Which place on the skin lies here in the photo: the inverse of [`Pose::place`] to a hundredth of a micrometer for bendings that fold nothing.
    pub fn skin(&self, photo: Point) -> Point {
        let (sin, cos) = self.rotation_deg.to_radians().sin_cos();
        let stretched = Point::new(cos * photo.x + sin * photo.y + self.aim_um[0], cos * photo.y - sin * photo.x + self.aim_um[1]);
        // A displacement that changes slowly is nearly the one at the place looked for.
        (0..8).fold(stretched, |skin, _| stretched - self.displacement(skin))
    }

    fn displacement(&self, skin: Point) -> Vector {
        let along = Vector::from_angle(self.stretch_deg.to_radians());
        let stretched = along * (self.stretch * (skin - Point::new(0.0, 0.0)).dot(along));
        self.waves.iter().fold(stretched, |sum, wave| {
            let rise = (wave.frequency[0] * skin.x + wave.frequency[1] * skin.y + wave.phase).sin();
            sum + Vector::new(wave.height_um[0], wave.height_um[1]) * rise
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: Motion = Motion { rotation_deg: 25.0, zoom: 1.25, shift: 0.5, stretch: 0.04, bending: 45.0 };

    #[test]
    fn first_pose_leaves_everything_where_it_is() {
        let p = Point::new(-820.0, 1300.0);
        assert_eq!((Pose::first().place(p), Pose::first().skin(p)), (p, p));
    }

    #[test]
    fn skin_is_found_again_from_the_photo() {
        for seed in 0..20 {
            let pose = Pose::any(FAR, 5600.0, &mut Dice::new(seed, 0));
            for p in [Point::new(0.0, 0.0), Point::new(3500.0, -2800.0), Point::new(-3000.0, 900.0)] {
                assert!(pose.place(pose.skin(p)).distance(p) < 0.01, "seed {seed}");
            }
        }
    }

    #[test]
    fn poses_stay_within_their_motion() {
        for seed in 0..50 {
            let pose = Pose::any(FAR, 5600.0, &mut Dice::new(seed, 0));
            assert!(pose.rotation_deg.abs() <= 25.0 && (0.8..=1.25).contains(&pose.zoom) && pose.stretch.abs() <= 0.04);
            assert!(pose.aim_um[0].hypot(pose.aim_um[1]) <= 2800.0);
        }
    }
}
