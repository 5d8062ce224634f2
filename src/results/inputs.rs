//! Finding photos: files and folders as named, each photo with the relative path its results are stored under.

use super::folder::OWN;
use super::sha256;
use crate::session::Told;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;
use walkdir::{DirEntry, WalkDir};

const EXTENSIONS: [&str; 7] = ["jpg", "jpeg", "png", "tif", "tiff", "bmp", "webp"];

/// What is true of a drawn series of sessions, beside its photos.
pub const SERIES_TRUTH: &str = "series.truth.json";

/// A photo that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Where it lies.
    pub file: PathBuf,
    /// Its relative path, with forward slashes: what it is called in every result.
    pub path: String,
    /// What its results are called: the relative path without its extension, or with it where two photos differ in nothing else.
    pub stem: String,
    /// The folder named on the command line that led to it, or the folder of the file that was named.
    pub root: PathBuf,
    /// Whose skin it shows, where and when, as far as that is known beforehand.
    pub told: Told,
}

/// A path that could not be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The path.
    pub path: PathBuf,
    /// The cause.
    pub cause: String,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The photos, by relative path.
    pub photos: Vec<Input>,
    /// The paths that could not be used.
    pub troubles: Vec<Trouble>,
}

/// Finds the photos among files and folders, leaving out hidden files, what runs wrote to results folders, `out` among them, and what has no
/// photo's extension.
///
/// Folders are walked to the bottom, through symbolic links, each folder once. A file named outright is always taken. A photo reached twice is
/// taken once, from the argument farthest up. A relative path starts below the folder that was named; where two arguments give the same one, all photos of both
/// take their argument's own name in front, and as many of the folders above it as it takes to tell them apart.
pub fn find(arguments: &[PathBuf], out: &Path) -> Inputs {
    let out = fs::canonicalize(out).ok();
    let mut inputs = Inputs::default();
    // By place, so that the order of the arguments changes nothing.
    let mut found: BTreeMap<PathBuf, (usize, PathBuf)> = BTreeMap::new();
    for (argument, path) in arguments.iter().enumerate() {
        let mut take = |file: PathBuf| {
            let place = fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
            let depth = |argument: usize, file: &Path| {
                std::cmp::Reverse(file.components().count() - base(&arguments[argument]).components().count())
            };
            match found.get(&place) {
                Some((other, known)) if (depth(*other, known), known) <= (depth(argument, &file), &file) => {}
                _ => drop(found.insert(place, (argument, file))),
            }
        };
        match fs::metadata(path) {
            Err(error) => inputs.troubles.push(Trouble { path: path.clone(), cause: cause(&error) }),
            Ok(metadata) if metadata.is_dir() => walk(path, out.as_deref(), &mut take, &mut inputs.troubles),
            Ok(metadata) if metadata.is_file() => take(path.clone()),
            Ok(_) => inputs.troubles.push(Trouble { path: path.clone(), cause: "not a file".into() }),
        }
    }
    let found: Vec<(usize, PathBuf)> = found.into_values().collect();
    let names = relative_paths(arguments, &found);
    let stems = result_stems(&names);
    for (((argument, file), path), stem) in found.into_iter().zip(names).zip(stems) {
        let root = if arguments[argument] == file { folder_of(&file).to_path_buf() } else { arguments[argument].clone() };
        let told = Told::by_path(&path);
        inputs.photos.push(Input { file, path, stem, root, told });
    }
    inputs.photos.sort_by(|a, b| (&a.path, &a.stem).cmp(&(&b.path, &b.stem)));
    inputs.troubles.sort_by(|a, b| a.path.cmp(&b.path));
    inputs
}

/// The folder that relative paths below an argument start from.
fn base(argument: &Path) -> PathBuf {
    if argument.is_dir() { argument.to_path_buf() } else { folder_of(argument).to_path_buf() }
}

