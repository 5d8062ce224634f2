//! The least-squares fit of a blurred staircase to one profile.

use super::profile::Profile;
use super::staircase::{Staircase, USUAL_SHARE};
use crate::raster::wide::widely;

/// Whether the point spread is fitted along or held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    Free,
    Fixed,
}

/// What the photo's wide hairs say of a core: its strength is this, give or take one standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CorePrior {
    pub(super) strength: f64,
    pub(super) deviation: f64,
    /// Its standard deviation before blur, as a share of the shaft's width.
    pub(super) share: f64,
}

/// How far from the middle a core lies: one standard deviation, as a share of the width.
const OFFSET_DEVIATION: f64 = 0.15;

/// How a core's size differs from the usual: one standard deviation of its logarithm.
const SIZE_DEVIATION: f64 = 0.5;

/// What a staircase is fitted to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem<'a> {
    pub(super) profile: &'a Profile,
    pub(super) spread: Spread,
    /// What is known of a core beforehand, if anything.
    pub(super) core: Option<CorePrior>,
    /// What is known of a free point spread beforehand, if anything: its logarithm and the variance of that.
    pub(super) blur: Option<(f64, f64)>,
    /// What one pixel is expected to scatter about the model; without it a fit begins with one of plain least squares.
    pub(super) noise: Option<f64>,
}

/// A fitted staircase, with how well it fits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    pub(super) model: Staircase,
    /// The robust cost: the sum of squared residuals, large ones counted by their size only.
    pub(super) cost: f64,
    /// The standard deviation of one pixel about the model.
    pub(super) noise: f64,
    /// How many parameters were free.
    pub(super) parameters: usize,
    /// The variance of the width, were the noise white.
    pub(super) width_variance: f64,
    /// The variance of `ln_spread`, were the noise white; zero where it was held.
    pub(super) ln_spread_variance: f64,
    /// The change of the width per unit of `ln_spread`, everything else fitted anew.
    pub(super) width_by_ln_spread: f64,
}

impl Fit {
    /// The same fit had the point spread been held at a value nearby: to first order, which in a wide shaft is all there is.
    pub(super) fn held(mut self, ln_spread: f64) -> Self {
        let change = self.width_by_ln_spread * (ln_spread - self.model.ln_spread) / 2.0;
        self.model.edges[self.model.shaft] -= change;
        self.model.edges[self.model.shaft + 1] += change;
        self.model.ln_spread = ln_spread;
        self.width_variance = (self.width_variance - self.width_by_ln_spread.powi(2) * self.ln_spread_variance).max(0.0);
        self
    }
}

/// Calls a method for as many parameters as the model has: the equations lie on the stack, and their loops have a known length.
macro_rules! sized {
    ($model:expr, $problem:ident.$method:ident($($argument:expr),*)) => {
        match $model.size() {
            6 => $problem.$method::<6>($($argument),*),
            8 => $problem.$method::<8>($($argument),*),
            9 => $problem.$method::<9>($($argument),*),
            10 => $problem.$method::<10>($($argument),*),
            11 => $problem.$method::<11>($($argument),*),
            12 => $problem.$method::<12>($($argument),*),
            _ => $problem.$method::<13>($($argument),*),
        }
    };
}

/// A descent ends where the next step would lower the cost by no more than this share of it.
const LITTLE: f64 = 1e-3;

/// Residuals beyond this many standard deviations of the noise count by their size only.
const OUTLYING: f64 = 2.5;

