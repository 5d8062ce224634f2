//! Smooth seeded noise over the plane, computed at any place without memory.

/// One noise field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texture(u64);

impl Texture {
    /// The field of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Smooth noise between −1 and 1 whose grains are about 1 across (value noise on the whole-number lattice).
    pub fn at(&self, x: f64, y: f64) -> f32 {
        let (cx, cy) = (x.floor(), y.floor());
        let fade = |t: f64| (t * t * t * (t * (t * 6.0 - 15.0) + 10.0)) as f32;
        let (tx, ty) = (fade(x - cx), fade(y - cy));
        let (i, j) = (cx as i64, cy as i64);
        let top = self.lattice(i, j) * (1.0 - tx) + self.lattice(i + 1, j) * tx;
        let bottom = self.lattice(i, j + 1) * (1.0 - tx) + self.lattice(i + 1, j + 1) * tx;
        top * (1.0 - ty) + bottom * ty
    }

    /// Octaves of [`Texture::at`], each half the size and half the height of the one before; between −1 and 1.
    pub fn fractal(&self, x: f64, y: f64, octaves: u32) -> f32 {
        let (mut sum, mut height, mut total, mut frequency) = (0.0, 1.0, 0.0, 1.0);
        for octave in 0..octaves {
            // The shift keeps the lattices of the octaves from lining up.
            let shift = f64::from(octave) * 17.37;
            sum += height * self.at(x * frequency + shift, y * frequency - shift);
            total += height;
            height *= 0.5;
            frequency *= 2.0;
        }
        sum / total
    }

    /// The distances to the nearest and second nearest of jittered cell centers about 1 apart (Worley noise).
    pub fn cells(&self, x: f64, y: f64) -> (f32, f32) {
        let (cx, cy) = (x.floor() as i64, y.floor() as i64);
        let (mut first, mut second) = (f32::MAX, f32::MAX);
        for j in cy - 1..=cy + 1 {
            for i in cx - 1..=cx + 1 {
                let px = i as f64 + 0.5 + 0.45 * f64::from(self.lattice(i, j));
                let py = j as f64 + 0.5 + 0.45 * f64::from(self.lattice(i + 8191, j - 4093));
                let d = ((px - x) * (px - x) + (py - y) * (py - y)) as f32;
                if d < first {
                    (first, second) = (d, first);
                } else if d < second {
                    second = d;
                }
            }
        }
        (first.sqrt(), second.sqrt())
    }

    fn lattice(&self, i: i64, j: i64) -> f32 {
        let mut h = self.0 ^ (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (j as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
        h = (h ^ (h >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        h = (h ^ (h >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        h ^= h >> 31;
        (h >> 40) as f32 / (1u32 << 23) as f32 - 1.0
    }
}

/// A slowly varying quantity over a picture, computed on a coarse grid and read between its points.
#[derive(Debug)]
pub(crate) struct Slow {
    columns: usize,
    values: Vec<f32>,
}

impl Slow {
    const STEP: usize = 8;

    /// The quantity that a function gives at a pixel.
    pub fn new(width: usize, height: usize, value: impl Fn(f64, f64) -> f32) -> Self {
        let (columns, rows) = (width / Self::STEP + 2, height / Self::STEP + 2);
        let at = |i: usize| value((i % columns * Self::STEP) as f64, (i / columns * Self::STEP) as f64);
        Self { columns, values: (0..columns * rows).map(at).collect() }
    }

    /// The quantity at a pixel.
    pub fn at(&self, x: usize, y: usize) -> f32 {
        let i = y / Self::STEP * self.columns + x / Self::STEP;
        let t = |v: usize| (v % Self::STEP) as f32 / Self::STEP as f32;
        let row = |i: usize| self.values[i] + (self.values[i + 1] - self.values[i]) * t(x);
        row(i) + (row(i + self.columns) - row(i)) * t(y)
    }
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(crate) fn smooth_step(low: f32, high: f32, v: f32) -> f32 {
    let t = ((v - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
