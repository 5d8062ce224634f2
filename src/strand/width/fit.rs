//! The least-squares fit of a blurred staircase to one profile.
//!
//! Skin, shaft and skin are levels of light; each edge between two levels is a step blurred by the photo's point spread. Two edges make one
//! hair, three make two hairs that touch, four make two hairs with skin between them. A shaft may carry a core: a narrow bump (the reflex
//! of a shiny hair) or dip (the darker middle of a translucent one).

use super::profile::Profile;

const LEVELS: usize = 5;
const PARAMETERS: usize = 13;

/// A bump or dip within the measured shaft.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Core {
    pub(super) height: f64,
    pub(super) center: f64,
    pub(super) ln_sigma: f64,
    /// Its standard deviation before blur as a share of the shaft's width, where that is held: in a narrow shaft nothing tells it.
    pub(super) tied: Option<f64>,
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
    /// The logarithm of the point spread's standard deviation in pixels.
    pub(super) ln_spread: f64,
}

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

/// What a staircase is fitted to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem<'a> {
    pub(super) profile: &'a Profile,
    pub(super) spread: Spread,
    /// What is known of a core beforehand, if anything.
    pub(super) core: Option<CorePrior>,
    /// What is known of a free point spread beforehand, if anything: its logarithm and the variance of that.
    pub(super) blur: Option<(f64, f64)>,
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

    /// Whether what lies to the left and right is equally light, about: where one side is darker by most of the shaft's own contrast, it is no skin
    /// but another shaft.
    pub(super) fn skin_on_both_sides(&self) -> bool {
        let (left, right) = (self.levels[self.shaft], self.levels[self.shaft + 2]);
        (left - right).abs() < 0.8 * self.contrast().abs()
    }

    /// The core's light summed across the shaft, as a share of what the whole shaft takes away: blur leaves it as it is. Positive for a
    /// reflex; zero without a core.
    pub(super) fn core_strength(&self) -> f64 {
        self.core.map_or(0.0, |core| -core.height * core.ln_sigma.exp() / (self.contrast() * self.width()))
    }

    /// The core's own standard deviation before blur, as a share of the shaft's width.
    pub(super) fn core_share(&self) -> Option<f64> {
        let own = (2.0 * self.core?.ln_sigma).exp() - (2.0 * self.ln_spread).exp();
        Some(own.max(0.0).sqrt() / self.width())
    }

    /// The same shaft with a core of this height, its center this share of the width from the middle.
    pub(super) fn with_core(mut self, height: f64, offset: f64, prior: Option<CorePrior>) -> Self {
        let blur = self.ln_spread.exp();
        let share = prior.map_or(USUAL_SHARE, |prior| prior.share);
        let ln_sigma = (share * self.width()).hypot(blur).ln();
        let tied = (self.width() < NARROW * blur).then_some(share);
        self.core = Some(Core { height, center: self.center() + offset * self.width(), ln_sigma, tied });
        self
    }

    fn parameters(&self, spread: Spread) -> usize {
        let core = self.core.map_or(0, |core| if core.tied.is_some() { 2 } else { 3 });
        2 * self.steps + 1 + core + usize::from(spread == Spread::Free)
    }

    /// The blur in a profile whose bins add some of their own.
    fn blur(&self, profile: &Profile) -> Blur {
        let own = (2.0 * self.ln_spread).exp();
        Blur { total: (own + profile.bin_variance).sqrt(), own, core: self.core.map_or(0.0, |core| core.ln_sigma.exp()) }
    }

    /// The light at `x` under a blur, and its derivative by each parameter: levels, edges, core, point spread.
    fn at(&self, x: f64, Blur { total: blur, own, core: sigma }: Blur, gradient: &mut [f64; PARAMETERS]) -> f64 {
        let m = self.steps;
        let mut light = self.levels[0];
        let (mut by_spread, mut by_core) = (0.0, 0.0);
        gradient[0] = 1.0;
        for k in 0..m {
            let z = (x - self.edges[k]) / blur;
            let (below, density) = normal(z);
            let step = self.levels[k + 1] - self.levels[k];
            light += step * below;
            gradient[k] -= below;
            gradient[k + 1] = below;
            gradient[m + 1 + k] = -step * density / blur;
            by_spread -= step * density * z;
        }
        let mut next = 2 * m + 1;
        if let Some(core) = &self.core {
            let z = (x - core.center) / sigma;
            let bump = if z.abs() < 5.0 { decay(z * z / 2.0) } else { 0.0 };
            light += core.height * bump;
            gradient[next] = bump;
            gradient[next + 1] = core.height * bump * z / sigma;
            let by_ln_sigma = core.height * bump * z * z;
            if let Some(share) = core.tied {
                // σ² = (share · width)² + blur²: the core's size moves with the edges and the point spread.
                let by_width = by_ln_sigma * share * share * self.width() / (sigma * sigma);
                gradient[m + 1 + self.shaft] -= by_width;
                gradient[m + 2 + self.shaft] += by_width;
                by_core = by_ln_sigma * own / (sigma * sigma);
                next += 2;
            } else {
                gradient[next + 2] = by_ln_sigma;
                next += 3;
            }
        }
        gradient[next] = by_spread * own / (blur * blur) + by_core;
        light
    }

    /// The model after a step, held to what a shaft can be.
    fn moved(&self, by: &[f64; PARAMETERS], spread: Spread, darkest: f64) -> Self {
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
            let last = self.parameters(spread) - 1;
            next.ln_spread = (self.ln_spread + by[last].clamp(-0.5, 0.5)).clamp(-1.6, 2.7);
        }
        if let Some(core) = self.core {
            let at = 2 * m + 1;
            let (left, width, blur) = (next.edges[self.shaft], next.width(), next.ln_spread.exp());
            // A core lies within its shaft: narrow enough not to stand for the shaft itself, and never sharper than the optics.
            let ln_sigma = if let Some(share) = core.tied {
                (share * width).hypot(blur).ln()
            } else {
                let widest = (0.3 * width).max((0.05 * width).hypot(blur)).ln();
                (core.ln_sigma + by[at + 2].clamp(-0.5, 0.5)).clamp((0.8 * blur).ln(), widest)
            };
            let center = (core.center + by[at + 1]).clamp(left + 0.2 * width, left + 0.8 * width);
            next.core = Some(Core { height: core.height + by[at], center, ln_sigma, tied: core.tied });
        }
        next
    }
}

