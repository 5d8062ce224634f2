//! The blurred staircase that a shaft shows across, and how its light changes with each of its parameters.
//!
//! Skin, shaft and skin are levels of light; each edge between two levels is a step blurred by the photo's point spread. Two edges make one
//! hair, three make two hairs that touch, four make two hairs with skin between them. A shaft may carry a core: a narrow bump (the reflex
//! of a shiny hair) or dip (the darker middle of a translucent one).

use super::fit::Spread;
use super::profile::Profile;
use super::shade::{self, falls};
use super::shape::{Kind, Shape};
use crate::raster::wide::widely;

const LEVELS: usize = 5;

/// The most parameters of a model: levels, edges, core and point spread.
const MOST: usize = 2 * LEVELS + 3;

/// A bump or dip within the measured shaft.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Core {
    pub(super) height: f64,
    /// How far it lies from the middle of the shaft, as a share of the shaft's width.
    pub(super) offset: f64,
    /// Its standard deviation before blur, as a share of the shaft's width.
    pub(super) share: f64,
    /// Whether `share` is held: in a narrow shaft nothing tells it.
    pub(super) tied: bool,
}

/// The standard deviation of a core before blur as a share of the shaft's width, where nothing better is known.
pub(super) const USUAL_SHARE: f64 = 0.12;

/// A core is tied in shafts narrower than this many point spreads.
pub(super) const NARROW: f64 = 8.0;

/// From this many point spreads on, each place tells width, blur and core by itself.
pub(super) const WIDE: f64 = 12.0;

/// A blurred staircase: `edges[..steps]` ascending, `levels[..=steps]` from left to right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Staircase {
    pub(super) steps: usize,
    pub(super) levels: [f64; LEVELS],
    pub(super) edges: [f64; LEVELS - 1],
    /// Which edge the measured shaft begins at; it ends at the next.
    pub(super) shaft: usize,
    pub(super) core: Option<Core>,
    /// The light that the skin right beside a single shaft has more than the skin farther off, negative where the shaft shades it; `None` where the
    /// photo's hair throws no such shade. Farther off it falls as a cylinder's does.
    pub(super) shade: Option<f64>,
    /// How its light runs from the middle to the edges.
    pub(super) shape: Shape,
    /// The logarithm of the point spread's standard deviation in pixels.
    pub(super) ln_spread: f64,
}

impl Staircase {
    /// One shaft between two edges.
    pub(super) fn single(levels: [f64; 3], edges: [f64; 2], spread: f64) -> Self {
        let [left, shaft, right] = levels;
        Self {
            steps: 2,
            levels: [left, shaft, right, 0.0, 0.0],
            edges: [edges[0], edges[1], 0.0, 0.0],
            shaft: 0,
            core: None,
            shade: None,
            shape: Shape::OPAQUE,
            ln_spread: spread.ln(),
        }
    }

    pub(super) fn width(&self) -> f64 {
        self.edges[self.shaft + 1] - self.edges[self.shaft]
    }

    pub(super) fn center(&self) -> f64 {
        (self.edges[self.shaft + 1] + self.edges[self.shaft]) / 2.0
    }

    /// The light of the shaft less that of its surroundings, halfway between left and right.
    pub(super) fn contrast(&self) -> f64 {
        let k = self.shaft;
        self.levels[k + 1] - (self.levels[k] + self.levels[k + 2]) / 2.0
    }

    /// Whether what lies to the left and right is equally light, about: where one side is darker by more than half of the shaft's own contrast, it is no skin
    /// but another shaft, and where it is lighter the reflex of this one, whose other half lies beyond. Of hairs that touch nothing tells where the one
    /// ends and the other begins.
    pub(super) fn skin_on_both_sides(&self) -> bool {
        let (left, right) = (self.levels[0], self.levels[self.steps]);
        let contrast = (self.levels[self.shaft + 1] - left.midpoint(right)).abs();
        let gap = self.steps < 4 || (self.levels[2] - left.midpoint(right)).abs() < 0.5 * contrast;
        self.steps != 3 && gap && (left - right).abs() < 0.55 * contrast
    }

