//! Whole timelines of sessions whose hairs are laid out by hand.

use super::super::{Fate, HairFate, UnitFateKind};
use super::*;
use crate::calibration::{Calibration, ScaleSource};
use crate::field::Field;
use crate::follicle;
use crate::geometry::{Point, Polyline, Vector};
use crate::photo::Photo;
use crate::strand::{End, Strand, Tone, Width};
use crate::units::Pixels;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: (usize, usize) = (640, 512);
const UM_PER_PX: f64 = 5.0;
const WIDTH: f64 = 13.0;

/// One hair as it lies on the skin: its root and its direction.
#[derive(Clone, Copy)]
struct Laid {
    root: Point,
    angle: f64,
}

/// A field of hairs that stand apart from one another.
fn field_of_hair(seed: u64) -> Vec<Laid> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut hairs: Vec<Laid> = vec![];
    for _ in 0..4000 {
        let root = Point::new(rng.random_range(70.0..510.0), rng.random_range(70.0..440.0));
        if hairs.len() < 26 && hairs.iter().all(|h| h.root.distance(root) > 68.0) {
            hairs.push(Laid { root, angle: rng.random_range(-0.5..0.5) });
        }
    }
    hairs
}

/// The hairs' numbers, those first that stand farthest from any other.
fn loneliest(hairs: &[Laid]) -> Vec<usize> {
    let line = |h: &Laid| Polyline::new(vec![h.root, h.root + Vector::from_angle(h.angle) * 55.0]);
    let room = |i: usize| {
        let own = line(&hairs[i]).resampled(5.0).points;
        let others = (0..hairs.len()).filter(|&j| j != i);
        others.map(|j| own.iter().map(|p| line(&hairs[j]).distance_to(*p)).fold(f64::INFINITY, f64::min)).fold(f64::INFINITY, f64::min)
    };
    let mut order: Vec<usize> = (0..hairs.len()).collect();
    order.sort_by(|&a, &b| room(b).total_cmp(&room(a)));
    order
}

/// A session that sees these hairs turned and shifted as its number says, on a day three months after the one before.
fn session(number: usize, hairs: &[Laid]) -> Occasion {
    let mut rng = ChaCha8Rng::seed_from_u64(1000 + number as u64);
    let turn = if number == 0 { 0.0 } else { rng.random_range(-0.1..0.1) };
    let shift = if number == 0 { Vector::default() } else { Vector::new(rng.random_range(-25.0..25.0), rng.random_range(-25.0..25.0)) };
    let middle = Point::new(320.0, 256.0);
    // Skin without any grain would be taken for skin out of focus.
    let grain = |rng: &mut ChaCha8Rng| {
        let grain = rng.random_range(0..24u8);
        [186, 154, 138].map(|c: u8| c + grain)
    };
    let mut pixels: Vec<[u8; 3]> = (0..SIZE.0 * SIZE.1).map(|_| grain(&mut rng)).collect();
    let mut strands = vec![];
    for hair in hairs {
        let v = hair.root - middle;
        let (sin, cos) = f64::sin_cos(turn);
        let jitter = Vector::new(rng.random_range(-0.8..0.8), rng.random_range(-0.8..0.8));
        let root = middle + Vector::new(cos * v.x - sin * v.y, sin * v.x + cos * v.y) + shift + jitter;
        let tip = root + Vector::from_angle(hair.angle + turn) * 55.0;
        let line = Polyline::new(vec![root, tip]).resampled(4.0);
        for y in (root.y.min(tip.y) as usize).saturating_sub(9)..(root.y.max(tip.y) as usize + 9).min(SIZE.1) {
            for x in (root.x.min(tip.x) as usize).saturating_sub(9)..(root.x.max(tip.x) as usize + 9).min(SIZE.0) {
                if line.distance_to(Point::new(x as f64, y as f64)) < WIDTH / 2.0 {
                    pixels[y * SIZE.0 + x] = [34, 28, 24];
                }
            }
        }
        let width = Width {
            value: Pixels(WIDTH),
            standard_error: Pixels(0.2),
            fit_error: Pixels(0.2),
            samples: 12,
            taper: 0.0,
            core: false,
            blur_dominated: false,
        };
        strands.push(Strand {
            id: strands.len(),
            centerline: line,
            root_end: End::Root,
            tip_end: End::Tip,
            width: Some(width),
            estimate: None,
            tone: Tone::Dark,
            confidence: 0.95,
        });
    }
    let photo = Photo::from_rgb8(SIZE.0, SIZE.1, pixels);
    let scale = Calibration { um_per_px: UM_PER_PX, standard_uncertainty: 0.0, source: ScaleSource::CommandLine };
    let (field, _) = Field::find(&photo, None, None, None);
    let units = follicle::group(&strands, Some(&scale));
    let visit = Visit::new(&photo, field, strands, units, Some(scale));
    Occasion { visit, day: 91 * number as i64, device: Some("Scope".into()), measurements: vec![] }
}

