//! The results folder: every file in it appears whole or not at all.

use super::photo::{MadeBy, PhotoResult};
use super::{Input, Run, json};
use serde::Serialize;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use walkdir::WalkDir;

/// A folder that results are written to and read from.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The results folder at a path, made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made, or something else stands at that path.
    pub fn create(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        sweep(path);
        Ok(Self { path: path.to_path_buf() })
    }

    /// The results folder at a path, to read from.
    ///
    /// # Errors
    /// When there is no folder of results there.
    pub fn open(path: &Path) -> io::Result<Self> {
        if path.join("photos").is_dir() {
            return Ok(Self { path: path.to_path_buf() });
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "not a results folder: there is no folder photos in it"))
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
        let head = |stem: &String| {
            #[derive(serde::Deserialize)]
            struct Head {
                photo: super::Identity,
            }
            let text = fs::read_to_string(self.place(&result_path(stem))).ok()?;
            let head: Head = serde_json::from_str(&text).ok()?;
            Some((stem.clone(), head.photo.path, head.photo.sha256))
        };
        self.stems().iter().filter_map(head).collect()
    }

    /// The result stored under a stem.
    ///
    /// # Errors
    /// When it is missing or not a photo's result of this version.
    pub fn read(&self, stem: &str) -> io::Result<PhotoResult> {
        serde_json::from_slice(&fs::read(self.place(&result_path(stem)))?).map_err(io::Error::from)
    }

    /// Writes a photo's result with what goes along with it; what an earlier run drew and this one did not is removed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_photo(&self, stem: &str, result: &PhotoResult, drawn: &Drawn) -> io::Result<()> {
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
        write_whole(&self.place(&result_path(stem)), json(result).as_bytes())
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

    /// The stems of the results that the last run lists, sorted; those of all stored results where no run left its record.
    pub fn listed(&self) -> Vec<String> {
        let record = fs::read(self.place("run.json")).ok().and_then(|bytes| serde_json::from_slice::<Run>(&bytes).ok());
        let Some(run) = record else { return self.stems() };
        let stem = |result: &String| Some(result.strip_prefix("photos/")?.strip_suffix(".json")?.to_owned());
        let mut stems: Vec<String> = run.photos.iter().filter_map(|photo| photo.result.as_ref().and_then(stem)).collect();
        stems.sort();
        stems
    }

    /// The stems of all stored results, sorted.
    pub fn stems(&self) -> Vec<String> {
        let photos = self.place("photos");
        let mut stems: Vec<String> = WalkDir::new(&photos)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "json"))
            .filter_map(|entry| {
                let below = entry.path().strip_prefix(&photos).ok()?.with_extension("");
                Some(below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
            })
            .collect();
        stems.sort();
        stems
    }
}

/// Where a result lies in the folder.
pub(crate) fn result_path(stem: &str) -> String {
    format!("photos/{stem}.json")
}

/// Where an overlay lies in the folder.
pub(crate) fn overlay_path(stem: &str, extension: &str) -> String {
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

/// How old a part of a file is before it is taken for one that a killed run left: no file takes so long to write.
const STALE: Duration = Duration::from_secs(600);

/// Removes the parts of files that a killed run left. What cannot be removed does no harm.
fn sweep(folder: &Path) {
    for entry in WalkDir::new(folder).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file()) {
        let name = entry.file_name().to_string_lossy();
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if name.starts_with(PART.0) && name.ends_with(PART.1) && age().is_some_and(|age| age > STALE) {
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

/// Writes a file so that it appears whole or not at all: aside in the same folder, then renamed. Makes the folders above it.
///
/// # Errors
/// When the disk refuses; what stood there before still stands.
pub fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut aside = tempfile::Builder::new();
    aside.prefix(PART.0).suffix(PART.1);
    // A temporary file is its owner's alone; a result is as readable as any other new file.
    #[cfg(unix)]
    aside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut part = aside.tempfile_in(folder)?;
    part.write_all(bytes)?;
    part.as_file().sync_all()?;
    part.persist(file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::photo::tests::result;
    use super::*;

    fn input() -> Input {
        Input { file: PathBuf::new(), path: "s/a.png".into(), stem: "s/a".into(), root: PathBuf::new() }
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
    fn parts_of_a_killed_run_are_swept_and_those_of_a_running_one_kept() {
        let place = tempfile::tempdir().unwrap();
        let [old, new] = ["a/.anagen-old.part", "a/.anagen-new.part"].map(|name| place.path().join(name));
        fs::create_dir(place.path().join("a")).unwrap();
        for file in [&old, &new] {
            fs::write(file, b"half").unwrap();
        }
        let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(&old).unwrap().set_modified(hour_ago).unwrap();
        Folder::create(place.path()).unwrap();
        assert!(!old.exists() && new.exists());
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
