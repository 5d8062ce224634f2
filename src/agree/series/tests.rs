use super::*;
use crate::agree::TOLERANCE;
use crate::compare::Homography;
use crate::geometry::{Polygon, Vector};
use crate::phantom::{Course, Pose, Seams, SessionTruth};
use proptest::prelude::*;

/// How the follow-up lies: so many pixels to the right and down.
const SHIFT: Vector = Vector::new(30.0, 20.0);

/// Hairs on a grid whose thickness in two sessions is known.
fn series(thickness: &[[Option<f64>; 2]]) -> SeriesTruth {
    let session = |photo: &str| SessionTruth {
        photo: photo.into(),
        date: String::new(),
        width: 1000,
        height: 800,
        um_per_px: 4.0,
        pose: Pose::first(),
    };
    let life = |(i, thickness): (usize, &[Option<f64>; 2])| {
        let root = Point::new(100.0 + 100.0 * (i % 8) as f64, 100.0 + 200.0 * (i / 8) as f64);
        HairLife {
            id: 10 + i,
            unit: i,
            course: Course::Kept,
            root_um: [0.0; 2],
            thickness_um: thickness.map(|t| t.map(Micrometers)).to_vec(),
            roots: vec![root, root + SHIFT],
        }
    };
    SeriesTruth { sessions: vec![session("a"), session("b")], hairs: thickness.iter().enumerate().map(life).collect() }
}

/// A session's photo in which every hair is found, its strand numbered as the hair.
fn photo(series: &SeriesTruth, session: usize) -> ComparedPhoto {
    let there = || series.hairs.iter().filter_map(|hair| Some((hair, hair.thickness_um[session]?)));
    let tip = |hair: &HairLife| hair.roots[session] + Vector::new(0.0, 90.0);
    let mark = |(hair, thickness): (&HairLife, Micrometers)| TrueHair {
        class: "single".into(),
        root: hair.roots[session],
        tip: tip(hair),
        width_um: Some(thickness),
        id: Some(hair.id),
        unit: None,
        points: None,
    };
    let found = |(hair, thickness): (&HairLife, Micrometers)| {
        let root = hair.roots[session];
        (hair.id, Found { root, tip: tip(hair), thickness: Some(thickness), standard_error: None, confidence: 1.0 })
    };
    let truth = Truth { width: 1000, height: 800, um_per_px: Some(4.0), seams: Seams::default(), hairs: there().map(mark).collect() };
    let corners = [[-0.5, -0.5], [999.5, -0.5], [999.5, 799.5], [-0.5, 799.5]].map(Point::from).to_vec();
    let field = vec![CountedRegion { outline: Polygon::new(corners), holes: vec![] }];
    ComparedPhoto { session, truth, strands: there().map(found).collect(), field, tolerance: TOLERANCE }
}

/// What is to be said of two sessions, each change known to 1 µm and the hair count to 2 hairs.
fn perfect(series: &SeriesTruth, [then, now]: [usize; 2]) -> Compared {
    let hair = |hair: &HairLife| {
        let there = [then, now].map(|session| hair.thickness_um[session]);
        let change = there[0].zip(there[1]).map(|(then, now)| now - then);
        let fate = match (there, change.map_or(0.0, |change| change.0)) {
            ([Some(_), None], _) => Fate::Lost,
            ([None, _], _) => Fate::New,
            (_, change) if change >= CHANGED => Fate::Thickened,
            (_, change) if change <= -CHANGED => Fate::Thinned,
            _ => Fate::Kept,
        };
        let strands = there.map(|there| there.map(|_| hair.id));
        ComparedHair { fate, strands, thickness_change: change, standard_error: change.map(|_| Micrometers(1.0)) }
    };
    let there = |session: usize| series.hairs.iter().filter(|hair| hair.thickness_um[session].is_some()).count() as f64;
    let change = there(now) - there(then);
    let shift = if then < now { SHIFT } else { Vector::default() - SHIFT };
    Compared {
        name: "a--b".into(),
        mapping: Mapping::new(Homography::similarity(1.0, 0.0, shift), None),
        hairs: series.hairs.iter().filter(|hair| [then, now].iter().any(|k| hair.thickness_um[*k].is_some())).map(hair).collect(),
        count: Some(StatedChange { change, interval: Some([change - 2.0, change + 2.0]) }),
    }
}

fn judged(compared: &Compared, series: &SeriesTruth, sessions: [usize; 2]) -> ComparisonsAgreement {
    let photos = sessions.map(|session| photo(series, session));
    ComparisonsAgreement::over(vec![PairAgreement::new(compared, &photos, series)])
}

