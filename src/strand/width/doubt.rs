//! How far off a width is in a photo, where much may be wrong that its own fits do not know.
//!
//! Two hairs traced as one, the half of a shining hair, light that is uneven beside the shaft: nothing in a profile tells them for certain, but a shaft
//! much thicker than the photo's others, a thinner one with more light on one side than on the other, or one whose places disagree, is wrong more
//! often. What is seen of a shaft says how far off such shafts usually are; what its fits say of themselves counts beside it.

/// What is seen of a shaft that tells of errors its fits do not know. Each is 0 or small for a shaft beyond doubt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signs(pub [f64; 8]);

/// A shaft as far as its signs are read from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) width: f64,
    /// What the photo's hair of this tone usually measures; `None` where it is too unlike, or too few.
    pub(super) usual: Option<f64>,
    /// How far the skin's light on one side is from that on the other, in shares of the shaft's contrast.
    pub(super) imbalance: f64,
    /// The width it was traced at.
    pub(super) rough: Option<f64>,
    /// By how much its width changes from the first clean place to the last.
    pub(super) change: f64,
    /// The widest place less the narrowest.
    pub(super) range: f64,
    /// How many clean places its width rests on.
    pub(super) places: usize,
    /// The standard deviation of the width at one place, by its fit.
    pub(super) of_place: f64,
}

/// How much each sign adds to the logarithm of the error, as a share of the width, and what that is without any.
///
/// # Source
/// Ours: the likeliest for the errors of 6,800 strands of drawn photos (ten scenes, half of them stored badly), taken to scatter as Student's t with three
/// degrees of freedom does: `models/thickness`.
const WEIGHTS: [f64; 8] = [2.60, 4.54, 0.97, 2.73, 1.09, 1.17, -0.37, 0.54];
const WITHOUT_SIGNS: f64 = -0.19;

/// What the fits' own error counts for beside that.
const OF_FITS: f64 = 0.48;

/// Beyond so much, in shares of the width, no sign tells more.
const MOST: f64 = 1.0;

/// However sharp a photo, one place says no more of a width than to this share of it: what misleads it is not noise.
const LEAST_OF_PLACE: f64 = 5e-3;

impl Signs {
    pub(super) fn of(seen: &Seen) -> Self {
        let share = |value: f64| (value / seen.width).abs().min(MOST);
        let beyond_usual = seen.usual.map_or(0.0, |usual| (seen.width / usual).ln());
        let beyond_traced = seen.rough.map_or(0.0, |rough| (seen.width / rough).ln());
        Self([
            beyond_usual.max(0.0),
            (-beyond_usual).max(0.0) * seen.imbalance.abs().min(MOST),
            f64::from(u8::from(seen.usual.is_none())),
            share(seen.change),
            share(seen.range),
            beyond_traced.abs(),
            (seen.places.max(1) as f64).ln(),
            share(seen.of_place).max(LEAST_OF_PLACE).ln(),
        ])
    }

    /// One standard deviation of the width: 1.96 of it hold the truth of 95 % of such shafts.
    pub(super) fn standard_error(&self, width: f64, of_fits: f64) -> f64 {
        let told: f64 = self.0.iter().zip(WEIGHTS).map(|(sign, weight)| weight * sign).sum();
        (width * (WITHOUT_SIGNS + told).exp()).hypot(OF_FITS * of_fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Seen {
        Seen { width: 20.0, usual: Some(20.0), imbalance: 0.1, rough: Some(20.0), change: 0.0, range: 0.6, places: 12, of_place: 0.1 }
    }

    fn error(seen: Seen) -> f64 {
        Signs::of(&seen).standard_error(seen.width, 0.02)
    }

    #[test]
    fn whatever_looks_doubtful_is_known_less_well() {
        let doubtful = [
            Seen { usual: Some(15.0), ..plain() },
            Seen { usual: Some(27.0), ..plain() },
            Seen { usual: Some(27.0), imbalance: 0.4, ..plain() },
            Seen { usual: None, ..plain() },
            Seen { change: -4.0, ..plain() },
            Seen { range: 5.0, ..plain() },
            Seen { rough: Some(28.0), ..plain() },
            Seen { places: 2, ..plain() },
            Seen { of_place: 0.8, ..plain() },
        ];
        for seen in doubtful {
            assert!(error(seen) > 1.05 * error(plain()), "{seen:?}");
        }
        assert!(error(plain()) > 0.01 * 20.0 && error(plain()) < 0.05 * 20.0, "{}", error(plain()));
    }

    #[test]
    fn errors_scale_with_the_photo() {
        let Seen { width, usual, imbalance, rough, change, range, of_place, places } = plain();
        let double = |value: Option<f64>| value.map(|v| 2.0 * v);
        let large = Seen {
            width: 2.0 * width,
            usual: double(usual),
            imbalance,
            rough: double(rough),
            change: 2.0 * change,
            range: 2.0 * range,
            of_place: 2.0 * of_place,
            places,
        };
        assert!((Signs::of(&large).standard_error(40.0, 0.04) - 2.0 * error(plain())).abs() < 1e-12);
    }

    #[test]
    fn no_number_is_no_precision() {
        let nothing = Seen { of_place: f64::NAN, change: f64::INFINITY, ..plain() };
        assert!(error(nothing) > error(plain()));
    }
}
