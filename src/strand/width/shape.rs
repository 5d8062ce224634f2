//! How a shaft's light runs from its middle to its edges.
//!
//! An opaque shaft is as dark at its edges as in its middle. A translucent one holds back the more light the longer its way through it: across,
//! the chord of a circle. Unpigmented hair besides bends light away at its rim, where it looks as dark as it looks bright in the middle.

use super::choice::Place;
use super::fit::Fit;
use super::point_spread::median;
use super::profile::Profile;
use crate::strand::Tone;

/// What a shaft may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Equally light all across.
    Opaque,
    /// Its absorbance follows the chord; from the clearest on, one of `CLEAR`.
    Clear(usize),
    /// Lets a little light through, and its own light falls off towards the rim.
    Rimmed,
}

/// The light across a shaft less that of the skin, over the same in its middle: 1 + square · v² + fourth · v⁴, where v runs from −1 to 1 over the
/// share `reach` of the width. Under any blur from a fortieth of the width up a clear shaft so described is right in width to 1 in 1,000.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    pub(super) reach: f64,
    pub(super) square: f64,
    pub(super) fourth: f64,
    /// The standard deviation of the width by what is not known of such a shape, as a share of the width.
    pub(super) doubt: f64,
}

/// The share of its own light that unpigmented hair loses at its rim: that of our drawn hair, for which nothing measured is known to us.
const RIM: f64 = 0.55;

/// How much of the light behind its middle such hair holds back.
const RIM_OPACITY: f64 = 0.85;

/// The most that the light may fall towards the rim, over the middle's contrast: hair that fades more into its skin is hardly seen.
const MOST_FALL: f64 = 3.0;

/// What is not known of the rim moves the width by this share of it where the light falls to that of the skin, and by more the farther it falls.
const RIM_DOUBT: f64 = 0.05;

/// The contrast of the middle of rimmed hair over that of the opaque shaft which looks most like it.
const MIDDLE: f64 = 1.28;

/// The share of the pixels of a mean profile that count as independent when kinds are weighed: skin is uneven and hair is, along all of a shaft.
pub(super) const INDEPENDENT: f64 = 0.25;

/// `square` and `fourth` of clear shafts whose middle holds back 20, 40, 65, 85 and 95 % of the light.
const CLEAR: [[f64; 2]; 5] = [[-0.3611, -0.3119], [-0.2918, -0.3429], [-0.1819, -0.3774], [-0.0614, -0.3785], [0.0137, -0.3124]];

impl Shape {
    pub(super) const OPAQUE: Self = Self { kind: Kind::Opaque, reach: 1.0, square: 0.0, fourth: 0.0, doubt: 0.0 };

    /// The shape of this kind for a shaft that was fitted so: as an opaque one, or already as one of this kind.
    pub(super) fn of(kind: Kind, fit: &Fit, profile: &Profile) -> Self {
        match kind {
            Kind::Opaque => Self::OPAQUE,
            Kind::Clear(i) => Self::clear(i as f64),
            Kind::Rimmed => {
                let k = fit.model.shaft;
                let skin = fit.model.levels[k].midpoint(fit.model.levels[k + 2]) - profile.darkest;
                let middle = if fit.model.shape.kind == kind { 1.0 } else { MIDDLE };
                let contrast = middle * fit.model.contrast().abs().max(1e-3);
                Self::rimmed((RIM * (1.0 + RIM_OPACITY * skin / contrast)).clamp(RIM, MOST_FALL))
            }
        }
    }

    /// A rimmed shaft whose light falls by this share of its middle's contrast towards the rim: beyond 1 it is darker there than its skin.
    fn rimmed(fall: f64) -> Self {
        let middle = 0.9991 + 0.0057 * fall;
        let (square, fourth) = (-(0.1184 + 0.1373 * fall) / middle, -(0.2587 + 0.4897 * fall) / middle);
        Self { kind: Kind::Rimmed, reach: 0.97, square, fourth, doubt: RIM_DOUBT * fall * fall }
    }

    /// The clear shaft at a place in `CLEAR`, straight between its entries.
    pub(super) fn clear(at: f64) -> Self {
        let at = at.clamp(0.0, CLEAR.len() as f64 - 1.0);
        let kind = Kind::Clear(at.round() as usize);
        let (low, share) = ((at as usize).min(CLEAR.len() - 2), at - (at as usize).min(CLEAR.len() - 2) as f64);
        let between = |of: usize| CLEAR[low][of] + (CLEAR[low + 1][of] - CLEAR[low][of]) * share;
        Self { kind, reach: 0.98, square: between(0), fourth: between(1), doubt: 0.006 }
    }

