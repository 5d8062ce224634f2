use super::*;
use crate::calibration::ScaleSource;
use crate::field::BorderRule;
use crate::follicle;
use crate::geometry::{Point, Polygon, Polyline, Vector};
use crate::raster::Mask;
use crate::strand::{End, Estimate, Tone, Width};
use crate::units::Pixels;

const NAMES: [&str; 25] = [
    "hair_count",
    "hair_density",
    "follicular_unit_count",
    "follicular_unit_density",
    "hairs_per_unit_mean",
    "single_hair_unit_share",
    "unit_size_1",
    "unit_size_2",
    "unit_size_3",
    "unit_size_4",
    "unit_size_5_or_more",
    "thickness_mean",
    "thickness_median",
    "thickness_sd",
    "thickness_cv",
    "vellus_share",
    "terminal_to_vellus_ratio",
    "hair_density_at_least_20um",
    "hair_density_at_least_30um",
    "hair_density_at_least_40um",
    "hair_density_at_least_50um",
    "hair_density_at_least_60um",
    "cumulative_thickness",
    "hair_coverage",
    "interunit_distance_median",
];
const LAST: &str = "direction_coherence";

/// A field over all of a photo of this size.
fn field(width: f64, height: f64) -> Field {
    let counted = Mask::from_elem(((height / 4.0).ceil() as usize, (width / 4.0).ceil() as usize), true);
    let polygon =
        Polygon::new([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]].map(Point::from).to_vec());
    Field {
        visible: counted.clone(),
        lined: Mask::from_elem(counted.dim(), false),
        counted,
        step: 4.0,
        area_px: width * height,
        polygon,
        border_rule: BorderRule::RootInside,
    }
}

fn strand(id: usize, root: Point, along: Vector, width: Option<f64>) -> Strand {
    Strand {
        id,
        centerline: Polyline::new(vec![root, root + along]),
        root_end: End::Root,
        tip_end: End::Tip,
        width: width.map(|w| Width {
            value: Pixels(w),
            standard_error: Pixels(0.0),
            fit_error: Pixels(0.0),
            samples: 20,
            taper: 0.0,
            core: false,
            blur_dominated: false,
        }),
        estimate: None,
        tone: Tone::Dark,
        confidence: 1.0,
    }
}

fn scale(um_per_px: f64, standard_uncertainty: f64) -> Calibration {
    Calibration { um_per_px, standard_uncertainty, source: ScaleSource::CommandLine }
}

/// At 5 µm/px, 2000 × 2000 px are 1 cm²: 25 units 1.5 mm apart, of 1, 2 and 3 hairs 100 µm apart in turn, 4 to 20 px (20 to 100 µm) thick.
fn scalp() -> Vec<Strand> {
    let mut strands = vec![];
    for unit in 0..25 {
        for hair in 0..1 + unit % 3 {
            let root = Point::new(160.0 + 300.0 * (unit % 5) as f64 + 20.0 * hair as f64, 160.0 + 300.0 * (unit / 5) as f64);
            strands.push(strand(strands.len(), root, Vector::new(80.0, 60.0), Some(4.0 + ((unit * 7 + hair * 5) % 17) as f64)));
        }
    }
    strands
}

fn measure(strands: &[Strand], field: &Field, calibration: Option<&Calibration>) -> Vec<Measurement> {
    catalogue(strands, &follicle::group(strands, calibration), field, calibration, &Cuts::default())
}

fn get<'a>(catalogue: &'a [Measurement], name: &str) -> &'a Measurement {
    catalogue.iter().find(|m| m.name == name).unwrap_or_else(|| panic!("{name} is in the catalogue"))
}

fn value(catalogue: &[Measurement], name: &str) -> f64 {
    get(catalogue, name).value.unwrap_or_else(|| panic!("{name} is known"))
}

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found}, expected {expected}");
}

#[test]
fn every_name_of_the_contract_is_there_in_order() {
    let found = measure(&scalp(), &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    let names: Vec<&str> = found.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, [&NAMES[..], &[LAST]].concat());
}