impl Problem<'_> {
    /// The start from which a few plain steps lead lowest.
    pub(super) fn most_promising(&self, starts: impl Iterator<Item = Staircase>) -> Option<Staircase> {
        starts.map(|start| sized!(start, self.toward(start, 3))).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, model)| model)
    }

    fn toward<const N: usize>(&self, start: Staircase, most: usize) -> (f64, Staircase) {
        let mut laid = self.lay::<N>(start.moved(&[0.0; N], self.spread, self.profile.darkest));
        self.descend(&mut laid, f64::INFINITY, most);
        (laid.cost(f64::INFINITY), laid.model)
    }

    /// Fits a staircase from a starting model: Levenberg–Marquardt steps, residuals beyond 2.5 standard deviations weighted down (Huber).
    /// `None` where the profile holds too little to fit.
    pub(super) fn fit(&self, start: Staircase) -> Option<Fit> {
        sized!(start, self.fitted(start))
    }

    fn fitted<const N: usize>(&self, start: Staircase) -> Option<Fit> {
        let free = self.free::<N>();
        if self.profile.bins.len() < free + 3 {
            return None;
        }
        let mut laid = self.lay::<N>(start.moved(&[0.0; N], self.spread, self.profile.darkest));
        let mut noise = self.noise.unwrap_or(f64::INFINITY);
        for most in [16, 4, 2] {
            self.descend(&mut laid, noise, most);
            let before = std::mem::replace(&mut noise, laid.noise(free)?);
            if (noise / before - 1.0).abs() < 0.1 {
                break;
            }
        }
        let equations = laid.equations(noise);
        let factor = equations.factor(free, 0.0)?;
        let (a, b) = (laid.model.steps + 1 + laid.model.shaft, laid.model.steps + 2 + laid.model.shaft);
        let unit = |at: usize| factor.solve(free, &std::array::from_fn(|i| f64::from(u8::from(i == at))));
        let (by_a, by_b) = (unit(a), unit(b));
        let white = noise * noise;
        let width_variance = (by_a[a] + by_b[b] - 2.0 * by_a[b]) * white;
        let (ln_spread_variance, width_by_ln_spread) = match self.spread {
            Spread::Free => {
                let by_spread = unit(N - 1);
                (by_spread[N - 1] * white, (by_spread[b] - by_spread[a]) / by_spread[N - 1])
            }
            Spread::Fixed => {
                // How the optimum shifts when the held parameter moves: −H⁻¹ · (cross terms with it).
                let shift = factor.solve(free, &equations.matrix[N - 1]);
                (0.0, shift[a] - shift[b])
            }
        };
        // What the descent left undone is one short step.
        let step = factor.solve(free, &equations.right);
        let moved = laid.model.moved(&step, self.spread, self.profile.darkest);
        let step = equations.within(free, 0.0, step, moved.from(&laid.model));
        let short = equations.gain(&step) <= 2.0 * LITTLE * equations.cost;
        let model = if short { laid.model.moved(&step, self.spread, self.profile.darkest) } else { laid.model };
        let cost = equations.cost;
        let finite = cost.is_finite() && width_variance.is_finite() && width_variance >= 0.0;
        finite.then_some(Fit { model, cost, noise, parameters: free, width_variance, ln_spread_variance, width_by_ln_spread })
    }

    /// How many of N parameters are free.
    fn free<const N: usize>(&self) -> usize {
        if self.spread == Spread::Free { N } else { N - 1 }
    }

    /// Steps downhill until the gain is negligible.
    fn descend<const N: usize>(&self, laid: &mut Laid<N>, noise: f64, most: usize) {
        let free = self.free::<N>();
        let mut damping = 1e-3;
        let mut here = laid.equations(noise);
        for _ in 0..most {
            let Some(factor) = here.factor(free, damping) else {
                damping *= 10.0;
                continue;
            };
            let step = factor.solve(free, &here.right);
            let moved = laid.model.moved(&step, self.spread, self.profile.darkest);
            let step = here.within(free, damping, step, moved.from(&laid.model));
            if here.gain(&step) < LITTLE * here.cost {
                return;
            }
            let next = self.lay::<N>(laid.model.moved(&step, self.spread, self.profile.darkest));
            if next.cost(noise) < here.cost {
                *laid = next;
                here = laid.equations(noise);
                damping = (damping * 0.1).max(1e-6);
            } else {
                damping *= 10.0;
            }
        }
    }

    /// Lays a model over the profile.
    fn lay<const N: usize>(&self, model: Staircase) -> Laid<N> {
        let blur = model.blur(self.profile);
        let steps = model.blurred_steps(&self.profile.bins, &blur);
        let bins = self.profile.bins.iter().enumerate().map(|(i, bin)| {
            let (light, slopes) = model.at(bin.x, &blur, steps.each_ref().map(|of_edge| of_edge.get(i).copied().unwrap_or_default()));
            Left { light: bin.light - light, pixels: bin.pixels, slopes }
        });
        Laid { model, bins: bins.collect(), known: self.known(&model) }
    }

    /// What the model leaves of what is known beforehand: each counts as one more observation, with its own standard deviation.
    fn known<const N: usize>(&self, model: &Staircase) -> Vec<(f64, Left<N>)> {
        let mut known = vec![];
        let mut observe = |light: f64, deviation: f64, slopes: [f64; N]| known.push((deviation, Left { light, pixels: 1.0, slopes }));
        if let (Some((expected, variance)), Spread::Free) = (self.blur, self.spread) {
            let mut by = [0.0; N];
            by[N - 1] = 1.0;
            observe(expected - model.ln_spread, variance.sqrt(), by);
        }
        if let Some(core) = model.core {
            let (at, k) = (2 * model.steps + 1, model.shaft);
            let (contrast, width, sigma) = (model.contrast(), model.width(), model.core_sigma());
            if let Some(prior) = self.core {
                let strength = model.core_strength();
                let own_part = (core.share * width / sigma).powi(2);
                let mut by = [0.0; N];
                by[k] = strength / (2.0 * contrast);
                by[k + 1] = -strength / contrast;
                by[k + 2] = strength / (2.0 * contrast);
                by[model.steps + 1 + k] = strength * (1.0 - own_part) / width;
                by[model.steps + 2 + k] = -strength * (1.0 - own_part) / width;
                by[at] = -sigma / (contrast * width);
                if !core.tied {
                    by[at + 2] = strength * own_part;
                }
                by[N - 1] = strength * (1.0 - own_part);
                observe(prior.strength - strength, prior.deviation, by);
            }
            // Of a faint core nothing else tells where it lies and how large it is.
            let unit = |at: usize| std::array::from_fn(|i| f64::from(u8::from(i == at)));
            observe(-core.offset, OFFSET_DEVIATION, unit(at + 1));
            if !core.tied {
                observe((USUAL_SHARE / core.share).ln(), SIZE_DEVIATION, unit(at + 2));
            }
        }
        known
    }
}