    /// The variance of the light it takes or gives, as a share of the width squared: a twelfth of an opaque shaft.
    pub(super) fn variance(&self) -> f64 {
        let (mass, second) = (1.0 + self.square / 3.0 + self.fourth / 5.0, 1.0 / 3.0 + self.square / 5.0 + self.fourth / 7.0);
        // A rim darker than the skin takes away from what the middle gives: the measure ends before it loses its sense.
        (self.reach * self.reach * second / mass.max(0.2) / 4.0).max(0.03)
    }

    /// Its width over that of the opaque shaft that looks most like it.
    pub(super) fn over_opaque(&self) -> f64 {
        (1.0 / (12.0 * self.variance())).sqrt()
    }

    /// What its unevenness adds to an opaque shaft `half` wide to either side, under a blur, where `left` and `right` are the blurred steps at its two edges:
    /// the light at `x` from its middle, and how that changes with x, with `half` and with the logarithm of the blur's own part.
    #[inline(always)]
    pub(super) fn relief(&self, x: f64, half: f64, (total, own): (f64, f64), [left, right]: [(f64, f64); 2]) -> [f64; 4] {
        // Densities at the two edges; moments of v under the blur by the recursion that integration by parts gives.
        let (a, b) = (left.1 / total, right.1 / total);
        let variance = total * total;
        let (y, step, t) = (x / half, variance / half, variance / (half * half));
        let m0 = left.0 - right.0;
        let m1 = y * m0 - step * (b - a);
        let m2 = y * m1 + t * m0 - step * (b + a);
        let m3 = y * m2 + 2.0 * t * m1 - step * (b - a);
        let m4 = y * m3 + 3.0 * t * m2 - step * (b + a);
        let (sum, odd) = (b + a, b - a);
        let (m1_by_x, m3_by_x) = (m0 / half - sum, 3.0 * m2 / half - sum);
        let odd_by_x = -(b * (x - half) - a * (x + half)) / variance;
        let (by_x2, by_x4) = (2.0 * m1 / half - odd, 4.0 * m3 / half - odd);
        let (by_half2, by_half4) = (sum - 2.0 * m2 / half, sum - 4.0 * m4 / half);
        // Light spreads as heat does: by the variance as by half the second derivative.
        let (bent2, bent4) = (2.0 * m1_by_x / half - odd_by_x, 4.0 * m3_by_x / half - odd_by_x);
        let of = |second: f64, fourth: f64| self.square * second + self.fourth * fourth;
        [of(m2, m4), of(by_x2, by_x4), of(by_half2, by_half4), own * of(bent2, bent4)]
    }
}

/// How likely each kind is beforehand, for hair of one tone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kinds(pub(super) Vec<(Kind, f64)>);

/// The share of a photo's hair of one tone that is of another kind than most of it, before any of it was seen.
const FEW: f64 = 0.1;

/// How many hairs' worth that share counts for beside those of the photo: as one that differs among ten.
const FEW_AMONG: f64 = 10.0;

/// A kind less likely than this is not tried.
const LEAST_SHARE: f64 = 0.02;

impl Kinds {
    /// What is usual: dark hair is opaque, light hair is not.
    fn usual(tone: Tone) -> Self {
        let [opaque, clear, rimmed] = if tone == Tone::Dark { [0.9, 0.1, 0.0] } else { [0.05, 0.15, 0.8] };
        let clear = (0..CLEAR.len()).map(|i| (Kind::Clear(i), clear / CLEAR.len() as f64));
        Self(std::iter::once((Kind::Opaque, opaque)).chain(clear).chain((rimmed > 0.0).then_some((Kind::Rimmed, rimmed))).collect())
    }

    /// All that hair of a tone may be.
    pub(super) fn all(tone: Tone) -> Vec<Kind> {
        Self::usual(tone).0.into_iter().map(|(kind, _)| kind).collect()
    }

