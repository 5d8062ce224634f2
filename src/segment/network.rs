//! A convolutional network, worked out row by row: a layer's row as soon as the rows it reads are there, which are given up once nothing reads
//! them any more. So what is held at a time follows the width of a photo, not its height, and no part is worked out twice.

mod convolution;
mod file;
mod onnx;

use crate::raster::wide::widely;
use convolution::{BLOCK, Convolution};
use rten_simd::SimdUnaryOp;
use rten_vecmath::Sigmoid;
use std::collections::VecDeque;
use std::ops::Range;

/// Layers, each after those it reads. The last one is the answer.
#[derive(Debug)]
pub(super) struct Network {
    layers: Vec<Layer>,
    /// The most columns to either side that any convolution reaches: rows are held with so many zeros before and after.
    margin: usize,
}

#[derive(Debug)]
struct Layer {
    operation: Operation,
    /// The layers it reads.
    from: Vec<usize>,
    channels: usize,
    /// Rows and columns of what the network is given per row and column of this.
    coarser: (usize, usize),
}

/// What a layer does with the rows it reads.
#[derive(Debug)]
enum Operation {
    /// What the network is given.
    Given,
    /// Every so many columns apart, as channels of their own: those from the first column on, then those from the second.
    Phases(usize),
    /// Sums over neighbors, weighed.
    Convolve(Convolution),
    /// Two rows of two columns for one, from four times the channels: those of the upper left, upper right, lower left and lower right.
    Enlarge,
    Add,
    Rectify,
    Sigmoid,
    /// These channels alone.
    Slice(Range<usize>),
    /// The channels of all, one after another.
    Join,
}

/// What the network is given.
struct Input<'a> {
    /// How many rows and columns it has.
    sides: (usize, usize),
    /// Writes a row of a channel.
    row: &'a mut dyn FnMut(usize, usize, &mut [f32]),
}

/// The rows of a layer that are held.
#[derive(Debug, Default)]
struct Held {
    first: usize,
    rows: VecDeque<Vec<f32>>,
    /// Rows given up, whose memory the next ones take: they hold zeros wherever no value of a row comes to lie.
    spare: Vec<Vec<f32>>,
}

impl Held {
    /// How many rows have been worked out.
    fn done(&self) -> usize {
        self.first + self.rows.len()
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.rows[row - self.first]
    }
}

/// How the rows of a layer lie in memory: channel after channel.
#[derive(Debug, Clone, Copy)]
struct Layout {
    margin: usize,
    columns: usize,
    /// Values from one channel to the next.
    pitch: usize,
}

impl Layout {
    /// Rows are held up to a whole number of blocks of columns, which convolutions work out together.
    fn new(columns: usize, margin: usize) -> Self {
        Self { margin, columns, pitch: columns.next_multiple_of(BLOCK) + 2 * margin }
    }

    fn values(&self, channel: usize) -> Range<usize> {
        let start = channel * self.pitch + self.margin;
        start..start + self.columns
    }
}

impl Layer {
    /// The rows it reads of each layer for a row of its own, of which some may lie outside.
    fn reads(&self, row: usize) -> Range<usize> {
        match &self.operation {
            Operation::Convolve(convolution) => convolution.reads(row),
            Operation::Enlarge => row / 2..row / 2 + 1,
            _ => row..row + 1,
        }
    }
}

impl Network {
    /// The network in the bytes of an ONNX file; or why it is none.
    pub(super) fn from_onnx(bytes: &[u8]) -> Result<Self, String> {
        let layers = onnx::layers(bytes)?;
        let margin = layers.iter().map(|layer| if let Operation::Convolve(c) = &layer.operation { c.margin() } else { 0 }).max();
        Ok(Self { layers, margin: margin.unwrap_or(0) })
    }

    /// The channels of what it is given.
    pub(super) fn given(&self) -> usize {
        self.layers[0].channels
    }

    /// The channels of its answer, and the rows and columns given per row and column of it.
    pub(super) fn answered(&self) -> (usize, (usize, usize)) {
        let last = self.layers.last().expect("a network has a layer, the one it is given");
        (last.channels, last.coarser)
    }

    /// The side that all of what is given must be a multiple of.
    pub(super) fn multiple(&self) -> usize {
        self.layers.iter().map(|layer| layer.coarser.0.max(layer.coarser.1)).max().unwrap_or(1)
    }

