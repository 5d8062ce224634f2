//! Gaussian blur.

use super::wide::widely;
use super::{CONTIGUOUS, Plane};

/// The plane blurred by a Gaussian of standard deviation `sigma` pixels, its edge pixels repeated outward.
///
/// The kernel is sampled, cut at 4σ and normalized, so a constant plane stays as it is.
///
/// # Examples
/// ```
/// use anagen::raster::{Plane, gaussian::blurred};
/// let mut point = Plane::zeros((9, 9));
/// point[[4, 4]] = 1.0;
/// let spread = blurred(&point, 1.0);
/// assert!((spread[[4, 4]] - 0.159).abs() < 0.001); // 1 / (2π σ²)
/// assert!((spread[[4, 5]] / spread[[4, 4]] - (-0.5_f32).exp()).abs() < 1e-5);
/// ```
pub fn blurred(plane: &Plane, sigma: f64) -> Plane {
    let mut rows = Rows::of(plane.dim(), |r, row| row.copy_from_slice(plane.row(r).to_slice().expect(CONTIGUOUS)), sigma);
    let mut blurred = Plane::zeros(plane.dim());
    blurred.rows_mut().into_iter().for_each(|row| rows.next_into(row.into_slice().expect(CONTIGUOUS)));
    blurred
}

/// The rows of a blurred plane, one after another, from rows that are written when they are asked for: neither plane need be held.
pub(crate) struct Rows<W> {
    rows: usize,
    write: W,
    kernel: Vec<f32>,
    /// A row with its edge pixels repeated before and after.
    padded: Vec<f32>,
    /// Rows blurred across, as many as one blurred down is made of: each new one takes the place of one that nothing reads any more.
    across: Vec<Vec<f32>>,
    /// How many rows have been blurred across, and down.
    done: (usize, usize),
}

impl<W: FnMut(usize, &mut [f32])> Rows<W> {
    /// Of a plane of so many rows and columns, blurred by a Gaussian of standard deviation `sigma` pixels.
    pub(crate) fn of((rows, columns): (usize, usize), write: W, sigma: f64) -> Self {
        let kernel = half_kernel(sigma);
        let reach = kernel.len() - 1;
        let across = vec![vec![0.0; columns]; 2 * reach + 1];
        Self { rows, write, padded: vec![0.0; columns + 2 * reach], kernel, across, done: (0, 0) }
    }

    /// Writes the next row.
    pub(crate) fn next_into(&mut self, target: &mut [f32]) {
        let (reach, held, columns) = (self.kernel.len() - 1, self.across.len(), target.len());
        let r = self.done.1;
        while self.done.0 < self.rows.min(r + reach + 1) {
            (self.write)(self.done.0, &mut self.padded[reach..reach + columns]);
            let (first, last) = (self.padded[reach], self.padded[reach + columns - 1]);
            self.padded[..reach].fill(first);
            self.padded[reach + columns..].fill(last);
            let padded = self.padded.as_slice();
            let beside = |k: usize| (&padded[reach - k..], &padded[reach + k..]);
            weighed(&mut self.across[self.done.0 % held], &padded[reach..], &self.kernel, beside);
            self.done.0 += 1;
        }
        let row = |r: usize| self.across[r.min(self.rows - 1) % held].as_slice();
        weighed(target, row(r), &self.kernel, |k| (row(r.saturating_sub(k)), row(r + k)));
        self.done.1 += 1;
    }
}

/// How many values are summed at a time: they stay in registers.
const TOGETHER: usize = 64;

/// Writes the sums of what lies at a place and so far to either side of it, weighed by the kernel.
fn weighed<'a>(target: &mut [f32], center: &[f32], kernel: &[f32], beside: impl Fn(usize) -> (&'a [f32], &'a [f32])) {
    widely(
        #[inline(always)]
        || {
            let (chunks, rest) = target.as_chunks_mut::<TOGETHER>();
            let whole = chunks.len() * TOGETHER;
            for (i, target) in chunks.iter_mut().enumerate() {
                let at = i * TOGETHER..(i + 1) * TOGETHER;
                let mut sums = [0.0; TOGETHER];
                sums.iter_mut().zip(&center[at.clone()]).for_each(|(sum, value)| *sum = value * kernel[0]);
                for (k, weight) in kernel.iter().enumerate().skip(1) {
                    let (before, after) = beside(k);
                    let pairs = before[at.clone()].iter().zip(&after[at.clone()]);
                    sums.iter_mut().zip(pairs).for_each(|(sum, (before, after))| *sum += weight * (before + after));
                }
                *target = sums;
            }
            rest.iter_mut().zip(&center[whole..]).for_each(|(to, from)| *to = from * kernel[0]);
            for (k, weight) in kernel.iter().enumerate().skip(1) {
                let (before, after) = beside(k);
                rest.iter_mut()
                    .zip(&before[whole..])
                    .zip(&after[whole..])
                    .for_each(|((to, before), after)| *to += weight * (before + after));
            }
        },
    );
}

/// The kernel from its center outward.
fn half_kernel(sigma: f64) -> Vec<f32> {
    let reach = if sigma > 0.1 { (4.0 * sigma).ceil() as usize } else { 0 };
    let weights: Vec<f64> = (0..=reach).map(|k| (-0.5 * (k as f64 / sigma.max(0.1)).powi(2)).exp()).collect();
    let total = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    weights.iter().map(|w| (w / total) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_pixel_stays() {
        assert!((blurred(&ndarray::array![[3.0]], 5.0)[[0, 0]] - 3.0).abs() < 1e-5);
    }

    #[test]
    fn matches_the_sum_written_out() {
        let plane = Plane::from_shape_fn((13, 147), |(r, c)| ((r * 31 + c * 17) % 11) as f32);
        let kernel = half_kernel(1.3);
        let reach = kernel.len() as isize - 1;
        let at = |r: isize, c: isize| plane[[r.clamp(0, 12) as usize, c.clamp(0, 146) as usize]];
        let result = blurred(&plane, 1.3);
        for ((r, c), value) in result.indexed_iter() {
            let mut sum = 0.0;
            for i in -reach..=reach {
                for j in -reach..=reach {
                    sum += kernel[i.unsigned_abs()] * kernel[j.unsigned_abs()] * at(r as isize + i, c as isize + j);
                }
            }
            assert!((sum - value).abs() < 1e-3, "at row {r}, column {c}: {value}, not {sum}");
        }
    }
}
