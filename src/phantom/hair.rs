//! Hair as it grows: follicular units over a field, each hair with its shaft, its root under the skin and its shadow.

use super::dice::Dice;
use super::light::{Color, Light, decode};
use super::shaft::{Reflex, Shaft};
use super::skin::Frame;
use super::stroke::Stroke;
use super::texture::Texture;
use crate::geometry::{Point, Polyline, Vector};

/// What the hair of a scene is like. Lengths are in micrometers, angles in radians, shares 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct HairLook {
    /// Follicular units per cm².
    pub units_per_cm2: f64,
    /// How often a unit has 1, 2, 3, 4 or 5 hairs, as weights.
    pub unit_sizes: [f64; 5],
    /// Mean thickness of the hairs that are not fine.
    pub thickness: f64,
    /// Standard deviation of that thickness.
    pub thickness_sd: f64,
    /// The fine hairs among them.
    pub fine: FineHair,
    /// How often a hair is of each pigment, in the order of [`Pigment::ALL`], as weights.
    pub pigments: [f64; 6],
    /// Median visible length.
    pub length: f64,
    /// Standard deviation of the logarithm of the length.
    pub length_spread: f64,
    /// The same among the hairs of one unit.
    pub length_spread_in_unit: f64,
    /// Whether the hairs were clipped: cut square near the skin. Long hairs taper.
    pub clipped: bool,
    /// How strongly the shafts bend, in 1/mm.
    pub curl: f64,
    /// The share of the bending that keeps its sense, so that shafts coil.
    pub coil: f64,
    /// Standard deviation of the direction of units about that of the field.
    pub scatter: f64,
    /// Standard deviation of the angle at which the hairs of a unit fan out.
    pub fan: f64,
    /// The share of units whose hairs lean towards one another, so that they meet or cross.
    pub meet: f64,
    /// How soon they do, the least and the most: at 1 they meet at their tips, at 2 they cross in their middles.
    pub meet_at: [f64; 2],
    /// Standard deviation of a hair's own direction about that of its unit.
    pub waver: f64,
    /// Standard deviation of how far the roots of a unit are set back from one another along the hair.
    pub stagger: f64,
    /// Crumbs of skin and dried sebum that cling to a shaft, on average.
    pub crumbs: f64,
    /// How much of its root the fold of skin over it hides, as a share of the usual.
    pub fold: f64,
    /// How far apart the hairs of a unit grow, as a share of the usual.
    pub apart: f64,
    /// How the shafts show under the skin before their roots.
    pub under_skin: UnderSkin,
    /// The strongest central reflex.
    pub shine: f32,
    /// The darkness of cast shadows.
    pub shadow: f32,
    /// How the shafts darken the skin they lie on.
    pub shade: ShadeLook,
    /// How far long hairs rise out of focus: standard deviation of the point spread at their tips.
    pub rise_blur: f64,
}

/// The fine hairs of a scene: thin, short of pigment, and rooted so shallow that little of them shows under the skin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FineHair {
    /// Their share among the hairs of units.
    pub share: f64,
    /// The share of units that are one fine hair.
    pub alone: f64,
    /// The least and the greatest thickness, below that of the others.
    pub thickness: [f64; 2],
    /// The least and the most light that they hold back.
    pub opacity: [f64; 2],
    /// How much browner than others they are, for light passes through them.
    pub warmth: f32,
    /// Their length, as a share of that of the others.
    pub length: f64,
    /// The share of them of which nothing shows under the skin.
    pub bare: f64,
}

impl Default for FineHair {
    fn default() -> Self {
        Self { share: 0.0, alone: 0.0, thickness: [15.0, FINE_BELOW], opacity: [0.75, 0.98], warmth: 0.0, length: 1.0, bare: 0.0 }
    }
}