/// Files as photos of one folder, whatever they are called: their relative paths start below it.
pub fn below(folder: &Path, files: &[PathBuf]) -> Vec<Input> {
    let base = absolute(folder);
    let relative: Vec<String> = files
        .iter()
        .map(|file| {
            let file = absolute(file);
            names(file.strip_prefix(&base).unwrap_or(&file)).join("/")
        })
        .collect();
    let stems = result_stems(&relative);
    let inputs = files.iter().zip(relative).zip(stems);
    let input = |((file, path), stem): ((&PathBuf, String), String)| {
        let told = Told::by_path(&path);
        Input { file: absolute(file), path, stem, root: base.clone(), told }
    };
    inputs.map(input).collect()
}

fn walk(folder: &Path, out: Option<&Path>, take: &mut impl FnMut(PathBuf), troubles: &mut Vec<Trouble>) {
    let mut places = BTreeSet::new();
    let mut entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) if entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".") => {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
            }
            Ok(entry) if entry.file_type().is_dir() => {
                // A folder may be reached again through a link beside it: once is enough. The overlays of earlier results are no photos; what
                // lies beside them may be.
                if is_written(&entry, out) || fs::canonicalize(entry.path()).is_ok_and(|place| !places.insert(place)) {
                    entries.skip_current_dir();
                }
            }
            Ok(entry) if entry.file_type().is_file() && is_photo(entry.path()) => take(entry.into_path()),
            Ok(_) => {}
            // A link back to a folder above: what it leads to is being walked already.
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_path_buf();
                let dangling = fs::symlink_metadata(&path).is_ok_and(|m| m.is_symlink());
                if !dangling || is_photo(&path) {
                    troubles.push(Trouble { path, cause: error.io_error().map_or_else(|| error.to_string(), cause) });
                }
            }
        }
    }
}

/// Whether a folder is one of those that runs write to in a results folder.
fn is_written(entry: &DirEntry, out: Option<&Path>) -> bool {
    let above = entry.path().parent().filter(|_| entry.depth() > 0 && OWN.iter().any(|own| entry.file_name() == *own));
    above.is_some_and(|above| holds_results(above) || out.is_some() && fs::canonicalize(above).ok().as_deref() == out)
}

/// The folder of a would-be results folder that holds pictures though no run has written here: they would be overwritten, or taken for results.
pub fn pictures_in_the_way(out: &Path) -> Option<PathBuf> {
    let held = |folder: &PathBuf| {
        let files = WalkDir::new(folder).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
        files.map(DirEntry::into_path).any(|file| is_photo(&file))
    };
    OWN.iter().map(|own| out.join(own)).find(held).filter(|_| !holds_results(out))
}

/// Whether a folder is a results folder, of a run that was killed too.
fn holds_results(folder: &Path) -> bool {
    let begins = |file: &Path, schema: &str| {
        let mut start = [0; 64];
        let read = fs::File::open(file).and_then(|mut open| open.read(&mut start)).unwrap_or(0);
        String::from_utf8_lossy(&start[..read]).contains(schema)
    };
    let photos = folder.join("photos");
    let first_result = || {
        let files = WalkDir::new(&photos).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
        files.map(DirEntry::into_path).find(|file| file.extension().is_some_and(|e| e == "json"))
    };
    photos.is_dir()
        && (begins(&folder.join("run.json"), "\"anagen/run/") || first_result().is_some_and(|file| begins(&file, "\"anagen/photo/")))
}

/// Whether a file has a photo's extension.
pub fn is_photo(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()))
}

/// What went wrong with a file, in words rather than the number the system has for it.
pub fn cause(error: &io::Error) -> String {
    let known = match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder",
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::NotADirectory => "a part of its path is a file and no folder",
        io::ErrorKind::IsADirectory => "a folder, where a file belongs",
        io::ErrorKind::AlreadyExists => "something of that name is there already",
        io::ErrorKind::StorageFull => "the disk is full",
        io::ErrorKind::QuotaExceeded => "the disk quota is used up",
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only",
        io::ErrorKind::InvalidFilename => "the name is too long or holds what this disk does not take",
        // ELOOP, which has no stable kind yet, on Linux and on macOS.
        _ if matches!(error.raw_os_error(), Some(40 | 62)) => "its links lead in a circle",
        _ => "",
    };
    if !known.is_empty() {
        return known.into();
    }
    let said = error.to_string();
    said.find(" (os error").map_or(said.clone(), |at| said[..at].to_owned())
}