/// How far light spreads in a profile: worked out once for all its bins.
#[derive(Debug, Clone, Copy)]
struct Blur {
    /// The standard deviation that an edge shows.
    total: f64,
    /// The variance of the photo's point spread.
    own: f64,
    /// The core's standard deviation; zero without one.
    core: f64,
}

/// The standard normal distribution's cumulative share and density at `z`.
///
/// # Accuracy
/// The share is within 1.5e-7 of the truth.
///
/// # Source
/// Abramowitz & Stegun 1964, 7.1.26; one exponential serves both.
fn normal(z: f64) -> (f64, f64) {
    let size = z.abs();
    if size > 5.0 {
        return (if z > 0.0 { 1.0 } else { 0.0 }, 0.0);
    }
    let exponential = decay(size * size / 2.0);
    let t = 1.0 / (1.0 + 0.327_591_1 * size * std::f64::consts::FRAC_1_SQRT_2);
    let series = t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let tail = series * exponential / 2.0;
    (if z > 0.0 { 1.0 - tail } else { tail }, exponential * 0.398_942_280_401_432_7)
}

/// e to the power of −x, for x from 0 to 700, within 1e-9 of its size: the fit's inner loop, several times faster than the exact one.
fn decay(x: f64) -> f64 {
    let turns = x * std::f64::consts::LOG2_E;
    // The next whole number, by a cast: where the processor's own rounding is not presumed, `ceil` is a call.
    let below = turns as i32;
    let whole = f64::from(below + i32::from(f64::from(below) < turns));
    let y = (whole - turns) * std::f64::consts::LN_2;
    let series = 1.0
        + y * (1.0
            + y * (0.5
                + y * (1.0 / 6.0 + y * (1.0 / 24.0 + y * (1.0 / 120.0 + y * (1.0 / 720.0 + y * (1.0 / 5040.0 + y * (1.0 / 40320.0))))))));
    series * f64::from_bits(((1023 - whole as i64) as u64) << 52)
}