/// How the shafts of a scene show under the skin: a broad haze, in it the shaft itself as far as the skin over it is thin, and the skin that bulges over it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnderSkin {
    /// How dark the haze is.
    pub haze: f32,
    /// The length over which it fades.
    pub reach: f64,
    /// How broad it is, in thicknesses.
    pub breadth: f64,
    /// The length over which it opens to that from the shaft's own thickness; 0 where it is as broad at once.
    pub flare: f64,
    /// How much bluer than usual it is, for skin scatters blue light back before it reaches the shaft.
    pub blueness: f32,
    /// How dark the shaft itself shows just under the skin, through a window of skin thin and torn; 0 where the haze is all that shows.
    pub core: f32,
    /// How dark the faintest shaft of a scene shows there, as a share of the darkest.
    pub core_least: f64,
    /// The median length over which that fades.
    pub core_reach: f64,
    /// How much the skin that bulges over the shaft glints.
    pub bulge_glint: f32,
}

impl Default for UnderSkin {
    fn default() -> Self {
        let (haze, reach, breadth, flare, blueness) = (0.8, 250.0, 1.2, 0.0, 0.0);
        Self { haze, reach, breadth, flare, blueness, core: 0.0, core_least: 0.2, core_reach: 100.0, bulge_glint: 0.0 }
    }
}

/// How the shafts of a scene darken the skin about them where they lie on it, keeping light from it and from its gloss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShadeLook {
    /// How much of the light that the shaft hides from the skin is missed there, gloss and all; 0 where none is.
    pub strength: f32,
    /// The length from the root over which the shaft rises and that fades.
    pub reach: f64,
}

/// Hair thinner than this is fine.
const FINE_BELOW: f64 = 30.0;

/// What colors a shaft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pigment {
    /// Black.
    Black,
    /// Dark brown.
    Brown,
    /// Light brown.
    LightBrown,
    /// Blond.
    Blond,
    /// Gray.
    Gray,
    /// White.
    White,
}

impl Pigment {
    /// Every pigment, dark to light.
    pub const ALL: [Self; 6] = [Self::Black, Self::Brown, Self::LightBrown, Self::Blond, Self::Gray, Self::White];

    /// Color, opacity and edge darkening of a shaft.
    fn optics(self) -> (Color, f32, f32) {
        match self {
            Self::Black => (decode([26, 23, 20]), 1.0, 0.0),
            Self::Brown => (decode([50, 38, 29]), 1.0, 0.0),
            Self::LightBrown => (decode([112, 84, 58]), 0.97, 0.25),
            Self::Blond => (decode([196, 168, 120]), 0.75, 0.55),
            Self::Gray => (decode([168, 167, 165]), 0.85, 0.6),
            Self::White => (decode([232, 231, 228]), 0.9, 0.55),
        }
    }

    /// How much of it shows through the skin, 0 to 1.
    fn shows_through(self) -> f32 {
        match self {
            Self::Black => 1.0,
            Self::Brown => 0.85,
            Self::LightBrown => 0.5,
            Self::Blond => 0.15,
            Self::Gray | Self::White => 0.05,
        }
    }
}

/// One grown hair, in pixels of its frame.
pub(crate) struct Hair {
    /// What it is called in every session of a series.
    pub id: Option<usize>,
    pub unit: usize,
    pub unit_size: usize,
    pub shaft: Shaft,
    /// Splinters of a frayed tip.
    pub splinters: Vec<Shaft>,
    /// The true thickness at each point of the shaft's centerline, in micrometers.
    pub thickness_um: Vec<f64>,
    /// The point of its centerline from which on it thins to a pointed end.
    pub pointed_from: usize,
    core: Option<Core>,
    bulge: Option<Stroke>,
    under_skin: Stroke,
    under_skin_strength: f32,
    under_skin_fade: f32,
    under_skin_blueness: f32,
    shadow: Stroke,
    shadow_strength: f32,
    shade: Option<Shade>,
}

/// The skin on which a shaft lies, darkened by it.
struct Shade {
    stroke: Stroke,
    strength: f32,
    /// By what share more of it falls to the right than on average, and less to the left.
    skew: f32,
    /// How far before the root it begins, and the length over which it fades, in pixels.
    before: f32,
    fade: f32,
}

