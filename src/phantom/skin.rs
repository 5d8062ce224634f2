//! Bare skin: tone, furrows, vessels, pigment, pores and the gloss of its surface.

use super::dice::Dice;
use super::light::{Color, Light, decode, mix};
use super::stroke::Stroke;
use super::texture::{Slow, Texture, smooth_step};
use crate::geometry::{Point, Vector};

/// What the skin of a scene looks like. Shares are 0 to 1; lengths are in micrometers.
#[derive(Debug, Clone, PartialEq)]
pub struct SkinLook {
    /// Fitzpatrick type, 1 to 6, fractions allowed.
    pub tone: f64,
    /// How much the camera grays the tone.
    pub grayness: f32,
    /// How bright the skin is exposed: the linear light of its middle.
    pub exposure: f32,
    /// Depth of the furrows.
    pub furrows: f32,
    /// Vessels per cm².
    pub vessels: f64,
    /// Strength of the honeycomb of pigment.
    pub honeycomb: f32,
    /// Pores per cm².
    pub pores: f64,
    /// Freckles per cm².
    pub freckles: f64,
    /// Strength of the surface's gloss.
    pub gloss: f32,
    /// Strength of the fine bright specks of the surface, in patches.
    pub specks: f32,
    /// Fine glints of the horny layer, each a short bright line of a color of its own, per mm².
    pub glints: f64,
    /// Strength of the uneven color of the light: bluish to one side, yellowish to the other.
    pub cast: f32,
}

/// The sRGB colors of the Fitzpatrick types under a contact lens.
const TONES: [[u8; 3]; 6] = [[224, 196, 180], [206, 176, 156], [186, 156, 130], [150, 114, 86], [104, 74, 54], [66, 47, 37]];

/// The grid on which a skin is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Micrometers per pixel.
    pub um_per_px: f64,
}

impl Frame {
    /// A place in micrometers in pixels.
    pub fn pixel(&self, um: Point) -> Point {
        Point::new(um.x / self.um_per_px - 0.5, um.y / self.um_per_px - 0.5)
    }

    /// Left to right, in micrometers.
    pub fn width_um(&self) -> f64 {
        self.width as f64 * self.um_per_px
    }

    /// Top to bottom, in micrometers.
    pub fn height_um(&self) -> f64 {
        self.height as f64 * self.um_per_px
    }

    /// The area, in cm².
    pub fn area_cm2(&self) -> f64 {
        self.width_um() * self.height_um() * 1e-8
    }

    /// A place anywhere, in micrometers.
    pub fn anywhere(&self, dice: &mut Dice) -> Point {
        Point::new(dice.between(0.0, self.width_um()), dice.between(0.0, self.height_um()))
    }
}

/// The skin below its surface, and what its surface mirrors.
pub(crate) struct Skin {
    /// Light from below the surface.
    pub below: Light,
    gloss: Gloss,
}

