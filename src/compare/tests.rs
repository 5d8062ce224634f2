//! Skin with painted hair, seen twice: what is right is known.

use super::*;
use crate::calibration::{Calibration, ScaleSource};
use crate::field::{BorderRule, Field};
use crate::follicle::Unit;
use crate::geometry::{Point, Polygon, Polyline, Vector};
use crate::photo::Photo;
use crate::raster::Mask;
use crate::strand::{End, Strand, Tone, Width};
use crate::units::Pixels;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const WIDTH: usize = 1000;
const HEIGHT: usize = 800;
const UM_PER_PX: f64 = 6.5;

/// A hair on the skin, in pixels of a photo that nothing has moved.
#[derive(Clone, Copy)]
struct Hair {
    root: Point,
    tip: Point,
    width: f64,
    unit: usize,
}

/// Units on a shaken grid well beyond the photo, with one to three hairs each.
fn skin(seed: u64) -> Vec<Hair> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut hairs = vec![];
    let mut unit = 0;
    for row in -4..12 {
        for column in -4..14 {
            let ostium = Point::new(f64::from(column) * 110.0, f64::from(row) * 110.0)
                + Vector::new(random.random_range(-38.0..38.0), random.random_range(-38.0..38.0));
            for i in 0..random.random_range(1..4) {
                let root = ostium + Vector::from_angle(f64::from(i) * 2.1 + random.random_range(0.0..0.6)) * 14.0;
                let tip = root + Vector::from_angle(0.6 + random.random_range(-0.4..0.4)) * random.random_range(50.0..75.0);
                hairs.push(Hair { root, tip, width: random.random_range(7.0..12.0), unit });
            }
            unit += 1;
        }
    }
    hairs
}

/// What a photo shows of the skin, and what of it was traced.
struct Seen {
    pose: Homography,
    /// Which hairs are there.
    there: Box<dyn Fn(usize) -> bool>,
    /// Which of them were traced.
    traced: Box<dyn Fn(usize) -> bool>,
    /// How far ends are traced off, at most, in pixels.
    shaken: f64,
    /// Strands where no hair is.
    spurious: usize,
    /// Turns every hair about its root by up to this.
    combed: f64,
    seed: u64,
}

impl Default for Seen {
    fn default() -> Self {
        let pose = Homography::similarity(1.0, 0.0, Vector::default());
        Self { pose, there: Box::new(|_| true), traced: Box::new(|_| true), shaken: 0.0, spurious: 0, combed: 0.0, seed: 9 }
    }
}

fn visit(hairs: &[Hair], seen: &Seen) -> Visit {
    let mut random = ChaCha8Rng::seed_from_u64(seen.seed);
    let scale = Mapping::new(seen.pose, None).unwrap().scale(Point::new(500.0, 400.0));
    let mut pixels = vec![[205u8, 170, 150]; WIDTH * HEIGHT];
    pixels.iter_mut().for_each(|p| *p = p.map(|v| v - random.random_range(0..6)));
    let (mut strands, mut of_unit) = (vec![], vec![]);
    for (i, hair) in hairs.iter().enumerate() {
        let turn = random.random_range(-1.0..1.0) * seen.combed;
        let (off, shake) = (hair.tip - hair.root, |r: &mut ChaCha8Rng| {
            Vector::from_angle(r.random_range(0.0..6.3)) * (seen.shaken * r.random_range(0.0..1.0))
        });
        let tip = hair.root + Vector::from_angle(off.angle() + turn) * off.length();
        let (root, tip) = (seen.pose.map(hair.root), seen.pose.map(tip));
        let [root_traced, tip_traced] = [root + shake(&mut random), tip + shake(&mut random)];
        let width = hair.width * scale;
        let inside = |p: Point| p.x > 1.0 && p.y > 1.0 && p.x < WIDTH as f64 - 2.0 && p.y < HEIGHT as f64 - 2.0;
        if !(seen.there)(i) || !inside(root) {
            continue;
        }
        paint(&mut pixels, root, tip, width);
        if (seen.traced)(i) && inside(tip) {
            strands.push(strand(strands.len(), root_traced, tip_traced, width));
            of_unit.push(hair.unit);
        }
    }
    for i in 0..seen.spurious {
        let root = Point::new(random.random_range(80.0..920.0), random.random_range(80.0..720.0));
        strands.push(Strand {
            confidence: 0.5,
            ..strand(strands.len(), root, root + Vector::from_angle(random.random_range(0.0..6.3)) * 50.0, 8.0)
        });
        of_unit.push(100_000 + i);
    }
    let units = grouped(&strands, &of_unit);
    let scale = Calibration { um_per_px: UM_PER_PX / scale, standard_uncertainty: 0.01, source: ScaleSource::CommandLine };
    Visit::new(&Photo::from_rgb8(WIDTH, HEIGHT, pixels), field(), strands, units, Some(scale))
}

