//! The learned detector: a small network that says of every place how likely hair, a centerline, a root or a tip lies there, and which
//! way the hair grows.
//!
//! # Source
//! Ours; trained on drawn photos alone, see `models/`.

use super::Colors;
use super::network::Network;
use crate::geometry::{Point, Vector};
use crate::raster::light::ln;
use crate::raster::wide::widely;
use crate::raster::{CONTIGUOUS, Mask, Plane, background, gaussian, sample};
use ndarray::{ArrayView2, Zip};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Pixels the network is given per pixel of its answer, each way.
pub(crate) const COARSENING: usize = 2;

/// The values of an answer: how likely hair, a centerline, a root, a tip, and the way to the root and to the tip, each in x and y.
const CHANNELS: usize = 8;

/// How far along a hair the ways reach, in pixels of the answer: 480 µm.
pub(crate) const REACH: f64 = 48.0;

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
    network: Arc<Network>,
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
        let network = Network::from_onnx(bytes).map_err(ModelError::Unreadable)?;
        let (given, (answered, coarser)) = (network.given(), network.answered());
        if (given, answered, coarser) != (3, CHANNELS, (COARSENING, COARSENING)) {
            let has = format!("{given} planes in, {answered} out, {} x {} times coarser", coarser.0, coarser.1);
            return Err(ModelError::Interface(has));
        }
        tried(&network).map_err(ModelError::Interface)?;
        let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { network: Arc::new(network), sha256 })
    }

    /// The SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What the network says of a view; nothing is hair where the field shows nothing.
    pub fn answer(&self, colors: Colors) -> Answer {
        let visible = colors.visible();
        let mut given = Given::of(&colors, &visible);
        let mut answer = Answer { factor: colors.factor() * COARSENING as f64, ..Answer::blank(given.light.dim()) };
        let mut planes = answer.planes_mut();
        let give = |row: usize, channel: usize, values: &mut [f32]| values.copy_from_slice(given.row(row, channel));
        self.network.answer(colors.dim(), give, |row, channel, values| {
            let mut target = planes[channel].row_mut(row);
            let target = target.as_slice_mut().expect("a new plane is contiguous");
            widely(
                #[inline(always)]
                || target.iter_mut().zip(values).for_each(|(to, from)| *to = quantized(*from)),
            );
            let visible = visible.row(row * COARSENING).to_slice().expect(CONTIGUOUS).chunks(COARSENING);
            target.iter_mut().zip(visible).filter(|(_, shown)| !shown[0]).for_each(|(value, _)| *value = 0.0);
        });
        Answer { light: given.light, ..answer }
    }
}

/// Answers to a sweep through all light there is, from which it shows whether they are what the interface says.
///
/// # Errors
/// Where an answer is no number, or a chance or a heat is not from 0 to 1, as without a sigmoid at the end.
fn tried(network: &Network) -> Result<(), String> {
    let light = |x: usize, y: usize, c: usize| (x as f32 / 63.0 * 6.0 - 4.0) * (1.0 - 0.02 * (y * c) as f32);
    let sweep = |y: usize, c: usize, values: &mut [f32]| values.iter_mut().enumerate().for_each(|(x, value)| *value = light(x, y, c));
    let mut wrong = None;
    network.answer((32, 64), sweep, |_, channel, values| {
        let allowed = if channel < HEATS { -1e-3..=1.001 } else { -1e6..=1e6 };
        wrong = wrong.or(values.iter().copied().find(|value| !allowed.contains(value)).map(|value| (channel, value)));
    });
    match wrong {
        Some((channel, value)) => {
            Err(format!("it answers {value} in plane {channel}, where {} belongs", if channel < HEATS { "0 to 1" } else { "a number" }))
        }
        None => Ok(()),
    }
}

/// The planes of an answer that are chances and heats come first.
const HEATS: usize = 4;

/// Processors with wider vectors round differently: in steps of 1/255 what follows from an answer rarely depends on that.
#[inline(always)]
fn quantized(value: f32) -> f32 {
    let steps = value.clamp(-1.0, 1.0) * 255.0;
    // By way of whole numbers, for to round is a call for every value where a processor may be too old to do it.
    if value.is_finite() { ((steps + 0.5_f32.copysign(steps)) as i32) as f32 / 255.0 } else { 0.0 }
}