fn relative_paths(arguments: &[PathBuf], found: &[(usize, PathBuf)]) -> Vec<String> {
    let bases: Vec<PathBuf> = arguments.iter().map(|a| base(a)).collect();
    let above: Vec<Vec<String>> = bases.iter().map(|base| names(&absolute(base))).collect();
    let mut depth = vec![0; arguments.len()];
    loop {
        let paths: Vec<String> = found
            .iter()
            .map(|(argument, file)| {
                let prefix = &above[*argument][above[*argument].len() - depth[*argument]..];
                let below = names(file.strip_prefix(&bases[*argument]).unwrap_or(file));
                prefix.iter().chain(&below).map(String::as_str).collect::<Vec<_>>().join("/")
            })
            .collect();
        let mut holders: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (path, (argument, _)) in paths.iter().zip(found) {
            holders.entry(path).or_default().insert(*argument);
        }
        let mut longer: BTreeSet<usize> = holders.into_values().filter(|arguments| arguments.len() > 1).flatten().collect();
        longer.retain(|&argument| depth[argument] < above[argument].len());
        if longer.is_empty() {
            return paths;
        }
        for argument in longer {
            depth[argument] += 1;
        }
    }
}

/// What a stem's files end in: none of them may be what another photo's results need as a folder.
const ENDINGS: [&str; 4] = ["json", "jpg", "png", "html"];

/// What the results of photos at these relative paths are called.
pub(super) fn result_stems(paths: &[String]) -> Vec<String> {
    let paths: Vec<String> = paths.iter().map(|path| path.split('/').map(fitting).collect::<Vec<_>>().join("/")).collect();
    let mut stems: Vec<String> = paths.iter().map(|path| without_extension(path).to_owned()).collect();
    let folders: BTreeSet<String> =
        paths.iter().flat_map(|path| path.match_indices('/').map(|(at, _)| path[..at].to_lowercase())).collect();
    loop {
        // Lower case, since some file systems hold A.json and a.json for one.
        let mut holders: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, stem) in stems.iter().enumerate() {
            holders.entry(stem.to_lowercase()).or_default().push(i);
        }
        let taken = |stem: &str| ENDINGS.iter().any(|ending| folders.contains(&format!("{stem}.{ending}")));
        let clashing = holders.into_iter().filter(|(stem, group)| group.len() > 1 || taken(stem)).flat_map(|(stem, group)| {
            let in_the_way = taken(&stem);
            group.into_iter().enumerate().map(move |(place, i)| (i, in_the_way || place > 0))
        });
        let mut changed = false;
        for (i, has_to_yield) in clashing.collect::<Vec<_>>() {
            if stems[i] == without_extension(&paths[i]) && stems[i] != paths[i] {
                stems[i].clone_from(&paths[i]);
                changed = true;
            } else if has_to_yield {
                stems[i].push('_');
                changed = true;
            }
        }
        if !changed {
            return stems;
        }
    }
}

/// The most bytes of a name: what disks take, less what a result's name adds.
const LONGEST_NAME: usize = 255 - 15;

/// A name that its results' files can bear, with 15 bytes left for what they add: one too long is cut, and the hash of the whole tells it
/// from others cut alike.
pub fn fitting(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let ending = if ending.len() <= 5 { ending } else { "" };
    let kept = name.floor_char_boundary(LONGEST_NAME - 17 - ending.len());
    format!("{}~{}{ending}", &name[..kept], &sha256(name.as_bytes())[..16])
}

fn without_extension(path: &str) -> &str {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[name..].rfind('.') {
        Some(dot) if dot > 0 => &path[..name + dot],
        _ => path,
    }
}

fn names(path: &Path) -> Vec<String> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(readable(name)),
            _ => None,
        })
        .collect()
}