impl Skin {
    /// The skin of this look. The furrows and the gloss take their grain from the direction in which the hair grows.
    pub fn lay(look: &SkinLook, frame: Frame, growth: f64, dice: &mut Dice) -> Self {
        let base = base_color(look);
        let blotches = Texture::new(dice.seed());
        let grain = Texture::new(dice.seed());
        let comb = Texture::new(dice.seed());
        let spots = Texture::new(dice.seed());
        let um = frame.um_per_px;
        let slow =
            |size: f64, shift: f64| Slow::new(frame.width, frame.height, |x, y| blotches.fractal(x * um / size + shift, y * um / size, 3));
        let (blood, melanin, comb_there) = (slow(900.0, 0.0), slow(1300.0, 40.0), slow(1500.0, 90.0));
        let patches = slow(800.0, 150.0);
        let mut below = Light::from_fn(frame.width, frame.height, |x, y| {
            let (u, v) = (x as f64 * um, y as f64 * um);
            // Blood and melanin vary slowly, and each takes its own share of the channels.
            let (blood, melanin) = (blood.at(x, y), melanin.at(x, y));
            let fine = grain.fractal(u / 60.0, v / 60.0, 3);
            let mut pixel = [
                base[0] * (1.0 + 0.02 * blood - 0.05 * melanin + 0.05 * fine),
                base[1] * (1.0 - 0.07 * blood - 0.07 * melanin + 0.05 * fine),
                base[2] * (1.0 - 0.05 * blood - 0.10 * melanin + 0.05 * fine),
            ];
            if look.honeycomb > 0.0 {
                let wobble = 0.3 * f64::from(grain.at(u / 90.0, v / 90.0));
                let (near, next) = comb.cells(u / 140.0 + wobble, v / 140.0 - wobble);
                let wall = 1.0 - smooth_step(0.0, 0.28, next - near);
                let there = 0.6 + 0.4 * comb_there.at(x, y);
                let dark = look.honeycomb * wall * there;
                pixel = [pixel[0] * (1.0 - 0.45 * dark), pixel[1] * (1.0 - 0.55 * dark), pixel[2] * (1.0 - 0.6 * dark)];
                // White dots: the mouths of sweat glands.
                let (dot, _) = spots.cells(u / 420.0, v / 420.0);
                pixel = mix(pixel, [0.55, 0.5, 0.45], look.honeycomb * 0.6 * (1.0 - smooth_step(0.04, 0.1, dot)));
            }
            pixel
        });
        furrows(&mut below, look.furrows, frame, growth, dice);
        vessels(&mut below, look.vessels, frame, dice);
        blots(&mut below, look, frame, dice);
        Self {
            below,
            gloss: Gloss {
                strength: look.gloss,
                specks: look.specks,
                glints: look.glints,
                um,
                growth,
                patches,
                grain: Texture::new(dice.seed()),
                thread: Texture::new(dice.seed()),
            },
        }
    }

    /// Skin whose light from below is given, under a gloss of its own: what mirrors the lamp is new each time a lens is put on.
    pub fn glossed(below: Light, look: &SkinLook, frame: Frame, growth: f64, dice: &mut Dice) -> Self {
        let (um, field) = (frame.um_per_px, Texture::new(dice.seed()));
        let patches = Slow::new(frame.width, frame.height, |x, y| field.fractal(x * um / 800.0, y * um / 800.0, 3));
        let (grain, thread) = (Texture::new(dice.seed()), Texture::new(dice.seed()));
        let gloss = Gloss { strength: look.gloss, specks: look.specks, glints: look.glints, um, growth, patches, grain, thread };
        Self { below, gloss }
    }

    /// The share of white the surface mirrors at a pixel.
    pub fn gloss(&self, x: usize, y: usize) -> f32 {
        self.gloss.at(x, y)
    }

    /// Draws the glints of its surface.
    pub fn draw_glints(&self, light: &mut Light, frame: Frame, dice: &mut Dice) {
        glints(light, self.gloss.glints, frame, self.gloss.growth, dice);
    }

    /// How much the specks of a bulging surface mirror at a pixel, 0 to 1.
    pub fn glint(&self, x: usize, y: usize) -> f32 {
        self.gloss.specks_at(x, y)
    }
}

/// The color of the tone, grayed and exposed as the camera does.
fn base_color(look: &SkinLook) -> Color {
    let place = (look.tone - 1.0).clamp(0.0, 5.0);
    let lower = (place as usize).min(4);
    let tone = mix(decode(TONES[lower]), decode(TONES[lower + 1]), (place - lower as f64) as f32);
    let gray = 0.2126 * tone[0] + 0.7152 * tone[1] + 0.0722 * tone[2];
    let toned = mix(tone, [gray; 3], look.grayness);
    toned.map(|c| c / gray.max(1e-3) * look.exposure)
}

