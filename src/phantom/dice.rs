//! Seeded chance: the only source of randomness in a phantom.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// A stream of chance, the same for the same seed and stream number.
#[derive(Debug, Clone)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The numbered stream of a seed. Streams are independent, so that one more freckle moves no hair.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A fresh seed for a texture.
    pub fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Evenly between two bounds.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Any direction, in radians.
    pub fn angle(&mut self) -> f64 {
        self.between(-std::f64::consts::PI, std::f64::consts::PI)
    }

    /// Whether an event of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.between(0.0, 1.0) < probability
    }

    /// From a normal distribution.
    pub fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        let z: f64 = StandardNormal.sample(&mut self.0);
        mean + sd * z
    }

    /// From a log-normal distribution with this median; `spread` is the standard deviation of the logarithm.
    pub fn log_normal(&mut self, median: f64, spread: f64) -> f64 {
        median * self.normal(0.0, spread).exp()
    }

    /// The index of one of the weights, with a chance in proportion to it.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.between(0.0, weights.iter().sum());
        for (i, w) in weights.iter().enumerate() {
            left -= w;
            if left < 0.0 {
                return i;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// A whole number whose mean is `mean`, the fraction left to chance.
    pub fn count(&mut self, mean: f64) -> usize {
        let whole = mean.max(0.0).floor();
        whole as usize + usize::from(self.chance(mean.max(0.0) - whole))
    }
}