impl Problem<'_> {
    /// The start from which a few plain steps lead lowest.
    pub(super) fn most_promising(&self, starts: impl Iterator<Item = Staircase>) -> Option<Staircase> {
        starts
            .map(|start| {
                let p = start.parameters(self.spread);
                let mut model = start.moved(&[0.0; PARAMETERS], self.spread, self.profile.darkest);
                self.descend(&mut model, p, f64::INFINITY, 6);
                (self.linearized(&model, p, f64::INFINITY).cost, model)
            })
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, model)| model)
    }

    /// Fits a staircase from a starting model: Levenberg–Marquardt steps, residuals beyond 2.5 standard deviations weighted down (Huber).
    /// `None` where the profile holds too little to fit.
    pub(super) fn fit(&self, start: Staircase) -> Option<Fit> {
        let p = start.parameters(self.spread);
        if self.profile.bins.len() < p + 3 {
            return None;
        }
        let mut model = start.moved(&[0.0; PARAMETERS], self.spread, self.profile.darkest);
        let mut noise = f64::INFINITY;
        // The first round is plain least squares; the later ones know the noise and so the outliers.
        for most in [25, 8, 4] {
            self.descend(&mut model, p, noise, most);
            noise = self.noise(&model, p)?;
        }
        let system = self.linearized(&model, p, noise);
        let inverse = system.inverse(p)?;
        let (a, b) = (model.steps + 1 + model.shaft, model.steps + 2 + model.shaft);
        let white = noise * noise;
        let width_variance = (inverse[a][a] + inverse[b][b] - 2.0 * inverse[a][b]) * white;
        let (ln_spread_variance, width_by_ln_spread) = match self.spread {
            Spread::Free => {
                let s = p - 1;
                (inverse[s][s] * white, (inverse[b][s] - inverse[a][s]) / inverse[s][s])
            }
            Spread::Fixed => {
                // How the optimum shifts when the held parameter moves: −H⁻¹ · (cross terms with it).
                let by = |row: usize| -(0..p).map(|j| inverse[row][j] * system.with_spread[j]).sum::<f64>();
                (0.0, by(b) - by(a))
            }
        };
        let cost = system.cost;
        let finite = cost.is_finite() && width_variance.is_finite() && width_variance >= 0.0;
        finite.then_some(Fit { model, cost, noise, parameters: p, width_variance, ln_spread_variance, width_by_ln_spread })
    }

    /// Steps downhill until the gain is negligible.
    fn descend(&self, model: &mut Staircase, p: usize, noise: f64, most: usize) {
        let mut damping = 1e-3;
        let mut here = self.linearized(model, p, noise);
        for _ in 0..most {
            let mut gained = None;
            for _ in 0..6 {
                let Some(step) = here.step(p, damping) else {
                    damping *= 10.0;
                    continue;
                };
                let next = model.moved(&step, self.spread, self.profile.darkest);
                let there = self.linearized(&next, p, noise);
                if there.cost < here.cost {
                    gained = Some(here.cost - there.cost);
                    *model = next;
                    here = there;
                    damping = (damping * 0.2).max(1e-9);
                    break;
                }
                damping *= 6.0;
            }
            if gained.is_none_or(|gain| gain < if noise.is_finite() { 1e-5 } else { 1e-4 } * here.cost) {
                return;
            }
        }
    }

    fn linearized(&self, model: &Staircase, p: usize, noise: f64) -> Normal {
        let mut system =
            Normal { matrix: [[0.0; PARAMETERS]; PARAMETERS], right: [0.0; PARAMETERS], with_spread: [0.0; PARAMETERS], cost: 0.0 };
        let (blur, limit) = (model.blur(self.profile), 2.5 * noise);
        let spread_at = model.parameters(Spread::Free) - 1;
        let mut gradient = [0.0; PARAMETERS];
        for bin in &self.profile.bins {
            let residual = bin.light - model.at(bin.x, blur, &mut gradient);
            // A bin is the mean of its pixels, so its own noise is smaller by the root of their number.
            let size = residual.abs() * bin.pixels.sqrt();
            let weight = if size <= limit { bin.pixels } else { bin.pixels * limit / size };
            system.cost += if size <= limit { size * size } else { limit * (2.0 * size - limit) };
            system.add(p, spread_at, weight, residual, &gradient);
        }
        // What is known beforehand counts as one more observation each, with the noise of a pixel for its unit.
        let unit = if noise.is_finite() { noise } else { 0.03 };
        let mut observe = |residual: f64, deviation: f64, gradient: &[f64; PARAMETERS]| {
            let weight = (unit / deviation).powi(2);
            system.cost += weight * residual * residual;
            system.add(p, spread_at, weight, residual, gradient);
        };
        if let (Some((expected, variance)), Spread::Free) = (self.blur, self.spread) {
            let mut by = [0.0; PARAMETERS];
            by[spread_at] = 1.0;
            observe(expected - model.ln_spread, variance.sqrt(), &by);
        }
        if let (Some(prior), Some(core)) = (self.core, model.core) {
            let (m, k) = (model.steps, model.shaft);
            let (strength, contrast, width) = (model.core_strength(), model.contrast(), model.width());
            let mut by = [0.0; PARAMETERS];
            by[2 * m + 1] = -core.ln_sigma.exp() / (contrast * width);
            by[k] = strength / (2.0 * contrast);
            by[k + 1] = -strength / contrast;
            by[k + 2] = strength / (2.0 * contrast);
            by[m + 1 + k] = strength / width;
            by[m + 2 + k] = -strength / width;
            observe(prior.strength - strength, prior.deviation, &by);
            let offset = (core.center - model.center()) / width;
            let mut by = [0.0; PARAMETERS];
            by[2 * m + 2] = 1.0 / width;
            by[m + 1 + k] = (offset - 0.5) / width;
            by[m + 2 + k] = (-offset - 0.5) / width;
            observe(-offset, OFFSET_DEVIATION, &by);
        }
        system
    }

    /// The noise of one pixel by the median absolute residual, and never below what rounding to 8 bits leaves; `None` without numbers.
    fn noise(&self, model: &Staircase, p: usize) -> Option<f64> {
        let mut gradient = [0.0; PARAMETERS];
        let blur = model.blur(self.profile);
        let bins = &self.profile.bins;
        let mut sizes: Vec<f64> =
            bins.iter().map(|bin| (bin.light - model.at(bin.x, blur, &mut gradient)).abs() * bin.pixels.sqrt()).collect();
        let middle = sizes.len() / 2;
        let (_, median, _) = sizes.select_nth_unstable_by(middle, f64::total_cmp);
        let n = bins.len() as f64;
        let noise = 1.4826 * *median * (n / (n - p as f64)).sqrt();
        noise.is_finite().then_some(noise.max(1e-4))
    }
}

