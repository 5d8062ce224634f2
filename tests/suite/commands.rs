//! Whole commands: what they write, what they say, and how they exit.

use assert_cmd::Command;
use image::{Rgb, RgbImage};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

pub fn anagen(arguments: &[&str], folder: &Path) -> Output {
    let output = Command::cargo_bin("anagen").unwrap().args(arguments).current_dir(folder).output().unwrap();
    // Whatever a test asks for, what was written is what its schema says.
    if let Some(out) = arguments.windows(2).find(|pair| pair[0] == "--out").map(|pair| folder.join(pair[1])) {
        crate::schemas::assert_valid(&out);
    }
    output
}

/// Skin with three dark hairs on it, moved a little by `shift` so that no two photos are the same.
pub fn write_photo(file: &Path, shift: u32) {
    let picture = RgbImage::from_fn(160, 120, |x, y| {
        let on_hair = [30, 70, 110].iter().any(|start| (start + shift % 20..start + 5 + shift % 20).contains(&x)) && (20..100).contains(&y);
        if on_hair { Rgb([40, 30, 25]) } else { Rgb([214, 178, 160]) }
    });
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    picture.save(file).unwrap();
}

/// A folder `in` with three photos in it.
pub fn three_photos() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (i, name) in ["s01/2026-02-10/vertex.png", "s01/2026-08-11/vertex.jpg", "s02/front.bmp"].iter().enumerate() {
        write_photo(&folder.path().join("in").join(name), i as u32);
    }
    folder
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// Every file below a folder by its relative path, but run.json, which holds times.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file() && entry.file_name() != "run.json")
        .map(|entry| (entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap()))
        .collect()
}

#[test]
fn folder_of_photos_gives_every_file_of_the_contract() {
    let folder = three_photos();
    let output = anagen(&["analyze", "in", "--out", "out", "--um-per-px", "5"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(output.stdout.is_empty());
    assert_eq!(stderr(&output).lines().count(), 4, "a line per photo and one in sum: {}", stderr(&output));
    let names: Vec<String> = files(&folder.path().join("out")).into_keys().collect();
    assert_eq!(
        names,
        [
            "overlays/s01/2026-02-10/vertex.jpg",
            "overlays/s01/2026-08-11/vertex.jpg",
            "overlays/s02/front.jpg",
            "pages/s01/2026-02-10/vertex.html",
            "pages/s01/2026-02-10/vertex.jpg",
            "pages/s01/2026-08-11/vertex.html",
            "pages/s01/2026-08-11/vertex.jpg",
            "pages/s02/front.html",
            "pages/s02/front.jpg",
            "photos.csv",
            "photos/s01/2026-02-10/vertex.json",
            "photos/s01/2026-08-11/vertex.json",
            "photos/s02/front.json",
            "report.html",
            "strands.csv",
            "units.csv"
        ]
    );
    let photo = read(&folder.path().join("out/photos/s01/2026-02-10/vertex.json"));
    assert_eq!(photo["photo"]["path"], "s01/2026-02-10/vertex.png");
    assert_eq!(photo["photo"]["taken_at"], "2026-02-10");
    assert_eq!((&photo["photo"]["subject"], &photo["photo"]["site"]), (&Value::from("s01"), &Value::from("vertex")));
    assert_eq!(photo["calibration"]["um_per_px"], 5.0);
    let run = read(&folder.path().join("out/run.json"));
    assert_eq!((&run["found"], &run["done"], &run["failed"]), (&Value::from(3), &Value::from(3), &Value::from(0)));
    assert_eq!(image::open(folder.path().join("out/overlays/s02/front.jpg")).unwrap().width(), 160);
}

#[test]
fn tables_parse_back_to_one_row_per_photo_and_strand() {
    let folder = three_photos();
    anagen(&["analyze", "in", "--out", "out", "-q"], folder.path());
    let rows = |name: &str| -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_path(folder.path().join("out").join(name)).unwrap().deserialize().map(Result::unwrap).collect()
    };
    let photos = rows("photos.csv");
    assert_eq!(
        photos.iter().map(|row| row["path"].as_str()).collect::<Vec<_>>(),
        ["s01/2026-02-10/vertex.png", "s01/2026-08-11/vertex.jpg", "s02/front.bmp"]
    );
    let strands: usize = photos.iter().map(|row| row["strands"].parse::<usize>().unwrap()).sum();
    assert_eq!(rows("strands.csv").len(), strands);
}

#[test]
fn without_a_scale_nothing_on_the_skin_is_written() {
    fn on_skin(key: &str) -> bool {
        key.split('_').any(|word| ["um", "mm", "cm2"].contains(&word))
    }
    fn check(value: &Value) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| {
                assert!(!on_skin(key) || value.is_null(), "{key}: {value}");
                check(value);
            }),
            Value::Array(elements) => elements.iter().for_each(check),
            _ => {}
        }
    }
    let folder = three_photos();
    anagen(&["analyze", "in/s02", "--out", "out"], folder.path());
    let photo = read(&folder.path().join("out/photos/front.json"));
    assert!(photo["calibration"].is_null());
    check(&photo);
    for measurement in photo["measurements"].as_array().unwrap() {
        assert!(!measurement["unit"].as_str().unwrap().contains('m'), "{measurement}");
    }
}