    /// How the hair of one tone in a photo is shared out, by what each hair of it says: the criterion of every kind in the order of `all`, or nothing of a
    /// hair that is opaque beyond doubt. Hair of one tone in one photo is taken to be of one kind but for a few; what is usual says how likely each is
    /// beforehand, and what those few are. How few they are the hairs say themselves.
    pub(super) fn shared(tone: Tone, hairs: &[Option<&[f64]>]) -> Self {
        let usual = Self::usual(tone).0;
        let even = vec![1.0; usual.len()];
        let of_hair = |hair: &Option<&[f64]>| -> Vec<f64> {
            hair.map_or_else(|| (0..usual.len()).map(|i| f64::from(u8::from(i == 0))).collect(), |criteria| weights(criteria, &even))
        };
        let said: Vec<Vec<f64>> = hairs.iter().map(of_hair).collect();
        let of_kind = |i: usize| {
            let of_hair = |own: &Vec<f64>| ((1.0 - FEW) * own[i] + FEW / usual.len() as f64).ln();
            -2.0 * said.iter().map(of_hair).sum::<f64>() / (hairs.len().max(1) as f64).sqrt()
        };
        let criteria: Vec<f64> = (0..usual.len()).map(of_kind).collect();
        let likely = weights(&criteria, &Self(usual.clone()).shares());
        // Hair that is opaque beyond doubt says nothing of hair that is not.
        let unsure: Vec<Vec<f64>> = hairs.iter().filter(|hair| hair.is_some()).map(of_hair).collect();
        let others: Vec<f64> = usual.iter().map(|(kind, _)| others(*kind, &usual, &unsure)).collect();
        let few: f64 = likely.iter().zip(&others).map(|(likely, others)| likely * others).sum();
        let shares = likely.iter().zip(&others).map(|(likely, others)| likely * (1.0 - others));
        Self(usual.iter().zip(shares).map(|((kind, usual), share)| (*kind, share + few * usual)).collect())
    }

    /// The same without kinds too rare to try.
    pub(super) fn common(&self) -> Self {
        Self(self.0.iter().copied().filter(|(kind, share)| *kind == Kind::Opaque || *share >= LEAST_SHARE).collect())
    }

    pub(super) fn shares(&self) -> Vec<f64> {
        self.0.iter().map(|k| k.1).collect()
    }

    /// Opaque and nothing else.
    pub(super) fn opaque() -> Self {
        Self(vec![(Kind::Opaque, 1.0)])
    }
}

/// The share of hairs that are of another kind than this one, by what each says: found in steps, as each hair's own share depends on it (Dempster,
/// Laird & Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x). Hairs that say nothing leave it where it was; clear shafts are all of one kind here.
fn others(kind: Kind, usual: &[(Kind, f64)], said: &[Vec<f64>]) -> f64 {
    let alike = |other: Kind| std::mem::discriminant(&other) == std::mem::discriminant(&kind);
    let likelihoods: Vec<(f64, f64)> = said
        .iter()
        .map(|own| {
            let pairs = || usual.iter().zip(own);
            let as_kind = pairs().filter(|((other, _), _)| alike(*other)).map(|(_, own)| *own).fold(0.0, f64::max);
            (as_kind, pairs().map(|((_, usual), own)| usual * own).sum())
        })
        .collect();
    (0..20).fold(FEW, |few, _| {
        let other = |(as_kind, as_any): &(f64, f64)| few * as_any / ((1.0 - few) * as_kind + few * as_any).max(1e-300);
        (FEW * FEW_AMONG + likelihoods.iter().map(other).sum::<f64>()) / (FEW_AMONG + likelihoods.len() as f64)
    })
}

/// How much each of several counts, by its criterion (−2 times the logarithm of its likelihood) and its share beforehand; 1 in all.
pub(super) fn weights(criteria: &[f64], shares: &[f64]) -> Vec<f64> {
    let criteria: Vec<f64> = criteria.iter().zip(shares).map(|(c, share)| c - 2.0 * share.max(1e-9).ln()).collect();
    let least = criteria.iter().copied().fold(f64::INFINITY, f64::min);
    let all: Vec<f64> = criteria.iter().map(|c| (-0.5 * (c - least)).exp()).collect();
    let sum: f64 = all.iter().sum();
    all.into_iter().map(|w| if sum.is_finite() && sum > 0.0 { w / sum } else { 0.0 }).collect()
}

/// What the mean profile of one shaft says of its kinds, in their order.
#[derive(Debug, Clone)]
pub(super) struct Looks {
    pub(super) shapes: Vec<Shape>,
    /// By each kind, with the kind's own blur.
    pub(super) widths: Vec<f64>,
    pub(super) criteria: Vec<f64>,
}

impl Looks {
    /// Those of a shaft that tells nothing of its kind, as one does with another close beside all of it: every kind by how wide the shaft then is.
    pub(super) fn unseen(places: &[Place], tone: Tone) -> Option<Self> {
        let kinds = Kinds::all(tone);
        let width = median(places.iter().map(|p| p.plain.model.width()).collect())?;
        let of_kind = |kind: &Kind| {
            let shapes = || places.iter().map(|p| Shape::of(*kind, &p.plain, &p.profile));
            // Kinds differ from place to place in nothing but how far the light of a rimmed one falls.
            let usual = median(shapes().map(|s| s.fourth).collect())?;
            shapes().min_by(|a, b| (a.fourth - usual).abs().total_cmp(&(b.fourth - usual).abs()))
        };
        let shapes: Vec<Shape> = kinds.iter().filter_map(of_kind).collect();
        let widths: Vec<f64> = shapes.iter().map(|shape| width * shape.over_opaque()).collect();
        (shapes.len() == kinds.len()).then(|| Self { criteria: vec![0.0; shapes.len()], shapes, widths })
    }