/// How far to either side of its middle a shaft shades the skin, in radii: there hardly any of its shade is left.
const SHADED_RADII: f64 = 7.0;

/// A shaft seen just under the skin, unevenly.
struct Core {
    stroke: Stroke,
    strength: f32,
    /// The length over which it fades, and the size of its streaks, in pixels.
    fade: f32,
    grain: f32,
    streaks: Texture,
}

/// The hairs of a field, those from just outside it included, and the direction they grow in at its middle.
pub(crate) struct Growth {
    pub hairs: Vec<Hair>,
    pub direction: f64,
}

/// Grows the hair of this look over a frame.
pub(crate) fn grow(look: &HairLook, frame: Frame, dice: &mut Dice) -> Growth {
    let reach = reach(look);
    let mut hairs = vec![];
    let direction = sow(look, frame, dice, |sprout, dice| hairs.push(sprout.grow(look, frame, reach, dice)));
    Growth { hairs, direction }
}

/// How far outside the frame hair still grows, in micrometers.
pub(crate) fn reach(look: &HairLook) -> f64 {
    if look.clipped { 1200.0 } else { 2500.0 }
}

/// Hands over the hairs of this look before they grow, unit by unit, and says in which direction they will at the frame's middle.
pub(crate) fn sow(look: &HairLook, frame: Frame, dice: &mut Dice, mut hand_over: impl FnMut(Sprout, &mut Dice)) -> f64 {
    let direction = dice.angle();
    let sway = Texture::new(dice.seed());
    let light_from = dice.angle();
    let ostia = spread_ostia(look.units_per_cm2, frame, reach(look), dice);
    for (unit, ostium) in ostia.into_iter().enumerate() {
        let field = direction + 0.45 * f64::from(sway.fractal(ostium.x / 6000.0, ostium.y / 6000.0, 2));
        let size = 1 + dice.weighted(&look.unit_sizes);
        let fine_alone = look.fine.alone > 0.0 && dice.chance(look.fine.alone);
        let size = if fine_alone { 1 } else { size };
        let heading = dice.normal(field, look.scatter);
        let cut = dice.log_normal(look.length, look.length_spread);
        let thicknesses: Vec<f64> = (0..size).map(|_| thickness(look, fine_alone, dice)).collect();
        let mut aside = -0.5 * thicknesses.iter().sum::<f64>();
        let fan = dice.normal(0.0, look.fan);
        // Touching or overlapping side by side, or a little apart, but always from one ostium.
        let spacing = if dice.chance(0.55) { dice.between(0.5, 1.05) } else { dice.between(1.1, 1.9) };
        let fan = if look.meet > 0.0 && dice.chance(look.meet) {
            let apart = thicknesses.iter().sum::<f64>() / size as f64 * spacing * look.apart;
            -apart / cut * dice.between(look.meet_at[0], look.meet_at[1])
        } else {
            fan
        };
        for (k, thickness) in thicknesses.iter().copied().enumerate() {
            let place = (aside + 0.5 * thickness) * spacing * look.apart;
            aside += thickness;
            let across = Vector::from_angle(heading).normal();
            let along = Vector::from_angle(heading) * dice.normal(0.0, look.stagger).clamp(-120.0, 120.0);
            let root = ostium + across * place.clamp(-110.0 * look.apart, 110.0 * look.apart) + along;
            let middle = k as f64 - (size as f64 - 1.0) / 2.0;
            let usual = if thickness < FINE_BELOW { look.fine.length * cut } else { cut };
            let sprout = Sprout {
                id: None,
                unit,
                unit_size: size,
                root,
                heading: heading + fan * middle + dice.normal(0.0, look.waver),
                thickness,
                length: (usual * dice.log_normal(1.0, look.length_spread_in_unit)).max(if look.clipped { 130.0 } else { 400.0 }),
                light_from,
            };
            hand_over(sprout, dice);
        }
    }
    direction
}

