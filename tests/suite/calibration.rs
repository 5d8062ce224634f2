//! Scale bars that are there are measured; what only looks like one is left alone.

use anagen::calibration::{Calibration, ScaleBar};
use anagen::photo::Photo;
use anagen::units::Millimeters;

/// A picture of skin that is drawn on: speckled, with its light falling off to a side.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<[f64; 3]>,
}

impl Canvas {
    fn skin(width: usize, height: usize) -> Self {
        let mut state = 1u64;
        let mut noise = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as f64 / (1u64 << 31) as f64 * 12.0 - 6.0
        };
        let pixels = (0..width * height)
            .map(|i| {
                let light = 1.0 - 0.25 * (i % width) as f64 / width as f64;
                let grain = noise();
                [205.0, 165.0, 150.0].map(|v| v * light + grain)
            })
            .collect();
        Self { width, height, pixels }
    }

    /// Paints with what `cover` says of each pixel: the share of it that is covered.
    fn paint(mut self, color: [f64; 3], cover: impl Fn(f64, f64) -> f64) -> Self {
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let share = cover((i % self.width) as f64, (i / self.width) as f64).clamp(0.0, 1.0);
            for (p, c) in pixel.iter_mut().zip(color) {
                *p += (c - *p) * share;
            }
        }
        self
    }

    /// A filled rectangle between these edges.
    fn rect(self, color: [f64; 3], [x0, y0, x1, y1]: [f64; 4]) -> Self {
        let along = |at: f64, from: f64, to: f64| ((at + 0.5).min(to) - (at - 0.5).max(from)).clamp(0.0, 1.0);
        self.paint(color, move |x, y| along(x, x0, x1) * along(y, y0, y1))
    }

    /// A round-ended stroke with edges `soft` pixels wide.
    fn stroke(self, color: [f64; 3], [x0, y0, x1, y1]: [f64; 4], width: f64, soft: f64) -> Self {
        self.paint(color, move |x, y| {
            let (dx, dy) = (x1 - x0, y1 - y0);
            let t = (((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            let from_axis = (x - x0 - t * dx).hypot(y - y0 - t * dy);
            (width / 2.0 - from_axis) / soft + 0.5
        })
    }

    fn photo(self) -> Photo {
        Photo::from_rgb8(self.width, self.height, self.pixels.iter().map(|p| p.map(|v| v.round() as u8)).collect())
    }
}

const INK: [f64; 3] = [45.0, 40.0, 50.0];
const HAIR: [f64; 3] = [35.0, 28.0, 26.0];
const WHITE: [f64; 3] = [255.0; 3];

fn found(canvas: Canvas) -> Option<ScaleBar> {
    ScaleBar::find(&canvas.photo())
}

fn assert_length(canvas: Canvas, length: f64) {
    let bar = found(canvas).expect("a bar");
    assert!((bar.length.0 - length).abs() < 3.0 * bar.standard_error.0, "{} ± {} for {length}", bar.length.0, bar.standard_error.0);
    assert!(bar.standard_error.0 < 0.005 * length + 0.5);
}

/// An L of two thin dark legs with a label, the level leg short by the pen's width as programs draw it.
fn with_l(canvas: Canvas, label: bool) -> Canvas {
    let canvas = canvas.rect(INK, [35.5, 399.5, 37.5, 581.5]).rect(INK, [35.5, 579.5, 215.5, 581.5]);
    if label { canvas.rect([70.0, 70.0, 75.0], [230.5, 560.5, 300.5, 590.5]) } else { canvas }
}

#[test]
fn an_l_is_measured_under_a_pixel() {
    for label in [false, true] {
        let bar = found(with_l(Canvas::skin(800, 640), label)).expect("a bar");
        assert!((bar.length.0 - 182.0).abs() < 0.3, "{}", bar.length.0);
        assert!(bar.standard_error.0 > 0.4 && bar.standard_error.0 < 1.0);
        assert_eq!(bar.regions.len(), if label { 3 } else { 2 });
    }
}

#[test]
fn an_l_is_measured_where_a_hair_hides_its_corner_or_an_end() {
    for hair in [[20.0, 560.0, 70.0, 600.0], [190.0, 560.0, 240.0, 600.0], [10.0, 390.0, 60.0, 420.0], [90.0, 560.0, 140.0, 600.0]] {
        let canvas = with_l(Canvas::skin(800, 640).stroke(HAIR, hair, 22.0, 4.0), true);
        let bar = found(canvas).unwrap_or_else(|| panic!("no bar under {hair:?}"));
        assert!((bar.length.0 - 182.0).abs() < 1.5, "{} under {hair:?}", bar.length.0);
    }
}

#[test]
fn plain_bars_dark_and_light_are_measured() {
    assert_length(Canvas::skin(800, 640).rect(INK, [500.2, 600.5, 699.9, 605.5]), 199.7);
    assert_length(Canvas::skin(800, 640).rect(WHITE, [400.5, 590.0, 520.5, 597.0]), 120.0);
}

#[test]
fn a_bar_with_ticks_is_measured_from_outside_to_outside() {
    let canvas = Canvas::skin(800, 640).rect(WHITE, [499.5, 599.5, 701.5, 602.5]);
    let canvas = canvas.rect(WHITE, [499.5, 592.5, 502.5, 609.5]).rect(WHITE, [698.5, 592.5, 701.5, 609.5]);
    assert_length(canvas, 202.0);
}

/// Fields end to end from `x` on, black and white by turns.
fn with_fields(canvas: Canvas, x: f64, lengths: &[f64], [top, bottom]: [f64; 2]) -> Canvas {
    let mut start = x;
    lengths.iter().enumerate().fold(canvas, |canvas, (i, length)| {
        let from = start;
        start += length;
        canvas.rect(if i % 2 == 0 { [0.0; 3] } else { WHITE }, [from, top, start, bottom])
    })
}

#[test]
fn a_bar_of_black_and_white_fields_is_measured_as_a_whole() {
    for lengths in [&[90.0; 4][..], &[181.0; 2], &[60.0, 60.0, 120.0, 120.0, 120.0], &[75.0; 5]] {
        for rows in [[599.5, 607.5], [599.5, 603.5]] {
            assert_length(with_fields(Canvas::skin(1000, 800), 300.5, lengths, rows), lengths.iter().sum());
        }
        let checkered = with_fields(Canvas::skin(1000, 800), 300.5, lengths, [599.5, 607.5]);
        let (whole, shifted) = (lengths.iter().sum::<f64>(), [&[0.0], lengths].concat());
        assert_length(with_fields(checkered, 300.5, &shifted, [607.5, 615.5]), whole);
    }
}

#[test]
fn a_bar_with_fields_too_short_to_see_is_never_measured_in_part() {
    let ruler = [18.0, 18.0, 18.0, 18.0, 18.0, 90.0, 90.0];
    for lengths in [&ruler[..], &[90.0, 90.0, 20.0, 20.0], &[90.0, 90.0, 10.0, 10.0], &[20.0; 12]] {
        let bar = found(with_fields(Canvas::skin(1000, 800), 300.5, lengths, [599.5, 607.5]));
        assert!(bar.as_ref().is_none_or(|bar| (bar.length.0 - lengths.iter().sum::<f64>()).abs() < 1.0), "{bar:?} of {lengths:?}");
    }
}

#[test]
fn thick_bars_are_measured_and_thick_boxes_of_text_are_not_taken_for_one() {
    assert_length(Canvas::skin(1000, 800).rect(WHITE, [599.5, 739.5, 961.5, 760.5]), 362.0);
    assert_length(Canvas::skin(1000, 800).rect(INK, [599.5, 739.5, 801.5, 761.5]), 202.0);
    let letters = |x: f64, y: f64| f64::from((x - 620.0).abs() < 90.0 && (y - 750.0).abs() < 7.0 && x % 12.0 < 4.0);
    let seen = found(Canvas::skin(1000, 800).rect([70.0, 70.0, 75.0], [519.5, 738.5, 721.5, 761.5]).paint(WHITE, letters));
    assert!(seen.is_none(), "{seen:?}");
}

#[test]
fn a_bar_in_a_strip_at_the_bottom_is_measured_and_one_cut_off_by_the_photos_edge_is_not() {
    for (ground, ink) in [([0.0; 3], WHITE), (WHITE, [0.0; 3]), ([192.0; 3], [0.0; 3]), ([45.0; 3], WHITE)] {
        let strip = Canvas::skin(1000, 800).rect(ground, [-0.5, 719.5, 999.5, 799.5]);
        assert_length(strip.rect(ink, [599.5, 769.5, 961.5, 774.5]), 362.0);
    }
    for edges in [[-0.5, 740.5, 300.5, 748.5], [700.5, 740.5, 999.5, 748.5]] {
        let seen = found(Canvas::skin(1000, 800).rect(INK, edges));
        assert!(seen.is_none(), "{seen:?}");
    }
}

#[test]
fn twice_the_photo_is_twice_the_bar() {
    let once = found(Canvas::skin(800, 640).rect(INK, [500.5, 600.5, 700.5, 604.5])).expect("a bar");
    let twice = found(Canvas::skin(1600, 1280).rect(INK, [1001.5, 1201.5, 1401.5, 1209.5])).expect("a bar");
    assert!((twice.length.0 - 2.0 * once.length.0).abs() < 0.6);
}

#[test]
fn what_is_no_bar_is_not_taken_for_one() {
    let skin = || Canvas::skin(800, 640);
    let pictures = [
        ("bare skin", skin()),
        ("a long level hair", skin().stroke(HAIR, [200.0, 560.0, 500.0, 560.0], 9.0, 4.0)),
        ("a crisp hair nearly level", skin().stroke(HAIR, [200.0, 560.0, 500.0, 562.0], 9.0, 1.0)),
        ("a long thin hair", skin().stroke(HAIR, [100.0, 500.0, 700.0, 520.0], 3.0, 2.0)),
        ("a furrow", skin().stroke([150.0, 120.0, 110.0], [0.0, 580.0, 800.0, 580.0], 8.0, 6.0)),
        ("a frame", {
            let sides = [[40.5, 40.5, 760.5, 43.5], [40.5, 597.5, 760.5, 600.5], [40.5, 40.5, 43.5, 600.5], [757.5, 40.5, 760.5, 600.5]];
            sides.into_iter().fold(skin(), |canvas, side| canvas.rect(INK, side))
        }),
        ("a ruled box", {
            let sides =
                [[400.5, 500.5, 560.5, 502.5], [400.5, 598.5, 560.5, 600.5], [400.5, 500.5, 402.5, 600.5], [558.5, 500.5, 560.5, 600.5]];
            sides.into_iter().fold(skin(), |canvas, side| canvas.rect(INK, side))
        }),
        ("a caption box", skin().rect([70.0, 70.0, 75.0], [400.5, 560.5, 560.5, 590.5])),
        ("a light strip at the bottom", skin().rect([220.0; 3], [-0.5, 600.5, 799.5, 639.5])),
        ("a drawn circle", skin().paint([230.0, 20.0, 30.0], |x, y| 1.5 - ((x - 400.0).hypot(y - 400.0) - 200.0).abs())),
        ("a black frame", skin().paint([0.0; 3], |x, y| (x - 400.0).hypot(y - 320.0) - 300.0)),
        ("nothing but black", skin().rect([0.0; 3], [-1.0, -1.0, 801.0, 641.0])),
    ];
    for (what, canvas) in pictures {
        let seen = found(canvas);
        assert!(seen.is_none(), "{what}: {seen:?}");
    }
}

#[test]
fn tiny_photos_have_no_bar() {
    for (width, height) in [(1, 1), (3, 50), (50, 3), (16, 16)] {
        assert_eq!(ScaleBar::find(&Photo::from_rgb8(width, height, vec![[90; 3]; width * height])), None);
    }
}

#[test]
fn a_found_bar_gives_the_scale() {
    let bar = found(Canvas::skin(800, 640).rect(INK, [500.5, 600.5, 700.5, 604.5])).expect("a bar");
    let scale = Calibration::from_scale_bar(&bar, Millimeters(1.0)).expect("a scale");
    assert!((scale.um_per_px - 5.0).abs() < 0.02 && scale.standard_uncertainty > 0.0);
}
