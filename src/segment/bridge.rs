//! What lies under thin drawn lines: a hair that a circle or a ruler's line crosses is one hair.

use crate::raster::{Mask, Plane};
use std::ops::Range;

/// A pixel under a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bridged {
    /// Its row and column.
    pub(super) at: (usize, usize),
    /// The linear light of red, green and blue that it takes.
    pub(super) light: [f32; 3],
}

/// What is seen around drawn lines.
pub(super) struct Sight<'a> {
    /// The linear light of red, green and blue: of whole rows, at least [`AROUND`] before and after those that are bridged, where there are as many.
    pub(super) light: &'a [Plane; 3],
    /// What the field shows.
    pub(super) shown: &'a Mask,
    /// What lies under a thin drawn line.
    pub(super) lined: &'a Mask,
}

/// Rows and columns from a pixel to those along a straight line through it: those to the one side, by steps, and to the other.
type Ray = [[(isize, isize); MOST_UNDER_LINE - 1]; 2];

/// The lines along which it is looked, which are the same for every pixel.
fn rays() -> [Ray; BEARINGS] {
    std::array::from_fn(|bearing| {
        let (down, right) = (bearing as f64 * std::f64::consts::PI / BEARINGS as f64).sin_cos();
        [-1.0, 1.0].map(|sign| std::array::from_fn(|i| [down, right].map(|part| (sign * (i + 1) as f64 * part).round() as isize).into()))
    })
}

impl Sight<'_> {
    /// What takes another light under the lines of these rows, row by row.
    ///
    /// Every pixel takes the light between two seen ones on opposite sides of it: of two that are alike, near it, and unlike what is usual around, so
    /// that hair goes on as hair however it crosses the line.
    pub(super) fn bridged(&self, rows: Range<usize>) -> Vec<Bridged> {
        let rays = rays();
        let lined = rows
            .flat_map(|row| self.lined.row(row).into_iter().enumerate().filter(|(_, lined)| **lined).map(move |(column, _)| (row, column)));
        lined.filter_map(|at| self.bridge(at, &rays)).collect()
    }

    fn bridge(&self, at: (usize, usize), rays: &[Ray; BEARINGS]) -> Option<Bridged> {
        let sides = rays.each_ref().map(|ray| self.across(at, ray));
        if sides.iter().all(Option::is_none) {
            return None;
        }
        let usual = self.usual(at)?;
        let cost = |[a, b]: &[Seen; 2]| {
            let (apart, unusual) = ((a.log - b.log).abs(), (0.5 * (a.log + b.log) - usual).abs());
            apart - 0.5 * unusual + 0.02 * (a.steps + b.steps)
        };
        let (_, [a, b]) = sides.into_iter().flatten().map(|sides| (cost(&sides), sides)).min_by(|a, b| a.0.total_cmp(&b.0))?;
        let share = a.steps / (a.steps + b.steps);
        Some(Bridged { at, light: [0, 1, 2].map(|color| a.light[color] * (1.0 - share) + b.light[color] * share) })
    }

    /// The median of the log light around a pixel, where anything is seen: that of skin.
    fn usual(&self, (row, column): (usize, usize)) -> Option<f32> {
        let around = |at: usize| (0..=2 * AROUND).step_by(2 * AROUND / (AROUND_EACH_WAY - 1)).map(move |to| (at + to).wrapping_sub(AROUND));
        let cells = around(row).flat_map(|r| around(column).map(move |c| (r, c)));
        let mut lights = [0.0; AROUND_EACH_WAY * AROUND_EACH_WAY];
        let mut seen = 0;
        for at in cells.filter(|at| self.shown.get(*at) == Some(&true)) {
            lights[seen] = self.light(at).iter().sum();
            seen += 1;
        }
        // The median of the logs is the log of the median.
        let lights = &mut lights[..seen];
        (seen > 0).then(|| log(*lights.select_nth_unstable_by(seen / 2, f32::total_cmp).1))
    }

    /// The light of a pixel.
    fn light(&self, at: (usize, usize)) -> [f32; 3] {
        self.light.each_ref().map(|plane| plane[at])
    }

    /// The nearest seen pixels on the two sides of a pixel under a line, along a straight line through it; `None` where they are too far apart.
    fn across(&self, (row, column): (usize, usize), ray: &Ray) -> Option<[Seen; 2]> {
        let seen = |side: usize| {
            for (step, (down, right)) in (1_u8..).zip(&ray[side]) {
                let at = (row.checked_add_signed(*down)?, column.checked_add_signed(*right)?);
                if *self.shown.get(at)? {
                    return Some((at, f32::from(step)));
                }
                if !self.lined[at] {
                    return None;
                }
            }
            None
        };
        let sides = [seen(0)?, seen(1)?];
        (sides[0].1 + sides[1].1 < MOST_UNDER_LINE as f32).then(|| {
            sides.map(|(at, steps)| {
                let light = self.light(at);
                Seen { steps, light, log: log(light.iter().sum()) }
            })
        })
    }
}