/// Places more regular than chance: none closer to another than a share of the mean spacing.
fn spread_ostia(per_cm2: f64, frame: Frame, margin: f64, dice: &mut Dice) -> Vec<Point> {
    let (w, h) = (frame.width_um() + 2.0 * margin, frame.height_um() + 2.0 * margin);
    let wanted = dice.count(per_cm2 * w * h * 1e-8);
    let apart = if per_cm2 > 0.0 { 0.62 * 1e4 / per_cm2.sqrt() } else { 0.0 };
    let mut places: Vec<Point> = vec![];
    for _ in 0..wanted * 40 {
        if places.len() == wanted {
            break;
        }
        let p = Point::new(dice.between(-margin, w - margin), dice.between(-margin, h - margin));
        if places.iter().all(|q| q.distance(p) >= apart) {
            places.push(p);
        }
    }
    places
}

fn thickness(look: &HairLook, fine: bool, dice: &mut Dice) -> f64 {
    if fine || dice.chance(look.fine.share) {
        dice.between(look.fine.thickness[0], look.fine.thickness[1])
    } else {
        dice.normal(look.thickness, look.thickness_sd).clamp(FINE_BELOW, 130.0)
    }
}

/// A hair before it has grown: lengths in micrometers, places in those of its frame.
#[derive(Debug, Clone)]
pub(crate) struct Sprout {
    /// What it is called in every session of a series.
    pub id: Option<usize>,
    /// The unit it grows from, and how many hairs that has.
    pub unit: usize,
    pub unit_size: usize,
    /// Where it leaves the skin.
    pub root: Point,
    /// Its direction there, in radians.
    pub heading: f64,
    pub thickness: f64,
    pub length: f64,
    /// The direction shadows fall in, in radians.
    pub light_from: f64,
}