fn strand(id: usize, root: Point, tip: Point, width: f64) -> Strand {
    let width = Width {
        value: Pixels(width),
        standard_error: Pixels(0.05),
        fit_error: Pixels(0.05),
        samples: 20,
        taper: 0.0,
        core: false,
        blur_dominated: false,
    };
    Strand {
        id,
        centerline: Polyline::new(vec![root, root.lerp(tip, 0.5), tip]),
        root_end: End::Root,
        tip_end: End::Tip,
        width: Some(width),
        estimate: None,
        tone: Tone::Dark,
        confidence: 0.95,
    }
}

fn grouped(strands: &[Strand], of_unit: &[usize]) -> Vec<Unit> {
    let mut names = of_unit.to_vec();
    names.sort_unstable();
    names.dedup();
    let unit = |(id, name): (usize, &usize)| {
        let members: Vec<usize> = (0..strands.len()).filter(|&i| of_unit[i] == *name).collect();
        Unit { id, ostium: strands[members[0]].root(), strands: members }
    };
    names.iter().enumerate().map(unit).collect()
}

fn field() -> Field {
    let step = 4;
    let all = Mask::from_elem((HEIGHT / step, WIDTH / step), true);
    let (right, bottom) = (WIDTH as f64 - 0.5, HEIGHT as f64 - 0.5);
    let corners = [[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]].map(Point::from).to_vec();
    let polygon = Polygon::new(corners);
    let area_px = (WIDTH * HEIGHT) as f64;
    Field {
        counted: all.clone(),
        lined: Mask::from_elem(all.dim(), false),
        visible: all,
        step: step as f64,
        area_px,
        polygon,
        border_rule: BorderRule::RootInside,
    }
}

fn paint(pixels: &mut [[u8; 3]], root: Point, tip: Point, width: f64) {
    let line = Polyline::new(vec![root, tip]);
    let range = |a: f64, b: f64, most: usize| ((a.min(b) - width).max(0.0) as usize)..((a.max(b) + width) as usize).min(most);
    for y in range(root.y, tip.y, HEIGHT) {
        for x in range(root.x, tip.x, WIDTH) {
            let cover = (0.5 * width + 0.5 - line.distance_to(Point::new(x as f64, y as f64))).clamp(0.0, 1.0);
            let p = &mut pixels[y * WIDTH + x];
            *p = p.map(|v| (f64::from(v) * (1.0 - 0.75 * cover)) as u8);
        }
    }
}

/// Turned about the middle and shifted.
fn pose(scale: f64, degrees: f64, shift: [f64; 2]) -> Homography {
    let middle = Vector::new(500.0, 400.0);
    Homography::similarity(1.0, 0.0, middle + Vector::new(shift[0], shift[1]))
        .after(&Homography::similarity(scale, degrees.to_radians(), Vector::default()))
        .after(&Homography::similarity(1.0, 0.0, -middle))
}

fn compared(a: &Visit, b: &Visit) -> Comparison {
    compare(a, b, &Cuts::default())
}

fn count(comparison: &Comparison, fate: Fate) -> usize {
    comparison.fates.iter().filter(|hair| hair.fate == fate).count()
}

