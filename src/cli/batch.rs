//! Many photos, each on its own: a photo that fails, or even breaks the program, takes no other with it.

use super::config::Plan;
use crate::analyze::{Settings, Stage, analyze};
use crate::measure::Cuts;
use crate::photo::{Limits, Photo};
use crate::report::{Picture, overlay, photo_page};
use crate::results::{self, Drawn, Folder, Identity, Input, MadeBy, PhotoResult, cause, json, page_path, read_at_most, sha256};
use crate::session::Session;
use clap::ValueEnum;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ImageEncoder, RgbImage};
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const JPEG_QUALITY: u8 = 85;

/// The longer side of the photo in its page: a page of a few hundred kilobytes still shows single hairs.
const PAGE_PIXELS: usize = 1600;
/// The longer side of the photo in the overview.
const THUMBNAIL_PIXELS: usize = 256;

/// Bytes that no plane of a photo of usual size takes; the allocator heeds blocks of up to 32 MiB.
const LARGER_THAN_PLANES: usize = 31 << 20;

/// How overlays are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Overlay {
    /// Small; the default.
    Jpeg,
    /// Exact.
    Png,
    /// Not at all.
    None,
}

impl Overlay {
    /// What it is called on the command line.
    pub fn name(self) -> Option<String> {
        self.to_possible_value().map(|value| value.get_name().to_owned())
    }

    /// The file's extension; `None` where none is written.
    pub fn extension(self) -> Option<&'static str> {
        match self {
            Self::Jpeg => Some("jpg"),
            Self::Png => Some("png"),
            Self::None => None,
        }
    }
}

/// What is wanted of each photo.
pub struct Wanted {
    pub limits: Limits,
    pub overlay: Overlay,
    /// Whether a page is made of each photo.
    pub pages: bool,
    /// Analyze again what an earlier run did.
    pub force: bool,
    /// Whether overlays and pages that an earlier run left and that are not wanted go; those of an analysis stay where its photos are compared.
    pub clears: bool,
}

impl Wanted {
    /// The result an earlier run left for a photo, where it still holds and has all its company.
    pub fn reusable(&self, folder: &Folder, input: &Input, hash: &str, made_by: &MadeBy) -> Option<PhotoResult> {
        let stored = folder.reusable(input, hash, made_by).filter(|_| !self.force)?;
        let holds = self.limits.allow(stored.photo.width_px, stored.photo.height_px)
            && self.overlay.extension().is_none_or(|extension| folder.has_overlay(&input.stem, extension))
            && (!self.pages || folder.has_page(&input.stem));
        holds.then_some(stored)
    }

    /// # Errors
    /// When a photo's size does not go with what is asked for.
    pub fn suits(&self, photo: &Photo, settings: &Settings) -> Result<(), String> {
        let longest = photo.width().max(photo.height());
        if self.overlay == Overlay::Jpeg && longest > usize::from(u16::MAX) {
            return Err(format!("a side of {longest} pixels, and a JPEG holds {} at the most: --overlay png or none", u16::MAX));
        }
        if settings.roi.as_ref().is_some_and(|roi| !roi.reaches(photo.width(), photo.height())) {
            return Err(format!("the --roi lies beside this photo of {}×{} pixels", photo.width(), photo.height()));
        }
        Ok(())
    }
}

/// What is the same for every photo of a batch.
pub struct Batch<'a> {
    pub folder: &'a Folder,
    pub wanted: Wanted,
    pub threads: usize,
    /// Set when no further photo is to be begun.
    pub stop: &'a AtomicBool,
}

/// What one photo came to.
pub struct Outcome {
    /// Its place in the batch.
    pub index: usize,
    /// Its result, or why there is none.
    pub end: Result<Finished, String>,
    /// From its first byte read to its last byte written.
    pub took: Duration,
    /// The same, per stage.
    pub stages: BTreeMap<Stage, Duration>,
}

/// The numbers of a finished photo that the run tells and keeps.
pub struct Finished {
    pub reused: bool,
    pub counted: usize,
    pub density: Option<f64>,
    pub cuts: Option<Cuts>,
}

