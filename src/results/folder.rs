//! The results folder: every file in it appears whole or not at all.

use super::photo::{MadeBy, PhotoResult};
use super::{Input, json};
use serde::Serialize;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
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

    /// The result stored under a stem.
    ///
    /// # Errors
    /// When it is missing or not a photo's result of this version.
    pub fn read(&self, stem: &str) -> io::Result<PhotoResult> {
        serde_json::from_slice(&fs::read(self.place(&result_path(stem)))?).map_err(io::Error::from)
    }

    /// Writes a photo's result and, when one was drawn, its overlay (its extension and bytes); an overlay of an earlier run goes.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_photo(&self, stem: &str, result: &PhotoResult, overlay: Option<(&str, &[u8])>) -> io::Result<()> {
        self.remove_overlays(stem, overlay.map(|(extension, _)| extension))?;
        if let Some((extension, bytes)) = overlay {
            write_whole(&self.place(&overlay_path(stem, extension)), bytes)?;
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
        self.remove_overlays(stem, None)
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
    aside.prefix(".anagen-").suffix(".part");
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
        folder.write_photo("s/a", &stored, None).unwrap();
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
        folder.write_photo("s/a", &stored, Some(("jpg", b"jpeg"))).unwrap();
        folder.write_photo("s/a", &stored, Some(("png", b"png"))).unwrap();
        assert!(!folder.place("overlays/s/a.jpg").exists() && folder.place("overlays/s/a.png").exists());
        folder.remove_photo("s/a").unwrap();
        assert!(!folder.place("overlays/s/a.png").exists() && folder.stems().is_empty());
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
