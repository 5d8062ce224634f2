//! The profile models of one shaft, and the choice between them by evidence.

use super::fit::{Fit, Problem, Spread};
use super::neighbors::Clearance;
use super::point_spread::median;
use super::profile::{Profile, Window};
use super::shade;
use super::shape::Shape;
use super::staircase::{NARROW, Staircase, USUAL_SHARE};

/// One window's profile, and what was fitted to it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) window: Window,
    pub(super) profile: Profile,
    /// Without a core.
    pub(super) plain: Fit,
    /// With one, where it could be fitted.
    pub(super) cored: Option<Fit>,
    /// The shade that was expected.
    pub(super) shade: Option<shade::Usual>,
}

/// A core as a few places of a shaft show it, for the others to begin from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Its height over the shaft's contrast.
    height: f64,
    /// Where it lies, as a share of the width from the middle.
    offset: f64,
    /// Its size before blur, as a share of the width.
    share: f64,
}

/// What the places of a shaft are expected to show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) width: f64,
    pub(super) spread: f64,
    pub(super) shape: Shape,
    /// What one pixel scatters, in the photo's light, where it is known.
    pub(super) noise: Option<f64>,
    /// The shade that a single shaft usually throws on the skin beside it, if any.
    pub(super) shade: Option<shade::Usual>,
}

/// Which models are tried at a place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Models {
    /// Without and with a core: the evidence of all places chooses.
    Both,
    /// Without a core: the evidence was plain.
    Plain,
    /// With one, begun from what was seen; without one too in a narrow shaft.
    Cored(Seen),
}

impl Models {
    /// What the places already fitted say: clear evidence for or against a core need not be gathered at every other place.
    pub(super) fn after(places: &[Place]) -> Self {
        let cored: Vec<&Fit> = places.iter().filter_map(|p| p.cored.as_ref()).collect();
        let total = evidence_of(places, 1.0);
        let of = |value: fn(&Fit) -> Option<f64>| median(cored.iter().filter_map(|f| value(f)).collect());
        let seen = || {
            Some(Seen {
                height: of(|f| Some(f.model.core?.height / f.model.contrast()))?,
                offset: of(|f| Some(f.model.core?.offset))?,
                share: of(|f| Some(f.model.core?.share))?,
            })
        };
        match () {
            () if places.len() < 3 || total.abs() < 15.0 => Self::Both,
            () if total < 0.0 => Self::Plain,
            () => seen().map_or(Self::Both, Self::Cored),
        }
    }
}

impl Place {
    /// Fits the models to a profile, from the edges expected.
    pub(super) fn fit(window: Window, profile: Profile, expected: &Expected, models: Models, clearance: Clearance) -> Option<Self> {
        let (half_width, spread) = (expected.width / 2.0, expected.spread);
        let noise = expected.noise.map(|noise| noise / profile.unit);
        let problem = Problem { profile: &profile, spread: Spread::Free, core: None, blur: None, shade: expected.shade, noise };
        let plain = || match clearance {
            Clearance::Crossed => None,
            Clearance::Clear(..) => problem.fit(staircase(&profile, &[-half_width, half_width], 0, expected)),
            Clearance::Beside { center, width, .. } => beside(&problem, center, width, expected),
        };
        let narrow = 2.0 * half_width < 1.2 * NARROW * spread;
        let (plain, cored) = match (models, clearance) {
            (Models::Cored(seen), Clearance::Clear(..)) if !narrow => {
                let start = staircase(&profile, &[-half_width, half_width], 0, expected);
                let cored = problem.fit(start.with_seen(&seen))?;
                (cored, Some(cored))
            }
            (Models::Plain, _) => (plain()?, None),
            (Models::Cored(seen), Clearance::Beside { .. }) => {
                let plain = plain()?;
                (plain, problem.fit(plain.model.with_seen(&seen)))
            }
            _ => {
                let plain = plain()?;
                (plain, fit_core(&problem, &plain))
            }
        };
        Some(Self { window, profile, plain, cored, shade: expected.shade })
    }