    /// How far the light on one side of the shaft is from that on the other, as a share of its contrast.
    pub(super) fn imbalance(&self) -> f64 {
        (self.levels[self.shaft] - self.levels[self.shaft + 2]).abs() / self.contrast().abs().max(1e-9)
    }

    /// The core's light summed across the shaft, as a share of what the whole shaft takes away: blur leaves it as it is. Positive for a
    /// reflex; zero without a core.
    pub(super) fn core_strength(&self) -> f64 {
        self.core.map_or(0.0, |core| -core.height * self.core_sigma() / (self.contrast() * self.width()))
    }

    /// The blurred core's standard deviation; zero without one.
    pub(super) fn core_sigma(&self) -> f64 {
        self.core.map_or(0.0, |core| (core.share * self.width()).hypot(self.ln_spread.exp()))
    }

    /// The same shaft with a core of this height, its center and its size before blur these shares of the width.
    pub(super) fn with_core(mut self, height: f64, offset: f64, share: f64) -> Self {
        let tied = self.width() < NARROW * self.ln_spread.exp();
        self.core = Some(Core { height, offset, share, tied });
        self
    }

    /// The same shaft shading its skin by this share of its own contrast.
    pub(super) fn with_shade(mut self, share: f64) -> Self {
        self.shade = Some(share * self.contrast());
        self
    }

    /// How many parameters it has: levels, edges, core, shade, and the point spread for the last.
    pub(super) fn size(&self) -> usize {
        2 * (self.steps + 1) + self.core.map_or(0, |core| if core.tied { 2 } else { 3 }) + usize::from(self.shade.is_some())
    }

    /// Where the shade stands among them.
    pub(super) fn shade_at(&self) -> usize {
        self.size() - 2
    }

    /// Its parameters in that order.
    fn parameters<const N: usize>(&self) -> [f64; N] {
        let core = self.core.iter().flat_map(|core| [core.height, core.offset].into_iter().chain((!core.tied).then_some(core.share.ln())));
        let mut all = self.levels[..=self.steps]
            .iter()
            .chain(&self.edges[..self.steps])
            .copied()
            .chain(core)
            .chain(self.shade)
            .chain([self.ln_spread]);
        std::array::from_fn(|_| all.next().unwrap_or(0.0))
    }

    /// How far each parameter lies from another model's.
    pub(super) fn from<const N: usize>(&self, other: &Self) -> [f64; N] {
        let other = other.parameters::<N>();
        let mut own = self.parameters::<N>();
        own.iter_mut().zip(other).for_each(|(own, other)| *own -= other);
        own
    }

    /// The blur in a profile whose bins add some of their own.
    pub(super) fn blur(&self, profile: &Profile) -> Blur {
        let own = (2.0 * self.ln_spread).exp();
        Blur::new((own + profile.bin_variance).sqrt(), own, self.core_sigma())
    }

    /// The edges, those of the shaft where its shape ends.
    fn shown_edges(&self) -> [f64; LEVELS - 1] {
        if self.shape.kind == Kind::Opaque {
            return self.edges;
        }
        let (mut edges, half) = (self.edges, 0.5 * self.shape.reach * self.width());
        edges[self.shaft] = self.center() - half;
        edges[self.shaft + 1] = self.center() + half;
        edges
    }

    /// The same shaft with another shape, as wide as then looks most alike.
    pub(super) fn shaped(mut self, shape: Shape) -> Self {
        let (center, half) = (self.center(), 0.5 * self.width() * shape.over_opaque() / self.shape.over_opaque());
        if self.steps == 2 {
            self.edges[self.shaft] = center - half;
            self.edges[self.shaft + 1] = center + half;
        }
        self.shape = shape;
        self
    }

    /// Writes the light at each of some places under a blur, and how it changes with each parameter, place by place: levels, edges, core, shade, point
    /// spread.
    /// What lies in any of them beforehand does not count; `scratch` holds what it works with, `scratch()` values for each place.
    pub(super) fn lay(&self, x: &[f64], blur: &Blur, light: &mut [f64], slopes: &mut [f64], scratch: &mut [f64]) {
        widely(
            #[inline(always)]
            || self.laid(x, blur, light, slopes, scratch),
        );
    }