impl Answer {
    fn blank(sides: (usize, usize)) -> Self {
        let blank = || Plane::zeros(sides);
        Self {
            factor: 1.0,
            light: Plane::default((0, 0)),
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

    /// The way hair grows at a place; its length, up to 1, says how sure that is.
    pub fn direction(&self, at: Point) -> Vector {
        let way = self.to_tip(at) - self.to_root(at);
        way * (1.0 / way.length().max(0.5 * REACH))
    }

    /// Where a position of the photo lies in the answer.
    pub fn place_of(&self, p: Point) -> Point {
        Point::new((p.x + 0.5) / self.factor - 0.5, (p.y + 0.5) / self.factor - 0.5)
    }
}

fn way([x, y]: &[Plane; 2], at: Point) -> Vector {
    Vector::new(f64::from(sample(x, at)), f64::from(sample(y, at))) * REACH
}

/// What the network is given, two rows at a time: log light over the log light of the skin around, in red, green and blue; 0 where the field shows
/// nothing.
struct Given<'a> {
    colors: &'a Colors<'a>,
    visible: &'a Mask,
    skin: [background::Enlargement<'a>; 3],
    /// The light of the skin along a row.
    skin_row: Vec<f32>,
    /// The rows of one row of the answer, each by its colors.
    rows: [[Vec<f32>; 3]; COARSENING],
    /// The mean of the three colors over each pixel of the answer, as far as rows have been asked for.
    light: Plane,
}

impl<'a> Given<'a> {
    fn of(colors: &'a Colors<'a>, visible: &'a Mask) -> Self {
        let (rows, columns) = colors.dim();
        Self {
            colors,
            visible,
            skin: colors.skin.each_ref().map(|level| background::Enlargement::new(level, BLOCK)),
            skin_row: vec![0.0; columns],
            rows: std::array::from_fn(|_| [0, 1, 2].map(|_| vec![0.0; columns])),
            light: Plane::zeros((rows.div_ceil(COARSENING), columns.div_ceil(COARSENING))),
        }
    }

    /// One color of a row; rows are asked for in turn.
    fn row(&mut self, row: usize, color: usize) -> &[f32] {
        if (row % COARSENING, color) == (0, 0) {
            self.read(row);
        }
        &self.rows[row % COARSENING][color]
    }

    /// Works out the rows of one row of the answer, from this one on, and its light.
    fn read(&mut self, first: usize) {
        let last = (first + COARSENING).min(self.visible.nrows()) - 1;
        for (row, colors) in (first..=last).zip(&mut self.rows) {
            self.colors.row(row, colors.each_mut().map(Vec::as_mut_slice));
            let visible = self.visible.row(row).to_slice().expect(CONTIGUOUS);
            for (values, skin) in colors.iter_mut().zip(&mut self.skin) {
                skin.row(row, &mut self.skin_row);
                let seen = self.skin_row.iter().zip(visible);
                widely(
                    #[inline(always)]
                    || {
                        for (value, (skin, visible)) in values.iter_mut().zip(seen) {
                            *value = if *visible { (log(*value) - skin).clamp(DIMMEST, BRIGHTEST) } else { 0.0 };
                        }
                    },
                );
            }
        }
        let light = self.light.row_mut(first / COARSENING).into_slice().expect(CONTIGUOUS);
        coarse_light([&self.rows[0], &self.rows[last - first]], light);
    }
}

/// Writes the mean of the three colors over each pixel of a row of the answer, from the two rows it shows.
fn coarse_light([above, below]: [&[Vec<f32>; 3]; COARSENING], light: &mut [f32]) {
    for (above, below) in above.iter().zip(below) {
        let columns = above.len();
        let pairs = above.as_chunks::<COARSENING>().0.iter().zip(below.as_chunks::<COARSENING>().0);
        widely(
            #[inline(always)]
            || light.iter_mut().zip(pairs).for_each(|(sum, (above, below))| *sum += above[0] + above[1] + (below[0] + below[1])),
        );
        // At the edge of an odd number of columns the last one counts twice.
        if columns % COARSENING > 0 {
            light[columns / COARSENING] += 2.0 * above[columns - 1] + 2.0 * below[columns - 1];
        }
    }
    light.iter_mut().for_each(|sum| *sum /= 12.0);
}

/// The natural log of light.
#[inline(always)]
fn log(light: f32) -> f32 {
    ln(light.max(DARKEST))
}

/// Of the log light of the three colors the sums over what is visible of every block, and how many pixels that is.
pub(super) fn log_sums(light: [ArrayView2<f32>; 3], visible: ArrayView2<bool>) -> ([Plane; 3], Plane) {
    let [(red, counts), (green, _), (blue, _)] = light.map(|light| {
        let mut logs = Plane::zeros(light.dim());
        let values = logs.as_slice_mut().expect(CONTIGUOUS).iter_mut().zip(light.to_slice().expect(CONTIGUOUS));
        widely(
            #[inline(always)]
            || values.for_each(|(to, light)| *to = log(*light)),
        );
        background::block_sums(&logs, &visible, BLOCK)
    });
    ([red, green, blue], counts)
}

/// The log light of the skin about every block: the mean of what is visible there, weighed by a Gaussian.
pub(super) fn skin_light(sums: [Plane; 3], counts: &Plane) -> [Plane; 3] {
    let counts = gaussian::blurred(counts, SPREAD);
    sums.map(|sums| {
        let sums = gaussian::blurred(&sums, SPREAD);
        Zip::from(&sums).and(&counts).map_collect(|sum, count| if *count > 1e-3 { sum / count } else { 0.0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;
    use crate::photo::Photo;
    use crate::segment::View;

    fn field(photo: &Photo) -> Field {
        Field::find(photo, None, None, None).0
    }

    #[test]
    fn bytes_that_are_no_network_are_refused() {
        for bytes in [&b""[..], b"not a network", &[0x08; 64], &include_bytes!("../../models/stubble/weights.onnx")[..5000]] {
            assert!(matches!(Model::from_bytes(bytes), Err(ModelError::Unreadable(_) | ModelError::Interface(_))));
        }
    }

    #[test]
    fn bare_even_skin_shows_nothing() {
        let photo = Photo::from_rgb8(300, 200, vec![[190, 160, 140]; 60_000]);
        let answer = Model::shipped().answer(View::of(&photo, &field(&photo), 1.0).colors);
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
        let seen = |gain| {
            let photo = photo(gain);
            let field = field(&photo);
            let colors = View::of(&photo, &field, 1.0).colors;
            let visible = colors.visible();
            let mut given = Given::of(&colors, &visible);
            (0..80).map(|row| [0, 1, 2].map(|color| given.row(row, color).to_vec())).flat_map(|[_, green, _]| green).collect::<Vec<f32>>()
        };
        let (dim, bright) = (seen(1.0), seen(2.0));
        let most = dim.iter().zip(&bright).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(most < 0.12, "rounding to 8 bits alone may show: {most}");
    }
}