/// The natural log of the light of all three colors together.
fn log(light: f32) -> f32 {
    light.max(DARKEST).ln()
}

/// The directions in which a line is looked across.
const BEARINGS: usize = 12;

/// A line with everything lost beside it, seen at a slant, is narrower than this, in pixels: thicker ones hide what is under them.
const MOST_UNDER_LINE: usize = 24;

/// How far to each side, in pixels, what is usual is taken from: a hair with the skin around it.
pub(super) const AROUND: usize = 24;

/// How many pixels across it is taken from, each way.
const AROUND_EACH_WAY: usize = 9;

/// Less light than this, of the three colors together, is as dark as any.
const DARKEST: f32 = 0.01;

/// A pixel seen beside a line.
struct Seen {
    /// How far away it is, in pixels.
    steps: f32,
    /// Of red, green and blue.
    light: [f32; 3],
    /// The natural log of the three together.
    log: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKIN: f32 = 0.5;
    const HAIR: f32 = 0.04;

    /// How far a pixel lies from the middle of the hair.
    fn across(row: usize, column: usize) -> f32 {
        ((row as f32 - 40.0) + 0.5 * (column as f32 - 50.0)) / 1.25_f32.sqrt()
    }

    /// A hair 8 pixels wide that rises by one pixel in two, under an upright line from column 46 to 53.
    ///
    /// ```text
    ///          ||  ///
    ///          ||///
    ///        //||
    ///      /// ||
    /// ```
    fn drawn() -> ([Plane; 3], Mask) {
        let shown = Plane::from_shape_fn((80, 100), |(r, c)| if across(r, c).abs() < 4.0 { HAIR } else { SKIN });
        let lined = Mask::from_shape_fn((80, 100), |(_, c)| (46..54).contains(&c));
        let red = |plane: &Plane, light: f32| {
            let mut drawn = plane.clone();
            drawn.zip_mut_with(&lined, |value, lined| *value = if *lined { light } else { *value });
            drawn
        };
        ([red(&shown, 0.8), red(&shown, 0.02), red(&shown, 0.02)], lined)
    }

    fn bridged(light: &[Plane; 3], lined: &Mask) -> Vec<Bridged> {
        Sight { light, shown: &lined.mapv(|lined| !lined), lined }.bridged(0..lined.nrows())
    }

    #[test]
    fn a_hair_goes_on_under_a_thin_line() {
        let (light, lined) = drawn();
        let bridged = bridged(&light, &lined);
        assert_eq!(bridged.len(), 80 * 8);
        for Bridged { at: (r, c), light } in bridged {
            let off = across(r, c).abs();
            for light in light {
                assert!(off > 2.0 || (light - HAIR).abs() < 0.1, "row {r}, column {c} of the hair: {light}");
                assert!(off < 6.0 || (light - SKIN).abs() < 0.1, "row {r}, column {c} of the skin: {light}");
            }
        }
    }

    #[test]
    fn some_rows_are_bridged_as_all_are() {
        let (light, lined) = drawn();
        let all = bridged(&light, &lined).into_iter().filter(|bridged| (30..50).contains(&bridged.at.0));
        let light = light.map(|plane| plane.slice_axis(ndarray::Axis(0), (6..74).into()).to_owned());
        let lined = Mask::from_shape_fn((68, 100), |(r, c)| lined[[r + 6, c]]);
        let some = Sight { light: &light, shown: &lined.mapv(|lined| !lined), lined: &lined }.bridged(24..44);
        let placed = some.into_iter().map(|Bridged { at: (row, column), light }| Bridged { at: (row + 6, column), light });
        assert_eq!(placed.collect::<Vec<_>>(), all.collect::<Vec<_>>());
    }

    #[test]
    fn under_a_thick_bar_and_at_the_edge_nothing_is_made_up() {
        let (light, _) = drawn();
        for columns in [30..70, 0..5] {
            assert_eq!(bridged(&light, &Mask::from_shape_fn((80, 100), |(_, c)| columns.contains(&c))), []);
        }
    }
}
