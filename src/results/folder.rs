//! The results folder: every file in it appears whole or not at all.

use super::photo::{MadeBy, PhotoResult};
use super::{ComparisonResult, Input, Run, RunCommand, json};
use serde::Serialize;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use walkdir::WalkDir;

/// A folder that results are written to and read from.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    /// Held while results are written, so that two runs never mix theirs; the system lets go of it however the program ends.
    _lock: Option<Arc<fs::File>>,
}

impl Folder {
    /// The results folder at a path, made if it is not there, for one run to write to.
    ///
    /// # Errors
    /// When it cannot be made or written to, something else stands at that path, or another run is writing there.
    pub fn create(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let lock = lock(path)?;
        sweep(path, lock.is_some());
        // Found out now rather than after the first photo's work.
        aside(path)?;
        Ok(Self { path: path.to_path_buf(), _lock: lock.map(Arc::new) })
    }

    /// The results folder at a path, to read from.
    ///
    /// # Errors
    /// When there is no folder of results there.
    pub fn open(path: &Path) -> io::Result<Self> {
        if path.join("photos").is_dir() {
            return Ok(Self { path: path.to_path_buf(), _lock: None });
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a results folder: there is no folder photos in it"))
    }

    /// A place in the folder.
    pub fn place(&self, relative: &str) -> PathBuf {
        self.path.join(relative)
    }

    /// The result stored for a photo, where it still holds: the photo's bytes and what would make the result now are the same.
    pub fn reusable(&self, input: &Input, sha256: &str, made_by: &MadeBy) -> Option<PhotoResult> {
        let result = self.read(&input.stem).ok()?;
        (result.photo.path == input.path && result.photo.sha256 == sha256 && result.made_by == *made_by).then_some(result)
    }

    /// Every stored result's stem, and its photo's path and hash, sorted.
    pub fn hashes(&self) -> Vec<(String, String, String)> {
        self.heads(&self.stems())
    }

    /// The same of the results stored under these stems.
    pub fn heads(&self, stems: &[String]) -> Vec<(String, String, String)> {
        let head = |stem: &String| {
            #[derive(serde::Deserialize)]
            struct Head {
                photo: super::Identity,
            }
            let text = fs::read_to_string(self.place(&result_path(stem))).ok()?;
            let head: Head = serde_json::from_str(&text).ok()?;
            Some((stem.clone(), head.photo.path, head.photo.sha256))
        };
        stems.iter().filter_map(head).collect()
    }

    /// The result stored under a stem.
    ///
    /// # Errors
    /// When it is missing or not a photo's result of this version.
    pub fn read(&self, stem: &str) -> io::Result<PhotoResult> {
        serde_json::from_slice(&fs::read(self.place(&result_path(stem)))?).map_err(io::Error::from)
    }

    /// Writes a photo's result with what goes along with it; what an earlier run drew and this one did not is removed, unless nothing was
    /// drawn and the result is the earlier run's.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_photo(&self, stem: &str, result: &PhotoResult, drawn: &Drawn) -> io::Result<()> {
        let (place, text) = (self.place(&result_path(stem)), json(result));
        if drawn.overlay.is_none() && drawn.page.is_none() && fs::read(&place).is_ok_and(|stored| stored == text.as_bytes()) {
            return Ok(());
        }
        self.remove_overlays(stem, drawn.overlay.as_ref().map(|(extension, _)| *extension))?;
        if let Some((extension, bytes)) = &drawn.overlay {
            write_whole(&self.place(&overlay_path(stem, extension)), bytes)?;
        }
        match &drawn.page {
            Some((page, thumbnail)) => {
                write_whole(&self.place(&thumbnail_path(stem)), thumbnail)?;
                write_whole(&self.place(&page_path(stem)), page.as_bytes())?;
            }
            None => self.remove_page(stem)?,
        }
        // Last, so that a result that is there has all its company.
        write_whole(&place, text.as_bytes())
    }

