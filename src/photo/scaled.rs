//! A photo at another scale, row by row, so that no plane of it need be held.

use super::{Photo, Samples};
use crate::raster::wide::widely;

/// The sRGB-encoded colors of a photo on a grid of `factor` photo pixels per pixel, row by row: those of [`Photo::planes`].
#[derive(Debug, Clone)]
pub struct Scaled<'a> {
    photo: &'a Photo,
    factor: f64,
    across: Covers,
    down: Covers,
}

impl<'a> Scaled<'a> {
    /// The photo at `factor` photo pixels per pixel.
    ///
    /// # Panics
    /// When `factor` is not above 0 and finite.
    pub fn new(photo: &'a Photo, factor: f64) -> Self {
        assert!(factor > 0.0 && factor.is_finite(), "a plane pixel has a size");
        let covers = |pixels: usize| Covers::of_each((pixels as f64 / factor).round().max(1.0) as usize, factor, pixels);
        Self { photo, factor, across: covers(photo.width), down: covers(photo.height) }
    }

    /// Photo pixels per pixel.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// How many rows and columns it has.
    pub fn dim(&self) -> (usize, usize) {
        (self.down.first.len(), self.across.first.len())
    }

    /// Writes the red, green and blue of a row, each from 0 to 1.
    pub fn row(&self, row: usize, colors: [&mut [f32]; 3]) {
        if self.factor < 1.0 {
            return self.interpolated(row, colors);
        }
        widely(
            #[inline(always)]
            || match self.across.length {
                // Loops of a length that is known are taken apart.
                2 => self.means(row, 2, colors),
                3 => self.means(row, 3, colors),
                length => self.means(row, length, colors),
            },
        );
    }

    /// Writes the mean colors of the cells of a row, which cover so many columns of the photo each.
    #[inline(always)]
    fn means(&self, row: usize, length: usize, [red, green, blue]: [&mut [f32]; 3]) {
        let sums = self.sums(row);
        let covers = self.across.first.iter().zip(self.across.shares.chunks_exact(length));
        for (((red, green), blue), (first, shares)) in red.iter_mut().zip(green).zip(blue).zip(covers) {
            let covered = &sums[3 * first..3 * (first + length) + 1];
            let mut mean = [0.0; 4];
            for x in 0..length {
                mean.iter_mut().zip(&covered[3 * x..3 * x + 4]).for_each(|(mean, sum)| *mean += shares[x] * sum);
            }
            (*red, *green, *blue) = (mean[0], mean[1], mean[2]);
        }
    }

    /// The mean colors of what the cells of a row cover of each column of the photo, color by color.
    #[inline(always)]
    fn sums(&self, row: usize) -> Vec<f32> {
        let width = self.photo.width;
        // Zeros beyond the last pixel, where covers of full length may reach, and one more, so that any color can be read four values at a time.
        let mut sums = vec![0.0_f32; 3 * (width + self.across.length) + 1];
        let (first, shares) = self.down.get(row);
        for (y, share) in (first..self.photo.height).zip(shares) {
            let row = y * width..(y + 1) * width;
            match &self.photo.samples {
                Samples::Eight(pixels) => add_scaled(&mut sums, &pixels[row], share / 255.0),
                Samples::Sixteen(pixels) => add_scaled(&mut sums, &pixels[row], share / 65535.0),
            }
        }
        sums
    }

    /// Writes the interpolated colors along one row of a grid finer than the photo.
    fn interpolated(&self, row: usize, [red, green, blue]: [&mut [f32]; 3]) {
        let place = |p: usize, last: usize| {
            let at = ((p as f64 + 0.5) * self.factor - 0.5).clamp(0.0, last as f64);
            (at as usize, (at as usize + 1).min(last), at.fract() as f32)
        };
        let (above, below, ty) = place(row, self.photo.height - 1);
        let between = |a: [f32; 3], b: [f32; 3], t: f32| [0, 1, 2].map(|c| a[c] + (b[c] - a[c]) * t);
        for (column, ((red, green), blue)) in red.iter_mut().zip(green).zip(blue).enumerate() {
            let (left, right, tx) = place(column, self.photo.width - 1);
            let top = between(self.photo.rgb(left, above), self.photo.rgb(right, above), tx);
            let bottom = between(self.photo.rgb(left, below), self.photo.rgb(right, below), tx);
            [*red, *green, *blue] = between(top, bottom, ty);
        }
    }
}

/// The photo pixels under each plane pixel along one axis, each with its share; the shares of a plane pixel sum to 1.
#[derive(Debug, Clone)]
struct Covers {
    /// The first photo pixel under each.
    first: Vec<usize>,
    /// The shares of all, of as many pixels each, so that they are added up in loops of one length: the last ones may be 0.
    shares: Vec<f32>,
    length: usize,
}

impl Covers {
    /// The cover of each of `count` plane pixels, `factor` photo pixels wide, over `pixels` photo pixels.
    fn of_each(count: usize, factor: f64, pixels: usize) -> Self {
        let length = (factor.ceil() as usize + 1).min(pixels);
        let (mut first, mut shares) = (Vec::with_capacity(count), Vec::with_capacity(count * length));
        for p in 0..count {
            // A photo pixel i stretches from i to i + 1 here; the last cell may reach past the photo and is then the mean of what is left.
            let (start, end) = (p as f64 * factor, ((p + 1) as f64 * factor).min(pixels as f64));
            let from = (start as usize).min(pixels - 1);
            let under = |i: usize| if i < pixels { (end.min(i as f64 + 1.0) - start.max(i as f64)).max(0.0) } else { 0.0 };
            let whole: f64 = (from..from + length).map(under).sum();
            first.push(from);
            shares.extend((from..from + length).map(|i| (under(i) / whole) as f32));
        }
        Self { first, shares, length }
    }

    fn get(&self, p: usize) -> (usize, &[f32]) {
        (self.first[p], &self.shares[p * self.length..(p + 1) * self.length])
    }
}

#[inline(always)]
fn add_scaled<T: Copy + Into<f32>>(sums: &mut [f32], row: &[[T; 3]], scale: f32) {
    let row = row.as_flattened();
    sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += scale * value.into());
}