    /// How much room laying it takes, for each place.
    pub(super) fn scratch(&self) -> usize {
        2 * self.steps
    }

    #[inline(always)]
    fn laid(
        &self,
        x: &[f64],
        &Blur { total, own, core: sigma, over, share }: &Blur,
        light: &mut [f64],
        slopes: &mut [f64],
        scratch: &mut [f64],
    ) {
        let (n, m, last) = (x.len(), self.steps, self.size() - 1);
        let light = &mut light[..n];
        let mut slopes: [&mut [f64]; MOST] = columns(slopes, n);
        let mut risen: [&mut [f64]; 2 * (LEVELS - 1)] = columns(scratch, n);
        light.fill(self.levels[0]);
        slopes[0].fill(1.0);
        slopes[last].fill(0.0);
        let edges = self.shown_edges();
        for (k, &edge) in edges[..m].iter().enumerate() {
            let step = self.levels[k + 1] - self.levels[k];
            let [below, density] = of(&mut risen, [2 * k, 2 * k + 1], n);
            for i in 0..n {
                (below[i], density[i]) = normal((x[i] - edge) * over);
            }
            let [before, after, by_edge, by_spread] = of(&mut slopes, [k, k + 1, m + 1 + k, last], n);
            for i in 0..n {
                let steepness = step * density[i];
                light[i] += step * below[i];
                before[i] -= below[i];
                after[i] = below[i];
                by_edge[i] = -steepness * over;
                by_spread[i] -= steepness * (x[i] - edge) * over * share;
            }
        }
        if let Some(height) = self.shade {
            let (width, at) = (edges[1] - edges[0], last - 1);
            for (k, side) in [(0, 1.0), (1, -1.0)] {
                let [below, density] = of(&mut risen, [2 * k, 2 * k + 1], n);
                let [by_left, by_right, by_height, by_spread] = of(&mut slopes, [m + 1, m + 2, at, last], n);
                for i in 0..n {
                    let outside = if k == 0 { 1.0 - below[i] } else { below[i] };
                    let [share_here, by_z, by_width, by_ln_spread] =
                        falls(side * (edges[k] - x[i]) * over, (outside, density[i]), width, total);
                    let by_edge = side * by_z * over;
                    light[i] += height * share_here;
                    by_height[i] = if k == 0 { share_here } else { by_height[i] + share_here };
                    let (own, other) = (height * (by_edge - side * by_width), height * side * by_width);
                    let (by_own, by_other) = if k == 0 { (&mut by_left[i], &mut by_right[i]) } else { (&mut by_right[i], &mut by_left[i]) };
                    *by_own += own;
                    *by_other += other;
                    by_spread[i] += height * by_ln_spread * share;
                }
            }
        }
        if self.shape.kind != Kind::Opaque {
            let (k, contrast, reach, center) = (self.shaft, self.contrast(), self.shape.reach, self.center());
            let half = 0.5 * reach * self.width();
            // The edges shown lie within the shaft's own, and move with both of them.
            let (near, far) = (0.5 * (1.0 + reach), 0.5 * (1.0 - reach));
            let [a, da, b, db] = of(&mut risen, [2 * k, 2 * k + 1, 2 * k + 2, 2 * k + 3], n);
            let [left, own_level, right, by_left, by_right, by_spread] = of(&mut slopes, [k, k + 1, k + 2, m + 1 + k, m + 2 + k, last], n);
            for i in 0..n {
                let [relief, by_x, by_half, by_ln_spread] =
                    self.shape.relief(x[i] - center, half, (total, own), [(a[i], da[i]), (b[i], db[i])]);
                light[i] += contrast * relief;
                left[i] -= 0.5 * relief;
                own_level[i] += relief;
                right[i] -= 0.5 * relief;
                (by_left[i], by_right[i]) = (
                    near * by_left[i] + far * by_right[i] - 0.5 * contrast * (by_x + reach * by_half),
                    near * by_right[i] + far * by_left[i] - 0.5 * contrast * (by_x - reach * by_half),
                );
                by_spread[i] += contrast * by_ln_spread;
            }
        }
        if let Some(core) = &self.core {
            let (width, at, k) = (self.width(), 2 * m + 1, m + 1 + self.shaft);
            let middle = self.center() + core.offset * width;
            // σ² = (share · width)² + blur²: core and shaft move and grow together.
            let own_part = (core.share * width / sigma).powi(2);
            let [by_left, by_right, by_height, by_offset, by_spread] = of(&mut slopes, [k, k + 1, at, at + 1, last], n);
            for i in 0..n {
                let z = (x[i] - middle) / sigma;
                let bump = if z.abs() < 5.0 { decay(z * z / 2.0) } else { 0.0 };
                let by_center = core.height * bump * z / sigma;
                let by_ln_sigma = core.height * bump * z * z;
                let by_width = by_ln_sigma * own_part / width;
                light[i] += core.height * bump;
                by_left[i] += by_center * (0.5 - core.offset) - by_width;
                by_right[i] += by_center * (0.5 + core.offset) + by_width;
                by_height[i] = bump;
                by_offset[i] = by_center * width;
                by_spread[i] += by_ln_sigma * (1.0 - own_part);
            }
            if !core.tied {
                let [by_offset, by_share] = of(&mut slopes, [at + 1, at + 2], n);
                for i in 0..n {
                    // The change by the size is that by the place, z times over.
                    by_share[i] = by_offset[i] * (x[i] - middle) / width * own_part;
                }
            }
        }
    }