    /// Removes what an earlier run stored for a photo that now gives no result.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove_photo(&self, stem: &str) -> io::Result<()> {
        remove(&self.place(&result_path(stem)))?;
        self.remove_page(stem)?;
        self.remove_overlays(stem, None)
    }

    /// Removes what was drawn of a photo, but for the overlay of this extension and, where it is kept, the page.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove_drawn(&self, stem: &str, (overlay, page): (Option<&str>, bool)) -> io::Result<()> {
        self.remove_overlays(stem, overlay)?;
        if page { Ok(()) } else { self.remove_page(stem) }
    }

    /// Whether a photo has a page and a thumbnail.
    pub fn has_page(&self, stem: &str) -> bool {
        self.place(&page_path(stem)).is_file() && self.place(&thumbnail_path(stem)).is_file()
    }

    fn remove_page(&self, stem: &str) -> io::Result<()> {
        remove(&self.place(&page_path(stem)))?;
        remove(&self.place(&thumbnail_path(stem)))
    }

    /// Whether a photo has an overlay of this extension.
    pub fn has_overlay(&self, stem: &str, extension: &str) -> bool {
        self.place(&overlay_path(stem, extension)).is_file()
    }

    fn remove_overlays(&self, stem: &str, kept: Option<&str>) -> io::Result<()> {
        ["jpg", "png"].iter().filter(|e| kept != Some(**e)).try_for_each(|e| remove(&self.place(&overlay_path(stem, e))))
    }

    /// Writes a value as a JSON file of the folder.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_json(&self, relative: &str, value: &impl Serialize) -> io::Result<()> {
        write_whole(&self.place(relative), json(value).as_bytes())
    }

    /// Removes a file of the folder, if it is there.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove(&self, relative: &str) -> io::Result<()> {
        remove(&self.place(relative))
    }

    /// The stems of the results that the last run lists, sorted; those of all stored results where no run left its record or that run only
    /// compared some of them.
    pub fn listed(&self) -> Vec<String> {
        let Some(run) = self.run().ok().filter(|run| run.command == RunCommand::Analyze) else { return self.stems() };
        let mut stems: Vec<String> = run.photos.iter().filter_map(|photo| stem_of(photo.result.as_deref()?)).collect();
        stems.sort();
        stems
    }

    /// The record of the last run.
    ///
    /// # Errors
    /// When it is missing or not a run's record of this version.
    pub fn run(&self) -> io::Result<Run> {
        serde_json::from_slice(&fs::read(self.place("run.json"))?).map_err(io::Error::from)
    }

    /// How many comparisons are stored.
    pub fn comparisons(&self) -> usize {
        self.comparison_stems().len()
    }

    /// How many timelines are stored.
    pub fn timelines(&self) -> usize {
        self.stems_in("timelines").len()
    }

    /// What the stored comparisons are called, sorted.
    pub fn comparison_stems(&self) -> Vec<String> {
        self.stems_in("comparisons")
    }

    /// The comparison stored under a name.
    ///
    /// # Errors
    /// When it is missing or not a comparison of this version.
    pub fn read_comparison(&self, stem: &str) -> io::Result<ComparisonResult> {
        serde_json::from_slice(&fs::read(self.place(&comparison_path(stem)))?).map_err(io::Error::from)
    }

    /// The stems of all stored results, sorted.
    pub fn stems(&self) -> Vec<String> {
        self.stems_in("photos")
    }

    /// The JSON files in one of the folder's own folders, by their relative path without extension, sorted.
    fn stems_in(&self, own: &str) -> Vec<String> {
        let folder = self.place(own);
        let mut stems: Vec<String> = WalkDir::new(&folder)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "json"))
            .filter_map(|entry| {
                let below = entry.path().strip_prefix(&folder).ok()?.with_extension("");
                Some(below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
            })
            .collect();
        stems.sort();
        stems
    }
}

/// The stem of the result at a place in the folder; `None` where that leads out of the photos' results.
pub fn stem_of(result: &str) -> Option<String> {
    let stem = result.strip_prefix("photos/")?.strip_suffix(".json")?;
    Path::new(stem).components().all(|part| matches!(part, Component::Normal(_))).then(|| stem.to_owned())
}

/// Where a result lies in the folder.
pub fn result_path(stem: &str) -> String {
    format!("photos/{stem}.json")
}

