//! How likely a hair seen in one photo alone is not there in the other, by all that both photos tell of it.

use serde::Serialize;

/// What tells whether a hair of one photo is there in the other, where it was not traced. Depths are shares of what the hair would have there,
/// distances are in hair widths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Signs {
    /// The deepest line it may lie on that no other hair explains.
    pub unexplained: f64,
    /// The deepest line near where it should be, explained or not.
    pub near: f64,
    /// What nine of ten lines on bare skin stay below.
    pub texture: f64,
    /// How much darker than skin it is behind its root, as a natural log of light: a root stays where the comb turns the shaft.
    pub haze: f64,
    /// How much more shaft there is in the other photo, there and beside it, as a natural log.
    pub cover: f64,
    /// From its place to the nearest root in the other photo that is no hair of the first: it may be this hair, traced badly.
    pub stray: f64,
    /// How many hairs beside it are seen in both photos.
    pub mates: usize,
    /// How far it is seen.
    pub length: f64,
    /// How sure it is to be a hair at all.
    pub confidence: f64,
    /// Whether its root was seen.
    pub rooted: bool,
    /// Whether it may lie loose on the skin.
    pub loose: bool,
}

impl Signs {
    /// The chance that the hair is not there.
    ///
    /// # Source
    /// Ours: a logistic regression over the 2,600 strands of drawn series (seeds 300 to 315 and 320 to 339, both scenes, three sessions each)
    /// that were traced in one photo alone, the other showing their place, rounded. `models/fates` says how true it is, and fits it anew.
    pub fn chance(&self) -> f64 {
        let share = |depth: f64| depth.clamp(0.0, 1.3);
        let odds = -7.06 - 2.5 * share(self.unexplained) - 1.55 * share(self.near) + 3.24 * self.texture.min(2.0)
            - 2.38 * self.haze
            - 2.11 * self.cover.clamp(-1.2, 1.2)
            + 0.77 * self.stray.min(FAR)
            + 0.42 * self.mates.min(3) as f64
            + 0.16 * self.length.min(10.0)
            + 2.92 * self.confidence
            + 0.2 * f64::from(self.rooted)
            - 3.04 * f64::from(self.loose);
        1.0 / (1.0 + (-odds).exp())
    }
}

/// A root farther than this, in hair widths, is another hair's.
pub const FAR: f64 = 4.0;

#[cfg(test)]
impl Signs {
    /// Signs by which a hair is so likely not there.
    pub(super) fn saying(chance: f64) -> Self {
        let none = Self {
            unexplained: 0.0,
            near: 0.0,
            texture: 0.0,
            haze: 0.0,
            cover: 0.0,
            stray: 0.0,
            mates: 0,
            length: 0.0,
            confidence: 0.0,
            rooted: false,
            loose: false,
        };
        let odds = |chance: f64| (chance / (1.0 - chance)).ln();
        let of_confidence = odds(Self { confidence: 1.0, ..none }.chance()) - odds(none.chance());
        Self { confidence: (odds(chance) - odds(none.chance())) / of_confidence, ..none }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Signs = Signs {
        unexplained: 0.1,
        near: 0.1,
        texture: 0.3,
        haze: 0.0,
        cover: -1.0,
        stray: FAR,
        mates: 2,
        length: 8.0,
        confidence: 0.99,
        rooted: true,
        loose: false,
    };

    #[test]
    fn bare_skin_says_that_a_hair_is_gone() {
        assert!(BARE.chance() > 0.9, "{}", BARE.chance());
    }

    #[test]
    fn whatever_may_be_the_hair_speaks_against_it() {
        for signs in [
            Signs { unexplained: 1.0, ..BARE },
            Signs { near: 1.0, ..BARE },
            Signs { haze: 0.5, ..BARE },
            Signs { cover: 0.0, ..BARE },
            Signs { stray: 0.5, ..BARE },
            Signs { confidence: 0.5, ..BARE },
            Signs { loose: true, ..BARE },
        ] {
            assert!(signs.chance() < BARE.chance(), "{signs:?}");
        }
        let there = Signs { unexplained: 1.0, near: 1.0, cover: 0.0, ..BARE };
        assert!(there.chance() < 0.3, "{}", there.chance());
    }
}