impl Sprout {
    /// The hair it grows into.
    pub fn grow(self, look: &HairLook, frame: Frame, reach: f64, dice: &mut Dice) -> Hair {
        let um = frame.um_per_px;
        let fine = self.thickness < FINE_BELOW;
        let path = self.path(look, frame, reach, dice);
        let n = path.len();
        let step = path[0].distance(path[1]);

        // Cuticle and medulla make the outline a little uneven; long hair thins towards its tip.
        let uneven = Texture::new(dice.seed());
        let tapers = !look.clipped || fine && dice.chance(0.6);
        let taper_from = dice.between(0.5, 0.8);
        let pointed_from = if tapers { (taper_from * (n - 1) as f64) as usize } else { n - 1 };
        let rough = if look.clipped { dice.between(0.02, 0.12) } else { 0.01 };
        let thickness_um: Vec<f64> = (0..n)
            .map(|i| {
                let (s, t) = (i as f64 * step, i as f64 / (n - 1) as f64);
                let taper = if tapers { 1.0 - 0.75 * ((t - taper_from) / (1.0 - taper_from)).max(0.0) } else { 1.0 };
                let slow = 0.035 * f64::from(uneven.at(s / 250.0, 3.0)) + rough * f64::from(uneven.at(s / 28.0, 9.0));
                self.thickness * taper * (1.0 + slow)
            })
            .collect();

        let pigment = Pigment::ALL[dice.weighted(&look.pigments)];
        let (color, opacity, edge) = pigment.optics();
        // Fine hair holds less pigment and holds back less light.
        let pale = if fine { dice.between(1.6, 5.0) as f32 } else { dice.log_normal(1.0, 0.25) as f32 };
        let shine = dice.between(0.0, 1.0).powi(2) as f32 * look.shine;
        let reflex = (shine > 0.02).then(|| Reflex {
            strength: shine,
            offset: dice.normal(0.0, 0.3).clamp(-0.6, 0.6) as f32,
            breadth: dice.between(0.12, 0.3) as f32,
            color: [0.75, 0.77, 0.85],
        });
        let pixels: Vec<Point> = path.iter().map(|&p| frame.pixel(p)).collect();
        let blur = if look.rise_blur > 0.0 && dice.chance(0.5) { dice.between(0.0, look.rise_blur) / um } else { 0.0 };
        let shaft = Shaft {
            centerline: Polyline::new(pixels.clone()),
            widths: thickness_um.iter().map(|w| w / um).collect(),
            color: if fine { warm(color, look.fine.warmth) } else { color }.map(|c| (c * pale).min(0.9)),
            opacity: if fine { opacity.min(dice.between(look.fine.opacity[0], look.fine.opacity[1]) as f32) } else { opacity },
            edge,
            mottle: dice.between(0.1, 0.6) as f32,
            mottle_seed: dice.seed(),
            reflex,
            emergence: look.fold * dice.between(0.5, 1.4) * self.thickness.min(70.0) / um,
            slant: if look.clipped { dice.normal(0.0, 0.4).clamp(-1.0, 1.0) } else { 0.0 },
            defocus: [0.0, blur],
        };
        let splinters = if look.clipped && !fine && dice.chance(0.15) { splinter(&shaft, dice) } else { vec![] };

        let back = (path[0] - path[1]).angle() + dice.normal(0.0, 0.12);
        let fade = look.under_skin.reach * dice.log_normal(1.0, 0.3);
        let bare = fine && look.fine.bare > 0.0 && dice.chance(look.fine.bare);
        let core = (look.under_skin.core > 0.0 && !bare).then(|| self.core(&path, back, pigment.shows_through(), look, frame, dice));
        let shown = match (fine, bare) {
            (_, true) => 0.0,
            (true, false) => 0.5,
            (false, false) => 1.0,
        };
        let bulge = (look.under_skin.bulge_glint > 0.0).then(|| self.bulge(&path, back, frame, dice));
        let shade = (look.shade.strength > 0.0).then(|| self.shade(&path, &thickness_um, look, frame, dice));
        Hair {
            id: self.id,
            unit: self.unit,
            unit_size: self.unit_size,
            shaft,
            splinters,
            core,
            bulge,
            under_skin: self.under_skin(&path, back, fade, look, frame, dice),
            under_skin_strength: (look.under_skin.haze * pigment.shows_through() * dice.between(0.6, 1.1) as f32 * shown).min(0.95),
            under_skin_fade: (fade / um) as f32,
            under_skin_blueness: look.under_skin.blueness,
            shadow: self.shadow(&pixels, &thickness_um, um, dice),
            shadow_strength: look.shadow * dice.between(0.4, 1.0) as f32,
            shade,
            thickness_um,
            pointed_from,
        }
    }

    /// The shaft's course over the skin, root first, at even steps, in micrometers.
    fn path(&self, look: &HairLook, frame: Frame, reach: f64, dice: &mut Dice) -> Vec<Point> {
        let step = (2.5 * frame.um_per_px).clamp(6.0, if look.clipped { 14.0 } else { 22.0 }).min(self.length / 4.0);
        let bend = Texture::new(dice.seed());
        let sense = if dice.chance(0.5) { 1.0 } else { -1.0 };
        let curl = look.curl * dice.log_normal(1.0, 0.3) * 1e-3;
        let wave = if curl > 0.0 { 0.9 / curl } else { 1e9 };
        let (mut at, mut heading) = (self.root, self.heading);
        let mut path = vec![at];
        for i in 0..(self.length / step).ceil() as usize {
            let turning = f64::from(bend.fractal(i as f64 * step / wave, 0.5, 2));
            heading += curl * step * (look.coil * sense + (1.0 - look.coil) * 2.0 * turning);
            at = at + Vector::from_angle(heading) * step;
            path.push(at);
            let gone = at.x < -reach || at.y < -reach || at.x > frame.width_um() + reach || at.y > frame.height_um() + reach;
            if gone && path.len() > 2 {
                break;
            }
        }
        path
    }