fn fates(timeline: &Timeline) -> Vec<TimelineFate> {
    timeline.hairs.iter().map(|hair| hair.fate).collect()
}

#[test]
fn no_session_and_one_have_no_trend() {
    let none = timeline(&[], &[], &Cuts::default());
    assert!(none.hairs.is_empty() && none.goings.is_empty() && none.apart.is_empty());
    let one = timeline(&[session(0, &field_of_hair(1))], &[], &Cuts::default());
    assert_eq!(one.apart, [None]);
    assert!(one.goings.iter().all(|going| going.trend.is_none()));
    assert!(fates(&one).iter().all(|fate| *fate == TimelineFate::Unresolved));
}

/// A session whose hairs grow in units of two.
fn in_twos(mut session: Occasion) -> Occasion {
    let strands = &session.visit.strands;
    let two = |(id, two): (usize, &[Strand])| follicle::Unit { id, ostium: two[0].root(), strands: two.iter().map(|s| s.id).collect() };
    session.visit.units = strands.chunks(2).enumerate().map(two).collect();
    session
}

#[test]
fn hairs_that_are_compared_with_none_have_the_units_of_their_own_photo() {
    let (ours, other) = (field_of_hair(3), field_of_hair(4));
    let alone = timeline(&[in_twos(session(0, &ours))], &[], &Cuts::default());
    assert_eq!(alone.units.len(), ours.len().div_ceil(2));
    assert!(alone.units.iter().all(|unit| unit.fate == UnitFateKind::Unresolved && unit.bears[0] == Some(unit.hairs.len())));
    let sessions = [in_twos(session(0, &other)), session(1, &ours), session(2, &ours)];
    let followed = timeline(&sessions, &[], &Cuts::default());
    assert_eq!(followed.apart[0], Some(Apart::OtherField));
    let of_other = followed.units.iter().filter(|unit| unit.bears[0].is_some()).count();
    assert_eq!(of_other, other.len().div_ceil(2));
}

#[test]
fn trend_of_three_sessions_is_no_surer_than_the_change_it_rests_on() {
    let hairs = field_of_hair(4);
    let sessions: Vec<Occasion> = (0..3).map(|k| session(k, &hairs)).collect();
    let followed = timeline(&sessions, &[], &Cuts::default());
    let density = followed.goings.iter().find(|going| going.name == "hair_count").unwrap();
    let last = density.levels.last().unwrap();
    let change = last.change.as_ref().unwrap().interval.unwrap();
    let [low, high] = density.trend.as_ref().unwrap().interval.unwrap();
    assert!(change.high > change.low && (high - low) * last.months >= change.high - change.low - 1e-9, "{low} to {high}, {change:?}");
}