#[test]
fn same_bytes_at_one_thread_and_at_two() {
    let folder = three_photos();
    for threads in ["1", "2"] {
        anagen(&["analyze", "in", "--out", threads, "--threads", threads, "--scale-bar-mm", "1", "--overlay", "png"], folder.path());
    }
    assert_eq!(files(&folder.path().join("1")), files(&folder.path().join("2")));
}

#[test]
fn broken_files_are_named_and_the_others_done() {
    let folder = three_photos();
    let input = folder.path().join("in");
    let whole = fs::read(input.join("s01/2026-02-10/vertex.png")).unwrap();
    fs::write(input.join("empty.jpg"), b"").unwrap();
    fs::write(input.join("truncated.png"), &whole[..whole.len() / 2]).unwrap();
    fs::write(input.join("words.tif"), b"not a photo at all").unwrap();
    fs::create_dir(input.join("folder.jpg")).unwrap();
    let output = anagen(&["analyze", "in", "nowhere.jpg", "--out", "out"], folder.path());
    assert_eq!(code(&output), 2);
    for name in ["in/empty.jpg: ", "in/truncated.png: ", "in/words.tif: ", "nowhere.jpg: no such file or folder"] {
        assert!(stderr(&output).lines().any(|line| line.starts_with(name)), "{name} is not in {}", stderr(&output));
    }
    let run = read(&folder.path().join("out/run.json"));
    assert_eq!((&run["done"], &run["failed"]), (&Value::from(3), &Value::from(4)));
    for photo in run["photos"].as_array().unwrap() {
        assert_eq!(photo["status"] == "failed", photo["reason"].is_string(), "{photo}");
        assert_eq!(photo["status"] == "failed", photo["result"].is_null(), "{photo}");
    }
}

#[test]
fn one_broken_photo_alone_exits_with_2_and_a_run_record() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("broken.jpg"), b"\xff\xd8\xff").unwrap();
    assert_eq!(code(&anagen(&["analyze", "broken.jpg", "--out", "out"], folder.path())), 2);
    assert_eq!(read(&folder.path().join("out/run.json"))["photos"][0]["path"], "broken.jpg");
}