/// The largest distance by which the middle part of the photo is carried wrongly.
fn missed(registration: &Registration, truth: &Homography) -> f64 {
    let places = [[300.0, 250.0], [700.0, 250.0], [500.0, 400.0], [300.0, 550.0], [700.0, 550.0]].map(Point::from);
    places.iter().map(|p| registration.mapping.map(*p).distance(truth.map(*p))).fold(0.0, f64::max)
}

/// One of ten, for hairs to miss.
fn tenth(offset: usize) -> impl Fn(usize) -> bool {
    move |i| !(i * 7 + offset).is_multiple_of(10)
}

#[test]
fn photos_without_hair_are_refused_and_say_so() {
    let bare = visit(&[], &Seen::default());
    let comparison = compared(&bare, &visit(&skin(1), &Seen::default()));
    assert!(comparison.registration.is_none() && comparison.fates.is_empty() && comparison.changes.is_empty());
    assert_eq!(comparison.caveats[0].code, CaveatCode::NotSameField);
}

#[test]
fn a_photo_compared_with_itself_shows_no_change() {
    let photo = visit(&skin(1), &Seen::default());
    let comparison = compared(&photo, &photo);
    let registration = comparison.registration.as_ref().unwrap();
    assert!(missed(registration, &pose(1.0, 0.0, [0.0, 0.0])) < 1e-6 && registration.mapping.warp.is_none());
    assert_eq!(count(&comparison, Fate::Kept), photo.strands.len());
    for change in &comparison.changes {
        assert!(change.change() == 0.0 && change.verdict() == Verdict::NoDetectableChange, "{change:?}");
    }
    assert!(comparison.units.iter().all(|unit| unit.fate == UnitFateKind::Kept));
}

/// The same photo with only the skin so far from its edges counted, in pixels.
fn counted_within(mut visit: Visit, margin: f64) -> Visit {
    let (step, size) = (visit.field.step, [WIDTH as f64, HEIGHT as f64]);
    let inside = |at: usize, size: f64| (margin..size - margin).contains(&(at as f64 * step));
    visit.field.counted = Mask::from_shape_fn(visit.field.counted.dim(), |(row, column)| inside(row, size[1]) && inside(column, size[0]));
    visit.field.area_px = visit.field.counted.iter().filter(|counted| **counted).count() as f64 * step * step;
    // As photos group their strands: the ostium is the mean of the roots.
    let middle = |unit: &Unit| {
        let origin = Point::new(0.0, 0.0);
        let sum = unit.strands.iter().fold(Vector::default(), |sum, id| sum + (visit.strands[*id].root() - origin));
        origin + sum * (1.0 / unit.strands.len() as f64)
    };
    visit.units = visit.units.iter().map(|unit| Unit { ostium: middle(unit), ..unit.clone() }).collect();
    visit
}

fn change(comparison: &Comparison, name: &str) -> Change {
    comparison.changes.iter().find(|change| change.name == name).unwrap().clone()
}