    /// Hands over the answer to planes of so many rows and columns, row by row and channel by channel. Each row of theirs is asked for once, from the
    /// first on and channel by channel; beyond the planes 0 is given up to full sides.
    pub(super) fn answer(
        &self,
        (height, width): (usize, usize),
        mut give: impl FnMut(usize, usize, &mut [f32]),
        mut take: impl FnMut(usize, usize, &[f32]),
    ) {
        let mut given = Input { sides: (height, width), row: &mut give };
        let full = |side: usize| side.next_multiple_of(self.multiple());
        let rows: Vec<usize> = self.layers.iter().map(|layer| full(height) / layer.coarser.0).collect();
        let layouts: Vec<Layout> = self.layers.iter().map(|layer| Layout::new(full(width) / layer.coarser.1, self.margin)).collect();
        let mut held: Vec<Held> = self.layers.iter().map(|_| Held::default()).collect();
        let last = self.layers.len() - 1;
        for row in 0..height.div_ceil(self.layers[last].coarser.0) {
            let mut wanted = vec![0; self.layers.len()];
            wanted[last] = row + 1;
            for i in (0..=last).rev() {
                if let Some(row) = usize::checked_sub(wanted[i], 1) {
                    let end = self.layers[i].reads(row).end;
                    self.layers[i].from.iter().for_each(|&from| wanted[from] = wanted[from].max(end.min(rows[from])));
                }
            }
            for i in 0..=last {
                while held[i].done() < wanted[i] {
                    let mut next = held[i].spare.pop().unwrap_or_else(|| vec![0.0; self.layers[i].channels * layouts[i].pitch]);
                    widely(
                        #[inline(always)]
                        || self.row(i, held[i].done(), &mut given, &held, (&rows, &layouts), &mut next),
                    );
                    held[i].rows.push_back(next);
                }
            }
            (0..self.layers[last].channels).for_each(|channel| take(row, channel, &held[last].row(row)[layouts[last].values(channel)]));
            self.give_up_unread(&mut held, &wanted);
        }
    }

    /// Gives up the rows that no layer of those wanted will read any more.
    fn give_up_unread(&self, held: &mut [Held], wanted: &[usize]) {
        let mut needed: Vec<usize> = held.iter().map(Held::done).collect();
        for (i, layer) in self.layers.iter().enumerate().filter(|(i, _)| wanted[*i] > 0) {
            let start = layer.reads(held[i].done()).start;
            layer.from.iter().for_each(|&from| needed[from] = needed[from].min(start));
        }
        for (own, needed) in held.iter_mut().zip(needed) {
            while own.first < needed
                && let Some(row) = own.rows.pop_front()
            {
                own.spare.push(row);
                own.first += 1;
            }
        }
    }

    /// Works out a row of a layer, from the rows held; what lies before and after the values of a channel stays 0.
    #[inline(always)]
    fn row(&self, i: usize, row: usize, given: &mut Input, held: &[Held], (rows, layouts): (&[usize], &[Layout]), values: &mut [f32]) {
        let (layer, layout) = (&self.layers[i], layouts[i]);
        let source = |k: usize| held[layer.from[k]].row(layer.reads(row).start);
        match &layer.operation {
            Operation::Given => {
                let (height, width) = given.sides;
                for channel in 0..layer.channels {
                    let values = &mut values[layout.values(channel)];
                    if row < height {
                        (given.row)(row, channel, &mut values[..width]);
                    } else {
                        values.fill(0.0);
                    }
                }
            }
            Operation::Phases(count) => {
                let (row, from, channels) = (source(0), layouts[layer.from[0]], layer.channels / count);
                for channel in 0..channels {
                    let read = &row[from.values(channel)];
                    for phase in 0..*count {
                        let to = &mut values[layout.values(phase * channels + channel)];
                        // Of a step that is known several are read at a time.
                        match count {
                            2 => to.iter_mut().zip(read.as_chunks::<2>().0).for_each(|(to, from)| *to = from[phase]),
                            _ => to.iter_mut().zip(read.chunks_exact(*count)).for_each(|(to, from)| *to = from[phase]),
                        }
                    }
                }
            }
            Operation::Convolve(convolution) => {
                let from = &held[layer.from[0]];
                let inside = |row: isize| usize::try_from(row).ok().filter(|row| *row < rows[layer.from[0]]);
                convolution.row(row, |row| inside(row).map(|row| from.row(row)), layout, values);
            }
            Operation::Enlarge => {
                let (lower, from, channels) = (row % 2, layouts[layer.from[0]], layer.channels);
                let row = source(0);
                for channel in 0..channels {
                    let [left, right] = [0, 1].map(|phase| &row[from.values((2 * lower + phase) * channels + channel)]);
                    let pairs = values[layout.values(channel)].chunks_exact_mut(2);
                    pairs.zip(left.iter().zip(right)).for_each(|(to, (left, right))| (to[0], to[1]) = (*left, *right));
                }
            }
            Operation::Add => values.iter_mut().zip(source(0)).zip(source(1)).for_each(|((to, a), b)| *to = a + b),
            Operation::Rectify => values.iter_mut().zip(source(0)).for_each(|(to, from)| *to = from.max(0.0)),
            Operation::Sigmoid => {
                for channel in 0..layer.channels {
                    let values = &mut values[layout.values(channel)];
                    values.copy_from_slice(&source(0)[layout.values(channel)]);
                    Sigmoid::default().map_mut(values);
                }
            }
            Operation::Slice(channels) => values.copy_from_slice(&source(0)[channels.start * layout.pitch..channels.end * layout.pitch]),
            Operation::Join => {
                let mut rest = values;
                for part in (0..layer.from.len()).map(source) {
                    let (to, after) = rest.split_at_mut(part.len());
                    to.copy_from_slice(part);
                    rest = after;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