    /// The shape that is most likely, given how the photo's hair is shared out, and the variance of the width that the choice leaves, as a share of
    /// the width squared.
    pub(super) fn likeliest(&self, kinds: &Kinds) -> (Shape, f64) {
        let weights = weights(&self.criteria, &kinds.shares());
        let best = (0..weights.len()).max_by(|a, b| weights[*a].total_cmp(&weights[*b])).unwrap_or(0);
        let mean: f64 = weights.iter().zip(&self.widths).map(|(weight, width)| weight * width).sum();
        let between: f64 = weights.iter().zip(&self.widths).map(|(weight, width)| weight * (width - mean).powi(2)).sum();
        let shape = match self.shapes[best].kind {
            Kind::Clear(i) => {
                // Between the clear kinds the criterion is a parabola, about: its lowest place tells the opacity itself.
                let of = |i: usize| self.shapes.iter().zip(&self.criteria).find(|(s, _)| s.kind == Kind::Clear(i)).map(|(_, c)| *c);
                let around = (i > 0).then(|| Some((of(i - 1)?, of(i)?, of(i + 1)?))).flatten();
                // Where the photo's other hair has chosen, this one's own criterion may be highest there.
                let lowest = around.filter(|(a, b, c)| a + c > 2.0 * b).map(|(a, b, c)| (a - c) / (2.0 * (a - 2.0 * b + c)));
                Shape::clear(i as f64 + lowest.filter(|l| l.is_finite()).map_or(0.0, |l| l.clamp(-0.6, 0.6)))
            }
            _ => self.shapes[best],
        };
        (shape, between / (mean * mean).max(1e-9) + shape.doubt.powi(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_shape_is_a_blurred_chord() {
        // Half a width of 10, blurred by 1.5, the opacity 65 %: by brute force over the chord.
        let (half, blur, opacity) = (10.0_f64, 1.5_f64, 0.65_f64);
        let density = |z: f64| (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
        let below = |z: f64| {
            let step = (z + 8.0).max(0.0) / 4000.0;
            (0..4000).map(|i| density(-8.0 + step * (f64::from(i) + 0.5)) * step).sum::<f64>()
        };
        for x in [-14.0, -10.0, -6.0, 0.0, 3.0, 9.0, 12.0] {
            let chord = |t: f64| (1.0 - (1.0 - opacity).powf((1.0 - t * t).max(0.0).sqrt())) / opacity;
            let place = |i: i32| (f64::from(i) + 0.5) / 2000.0 - 1.0;
            let truth: f64 = (0..4000).map(|i| chord(place(i)) * density((x - half * place(i)) / blur) / blur * half / 2000.0).sum();
            let shape = Shape::clear(2.0);
            let edge = |at: f64| (below((x - at) / blur), density((x - at) / blur));
            let edges = [edge(-half * shape.reach), edge(half * shape.reach)];
            let relief = shape.relief(x, half * shape.reach, (blur, blur * blur), edges)[0];
            let shown = edges[0].0 - edges[1].0 + relief;
            assert!((shown - truth).abs() < 0.01, "{shown} for {truth} at {x}");
        }
    }

    #[test]
    fn a_translucent_shaft_is_wider_than_the_opaque_one_it_looks_like() {
        assert!((Shape::OPAQUE.over_opaque() - 1.0).abs() < 1e-12);
        assert!((1.10..1.16).contains(&Shape::clear(0.0).over_opaque()));
        assert!(Shape::clear(4.0).over_opaque() < Shape::clear(0.0).over_opaque());
    }

    #[test]
    fn hair_of_one_tone_is_of_the_kind_that_most_of_it_says() {
        assert!((Kinds::shared(Tone::Dark, &[]).shares().iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let clear = [40.0, 30.0, 0.0, 30.0, 40.0, 50.0];
        let seen: Vec<Option<&[f64]>> = vec![Some(&clear); 6];
        let kinds = Kinds::shared(Tone::Dark, &seen);
        assert!(kinds.0.iter().any(|(kind, share)| *kind == Kind::Clear(1) && *share > 0.8), "{kinds:?}");
        assert!(Kinds::shared(Tone::Dark, &[None; 6]).0[0].1 > 0.95);
    }
}