    /// The shaft below the skin, running back from its root, ever deeper and so ever softer.
    fn under_skin(&self, path: &[Point], back: f64, fade: f64, look: &HairLook, frame: Frame, dice: &mut Dice) -> Stroke {
        let (step, um) = (24.0, frame.um_per_px);
        let bow = dice.normal(0.0, 0.02);
        let spread = dice.between(0.1, 0.22);
        let (mut at, mut heading) = (path[0] + (path[1] - path[0]).unit().unwrap_or_default() * (0.25 * self.thickness), back);
        let mut stroke = Stroke { line: vec![], width: vec![], softness: vec![], slant: 0.0 };
        for i in 0..=(2.6 * fade / step) as usize {
            let s = i as f64 * step;
            stroke.line.push(frame.pixel(at));
            let broader = look.under_skin.breadth - 1.0;
            let (open, soft) = if look.under_skin.flare > 0.0 {
                let open = 1.0 - (-s / look.under_skin.flare).exp();
                (open, 0.2 * broader.max(0.0) * open * self.thickness)
            } else {
                (1.0, 0.0)
            };
            stroke.width.push((self.thickness * (1.0 + broader * open) + 0.45 * s) / um);
            stroke.softness.push((9.0 + soft + spread * s) / um);
            heading += bow;
            at = at + Vector::from_angle(heading) * step;
        }
        stroke
    }

    /// The shaft just below the skin, before it goes deeper.
    fn core(&self, path: &[Point], back: f64, shows: f32, look: &HairLook, frame: Frame, dice: &mut Dice) -> Core {
        let um = frame.um_per_px;
        let (fade, breadth) = (dice.log_normal(look.under_skin.core_reach, 0.5), dice.between(0.6, 1.3));
        let (spread, widening) = (dice.between(0.06, 0.2), dice.between(0.0, 0.5));
        let start = path[0] + (path[1] - path[0]).unit().unwrap_or_default() * (0.4 * self.thickness);
        let mut stroke = Stroke { line: vec![], width: vec![], softness: vec![], slant: 0.0 };
        for i in 0..=(3.0 * fade / 16.0) as usize {
            let s = i as f64 * 16.0;
            stroke.line.push(frame.pixel(start + Vector::from_angle(back) * s));
            stroke.width.push((self.thickness * breadth + widening * s) / um);
            stroke.softness.push((5.0 + spread * s) / um);
        }
        let strength = (look.under_skin.core * shows * dice.between(look.under_skin.core_least, 1.0) as f32).min(0.95);
        let grain = dice.between(14.0, 60.0) / um;
        Core { stroke, strength, fade: (fade / um) as f32, grain: grain as f32, streaks: Texture::new(dice.seed()) }
    }

    /// Where the skin bulges over the shaft, broader away from the root.
    fn bulge(&self, path: &[Point], back: f64, frame: Frame, dice: &mut Dice) -> Stroke {
        let um = frame.um_per_px;
        let (from, length, breadth) = (dice.between(20.0, 180.0), dice.log_normal(330.0, 0.4), dice.between(0.8, 2.5));
        let mut stroke = Stroke { line: vec![], width: vec![], softness: vec![], slant: 0.0 };
        for i in 0..=8 {
            let s = length * f64::from(i) / 8.0;
            stroke.line.push(frame.pixel(path[0] + Vector::from_angle(back) * (from + s)));
            stroke.width.push((self.thickness * breadth + 0.3 * s) / um);
            stroke.softness.push((18.0 + 0.2 * s) / um);
        }
        stroke
    }