/// A fine network of crossing lines, shaded on one side and lit on the other.
fn furrows(light: &mut Light, depth: f32, frame: Frame, growth: f64, dice: &mut Dice) {
    if depth <= 0.0 {
        return;
    }
    let families = [growth + dice.normal(0.0, 0.2), growth + dice.normal(1.1, 0.2), growth - dice.normal(1.0, 0.25)];
    for _ in 0..dice.count(frame.area_cm2() * 260.0) {
        let family = families[dice.weighted(&[1.0, 0.7, 0.7])];
        let angle = dice.normal(family, 0.16);
        let line = wander(frame.anywhere(dice), angle, dice.log_normal(1100.0, 0.5), 60.0, 0.12, dice);
        let line: Vec<Point> = line.into_iter().map(|p| frame.pixel(p)).collect();
        let width = dice.log_normal(16.0, 0.5) / frame.um_per_px;
        let dark = depth * dice.between(0.02, 0.16) as f32;
        let side = Vector::from_angle(angle).normal() * (0.9 * width);
        let lit: Vec<Point> = line.iter().map(|&p| p + side).collect();
        let soft = dice.between(0.4, 1.0) * width + 0.4;
        Stroke::soft(line, width, soft).paint(light, |pixel, cell| {
            let d = dark * cell.coverage;
            *pixel = [pixel[0] * (1.0 - 0.8 * d), pixel[1] * (1.0 - d), pixel[2] * (1.0 - 1.1 * d)];
        });
        Stroke::soft(lit, width, soft).paint(light, |pixel, cell| *pixel = pixel.map(|c| c * (1.0 + 0.5 * dark * cell.coverage)));
    }
}

/// Winding red vessels, blurred by the skin above them.
fn vessels(light: &mut Light, per_cm2: f64, frame: Frame, dice: &mut Dice) {
    for _ in 0..dice.count(frame.area_cm2() * per_cm2) {
        let (start, angle, length) = (frame.anywhere(dice), dice.angle(), dice.log_normal(700.0, 0.5));
        let line = wander(start, angle, length, 30.0, 0.3, dice).into_iter().map(|p| frame.pixel(p)).collect();
        let width = dice.log_normal(18.0, 0.4) / frame.um_per_px;
        let strength = dice.between(0.06, 0.28) as f32;
        let soft = dice.between(8.0, 25.0) / frame.um_per_px;
        Stroke::soft(line, width, soft).paint(light, |pixel, cell| {
            let d = strength * cell.coverage;
            *pixel = [pixel[0] * (1.0 - 0.25 * d), pixel[1] * (1.0 - d), pixel[2] * (1.0 - 0.8 * d)];
        });
    }
}

/// The edges of horny scales that mirror the lamp: short bright lines along the furrows, in patches, tinted as thin films are.
fn glints(light: &mut Light, per_mm2: f64, frame: Frame, growth: f64, dice: &mut Dice) {
    if per_mm2 <= 0.0 {
        return;
    }
    let patches = Texture::new(dice.seed());
    let families = [growth + dice.normal(0.0, 0.2), growth + dice.normal(0.9, 0.3), growth - dice.normal(0.9, 0.3)];
    let usual = dice.between(0.08, 0.35) as f32;
    let colorful = dice.between(0.0, 0.5);
    for _ in 0..dice.count(frame.area_cm2() * 100.0 * per_mm2) {
        let start = frame.anywhere(dice);
        let there = f64::from(smooth_step(-0.5, 0.5, patches.fractal(start.x / 350.0, start.y / 350.0, 2)));
        let family = families[dice.weighted(&[1.0; 3])];
        let angle = dice.normal(family, 0.3);
        let line = wander(start, angle, dice.log_normal(24.0, 0.6).min(200.0), 8.0, 0.35, dice);
        let width = dice.log_normal(3.2, 0.4) / frame.um_per_px;
        let bright = (usual * dice.log_normal(0.8, 0.8) as f32).min(0.95);
        let tint: Color = std::array::from_fn(|_| dice.normal(1.0, colorful).clamp(0.2, 1.8) as f32);
        if !dice.chance(0.15 + 0.85 * there) {
            continue;
        }
        let line: Vec<Point> = line.into_iter().map(|p| frame.pixel(p)).collect();
        Stroke::soft(line, width, 0.35 * width).paint(light, |pixel, cell| {
            for (channel, tint) in pixel.iter_mut().zip(tint) {
                *channel += bright * tint * cell.coverage * (0.9 - *channel).max(0.0);
            }
        });
    }
}

