//! A model laid over a profile: what it leaves of every bin, and how that changes with its parameters.

use super::normal::Normal;
use super::profile::Bin;
use super::staircase::{Blur, Staircase};
use crate::raster::wide::widely;

/// How many bins are worked out at a time, on the processors with the widest vectors.
const LANES: usize = 8;

/// Residuals beyond this many standard deviations of the noise count by their size only.
const OUTLYING: f64 = 2.5;

/// The bins of a profile by columns, filled up to whole vectors with bins of no pixels.
pub(super) struct Columns {
    /// How many bins there are in truth.
    bins: usize,
    x: Vec<f64>,
    light: Vec<f64>,
    pixels: Vec<f64>,
}

impl Columns {
    pub(super) fn of(bins: &[Bin]) -> Self {
        let column = |value: fn(&Bin) -> f64| {
            let mut column: Vec<f64> = bins.iter().map(value).collect();
            column.resize(bins.len().next_multiple_of(LANES), 0.0);
            column
        };
        Self { bins: bins.len(), x: column(|b| b.x), light: column(|b| b.light), pixels: column(|b| b.pixels) }
    }
}

/// What is known of a model beforehand: one more observation.
pub(super) struct Known<const N: usize> {
    /// What the model leaves of it.
    pub(super) left: f64,
    /// Its standard deviation.
    pub(super) deviation: f64,
    pub(super) slopes: [f64; N],
}

/// A model laid over a profile, with room for N parameters.
pub(super) struct Laid<'a, const N: usize> {
    pub(super) model: Staircase,
    pub(super) columns: &'a Columns,
    room: Room,
    known: Vec<Known<N>>,
}

/// Room for what a laid model leaves: models are laid one after another, and asking for new room costs as much as filling it.
#[derive(Default)]
pub(super) struct Room {
    /// The light seen in every bin less that of the model.
    left: Vec<f64>,
    /// How the model's light changes with its parameters: for each of them, by bins.
    slopes: Vec<f64>,
    scratch: Vec<f64>,
}

impl<'a, const N: usize> Laid<'a, N> {
    pub(super) fn new(model: Staircase, columns: &'a Columns, blur: &Blur, known: Vec<Known<N>>, mut room: Room) -> Self {
        let (count, size) = (columns.x.len(), model.size());
        let Room { left, slopes, scratch } = &mut room;
        left.resize(count, 0.0);
        slopes.resize(size * count, 0.0);
        scratch.resize(model.scratch().max(2) * count, 0.0);
        model.lay(&columns.x, blur, left, slopes, scratch);
        left.iter_mut().zip(&columns.light).for_each(|(left, seen)| *left = seen - *left);
        Self { model, columns, room, known }
    }

    /// The room it took, for another.
    pub(super) fn cleared(self) -> Room {
        self.room
    }

    /// The robust cost where one pixel scatters so much.
    pub(super) fn cost(&self, noise: f64) -> f64 {
        let seen = widely(
            #[inline(always)]
            || counted(&self.room.left, &self.columns.pixels, noise, &mut []),
        );
        seen + self.known.iter().map(|known| known.weight(noise) * known.left * known.left).sum::<f64>()
    }

    pub(super) fn equations(&mut self, noise: f64) -> Normal<N> {
        let (count, size) = (self.columns.x.len(), self.model.size());
        let mut system = Normal::default();
        let Room { left, slopes, scratch } = &mut self.room;
        let (weights, weighted) = scratch[..2 * count].split_at_mut(count);
        widely(
            #[inline(always)]
            || {
                system.cost = counted(left, &self.columns.pixels, noise, weights);
                for j in 0..size {
                    let own = &slopes[j * count..][..count];
                    for i in 0..count {
                        weighted[i] = weights[i] * own[i];
                    }
                    [system.right[j]] = dots(weighted, [left]);
                    let column = |k: usize| &slopes[k * count..][..count];
                    let mut k = 0;
                    while k + 3 <= j {
                        system.matrix[j][k..k + 4]
                            .copy_from_slice(&dots(weighted, [column(k), column(k + 1), column(k + 2), column(k + 3)]));
                        k += 4;
                    }
                    while k <= j {
                        [system.matrix[j][k]] = dots(weighted, [column(k)]);
                        k += 1;
                    }
                }
            },
        );
        for known in &self.known {
            let weight = known.weight(noise);
            system.cost += weight * known.left * known.left;
            for j in 0..size {
                let weighted = weight * known.slopes[j];
                system.right[j] += weighted * known.left;
                for k in 0..=j {
                    system.matrix[j][k] += weighted * known.slopes[k];
                }
            }
        }
        system
    }

    /// The noise of one pixel by the median absolute residual, and never below what rounding to 8 bits leaves; `None` without numbers.
    pub(super) fn noise(&self, free: usize) -> Option<f64> {
        let bins = self.columns.bins;
        let mut sizes: Vec<f64> =
            self.room.left.iter().zip(&self.columns.pixels).take(bins).map(|(left, pixels)| left.abs() * pixels.sqrt()).collect();
        let (_, median, _) = sizes.select_nth_unstable_by(bins / 2, f64::total_cmp);
        let n = bins as f64;
        let noise = 1.4826 * *median * (n / (n - free as f64)).sqrt();
        noise.is_finite().then_some(noise.max(1e-4))
    }
}

impl<const N: usize> Known<N> {
    /// Its weight in the normal equations beside pixels that scatter so much.
    fn weight(&self, noise: f64) -> f64 {
        let unit = if noise.is_finite() { noise } else { 0.03 };
        (unit / self.deviation).powi(2)
    }
}

/// What bins of so many pixels add to the robust cost where a model leaves so much of their light; writes their weights in the normal equations as
/// far as there is room. A bin is the mean of its pixels, so its own noise is smaller by the root of their number.
#[inline(always)]
fn counted(left: &[f64], pixels: &[f64], noise: f64, weights: &mut [f64]) -> f64 {
    let limit = OUTLYING * noise;
    let mut sums = [0.0; LANES];
    for (k, (left, pixels)) in left.as_chunks::<LANES>().0.iter().zip(pixels.as_chunks::<LANES>().0).enumerate() {
        let (mut costs, mut of_bins) = ([0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            let square = left[i] * left[i] * pixels[i];
            let size = square.sqrt();
            let usual = square <= limit * limit;
            costs[i] = if usual { square } else { limit * (2.0 * size - limit) };
            of_bins[i] = if usual { pixels[i] } else { pixels[i] * limit / size };
        }
        for i in 0..LANES {
            sums[i] += costs[i];
        }
        if let Some(weights) = weights.get_mut(k * LANES..(k + 1) * LANES) {
            weights.copy_from_slice(&of_bins);
        }
    }
    total(sums)
}

/// The sums of products with each of several columns, of whole vectors: read together, what they are multiplied by is read once.
#[inline(always)]
fn dots<const K: usize>(a: &[f64], columns: [&[f64]; K]) -> [f64; K] {
    let a = a.as_chunks::<LANES>().0;
    let columns = columns.map(|column| &column.as_chunks::<LANES>().0[..a.len()]);
    let mut sums = [[0.0; LANES]; K];
    for (i, a) in a.iter().enumerate() {
        for k in 0..K {
            for lane in 0..LANES {
                sums[k][lane] += a[lane] * columns[k][i][lane];
            }
        }
    }
    sums.map(total)
}

#[inline(always)]
fn total(sums: [f64; LANES]) -> f64 {
    let fours: [f64; 4] = std::array::from_fn(|i| sums[i] + sums[i + 4]);
    (fours[0] + fours[2]) + (fours[1] + fours[3])
}
