//! The named scenes, and the drawing of one photo.

use super::dice::Dice;
use super::hair::{self, Hair, HairLook};
use super::light::{Light, Noise, mix};
use super::litter::{self, Litter};
use super::marks::{Layout, Marks};
use super::shaft::Shaft;
use super::skin::{Frame, Skin, SkinLook};
use super::texture::{Slow, Texture, smooth_step};
use super::{Seams, TrueHair, Truth};
use crate::geometry::{Point, Polyline, Vector};
use crate::photo::Photo;
use crate::units::Micrometers;
use image::ImageEncoder;

/// A kind of photo that can be drawn.
#[derive(Debug, Clone, Copy)]
pub struct Scene {
    /// What it is called.
    pub name: &'static str,
    /// What it shows.
    pub description: &'static str,
    pub(super) look: fn(&mut Dice) -> Look,
}

impl Scene {
    /// The scene of this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        scenes().iter().find(|s| s.name == name)
    }

    /// What the photo of this seed will look like.
    pub fn look(&self, seed: u64) -> Look {
        (self.look)(&mut Dice::new(seed, 0))
    }
}

/// Every scene.
pub fn scenes() -> &'static [Scene] {
    super::scenes::SCENES
}

/// Everything that decides a photo, besides its seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Micrometers per pixel of the photo.
    pub um_per_px: f64,
    /// Photo pixels per sensor pixel each way: some cameras write more pixels than they see.
    pub upsampling: usize,
    /// The skin.
    pub skin: SkinLook,
    /// The hair.
    pub hair: HairLook,
    /// What else lies there.
    pub litter: Litter,
    /// Standard deviation of the point spread, in micrometers.
    pub point_spread: f64,
    /// How many times wider the point spread is where the skin leaves the plane of focus; 1 for an even one.
    pub defocus: f64,
    /// How uneven the light is, 0 to 1.
    pub unevenness: f32,
    /// The sensor's noise.
    pub noise: Noise,
    /// The JPEG quality of the file; `None` for a lossless one.
    pub jpeg_quality: Option<u8>,
    /// What is burned in.
    pub marks: Marks,
}

/// A drawn photo and what is true of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Phantom {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// sRGB, row by row.
    pub pixels: Vec<[u8; 3]>,
    /// Every hair.
    pub truth: Truth,
    /// How many pixels show skin or hair: not frame, padding, or boxes of text.
    pub skin_px: usize,
    /// The JPEG quality of the file; `None` for a lossless one.
    pub jpeg_quality: Option<u8>,
}

impl Phantom {
    /// The photo, as if decoded from a lossless file.
    pub fn photo(&self) -> Photo {
        Photo::from_rgb8(self.width, self.height, self.pixels.clone())
    }

    /// The bytes of the photo's file: JPEG where the scene has a quality, else PNG.
    pub fn encode(&self) -> Vec<u8> {
        match self.jpeg_quality {
            Some(quality) => self.encode_jpeg(quality),
            None => self.encode_png(),
        }
    }

    /// The usual extension of [`Phantom::encode`]'s file, without a dot.
    pub fn extension(&self) -> &'static str {
        if self.jpeg_quality.is_some() { "jpg" } else { "png" }
    }

    /// The photo as JPEG; `quality` from 1 to 100.
    pub fn encode_jpeg(&self, quality: u8) -> Vec<u8> {
        jpeg(&self.pixels, self.width, self.height, quality)
    }

    /// The photo as PNG.
    pub fn encode_png(&self) -> Vec<u8> {
        let mut bytes = vec![];
        image::codecs::png::PngEncoder::new(&mut bytes)
            .write_image(self.pixels.as_flattened(), self.width as u32, self.height as u32, image::ExtendedColorType::Rgb8)
            .expect("a drawn photo fits the format and memory takes the bytes");
        bytes
    }
}

/// Draws the photo of a scene and seed.
///
/// # Examples
/// ```
/// use anagen::phantom::{Scene, draw};
/// let phantom = draw(Scene::by_name("clipped-small").unwrap(), 7);
/// assert_eq!(phantom.pixels.len(), phantom.width * phantom.height);
/// assert!(!phantom.truth.hairs.is_empty());
/// ```
pub fn draw(scene: &Scene, seed: u64) -> Phantom {
    draw_look(&scene.look(seed), seed)
}

