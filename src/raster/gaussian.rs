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
    let kernel = half_kernel(sigma);
    if kernel.len() == 1 {
        return plane.clone();
    }
    let (rows, columns) = plane.dim();
    let mut across = Plane::zeros((rows, columns));
    let reach = kernel.len() - 1;
    let mut padded = vec![0.0; columns + 2 * reach];
    for (source, mut target) in plane.rows().into_iter().zip(across.rows_mut()) {
        padded[..reach].fill(source[0]);
        padded[reach + columns..].fill(source[columns - 1]);
        padded[reach..reach + columns].copy_from_slice(source.to_slice().expect(CONTIGUOUS));
        let target = target.as_slice_mut().expect(CONTIGUOUS);
        let (center, padded) = (&padded[reach..], padded.as_slice());
        weighed(target, center, &kernel, |k| (&padded[reach - k..], &padded[reach + k..]));
    }
    let mut down = Plane::zeros((rows, columns));
    let source = across.as_slice().expect(CONTIGUOUS);
    let row = |r: isize| {
        let r = r.clamp(0, rows as isize - 1) as usize;
        &source[r * columns..(r + 1) * columns]
    };
    for (r, mut target) in down.rows_mut().into_iter().enumerate() {
        let target = target.as_slice_mut().expect(CONTIGUOUS);
        weighed(target, row(r as isize), &kernel, |k| (row(r as isize - k as isize), row(r as isize + k as isize)));
    }
    down
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