    /// The model after a step, held to what a shaft can be.
    pub(super) fn moved(&self, by: &[f64], spread: Spread, darkest: f64) -> Self {
        let m = self.steps;
        let mut next = *self;
        for (level, change) in next.levels[..=m].iter_mut().zip(by) {
            *level = (*level + change).max(darkest);
        }
        // An edge moves at most a shaft's half at a time, and never past its neighbor.
        for k in 0..m {
            let reach = (0.5 * self.width()).max(0.5);
            next.edges[k] = self.edges[k] + by[m + 1 + k].clamp(-reach, reach);
        }
        for k in 1..m {
            next.edges[k] = next.edges[k].max(next.edges[k - 1] + 0.1);
        }
        if spread == Spread::Free {
            next.ln_spread = (self.ln_spread + by[self.size() - 1].clamp(-0.5, 0.5)).clamp(-1.6, 2.7);
        }
        if let Some(shade) = next.shade.as_mut() {
            // A shaft takes away no more light than there is; it adds none, but for what noise may feign.
            let contrast = self.contrast();
            let (a, b) = (shade::LEAST * contrast, shade::MOST * contrast);
            *shade = (*shade + by[self.shade_at()]).clamp(a.min(b), a.max(b));
        }
        if let Some(core) = next.core.as_mut() {
            let at = 2 * m + 1;
            // A core lies within its shaft, narrow enough not to stand for the shaft itself.
            core.height += by[at];
            core.offset = (core.offset + by[at + 1]).clamp(-0.3, 0.3);
            if !core.tied {
                core.share = (core.share.ln() + by[at + 2].clamp(-0.5, 0.5)).exp().clamp(0.03, 0.3);
            }
        }
        next
    }
}

/// Values of several kinds, each for `n` places, one after another; empty ones where there are no more.
#[inline(always)]
fn columns<const K: usize>(values: &mut [f64], n: usize) -> [&mut [f64]; K] {
    let mut columns = values.chunks_exact_mut(n.max(1));
    std::array::from_fn(|_| columns.next().unwrap_or_default())
}

/// Several of these columns, each another, of `n` places.
#[inline(always)]
fn of<'a, const K: usize>(columns: &'a mut [&mut [f64]], which: [usize; K], n: usize) -> [&'a mut [f64]; K] {
    columns.get_disjoint_mut(which).expect("each column is another").map(|column| &mut column[..n])
}