/// A name as text; bytes that are no text as %XX, and a % that would read as one of those as %25, so that two names stay two.
fn readable(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        let mut valid = chunk.valid();
        while let Some(at) = valid.find('%') {
            let (before, after) = valid.split_at(at + 1);
            let reads_as_byte = after.len() >= 2 && after.bytes().take(2).all(|b| b.is_ascii_hexdigit());
            text += before;
            text += if reads_as_byte { "25" } else { "" };
            valid = after;
        }
        text += valid;
        chunk.invalid().iter().for_each(|byte| text += &format!("%{byte:02X}"));
    }
    text
}

/// A path from the root on, which goes nowhere to come back: what is found of a photo by its folders must not hang on how it was named.
pub fn absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if !whole.components().any(|part| part == Component::ParentDir) {
        return whole;
    }
    // Through the system, for a folder may be a link, and its parent elsewhere; the name of a photo that is one stays.
    match (whole.parent().map(fs::canonicalize), whole.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => fs::canonicalize(&whole).unwrap_or(whole),
    }
}

/// The folder a file lies in, which has a name also where the file's path has none for it.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// The bytes of a file, if there are at most `limit`.
///
/// # Errors
/// The cause, without the path: what the system says, that the file is larger, or that it changed while it was read.
pub fn read_at_most(file: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let read = || -> io::Result<_> {
        let open = fs::File::open(file)?;
        let before = Stamp::of(&open)?;
        let mut bytes = Vec::new();
        (&open).take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok((bytes, before, Stamp::of(&open)?))
    };
    let (bytes, before, after) = read().map_err(|error| cause(&error))?;
    if bytes.len() as u64 > limit {
        return Err(format!("the file is larger than {} MB", limit / 1_000_000));
    }
    // A photo still being copied here would be measured in part; a pipe has neither size nor date.
    if before.regular && (before != after || after.bytes != bytes.len() as u64) {
        return Err("the file changed while it was read: run again when it is whole".into());
    }
    Ok(bytes)
}

/// What of a file changes when it is written to.
#[derive(PartialEq)]
struct Stamp {
    regular: bool,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(open: &fs::File) -> io::Result<Self> {
        let there = open.metadata()?;
        Ok(Self { regular: there.is_file(), bytes: there.len(), modified: there.modified().ok() })
    }
}

/// The `<photo>.truth.json` files of a folder, at any depth, by their relative path without that ending. The `series.truth.json` of a
/// drawn series is no photo's.
///
/// # Errors
/// When there is no folder there.
pub fn truths(folder: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let of_photos = files_below(folder)?.into_iter().filter(|(_, file)| file.file_name() != Some(OsStr::new(SERIES_TRUTH)));
    Ok(of_photos.filter_map(|(path, file)| Some((path.strip_suffix(".truth.json")?.to_owned(), file))).collect())
}

/// The `series.truth.json` files of a folder, at any depth, by the relative path of the folder that holds each, empty for the folder itself.
///
/// # Errors
/// When there is no folder there.
pub fn series_truths(folder: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let of_series = files_below(folder)?.into_iter().filter(|(_, file)| file.file_name() == Some(OsStr::new(SERIES_TRUTH)));
    Ok(of_series.map(|(path, file)| (path.rsplit_once('/').map_or(String::new(), |(above, _)| above.to_owned()), file)).collect())
}

