//! The photo as the detectors see it.

use crate::field::Field;
use crate::photo::Photo;
use crate::raster::light::linear;
use crate::raster::wide::widely;
use crate::raster::{Mask, Plane};

/// The light of a photo on a grid of `factor` photo pixels per pixel, and where it shows skin or hair.
#[derive(Debug, Clone)]
pub struct View {
    /// Photo pixels per pixel; position p shows photo position (p + 0.5) × factor − 0.5.
    pub factor: f64,
    /// Linear light of red, green and blue, 0 to 1.
    pub light: [Plane; 3],
    /// What the field shows, and what was filled in under thin drawn lines.
    pub visible: Mask,
}

impl View {
    /// A photo seen at `factor` photo pixels per pixel.
    pub fn of(photo: &Photo, field: &Field, factor: f64) -> Self {
        let light = photo.planes(factor).map(|mut plane| {
            let values = plane.as_slice_mut().expect("a new plane is contiguous");
            widely(
                #[inline(always)]
                || values.iter_mut().for_each(|value| *value = linear(*value)),
            );
            plane
        });
        let cells = light[0].dim();
        let mut view = Self { factor, visible: field.shown_on(cells, factor), light };
        view.bridge(&field.lined_on(cells, factor));
        view
    }

    /// Shows what lies under thin drawn lines as what is seen across them: a hair that a circle or a ruler's line crosses is one hair.
    ///
    /// Every pixel takes the light between two seen ones on opposite sides of it: of two that are alike, near it, and unlike what is usual around, so
    /// that hair goes on as hair however it crosses the line.
    fn bridge(&mut self, lined: &Mask) {
        let mut bridged = vec![];
        for (at, _) in lined.indexed_iter().filter(|(_, lined)| **lined) {
            let sides: Vec<[Seen; 2]> = (0..BEARINGS).filter_map(|bearing| self.across(at, bearing, lined)).collect();
            if sides.is_empty() {
                continue;
            }
            let Some(usual) = self.usual(at) else { continue };
            let cost = |[a, b]: &[Seen; 2]| {
                let (apart, unusual) = ((a.log - b.log).abs(), (0.5 * (a.log + b.log) - usual).abs());
                apart - 0.5 * unusual + 0.02 * (a.steps + b.steps)
            };
            let best = sides.iter().min_by(|a, b| cost(a).total_cmp(&cost(b)));
            bridged.extend(best.map(|[a, b]| {
                let share = a.steps / (a.steps + b.steps);
                (at, [0, 1, 2].map(|color| a.light[color] * (1.0 - share) + b.light[color] * share))
            }));
        }
        for (at, light) in bridged {
            self.light.iter_mut().zip(light).for_each(|(plane, light)| plane[at] = light);
            self.visible[at] = true;
        }
    }

    /// The median of the log light around a pixel, where anything is seen: that of skin.
    fn usual(&self, (row, column): (usize, usize)) -> Option<f32> {
        let around = |at: usize| (0..=2 * AROUND).step_by(AROUND / 4).map(move |to| (at + to).wrapping_sub(AROUND));
        let cells = around(row).flat_map(|r| around(column).map(move |c| (r, c)));
        let mut logs: Vec<f32> = cells.filter(|at| self.visible.get(*at) == Some(&true)).map(|at| self.log(at)).collect();
        logs.sort_by(f32::total_cmp);
        logs.get(logs.len() / 2).copied()
    }

    /// The natural log of the light of all three colors.
    fn log(&self, at: (usize, usize)) -> f32 {
        self.light.iter().map(|plane| plane[at]).sum::<f32>().max(DARKEST).ln()
    }

    /// The nearest seen pixels on the two sides of a pixel under a line, along a straight line through it; `None` where they are too far apart.
    fn across(&self, (row, column): (usize, usize), bearing: usize, lined: &Mask) -> Option<[Seen; 2]> {
        let (down, right) = (bearing as f64 * std::f64::consts::PI / BEARINGS as f64).sin_cos();
        let seen = |sign: f64| {
            for step in 1..MOST_UNDER_LINE {
                let along = sign * step as f64;
                let (r, c) = ((row as f64 + along * down).round(), (column as f64 + along * right).round());
                let at = (r >= 0.0 && c >= 0.0).then_some((r as usize, c as usize))?;
                if *self.visible.get(at)? {
                    let light = [0, 1, 2].map(|color| self.light[color][at]);
                    return Some(Seen { steps: step as f32, light, log: self.log(at) });
                }
                if !lined[at] {
                    return None;
                }
            }
            None
        };
        let sides = [seen(-1.0)?, seen(1.0)?];
        (sides[0].steps + sides[1].steps < MOST_UNDER_LINE as f32).then_some(sides)
    }
}

/// The directions in which a line is looked across.
const BEARINGS: usize = 12;

/// A line with everything lost beside it, seen at a slant, is narrower than this, in pixels: thicker ones hide what is under them.
const MOST_UNDER_LINE: usize = 24;

/// How far to each side, in pixels, what is usual is taken from: a hair with the skin around it.
const AROUND: usize = 24;

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
    fn view() -> (View, Mask) {
        let shown = Plane::from_shape_fn((80, 100), |(r, c)| if across(r, c).abs() < 4.0 { HAIR } else { SKIN });
        let lined = Mask::from_shape_fn((80, 100), |(_, c)| (46..54).contains(&c));
        let red = |plane: &Plane, light: f32| {
            let mut drawn = plane.clone();
            drawn.zip_mut_with(&lined, |value, lined| *value = if *lined { light } else { *value });
            drawn
        };
        let light = [red(&shown, 0.8), red(&shown, 0.02), red(&shown, 0.02)];
        (View { factor: 1.0, light, visible: lined.mapv(|lined| !lined) }, lined)
    }

    #[test]
    fn a_hair_goes_on_under_a_thin_line() {
        let (mut view, lined) = view();
        view.bridge(&lined);
        assert!(view.visible.iter().all(|visible| *visible));
        for plane in &view.light {
            for ((r, c), light) in plane.indexed_iter() {
                let off = across(r, c).abs();
                assert!(off > 2.0 || (light - HAIR).abs() < 0.1, "row {r}, column {c} of the hair: {light}");
                assert!(off < 6.0 || (light - SKIN).abs() < 0.1, "row {r}, column {c} of the skin: {light}");
            }
        }
    }

    #[test]
    fn under_a_thick_bar_and_at_the_edge_nothing_is_made_up() {
        let (mut view, _) = view();
        let (thick, edge) =
            (Mask::from_shape_fn((80, 100), |(_, c)| (30..70).contains(&c)), Mask::from_shape_fn((80, 100), |(_, c)| c < 5));
        for lined in [thick, edge] {
            view.visible = lined.mapv(|lined| !lined);
            let before = view.light.clone();
            view.bridge(&lined);
            assert_eq!(view.light, before);
            assert_eq!(view.visible, lined.mapv(|lined| !lined));
        }
    }
}
