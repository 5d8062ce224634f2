//! Killed, starved of disk, met by a second run: a results folder never holds half a file, and the next run ends as an undisturbed one.

use crate::commands::{anagen, code, files, read, stderr, three_photos, write_photo};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_anagen"))
}

/// Whole files alone, but for parts under their own names; gives the results by name.
fn assert_whole(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut results = BTreeMap::new();
    if !out.exists() {
        return results;
    }
    for (name, bytes) in files(out).into_iter().filter(|(name, _)| !name.ends_with(".part")) {
        let whole = match name.rsplit('.').next() {
            Some("json") => serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(),
            Some("jpg") => image::load_from_memory(&bytes).is_ok() && bytes.ends_with(&[0xFF, 0xD9]),
            Some("html") => bytes.trim_ascii_end().ends_with(b"</html>"),
            Some("csv") => bytes.ends_with(b"\r\n"),
            _ => false,
        };
        assert!(whole, "{name} is half a file, of {} bytes", bytes.len());
        if name.starts_with("photos/") {
            results.insert(name, bytes);
        }
    }
    results
}

#[cfg(unix)]
#[test]
fn killed_at_any_moment_it_goes_on_to_the_same_results() {
    const PHOTOS: u32 = 40;
    const KILLS: u64 = 30;
    let folder = tempfile::tempdir().unwrap();
    for i in 0..PHOTOS {
        write_photo(&folder.path().join(format!("in/{i:03}.png")), i);
    }
    let analyze = |out: &str| {
        let mut command = program();
        command.args(["analyze", "in", "--out", out, "--threads", "2"]).current_dir(folder.path()).stderr(Stdio::piped());
        command
    };
    let began = Instant::now();
    assert!(analyze("undisturbed").output().unwrap().status.success());
    let whole_run = began.elapsed();

    let out = folder.path().join("out");
    let mut moment = 0x2545_F491_4F6C_DD1D_u64;
    let (mut kept, mut killed) = (BTreeMap::new(), 0);
    for _ in 0..KILLS {
        // Linear congruential (Knuth): the moments are the same in every run of the test, as far as the machine is.
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (moment >> 40) as f64 / (1 << 24) as f64;
        let mut running = analyze("out").spawn().unwrap();
        // Most of a run is the same work as before; early moments keep it from being done too soon.
        std::thread::sleep(whole_run.mul_f64(share * 0.25));
        running.kill().unwrap();
        killed += u32::from(running.wait().unwrap().code().is_none());
        let now = assert_whole(&out);
        for (name, bytes) in &kept {
            assert_eq!(now.get(name), Some(bytes), "{name} was there before");
        }
        kept = now;
    }
    assert!(killed > 0, "none of the runs was killed");

    let output = analyze("out").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let run = read(&out.join("run.json"));
    assert_eq!(run["reused"], kept.len(), "every result that was there is reused");
    assert_eq!(run["done"], PHOTOS as usize - kept.len());
    assert_eq!(files(&out), files(&folder.path().join("undisturbed")));
}

#[cfg(unix)]
#[test]
fn folder_whose_later_run_was_killed_no_longer_passes_for_the_earlier_one() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().unwrap();
    for i in 0..60 {
        write_photo(&folder.path().join(format!("in/{i:03}.png")), i);
    }
    let analyze = ["analyze", "in", "--out", "out", "--threads", "1", "--overlay", "none", "--no-report"];
    assert_eq!(code(&anagen(&analyze, folder.path())), 0);
    let mut running = program().args(analyze).args(["--um-per-px", "4"]).current_dir(folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    BufReader::new(running.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    running.kill().unwrap();
    running.wait().unwrap();
    let run = read(&folder.path().join("out/run.json"));
    assert_eq!((&run["interrupted"], &run["settings"]["um_per_px"], &run["done"]), (&true.into(), &4.0.into(), &0.into()));
    assert!(run["photos"].as_array().unwrap().iter().all(|photo| photo["status"] == "not_reached" && photo["result"].is_null()));
    let output = anagen(&["merge", "out", "--out", "merged"], folder.path());
    assert!(code(&output) == 2 && stderr(&output).contains("this part was stopped"), "{}", stderr(&output));
}

#[test]
fn killed_before_its_first_record_it_still_is_no_folder_of_photos() {
    let folder = three_photos();
    anagen(&["analyze", "in", "--out", "in/results"], folder.path());
    for lost in ["photos.csv", "report.html", "photos/s02/front.json"] {
        fs::remove_file(folder.path().join("in/results").join(lost)).unwrap();
    }
    anagen(&["analyze", "in", "--out", "elsewhere"], folder.path());
    assert_eq!(read(&folder.path().join("elsewhere/run.json"))["found"], 3);
}

#[cfg(target_os = "linux")]
#[test]
fn second_run_on_one_folder_says_so_and_a_killed_one_is_in_nobodys_way() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().unwrap();
    for i in 0..60 {
        write_photo(&folder.path().join(format!("in/{i:03}.png")), i);
    }
    let analyze = ["analyze", "in", "--out", "out", "--threads", "1"];
    let mut running = program().args(analyze).current_dir(folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first_line = String::new();
    let mut told = BufReader::new(running.stderr.take().unwrap());
    told.read_line(&mut first_line).unwrap();
    // Stopped, so that it cannot end before the second run begins.
    let signal = |name: &str| assert!(Command::new("kill").args([name, &running.id().to_string()]).status().unwrap().success());
    signal("-STOP");
    let output = program().args(analyze).current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("out: another run is writing to this folder"), "{}", stderr(&output));
    signal("-KILL");
    running.wait().unwrap();
    assert_eq!(code(&anagen(&analyze, folder.path())), 0);
}