    /// The plain model fitted anew with the point spread held.
    pub(super) fn refit(&self, ln_spread: f64) -> Option<Self> {
        let mut start = self.plain.model;
        // What is seen of a narrow stripe is the sum width² / 12 + blur² (of a clear one less of the width's): a start that keeps it is near the new optimum.
        let (k, width, center) = (start.shaft, start.width(), start.center());
        let gained = (2.0 * start.ln_spread).exp() - (2.0 * ln_spread).exp();
        let half = (width * width + gained / start.shape.variance()).max((0.3 * width).powi(2)).sqrt() / 2.0;
        if start.steps == 2 {
            start.edges[k] = center - half;
            start.edges[k + 1] = center + half;
        }
        start.ln_spread = ln_spread;
        let noise = Some(self.plain.noise);
        let plain =
            Problem { profile: &self.profile, spread: Spread::Fixed, core: None, blur: None, shade: self.shade, noise }.fit(start)?;
        Some(Self { plain, cored: None, ..self.clone() })
    }

    /// The fit of the chosen model.
    pub(super) fn chosen(&self, core: bool) -> Option<&Fit> {
        if core { self.cored.as_ref() } else { Some(&self.plain) }
    }

    /// How much less the Bayesian information criterion is with a core than without; negative where the core is not worth its parameters.
    /// `independent` is the share of pixels that count as independent of their neighbors.
    fn evidence_for_core(&self, independent: f64) -> f64 {
        self.cored.as_ref().map_or(0.0, |cored| evidence(&self.profile, &self.plain, cored, independent))
    }
}

/// How much less the Bayesian information criterion of the richer fit is; negative where it is not worth its parameters.
pub(super) fn evidence(profile: &Profile, plain: &Fit, richer: &Fit, independent: f64) -> f64 {
    let n = profile.bins.iter().map(|b| b.pixels).sum::<f64>() * independent;
    let noise = richer.noise.max(1e-9);
    (plain.cost - richer.cost) / (noise * noise) * independent - (richer.parameters - plain.parameters) as f64 * n.max(2.0).ln()
}

/// The evidence of several places for a core. One place may plead at most so much as a clear one does.
fn evidence_of(places: &[Place], independent: f64) -> f64 {
    places.iter().map(|p| p.evidence_for_core(independent).clamp(-30.0, 30.0)).sum()
}

/// Whether the shaft carries a core, by all the places where both models were fitted, or as was plain from a few of them.
pub(super) fn has_core(places: &[Place], models: Models) -> bool {
    let cored = places.iter().filter(|p| p.cored.is_some()).count();
    2 * cored > places.len() && (matches!(models, Models::Cored(_)) || evidence_of(places, 1.0) > 0.0)
}

/// The fit of two hairs side by side: with skin between them, or touching, by the Bayesian information criterion.
fn beside(problem: &Problem, center: f64, width: f64, expected: &Expected) -> Option<Fit> {
    let half_width = expected.width / 2.0;
    let (inner, outer) = (center.abs() - width / 2.0, center.abs() + width / 2.0);
    let side = center.signum();
    let gap = inner - half_width;
    let (a, b) = if gap > 0.4 {
        (half_width, inner)
    } else {
        let m = (half_width + inner) / 2.0;
        (m - 0.2, m + 0.2)
    };
    let starts = [vec![-half_width, a, b, outer], vec![-half_width, (a + b) / 2.0, outer]];
    let n: f64 = problem.profile.bins.iter().map(|b| b.pixels).sum();
    starts
        .into_iter()
        .filter_map(|edges| {
            let (edges, shaft) = if side > 0.0 {
                (edges, 0)
            } else {
                let s = edges.len() - 2;
                (edges.iter().rev().map(|e| -e).collect(), s)
            };
            problem.fit(staircase(problem.profile, &edges, shaft, expected))
        })
        .map(|f| (n * f.cost.max(1e-12).ln() + f.parameters as f64 * n.ln(), f))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, f)| f)
}