impl Batch<'_> {
    /// Works on all photos, as many at a time as there are threads, and hands over each outcome as it comes.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn run(&self, photos: &[(&Input, Plan)], mut hand_over: impl FnMut(Outcome)) -> Result<(), String> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().map_err(|error| error.to_string())?;
        // The usual allocator of Linux hands blocks as large as a photo's planes back to the system, and gets them page by page anew, until one
        // larger has been freed: a twentieth of an analysis.
        drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGER_THAN_PLANES)));
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        // Each thread of the pool takes photo after photo itself: one that waits for others to finish work of its own photo may help with theirs, but
        // never begins another photo meanwhile, which would leave its own lying. Nor are more photos in memory than there are threads.
        pool.in_place_scope(|scope| {
            let next = &next;
            scope.spawn_broadcast(move |_, _| {
                while !self.stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((input, plan)) = photos.get(index) else { break };
                    if sender.send(self.outcome(index, input, plan)).is_err() {
                        break;
                    }
                }
            });
            receiver.into_iter().for_each(&mut hand_over);
        });
        Ok(())
    }

    fn outcome(&self, index: usize, input: &Input, plan: &Plan) -> Outcome {
        let began = Instant::now();
        let mut clock = Clock::default();
        let end = guarded(|| self.photo(input, plan, &mut clock));
        clock.begin(None);
        let end = end.map_err(|cause| match self.folder.remove_photo(&input.stem) {
            Ok(()) => cause,
            Err(error) => format!("{cause}; and the result of an earlier run could not be removed: {}", results::cause(&error)),
        });
        Outcome { index, end, took: began.elapsed(), stages: clock.spent }
    }

    fn photo(&self, input: &Input, plan: &Plan, clock: &mut Clock) -> Result<Finished, String> {
        clock.begin(Some(Stage::Decode));
        let bytes = read_at_most(&input.file, self.wanted.limits.bytes)?;
        let hash = sha256(&bytes);
        let made_by = made_by(plan, input);
        if let Some(result) = self.wanted.reusable(self.folder, input, &hash, &made_by) {
            self.clear(&input.stem)?;
            return Ok(Finished::new(&result, true));
        }
        let photo = Photo::decode(&bytes, &self.wanted.limits).map_err(|error| error.to_string())?;
        drop(bytes);
        let settings = plan.settings(photo.acquisition().model.as_deref());
        self.wanted.suits(&photo, &settings)?;
        let analysis = analyze(&photo, &settings, |stage| clock.begin(Some(stage)));
        clock.begin(Some(Stage::Draw));
        let session = input.told.with(photo.acquisition().taken_at.as_deref());
        let identity = Identity {
            path: input.path.clone(),
            sha256: hash,
            width_px: photo.width(),
            height_px: photo.height(),
            taken_at: session.taken_at,
            subject: session.subject,
            site: session.site,
        };
        let result = PhotoResult::new(identity, &analysis, &settings, made_by);
        let (overlay, page) = rayon::join(|| self.overlay(&photo, &analysis, &settings), || self.page(&photo, &result, &input.stem));
        let drawn = Drawn { overlay: self.wanted.overlay.extension().zip(overlay?), page: page? };
        clock.begin(Some(Stage::Write));
        let refused = |error| format!("its result could not be written: {}", cause(&error));
        self.folder.write_photo(&input.stem, &result, &drawn).map_err(refused)?;
        self.clear(&input.stem)?;
        Ok(Finished::new(&result, false))
    }

    /// Removes what an earlier run drew of a photo and this one does not want.
    fn clear(&self, stem: &str) -> Result<(), String> {
        if !self.wanted.clears {
            return Ok(());
        }
        let kept = (self.wanted.overlay.extension(), self.wanted.pages);
        self.folder
            .remove_drawn(stem, kept)
            .map_err(|error| format!("what an earlier run drew of it could not be removed: {}", cause(&error)))
    }

    fn overlay(&self, photo: &Photo, analysis: &crate::analyze::Analysis, settings: &Settings) -> Result<Option<Vec<u8>>, String> {
        if self.wanted.overlay == Overlay::None {
            return Ok(None);
        }
        let picture = overlay::draw(photo, analysis, &settings.cuts);
        encode(&picture, self.wanted.overlay).map(Some).map_err(|error| format!("its overlay could not be encoded: {error}"))
    }
}

impl Batch<'_> {
    /// The page and the thumbnail.
    fn page(&self, photo: &Photo, result: &PhotoResult, stem: &str) -> Result<Option<(String, Vec<u8>)>, String> {
        if !self.wanted.pages {
            return Ok(None);
        }
        let picture =
            |longest, quality| Picture::of(photo, longest, quality).map_err(|error| format!("its page could not be drawn: {error}"));
        let page = photo_page(result, &picture(PAGE_PIXELS, 80)?, &page_path(stem));
        Ok(Some((page, picture(THUMBNAIL_PIXELS, 75)?.jpeg)))
    }
}

impl Finished {
    fn new(result: &PhotoResult, reused: bool) -> Self {
        Self {
            reused,
            counted: result.strands.iter().filter(|strand| strand.counted).count(),
            density: result.measured("hair_density"),
            cuts: result.cuts,
        }
    }
}

/// What would make a result now.
pub fn made_by(plan: &Plan, input: &Input) -> MadeBy {
    let stated = &input.told.stated;
    let said = if *stated == Session::default() { String::new() } else { json(stated) };
    MadeBy {
        version: env!("CARGO_PKG_VERSION").into(),
        model_sha256: plan.detector.model_sha256().map(str::to_owned),
        settings_sha256: sha256((json(plan) + &said).as_bytes()),
    }
}

/// The bytes of a picture's file.
pub fn encode(picture: &RgbImage, overlay: Overlay) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    let color = image::ExtendedColorType::Rgb8;
    match overlay {
        Overlay::Png => PngEncoder::new(&mut bytes).write_image(picture, width, height, color)?,
        _ => JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).write_image(picture, width, height, color)?,
    }
    Ok(bytes)
}

/// Runs work on one photo; a fault of ours becomes that photo's failure.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(format!("internal error: {}", said(&*panic))))
}

fn said(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown")
}

/// How long each stage took.
#[derive(Default)]
struct Clock {
    running: Option<(Stage, Instant)>,
    spent: BTreeMap<Stage, Duration>,
}

impl Clock {
    /// A stage begins, or none: the one before it ends.
    fn begin(&mut self, stage: Option<Stage>) {
        if let Some((stage, since)) = self.running.take() {
            *self.spent.entry(stage).or_default() += since.elapsed();
        }
        self.running = stage.map(|stage| (stage, Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_is_the_failure_of_one_photo() {
        assert_eq!(guarded(|| Ok(1)), Ok(1));
        assert_eq!(guarded(|| Err::<(), _>("broken".into())), Err("broken".into()));
        assert_eq!(guarded::<()>(|| panic!("no strand {}", 3)), Err("internal error: no strand 3".into()));
    }

    #[test]
    fn clock_sums_a_stage_that_comes_twice() {
        let mut clock = Clock::default();
        clock.begin(Some(Stage::Field));
        clock.begin(Some(Stage::Trace));
        clock.begin(Some(Stage::Field));
        clock.begin(None);
        assert_eq!(clock.spent.keys().copied().collect::<Vec<_>>(), [Stage::Field, Stage::Trace]);
    }
}
