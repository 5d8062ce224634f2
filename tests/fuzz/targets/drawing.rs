//! Small photos made of the fuzzer's bytes: strokes on skin, since noise alone would hardly ever show a hair.

use anagen::photo::Photo;

/// The fuzzer's bytes, taken one after the other; zeros when they are used up.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    pub fn one(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    /// A number from 0 to 1.
    pub fn share(&mut self) -> f64 {
        f64::from(self.one()) / 255.0
    }

    pub fn two(&mut self) -> u16 {
        u16::from_le_bytes([self.one(), self.one()])
    }
}

/// A photo of at most `most` pixels a side.
pub fn photo(bytes: &mut Bytes, most: usize) -> Photo {
    let (width, height) = (1 + usize::from(bytes.two()) % most, 1 + usize::from(bytes.two()) % most);
    let skin = [bytes.one(), bytes.one(), bytes.one()];
    let grain = bytes.one();
    let mut noise = u32::from(grain) | 1;
    let mut pixels: Vec<[u8; 3]> = (0..width * height)
        .map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let shade = (noise >> 24) as i32 * i32::from(grain) / 1024 - i32::from(grain) / 8;
            skin.map(|channel| (i32::from(channel) + shade).clamp(0, 255) as u8)
        })
        .collect();
    for _ in 0..bytes.one() % 24 {
        let mut place = || [bytes.share() * width as f64, bytes.share() * height as f64];
        let (from, to) = (place(), place());
        let (half, color) = (bytes.share() * 12.0, [bytes.one(), bytes.one(), bytes.one()]);
        stroke(&mut pixels, width, from, to, half, color);
    }
    Photo::from_rgb8(width, height, pixels)
}

fn stroke(pixels: &mut [[u8; 3]], width: usize, from: [f64; 2], to: [f64; 2], half: f64, color: [u8; 3]) {
    let along = [to[0] - from[0], to[1] - from[1]];
    let length2 = along[0] * along[0] + along[1] * along[1];
    for (i, pixel) in pixels.iter_mut().enumerate() {
        let at = [(i % width) as f64 - from[0], (i / width) as f64 - from[1]];
        let t = if length2 > 0.0 { ((at[0] * along[0] + at[1] * along[1]) / length2).clamp(0.0, 1.0) } else { 0.0 };
        let off = [at[0] - t * along[0], at[1] - t * along[1]];
        if off[0] * off[0] + off[1] * off[1] <= half * half {
            *pixel = color;
        }
    }
}
