//! `anagen phantom`: photos whose every hair is known, each with its truth beside it.

use super::arguments::whole;
use super::{Ending, about, deliver, hairs, say, writable};
use crate::phantom::{self, Scene, Series, SeriesScene, draw, scenes, series_scenes};
use crate::results::{Folder, SERIES_TRUTH, cause, json, write_whole};
use clap::Args;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  anagen phantom --list                                      the scenes that can be drawn
  anagen phantom --out phantoms/                             one photo of every scene
  anagen phantom --out phantoms/ --scene clipped --count 20  twenty photos of one scene, seeds 1 to 20
  anagen phantom --out series/ --scene series --sessions 5   one person in five sessions: the same hair, some lost, new or changed
  anagen analyze phantoms/ --out results/ && anagen agree results/ phantoms/";

const AFTER: &str = "\
A series is written as <scene>-<seed>/<date>/vertex.jpg with the truth of each photo beside it, in which a hair has the same id in every session.
<scene>-<seed>/series.truth.json holds each session's pose, and each hair's course, its thickness in every session and its root in every photo.";

/// Draw photos whose every hair is known
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = AFTER)]
pub struct Phantom {
    /// The folder to write <scene>-<seed>.jpg (or .png) and <scene>-<seed>.truth.json to
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    out: Option<PathBuf>,
    /// The first photo's seed; the same seed draws the same photo. Default: 1
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true, allow_negative_numbers = true, value_parser = whole)]
    seed: u64,
    /// Photos of each scene, with seeds one apart. Default: 1
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Draw this scene or series only (see --list). Default: every scene of a single photo
    #[arg(long, value_name = "NAME")]
    scene: Option<String>,
    /// Sessions of a series, three months apart. Default: 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=200))]
    sessions: Option<u16>,
    /// Say which scenes there are
    #[arg(long)]
    list: bool,
}

/// So many sessions has a series.
const SESSIONS: u16 = 3;

/// How the `anagen.toml` beside drawn photos begins.
const HEADING: &str = "# The scale every photo of this folder was drawn at.\n";

/// What is asked for: photos of one scene, or of each, or a series of them.
enum Wanted {
    Photos(&'static [Scene]),
    Series(&'static SeriesScene),
}

impl Phantom {
    /// Draws and writes.
    pub fn run(&self) -> Result<Ending, String> {
        if self.list {
            let photos = scenes().iter().map(|scene| (scene.name, scene.description));
            let series = series_scenes().iter().map(|scene| (scene.name, scene.description));
            let lines: String = photos.chain(series).map(|(name, description)| format!("{name:<16}{description}\n")).collect();
            deliver(Path::new("-"), &lines)?;
            return Ok(Ending::AllDone);
        }
        let wanted = self.wanted()?;
        let mut studio = Studio::open(self.out.as_deref().unwrap_or(Path::new(".")))?;
        let sessions = usize::from(self.sessions.unwrap_or(SESSIONS));
        let seeds = || (0..u64::from(self.count)).map(|i| self.seed.wrapping_add(i));
        match wanted {
            Wanted::Photos(scenes) => {
                let photos: Vec<(&Scene, u64)> = scenes.iter().flat_map(|scene| seeds().map(move |seed| (scene, seed))).collect();
                studio.write_photos(&photos)?;
            }
            Wanted::Series(scene) => seeds().try_for_each(|seed| studio.write_series(scene, seed, sessions))?,
        }
        Ok(Ending::AllDone)
    }

    fn wanted(&self) -> Result<Wanted, String> {
        let wanted = self.named()?;
        match wanted {
            Wanted::Photos(_) if self.sessions.is_some() => {
                Err("--sessions is for a series, and single photos have none: anagen phantom --out series/ --scene series --sessions 3"
                    .into())
            }
            _ => Ok(wanted),
        }
    }

    fn named(&self) -> Result<Wanted, String> {
        let Some(name) = &self.scene else { return Ok(Wanted::Photos(scenes())) };
        let photo = Scene::by_name(name).map(|scene| Wanted::Photos(std::slice::from_ref(scene)));
        let found = photo.or_else(|| SeriesScene::by_name(name).map(Wanted::Series));
        found.ok_or_else(|| format!("no scene is called {name}; anagen phantom --list names them"))
    }
}

/// The folder that photos are written to, and the scales they were drawn at.
struct Studio {
    folder: Folder,
    scales: String,
}

impl Studio {
    fn open(out: &Path) -> Result<Self, String> {
        let folder = writable(out)?;
        let beside = folder.place("anagen.toml");
        let scales = std::fs::read_to_string(&beside).unwrap_or_else(|_| HEADING.into());
        if !scales.starts_with(HEADING) {
            return Err(about(&beside, "not written by anagen phantom: draw into another folder"));
        }
        let studio = Self { folder, scales };
        studio.write_scales()?;
        Ok(studio)
    }

    /// Draws as many photos at a time as there are threads, and writes them in this order.
    fn write_photos(&mut self, photos: &[(&Scene, u64)]) -> Result<(), String> {
        for photos in photos.chunks(rayon::current_num_threads()) {
            let drawn: Vec<phantom::Phantom> = photos.par_iter().map(|(scene, seed)| draw(scene, *seed)).collect();
            photos.iter().zip(&drawn).try_for_each(|((scene, seed), phantom)| self.write(&format!("{}-{seed}", scene.name), phantom))?;
        }
        Ok(())
    }

    fn write(&mut self, name: &str, phantom: &phantom::Phantom) -> Result<(), String> {
        let file = self.folder.place(&format!("{name}.{}", phantom.extension()));
        // Truth and scale first: a photo that is there has both, wherever the drawing was stopped.
        let beside = self.folder.place(&format!("{name}.truth.json"));
        write_whole(&beside, json(&phantom.truth).as_bytes()).map_err(|error| about(&beside, cause(&error)))?;
        if let Some(scale) = phantom.truth.um_per_px.filter(|_| !self.scales.contains(&format!("\"{name}.*\""))) {
            self.scales += &format!("\n[[photos]]\nglob = \"{name}.*\"\num_per_px = {scale}\n");
            self.write_scales()?;
        }
        write_whole(&file, &phantom.encode()).map_err(|error| about(&file, cause(&error)))?;
        say(format!("{}: {}", file.display(), hairs(phantom.truth.hairs.len())));
        Ok(())
    }

    fn write_series(&mut self, scene: &SeriesScene, seed: u64, sessions: usize) -> Result<(), String> {
        let series = Series::new(scene, seed, sessions);
        let beside = format!("{}-{seed}/{SERIES_TRUTH}", scene.name);
        self.folder.write_json(&beside, series.truth()).map_err(|error| about(&self.folder.place(&beside), cause(&error)))?;
        for (k, session) in series.truth().sessions.iter().enumerate() {
            if let Some(phantom) = series.draw(k) {
                self.write(&session.photo, &phantom)?;
            }
        }
        Ok(())
    }

    fn write_scales(&self) -> Result<(), String> {
        let beside = self.folder.place("anagen.toml");
        write_whole(&beside, self.scales.as_bytes()).map_err(|error| about(&beside, cause(&error)))
    }
}
