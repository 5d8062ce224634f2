//! Sums over the neighbors of a place in all channels, weighed: nearly all the arithmetic of a network.

use super::Layout;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};
use std::ops::Range;

/// How many channels, and how many vectors of columns, are summed at a time. Sums, values and weights must all lie in registers: of 32 where vectors are
/// the widest, and of 16 where they are half as wide, of which twelve sums would leave too few.
const TOGETHER: usize = 4;
const TWICE: usize = 2 * TOGETHER;
const VECTORS: usize = 3;
const FEWER: usize = 2;
const WIDEST: usize = 16;
const HALF_AS_WIDE: usize = 8;

/// The columns that are worked out together on the processors with the widest vectors; a multiple of those of all others.
pub(super) const BLOCK: usize = WIDEST * VECTORS;

/// A convolution; where columns are left out between its places, it reads each of their phases as channels of its own.
#[derive(Debug)]
pub(super) struct Convolution {
    /// Rows read per row of its own.
    stride: usize,
    /// The row that the first of its kernel reads for row 0, and the steps from there to the next ones.
    above: isize,
    dilation: usize,
    /// The rows of the kernel, and its places along each of them.
    size: usize,
    taps: Vec<Tap>,
    /// The channels each place reads.
    channels: usize,
    /// For each group of channels, by rows, places and channels read: the weight in each channel of the group.
    weights: Vec<[f32; TWICE]>,
    /// The value of no input, by groups.
    bias: Vec<[f32; TWICE]>,
    /// Whether what is below 0 becomes 0.
    pub(super) rectified: bool,
}

/// A place along a row of a kernel.
#[derive(Debug, Clone, Copy)]
struct Tap {
    /// The first channel read.
    channel: usize,
    /// Columns to the right.
    shift: isize,
}

/// The kernel of a convolution as files have it.
pub(super) struct Kernel<'a> {
    /// By channels of the answer, channels read, rows and columns.
    pub(super) weights: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) channels: usize,
    /// Rows and columns of the kernel, from one place read to the next, and zeros before the first.
    pub(super) size: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
    pub(super) padding: usize,
}

impl Convolution {
    pub(super) fn new(kernel: &Kernel) -> Self {
        let &Kernel { channels, size, stride, dilation, padding, .. } = kernel;
        let taps = (0..size).map(|k| {
            let offset = (k * dilation) as isize - padding as isize;
            Tap { channel: offset.rem_euclid(stride as isize) as usize * channels, shift: offset.div_euclid(stride as isize) }
        });
        let answered = kernel.bias.len();
        let weight = |channel: usize, row: usize, column: usize, read: usize| {
            if channel < answered { kernel.weights[((channel * channels + read) * size + row) * size + column] } else { 0.0 }
        };
        let mut weights = vec![];
        for group in (0..answered).step_by(TWICE) {
            for (row, column) in (0..size).flat_map(|row| (0..size).map(move |column| (row, column))) {
                weights.extend((0..channels).map(|read| std::array::from_fn(|i| weight(group + i, row, column, read))));
            }
        }
        let bias = kernel.bias.chunks(TWICE).map(|group| std::array::from_fn(|i| group.get(i).copied().unwrap_or(0.0))).collect();
        let above = -(padding as isize);
        Self { stride, above, dilation, size, taps: taps.collect(), channels, weights, bias, rectified: false }
    }

    /// How many columns to either side it reaches.
    pub(super) fn margin(&self) -> usize {
        self.taps.iter().map(|tap| tap.shift.unsigned_abs()).max().unwrap_or(0)
    }

    /// The rows read for a row, as far as there are any.
    pub(super) fn reads(&self, row: usize) -> Range<usize> {
        let first = (row * self.stride) as isize + self.above;
        let end = first + ((self.size - 1) * self.dilation) as isize + 1;
        first.max(0) as usize..end.max(0) as usize
    }