/// Where a comparison lies in the folder.
pub fn comparison_path(stem: &str) -> String {
    format!("comparisons/{stem}.json")
}

/// Where an overlay lies in the folder.
pub fn overlay_path(stem: &str, extension: &str) -> String {
    format!("overlays/{stem}.{extension}")
}

/// Where a photo's page lies in the folder.
pub fn page_path(stem: &str) -> String {
    format!("pages/{stem}.html")
}

/// Where a photo's thumbnail lies in the folder.
pub fn thumbnail_path(stem: &str) -> String {
    format!("pages/{stem}.jpg")
}

/// What was drawn for people from one photo.
#[derive(Debug, Default)]
pub struct Drawn {
    /// The overlay: its extension and bytes.
    pub overlay: Option<(&'static str, Vec<u8>)>,
    /// The page, and the thumbnail that the overview shows.
    pub page: Option<(String, Vec<u8>)>,
}

/// Takes the folder for this run; `None` where the system or the disk knows no locks on folders, as some network disks do.
fn lock(folder: &Path) -> io::Result<Option<fs::File>> {
    let Ok(open) = fs::File::open(folder) else { return Ok(None) };
    match open.try_lock() {
        Ok(()) => Ok(Some(open)),
        Err(fs::TryLockError::WouldBlock) => {
            let cause = "another run is writing to this folder: wait until it has ended, or name another folder with --out";
            Err(io::Error::new(io::ErrorKind::ResourceBusy, cause))
        }
        Err(fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// How old a part of a file is before it is taken for one that a killed run left, where no lock tells: no file takes so long to write.
const STALE: Duration = Duration::from_secs(600);

/// The folders that only the run that holds the results folder writes to.
pub(super) const OWN: [&str; 5] = ["photos", "overlays", "pages", "comparisons", "timelines"];

/// Removes the parts of files that a killed run left. What cannot be removed does no harm.
fn sweep(folder: &Path, locked: bool) {
    for entry in WalkDir::new(folder).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file()) {
        let name = entry.file_name().to_string_lossy();
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        let below = entry.path().strip_prefix(folder).ok().and_then(|below| below.iter().next());
        let own = locked && (entry.depth() == 1 || below.is_some_and(|first| OWN.iter().any(|own| first == *own)));
        if name.starts_with(PART.0) && name.ends_with(PART.1) && (own || age().is_some_and(|age| age > STALE)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What the name of a file begins and ends with while it is written.
const PART: (&str, &str) = (".anagen-", ".part");

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// An empty file in a folder, gone again unless it is kept.
fn aside(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut aside = tempfile::Builder::new();
    aside.prefix(PART.0).suffix(PART.1);
    // A temporary file is its owner's alone; a result is as readable as any other new file.
    #[cfg(unix)]
    aside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    aside.tempfile_in(folder)
}

/// Writes a file so that it appears whole or not at all: aside in the same folder, then renamed. Makes the folders above it. A device or a
/// pipe is written into and stays what it is.
///
/// # Errors
/// When the disk refuses; what stood there before still stands.
pub fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(file).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return fs::File::options().write(true).open(file)?.write_all(bytes);
    }
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut part = aside(folder)?;
    part.write_all(bytes)?;
    part.as_file().sync_all()?;
    part.persist(file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::photo::tests::result;
    use super::*;
    use crate::session::Told;

    fn input() -> Input {
        Input { file: PathBuf::new(), path: "s/a.png".into(), stem: "s/a".into(), root: PathBuf::new(), told: Told::default() }
    }

    #[test]
    fn empty_folder_has_nothing_to_reuse() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::create(place.path()).unwrap();
        let stored = result("s/a.png", None);
        assert_eq!(folder.reusable(&input(), &stored.photo.sha256, &stored.made_by), None);
        assert!(folder.stems().is_empty());
    }

    #[test]
    fn result_is_reused_only_while_photo_settings_and_version_stay() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::create(place.path()).unwrap();
        let stored = result("s/a.png", Some(5.0));
        folder.write_photo("s/a", &stored, &Drawn::default()).unwrap();
        let reusable = |sha256: &str, made_by: &MadeBy| folder.reusable(&input(), sha256, made_by).is_some();
        assert!(reusable(&stored.photo.sha256, &stored.made_by));
        assert!(!reusable("other", &stored.made_by));
        assert!(!reusable(&stored.photo.sha256, &MadeBy { version: "1".into(), ..stored.made_by.clone() }));
        assert!(!reusable(&stored.photo.sha256, &MadeBy { settings_sha256: "1".into(), ..stored.made_by.clone() }));
        assert!(!reusable(&stored.photo.sha256, &MadeBy { model_sha256: Some("1".into()), ..stored.made_by.clone() }));
    }

    #[test]
    fn overlay_of_an_earlier_run_goes_with_its_result() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::create(place.path()).unwrap();
        let stored = result("s/a.png", None);
        let overlay = |extension| Drawn { overlay: Some((extension, vec![1])), page: Some(("page".into(), vec![2])) };
        folder.write_photo("s/a", &stored, &overlay("jpg")).unwrap();
        folder.write_photo("s/a", &stored, &overlay("png")).unwrap();
        assert!(!folder.place("overlays/s/a.jpg").exists() && folder.place("overlays/s/a.png").exists());
        assert!(folder.has_page("s/a"));
        folder.remove_photo("s/a").unwrap();
        assert!(!folder.place("overlays/s/a.png").exists() && !folder.place("pages/s/a.jpg").exists() && folder.stems().is_empty());
    }

    #[test]
    fn what_was_drawn_of_a_result_stays_where_the_same_result_is_made_again_undrawn() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::create(place.path()).unwrap();
        let drawn = Drawn { overlay: Some(("jpg", vec![1])), page: Some(("page".into(), vec![2])) };
        let left = || folder.has_overlay("s/a", "jpg") && folder.has_page("s/a");
        folder.write_photo("s/a", &result("s/a.png", None), &drawn).unwrap();
        folder.write_photo("s/a", &result("s/a.png", None), &Drawn::default()).unwrap();
        assert!(left());
        folder.write_photo("s/a", &result("s/a.png", Some(5.0)), &Drawn::default()).unwrap();
        assert!(!left());
    }

    #[test]
    fn parts_of_a_killed_run_are_swept_and_those_of_a_running_one_kept() {
        let place = tempfile::tempdir().unwrap();
        let [old, new, own] = ["a/.anagen-old.part", "a/.anagen-new.part", "photos/.anagen-new.part"].map(|name| place.path().join(name));
        fs::create_dir(place.path().join("a")).unwrap();
        fs::create_dir(place.path().join("photos")).unwrap();
        for file in [&old, &new, &own] {
            fs::write(file, b"half").unwrap();
        }
        let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(&old).unwrap().set_modified(hour_ago).unwrap();
        sweep(place.path(), false);
        assert!(!old.exists() && new.exists() && own.exists());
        sweep(place.path(), true);
        assert!(new.exists() && !own.exists());
    }

    #[test]
    fn folder_is_one_runs_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let first = Folder::create(place.path()).unwrap();
        if first._lock.is_some() {
            assert_eq!(Folder::create(place.path()).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        }
        drop(first);
        Folder::create(place.path()).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "nothing is left of asking");
    }

    #[test]
    fn places_outside_the_results_are_no_stems() {
        assert_eq!(stem_of("photos/a/b.json").as_deref(), Some("a/b"));
        for place in ["photos/../run.json", "photos//etc/passwd.json", "a.json", "photos/a"] {
            assert_eq!(stem_of(place), None, "{place}");
        }
    }

    #[test]
    fn no_part_of_a_file_is_left_aside() {
        let place = tempfile::tempdir().unwrap();
        write_whole(&place.path().join("a/b.txt"), b"whole").unwrap();
        write_whole(&place.path().join("a/b.txt"), b"again").unwrap();
        assert_eq!(fs::read_dir(place.path().join("a")).unwrap().count(), 1);
        assert_eq!(fs::read(place.path().join("a/b.txt")).unwrap(), b"again");
    }
}