/// Of ten hairs one is lost, two are new, one grows thicker by 6 µm and one thinner by 5.
fn ten() -> SeriesTruth {
    let kept = [Some(60.0); 2];
    let [lost, new] = [[Some(60.0), None], [None, Some(60.0)]];
    series(&[kept, kept, lost, kept, new, new, [Some(60.0), Some(66.0)], [Some(60.0), Some(55.0)], kept, kept])
}

fn calls(called: usize, right: usize, without_hair: usize) -> CallAgreement {
    CallAgreement { called, right, without_hair }
}

fn recall(hairs: usize, found: usize, called: usize) -> RecallAgreement {
    RecallAgreement { hairs, found, called }
}

#[test]
fn without_comparisons_nothing_is_known() {
    let all = ComparisonsAgreement::over(vec![]);
    assert_eq!((all.pairs, all.registration, all.count), (0, RegistrationAgreement::default(), CountChangeAgreement::default()));
    assert_eq!(all.thickness, ThicknessChangeAgreement::default());
}

#[test]
fn perfect_comparison_is_right_in_all() {
    let all = judged(&perfect(&ten(), [0, 1]), &ten(), [0, 1]);
    assert_eq!((all.pairs, all.registered, all.registration.roots, all.registration.median_px), (1, 1, 10, Some(0.0)));
    assert_eq!((all.lost, all.new, all.same_hair), (calls(1, 1, 0), calls(2, 2, 0), calls(7, 7, 0)));
    assert_eq!((all.truly_lost, all.truly_new), (recall(1, 1, 1), recall(2, 2, 2)));
    let thickness = all.thickness;
    assert_eq!((thickness.stated, thickness.median_size_um, thickness.intervals_that_hold), (7, Some(0.0), 7));
    assert_eq!((thickness.truly_changed, thickness.truly_changed_and_stated, thickness.told), (2, 2, 2));
    assert_eq!(thickness.called, calls(2, 2, 0));
    let count = all.count;
    assert_eq!((count.error.bias, count.error_size, count.intervals_that_hold, count.slope), (Some(0.0), Some(0.0), 1, Some(1.0)));
    assert_eq!((count.true_size, count.median_half_width), (Some(0.125), Some(0.25)));
}

#[test]
fn later_photo_may_be_the_baseline() {
    let all = judged(&perfect(&ten(), [1, 0]), &ten(), [1, 0]);
    assert_eq!((all.lost, all.new, all.registration.median_px), (calls(2, 2, 0), calls(1, 1, 0), Some(0.0)));
    assert_eq!((all.thickness.called, all.count.slope), (calls(2, 2, 0), Some(1.0)));
    let mirrored = judged(&perfect(&ten(), [0, 1]), &ten(), [1, 0]);
    assert_eq!((mirrored.lost.right, mirrored.new.right, mirrored.thickness.called.right), (0, 0, 0));
}

#[test]
fn false_calls_are_wrong() {
    let (series, mut compared) = (ten(), perfect(&ten(), [0, 1]));
    // A kept hair is called lost and new at once, and one that grew thinner is called thicker.
    compared.hairs[0] = ComparedHair { fate: Fate::Lost, strands: [Some(10), None], ..compared.hairs[0] };
    compared.hairs.push(ComparedHair { fate: Fate::New, strands: [None, Some(10)], ..compared.hairs[0] });
    compared.hairs[7].fate = Fate::Thickened;
    let all = judged(&compared, &series, [0, 1]);
    assert_eq!((all.lost, all.new, all.same_hair), (calls(2, 1, 0), calls(3, 2, 0), calls(6, 6, 0)));
    assert_eq!((all.thickness.called, all.thickness.told), (calls(2, 1, 0), 1));
}

#[test]
fn pair_of_two_hairs_is_wrong_and_says_nothing_of_their_thickness() {
    let (series, mut compared) = (ten(), perfect(&ten(), [0, 1]));
    compared.hairs[0].strands = [Some(10), Some(11)];
    compared.hairs[6].strands = [Some(16), Some(17)];
    let all = judged(&compared, &series, [0, 1]);
    assert_eq!((all.same_hair, all.thickness.stated, all.thickness.called), (calls(7, 5, 0), 5, calls(2, 1, 0)));
}

#[test]
fn change_that_is_not_stated_is_not_told() {
    let mut compared = perfect(&ten(), [0, 1]);
    compared.hairs[6] = ComparedHair { fate: Fate::Kept, thickness_change: None, standard_error: None, ..compared.hairs[6] };
    let thickness = judged(&compared, &ten(), [0, 1]).thickness;
    assert_eq!((thickness.stated, thickness.truly_changed, thickness.truly_changed_and_stated, thickness.told), (6, 2, 1, 1));
}