/// The files of a folder, at any depth, with their relative paths.
fn files_below(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    fs::read_dir(folder)?;
    let files = WalkDir::new(folder).follow_links(true).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    Ok(files.filter_map(|entry| Some((names(entry.path().strip_prefix(folder).ok()?).join("/"), entry.into_path()))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        folder
    }

    fn found(folder: &tempfile::TempDir, arguments: &[&str]) -> Vec<(String, String)> {
        let arguments: Vec<PathBuf> = arguments.iter().map(|a| folder.path().join(a)).collect();
        find(&arguments, &folder.path().join("out")).photos.into_iter().map(|p| (p.path, p.stem)).collect()
    }

    fn paths(folder: &tempfile::TempDir, arguments: &[&str]) -> Vec<String> {
        found(folder, arguments).into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn nothing_named_finds_nothing() {
        assert!(find(&[], Path::new("out")).photos.is_empty());
    }

    #[test]
    fn folder_gives_its_photos_sorted_and_no_others() {
        let folder =
            tree(&["b/2.PNG", "a.jpg", "a.truth.json", "b/.hidden.jpg", ".cache/x.jpg", "out/overlays/a.jpg", "notes.txt", "b/1.tif"]);
        assert_eq!(paths(&folder, &[""]), ["a.jpg", "b/1.tif", "b/2.PNG"]);
    }

    #[test]
    fn overlays_of_an_earlier_run_are_no_photos() {
        let folder = tree(&["a.jpg", "old/run.json", "old/photos/a.png", "old/overlays/a.jpg", "run.json/b.jpg"]);
        assert_eq!(paths(&folder, &[""]), ["a.jpg", "old/overlays/a.jpg", "old/photos/a.png", "run.json/b.jpg"]);
        fs::write(folder.path().join("old/run.json"), "{\n  \"schema\": \"anagen/run/1\"").unwrap();
        assert_eq!(paths(&folder, &[""]), ["a.jpg", "run.json/b.jpg"]);
        fs::remove_file(folder.path().join("old/run.json")).unwrap();
        fs::write(folder.path().join("old/photos/a.json"), "{\n  \"schema\": \"anagen/photo/1\"").unwrap();
        assert_eq!(paths(&folder, &[""]), ["a.jpg", "run.json/b.jpg"]);
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_stay_apart() {
        use std::os::unix::ffi::OsStrExt;
        let read = |bytes: &[u8]| readable(OsStr::from_bytes(bytes));
        assert_eq!((read(b"\xffa.png"), read(b"\xfea.png")), ("%FFa.png".into(), "%FEa.png".into()));
        assert_eq!((read(b"%FFa.png"), read(b"%25FFa.png")), ("%25FFa.png".into(), "%2525FFa.png".into()));
        assert_eq!((read(b"100%.png"), read(b"%%f\xff%"), read(b"%%fe")), ("100%.png".into(), "%%f%FF%".into(), "%%25fe".into()));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_neither_file_nor_folder_is_named() {
        let found = find(&[PathBuf::from("/dev/null")], Path::new("out"));
        assert_eq!((found.photos.len(), found.troubles[0].cause.as_str()), (0, "not a file"));
    }

    #[test]
    fn folder_named_like_a_photo_is_walked() {
        assert_eq!(paths(&tree(&["x.jpg/inside.png"]), &[""]), ["x.jpg/inside.png"]);
    }

    #[test]
    fn file_named_outright_is_taken_whatever_its_name() {
        assert_eq!(paths(&tree(&["scan.dat"]), &["scan.dat"]), ["scan.dat"]);
    }

    #[test]
    fn missing_path_is_trouble() {
        let inputs = find(&[PathBuf::from("/nowhere/at/all.jpg")], Path::new("out"));
        assert_eq!(inputs.troubles[0].cause, "no such file or folder");
    }

    #[test]
    fn photo_reached_twice_is_taken_once() {
        assert_eq!(paths(&tree(&["d/x.jpg"]), &["d", "d/x.jpg"]), ["x.jpg"]);
        let folder = tree(&["d/e/x.jpg", "d/y.jpg"]);
        for arguments in [["d", "d/e"], ["d/e", "d"], ["d/e/x.jpg", "d"]] {
            assert_eq!(paths(&folder, &arguments), ["e/x.jpg", "y.jpg"], "{arguments:?}");
        }
    }

    #[test]
    fn colliding_arguments_take_their_own_names() {
        let folder = tree(&["a/x.jpg", "a/y.jpg", "b/x.jpg", "c/z.jpg"]);
        assert_eq!(paths(&folder, &["a", "b", "c"]), ["a/x.jpg", "a/y.jpg", "b/x.jpg", "z.jpg"]);
        assert_eq!(paths(&folder, &["a/x.jpg", "b/x.jpg"]), ["a/x.jpg", "b/x.jpg"]);
    }

    #[test]
    fn colliding_arguments_of_the_same_name_take_the_folder_above_too() {
        assert_eq!(paths(&tree(&["a/v/x.jpg", "b/v/x.jpg"]), &["a/v", "b/v"]), ["a/v/x.jpg", "b/v/x.jpg"]);
    }

    #[test]
    fn photos_that_differ_in_extension_alone_keep_it_in_their_results() {
        let stems: Vec<_> = found(&tree(&["x.jpg", "x.png", "x.jpg.png", "y.v2.jpg"]), &[""]).into_iter().map(|(_, stem)| stem).collect();
        assert_eq!(stems, ["x.jpg", "x.jpg.png", "x.png", "y.v2"]);
    }

    #[test]
    fn no_result_needs_a_file_where_another_needs_a_folder() {
        let stems = |files: &[&str]| found(&tree(files), &[""]).into_iter().map(|(_, stem)| stem).collect::<Vec<_>>();
        assert_eq!(stems(&["a.jpg", "a.json/b.jpg"]), ["a.jpg", "a.json/b"]);
        assert_eq!(stems(&["a.jpg", "a.json/b.jpg", "a.jpg.json/c.jpg"]), ["a.jpg_", "a.jpg.json/c", "a.json/b"]);
        assert_eq!(stems(&["a.png", "a.jpg/b.jpg"]), ["a.jpg/b", "a.png"]);
    }

    #[test]
    fn names_too_long_for_their_results_are_cut_and_stay_apart() {
        let [a, b] = ["a", "b"].map(|last| format!("{}{last}.jpg", "ä".repeat(125)));
        let stems = result_stems(&[format!("s/{a}"), format!("s/{b}")]);
        assert!(stems.iter().all(|stem| stem.starts_with("s/ää") && stem.len() < 245), "{stems:?}");
        assert_ne!(stems[0], stems[1]);
        assert_eq!(fitting(&"x".repeat(LONGEST_NAME)), "x".repeat(LONGEST_NAME));
    }

    #[test]
    fn file_that_grows_while_it_is_read_is_refused() {
        use std::io::Write;
        use std::sync::atomic::{AtomicBool, Ordering};
        let folder = tree(&["growing"]);
        let file = folder.path().join("growing");
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut open = fs::File::options().append(true).open(&file).unwrap();
                while !done.load(Ordering::Relaxed) {
                    open.write_all(&[1; 4096]).unwrap();
                    if open.metadata().unwrap().len() > 32_000_000 {
                        open.set_len(0).unwrap();
                    }
                }
            });
            let refused = (0..10_000).any(|_| read_at_most(&file, 64_000_000).is_err_and(|cause| cause.contains("changed while")));
            done.store(true, Ordering::Relaxed);
            assert!(refused);
        });
    }

    #[test]
    fn causes_are_words() {
        assert_eq!(cause(&io::Error::from_raw_os_error(20)), "a part of its path is a file and no folder");
        assert!(!cause(&io::Error::from_raw_os_error(5)).contains("os error"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_loops_survived() {
        let folder = tree(&["in/a/x.jpg", "elsewhere/y.jpg"]);
        std::os::unix::fs::symlink(folder.path().join("in"), folder.path().join("in/a/loop")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("in/linked")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("in/gone")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("in/gone.jpg")).unwrap();
        let inputs = find(&[folder.path().join("in")], Path::new("out"));
        assert_eq!(inputs.photos.iter().map(|p| p.path.as_str()).collect::<Vec<_>>(), ["a/x.jpg", "linked/y.jpg"]);
        assert_eq!(inputs.troubles.len(), 1, "{:?}", inputs.troubles);
    }

    #[test]
    fn file_over_the_limit_is_refused() {
        let folder = tree(&[]);
        let file = folder.path().join("big");
        fs::write(&file, [0; 11]).unwrap();
        assert!(read_at_most(&file, 10).is_err());
        assert_eq!(read_at_most(&file, 11).unwrap().len(), 11);
    }
}