/// A staircase with these edges, its levels the mean light between them.
pub(super) fn staircase(profile: &Profile, edges: &[f64], shaft: usize, expected: &Expected) -> Staircase {
    let mut model = Staircase::single([0.0; 3], [0.0; 2], expected.spread);
    model.shape = expected.shape;
    model.steps = edges.len();
    model.shaft = shaft;
    model.edges[..edges.len()].copy_from_slice(edges);
    let mut before = f64::NEG_INFINITY;
    for k in 0..=edges.len() {
        let after = edges.get(k).copied().unwrap_or(f64::INFINITY);
        let (sum, n) = profile
            .bins
            .iter()
            .filter(|b| b.x >= before && b.x < after)
            .fold((0.0, 0.0), |(sum, n), b| (sum + b.light * b.pixels, n + b.pixels));
        let nearest = || {
            let middle = (before.max(-1e6) + after.min(1e6)) / 2.0;
            profile.bins.iter().min_by(|a, b| (a.x - middle).abs().total_cmp(&(b.x - middle).abs())).map_or(0.5, |b| b.light)
        };
        model.levels[k] = if n > 0.0 { sum / n } else { nearest() };
        before = after;
    }
    match expected.shade {
        Some(usual) if model.steps == 2 => model.with_shade(usual.share),
        _ => model,
    }
}

impl Staircase {
    /// The same shaft with a core as seen elsewhere along it.
    fn with_seen(mut self, seen: &Seen) -> Self {
        let height = seen.height * self.contrast();
        self.levels[self.shaft + 1] -= 0.3 * height;
        self.with_core(height, seen.offset, seen.share)
    }
}

/// Fits a core on top of a plain fit, begun where the plain fit is most wrong within the shaft.
pub(super) fn fit_core(problem: &Problem, plain: &Fit) -> Option<Fit> {
    let (center, width) = (plain.model.center(), plain.model.width());
    let level = plain.model.levels[plain.model.shaft + 1];
    let (offset, height) = [-0.25, -0.12, 0.0, 0.12, 0.25]
        .map(|offset| {
            let (sum, n) = problem
                .profile
                .bins
                .iter()
                .filter(|b| (b.x - center - offset * width).abs() <= 0.12 * width + 0.25)
                .fold((0.0, 0.0), |(sum, n), b| (sum + (b.light - level) * b.pixels, n + b.pixels));
            (offset, if n > 0.0 { sum / n } else { 0.0 })
        })
        .into_iter()
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    // The plain level stands for shaft and core together: begin with the shaft itself on the other side of it.
    let start = |mut from: Staircase, height: f64, offset: f64| {
        from.levels[from.shaft + 1] -= 0.3 * height;
        from.with_core(1.3 * height, offset, problem.core.map_or(USUAL_SHARE, |prior| prior.share))
    };
    // Without its core a shaft may look far more blurred than it is, or less: do not believe that blur.
    let unblurred = || {
        let ln_spread =
            problem.blur.map_or((problem.spread == Spread::Free).then_some(plain.model.ln_spread - 0.7), |blur| Some(blur.0))?;
        Some(Staircase { ln_spread, ..plain.model })
    };
    let second = unblurred().map(|other| start(other, height, offset));
    // A bump the way of the shaft itself looks like blur and no core at all: begin with one that is taken back from that blur.
    let fourth = unblurred().map(|other| start(other, 0.4 * other.contrast(), 0.0));
    // In a narrow shaft a core leaves no mark of its own to begin from: believe what is known of it.
    let third = problem.core.map(|prior| {
        let mut other = plain.model;
        other.ln_spread = problem.blur.map_or(other.ln_spread, |blur| blur.0);
        start(other, -prior.strength * other.contrast() / prior.share.hypot(1.0 / NARROW), 0.0)
    });
    problem.fit(problem.most_promising(std::iter::once(start(plain.model, height, offset)).chain(second).chain(third).chain(fourth))?)
}
