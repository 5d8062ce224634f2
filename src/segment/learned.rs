//! The learned detector: a small network that says of every place how likely hair, a centerline, a root or a tip lies there, and which
//! way the hair grows.
//!
//! # Source
//! Ours; trained on drawn photos alone, see `models/`.

use super::View;
use crate::geometry::{Point, Vector};
use crate::raster::{Mask, Plane, background, gaussian, sample};
use ndarray::{Array3, Zip};
use rten::{RunOptions, ThreadPool, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::sync::Arc;

/// Pixels the network is given per pixel of its answer, each way.
pub(crate) const COARSENING: usize = 2;

/// The values of an answer: how likely hair, a centerline, a root, a tip, and the way to the root and to the tip, each in x and y.
const CHANNELS: usize = 8;

/// How far along a hair the ways reach, in pixels of the answer: 480 µm.
pub(crate) const REACH: f64 = 48.0;

/// The sides of what the network is given are multiples of this.
const STRIDE: usize = 16;

/// The part of a tile whose answer is kept is at most so large, and so much is seen around it.
const CORE: usize = 480;
const MARGIN: usize = 48;

/// The light of the skin: means over blocks of so many pixels, blurred by so many blocks.
const BLOCK: usize = 8;
const SPREAD: f64 = 8.0;

/// What is darker holds no more light than this share of white, and the network sees log light over skin between these bounds.
const DARKEST: f32 = 3e-3;
const DIMMEST: f32 = -3.0;
const BRIGHTEST: f32 = 1.5;

/// A network with its weights.
#[derive(Clone)]
pub struct Model {
    network: Arc<rten::Model>,
    sha256: String,
}

/// Why weights cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The bytes are no network this program can read.
    #[error("not a readable ONNX network: {0}")]
    Unreadable(String),
    /// A network, but not one that answers as this program asks.
    #[error("a network of another interface: {0}; models/README.md says what is expected")]
    Interface(String),
}

/// What the network answers, on a grid twice coarser than what it was given.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Photo pixels per pixel of the answer; position p shows photo position (p + 0.5) × factor − 0.5.
    pub factor: f64,
    /// Log light over that of the skin around, the mean of the three colors.
    pub light: Plane,
    /// Chance of hair.
    pub hair: Plane,
    /// 1 on a centerline, falling evenly to 0 where the hair ends or its neighbor begins.
    pub center: Plane,
    /// Heat about roots, a Gaussian of 25 µm.
    pub root: Plane,
    /// Heat about tips, a Gaussian of 25 µm.
    pub tip: Plane,
    /// The way in x and y to the root, or to where the hair is 480 µm nearer to it, in shares of that.
    pub to_root: [Plane; 2],
    /// The same to the tip.
    pub to_tip: [Plane; 2],
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "Model({})", self.sha256)
    }
}

impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }
}

impl Model {
    /// The network that ships with the program.
    pub fn shipped() -> Self {
        Self::from_bytes(include_bytes!("../../models/stubble/weights.onnx")).expect("the shipped network is readable, as a test holds")
    }