/// The normal equations of one linearization.
struct Normal {
    matrix: [[f64; PARAMETERS]; PARAMETERS],
    right: [f64; PARAMETERS],
    /// The cross terms with the point spread, whether it is free or not.
    with_spread: [f64; PARAMETERS],
    cost: f64,
}

impl Normal {
    fn add(&mut self, p: usize, spread_at: usize, weight: f64, residual: f64, gradient: &[f64; PARAMETERS]) {
        for j in 0..p {
            let weighted = weight * gradient[j];
            self.right[j] += weighted * residual;
            self.with_spread[j] += weighted * gradient[spread_at];
            for (entry, derivative) in self.matrix[j][..=j].iter_mut().zip(gradient) {
                *entry += weighted * derivative;
            }
        }
    }

    /// The damped step, or `None` where the equations do not determine one.
    fn step(&self, p: usize, damping: f64) -> Option<[f64; PARAMETERS]> {
        let lower = self.factor(p, damping)?;
        Some(solve(&lower, p, &self.right))
    }

    /// The lower triangular factor of the damped matrix (Cholesky).
    fn factor(&self, p: usize, damping: f64) -> Option<[[f64; PARAMETERS]; PARAMETERS]> {
        let mut lower = [[0.0; PARAMETERS]; PARAMETERS];
        for j in 0..p {
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
        Some(lower)
    }

    fn inverse(&self, p: usize) -> Option<[[f64; PARAMETERS]; PARAMETERS]> {
        let lower = self.factor(p, 0.0)?;
        let mut inverse = [[0.0; PARAMETERS]; PARAMETERS];
        for (j, row) in inverse.iter_mut().enumerate().take(p) {
            let mut unit = [0.0; PARAMETERS];
            unit[j] = 1.0;
            *row = solve(&lower, p, &unit);
        }
        Some(inverse)
    }
}

fn solve(lower: &[[f64; PARAMETERS]; PARAMETERS], p: usize, right: &[f64; PARAMETERS]) -> [f64; PARAMETERS] {
    let mut x = *right;
    for j in 0..p {
        for k in 0..j {
            x[j] -= lower[j][k] * x[k];
        }
        x[j] /= lower[j][j];
    }
    for j in (0..p).rev() {
        for k in j + 1..p {
            x[j] -= lower[k][j] * x[k];
        }
        x[j] /= lower[j][j];
    }
    x
}