/// Draws a photo of a described look.
pub fn draw_look(look: &Look, seed: u64) -> Phantom {
    let up = look.upsampling.max(1);
    let (width, height) = (look.width.max(up) / up * up, look.height.max(up) / up * up);
    let frame = Frame { width: width / up, height: height / up, um_per_px: look.um_per_px * up as f64 };

    let growth = hair::grow(&look.hair, frame, &mut Dice::new(seed, 1));
    let skin = Skin::lay(&look.skin, frame, growth.direction, &mut Dice::new(seed, 3));
    photograph(look, frame, skin, &growth.hairs, seed)
}

/// The photo of skin and the hair that grows on it, with all that comes with the taking: litter, light, optics, noise and marks.
pub(super) fn photograph(look: &Look, frame: Frame, skin: Skin, hairs: &[Hair], seed: u64) -> Phantom {
    let up = look.upsampling.max(1);
    let (width, height) = (frame.width * up, frame.height * up);
    let loose = litter::cut_hairs(&look.litter, frame, &mut Dice::new(seed, 2));
    let lamp = Lamp::new(look, frame, &mut Dice::new(seed, 4));

    let mut light = paint(look, frame, skin, hairs, &loose, &lamp, seed);
    light.change(|x, y, pixel| lamp.shine(x, y, pixel));
    let light = lamp.seen(light, look, frame);
    let recorded = light.exposed(look.noise, Dice::new(seed, 6).seed());
    let mut pixels = if up > 1 { upsample(recorded, frame.width, frame.height, up, look.jpeg_quality) } else { recorded };

    let layout = Layout::new(look.marks, width, height, look.um_per_px);
    layout.draw(&mut pixels);
    let skin_px = (0..width * height).filter(|i| layout.shows_skin(Point::new((i % width) as f64, (i / width) as f64))).count();
    let known = Known { layout: &layout, up: up as f64, width, height };
    let mut marked: Vec<TrueHair> = hairs.iter().filter_map(|h| known.hair(h)).collect();
    marked.extend(loose.iter().filter_map(|(shaft, thickness)| known.loose(shaft, *thickness)));
    let truth = Truth { width, height, um_per_px: Some(look.um_per_px), seams: Seams::default(), hairs: marked };
    Phantom { width, height, pixels, truth, skin_px, jpeg_quality: look.jpeg_quality }
}

/// Lays skin, what shows through it, its gloss, shadows, shafts and litter over one another.
fn paint(look: &Look, frame: Frame, skin: Skin, hairs: &[Hair], loose: &[(Shaft, f64)], lamp: &Lamp, seed: u64) -> Light {
    let mut dice = Dice::new(seed, 5);
    let mut light = skin.below.clone();
    hairs.iter().for_each(|h| h.draw_under_skin(&mut light));
    let glint = look.hair.under_skin.bulge_glint;
    let bulges = (glint > 0.0).then(|| {
        let mut bulges = Light::filled(frame.width, frame.height, [0.0; 3]);
        hairs.iter().for_each(|h| h.mark_bulge(&mut bulges));
        bulges
    });
    light.change(|x, y, pixel| {
        let white = lamp.gloss_color(x, y);
        let on_bulge = bulges.as_ref().map_or(0.0, |bulges| match bulges.at(x, y)[0] {
            bulge if bulge > 0.01 => glint * bulge * skin.glint(x, y),
            _ => 0.0,
        });
        *pixel = mix(*pixel, white, (skin.gloss(x, y) + on_bulge).clamp(0.0, 0.95));
    });
    skin.draw_glints(&mut light, frame, &mut Dice::new(seed, 8));
    for hair in hairs {
        hair.draw_rim(&mut light, frame.um_per_px, &mut dice);
        if dice.chance(look.litter.root_scale) {
            scale_around(hair, &mut light, frame, &mut dice);
        }
    }
    hairs.iter().for_each(|h| h.draw_shadow(&mut light));
    // Long hair lies over and under its neighbors in no order; the order of growth is as good as any.
    hairs.iter().for_each(|h| h.draw(&mut light));
    loose.iter().for_each(|(shaft, _)| shaft.draw(&mut light));
    if look.hair.crumbs > 0.0 {
        hairs.iter().for_each(|hair| crumbs_on(hair, look.hair.crumbs, &mut light, &mut dice));
    }
    for hair in hairs {
        if dice.chance(0.3 * look.litter.root_scale) {
            scale_around(hair, &mut light, frame, &mut dice);
        }
    }
    litter::scatter(&mut light, &look.litter, frame, &mut dice);
    light
}