    /// A network from the bytes of an ONNX file.
    ///
    /// # Errors
    /// When the bytes are no network, or its interface is another: one input of 3 planes, one output of 8 planes of half the size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let network = rten::Model::load(bytes.to_vec()).map_err(|error| ModelError::Unreadable(error.to_string()))?;
        let (inputs, outputs) = (network.input_ids().len(), network.output_ids().len());
        if (inputs, outputs) != (1, 1) {
            return Err(ModelError::Interface(format!("{inputs} inputs and {outputs} outputs, not one of each")));
        }
        let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let model = Self { network: Arc::new(network), sha256 };
        model.run(&Array3::zeros((3, 2 * STRIDE, 2 * STRIDE)), &one_thread())?;
        Ok(model)
    }

    /// The SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What the network says of a view; nothing is hair where the field shows nothing.
    pub fn answer(&self, view: View) -> Answer {
        let given = given(view.light, &view.visible);
        let mut answer = Answer { factor: view.factor * COARSENING as f64, light: coarse_light(&given), ..self.outside(&given) };
        for plane in answer.planes_mut() {
            for (mut row, visible) in plane.rows_mut().into_iter().zip(view.visible.rows().into_iter().step_by(COARSENING)) {
                row.iter_mut().zip(visible.iter().step_by(COARSENING)).filter(|(_, shown)| !**shown).for_each(|(value, _)| *value = 0.0);
            }
        }
        answer
    }

    /// The answer, worked out by a thread of its own.
    fn outside(&self, given: &[Plane; 3]) -> Answer {
        // The engine works on a pool of its own. A thread that is none of the caller's pool waits for it, so that no other photo is begun meanwhile.
        std::thread::scope(|scope| scope.spawn(|| self.in_tiles(given)).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }

    /// The answer to planes of any size, tile by tile.
    fn in_tiles(&self, given: &[Plane; 3]) -> Answer {
        let (rows, columns) = given[0].dim();
        let mut answer = Answer::blank(rows.div_ceil(COARSENING), columns.div_ceil(COARSENING));
        let pool = one_thread();
        for down in tiles(rows) {
            for across in tiles(columns) {
                let tile = tile(given, &down.seen, &across.seen);
                if tile.iter().all(|v| *v == 0.0) {
                    continue;
                }
                let Ok(part) = self.run(&tile, &pool) else { continue };
                let ((to_row, rows), (to_column, columns)) = (down.kept(), across.kept());
                for (to, from) in answer.planes_mut().into_iter().zip(part.outer_iter()) {
                    for (mut to, from) in
                        to.rows_mut().into_iter().skip(to_row).zip(from.rows().into_iter().skip(rows.start)).take(rows.len())
                    {
                        let from = from.iter().skip(columns.start).take(columns.len());
                        to.iter_mut().skip(to_column).zip(from).for_each(|(to, from)| *to = quantized(*from));
                    }
                }
            }
        }
        answer
    }

    /// The answer's planes to one tile, not yet rounded.
    fn run(&self, tile: &Array3<f32>, pool: &Arc<ThreadPool>) -> Result<Array3<f32>, ModelError> {
        let (_, rows, columns) = tile.dim();
        let values = tile.as_slice().expect("a new tile is contiguous");
        let input = NdTensorView::from_data([1, 3, rows, columns], values);
        let options = RunOptions::default().with_thread_pool(Some(pool.clone()));
        let of_interface = |error: String| ModelError::Interface(error);
        let output = self.network.run_one(ValueOrView::from(input), Some(options)).map_err(|error| of_interface(error.to_string()))?;
        let output: NdTensor<f32, 4> = output.try_into().map_err(|_| of_interface("the answer is not four-dimensional".into()))?;
        let expected = [1, CHANNELS, rows / COARSENING, columns / COARSENING];
        if output.shape() != expected {
            return Err(of_interface(format!("the answer is {:?}, not {expected:?}", output.shape())));
        }
        Array3::from_shape_vec((CHANNELS, expected[2], expected[3]), output.into_data()).map_err(|error| of_interface(error.to_string()))
    }
}

/// Engines of different processors round differently: in steps of 1/255 what follows from an answer does not depend on that.
fn quantized(value: f32) -> f32 {
    if value.is_finite() { (value.clamp(-1.0, 1.0) * 255.0).round() / 255.0 } else { 0.0 }
}

fn one_thread() -> Arc<ThreadPool> {
    Arc::new(ThreadPool::with_num_threads(1))
}

impl Answer {
    fn blank(rows: usize, columns: usize) -> Self {
        let blank = || Plane::zeros((rows, columns));
        Self {
            factor: 1.0,
            light: blank(),
            hair: blank(),
            center: blank(),
            root: blank(),
            tip: blank(),
            to_root: [blank(), blank()],
            to_tip: [blank(), blank()],
        }
    }

    fn planes_mut(&mut self) -> [&mut Plane; CHANNELS] {
        let ([root_x, root_y], [tip_x, tip_y]) = (&mut self.to_root, &mut self.to_tip);
        [&mut self.hair, &mut self.center, &mut self.root, &mut self.tip, root_x, root_y, tip_x, tip_y]
    }
}