#[test]
fn strand_on_no_hair_is_neither_right_nor_wrong() {
    let (series, compared) = (ten(), perfect(&ten(), [0, 1]));
    let mut photos = [photo(&series, 0), photo(&series, 1)];
    for strand in [10, 12] {
        let found = photos[0].strands.get_mut(&strand).unwrap();
        (found.root, found.tip) = (found.tip, found.root);
    }
    let all = ComparisonsAgreement::over(vec![PairAgreement::new(&compared, &photos, &series)]);
    assert_eq!((all.lost, all.same_hair), (calls(0, 0, 1), calls(6, 6, 1)));
    assert_eq!(all.truly_lost, recall(1, 0, 0));
}

#[test]
fn hairs_near_the_border_or_said_to_lie_outside_are_not_asked_for() {
    let (mut series, mut compared) = (ten(), perfect(&ten(), [0, 1]));
    compared.hairs[2].fate = Fate::Outside;
    series.hairs[4].roots[0].x = 39.0;
    let all = judged(&compared, &series, [0, 1]);
    assert_eq!((all.truly_lost, all.truly_new), (recall(0, 0, 0), recall(1, 1, 1)));
}

#[test]
fn hair_count_is_that_of_the_skin_counted_in_both() {
    let (series, compared) = (ten(), perfect(&ten(), [0, 1]));
    let mut photos = [photo(&series, 0), photo(&series, 1)];
    let hole = [[80.0, 80.0], [120.0, 80.0], [120.0, 120.0], [80.0, 120.0]].map(Point::from).to_vec();
    photos[0].field[0].holes.push(Polygon::new(hole));
    let pair = PairAgreement::new(&compared, &photos, &series);
    assert_eq!(pair.count, Some(CountChange { change: 1.0, low: Some(-1.0), high: Some(3.0), true_change: 1.0, true_baseline: 7 }));
    photos[1].field.clear();
    assert_eq!(PairAgreement::new(&compared, &photos, &series).count, None);
}

#[test]
fn roots_are_mapped_off_by_what_the_mapping_is() {
    let (series, mut compared) = (ten(), perfect(&ten(), [0, 1]));
    compared.mapping = Mapping::new(Homography::similarity(1.0, 0.0, SHIFT + Vector::new(3.0, 4.0)), None);
    let registration = judged(&compared, &series, [0, 1]).registration;
    let near = |value: Option<f64>, expected: f64| (value.unwrap() - expected).abs() < 1e-9;
    assert!(near(registration.median_px, 5.0) && near(registration.within_um, 20.0), "{registration:?}");
}

#[test]
fn photos_not_shown_to_be_of_the_same_skin_are_judged_in_nothing_else() {
    let compared = Compared { mapping: None, ..perfect(&ten(), [0, 1]) };
    let all = judged(&compared, &ten(), [0, 1]);
    assert_eq!((all.pairs, all.registered, all.lost, all.truly_lost), (1, 0, calls(0, 0, 0), recall(0, 0, 0)));
    assert_eq!((all.registration.roots, all.count.error.n), (0, 0));
}

#[test]
fn slope_is_that_of_least_squares_through_zero() {
    let count = |change: f64, true_change: f64| CountChange { change, low: None, high: None, true_change, true_baseline: 50 };
    let all = CountChangeAgreement::of(&[count(2.0, 4.0), count(-3.0, -6.0), count(1.0, 0.0)]);
    assert!((all.slope.unwrap() - 0.5).abs() < 1e-12 && all.intervals == 0, "{all:?}");
    assert!((all.error_size.unwrap() - 0.04).abs() < 1e-12 && (all.error.bias.unwrap() - 0.04 / 3.0).abs() < 1e-12, "{all:?}");
    assert_eq!(CountChangeAgreement::of(&[count(1.0, 0.0)]).slope, None);
}

proptest! {
    #[test]
    fn nothing_said_of_hairs_that_are_not_there_panics(
        strands in prop::collection::vec((prop::option::of(0usize..30), prop::option::of(0usize..30), 0usize..7), 0..20),
        sessions in [0usize..4, 0..4],
        change in prop::num::f64::ANY,
    ) {
        let series = ten();
        let hairs = strands.into_iter().map(|(then, now, fate)| ComparedHair {
            fate: Fate::ALL[fate],
            strands: [then, now],
            thickness_change: Some(Micrometers(change)),
            standard_error: Some(Micrometers(-change)),
        });
        let mapping = Mapping::new(Homography([[1.0, 0.0, change], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), None);
        let count = Some(StatedChange { change, interval: Some([change, -change]) });
        let compared = Compared { name: String::new(), mapping, hairs: hairs.collect(), count };
        let photos = sessions.map(|session| ComparedPhoto { session, ..photo(&series, session % 2) });
        let all = ComparisonsAgreement::over(vec![PairAgreement::new(&compared, &photos, &series)]);
        prop_assert!(all.lost.right <= all.lost.called && all.truly_lost.called <= all.truly_lost.found);
    }
}