/// Crumbs that cling to the sides of a shaft, more of them near its root.
fn crumbs_on(hair: &Hair, usual: f64, light: &mut Light, dice: &mut Dice) {
    let (line, widths) = (&hair.shaft.centerline, &hair.shaft.widths);
    for _ in 0..dice.count(usual) {
        let i = (dice.between(0.0, 1.0).powi(2) * (line.points.len() - 2) as f64) as usize;
        let Some(along) = (line.points[i + 1] - line.points[i]).unit() else { continue };
        let place = line.points[i] + along.normal() * (widths[i] * dice.between(-0.8, 0.8));
        litter::crumb(light, place, widths[i] * dice.between(0.15, 0.5), dice);
    }
}

/// Scale lying by a root.
fn scale_around(hair: &Hair, light: &mut Light, frame: Frame, dice: &mut Dice) {
    let (root, width) = (hair.shaft.centerline.points[0], hair.shaft.widths[0]);
    for _ in 0..1 + dice.weighted(&[1.0, 1.0, 1.0]) {
        let to = Vector::from_angle(dice.angle()) * (width * dice.between(0.2, 1.1));
        litter::flake(light, root + to, dice.log_normal(26.0, 0.4) / frame.um_per_px, dice);
    }
}

/// The uneven light on the skin and the uneven focus on it.
struct Lamp {
    frame: Frame,
    cast: f32,
    /// The veil and clouds of the light, slow enough to be known on a coarse grid: blueness and brightness.
    blueness: Slow,
    level: Slow,
    focus: Point,
}

impl Lamp {
    fn new(look: &Look, frame: Frame, dice: &mut Dice) -> Self {
        let towards = Vector::from_angle(dice.angle());
        let (cloud, unevenness) = (Texture::new(dice.seed()), look.unevenness);
        let half = 0.5 * frame.width.min(frame.height) as f64;
        let place = |x: f64, y: f64| Vector::new((x - 0.5 * frame.width as f64) / half, (y - 0.5 * frame.height as f64) / half);
        // From −1 on the yellowish side to 1 on the bluish one.
        let blueness = Slow::new(frame.width, frame.height, |x, y| {
            let p = place(x, y);
            (0.65 * p.dot(towards) as f32 + 0.7 * cloud.fractal(0.9 * p.x, 0.9 * p.y, 2)).clamp(-1.0, 1.0)
        });
        let level = Slow::new(frame.width, frame.height, |x, y| {
            let p = place(x, y);
            let clouds = cloud.fractal(1.3 * p.x + 30.0, 1.3 * p.y, 2) + 0.4 * p.dot(towards) as f32;
            ((1.0 - 0.22 * unevenness * p.dot(p) as f32) * (1.0 + 0.3 * unevenness * clouds)).max(0.15)
        });
        Self { frame, cast: look.skin.cast, blueness, level, focus: Point::new(dice.normal(0.0, 0.3), dice.normal(0.0, 0.3)) }
    }

    /// The place of a pixel, −1 to 1 over the shorter side.
    fn place(&self, x: usize, y: usize) -> Vector {
        let half = 0.5 * self.frame.width.min(self.frame.height) as f64;
        Vector::new((x as f64 - 0.5 * self.frame.width as f64) / half, (y as f64 - 0.5 * self.frame.height as f64) / half)
    }

    /// Lights a pixel.
    fn shine(&self, x: usize, y: usize, pixel: &mut [f32; 3]) {
        let (level, blue) = (self.level.at(x, y), self.cast * self.blueness.at(x, y));
        let tint =
            if blue > 0.0 { [1.0 - 0.04 * blue, 1.0 - 0.1 * blue, 1.0 + 0.75 * blue] } else { [1.0, 1.0 - 0.02 * blue, 1.0 + 0.35 * blue] };
        // Light strayed in the optics lifts the blacks.
        let veil = [0.0045, 0.0045, 0.005];
        (0..3).for_each(|c| pixel[c] = ((pixel[c] * tint[c]).max(0.0) + veil[c]) * level);
    }