impl Answer {
    /// Where a position of the answer lies in the photo.
    pub fn to_photo(&self, p: Point) -> Point {
        Point::new((p.x + 0.5) * self.factor - 0.5, (p.y + 0.5) * self.factor - 0.5)
    }

    /// The way from a place to the root of its hair, in pixels of the answer, or to where the hair is 480 µm nearer to it.
    pub fn to_root(&self, at: Point) -> Vector {
        way(&self.to_root, at)
    }

    /// The same to the tip.
    pub fn to_tip(&self, at: Point) -> Vector {
        way(&self.to_tip, at)
    }

    /// Where a position of the photo lies in the answer.
    pub fn place_of(&self, p: Point) -> Point {
        Point::new((p.x + 0.5) / self.factor - 0.5, (p.y + 0.5) / self.factor - 0.5)
    }
}

fn way([x, y]: &[Plane; 2], at: Point) -> Vector {
    Vector::new(f64::from(sample(x, at)), f64::from(sample(y, at))) * REACH
}

/// The mean of the three colors over each pixel of the answer.
fn coarse_light(given: &[Plane; 3]) -> Plane {
    let (rows, columns) = given[0].dim();
    Plane::from_shape_fn((rows.div_ceil(COARSENING), columns.div_ceil(COARSENING)), |(row, column)| {
        let (r, c) = (row * COARSENING, column * COARSENING);
        let (r2, c2) = ((r + 1).min(rows - 1), (c + 1).min(columns - 1));
        given.iter().map(|plane| plane[[r, c]] + plane[[r2, c]] + plane[[r, c2]] + plane[[r2, c2]]).sum::<f32>() / 12.0
    })
}

/// One stretch of rows or columns of a tile.
struct Tile {
    /// What the network is given.
    seen: Range<usize>,
    /// Whose answer is kept.
    core: Range<usize>,
}

impl Tile {
    /// Where the kept part of the answer begins in the whole, and where it lies in the tile's own.
    fn kept(&self) -> (usize, Range<usize>) {
        let first = self.seen.start / COARSENING;
        let start = self.core.start / COARSENING;
        (start, start - first..self.core.end.div_ceil(COARSENING) - first)
    }
}

/// These rows and columns of what is given, filled up with 0 to sides that are multiples of [`STRIDE`].
fn tile(given: &[Plane; 3], rows: &Range<usize>, columns: &Range<usize>) -> Array3<f32> {
    let pad = |n: usize| n.div_ceil(STRIDE) * STRIDE;
    let mut tile = Array3::zeros((3, pad(rows.len()), pad(columns.len())));
    for (mut to, from) in tile.outer_iter_mut().zip(given) {
        for (mut to, from) in to.rows_mut().into_iter().zip(from.rows().into_iter().skip(rows.start)).take(rows.len()) {
            to.iter_mut().zip(from.iter().skip(columns.start)).take(columns.len()).for_each(|(to, from)| *to = *from);
        }
    }
    tile
}

/// Tiles of even size that cover `n` rows or columns, each seeing a margin around the part that is kept.
fn tiles(n: usize) -> Vec<Tile> {
    let count = n.div_ceil(CORE).max(1);
    let core = n.div_ceil(count).div_ceil(STRIDE) * STRIDE;
    (0..count)
        .map(|i| {
            let kept = (i * core).min(n)..((i + 1) * core).min(n);
            Tile { seen: kept.start.saturating_sub(MARGIN)..(kept.end + MARGIN).min(n), core: kept }
        })
        .filter(|tile| !tile.core.is_empty())
        .collect()
}

/// What the network is given: log light over the log light of the skin around, in red, green and blue; 0 where the field shows nothing.
fn given(light: [Plane; 3], visible: &Mask) -> [Plane; 3] {
    light.map(|light| {
        let mut log = light.mapv_into(|light| light.max(DARKEST).ln());
        let skin = background::enlarged(&skin_light(&log, visible), BLOCK, log.dim());
        Zip::from(&mut log).and(&skin).and(visible).for_each(|value, skin, visible| {
            *value = if *visible { (*value - skin).clamp(DIMMEST, BRIGHTEST) } else { 0.0 };
        });
        log
    })
}