    /// The skin the shaft lies on, from a little before its root: least light reaches it where the shaft lies closest.
    fn shade(&self, path: &[Point], thickness_um: &[f64], look: &HairLook, frame: Frame, dice: &mut Dice) -> Shade {
        let um = frame.um_per_px;
        let before = dice.between(0.0, 40.0);
        let back = (path[0] - path[1]).unit().unwrap_or_default();
        let start = vec![frame.pixel(path[0] + back * before)];
        let mut stroke = Stroke::soft(start, SHADED_RADII * self.thickness / um, 0.3 * self.thickness / um);
        for i in (0..path.len()).step_by(3) {
            stroke.line.push(frame.pixel(path[i]));
            stroke.width.push(SHADED_RADII * thickness_um[i] / um);
            stroke.softness.push(0.3 * thickness_um[i] / um);
        }
        let fade = look.shade.reach * dice.log_normal(1.0, 0.4);
        let strength = look.shade.strength * dice.log_normal(1.0, 0.4) as f32;
        // The lamps light one side better than the other.
        let skew = dice.normal(0.0, 0.25).clamp(-0.6, 0.6) as f32;
        Shade { stroke, strength, skew, before: (before / um) as f32, fade: (fade / um) as f32 }
    }

    /// The shadow on the skin: beside the shaft, farther and softer towards the tip, which lies higher.
    fn shadow(&self, pixels: &[Point], thickness_um: &[f64], um: f64, dice: &mut Dice) -> Stroke {
        let rise = dice.between(0.05, 0.25);
        let away = Vector::from_angle(self.light_from);
        let every = 3;
        let mut stroke = Stroke { line: vec![], width: vec![], softness: vec![], slant: 0.0 };
        let mut along = 0.0;
        for i in (0..pixels.len()).step_by(every) {
            let height = (rise * along).min(90.0);
            stroke.line.push(pixels[i] + away * ((8.0 + height) / um));
            stroke.width.push(1.05 * thickness_um[i] / um);
            stroke.softness.push((10.0 + 0.45 * height) / um);
            along += pixels[i].distance(pixels[(i + every).min(pixels.len() - 1)]) * um;
        }
        stroke
    }
}

/// The color of a shaft through which more light passes: red most, blue least.
fn warm(color: Color, warmth: f32) -> Color {
    [color[0] * (1.0 + 0.5 * warmth), color[1], color[2] * (1.0 - 0.5 * warmth)]
}

/// The splinters of a tip that split under the clipper: thin shafts that run on beyond the cut.
fn splinter(shaft: &Shaft, dice: &mut Dice) -> Vec<Shaft> {
    let points = &shaft.centerline.points;
    let tip = points[points.len() - 1];
    let Some(along) = (tip - points[points.len() - 2]).unit() else { return vec![] };
    let width = shaft.widths[shaft.widths.len() - 1];
    (0..2)
        .map(|i| {
            let side = (f64::from(i) - 0.5) * dice.between(0.45, 0.75) * width;
            let start = tip + along.normal() * side - along * (0.3 * width);
            let away = Vector::from_angle(along.angle() + dice.normal(0.0, 0.12));
            let end = start + away * (width * dice.between(0.5, 1.1));
            let widths = vec![width * dice.between(0.3, 0.45), width * dice.between(0.15, 0.35)];
            Shaft { centerline: Polyline::new(vec![start, end]), widths, reflex: None, emergence: 0.0, ..shaft.clone() }
        })
        .collect()
}

impl Hair {
    /// Darkens the skin by the shaft that runs under it.
    pub fn draw_under_skin(&self, light: &mut Light) {
        if self.under_skin_strength < 0.01 {
            return;
        }
        let (strength, fade, blueness) = (self.under_skin_strength, self.under_skin_fade, self.under_skin_blueness);
        self.under_skin.paint(light, |pixel, cell| {
            // Skin scatters red farther than blue, so that what lies deep looks blue-gray.
            let depth = cell.along / fade;
            let d = strength * cell.coverage * (0.7 * (-depth).exp() + 0.3 * (-5.0 * depth).exp());
            *pixel = [pixel[0] * (1.0 - d), pixel[1] * (1.0 - (0.84 - 0.1 * blueness) * d), pixel[2] * (1.0 - (0.55 - 0.4 * blueness) * d)];
        });
        let Some(core) = &self.core else { return };
        let half = core.stroke.width[0] / 2.0;
        core.stroke.paint(light, |pixel, cell| {
            let place = (f64::from(cell.along / (2.0 * core.grain)), f64::from(cell.across) * half / f64::from(core.grain));
            let streak = (0.9 + 0.9 * core.streaks.fractal(place.0, place.1, 3)).clamp(0.0, 1.2);
            let d = (core.strength * cell.coverage * (-cell.along / core.fade).exp() * streak).min(0.97);
            *pixel =
                [pixel[0] * (1.0 - d), pixel[1] * (1.0 - (0.95 - 0.15 * blueness) * d), pixel[2] * (1.0 - (0.86 - 0.5 * blueness) * d)];
        });
    }