/// A model laid over a profile of N parameters.
struct Laid<const N: usize> {
    model: Staircase,
    bins: Vec<Left<N>>,
    /// What is known beforehand, with its standard deviation.
    known: Vec<(f64, Left<N>)>,
}

/// What a model leaves of one bin.
struct Left<const N: usize> {
    /// The light seen less that of the model.
    light: f64,
    pixels: f64,
    /// How the model's light changes with each parameter.
    slopes: [f64; N],
}

impl<const N: usize> Left<N> {
    /// What it adds to the robust cost, and its weight in the normal equations. A bin is the mean of its pixels, so its own noise is smaller by
    /// the root of their number.
    fn counted(&self, noise: f64) -> (f64, f64) {
        let (square, limit) = (self.light * self.light * self.pixels, OUTLYING * noise);
        if square <= limit * limit {
            return (square, self.pixels);
        }
        let size = square.sqrt();
        (limit * (2.0 * size - limit), self.pixels * limit / size)
    }
}

impl<const N: usize> Laid<N> {
    /// Everything seen and known, each with its share of the cost and its weight.
    fn counted(&self, noise: f64) -> impl Iterator<Item = (&Left<N>, f64, f64)> {
        let unit = if noise.is_finite() { noise } else { 0.03 };
        let seen = self.bins.iter().map(move |left| {
            let (cost, weight) = left.counted(noise);
            (left, cost, weight)
        });
        seen.chain(self.known.iter().map(move |(deviation, left)| {
            let weight = (unit / deviation).powi(2);
            (left, weight * left.light * left.light, weight)
        }))
    }

    fn cost(&self, noise: f64) -> f64 {
        self.counted(noise).map(|(_, cost, _)| cost).sum()
    }

    fn equations(&self, noise: f64) -> Normal<N> {
        let mut system = Normal { matrix: [[0.0; N]; N], right: [0.0; N], cost: 0.0 };
        widely(
            #[inline(always)]
            || {
                for (left, cost, weight) in self.counted(noise) {
                    system.cost += cost;
                    // Both halves, though they are the same: whole rows are worked out at a time.
                    for j in 0..N {
                        let weighted = weight * left.slopes[j];
                        system.right[j] += weighted * left.light;
                        for k in 0..N {
                            system.matrix[j][k] += weighted * left.slopes[k];
                        }
                    }
                }
            },
        );
        system
    }