/// How far light spreads in a profile: worked out once for all its bins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blur {
    /// The standard deviation that an edge shows.
    total: f64,
    /// The variance of the photo's point spread.
    own: f64,
    /// The core's standard deviation; zero without one.
    core: f64,
    /// One over `total`, and `own` as a share of its variance: divisions cost more than all else in the fit's inner loop.
    over: f64,
    share: f64,
}

impl Blur {
    fn new(total: f64, own: f64, core: f64) -> Self {
        Self { total, own, core, over: 1.0 / total, share: own / (total * total) }
    }
}

/// The standard normal distribution's cumulative share and density at `z`.
///
/// # Accuracy
/// The share is within 1.5e-7 of the truth.
///
/// # Source
/// Abramowitz & Stegun 1964, 7.1.26; one exponential serves both.
#[inline(always)]
fn normal(z: f64) -> (f64, f64) {
    let size = z.abs();
    let exponential = if size > 5.0 { 0.0 } else { decay(size * size / 2.0) };
    let t = 1.0 / (1.0 + 0.327_591_1 * size * std::f64::consts::FRAC_1_SQRT_2);
    let series = t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let tail = series * exponential / 2.0;
    (if z > 0.0 { 1.0 - tail } else { tail }, exponential * 0.398_942_280_401_432_7)
}

/// e to the power of −x, for x from 0 to 700, within 1e-9 of its size: the fit's inner loop, several times faster than the exact one.
#[inline(always)]
fn decay(x: f64) -> f64 {
    /// So large that what is added to it is rounded to a whole number, which its lowest bits then hold.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    let turns = x * std::f64::consts::LOG2_E;
    let rounded = turns + WHOLE;
    let y = (rounded - WHOLE - turns) * std::f64::consts::LN_2;
    // Terms by pairs, for a chain of them would keep the processor waiting.
    let (y2, y4) = (y * y, y * y * (y * y));
    let series = (1.0 + y)
        + (0.5 + y * (1.0 / 6.0)) * y2
        + ((1.0 / 24.0 + y * (1.0 / 120.0)) + (1.0 / 720.0 + y * (1.0 / 5040.0)) * y2) * y4
        + y4 * y4 * (1.0 / 40320.0);
    series * f64::from_bits((1023 + WHOLE.to_bits()).wrapping_sub(rounded.to_bits()) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decay_is_the_exponential() {
        for i in 0..7000 {
            let x = 0.1 * f64::from(i);
            assert!((decay(x) / (-x).exp() - 1.0).abs() < 1e-9, "{} at {x}", decay(x));
        }
    }

    #[test]
    fn slopes_are_those_of_the_light() {
        let clear = Shape { kind: Kind::Clear(65), reach: 0.98, square: -0.18, fourth: -0.38, doubt: 0.0 };
        for shape in [Shape::OPAQUE, clear] {
            let model =
                Staircase { shape, ..Staircase::single([0.9, 0.1, 0.7], [-3.0, 4.0], 1.3) }.with_core(0.2, 0.1, 0.12).with_shade(0.3);
            let light = |model: &Staircase, x: f64| {
                let own = (2.0 * model.ln_spread).exp();
                let blur = Blur::new((own + 0.03).sqrt(), own, model.core_sigma());
                let (mut light, mut slopes) = ([0.0], [0.0; 10]);
                model.lay(&[x], &blur, &mut light, &mut slopes, &mut [0.0; 4]);
                (light[0], slopes)
            };
            for x in [-6.0, -3.2, -1.0, 0.4, 3.0, 4.4, 7.0] {
                let (here, slopes) = light(&model, x);
                for (i, slope) in slopes.iter().enumerate() {
                    let mut step = [0.0; 10];
                    step[i] = 1e-3;
                    let there = light(&model.moved(&step, Spread::Free, 0.0), x).0;
                    assert!(
                        ((there - here) / 1e-3 - slope).abs() < 2e-3,
                        "{shape:?} at {x}, parameter {i}: {} and {slope}",
                        (there - here) / 1e-3
                    );
                }
            }
        }
    }
}