    /// Marks where the skin bulges over the shaft.
    pub fn mark_bulge(&self, marked: &mut Light) {
        if let Some(bulge) = &self.bulge {
            bulge.paint(marked, |pixel, cell| pixel[0] = pixel[0].max(cell.coverage));
        }
    }

    /// Darkens the skin by the shaft's shadow, and where the shaft lies on it.
    pub fn draw_shadow(&self, light: &mut Light) {
        if let Some(shade) = &self.shade {
            shade.stroke.paint(light, |pixel, cell| {
                let rise = (cell.along - shade.before).max(0.0) / shade.fade;
                // A cylinder of radius r hides r² / (x² + r²) of an even sky from what lies at x from the line it rests on.
                let radii = SHADED_RADII as f32 * cell.across;
                let hidden = (1.0 + shade.skew * cell.across.signum()) / (1.0 + radii * radii);
                let d = (shade.strength * hidden * cell.coverage * (-rise).exp()).min(0.9);
                // Red light spreads farthest within the skin, and so reaches below the shaft from its sides.
                *pixel = [pixel[0] * (1.0 - 0.65 * d), pixel[1] * (1.0 - 0.83 * d), pixel[2] * (1.0 - d)];
            });
        }
        if self.shadow_strength < 0.01 {
            return;
        }
        let strength = self.shadow_strength;
        self.shadow.paint(light, |pixel, cell| {
            let d = strength * cell.coverage;
            *pixel = [pixel[0] * (1.0 - 0.9 * d), pixel[1] * (1.0 - d), pixel[2] * (1.0 - d)];
        });
    }

    /// Draws the fold of skin around the ostium: a thin dark arc behind the root and a lit one beside it.
    pub fn draw_rim(&self, light: &mut Light, um_per_px: f64, dice: &mut Dice) {
        let points = &self.shaft.centerline.points;
        let width = self.shaft.widths[0].max(20.0 / um_per_px);
        let back = (points[0] - points[1]).angle();
        let (long, wide) = (width * dice.between(0.4, 1.1), width * dice.between(0.6, 1.0));
        let strength = dice.between(0.0, 0.35) as f32;
        let (axis, side) = (Vector::from_angle(back), Vector::from_angle(back).normal());
        let (from, to) = (-dice.between(1.0, 2.2), dice.between(1.0, 2.2));
        let arc = |scale: f64| -> Vec<Point> {
            (0..=12)
                .map(|i| {
                    let a = from + (to - from) * f64::from(i) / 12.0;
                    points[0] + axis * (long * scale * a.cos()) + side * (wide * scale * a.sin())
                })
                .collect()
        };
        let fine = dice.between(6.0, 14.0) / um_per_px;
        Stroke::soft(arc(1.0), fine, 0.6 * fine).paint(light, |pixel, cell| {
            let d = strength * cell.coverage;
            *pixel = [pixel[0] * (1.0 - 0.8 * d), pixel[1] * (1.0 - d), pixel[2] * (1.0 - 1.1 * d)];
        });
        Stroke::soft(arc(1.25), fine, 0.6 * fine)
            .paint(light, |pixel, cell| *pixel = pixel.map(|c| c * (1.0 + 0.5 * strength * cell.coverage)));
    }

    /// Draws the shaft and the splinters of its tip.
    pub fn draw(&self, light: &mut Light) {
        self.shaft.draw(light);
        self.splinters.iter().for_each(|s| s.draw(light));
    }
}