#[test]
fn forty_sessions_are_one_timeline_in_which_each_hair_has_one_course() {
    let hairs = field_of_hair(2);
    // Beside another shaft a photo could not tell for certain that one is gone.
    let (lost, new) = (loneliest(&hairs)[0], loneliest(&hairs)[1]);
    let sessions: Vec<Occasion> = (0..40)
        .map(|k| {
            let there: Vec<Laid> = (0..hairs.len()).filter(|&h| !(h == lost && k >= 20 || h == new && k < 10)).map(|h| hairs[h]).collect();
            session(k, &there)
        })
        .collect();
    let event = Event { day: 91 * 10 - 1, label: "start".into() };
    let followed = timeline(&sessions, std::slice::from_ref(&event), &Cuts::default());
    assert!(followed.apart.iter().all(Option::is_none), "{:?}", followed.apart);
    assert!(followed.comparisons.len() < 200, "not every pair of forty: {}", followed.comparisons.len());

    for (k, session) in sessions.iter().enumerate() {
        let mut held: Vec<usize> = followed.hairs.iter().filter_map(|hair| hair.sessions[k].strand).collect();
        held.sort_unstable();
        assert_eq!(held, (0..session.visit.strands.len()).collect::<Vec<_>>(), "session {k}: every strand is one hair's");
    }
    let all = fates(&followed);
    let count = |fate| all.iter().filter(|f| **f == fate).count();
    assert_eq!((count(TimelineFate::Lost), count(TimelineFate::New), all.len()), (1, 1, hairs.len()), "{all:?}");
    let gone = &followed.hairs[all.iter().position(|f| *f == TimelineFate::Lost).unwrap()];
    assert!(gone.sessions[..20].iter().all(|s| s.state == State::Seen) && gone.sessions[20..].iter().all(|s| s.state != State::Seen));

    let mut held: Vec<usize> = followed.units.iter().flat_map(|unit| unit.hairs.clone()).collect();
    held.sort_unstable();
    assert_eq!(held, (0..hairs.len()).collect::<Vec<_>>(), "every hair is in one unit");
    let unit = |fate: TimelineFate| {
        let hair = all.iter().position(|f| *f == fate).unwrap();
        followed.units.iter().find(|unit| unit.hairs.contains(&hair)).unwrap()
    };
    // Both stand alone in their ostium.
    assert_eq!((unit(TimelineFate::Lost).fate, unit(TimelineFate::New).fate), (UnitFateKind::Emptied, UnitFateKind::Reactivated));
    assert_eq!((unit(TimelineFate::Lost).bears[0], unit(TimelineFate::Lost).bears[39]), (Some(1), Some(0)));

    let count = followed.goings.iter().find(|going| going.name == "hair_count").unwrap();
    assert_eq!(count.levels.len(), 40);
    let above: Vec<f64> = count.levels.iter().map(|level| level.value - count.levels[0].value).collect();
    assert!((above[15] - 1.0).abs() < 0.5 && above[39].abs() < 0.5, "one more from session 10 to 20: {above:?}");
    assert!(count.trend.as_ref().unwrap().interval.is_some());
    let since = &followed.events[0];
    assert_eq!(since.baseline, Some(9));
    assert_eq!(
        since.times.iter().map(|then| (then.name, then.session)).collect::<Vec<_>>(),
        [("3-6 months", 11), ("12 months", 14), ("last session", 39)]
    );
}

#[test]
fn a_session_of_other_skin_or_another_camera_stands_apart() {
    let (ours, other) = (field_of_hair(3), field_of_hair(4));
    let mut sessions = vec![session(0, &other), session(1, &ours), session(2, &ours), session(3, &ours), session(4, &ours)];
    sessions[3].device = Some("Other scope".into());
    sessions[4].visit.calibration = None;
    let followed = timeline(&sessions, &[], &Cuts::default());
    assert_eq!(followed.reference, 1);
    assert_eq!(followed.apart, [Some(Apart::OtherField), None, None, Some(Apart::OtherDevice), Some(Apart::Uncalibrated)]);
    assert!(followed.goings.iter().all(|going| going.levels.iter().all(|level| [1, 2].contains(&level.session))));
    // Hairs are followed through sessions that are in no trend.
    assert!(followed.hairs.iter().any(|hair| hair.sessions[1..].iter().all(|seen| seen.state == State::Seen)));
}

/// A session whose strands, by the hairs they are of, are so many pixels wider than usual.
fn with_wider(mut session: Occasion, wider: &[(usize, f64)]) -> Occasion {
    for (hair, by) in wider {
        session.visit.strands[*hair].width.as_mut().unwrap().value.0 += by;
    }
    session
}

/// What became of the hair that a strand of a session is of, and how its thickness has changed, in micrometers.
fn course(timeline: &Timeline, session: usize, strand: usize) -> (TimelineFate, Option<f64>) {
    let hair = timeline.hairs.iter().find(|hair| hair.sessions[session].strand == Some(strand)).unwrap();
    (hair.fate, hair.thickness_change.map(|(change, _)| change.0))
}