    /// Works out a row; rows outside are none.
    pub(super) fn row<'a>(&self, row: usize, read: impl Fn(isize) -> Option<&'a [f32]>, layout: Layout, values: &mut [f32]) {
        let first = (row * self.stride) as isize + self.above;
        let rows: Vec<Option<&[f32]>> = (0..self.size).map(|k| read(first + (k * self.dilation) as isize)).collect();
        Row { convolution: self, rows: &rows, layout, values }.dispatch();
        // What lies beyond the last column was worked out with the block it ends in, and is 0 to those who read it.
        for channel in 0..values.len() / layout.pitch {
            values[layout.values(channel).end..(channel + 1) * layout.pitch].fill(0.0);
        }
    }
}

/// One row to be worked out.
struct Row<'a> {
    convolution: &'a Convolution,
    rows: &'a [Option<&'a [f32]>],
    layout: Layout,
    values: &'a mut [f32],
}

impl SimdOp for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(mut self, isa: I) {
        let lanes = isa.f32().len();
        let answered = self.values.len() / self.layout.pitch;
        // Asked again in `some`: with the numbers of channels and vectors handed down from here, the sums no longer stay in registers.
        let vectors = if lanes == HALF_AS_WIDE { FEWER } else { VECTORS };
        for column in (0..self.layout.columns).step_by(vectors * lanes) {
            for group in 0..self.convolution.bias.len() {
                match answered - group * TWICE {
                    5.. if lanes == WIDEST => self.sum::<I, TWICE, VECTORS>(isa, column, group, 0),
                    5.. => [0, TOGETHER].into_iter().for_each(|first| self.some(isa, column, group, first)),
                    _ => self.some(isa, column, group, 0),
                }
            }
        }
    }
}

impl Row<'_> {
    /// Works out a few channels of a group, from the `first` on, at as many columns as the registers hold sums for.
    #[inline(always)]
    fn some<I: Isa>(&mut self, isa: I, column: usize, group: usize, first: usize) {
        if isa.f32().len() == HALF_AS_WIDE {
            self.sum::<I, TOGETHER, FEWER>(isa, column, group, first);
        } else {
            self.sum::<I, TOGETHER, VECTORS>(isa, column, group, first);
        }
    }

    /// Works out `N` channels of a group, from the `first` on, at the columns of `V` vectors.
    #[inline(always)]
    fn sum<I: Isa, const N: usize, const V: usize>(&mut self, isa: I, column: usize, group: usize, first: usize) {
        let ops = isa.f32();
        let (lanes, pitch) = (ops.len(), self.layout.pitch);
        let Convolution { taps, channels, weights, bias, rectified, .. } = self.convolution;
        let per_row = taps.len() * channels;
        let weights = &weights[group * self.rows.len() * per_row..];
        // In place, for what is mapped or taken by value is copied through memory.
        let mut sums = [[ops.zero(); V]; N];
        sums.iter_mut().zip(&bias[group][first..]).for_each(|(sums, bias)| *sums = [ops.splat(*bias); V]);
        for (row, weights) in self.rows.iter().zip(weights.chunks_exact(per_row)) {
            let Some(row) = row else { continue };
            for (tap, weights) in taps.iter().zip(weights.chunks_exact(*channels)) {
                let start = tap.channel * pitch + (self.layout.margin + column).wrapping_add_signed(tap.shift);
                for (read, weights) in weights.iter().enumerate() {
                    let values = ops.load_many::<V>(&row[start + read * pitch..][..V * lanes]);
                    for (sums, weight) in sums.iter_mut().zip(&weights[first..first + N]) {
                        let weight = ops.splat(*weight);
                        for (sum, value) in sums.iter_mut().zip(values) {
                            *sum = ops.mul_add(value, weight, *sum);
                        }
                    }
                }
            }
        }
        let answered = self.values.chunks_exact_mut(pitch).skip(group * TWICE + first);
        for (values, sums) in answered.zip(&sums) {
            let values = values[self.layout.margin + column..].chunks_exact_mut(lanes);
            for (values, &sum) in values.zip(sums) {
                ops.store(if *rectified { ops.max(sum, ops.zero()) } else { sum }, values);
            }
        }
    }
}