#[test]
fn a_photo_compared_with_itself_has_its_own_counts() {
    let mut photo = counted_within(visit(&skin(1), &Seen::default()), 130.0);
    // One counted hair has no thickness.
    let is_counted = |strand: &&mut Strand| strand.is_counted(&photo.field);
    photo.strands.iter_mut().find(is_counted).unwrap().width = None;
    let comparison = compared(&photo, &photo);
    let hairs = photo.strands.iter().filter(|strand| strand.is_counted(&photo.field)).count();
    let counted =
        |unit: &&Unit| photo.field.counts(unit.ostium) && unit.strands.iter().any(|id| photo.strands[*id].is_counted(&photo.field));
    let units: Vec<&Unit> = photo.units.iter().filter(counted).collect();
    assert!(hairs < photo.strands.len() && units.len() < photo.units.len(), "some of the hair lies outside");
    // All of it is followed, and what is counted is counted.
    assert_eq!(count(&comparison, Fate::Kept), photo.strands.len());
    for (name, expected) in [("hair_count", hairs), ("follicular_unit_count", units.len())] {
        let change = change(&comparison, name);
        assert_eq!([change.baseline, change.follow_up, change.n as f64], [expected as f64; 3], "{name}");
    }
    let of_units = units.iter().map(|unit| unit.strands.len()).sum::<usize>() as f64 / units.len() as f64;
    assert!((change(&comparison, "hairs_per_unit_mean").baseline - of_units).abs() < 1e-9);
    // A change rests on the hairs or units that say something of it.
    for (name, expected) in [
        ("hairs_per_unit_mean", units.len()),
        ("single_hair_unit_share", units.len()),
        ("thickness_mean", hairs - 1),
        ("thickness_median", hairs - 1),
        ("vellus_share", hairs - 1),
        ("hair_density_at_least_40um", hairs - 1),
        ("cumulative_thickness", hairs - 1),
    ] {
        assert_eq!(change(&comparison, name).n, expected, "{name}");
    }
}

#[test]
fn different_skin_is_refused() {
    for seed in 0..6 {
        let (a, b) = (visit(&skin(seed), &Seen::default()), visit(&skin(seed + 50), &Seen::default()));
        let refusal = register(&a, &b).unwrap_err();
        assert!(matches!(refusal, Refusal::NotProven(chance) if chance > -4.0), "{seed}: {refusal:?}");
    }
}

#[test]
fn the_same_skin_is_found_turned_zoomed_shifted_with_hairs_missed_and_invented() {
    for (seed, scale, degrees, shift) in
        [(1, 1.0, 25.0, [0.0, 0.0]), (2, 0.8, -25.0, [40.0, 30.0]), (3, 1.25, 12.0, [-90.0, 60.0]), (4, 1.0, -4.0, [480.0, 0.0])]
    {
        let baseline = visit(&skin(seed), &Seen { traced: Box::new(tenth(0)), shaken: 2.0, spurious: 6, ..Seen::default() });
        let truth = pose(scale, degrees, shift);
        let later = Seen { pose: truth, traced: Box::new(tenth(3)), shaken: 2.0, spurious: 6, seed: 77, ..Seen::default() };
        let registration = register(&baseline, &visit(&skin(seed), &later)).unwrap();
        assert!(missed(&registration, &truth) < 8.0, "{seed}: {} px", missed(&registration, &truth));
        assert!(registration.chance_log10 < MOST_CHANCE_LOG10);
    }
}

#[test]
fn hair_combed_anew_does_not_hide_the_skin() {
    let combed = Seen { pose: pose(1.0, 10.0, [60.0, -30.0]), combed: 1.5, shaken: 2.0, seed: 5, ..Seen::default() };
    let registration = register(&visit(&skin(8), &Seen::default()), &visit(&skin(8), &combed)).unwrap();
    assert!(missed(&registration, &combed.pose) < 6.0);
}

#[test]
fn a_mirror_image_is_refused_as_one() {
    let mirrored: Vec<Hair> = skin(3)
        .into_iter()
        .map(|h| Hair { root: Point::new(WIDTH as f64 - h.root.x, h.root.y), tip: Point::new(WIDTH as f64 - h.tip.x, h.tip.y), ..h })
        .collect();
    let (a, b) = (visit(&skin(3), &Seen::default()), visit(&mirrored, &Seen::default()));
    assert_eq!(register(&a, &b), Err(Refusal::Mirrored));
    assert_eq!(compared(&a, &b).caveats[0].code, CaveatCode::Mirrored);
}

/// The hairs whose root and surroundings lie in the middle of the photo.
fn in_the_middle(hairs: &[Hair]) -> Vec<usize> {
    let inside = |h: &Hair| (250.0..750.0).contains(&h.root.x) && (200.0..600.0).contains(&h.root.y);
    (0..hairs.len()).filter(|&i| inside(&hairs[i])).collect()
}

