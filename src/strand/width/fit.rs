//! The least-squares fit of a blurred staircase to one profile.

use super::laid::{Columns, Known, Laid, Room};
use super::normal::Normal;
use super::profile::Profile;
use super::shade;
use super::staircase::{Staircase, USUAL_SHARE};

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
    /// The shade usually thrown, where the model has any.
    pub(super) shade: Option<shade::Usual>,
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

/// Calls a method with room for as many parameters as the model has, and a few more: the equations lie on the stack.
macro_rules! sized {
    ($model:expr, $problem:ident.$method:ident($($argument:expr),*)) => {
        match $model.size() {
            ..=8 => $problem.$method::<8>($($argument),*),
            9..=12 => $problem.$method::<12>($($argument),*),
            _ => $problem.$method::<16>($($argument),*),
        }
    };
}

/// A descent ends where the next step would lower the cost by no more than this share of it.
const LITTLE: f64 = 1e-3;

/// How many steps tell which of several starts leads lowest: after one, light shafts with a reflex are taken for narrower ones.
const STEPS_TOWARD: usize = 3;

impl Problem<'_> {
    /// The start from which a few plain steps lead lowest.
    pub(super) fn most_promising(&self, starts: impl Iterator<Item = Staircase>) -> Option<Staircase> {
        let (columns, mut rooms) = (Columns::of(&self.profile.bins), [Room::default(), Room::default()]);
        starts
            .map(|start| sized!(start, self.toward(start, &columns, &mut rooms)))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, model)| model)
    }

    fn toward<const N: usize>(&self, start: Staircase, columns: &Columns, [room, spare]: &mut [Room; 2]) -> (f64, Staircase) {
        let start = start.moved(&[0.0; N], self.spread, self.profile.darkest);
        let mut laid = self.lay::<N>(columns, start, std::mem::take(room));
        self.descend(&mut laid, f64::INFINITY, STEPS_TOWARD, spare);
        let (cost, model) = (laid.cost(f64::INFINITY), laid.model);
        *room = laid.cleared();
        (cost, model)
    }

    /// Fits a staircase from a starting model: Levenberg–Marquardt steps, residuals beyond 2.5 standard deviations weighted down (Huber).
    /// `None` where the profile holds too little to fit.
    pub(super) fn fit(&self, start: Staircase) -> Option<Fit> {
        sized!(start, self.fitted(start))
    }

    fn fitted<const N: usize>(&self, start: Staircase) -> Option<Fit> {
        let (free, last) = (self.free(&start), start.size() - 1);
        if self.profile.bins.len() < free + 3 {
            return None;
        }
        let columns = Columns::of(&self.profile.bins);
        let mut laid = self.lay::<N>(&columns, start.moved(&[0.0; N], self.spread, self.profile.darkest), Room::default());
        let mut noise = self.noise.unwrap_or(f64::INFINITY);
        let mut spare = Room::default();
        let mut equations = self.descend(&mut laid, noise, 16, &mut spare);
        for most in [4, 2, 0] {
            let before = std::mem::replace(&mut noise, laid.noise(free)?);
            // Weights by a noise so little different are as good.
            if (noise / before - 1.0).abs() < 0.1 {
                break;
            }
            equations = self.descend(&mut laid, noise, most, &mut spare);
        }
        let factor = equations.factor(free, 0.0)?;
        let (a, b) = (laid.model.steps + 1 + laid.model.shaft, laid.model.steps + 2 + laid.model.shaft);
        let unit = |at: usize| factor.solve(free, &std::array::from_fn(|i| f64::from(u8::from(i == at))));
        let (by_a, by_b) = (unit(a), unit(b));
        let white = noise * noise;
        let width_variance = (by_a[a] + by_b[b] - 2.0 * by_a[b]) * white;
        let (ln_spread_variance, width_by_ln_spread) = match self.spread {
            Spread::Free => {
                let by_spread = unit(last);
                (by_spread[last] * white, (by_spread[b] - by_spread[a]) / by_spread[last])
            }
            Spread::Fixed => {
                // How the optimum shifts when the held parameter moves: −H⁻¹ · (cross terms with it).
                let shift = factor.solve(free, &equations.matrix[last]);
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

    /// How many of a model's parameters are free.
    fn free(&self, model: &Staircase) -> usize {
        if self.spread == Spread::Free { model.size() } else { model.size() - 1 }
    }

    /// Steps downhill until the gain is negligible, and returns the equations there.
    fn descend<const N: usize>(&self, laid: &mut Laid<N>, noise: f64, most: usize, spare: &mut Room) -> Normal<N> {
        let free = self.free(&laid.model);
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
                break;
            }
            let next = self.lay::<N>(laid.columns, laid.model.moved(&step, self.spread, self.profile.darkest), std::mem::take(spare));
            if next.cost(noise) < here.cost {
                *spare = std::mem::replace(laid, next).cleared();
                here = laid.equations(noise);
                damping = (damping * 0.1).max(1e-6);
            } else {
                *spare = next.cleared();
                damping *= 10.0;
            }
        }
        here
    }

    /// Lays a model over the profile.
    fn lay<'a, const N: usize>(&self, columns: &'a Columns, model: Staircase, room: Room) -> Laid<'a, N> {
        Laid::new(model, columns, &model.blur(self.profile), self.known(&model), room)
    }

    /// What the model leaves of what is known beforehand: each counts as one more observation, with its own standard deviation.
    fn known<const N: usize>(&self, model: &Staircase) -> Vec<Known<N>> {
        let (mut known, last) = (vec![], model.size() - 1);
        let mut observe = |left: f64, deviation: f64, slopes: [f64; N]| known.push(Known { left, deviation, slopes });
        if let (Some((expected, variance)), Spread::Free) = (self.blur, self.spread) {
            let mut by = [0.0; N];
            by[last] = 1.0;
            observe(expected - model.ln_spread, variance.sqrt(), by);
        }
        if let (Some(height), Some(usual)) = (model.shade, self.shade) {
            let (contrast, k) = (model.contrast(), model.shaft);
            let share = height / contrast;
            let mut by = [0.0; N];
            by[k] = share / (2.0 * contrast);
            by[k + 1] = -share / contrast;
            by[k + 2] = share / (2.0 * contrast);
            by[model.shade_at()] = 1.0 / contrast;
            observe(usual.share - share, usual.deviation, by);
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
                by[last] = strength * (1.0 - own_part);
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