#[test]
fn header_of_3600_megapixels_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend(60_000u32.to_le_bytes().iter().chain(&60_000u32.to_le_bytes()));
    bmp.extend(b"\x01\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    fs::write(folder.path().join("huge.bmp"), bmp).unwrap();
    let output = anagen(&["analyze", "huge.bmp", "--out", "out"], folder.path());
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("60000×60000"), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn unreadable_photo_is_named_with_its_cause() {
    use std::os::unix::fs::PermissionsExt;
    let folder = three_photos();
    let photo = folder.path().join("in/s02/front.bmp");
    fs::set_permissions(&photo, fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever runs as the superuser reads it all the same.
    if fs::read(&photo).is_err() {
        let output = anagen(&["analyze", "in", "--out", "out"], folder.path());
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains("front.bmp: permission denied"), "{}", stderr(&output));
    }
}

#[test]
fn wrong_command_lines_exit_with_1() {
    let folder = three_photos();
    for arguments in [
        &[][..],
        &["measure"],
        &["analyze", "in"],
        &["analyze", "--out", "out"],
        &["analyze", "in", "--out", "out", "--um-per-px", "0"],
        &["analyze", "in", "--out", "out", "--um-per-px", "2", "--scale-bar-mm", "1"],
        &["analyze", "in", "--out", "out", "--roi", "square:1"],
        &["analyze", "in", "--out", "out", "--vellus-below-um", "70"],
        &["analyze", "in", "--out", "in/s02/front.bmp"],
        &["phantom", "--out", "out", "--scene", "no such scene"],
        &["phantom", "--out", "out", "--scene", "clipped-small", "--sessions", "3"],
        &["phantom", "--out", "out", "--sessions", "3"],
        &["agree", "in", "in"],
    ] {
        let output = anagen(arguments, folder.path());
        assert_eq!(code(&output), 1, "{arguments:?}: {}", stderr(&output));
        assert!(!output.stderr.is_empty() && !folder.path().join("out/run.json").exists(), "{arguments:?}");
    }
}

#[test]
fn help_and_version_exit_with_0() {
    for arguments in [&["--help"][..], &["--version"], &["analyze", "--help"], &["phantom", "--list"]] {
        let output = anagen(arguments, Path::new("."));
        assert_eq!(code(&output), 0);
        assert!(!output.stdout.is_empty() && output.stderr.is_empty());
    }
}

#[test]
fn json_on_stdout_is_what_the_files_hold() {
    let folder = three_photos();
    let one = anagen(&["analyze", "in/s02/front.bmp", "--out", "one", "--json", "-"], folder.path());
    assert_eq!(one.stdout, fs::read(folder.path().join("one/photos/front.json")).unwrap());
    let several = anagen(&["analyze", "in", "--out", "all", "--json", "-", "--quiet"], folder.path());
    assert!(several.stderr.is_empty(), "{}", stderr(&several));
    let several: Vec<Value> = serde_json::from_slice(&several.stdout).unwrap();
    assert_eq!(several.len(), 3);
    assert_eq!(several[0], read(&folder.path().join("all/photos/s01/2026-02-10/vertex.json")));
}

#[test]
fn arguments_that_collide_keep_their_photos_apart() {
    let folder = tempfile::tempdir().unwrap();
    write_photo(&folder.path().join("a/x.png"), 0);
    write_photo(&folder.path().join("b/x.png"), 1);
    write_photo(&folder.path().join("b/x.bmp"), 2);
    anagen(&["analyze", "a", "b", "--out", "out", "--overlay", "none"], folder.path());
    let stored: Vec<String> = files(&folder.path().join("out/photos")).into_keys().collect();
    assert_eq!(stored, ["a/x.json", "b/x.bmp.json", "b/x.png.json"]);
}

#[test]
fn results_inside_the_input_are_not_taken_for_photos() {
    let folder = three_photos();
    for _ in 0..2 {
        anagen(&["analyze", "in", "--out", "in/results"], folder.path());
    }
    assert_eq!(read(&folder.path().join("in/results/run.json"))["found"], 3);
}

#[test]
fn config_of_a_folder_sets_scale_and_cuts() {
    let folder = three_photos();
    let config = "um_per_px = 4\n[cuts]\nvellus_below_um = 40\n[[photos]]\nglob = '*/vertex.png'\num_per_px = 2\n";
    fs::write(folder.path().join("in/s01/anagen.toml"), config).unwrap();
    anagen(&["analyze", "in", "--out", "out", "--overlay", "none"], folder.path());
    let scale = |name: &str| read(&folder.path().join("out/photos").join(name))["calibration"]["um_per_px"].clone();
    assert_eq!(scale("s01/2026-02-10/vertex.json"), 2.0);
    assert_eq!(scale("s01/2026-08-11/vertex.json"), 4.0);
    assert!(scale("s02/front.json").is_null());
    let run = read(&folder.path().join("out/run.json"));
    assert_eq!(run["photos"][0]["cuts"]["vellus_below_um"], 40.0);
}

#[test]
fn config_that_is_wrong_stops_before_any_work() {
    let folder = three_photos();
    fs::write(folder.path().join("in/anagen.toml"), "um_per_px = 4\n\numperpx = 4\n").unwrap();
    let output = anagen(&["analyze", "in", "--out", "out"], folder.path());
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("anagen.toml:3: "), "{}", stderr(&output));
    assert!(!folder.path().join("out").exists());
}

