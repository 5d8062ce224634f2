//! What lies on skin and is no growing hair: flakes, gel bubbles, glare, loose cut hairs, textile fibers.

use super::dice::Dice;
use super::light::{Color, Light, mix};
use super::shaft::Shaft;
use super::skin::{Frame, blot, wander};
use super::texture::{Texture, smooth_step};
use crate::geometry::{Point, Polyline};

/// How much litter a scene has, each per cm².
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Litter {
    /// Pale scales of the horny layer, lying anywhere.
    pub flakes: f64,
    /// The share of roots with scale around them, 0 to 1.
    pub root_scale: f64,
    /// Bubbles in the contact gel.
    pub bubbles: f64,
    /// Blown-out reflections.
    pub glare: f64,
    /// Loose clippings.
    pub cut_hairs: f64,
    /// Textile fibers.
    pub fibers: f64,
}

/// One pale scale about `radius` pixels wide.
pub(crate) fn flake(light: &mut Light, center: Point, radius: f64, dice: &mut Dice) {
    scrap(light, center, radius, dice, |pixel, brightness| {
        let gray = 0.4 * (pixel[0] + pixel[1] + pixel[2]) / 3.0 + 0.6 * 0.3;
        [1.04, 1.0, 0.9].map(|c: f32| c * gray * brightness)
    });
}

/// One crumb of dried sebum about `radius` pixels wide, from black to the color of skin.
pub(crate) fn crumb(light: &mut Light, center: Point, radius: f64, dice: &mut Dice) {
    let level = dice.between(0.03, 0.3) as f32;
    scrap(light, center, radius, dice, |_, brightness| [1.2, 1.0, 0.75].map(|c: f32| c * level * brightness));
}

/// A ragged, layered, half clear scrap of the color that `shade` makes of what lies below it and of a brightness about 1.
fn scrap(light: &mut Light, center: Point, radius: f64, dice: &mut Dice, shade: impl Fn(Color, f32) -> Color) {
    let outline = Texture::new(dice.seed());
    let (stretch, turn) = (dice.between(0.45, 1.0), dice.angle());
    let opacity = dice.between(0.3, 0.9) as f32;
    let (sin, cos) = f64::sin_cos(turn);
    let brightness = dice.between(0.85, 1.6) as f32;
    blot(light, center, 1.5 * radius / stretch.sqrt(), |pixel, d, angle| {
        let r = d * 1.5 / stretch.sqrt();
        let (x, y) = (r * (angle - turn).cos() * stretch.sqrt(), r * (angle - turn).sin() / stretch.sqrt());
        let ragged = outline.fractal(1.7 * x + 9.0 * cos, 1.7 * y + 9.0 * sin, 3);
        let inside = smooth_step(0.0, 0.12, 0.8 - (x * x + y * y).sqrt() as f32 + 0.5 * ragged);
        let layers = 1.0 + 0.18 * outline.fractal(4.0 * x, 4.0 * y, 2);
        *pixel = mix(*pixel, shade(*pixel, brightness * layers), opacity * inside);
    });
}

/// Draws flakes, bubbles, glare and fibers.
pub(crate) fn scatter(light: &mut Light, litter: &Litter, frame: Frame, dice: &mut Dice) {
    let um = frame.um_per_px;
    let number = |per_cm2: f64, dice: &mut Dice| dice.count(per_cm2 * frame.area_cm2());
    for _ in 0..number(litter.flakes, dice) {
        let (center, radius) = (frame.pixel(frame.anywhere(dice)), dice.log_normal(85.0, 0.6) / um);
        flake(light, center, radius, dice);
    }
    for _ in 0..number(litter.fibers, dice) {
        fiber(light, frame, dice);
    }
    for _ in 0..number(litter.bubbles, dice) {
        let (center, radius) = (frame.pixel(frame.anywhere(dice)), dice.log_normal(140.0, 0.7) / um);
        bubble(light, center, radius, dice);
    }
    for _ in 0..number(litter.glare, dice) {
        glare(light, frame, dice);
    }
}