#[test]
fn every_measurement_lies_in_its_interval_and_says_its_method() {
    for m in measure(&scalp(), &field(2000.0, 2000.0), Some(&scale(5.0, 0.05))) {
        let (value, low, high) = (m.value.unwrap(), m.low.unwrap(), m.high.unwrap());
        assert!(low <= value && value <= high && low < high, "{m:?}");
        assert!(m.method.contains("interval: ") && m.method.ends_with('.') && m.level == 0.95, "{m:?}");
    }
}

#[test]
fn a_unit_of_which_no_hair_counts_does_not_count() {
    let mut strands = scalp();
    // The first unit is of one hair, the second of two: of neither the first hair's root was seen.
    strands[0].root_end = End::Border;
    strands[1].root_end = End::Border;
    let found = measure(&strands, &field(2000.0, 2000.0), None);
    assert_eq!((value(&found, "hair_count"), value(&found, "follicular_unit_count")), (47.0, 24.0));
}

#[test]
fn a_scalp_of_one_square_centimeter_is_counted_right() {
    let found = measure(&scalp(), &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    let (singles, pairs, triples) = (9.0, 8.0, 8.0);
    let hairs = singles + 2.0 * pairs + 3.0 * triples;
    for (name, expected) in [
        ("hair_count", hairs),
        ("hair_density", hairs),
        ("follicular_unit_count", 25.0),
        ("follicular_unit_density", 25.0),
        ("hairs_per_unit_mean", hairs / 25.0),
        ("single_hair_unit_share", singles / 25.0),
        ("unit_size_1", singles),
        ("unit_size_2", pairs),
        ("unit_size_3", triples),
        ("unit_size_4", 0.0),
        ("unit_size_5_or_more", 0.0),
        ("direction_coherence", 1.0),
    ] {
        assert_close(value(&found, name), expected, 1e-9, name);
    }
}

#[test]
fn thickness_is_the_width_in_micrometers() {
    let strands: Vec<Strand> = [4.0, 10.0, 10.0, 16.0, 20.0]
        .into_iter()
        .enumerate()
        .map(|(id, w)| strand(id, Point::new(100.0 + 300.0 * id as f64, 500.0), Vector::new(0.0, 100.0), Some(w)))
        .collect();
    let found = measure(&strands, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    for (name, expected) in [
        ("thickness_mean", 60.0),
        ("thickness_median", 50.0),
        ("thickness_sd", 950_f64.sqrt()),
        ("thickness_cv", 950_f64.sqrt() / 60.0),
        ("vellus_share", 0.2),
        ("terminal_to_vellus_ratio", 2.0),
        ("hair_density_at_least_20um", 5.0),
        ("hair_density_at_least_30um", 4.0),
        ("hair_density_at_least_50um", 4.0),
        ("hair_density_at_least_60um", 2.0),
        ("cumulative_thickness", 0.3),
        ("interunit_distance_median", 1.5),
    ] {
        assert_close(value(&found, name), expected, 1e-9, name);
    }
}

#[test]
fn hairs_without_a_width_count_as_thick_as_the_others() {
    let mut strands = scalp();
    let all = measure(&strands, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    let copies: Vec<Strand> = strands
        .iter()
        .map(|s| Strand {
            id: s.id + 100,
            width: None,
            centerline: Polyline::new(s.centerline.points.iter().map(|p| *p + Vector::new(0.0, 8.0)).collect()),
            ..s.clone()
        })
        .collect();
    strands.extend(copies);
    let half = measure(&strands, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    for name in ["cumulative_thickness", "hair_density_at_least_40um", "hair_density"] {
        assert_close(value(&half, name), 2.0 * value(&all, name), 1e-9, name);
    }
    assert_eq!(value(&half, "thickness_mean"), value(&all, "thickness_mean"));
    for s in &mut strands {
        s.width = None;
    }
    let none = measure(&strands, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    for name in ["cumulative_thickness", "hair_density_at_least_40um", "thickness_mean", "thickness_cv", "vellus_share", "hair_coverage"] {
        assert_eq!((get(&none, name).value, get(&none, name).low, get(&none, name).high), (None, None, None), "{name}");
    }
}

#[test]
fn without_a_scale_nothing_is_in_micrometers() {
    let found = measure(&scalp(), &field(2000.0, 2000.0), None);
    let names: Vec<&str> = found.iter().map(|m| m.name.as_str()).collect();
    let scale_free = NAMES.into_iter().chain([LAST]).filter(|name| {
        name.starts_with("unit_size")
            || [
                "hair_count",
                "follicular_unit_count",
                "hairs_per_unit_mean",
                "single_hair_unit_share",
                "thickness_cv",
                "hair_coverage",
                LAST,
            ]
            .contains(name)
    });
    assert_eq!(names, scale_free.collect::<Vec<_>>());
    for m in &found {
        let words = format!(" {} {} ", m.unit, m.method.replace([',', ';', '.'], " "));
        assert!(m.unit == "1" && ![" um ", " mm ", " cm2 ", "µm"].iter().any(|unit| words.contains(unit)), "{m:?}");
    }
    assert_close(
        value(&found, "thickness_cv"),
        value(&measure(&scalp(), &field(2000.0, 2000.0), Some(&scale(5.0, 0.0))), "thickness_cv"),
        1e-12,
        "cv",
    );
}

#[test]
fn no_hair_is_a_result() {
    let found = measure(&[], &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    assert_eq!(found.len(), 26);
    for name in ["hair_count", "hair_density", "follicular_unit_count", "hair_density_at_least_20um"] {
        let m = get(&found, name);
        assert_eq!((m.value, m.low, m.n), (Some(0.0), Some(0.0), 0), "{name}");
        assert_close(m.high.unwrap(), 3.69, 0.01, name);
    }
    assert_eq!((value(&found, "cumulative_thickness"), value(&found, "hair_coverage")), (0.0, 0.0));
    for name in [
        "hairs_per_unit_mean",
        "single_hair_unit_share",
        "thickness_mean",
        "thickness_cv",
        "vellus_share",
        "terminal_to_vellus_ratio",
        LAST,
    ] {
        assert_eq!(get(&found, name).value, None, "{name}");
    }
}

#[test]
fn a_field_of_no_area_has_no_densities() {
    let mut empty = field(2000.0, 2000.0);
    empty.counted.fill(false);
    empty.area_px = 0.0;
    for strands in [vec![], scalp()] {
        let found = measure(&strands, &empty, Some(&scale(5.0, 0.0)));
        for name in ["hair_density", "follicular_unit_density", "hair_density_at_least_30um", "cumulative_thickness", "hair_coverage"] {
            assert_eq!((get(&found, name).value, get(&found, name).high), (None, None), "{name}");
        }
        assert_eq!(value(&found, "hair_count"), 0.0);
    }
    let gridless = Field { counted: Mask::from_elem((0, 0), false), visible: Mask::from_elem((0, 0), false), ..empty };
    assert_eq!(get(&measure(&scalp(), &gridless, None), "hair_coverage").value, None);
}

#[test]
fn without_vellus_hair_the_ratio_is_unknown() {
    let strands = [strand(0, Point::new(50.0, 50.0), Vector::new(90.0, 0.0), Some(20.0))];
    let ratio = measure(&strands, &field(400.0, 400.0), Some(&scale(5.0, 0.0)));
    assert_eq!((get(&ratio, "terminal_to_vellus_ratio").value, get(&ratio, "terminal_to_vellus_ratio").high), (None, None));
    assert_eq!(value(&ratio, "vellus_share"), 0.0);
}

#[test]
fn a_chance_of_vellus_hair_is_none_to_hold_terminal_hair_against() {
    let doubtful = |id: usize, um: f64| {
        let estimate = Some(Estimate { value: Pixels(um / 5.0), standard_error: Pixels(10.0 / 5.0) });
        Strand { estimate, ..strand(id, Point::new(150.0 + 250.0 * id as f64, 500.0), Vector::new(0.0, 80.0), None) }
    };
    let ratio = |thin: &[f64]| {
        let thick = (0..4).map(|i| strand(i, Point::new(150.0 + 250.0 * i as f64, 500.0), Vector::new(0.0, 80.0), Some(14.0)));
        let strands: Vec<Strand> = thick.chain(thin.iter().enumerate().map(|(i, um)| doubtful(4 + i, *um))).collect();
        get(&measure(&strands, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0))), "terminal_to_vellus_ratio").clone()
    };
    let chance = ratio(&[55.0]);
    assert_eq!((chance.value, chance.low, chance.high), (None, None, None), "a hair in a hundred is no vellus hair: {chance:?}");
    let likely = ratio(&[25.0]);
    assert!(likely.value.unwrap() > 4.0 && likely.high.unwrap() < 100.0, "{likely:?}");
}

#[test]
fn a_ratio_is_not_bounded_above_where_no_hair_may_be_vellus() {
    let mut strands: Vec<Strand> =
        (0..6).map(|i| strand(i, Point::new(150.0 + 250.0 * i as f64, 500.0), Vector::new(0.0, 80.0), Some(14.0))).collect();
    for strand in &mut strands[..2] {
        let width = strand.width.as_mut().unwrap();
        (width.value, width.blur_dominated) = (Pixels(9.0), true);
    }
    // One more that is hardly vellus: without the two it is no bound.
    let estimate = Some(Estimate { value: Pixels(11.0), standard_error: Pixels(2.0) });
    strands.push(Strand { estimate, ..strand(6, Point::new(300.0, 1700.0), Vector::new(80.0, 60.0), None) });
    let found = measure(&strands, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    let ratio = get(&found, "terminal_to_vellus_ratio");
    assert!(ratio.value.is_some() && ratio.low.is_some() && ratio.high.is_none(), "{ratio:?}");
}

#[test]
fn a_hair_counts_by_its_root_and_a_unit_by_its_ostium() {
    let mut half = field(400.0, 400.0);
    half.counted.indexed_iter_mut().for_each(|((_, column), counts)| *counts = column < 50);
    half.area_px /= 2.0;
    // The unit's roots lie at x = 180, 190 and 210: the border at 200 leaves one of them out and the ostium, 193, in.
    let strands: Vec<Strand> = [180.0, 190.0, 210.0]
        .iter()
        .enumerate()
        .map(|(id, &x)| strand(id, Point::new(x, 200.0), Vector::new(60.0, 0.0), Some(12.0)))
        .collect();
    let found = measure(&strands, &half, Some(&scale(5.0, 0.0)));
    assert_eq!(
        (value(&found, "hair_count"), value(&found, "follicular_unit_count"), value(&found, "hairs_per_unit_mean")),
        (2.0, 1.0, 3.0)
    );
}

#[test]
fn coverage_is_the_area_of_the_shafts_over_that_of_the_field() {
    let field = field(800.0, 800.0);
    let along = |id, y, width| strand(id, Point::new(100.0, y), Vector::new(400.0, 0.0), Some(width));
    let cover = |strands: &[Strand]| value(&measure(strands, &field, None), "hair_coverage") * 640_000.0;
    assert_close(cover(&[along(0, 200.0, 20.0), along(1, 400.0, 20.0)]), 16_000.0, 160.0, "two shafts");
    assert_close(cover(&[along(0, 200.0, 20.0), along(1, 200.0, 20.0)]), 8_000.0, 80.0, "one over the other");
    let slanted = [strand(0, Point::new(100.0, 100.0), Vector::new(300.0, 400.0), Some(12.0))];
    assert_close(cover(&slanted), 6_000.0, 120.0, "slanted");
    let leaving = [strand(0, Point::new(600.0, 300.0), Vector::new(800.0, 0.0), Some(20.0))];
    assert_close(cover(&leaving), 4_000.0, 80.0, "leaving the photo");
}

#[test]
fn hairs_that_run_every_way_have_no_coherent_direction() {
    let strands: Vec<Strand> = (0..8)
        .map(|i| strand(i, Point::new(400.0, 400.0), Vector::from_angle(i as f64 * std::f64::consts::FRAC_PI_4) * 50.0, Some(8.0)))
        .collect();
    assert!(value(&measure(&strands, &field(800.0, 800.0), None), LAST) < 1e-9);
}

#[test]
fn twice_the_pixels_at_half_the_scale_measure_the_same() {
    let fine: Vec<Strand> = scalp()
        .into_iter()
        .map(|s| Strand {
            centerline: Polyline::new(s.centerline.points.iter().map(|p| Point::new(2.0 * p.x, 2.0 * p.y)).collect()),
            width: s.width.map(|w| Width { value: w.value * 2.0, ..w }),
            ..s
        })
        .collect();
    let coarse = measure(&scalp(), &field(2000.0, 2000.0), Some(&scale(5.0, 0.1)));
    let fine = measure(&fine, &field(4000.0, 4000.0), Some(&scale(2.5, 0.05)));
    for (a, b) in coarse.iter().zip(&fine) {
        // The canvas of the coverage does not fall on the same places of the skin.
        let tolerance = if a.name == "hair_coverage" { 0.01 } else { 1e-9 };
        for (x, y) in [(a.value, b.value), (a.low, b.low), (a.high, b.high)] {
            assert_close(x.unwrap(), y.unwrap(), tolerance * x.unwrap(), &a.name);
        }
        assert_eq!((&a.method, a.n), (&b.method, b.n));
    }
}

#[test]
fn an_uncertain_scale_widens_what_rests_on_it_and_nothing_else() {
    let field = field(2000.0, 2000.0);
    let exact = measure(&scalp(), &field, Some(&scale(5.0, 0.0)));
    let uncertain = measure(&scalp(), &field, Some(&scale(5.0, 0.5)));
    for (a, b) in exact.iter().zip(&uncertain) {
        let width = |m: &Measurement| m.high.unwrap() - m.low.unwrap();
        if a.unit == "1" {
            assert_eq!(a, b);
        } else {
            assert!(width(b) > width(a) && a.value == b.value, "{}", a.name);
        }
    }
}

#[test]
fn the_order_of_strands_does_not_matter() {
    let forward = scalp();
    let backward: Vec<Strand> = forward.iter().rev().cloned().collect();
    let field = field(2000.0, 2000.0);
    let (a, b) = (measure(&forward, &field, Some(&scale(5.0, 0.0))), measure(&backward, &field, Some(&scale(5.0, 0.0))));
    let without_cover = |found: Vec<Measurement>| found.into_iter().filter(|m| m.name != "hair_coverage").collect::<Vec<_>>();
    assert_eq!(without_cover(a), without_cover(b));
}

#[test]
fn a_number_without_an_interval_says_so_in_its_method() {
    let few: Vec<Strand> = scalp().into_iter().take(3).collect();
    for m in measure(&few, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0))) {
        let told = m.method.contains("; interval: ");
        assert!(m.low.is_some() || m.high.is_some() || !told, "{m:?}");
    }
}

#[test]
fn hairs_too_thin_to_be_measured_count_where_the_bound_decides() {
    let mut strands = scalp();
    let before = measure(&strands, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    // Two hairs more, of less than 4 px, which is 20 um.
    for x in [1700.0, 1800.0] {
        let mut thin = strand(strands.len(), Point::new(x, 1700.0), Vector::new(80.0, 60.0), Some(4.0));
        thin.width.as_mut().unwrap().blur_dominated = true;
        strands.push(thin);
    }
    let after = measure(&strands, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    for name in ["thickness_mean", "thickness_median", "thickness_sd", "hair_density_at_least_20um", "hair_density_at_least_60um"] {
        assert_close(value(&after, name), value(&before, name), 1e-9, name);
    }
    let vellus = |found: &[Measurement]| value(found, "vellus_share") * get(found, "vellus_share").n as f64;
    assert_close(vellus(&after), vellus(&before) + 2.0, 1e-9, "vellus hairs");
    assert_eq!(value(&after, "hair_count"), value(&before, "hair_count") + 2.0);
}

#[test]
fn a_hair_known_too_little_for_a_figure_counts_by_its_chance() {
    let doubtful = |id: usize, x: f64, um: f64, error: f64| {
        let estimate = Some(Estimate { value: Pixels(um / 5.0), standard_error: Pixels(error / 5.0) });
        Strand { estimate, ..strand(id, Point::new(x, 1700.0), Vector::new(80.0, 60.0), None) }
    };
    let alone = measure(&[doubtful(0, 300.0, 30.0, 8.0)], &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    assert_close(value(&alone, "vellus_share"), 0.5, 1e-9, "as likely under as over the cut");
    assert_close(value(&alone, "hair_density_at_least_30um"), 0.5, 1e-9, "the same of the sweep");
    // Among hair of 60 um that is all alike an estimate of 30 um is a wrong one, whatever it says.
    let mut alike: Vec<Strand> =
        (0..6).map(|i| strand(i, Point::new(150.0 + 250.0 * i as f64, 500.0), Vector::new(0.0, 80.0), Some(12.0))).collect();
    alike.push(doubtful(6, 300.0, 30.0, 15.0));
    let found = measure(&alike, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    assert_close(value(&found, "vellus_share"), 0.0, 1e-9, "none is vellus");
    assert_eq!(get(&found, "vellus_share").n, 7);
    assert!(get(&found, "vellus_share").method.contains("the 7 of 7 counted hairs"), "{}", get(&found, "vellus_share").method);
    assert_eq!(get(&found, "thickness_mean").n, 6, "a figure is no estimate");
}

#[test]
fn an_estimate_is_weighed_against_the_photos_other_hair() {
    let others = [50.0, 60.0, 70.0];
    let Thickness::Likely(thickness, error) = Thickness::Likely(Micrometers(40.0), Micrometers(10.0)).among(&others) else { panic!() };
    assert_close(thickness.0, 50.0, 1e-9, "as much by the one as by the others, which scatter alike");
    assert_close(error.0, 50_f64.sqrt(), 1e-9, "and known better than by either");
    assert_eq!(Thickness::Known(Micrometers(40.0)).among(&others), Thickness::Known(Micrometers(40.0)));
}

#[test]
fn a_bound_above_the_cut_leaves_open_which_side_a_hair_is_on() {
    let mut strands: Vec<Strand> =
        (0..6).map(|i| strand(i, Point::new(150.0 + 250.0 * i as f64, 500.0), Vector::new(0.0, 80.0), Some(12.0))).collect();
    // Half of the hairs are thinner than 45 um, of which two thirds are below 30 um if any thickness is as likely as any other.
    for strand in &mut strands[..3] {
        let width = strand.width.as_mut().unwrap();
        (width.value, width.blur_dominated) = (Pixels(9.0), true);
    }
    let found = measure(&strands, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    let share = get(&found, "vellus_share");
    assert_close(share.value.unwrap(), 1.0 / 3.0, 1e-9, "vellus");
    assert!(share.low == Some(0.0) && share.high.unwrap() > 0.75, "none of them may be, or all: {share:?}");
    let dense = get(&found, "hair_density_at_least_40um");
    assert_close(dense.value.unwrap(), 3.0 + 3.0 * (1.0 - 40.0 / 45.0), 1e-9, "a ninth of them and the others");
    assert!(dense.low.unwrap() < 1.0 && dense.high.unwrap() > 12.0, "{dense:?}");
}

#[test]
fn units_all_alike_say_nothing_of_how_units_differ() {
    let singles: Vec<Strand> =
        (0..6).map(|i| strand(i, Point::new(150.0 + 250.0 * i as f64, 500.0), Vector::new(0.0, 80.0), Some(12.0))).collect();
    let found = measure(&singles, &field(2000.0, 2000.0), Some(&scale(5.0, 0.0)));
    let mean = get(&found, "hairs_per_unit_mean");
    assert_eq!((mean.value, mean.low, mean.high), (Some(1.0), None, None));
}