/// The log light of the skin about every block: the mean of what is visible there, weighed by a Gaussian.
fn skin_light(log: &Plane, visible: &Mask) -> Plane {
    let (sums, counts) = background::block_sums(log, visible, BLOCK);
    let (sums, counts) = (gaussian::blurred(&sums, SPREAD), gaussian::blurred(&counts, SPREAD));
    Zip::from(&sums).and(&counts).map_collect(|sum, count| if *count > 1e-3 { sum / count } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;
    use crate::phantom::{Scene, draw};
    use crate::photo::Photo;

    fn view(photo: &Photo, factor: f64) -> View {
        View::of(photo, &Field::find(photo, None, None).0, factor)
    }

    fn given_of(photo: &Photo, factor: f64) -> [Plane; 3] {
        let view = view(photo, factor);
        given(view.light, &view.visible)
    }

    fn small() -> [Plane; 3] {
        given_of(&draw(Scene::by_name("clipped-small").unwrap(), 2).photo(), 1.3)
    }

    #[test]
    fn bytes_that_are_no_network_are_refused() {
        for bytes in [&b""[..], b"not a network", &[0x08; 64], &include_bytes!("../../models/stubble/weights.onnx")[..5000]] {
            assert!(matches!(Model::from_bytes(bytes), Err(ModelError::Unreadable(_) | ModelError::Interface(_))));
        }
    }

    #[test]
    fn tiles_cover_everything_once_and_see_a_margin() {
        for n in [1, 15, 16, 17, 479, 480, 481, 961, 1413] {
            let tiles = tiles(n);
            let mut next = 0;
            for tile in &tiles {
                assert_eq!(tile.core.start, next, "{n}");
                assert_eq!(tile.core.start % COARSENING, 0, "{n}");
                assert!(tile.seen.start + MARGIN <= tile.core.start || tile.seen.start == 0);
                assert!(tile.seen.end >= (tile.core.end + MARGIN).min(n));
                assert!(tile.core.len() <= CORE);
                next = tile.core.end;
            }
            assert_eq!(next, n);
        }
    }

    #[test]
    fn no_seam_shows_between_tiles() {
        let (model, given) = (Model::shipped(), small());
        let (rows, columns) = given[0].dim();
        assert!(rows > CORE, "the picture spans two tiles");
        let tiled = model.in_tiles(&given);
        let whole = model.run(&tile(&given, &(0..rows), &(0..columns)), &one_thread()).unwrap();
        let differences: Vec<f32> =
            tiled.center.indexed_iter().map(|((row, column), value)| (value - whole[[1, row, column]]).abs()).collect();
        let mean = differences.iter().sum::<f32>() / differences.len() as f32;
        // What lies beyond the margin has a little say, in places of no certainty.
        assert!(mean < 0.002, "{mean}");
        let off = differences.iter().filter(|d| **d > 0.1).count();
        assert!(off * 2000 < differences.len(), "{off} of {}", differences.len());
    }

    #[test]
    fn bare_even_skin_shows_nothing() {
        let photo = Photo::from_rgb8(300, 200, vec![[190, 160, 140]; 60_000]);
        let answer = Model::shipped().answer(view(&photo, 1.0));
        assert_eq!(answer.hair.dim(), (100, 150));
        assert!(answer.hair.iter().all(|chance| *chance < 0.3));
    }

    #[test]
    fn a_brighter_lamp_changes_nothing() {
        let photo = |gain: f32| {
            let pixels = (0..120 * 80).map(|i| if i % 120 / 6 == 10 { 0.02 } else { 0.2 + 0.001 * (i % 7) as f32 });
            let encoded = |light: f32| (255.0 * (1.055 * light.powf(1.0 / 2.4) - 0.055)).round() as u8;
            Photo::from_rgb8(120, 80, pixels.map(|light| [encoded(gain * light); 3]).collect())
        };
        let seen = |gain| given_of(&photo(gain), 1.0);
        let (dim, bright) = (seen(1.0), seen(2.0));
        let most = dim[1].iter().zip(&bright[1]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(most < 0.12, "rounding to 8 bits alone may show: {most}");
    }
}