/// Loose clippings, lying any way.
pub(crate) fn cut_hairs(litter: &Litter, frame: Frame, dice: &mut Dice) -> Vec<(Shaft, f64)> {
    let um = frame.um_per_px;
    (0..dice.count(litter.cut_hairs * frame.area_cm2()))
        .map(|_| {
            let (start, angle, length) = (frame.anywhere(dice), dice.angle(), dice.log_normal(180.0, 0.6));
            let thickness = dice.between(18.0, 75.0);
            let path = wander(start, angle, length.max(40.0), 12.0, 0.012, dice).into_iter().map(|p| frame.pixel(p)).collect();
            let tone = dice.log_normal(0.02, 0.7) as f32;
            let shaft = Shaft {
                mottle: dice.between(0.1, 0.5) as f32,
                mottle_seed: dice.seed(),
                slant: dice.normal(0.0, 0.5).clamp(-1.0, 1.0),
                ..Shaft::even(Polyline::new(path), crate::units::Pixels(thickness / um), [1.1 * tone, 0.95 * tone, 0.8 * tone])
            };
            (shaft, thickness)
        })
        .collect()
}

/// A thin, even, winding textile fiber, pale or dyed.
fn fiber(light: &mut Light, frame: Frame, dice: &mut Dice) {
    let line = wander(frame.anywhere(dice), dice.angle(), dice.log_normal(1500.0, 0.6), 20.0, 0.05, dice);
    let line = Polyline::new(line.into_iter().map(|p| frame.pixel(p)).collect());
    let color = [[0.55, 0.55, 0.6], [0.05, 0.08, 0.25], [0.3, 0.05, 0.06]][dice.weighted(&[3.0, 1.0, 0.5])];
    let shaft = Shaft::even(line, crate::units::Pixels(dice.between(9.0, 18.0) / frame.um_per_px), color);
    Shaft { opacity: dice.between(0.4, 0.9) as f32, edge: 0.3, ..shaft }.draw(light);
}

/// A bubble: a dark ring with a lit inner rim, a clear middle and the lamp's image.
fn bubble(light: &mut Light, center: Point, radius: f64, dice: &mut Dice) {
    let ring = dice.between(0.25, 0.6) as f32;
    let lamp = dice.angle();
    blot(light, center, 1.1 * radius, |pixel, d, angle| {
        let r = 1.1 * d as f32;
        let band = |at: f32, breadth: f32| (-0.5 * ((r - at) / breadth).powi(2)).exp();
        let lit = 0.5 + 0.5 * (angle - lamp).cos() as f32;
        *pixel =
            pixel.map(|c| c * (1.0 - ring * band(0.97, 0.05)) + 0.25 * lit * band(0.87, 0.05) + 0.03 * (1.0 - smooth_step(0.8, 0.95, r)));
    });
    let spot = center + crate::geometry::Vector::from_angle(lamp) * (0.55 * radius);
    blot(light, spot, (0.18 * radius).max(1.0), |pixel, d, _| *pixel = mix(*pixel, [1.2; 3], 1.0 - smooth_step(0.5, 1.0, d as f32)));
}

/// A patch of blown-out specks, drawn out one way.
fn glare(light: &mut Light, frame: Frame, dice: &mut Dice) {
    let um = frame.um_per_px;
    let (center, size, turn) = (frame.pixel(frame.anywhere(dice)), dice.log_normal(170.0, 0.6) / um, dice.angle());
    let (shape, specks) = (Texture::new(dice.seed()), Texture::new(dice.seed()));
    let (sin, cos) = f64::sin_cos(turn);
    let grain = dice.between(25.0, 90.0) / um;
    blot(light, center, 1.6 * size, |pixel, d, angle| {
        let r = 1.6 * d * size;
        let (x, y) = (r * angle.cos(), r * angle.sin());
        let (a, b) = ((x * cos + y * sin) / grain, (y * cos - x * sin) / (0.55 * grain));
        let patch = 1.0 - smooth_step(0.2, 1.0, d as f32 * 1.1 + 0.3 * shape.fractal(2.0 * x / size, 2.0 * y / size, 2));
        let bright = smooth_step(0.25, 0.55, specks.fractal(a, b, 3) + 0.9 * patch - 0.45) * patch;
        // Blown-out light strays into a soft halo.
        (0..3).for_each(|c| pixel[c] += 0.9 * bright + 0.12 * patch);
    });
}