#[test]
fn a_session_that_stands_apart_does_not_say_that_hair_is_thicker() {
    let hairs = field_of_hair(4);
    let [ours, theirs] = [loneliest(&hairs)[0], loneliest(&hairs)[1]];
    // One hair is thicker by the camera of the others, another one only by the camera of the last session, or by a photo without a scale.
    for device in [true, false] {
        let mut sessions =
            vec![session(0, &hairs), with_wider(session(1, &hairs), &[(ours, 2.0)]), with_wider(session(2, &hairs), &[(theirs, 2.0)])];
        if device {
            sessions[2].device = Some("Other scope".into());
        } else {
            sessions[2].visit.calibration = None;
        }
        let followed = timeline(&sessions, &[], &Cuts::default());
        assert!(followed.apart[..2].iter().all(Option::is_none) && followed.apart[2].is_some(), "{:?}", followed.apart);
        assert_eq!(course(&followed, 0, ours), (TimelineFate::Thickened, Some(2.0 * UM_PER_PX)));
        assert_eq!(course(&followed, 0, theirs), (TimelineFate::Kept, Some(0.0)));
    }
}

#[test]
fn thickness_of_what_may_be_another_hair_is_not_held_against_that_of_the_first() {
    let hairs = field_of_hair(4);
    let lone = loneliest(&hairs)[0];
    let mut moved = hairs.clone();
    // Beside its place across its shaft, where it is as likely another.
    moved[lone].root = moved[lone].root + Vector::from_angle(moved[lone].angle).normal() * (1.7 * WIDTH);
    let followed = timeline(&[session(0, &hairs), with_wider(session(1, &moved), &[(lone, 2.0)])], &[], &Cuts::default());
    let paired = followed.comparisons[&(0, 1)].fates.iter().find(|fate| fate.baseline.is_some_and(|place| place.id == Some(lone))).unwrap();
    assert!(paired.fate == Fate::Kept && paired.confidence < 0.5 && paired.follow_up.unwrap().id == Some(lone), "{paired:?}");
    assert_eq!(course(&followed, 0, lone), (TimelineFate::Kept, None));
    assert_eq!(followed.hairs.iter().filter(|hair| hair.thickness_change.is_some()).count(), hairs.len() - 1);
}

#[test]
fn a_session_that_may_show_another_hair_does_not_keep_the_others_from_saying_how_it_changed() {
    let hairs = field_of_hair(4);
    let lone = loneliest(&hairs)[0];
    let mut moved = hairs.clone();
    moved[lone].root = moved[lone].root + Vector::from_angle(moved[lone].angle).normal() * (1.7 * WIDTH);
    for last in [false, true] {
        let mut sessions = vec![session(0, &hairs), with_wider(session(1, &hairs), &[(lone, 2.0)])];
        sessions.insert(if last { 2 } else { 0 }, with_wider(session(2, &moved), &[(lone, 9.0)]));
        sessions.iter_mut().zip(0..).for_each(|(session, day)| session.day = 30 * day);
        let followed = timeline(&sessions, &[], &Cuts::default());
        assert_eq!(course(&followed, 1, lone).1, Some(2.0 * UM_PER_PX));
    }
}

#[test]
fn slow_thickening_is_told_from_the_first_of_many_sessions_to_the_last() {
    let hairs = field_of_hair(4);
    let slow = loneliest(&hairs)[0];
    let mut sessions: Vec<Occasion> = (0..12).map(|k| with_wider(session(k, &hairs), &[(slow, 0.12 * k as f64)])).collect();
    // The session that all others are compared with did not trace it.
    sessions[0].visit.strands.retain(|strand| strand.id != slow);
    sessions[0].visit.units.iter_mut().for_each(|unit| unit.strands.retain(|id| *id != slow));
    let followed = timeline(&sessions, &[], &Cuts::default());
    assert!(!followed.comparisons.contains_key(&(1, 11)));
    let (fate, change) = course(&followed, 11, slow);
    assert!((change.unwrap() - 0.12 * 10.0 * UM_PER_PX).abs() < 1e-9, "{change:?}");
    assert_eq!(fate, TimelineFate::Thickened);
    assert_eq!(fates(&followed).iter().filter(|fate| **fate != TimelineFate::Kept).count(), 1);
}