#[test]
fn a_hair_that_is_gone_is_lost_and_the_other_way_round_new() {
    let hairs = skin(4);
    let gone = in_the_middle(&hairs)[3];
    let truth = pose(1.05, 8.0, [30.0, 20.0]);
    let later = visit(&hairs, &Seen { pose: truth, there: Box::new(move |i| i != gone), shaken: 1.5, seed: 21, ..Seen::default() });
    let earlier = visit(&hairs, &Seen { shaken: 1.5, ..Seen::default() });
    let forward = compared(&earlier, &later);
    assert_eq!((count(&forward, Fate::Lost), count(&forward, Fate::New)), (1, 0));
    let lost = forward.fates.iter().find(|hair| hair.fate == Fate::Lost).unwrap();
    assert!(lost.baseline.unwrap().root.distance(hairs[gone].root) < 2.0 && lost.follow_up.is_none());
    let backward = compared(&later, &earlier);
    assert_eq!((count(&backward, Fate::Lost), count(&backward, Fate::New)), (0, 1));
    let of = |c: &Comparison| c.changes.iter().find(|change| change.name == "hair_count").map(Change::change);
    assert_eq!((of(&forward), of(&backward)), (Some(-1.0), Some(1.0)));
}

#[test]
fn a_hair_that_was_not_traced_but_is_seen_is_kept() {
    let hairs = skin(4);
    let missed = in_the_middle(&hairs)[3];
    let later =
        visit(&hairs, &Seen { pose: pose(1.0, 5.0, [20.0, 0.0]), traced: Box::new(move |i| i != missed), seed: 3, ..Seen::default() });
    let comparison = compared(&visit(&hairs, &Seen::default()), &later);
    assert_eq!((count(&comparison, Fate::Lost), count(&comparison, Fate::New)), (0, 0));
    let untraced: Vec<&HairFate> = comparison.fates.iter().filter(|hair| hair.reason == Some(Reason::Untraced)).collect();
    assert!(untraced.iter().any(|hair| hair.baseline.unwrap().root.distance(hairs[missed].root) < 1.0), "{untraced:?}");
}

#[test]
fn an_untraced_hair_lies_as_the_comb_turned_it_and_is_as_sure_as_it_is_not_gone() {
    let hairs = skin(4);
    let missed = in_the_middle(&hairs)[3];
    let turn = |hair: &Hair| {
        let off = hair.tip - hair.root;
        Hair { tip: hair.root + Vector::from_angle(off.angle() + 0.35) * off.length(), ..*hair }
    };
    let combed: Vec<Hair> = hairs.iter().map(turn).collect();
    let later = visit(&combed, &Seen { traced: Box::new(move |i| i != missed), ..Seen::default() });
    let comparison = compared(&visit(&hairs, &Seen::default()), &later);
    let of = |hair: &&HairFate| hair.baseline.is_some_and(|place| place.root.distance(hairs[missed].root) < 1.0);
    let untraced = comparison.fates.iter().find(of).unwrap();
    assert_eq!(untraced.reason, Some(Reason::Untraced), "{untraced:?}");
    let tip = untraced.follow_up.unwrap().tip;
    assert!(tip.distance(combed[missed].tip) < 8.0, "{} px", tip.distance(combed[missed].tip));
    assert!((untraced.confidence - (1.0 - untraced.gone().unwrap())).abs() < 1e-12);
}

#[test]
fn hair_combed_anew_is_neither_lost_nor_new() {
    let hairs = skin(8);
    let combed =
        Seen { pose: pose(1.0, 5.0, [20.0, -10.0]), combed: 0.5, shaken: 1.5, traced: Box::new(tenth(3)), seed: 5, ..Seen::default() };
    let comparison = compared(&visit(&hairs, &Seen { shaken: 1.5, ..Seen::default() }), &visit(&hairs, &combed));
    assert_eq!((count(&comparison, Fate::Lost), count(&comparison, Fate::New)), (0, 0));
}