    /// The noise of one pixel by the median absolute residual, and never below what rounding to 8 bits leaves; `None` without numbers.
    fn noise(&self, free: usize) -> Option<f64> {
        let mut sizes: Vec<f64> = self.bins.iter().map(|left| left.light.abs() * left.pixels.sqrt()).collect();
        let middle = sizes.len() / 2;
        let (_, median, _) = sizes.select_nth_unstable_by(middle, f64::total_cmp);
        let n = self.bins.len() as f64;
        let noise = 1.4826 * *median * (n / (n - free as f64)).sqrt();
        noise.is_finite().then_some(noise.max(1e-4))
    }
}

/// The normal equations of one linearization. The point spread is the last parameter; where it is held, its row holds the cross terms.
#[derive(Clone, Copy)]
struct Normal<const N: usize> {
    matrix: [[f64; N]; N],
    right: [f64; N],
    cost: f64,
}

impl<const N: usize> Normal<N> {
    /// How much a step promises to lower the cost.
    fn gain(&self, step: &[f64; N]) -> f64 {
        self.right.iter().zip(step).map(|(a, b)| a * b).sum()
    }

    /// The step where some parameters can move only as far as `moved`, and the others go where that leaves them: a step worked out as if nothing
    /// were in the way leads nowhere once a core lies at its shaft's edge.
    fn within(&self, free: usize, damping: f64, step: [f64; N], moved: [f64; N]) -> [f64; N] {
        let stopped: [bool; N] = std::array::from_fn(|j| j < free && (step[j] - moved[j]).abs() > 1e-9);
        if !stopped.contains(&true) {
            return step;
        }
        let mut left = *self;
        for j in (0..free).filter(|j| stopped[*j]) {
            for i in (0..free).filter(|i| !stopped[*i]) {
                left.right[i] -= self.matrix[i.max(j)][i.min(j)] * moved[j];
            }
            for i in 0..free {
                left.matrix[i][j] = 0.0;
                left.matrix[j][i] = 0.0;
            }
            left.matrix[j][j] = 1.0;
            left.right[j] = moved[j];
        }
        let Some(factor) = left.factor(free, damping) else { return step };
        let mut within = factor.solve(free, &left.right);
        for j in (0..free).filter(|j| stopped[*j]) {
            within[j] = moved[j];
        }
        within
    }

    /// The lower triangular factor of the damped matrix's first rows (Cholesky), or `None` where the equations determine nothing.
    fn factor(&self, free: usize, damping: f64) -> Option<Factor<N>> {
        let mut lower = [[0.0; N]; N];
        for j in 0..free {
            for k in 0..=j {
                let mut sum = self.matrix[j][k];
                if j == k {
                    sum += damping * self.matrix[j][j] + 1e-12;
                }
                sum -= lower[j][..k].iter().zip(&lower[k][..k]).map(|(a, b)| a * b).sum::<f64>();
                if j > k {
                    lower[j][k] = sum / lower[k][k];
                } else if sum > 0.0 {
                    lower[j][j] = sum.sqrt();
                } else {
                    return None;
                }
            }
        }
        Some(Factor { lower })
    }
}

/// A lower triangular factor of a matrix.
struct Factor<const N: usize> {
    lower: [[f64; N]; N],
}

impl<const N: usize> Factor<N> {
    /// Solves the equations of the first `free` parameters; the others stay 0.
    fn solve(&self, free: usize, right: &[f64; N]) -> [f64; N] {
        let mut x = [0.0; N];
        for j in 0..free {
            x[j] = right[j];
            for k in 0..j {
                x[j] -= self.lower[j][k] * x[k];
            }
            x[j] /= self.lower[j][j];
        }
        for j in (0..free).rev() {
            for k in j + 1..free {
                x[j] -= self.lower[k][j] * x[k];
            }
            x[j] /= self.lower[j][j];
        }
        x
    }
}