#[test]
fn how_well_scales_are_known_is_in_how_well_a_change_is_known() {
    let hairs = field_of_hair(4);
    let error = |uncertainty: f64| {
        let mut sessions = [session(0, &hairs), session(1, &hairs)];
        sessions.iter_mut().for_each(|s| s.visit.calibration.as_mut().unwrap().standard_uncertainty = uncertainty * UM_PER_PX);
        let followed = timeline(&sessions, &[], &Cuts::default());
        let stated = followed.comparisons[&(0, 1)].fates.iter().find_map(HairFate::thickness_change).unwrap().1.0;
        let error = followed.hairs.iter().find_map(|hair| hair.thickness_change).unwrap().1.0;
        assert!((stated - error).abs() < 1e-9, "{stated} {error}");
        error
    };
    let (exact, known) = (error(0.0), error(0.03));
    let by_scale = 0.03 * 2f64.sqrt() * WIDTH * UM_PER_PX;
    assert!((known - exact.hypot(by_scale)).abs() < 0.05, "{exact} {known}");
}

#[test]
fn the_usual_camera_is_that_of_sessions_that_can_be_compared() {
    let hairs = field_of_hair(3);
    let mut sessions: Vec<Occasion> = (0..5).map(|k| session(k, &hairs)).collect();
    for session in &mut sessions[..3] {
        session.visit.calibration = None;
    }
    for session in &mut sessions[3..] {
        session.device = Some("Other scope".into());
    }
    let followed = timeline(&sessions, &[], &Cuts::default());
    let apart = [Some(Apart::Uncalibrated), Some(Apart::Uncalibrated), Some(Apart::Uncalibrated), None, None];
    assert_eq!((followed.apart, followed.device.as_deref()), (apart.to_vec(), Some("Other scope")));
}

#[test]
fn a_count_goes_as_the_density_times_the_whole_first_field() {
    let hairs = field_of_hair(4);
    let gone = loneliest(&hairs)[0];
    let fewer: Vec<Laid> = (0..hairs.len()).filter(|hair| *hair != gone).map(|hair| hairs[hair]).collect();
    for calibrated in [true, false] {
        let mut sessions = [session(0, &hairs), session(1, &hairs), session(2, &fewer)];
        let visit = &sessions[0].visit;
        let area = visit.calibration.unwrap().square_centimeters(visit.field.area_px).0;
        let count = hairs.len() as f64;
        let of_field = |name: &str, value: f64| Measurement {
            name: name.into(),
            value: Some(value),
            unit: "1".into(),
            low: None,
            high: None,
            level: LEVEL,
            n: hairs.len(),
            method: String::new(),
        };
        sessions[0].measurements = vec![of_field("hair_count", count), of_field("hair_density", count / area)];
        if !calibrated {
            sessions.iter_mut().for_each(|session| session.visit.calibration = None);
        }
        let followed = timeline(&sessions, &[], &Cuts::default());
        let share = followed.comparisons[&(0, 2)].overlap.unwrap().share;
        let going = |name: &str| followed.goings.iter().find(|going| going.name == name);
        let counts = going("hair_count").unwrap();
        let since = counts.levels[2].change.as_ref().unwrap();
        assert!(share < 0.95 && (since.change() + 1.0 / share).abs() < 1e-9, "{share} {since:?}");
        assert!(counts.method().contains("whole first field"));
        if let Some(density) = going("hair_density") {
            let [of_counts, of_density] = [counts, density].map(|going| going.levels.iter().map(|level| level.value));
            assert!(of_counts.zip(of_density).all(|(count, density)| (count - density * area).abs() < 1e-6), "{counts:?} {density:?}");
            let [of_counts, of_density] = [counts, density].map(|going| going.trend.as_ref().unwrap().interval.unwrap());
            assert!((of_counts[0] - of_density[0] * area).abs() < 1e-6 && (of_counts[1] - of_density[1] * area).abs() < 1e-6);
        }
        assert_eq!(going("hair_density").is_some(), calibrated);
    }
}