/// Pores and freckles.
fn blots(light: &mut Light, look: &SkinLook, frame: Frame, dice: &mut Dice) {
    let kinds = [(look.pores, 22.0, 0.3, 0.25), (look.freckles, 260.0, 0.5, 0.35)];
    for (per_cm2, size, spread, strength) in kinds {
        for _ in 0..dice.count(frame.area_cm2() * per_cm2) {
            let center = frame.pixel(frame.anywhere(dice));
            let radius = dice.log_normal(size, spread) / frame.um_per_px;
            let dark = dice.between(0.3, 1.0) as f32 * strength;
            let edge = Texture::new(dice.seed());
            blot(light, center, 1.6 * radius, |pixel, d, angle| {
                let ragged = 1.0 + 0.25 * edge.at(1.5 * angle.cos(), 1.5 * angle.sin());
                let there = 1.0 - smooth_step(0.35, 1.0, d as f32 * 1.6 / ragged);
                *pixel = [pixel[0] * (1.0 - 0.8 * dark * there), pixel[1] * (1.0 - dark * there), pixel[2] * (1.0 - 1.1 * dark * there)];
            });
        }
    }
}

/// Calls `paint` for the pixels within `radius` of a center, with the distance in radii and the angle.
pub(crate) fn blot(light: &mut Light, center: Point, radius: f64, mut paint: impl FnMut(&mut Color, f64, f64)) {
    let span = |c: f64, n: usize| ((c - radius).floor().max(0.0) as usize, (c + radius + 1.0).ceil().clamp(0.0, n as f64) as usize);
    let (columns, rows) = (span(center.x, light.width()), span(center.y, light.height()));
    for y in rows.0..rows.1 {
        for x in columns.0..columns.1 {
            let to = Point::new(x as f64, y as f64) - center;
            let d = to.length() / radius;
            if d < 1.0 {
                paint(light.at_mut(x, y), d, to.angle());
            }
        }
    }
}

/// A line that wanders from a start, in steps; `turn` is the standard deviation of its turn per step, in radians.
pub(crate) fn wander(start: Point, angle: f64, length: f64, step: f64, turn: f64, dice: &mut Dice) -> Vec<Point> {
    let (mut at, mut heading) = (start, angle);
    let mut line = vec![at];
    for _ in 0..(length / step).ceil().max(1.0) as usize {
        heading += dice.normal(0.0, turn);
        at = at + Vector::from_angle(heading) * step;
        line.push(at);
    }
    line
}

/// The glint of the horny layer: fine bright grains and threads in patches, drawn out along the growth.
struct Gloss {
    strength: f32,
    specks: f32,
    glints: f64,
    um: f64,
    growth: f64,
    patches: Slow,
    grain: Texture,
    thread: Texture,
}

impl Gloss {
    fn at(&self, x: usize, y: usize) -> f32 {
        let specks = if self.specks > 0.0 {
            let patch = smooth_step(-0.3, 0.6, self.patches.at(x, y));
            self.specks * (0.2 + patch) * self.specks_at(x, y)
        } else {
            0.0
        };
        self.sheen(x, y) + specks
    }

    /// Fine bright specks, drawn out no way, in clusters.
    fn specks_at(&self, x: usize, y: usize) -> f32 {
        let (u, v) = (x as f64 * self.um, y as f64 * self.um);
        let fine = self.thread.fractal(u / 24.0 + 900.0, v / 24.0 - 700.0, 3);
        let clusters = self.grain.fractal(u / 120.0 - 500.0, v / 120.0 + 300.0, 2);
        0.25 * smooth_step(-0.6, 0.6, clusters) + 0.75 * smooth_step(-0.05, 0.75, fine + 0.5 * clusters)
    }

    fn sheen(&self, x: usize, y: usize) -> f32 {
        if self.strength <= 0.0 {
            return 0.0;
        }
        let (u, v) = (x as f64 * self.um, y as f64 * self.um);
        let (sin, cos) = self.growth.sin_cos();
        let (along, across) = (u * cos + v * sin, v * cos - u * sin);
        let patch = smooth_step(-0.4, 0.7, self.patches.at(x, y));
        let bumps = self.grain.fractal(along / 95.0, across / 60.0, 4);
        let glints = smooth_step(0.05, 0.7, bumps);
        // Threads run along the growth and sway with the bumps.
        let threads = self.thread.fractal(along / 110.0, across / 22.0 + 1.5 * f64::from(bumps), 3);
        let lit = smooth_step(0.05, 0.8, threads);
        self.strength * (0.35 + patch) * (0.5 * glints * (0.4 + lit) + 0.3 * lit + 0.16 * (0.6 + bumps + 0.6 * threads).max(0.0))
    }
}