    /// The color of what the surface mirrors: bluer where the light is.
    fn gloss_color(&self, x: usize, y: usize) -> [f32; 3] {
        let blue = 0.5 + 0.5 * self.blueness.at(x, y);
        mix([0.62, 0.62, 0.55], [0.68, 0.7, 0.95], blue)
    }

    /// The light after the point spread, wider where the skin leaves the plane of focus.
    fn seen(&self, light: Light, look: &Look, frame: Frame) -> Light {
        let sigma = look.point_spread / frame.um_per_px;
        let sharp = light.blurred(sigma);
        if look.defocus <= 1.0 {
            return sharp;
        }
        let soft = light.blurred(sigma * look.defocus);
        let mut seen = sharp;
        seen.change(|x, y, pixel| {
            let place = self.place(x, y);
            let away = Vector::new(place.x - self.focus.x, place.y - self.focus.y).length() as f32;
            *pixel = mix(*pixel, soft.at(x, y), smooth_step(0.55, 1.4, away));
        });
        seen
    }
}

/// What a counter would mark.
struct Known<'a> {
    layout: &'a Layout,
    up: f64,
    width: usize,
    height: usize,
}

impl Known<'_> {
    /// The truth of a grown hair, in photo pixels; `None` when next to nothing of it is seen. A hair whose root is not seen is marked
    /// `abnormal`, neither right nor wrong: no counter would count it, and no detector errs by tracing it.
    fn hair(&self, hair: &Hair) -> Option<TrueHair> {
        let points = self.points(&hair.shaft);
        let rooted = self.seen(points[0]);
        let (first, last) = self.longest_seen(&points)?;
        let seen = &points[first..=last];
        let thickness = mean(&hair.thickness_um[first..=last.min(hair.pointed_from.max(first))]);
        let length = Polyline::new(seen.to_vec()).length();
        if !rooted && length < 8.0 {
            return None;
        }
        let class = match () {
            () if !rooted || first > 0 => "abnormal",
            () if thickness < 30.0 => "undersize",
            () if hair.unit_size > 1 => "premium",
            () => "single",
        };
        Some(TrueHair { id: hair.id, unit: Some(hair.unit), ..entry(class, seen, thickness) })
    }

    fn loose(&self, shaft: &Shaft, thickness: f64) -> Option<TrueHair> {
        let points = self.points(shaft);
        let (first, last) = self.longest_seen(&points)?;
        Some(entry("abnormal", &points[first..=last], thickness))
    }

    fn points(&self, shaft: &Shaft) -> Vec<Point> {
        shaft.centerline.points.iter().map(|p| Point::new((p.x + 0.5) * self.up - 0.5, (p.y + 0.5) * self.up - 0.5)).collect()
    }

    fn seen(&self, p: Point) -> bool {
        p.x >= 0.0 && p.y >= 0.0 && p.x <= self.width as f64 - 1.0 && p.y <= self.height as f64 - 1.0 && self.layout.shows_skin(p)
    }

    /// The stretch that begins at the root if that is seen, else the longest seen one; two points at least.
    fn longest_seen(&self, points: &[Point]) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        let mut start = None;
        for i in 0..=points.len() {
            match (i < points.len() && self.seen(points[i]), start) {
                (true, None) => start = Some(i),
                (false, Some(first)) => {
                    let longer = best.is_none_or(|(a, b)| i - 1 - first > b - a);
                    if i - 1 > first && longer && best.is_none_or(|(a, _)| a > 0) {
                        best = Some((first, i - 1));
                    }
                    start = None;
                }
                _ => {}
            }
        }
        best
    }
}

