//! The learned detector: a small network that says of every place how likely hair, a centerline, a root or a tip lies there, and which
//! way the hair grows.
//!
//! # Source
//! Ours; trained on drawn photos alone, see `models/`.

use super::View;
use super::network::Network;
use crate::geometry::{Point, Vector};
use crate::raster::light::ln;
use crate::raster::wide::widely;
use crate::raster::{CONTIGUOUS, Mask, Plane, background, gaussian, sample};
use ndarray::Zip;
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
    pub fn answer(&self, view: View) -> Answer {
        let given = given(view.light, &view.visible);
        let light = coarse_light(&given);
        let mut answer = Answer { factor: view.factor * COARSENING as f64, ..Answer::blank(light.dim()) };
        let mut planes = answer.planes_mut();
        self.network.answer(&given, |row, channel, values| {
            let mut target = planes[channel].row_mut(row);
            let target = target.as_slice_mut().expect("a new plane is contiguous");
            widely(
                #[inline(always)]
                || target.iter_mut().zip(values).for_each(|(to, from)| *to = quantized(*from)),
            );
            let visible = view.visible.row(row * COARSENING).to_slice().expect(CONTIGUOUS).chunks(COARSENING);
            target.iter_mut().zip(visible).filter(|(_, shown)| !shown[0]).for_each(|(value, _)| *value = 0.0);
        });
        Answer { light, ..answer }
    }
}

/// Answers to a sweep through all light there is, from which it shows whether they are what the interface says.
///
/// # Errors
/// Where an answer is no number, or a chance or a heat is not from 0 to 1, as without a sigmoid at the end.
fn tried(network: &Network) -> Result<(), String> {
    let sweep: Vec<Plane> =
        (0..3).map(|c| Plane::from_shape_fn((32, 64), |(y, x)| (x as f32 / 63.0 * 6.0 - 4.0) * (1.0 - 0.02 * (y * c) as f32))).collect();
    let mut wrong = None;
    network.answer(&sweep, |_, channel, values| {
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
    if value.is_finite() { (value.clamp(-1.0, 1.0) * 255.0).round() / 255.0 } else { 0.0 }
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

/// The mean of the three colors over each pixel of the answer.
fn coarse_light(given: &[Plane; 3]) -> Plane {
    let (rows, columns) = given[0].dim();
    let mut light = Plane::zeros((rows.div_ceil(COARSENING), columns.div_ceil(COARSENING)));
    for (r, light) in light.rows_mut().into_iter().enumerate() {
        let light = light.into_slice().expect(CONTIGUOUS);
        let (above, below) = (r * COARSENING, (r * COARSENING + 1).min(rows - 1));
        for plane in given {
            let [above, below] = [above, below].map(|r| plane.row(r).to_slice().expect(CONTIGUOUS));
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
    light
}

/// What the network is given: log light over the log light of the skin around, in red, green and blue; 0 where the field shows nothing.
fn given(light: [Plane; 3], visible: &Mask) -> [Plane; 3] {
    light.map(|mut log| {
        let values = log.as_slice_mut().expect(CONTIGUOUS);
        widely(
            #[inline(always)]
            || values.iter_mut().for_each(|light| *light = ln(light.max(DARKEST))),
        );
        let level = skin_light(&log, visible);
        let mut enlargement = background::Enlargement::new(&level, BLOCK);
        let mut skin = vec![0.0; log.ncols()];
        for (r, (mut row, visible)) in log.rows_mut().into_iter().zip(visible.rows()).enumerate() {
            enlargement.row(r, &mut skin);
            let seen = skin.iter().zip(visible.to_slice().expect(CONTIGUOUS));
            let row = row.as_slice_mut().expect(CONTIGUOUS);
            widely(
                #[inline(always)]
                || {
                    for (value, (skin, visible)) in row.iter_mut().zip(seen) {
                        *value = if *visible { (*value - skin).clamp(DIMMEST, BRIGHTEST) } else { 0.0 };
                    }
                },
            );
        }
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
    use crate::photo::Photo;

    fn view(photo: &Photo, factor: f64) -> View {
        View::of(photo, &Field::find(photo, None, None, None).0, factor)
    }

    fn given_of(photo: &Photo, factor: f64) -> [Plane; 3] {
        let view = view(photo, factor);
        given(view.light, &view.visible)
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