/// Runs the program where no file may grow beyond this many blocks of 512 bytes: as when the disk is full.
#[cfg(unix)]
fn starved(blocks: u32, folder: &Path) -> std::process::Output {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" analyze in --out out");
    Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_anagen")]).current_dir(folder).output().unwrap()
}

#[cfg(unix)]
#[test]
fn full_disk_fails_the_photos_it_has_no_room_for_and_leaves_no_half_file() {
    let folder = three_photos();
    for blocks in [0, 2, 8, 20, 60] {
        let output = starved(blocks, folder.path());
        assert!([1, 2].contains(&code(&output)), "{blocks}: {}", stderr(&output));
        assert!(!stderr(&output).contains("panic") && !stderr(&output).contains("os error"), "{blocks}: {}", stderr(&output));
        assert_whole(&folder.path().join("out"));
        let parts = files(&folder.path().join("out")).into_keys().filter(|name| name.ends_with(".part"));
        assert_eq!(parts.count(), 0, "{blocks}");
    }
    assert_eq!(code(&anagen(&["analyze", "in", "--out", "out"], folder.path())), 0);
    anagen(&["analyze", "in", "--out", "fresh"], folder.path());
    assert_eq!(files(&folder.path().join("out")), files(&folder.path().join("fresh")));
}

#[cfg(unix)]
#[test]
fn folder_that_cannot_be_written_to_is_told_before_any_work() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let folder = three_photos();
    fs::create_dir(folder.path().join("out")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_anagen"));
    for (place, mode) in [("", 0o755), ("out", 0o555)] {
        fs::set_permissions(folder.path().join(place), fs::Permissions::from_mode(mode)).unwrap();
    }
    let free = fs::write(folder.path().join("out/probe"), b"").is_ok();
    if free {
        // Permissions hold nobody back who runs as the superuser, so the program runs as somebody else, from where everybody may run it.
        fs::remove_file(folder.path().join("out/probe")).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_anagen"), folder.path().join("anagen")).unwrap();
        command = Command::new(folder.path().join("anagen"));
        command.uid(65_534);
    }
    let output = command.args(["analyze", "in", "--out", "out"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert_eq!(stderr(&output), "anagen: out: permission denied\nName another folder: --out DIR\n");
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 0);
    fs::set_permissions(folder.path().join("out"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn device_asked_for_as_a_file_stays_a_device() {
    use std::os::unix::fs::FileTypeExt;
    let folder = three_photos();
    let output = anagen(&["analyze", "in/s02", "--out", "out", "--json", "/dev/null"], folder.path());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    let output = anagen(&["analyze", "in/s02", "--out", "out", "--json", "/dev/full"], folder.path());
    assert_eq!((code(&output), stderr(&output).lines().last()), (1, Some("anagen: /dev/full: the disk is full")));
}

#[cfg(unix)]
#[test]
fn pipe_asked_for_as_a_file_is_written_into() {
    let folder = three_photos();
    let pipe = folder.path().join("pipe");
    if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
        return;
    }
    let reader = std::thread::spawn(move || fs::read(pipe).unwrap());
    anagen(&["analyze", "in/s02", "--out", "out", "--json", "pipe"], folder.path());
    assert_eq!(reader.join().unwrap(), fs::read(folder.path().join("out/photos/front.json")).unwrap());
}

#[test]
fn photo_that_changes_between_runs_of_a_folder_gets_the_result_of_what_was_read() {
    let folder = three_photos();
    let photo = folder.path().join("in/s02/front.bmp");
    anagen(&["analyze", "in", "--out", "out"], folder.path());
    let whole = fs::read(&photo).unwrap();
    // As a copy that has not come to its end leaves it: as long as the whole, with the rest still to come.
    let mut half = whole.clone();
    half[whole.len() / 2..].fill(0);
    fs::write(&photo, &half).unwrap();
    anagen(&["analyze", "in", "--out", "out"], folder.path());
    fs::write(&photo, &whole).unwrap();
    std::thread::sleep(Duration::from_millis(1));
    anagen(&["analyze", "in", "--out", "out"], folder.path());
    anagen(&["analyze", "in", "--out", "fresh"], folder.path());
    assert_eq!(files(&folder.path().join("out")), files(&folder.path().join("fresh")));
}

#[cfg(unix)]
#[test]
fn drawing_that_is_killed_leaves_no_photo_without_scale_and_truth() {
    let folder = tempfile::tempdir().unwrap();
    // By name alone: what is being written may be gone before it is read.
    let names = || fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let drawn = || names().filter(|name| name.ends_with(".jpg")).collect::<Vec<_>>();
    let draw = ["phantom", "--out", ".", "--scene", "vellus", "--count", "50"];
    let mut running = program().args(draw).current_dir(folder.path()).stderr(Stdio::null()).spawn().unwrap();
    while drawn().len() < 2 {
        assert_eq!(running.try_wait().unwrap(), None, "it draws fifty photos");
        std::thread::sleep(Duration::from_millis(5));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    let scales = fs::read_to_string(folder.path().join("anagen.toml")).unwrap();
    for photo in drawn() {
        let name = photo.trim_end_matches(".jpg");
        assert!(scales.contains(&format!("glob = \"{name}.*\"")), "{photo} has no scale");
        assert!(folder.path().join(format!("{name}.truth.json")).is_file(), "{photo} has no truth");
    }
}
