//! `anagen phantom`: photos whose every hair is known, each with its truth beside it.

use super::{Ending, about, deliver};
use crate::phantom::{Scene, draw, scenes};
use crate::results::{Folder, json, write_whole};
use clap::Args;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  anagen phantom --list                                      the scenes that can be drawn
  anagen phantom --out phantoms/                             one photo of every scene
  anagen phantom --out phantoms/ --scene clipped --count 20  twenty photos of one scene, seeds 1 to 20
  anagen analyze phantoms/ --out results/ && anagen agree results/ phantoms/";

/// Draw photos whose every hair is known
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub struct Phantom {
    /// The folder to write <scene>-<seed>.jpg (or .png) and <scene>-<seed>.truth.json to
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

/// How the `anagen.toml` beside drawn photos begins.
const HEADING: &str = "# The scale every photo of this folder was drawn at.\n";

impl Phantom {
    /// Draws and writes.
    pub fn run(&self) -> Result<Ending, String> {
        if self.list {
            let lines: String = scenes().iter().map(|scene| format!("{:<16}{}\n", scene.name, scene.description)).collect();
            deliver(Path::new("-"), &lines)?;
            return Ok(Ending::AllDone);
        }
        let wanted: Vec<&Scene> = match &self.scene {
            None => scenes().iter().collect(),
            Some(name) => vec![Scene::by_name(name).ok_or_else(|| format!("no scene is called {name}; anagen phantom --list names them"))?],
        };
        let out = self.out.as_deref().unwrap_or(Path::new("."));
        let folder = Folder::create(out).map_err(|error| about(out, error))?;
        let beside = folder.place("anagen.toml");
        let mut scales = std::fs::read_to_string(&beside).unwrap_or_else(|_| HEADING.into());
        if !scales.starts_with(HEADING) {
            return Err(about(&beside, "not written by anagen phantom: draw into another folder"));
        }
        for scene in wanted {
            for seed in (0..u64::from(self.count)).map(|i| self.seed.wrapping_add(i)) {
                let name = format!("{}-{seed}", scene.name);
                let phantom = draw(scene, seed);
                let file = folder.place(&format!("{name}.{}", phantom.extension()));
                // The truth first: a photo that is there has its truth beside it.
                let beside = folder.place(&format!("{name}.truth.json"));
                write_whole(&beside, json(&phantom.truth).as_bytes()).map_err(|error| about(&beside, error))?;
                write_whole(&file, &phantom.encode()).map_err(|error| about(&file, error))?;
                if let Some(scale) = phantom.truth.um_per_px.filter(|_| !scales.contains(&format!("\"{name}.*\""))) {
                    scales += &format!("\n[[photos]]\nglob = \"{name}.*\"\num_per_px = {scale}\n");
                }
                eprintln!("{}: {} hairs", file.display(), phantom.truth.hairs.len());
            }
        }
        write_whole(&folder.place("anagen.toml"), scales.as_bytes()).map_err(|error| about(&beside, error))?;
        Ok(Ending::AllDone)
    }
}