#[test]
fn hair_cut_loose_is_not_called_new() {
    // A short stroke that runs across the hair around it.
    let hairs = skin(4);
    let at = hairs[in_the_middle(&hairs)[3]].root + Vector::new(45.0, -40.0);
    let loose = Hair { root: at, tip: at + Vector::from_angle(2.4) * 30.0, width: 9.0, unit: 9_999 };
    let later: Vec<Hair> = hairs.iter().copied().chain([loose]).collect();
    let comparison = compared(&visit(&hairs, &Seen::default()), &visit(&later, &Seen::default()));
    assert_eq!((count(&comparison, Fate::Lost), count(&comparison, Fate::New)), (0, 0));
    assert!(comparison.fates.iter().any(|hair| hair.reason == Some(Reason::Doubtful)));
}

#[test]
fn a_hair_surely_seen_is_new_though_it_runs_another_way() {
    let hairs = skin(4);
    let at = hairs[in_the_middle(&hairs)[3]].root + Vector::new(45.0, -40.0);
    let sure = Hair { root: at, tip: at + Vector::from_angle(2.4) * 30.0, width: 9.0, unit: 9_999 };
    let later: Vec<Hair> = hairs.iter().copied().chain([sure]).collect();
    let mut later = visit(&later, &Seen::default());
    later.strands.iter_mut().for_each(|strand| strand.confidence = 0.99);
    let comparison = compared(&visit(&hairs, &Seen::default()), &later);
    assert_eq!((count(&comparison, Fate::Lost), count(&comparison, Fate::New)), (0, 1));
}

/// The hairs of a photo whose middle holds these alone, as far off the middle across their shafts and as wide as said.
fn alone_in_the_middle(hairs: &[Hair], those: &[(f64, f64)]) -> Vec<Hair> {
    let middle = Point::new(500.0, 400.0);
    let around = hairs.iter().copied().filter(|hair| hair.root.distance(middle) > 90.0 && hair.tip.distance(middle) > 90.0);
    let own = those.iter().map(|&(off, width)| {
        let root = middle + Vector::new(0.0, off);
        Hair { root, tip: root + Vector::new(60.0, 0.0), width, unit: 9_999 }
    });
    around.chain(own).collect()
}

#[test]
fn of_two_hairs_about_as_near_the_one_as_wide_is_the_same() {
    let hairs = skin(4);
    let earlier = alone_in_the_middle(&hairs, &[(0.0, 6.0)]);
    let later = alone_in_the_middle(&hairs, &[(-4.0, 11.0), (6.0, 6.0)]);
    let comparison = compared(&visit(&earlier, &Seen::default()), &visit(&later, &Seen::default()));
    let of =
        |y: f64| comparison.fates.iter().find(|hair| hair.follow_up.is_some_and(|p| p.root.distance(Point::new(500.0, y)) < 1.0)).unwrap();
    assert!(of(406.0).baseline.is_some_and(|p| p.root.distance(Point::new(500.0, 400.0)) < 1.0), "{:?}", of(406.0));
    assert!(!of(396.0).fate.is_kept());
}

#[test]
fn a_thin_hair_gone_and_a_wide_one_come_near_it_are_two() {
    let hairs = skin(4);
    let seen = |off: f64, width: f64| visit(&alone_in_the_middle(&hairs, &[(off, width)]), &Seen::default());
    let fates = |comparison: &Comparison| [Fate::Lost, Fate::New].map(|fate| count(comparison, fate));
    let (thin, wide) = (seen(0.0, 6.0), seen(20.0, 11.0));
    assert_eq!(fates(&compared(&thin, &wide)), [1, 1]);
    // As wide as before, it is the same hair, traced elsewhere.
    assert_eq!(fates(&compared(&thin, &seen(20.0, 6.0))), [0, 0]);
}