#[test]
fn phantoms_are_the_same_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    let listed = String::from_utf8(anagen(&["phantom", "--list"], folder.path()).stdout).unwrap();
    let scene = "clipped-small";
    assert!(listed.contains(scene), "{listed}");
    for out in ["a", "b"] {
        let output = anagen(&["phantom", "--out", out, "--scene", scene, "--seed", "7", "--count", "2"], folder.path());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    let drawn = files(&folder.path().join("a"));
    assert!(drawn.contains_key("anagen.toml"), "the scales stand beside the photos");
    assert_eq!(drawn.len(), 5);
    assert_eq!(drawn, files(&folder.path().join("b")));
    let [first, second] = [7, 8].map(|seed| &drawn[&format!("{scene}-{seed}.jpg")]);
    assert_ne!(first, second);
}

#[test]
fn phantoms_keep_a_configuration_that_is_not_theirs() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("anagen.toml"), "um_per_px = 9\n").unwrap();
    let output = anagen(&["phantom", "--out", ".", "--scene", "clipped-small"], folder.path());
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert_eq!(fs::read_to_string(folder.path().join("anagen.toml")).unwrap(), "um_per_px = 9\n");
}

#[test]
fn phantoms_drawn_later_keep_the_scales_of_those_before() {
    let folder = tempfile::tempdir().unwrap();
    for seed in ["1", "2", "2"] {
        assert_eq!(code(&anagen(&["phantom", "--out", ".", "--scene", "clipped-small", "--seed", seed], folder.path())), 0);
    }
    let scales = fs::read_to_string(folder.path().join("anagen.toml")).unwrap();
    assert_eq!(["clipped-small-1.*", "clipped-small-2.*"].map(|glob| scales.matches(glob).count()), [1, 1]);
}

#[test]
fn scale_that_cannot_be_right_costs_no_more_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write_photo(&folder.path().join("in/a.png"), 0);
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out", "--um-per-px", "100"], folder.path())), 0);
    let photo = read(&folder.path().join("out/photos/a.json"));
    assert!(photo["caveats"].as_array().unwrap().iter().any(|caveat| caveat["code"] == "coarse_scale"), "{}", photo["caveats"]);
}

#[test]
fn thicket_that_cannot_be_traced_is_not_called_bare() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&anagen(&["phantom", "--out", "in", "--scene", "coarse", "--seed", "2"], folder.path())), 0);
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out", "--overlay", "none"], folder.path())), 0);
    let photo = read(&folder.path().join("out/photos/coarse-2.json"));
    let codes: Vec<&str> = photo["caveats"].as_array().unwrap().iter().map(|caveat| caveat["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"crossing_hair") && !codes.contains(&"no_hair"), "{codes:?}");
}

#[test]
fn no_strand_leaves_the_photo() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&anagen(&["phantom", "--out", "in", "--scene", "long"], folder.path())), 0);
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out", "--overlay", "none"], folder.path())), 0);
    let photo = read(&folder.path().join("out/photos/long-1.json"));
    let (width, height) = (photo["photo"]["width_px"].as_f64().unwrap(), photo["photo"]["height_px"].as_f64().unwrap());
    let strands = photo["strands"].as_array().unwrap();
    assert!(strands.len() > 10);
    for point in strands.iter().flat_map(|strand| strand["centerline"].as_array().unwrap()) {
        let (x, y) = (point[0].as_f64().unwrap(), point[1].as_f64().unwrap());
        assert!((0.0..width).contains(&x) && (0.0..height).contains(&y), "({x}, {y})");
    }
    assert!(strands.iter().all(|strand| strand["root_end"] != "border" || strand["counted"] == false));
}

#[test]
fn light_hair_is_said_to_read_too_thin_and_dark_hair_is_not() {
    let folder = tempfile::tempdir().unwrap();
    write_photo(&folder.path().join("in/dark.png"), 0);
    let mut picture = image::open(folder.path().join("in/dark.png")).unwrap().to_rgb8();
    picture.pixels_mut().for_each(|pixel| *pixel = Rgb(pixel.0.map(|value| 255 - value)));
    picture.save(folder.path().join("in/light.png")).unwrap();
    // Skin turned into its negative is no skin that the network knows.
    anagen(&["analyze", "in", "--out", "out", "--um-per-px", "8", "--detector", "ridge"], folder.path());
    let warns = |name: &str| {
        let result = read(&folder.path().join(format!("out/photos/{name}.json")));
        assert!(!result["strands"].as_array().unwrap().is_empty(), "{name}");
        result["caveats"].as_array().unwrap().iter().any(|caveat| caveat["code"] == "light_hair")
    };
    assert!(warns("light") && !warns("dark"));
}