fn entry(class: &str, points: &[Point], thickness: f64) -> TrueHair {
    TrueHair {
        class: class.to_owned(),
        root: points[0],
        tip: points[points.len() - 1],
        width_um: Some(Micrometers(thickness)),
        id: None,
        unit: None,
        points: Some(Polyline::new(points.to_vec())),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The recorded pixels as a camera writes them larger: compressed once, then interpolated.
fn upsample(pixels: Vec<[u8; 3]>, width: usize, height: usize, factor: usize, quality: Option<u8>) -> Vec<[u8; 3]> {
    let stored = match quality {
        Some(quality) => decoded(&jpeg(&pixels, width, height, quality.max(80))).unwrap_or(pixels),
        None => pixels,
    };
    let at = |x: i64, y: i64| stored[y.clamp(0, height as i64 - 1) as usize * width + x.clamp(0, width as i64 - 1) as usize];
    let mut out = Vec::with_capacity(stored.len() * factor * factor);
    for y in 0..height * factor {
        let v = (y as f32 + 0.5) / factor as f32 - 0.5;
        for x in 0..width * factor {
            let u = (x as f32 + 0.5) / factor as f32 - 0.5;
            let (i, j) = (u.floor(), v.floor());
            let (tx, ty) = (u - i, v - j);
            let corner = |di: i64, dj: i64| at(i as i64 + di, j as i64 + dj).map(f32::from);
            let top = mix(corner(0, 0), corner(1, 0), tx);
            let bottom = mix(corner(0, 1), corner(1, 1), tx);
            out.push(mix(top, bottom, ty).map(|c| (c + 0.5) as u8));
        }
    }
    out
}

fn jpeg(pixels: &[[u8; 3]], width: usize, height: usize, quality: u8) -> Vec<u8> {
    let mut bytes = vec![];
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
        .write_image(pixels.as_flattened(), width as u32, height as u32, image::ExtendedColorType::Rgb8)
        .expect("a drawn photo fits the format and memory takes the bytes");
    bytes
}

fn decoded(bytes: &[u8]) -> Option<Vec<[u8; 3]>> {
    let picture = image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg).ok()?.into_rgb8();
    Some(picture.as_raw().as_chunks::<3>().0.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::phantom::{FineHair, ShadeLook, UnderSkin};

    fn small(name: &str) -> Look {
        Look { width: 640, height: 480, ..Scene::by_name(name).expect("a scene").look(5) }
    }

    #[test]
    fn every_scene_draws_with_its_truth_inside() {
        for scene in scenes() {
            for seed in [1, 2] {
                let look = Look { width: 480, height: 360, ..scene.look(seed) };
                let phantom = draw_look(&look, seed);
                assert_eq!(phantom.pixels.len(), 480 * 360, "{}", scene.name);
                let inside = Rect { x: -0.5, y: -0.5, w: 480.0, h: 360.0 };
                for hair in &phantom.truth.hairs {
                    let points = &hair.points.as_ref().expect("a drawn hair has a centerline").points;
                    assert!(points.iter().all(|&p| inside.contains(p)), "{} seed {seed}", scene.name);
                    assert_eq!((hair.root, hair.tip), (points[0], points[points.len() - 1]));
                    assert!(hair.width_um.is_some_and(|w| w.0 > 5.0 && w.0 < 150.0));
                }
            }
        }
    }

    #[test]
    fn the_seed_decides_every_byte() {
        let look = small("clipped-small");
        let (one, again, other) = (draw_look(&look, 3), draw_look(&look, 3), draw_look(&look, 4));
        assert_eq!(one, again);
        assert_eq!(one.encode(), again.encode());
        assert_ne!(one.pixels, other.pixels);
    }

    #[test]
    fn the_photo_is_the_same_at_any_number_of_threads() {
        let look = small("annotated");
        let at = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(|| draw_look(&look, 8));
        assert_eq!(at(1), at(3));
    }

    #[test]
    fn density_and_thickness_are_natural() {
        let (mut count, mut area, mut thicknesses, mut fine) = (0.0, 0.0, vec![], 0.0);
        for seed in 0..8 {
            let look = Scene::by_name("clipped-small").expect("a scene").look(seed);
            // Fewer pixels over the same skin: only the truth is asked.
            let look = Look {
                width: 600,
                height: 480,
                um_per_px: 10.0,
                upsampling: 1,
                hair: HairLook { units_per_cm2: 80.0, ..look.hair },
                ..look
            };
            let phantom = draw_look(&look, seed);
            area += phantom.skin_px as f64 * 1e-6;
            for hair in phantom.truth.hairs.iter().filter(|h| h.class != "abnormal") {
                count += 1.0;
                let um = hair.width_um.expect("a drawn hair is known").0;
                if hair.class == "undersize" { fine += 1.0 } else { thicknesses.push(um) }
            }
        }
        let density = count / area;
        assert!((110.0..240.0).contains(&density), "{density}");
        let mean = mean(&thicknesses);
        let sd = (thicknesses.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / thicknesses.len() as f64).sqrt();
        assert!((60.0..75.0).contains(&mean), "{mean}");
        assert!((11.0..20.0).contains(&sd), "{sd}");
        assert!((0.02..0.2).contains(&(fine / count)), "{fine} of {count}");
    }

    #[test]
    fn a_dark_hair_is_dark_where_the_truth_says() {
        let look = Look { litter: Litter::default(), defocus: 1.0, marks: Marks::default(), ..small("clipped-small") };
        let phantom = draw_look(&look, 11);
        let photo = phantom.photo();
        let mut seen = 0;
        for hair in phantom.truth.hairs.iter().filter(|h| h.class == "single" || h.class == "premium") {
            let line = hair.points.as_ref().expect("a centerline");
            let middle = line.at(0.6 * line.length());
            let light = photo.light(middle.x.round() as usize, middle.y.round() as usize);
            assert!(light < 0.08, "{light} at {middle:?}");
            seen += 1;
        }
        assert!(seen > 3);
    }

    /// How bright skin is 25 µm beside the shafts of single hairs near their roots, as a share of that near their tips.
    fn light_beside_roots(shade: f32) -> f64 {
        let base = small("shaded");
        let hair = HairLook {
            shade: ShadeLook { strength: shade, reach: 150.0 },
            units_per_cm2: 40.0,
            unit_sizes: [1.0, 0.0, 0.0, 0.0, 0.0],
            fine: FineHair::default(),
            length: 500.0,
            length_spread: 0.0,
            under_skin: UnderSkin { haze: 0.0, ..UnderSkin::default() },
            shadow: 0.0,
            crumbs: 0.0,
            ..base.hair
        };
        let calm = Look { hair, litter: Litter::default(), marks: Marks::default(), defocus: 1.0, point_spread: 4.0, ..base };
        let look = Look { width: 1600, height: 1200, um_per_px: 5.0, ..calm };
        let phantom = draw_look(&look, 3);
        let photo = phantom.photo();
        let beside = |line: &Polyline, width: Micrometers, along: f64| {
            let (a, b) = (line.at(along - 4.0), line.at(along + 4.0));
            let across = (b - a).unit().expect("a shaft has a direction").normal();
            let off = (width.0 / 2.0 + 25.0) / look.um_per_px;
            [-off, off].map(|off| line.at(along) + across * off)
        };
        let light = |p: Point| f64::from(photo.light(p.x.round() as usize, p.y.round() as usize));
        let (mut at_root, mut at_tip) = (0.0, 0.0);
        for hair in phantom.truth.hairs.iter().filter(|h| h.class == "single") {
            let (line, width) = (hair.points.as_ref().expect("a centerline"), hair.width_um.expect("a width"));
            let (from, to) = (60.0 / look.um_per_px, line.length() - 60.0 / look.um_per_px);
            if to < 2.0 * from {
                continue;
            }
            let places = [beside(line, width, from), beside(line, width, to)];
            let inside = |p: &Point| p.x >= 1.0 && p.y >= 1.0 && p.x < look.width as f64 - 2.0 && p.y < look.height as f64 - 2.0;
            if places.iter().flatten().all(inside) {
                at_root += places[0].map(light).iter().sum::<f64>();
                at_tip += places[1].map(light).iter().sum::<f64>();
            }
        }
        at_root / at_tip
    }

    /// A scene of straight clipped hair on calm skin, otherwise of this look.
    fn calm(hair: HairLook) -> Look {
        let base = small("shaded");
        let hair = HairLook { length: 500.0, length_spread: 0.0, length_spread_in_unit: 0.0, curl: 0.0, waver: 0.0, crumbs: 0.0, ..hair };
        let calm = Look { hair, litter: Litter::default(), marks: Marks::default(), ..base };
        Look { width: 1200, height: 900, um_per_px: 5.0, ..calm }
    }

    #[test]
    fn nothing_of_bare_fine_hair_shows_under_the_skin() {
        let before_roots = |bare: f64| {
            let base = small("shaded").hair;
            let fine = FineHair { alone: 1.0, thickness: [28.0, 29.0], bare, ..base.fine };
            let look = calm(HairLook { fine, under_skin: UnderSkin { haze: 2.0, ..base.under_skin }, ..base });
            let phantom = draw_look(&look, 3);
            let photo = phantom.photo();
            let places = phantom.truth.hairs.iter().filter(|hair| hair.class == "undersize").filter_map(|hair| {
                let at = hair.root + (hair.root - hair.tip).unit()? * (40.0 / look.um_per_px);
                let inside = at.x >= 0.0 && at.y >= 0.0 && at.x < look.width as f64 - 1.0 && at.y < look.height as f64 - 1.0;
                inside.then(|| f64::from(photo.light(at.x.round() as usize, at.y.round() as usize)))
            });
            let light: Vec<f64> = places.collect();
            assert!(light.len() > 5);
            light.iter().sum::<f64>() / light.len() as f64
        };
        let (hazy, bare) = (before_roots(0.0), before_roots(1.0));
        assert!(hazy < 0.9 * bare, "{hazy} and {bare}");
    }

    #[test]
    fn hairs_of_a_unit_meet_where_they_are_told_to() {
        let crossing = |meet_at: f64| {
            let base = small("shaded").hair;
            let pairs = HairLook {
                unit_sizes: [0.0, 1.0, 0.0, 0.0, 0.0],
                fine: FineHair::default(),
                meet: 1.0,
                meet_at: [meet_at; 2],
                stagger: 0.0,
                ..base
            };
            let hairs = draw_look(&calm(pairs), 3).truth.hairs;
            let of_pairs: Vec<bool> = hairs
                .iter()
                .enumerate()
                .flat_map(|(i, a)| hairs[i + 1..].iter().map(move |b| (a, b)))
                .filter(|(a, b)| a.unit.is_some() && a.unit == b.unit)
                .map(|(a, b)| (b.root - a.root).cross(a.tip - a.root) * (b.tip - a.tip).cross(a.tip - a.root) < 0.0)
                .collect();
            assert!(of_pairs.len() > 5);
            of_pairs.iter().filter(|crossed| **crossed).count() as f64 / of_pairs.len() as f64
        };
        assert!(crossing(0.5) < 0.2 && crossing(2.0) > 0.7, "{} and {}", crossing(0.5), crossing(2.0));
    }

    #[test]
    fn skin_beside_a_shaft_is_darkest_at_its_root_where_the_shaft_shades_it() {
        let (without, with) = (light_beside_roots(0.0), light_beside_roots(0.8));
        assert!(with < 0.9 * without, "{with} of {without}");
    }

    #[test]
    fn bare_skin_has_no_hair_and_a_round_field_less_area() {
        assert!(draw_look(&small("bare"), 1).truth.hairs.is_empty());
        assert!(draw_look(&small("dermoscope"), 1).skin_px < 480 * 480);
        assert_eq!(draw_look(&small("bare"), 1).skin_px, 640 * 480);
    }

    #[test]
    fn the_scale_bar_is_a_millimeter_long() {
        let look = Look { um_per_px: 5.0, marks: Marks { scale_bar: true, ..Marks::default() }, ..small("bare") };
        let with = draw_look(&look, 2).pixels;
        let without = draw_look(&Look { marks: Marks::default(), ..look }, 2).pixels;
        let row = (480.0f64 * 0.951).round() as usize;
        let changed = |x: &usize| with[row * 640 + x] != without[row * 640 + x];
        let run = (0..640).skip_while(|x| !changed(x)).take_while(changed).count();
        assert!((198..=202).contains(&run), "{run} pixels of 200");
    }

    #[test]
    fn an_encoded_photo_decodes_to_itself() {
        let phantom = draw_look(&Look { jpeg_quality: None, ..small("sparse") }, 1);
        let decoded = image::load_from_memory(&phantom.encode()).expect("a PNG").into_rgb8();
        assert_eq!(decoded.as_raw().as_slice(), phantom.pixels.as_flattened());
        assert_eq!(phantom.extension(), "png");
        assert_eq!(&phantom.encode_jpeg(90)[..2], &[0xFF, 0xD8]);
    }

    #[test]
    fn a_look_of_no_pixels_or_odd_ones_draws() {
        for (width, height) in [(1, 1), (3, 2), (0, 5), (17, 31)] {
            for upsampling in [1, 2] {
                let phantom = draw_look(&Look { width, height, upsampling, ..small("wild") }, 1);
                assert_eq!(phantom.pixels.len(), phantom.width * phantom.height);
            }
        }
    }
}