#[test]
fn a_hair_whose_place_is_hidden_is_unresolved() {
    let hairs = skin(4);
    let gone = in_the_middle(&hairs)[3];
    let mut later = visit(&hairs, &Seen { there: Box::new(move |i| i != gone), ..Seen::default() });
    let (column, row) = ((hairs[gone].root.x / 4.0) as usize, (hairs[gone].root.y / 4.0) as usize);
    for place in (row - 2..=row + 2).flat_map(|row| (column + 2..=column + 7).map(move |column| [row, column])) {
        later.field.counted[place] = false;
    }
    let comparison = compared(&visit(&hairs, &Seen::default()), &later);
    assert_eq!(count(&comparison, Fate::Lost), 0);
    assert!(comparison.fates.iter().any(|hair| hair.fate == Fate::Unresolved && hair.reason == Some(Reason::Hidden)));
}

#[test]
fn an_emptied_unit_and_a_reactivated_one_are_told() {
    let hairs = skin(6);
    let gone = hairs[in_the_middle(&hairs)[5]].unit;
    let units: Vec<usize> = hairs.iter().map(|hair| hair.unit).collect();
    let without = Seen { there: Box::new(move |i| units[i] != gone), seed: 31, ..Seen::default() };
    let (full, empty) = (visit(&hairs, &Seen::default()), visit(&hairs, &without));
    let fates =
        |comparison: Comparison| comparison.units.into_iter().map(|u| u.fate).filter(|f| *f != UnitFateKind::Kept).collect::<Vec<_>>();
    assert_eq!(fates(compared(&full, &empty)), [UnitFateKind::Emptied]);
    assert_eq!(fates(compared(&empty, &full)), [UnitFateKind::Reactivated]);
}

#[test]
fn thicker_hair_is_told_from_measuring_twice() {
    let hairs = skin(5);
    // Of hairs beside one another it is not told.
    let alone = |i: &usize| hairs.iter().filter(|hair| hair.unit == hairs[*i].unit).count() == 1;
    let middle: Vec<usize> = in_the_middle(&hairs).into_iter().filter(alone).collect();
    let mut later = hairs.clone();
    // 2 px are 13 µm.
    middle.iter().take(4).for_each(|&i| later[i].width += 2.0);
    let comparison = compared(&visit(&hairs, &Seen { seed: 1, ..Seen::default() }), &visit(&later, &Seen { seed: 2, ..Seen::default() }));
    assert_eq!((count(&comparison, Fate::Thickened), count(&comparison, Fate::Thinned)), (4, 0));
    let thick = comparison.fates.iter().filter(|hair| hair.fate == Fate::Thickened);
    assert!(thick.into_iter().all(|hair| (hair.thickness_change().unwrap().0.0 - 2.0 * UM_PER_PX).abs() < 0.5));
}

#[test]
fn without_scales_hairs_are_followed_and_nothing_is_measured_on_the_skin() {
    let hairs = skin(7);
    let (mut a, mut b) = (visit(&hairs, &Seen::default()), visit(&hairs, &Seen { pose: pose(1.1, 9.0, [50.0, 0.0]), ..Seen::default() }));
    for neither in [true, false] {
        a.calibration = a.calibration.filter(|_| !neither);
        b.calibration = None;
        let comparison = compared(&a, &b);
        assert!(comparison.registration.is_some() && comparison.changes.iter().all(|change| change.unit == "1"));
        assert!(comparison.fates.iter().all(|hair| hair.thickness_change().is_none() && hair.length_change.is_none()));
        assert!(comparison.caveats.iter().any(|caveat| caveat.code == CaveatCode::Uncalibrated));
        a = visit(&hairs, &Seen::default());
    }
}

#[test]
fn scales_that_do_not_fit_are_told() {
    let hairs = skin(7);
    let mut zoomed = visit(&hairs, &Seen { pose: pose(1.2, 3.0, [0.0, 0.0]), ..Seen::default() });
    zoomed.calibration = zoomed.calibration.map(|scale| Calibration { um_per_px: UM_PER_PX, ..scale });
    let comparison = compared(&visit(&hairs, &Seen::default()), &zoomed);
    assert!(comparison.registration.is_some());
    assert!(comparison.caveats.iter().any(|caveat| caveat.code == CaveatCode::ScalesDisagree), "{:?}", comparison.caveats);
}
