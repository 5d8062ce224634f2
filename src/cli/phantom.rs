//! `anagen phantom`: photos whose every hair is known, each with its truth beside it.

use super::{Ending, about, deliver};
use crate::phantom::Truth;
use crate::results::{Folder, json, write_whole};
use clap::Args;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  anagen phantom --list                                      the scenes that can be drawn
  anagen phantom --out phantoms/                             one photo of every scene
  anagen phantom --out phantoms/ --scene plain --count 20    twenty photos of one scene, seeds 1 to 20
  anagen analyze phantoms/ --out results/ && anagen agree results/ phantoms/";

/// Draw photos whose every hair is known
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub struct Phantom {
    /// The folder to write <scene>-<seed>.png and <scene>-<seed>.truth.json to
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    out: Option<PathBuf>,
    /// The first photo's seed; the same seed draws the same photo. Default: 1
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true)]
    seed: u64,
    /// Photos of each scene, with seeds one apart. Default: 1
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Draw this scene only (see --list). Default: every scene
    #[arg(long, value_name = "NAME")]
    scene: Option<String>,
    /// Say which scenes there are
    #[arg(long)]
    list: bool,
}

impl Phantom {
    /// Draws and writes.
    pub fn run(&self) -> Result<Ending, String> {
        let scenes = scenes::all();
        if self.list {
            let lines: String = scenes.iter().map(|(name, shows)| format!("{name:<16}{shows}\n")).collect();
            deliver(Path::new("-"), &lines)?;
            return Ok(Ending::AllDone);
        }
        let wanted: Vec<&str> = match &self.scene {
            None => scenes.iter().map(|(name, _)| *name).collect(),
            Some(scene) => {
                let known = scenes.iter().map(|(name, _)| *name).find(|name| name == scene);
                vec![known.ok_or_else(|| format!("no scene is called {scene}; anagen phantom --list names them"))?]
            }
        };
        let out = self.out.as_deref().unwrap_or(Path::new("."));
        let folder = Folder::create(out).map_err(|error| about(out, error))?;
        for scene in wanted {
            for seed in (0..u64::from(self.count)).map(|i| self.seed.wrapping_add(i)) {
                let name = format!("{scene}-{seed}");
                let (photo, truth): (Vec<u8>, Truth) = scenes::draw(scene, seed).map_err(|error| format!("{name}: {error}"))?;
                let file = folder.place(&format!("{name}.png"));
                // The truth first: a photo that is there has its truth beside it.
                let beside = folder.place(&format!("{name}.truth.json"));
                write_whole(&beside, json(&truth).as_bytes()).map_err(|error| about(&beside, error))?;
                write_whole(&file, &photo).map_err(|error| about(&file, error))?;
                eprintln!("{}: {} hairs", file.display(), truth.hairs.len());
            }
        }
        Ok(Ending::AllDone)
    }
}

/// Stands in until `phantom::draw` lands: one scene of straight dark hairs, drawn without skin, blur or noise.
mod scenes {
    use crate::geometry::{Point, Vector};
    use crate::phantom::{Seams, TrueHair, Truth};
    use crate::report::paint::{Canvas, Ink};
    use crate::units::Micrometers;
    use image::{Rgb, RgbImage};
    use rand::{RngExt, SeedableRng};

    pub fn all() -> [(&'static str, &'static str); 1] {
        [("plain", "straight dark hairs on even skin")]
    }

    pub fn draw(_scene: &str, seed: u64) -> image::ImageResult<(Vec<u8>, Truth)> {
        let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut canvas = Canvas { picture: RgbImage::from_pixel(640, 480, Rgb([214, 178, 160])) };
        let mut hairs = Vec::new();
        for (column, row) in (0..4).flat_map(|column| (0..3).map(move |row| (column, row))) {
            let root = Point::new(110.0 + 130.0 * f64::from(column), 100.0 + 130.0 * f64::from(row));
            let tip = root + Vector::from_angle(dice.random_range(0.0..std::f64::consts::TAU)) * dice.random_range(30.0..60.0);
            let width = dice.random_range(4.0..12.0);
            canvas.line(&[root, tip], width, Ink { color: [40, 30, 25], opacity: 1.0 });
            hairs.push(TrueHair { class: "single".into(), root, tip, width_um: Some(Micrometers(width * 5.0)), unit: None, points: None });
        }
        let mut bytes = std::io::Cursor::new(Vec::new());
        canvas.picture.write_to(&mut bytes, image::ImageFormat::Png)?;
        Ok((bytes.into_inner(), Truth { width: 640, height: 480, um_per_px: Some(5.0), seams: Seams::default(), hairs }))
    }
}
