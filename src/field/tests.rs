use super::*;

/// A picture of skin that is drawn on.
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
        let light = |i: usize| 1.0 - 0.1 * (i % width) as f64 / width as f64 - 0.1 * (i / width) as f64 / height as f64;
        let pixels =
            (0..width * height).map(|i| (light(i), noise())).map(|(light, grain)| [195.0, 155.0, 140.0].map(|v| v * light + grain));
        let pixels = pixels.collect();
        Self { width, height, pixels }
    }

    /// Paints with the share of each pixel that is covered.
    fn paint(mut self, color: [f64; 3], cover: impl Fn(f64, f64) -> f64) -> Self {
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let share = cover((i % self.width) as f64, (i / self.width) as f64).clamp(0.0, 1.0);
            pixel.iter_mut().zip(color).for_each(|(p, c)| *p += (c - *p) * share);
        }
        self
    }

    fn rect(self, color: [f64; 3], [x0, y0, x1, y1]: [f64; 4]) -> Self {
        self.paint(color, move |x, y| f64::from(x >= x0 && x < x1 && y >= y0 && y < y1))
    }

    /// A stroke whose edges are `soft` pixels wide.
    fn hair(self, [x0, y0, x1, y1]: [f64; 4], width: f64, soft: f64) -> Self {
        self.paint([35.0, 28.0, 26.0], move |x, y| {
            let (dx, dy) = (x1 - x0, y1 - y0);
            let t = (((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            (width / 2.0 - (x - x0 - t * dx).hypot(y - y0 - t * dy)) / soft + 0.5
        })
    }

    /// Hairs all over one part of it.
    fn hairy(self, from: f64, to: f64, soft: f64) -> Self {
        let height = self.height as f64;
        let places = (0..60).map(|i| (from + (i % 6) as f64 / 6.0 * (to - from) + 20.0, (i / 6) as f64 / 10.0 * height + 10.0));
        places.fold(self, |canvas, (x, y)| canvas.hair([x, y, x + 25.0, y + 30.0], 9.0, soft))
    }

    /// Letters of a stroke's width of a fifth of their height, one after another.
    fn text(self, color: [f64; 3], [x0, y0, x1, y1]: [f64; 4]) -> Self {
        let height = y1 - y0;
        self.paint(color, move |x, y| {
            let (across, down) = (((x - x0) / height).fract(), (y - y0) / height);
            let inside = x >= x0 && x < x1 && y >= y0 && y < y1;
            f64::from(inside && across < 0.7 && (!(0.2..=0.5).contains(&across) || (down - 0.5).abs() < 0.1))
        })
    }

    /// The same with rows and columns changed.
    fn turned(&self) -> Self {
        let (width, height) = (self.height, self.width);
        let pixels = (0..width * height).map(|i| self.pixels[i % width * self.width + i / width]).collect();
        Self { width, height, pixels }
    }

    /// The same upside down.
    fn upside_down(&self) -> Self {
        Self { pixels: self.pixels.chunks(self.width).rev().flatten().copied().collect(), ..*self }
    }

    fn photo(&self) -> Photo {
        Photo::from_rgb8(self.width, self.height, self.pixels.iter().map(|p| p.map(|v| v.round() as u8)).collect())
    }

    fn field(&self) -> (Field, Vec<CaveatCode>) {
        self.within(None)
    }

    fn within(&self, roi: Option<Roi>) -> (Field, Vec<CaveatCode>) {
        let (field, caveats) = Field::find(&self.photo(), None, roi.as_ref(), None);
        (field, caveats.iter().map(|c| c.code).collect())
    }
}

fn assert_area(field: &Field, expected: f64, tolerance: f64) {
    assert!((field.area_px / expected - 1.0).abs() < tolerance, "{} px² for {expected}", field.area_px);
}

#[test]
fn what_shows_no_skin_has_no_area() {
    for value in [0, 128, 255] {
        for (width, height) in [(1, 1), (2, 300), (300, 2), (400, 300)] {
            let (field, caveats) = Field::find(&Photo::from_rgb8(width, height, vec![[value; 3]; width * height]), None, None, None);
            assert_eq!(field.area_px, 0.0, "{width} × {height} of {value}");
            assert!(field.polygon.corners.is_empty() && caveats.iter().any(|c| c.code == CaveatCode::SmallField));
        }
    }
}

#[test]
fn bare_skin_is_all_counted_to_the_last_pixel() {
    // Neither side is a whole number of cells.
    let (field, caveats) = Canvas::skin(1601, 1203).field();
    assert_eq!(field.area_px, 1601.0 * 1203.0);
    assert_eq!(field.polygon.area(), 1601.0 * 1203.0);
    assert!(field.step > 1.0 && caveats.is_empty(), "{caveats:?}");
    for corner in [[0.0, 0.0], [1600.0, 1202.0]] {
        assert!(field.counts(corner.into()) && field.shows(corner.into()));
    }
    assert!(!field.counts(Point::new(-3.0, 5.0)) && !field.counts(Point::new(5.0, 1210.0)));
}

#[test]
fn twice_the_photo_is_four_times_the_area() {
    let once = Canvas::skin(640, 480).rect([0.0; 3], [0.0, 440.0, 640.0, 480.0]).field().0;
    let twice = Canvas::skin(1280, 960).rect([0.0; 3], [0.0, 880.0, 1280.0, 960.0]).field().0;
    assert_area(&twice, 4.0 * once.area_px, 0.005);
}

#[test]
fn flat_strips_are_padding() {
    for color in [[0.0; 3], [220.0; 3], [255.0; 3], [30.0, 60.0, 90.0]] {
        let (field, _) = Canvas::skin(800, 600).rect(color, [0.0, 568.0, 800.0, 600.0]).rect(color, [0.0, 0.0, 10.0, 600.0]).field();
        assert_area(&field, 790.0 * 568.0, 0.005);
        assert!(!field.shows(Point::new(400.0, 580.0)) && field.counts(Point::new(400.0, 560.0)));
    }
}

#[test]
fn a_strip_with_an_edge_that_a_jpeg_blurred_is_padding() {
    let ripple = |x: f64, y: f64| f64::from((568.0..575.0).contains(&y) && (x * 3.0 + y) % 7.0 < 3.0);
    let (field, _) = Canvas::skin(800, 600).rect([220.0; 3], [0.0, 568.0, 800.0, 600.0]).paint([213.0; 3], ripple).field();
    assert_area(&field, 800.0 * 568.0, 0.005);
}

/// A strip along the bottom with one or two lines of text and perhaps a scale bar.
fn with_bar_of_text(canvas: Canvas, height: f64, [ground, ink]: [[f64; 3]; 2], lines: usize, scale_bar: bool) -> Canvas {
    let (width, top) = (canvas.width as f64, canvas.height as f64 - height);
    let canvas = canvas.rect(ground, [0.0, top, width, top + height]);
    let line = |i: usize| top + height * (0.1 + 0.45 * i as f64);
    let canvas = (0..lines).fold(canvas, |canvas, i| canvas.text(ink, [15.0, line(i), 0.5 * width, line(i) + 0.3 * height]));
    if scale_bar { canvas.rect(ink, [0.3 * width, top + 0.9 * height, 0.95 * width, top + 0.95 * height]) } else { canvas }
}

#[test]
fn strips_with_text_and_scale_bar_are_not_counted() {
    let colors = [([0.0; 3], [255.0; 3]), ([255.0; 3], [0.0; 3]), ([192.0; 3], [0.0; 3]), ([45.0; 3], [255.0; 3])];
    for (ground, ink) in colors {
        for (height, lines, scale_bar) in [(24.0, 1, false), (60.0, 1, true), (90.0, 2, false), (90.0, 2, true)] {
            let skin = Canvas::skin(800, 600).hairy(0.0, 800.0, 1.5);
            let below = with_bar_of_text(skin, height, [ground, ink], lines, scale_bar);
            let [above, right, left] = [below.upside_down(), below.turned(), below.upside_down().turned()];
            for (side, canvas) in [("below", below), ("above", above), ("right", right), ("left", left)] {
                let (field, caveats) = canvas.field();
                let share = field.area_px / (800.0 * (600.0 - height)) - 1.0;
                assert!(share.abs() < 0.0025, "{share:+} of {height} px of {ground:?} {side}, {lines} lines, bar {scale_bar}");
                assert_eq!(caveats, []);
            }
        }
    }
}

#[test]
fn strips_that_are_not_quite_level_or_flat_are_no_round_frame() {
    // What noise there is is the part of the skin that the strip does not cover.
    for (ground, ink, slope, noise) in [(0.0, 255.0, 0.01, 0.0), (255.0, 0.0, 0.01, 0.0), (255.0, 0.0, 0.02, 0.0), (0.0, 255.0, 0.0, 0.1)] {
        for height in [50.0, 60.0, 80.0] {
            let top = 600.0 - height;
            let cover = move |x: f64, y: f64| 1.0 - noise * ((7.0 * x + 13.0 * y) % 5.0) / 5.0;
            let strip = move |x: f64, y: f64| if y < top + slope * (x - 400.0) { 0.0 } else { cover(x, y) };
            let canvas = Canvas::skin(800, 600).paint([ground; 3], strip);
            let (field, caveats) = canvas.text([ink; 3], [20.0, top + height / 4.0, 220.0, top + height / 4.0 + 10.0]).field();
            let share = field.area_px / (800.0 * top) - 1.0;
            assert!(share.abs() < 0.02, "{share:+} of {height} px of {ground} at {slope}");
            assert!(!caveats.contains(&CaveatCode::SmallField), "{caveats:?}");
        }
    }
}

#[test]
fn skin_a_camera_smoothed_flat_is_no_padding() {
    let even = Canvas { width: 800, height: 600, pixels: vec![[200.0, 160.0, 145.0]; 800 * 600] };
    let (field, _) = even.hair([200.0, 150.0, 230.0, 260.0], 12.0, 2.0).hair([600.0, 350.0, 560.0, 470.0], 12.0, 2.0).field();
    assert_eq!(field.area_px, 800.0 * 600.0);
    // Light falls off over it, and a hair lies along the side for most of its length.
    let shaded =
        Canvas { width: 800, height: 600, pixels: vec![[200.0, 160.0, 145.0]; 800 * 600] }.paint([90.0; 3], |_, y| 0.3 * y / 600.0);
    let (field, _) = shaded.hair([50.0, 4.0, 700.0, 30.0], 12.0, 2.0).hair([600.0, 350.0, 560.0, 599.0], 12.0, 2.0).field();
    assert_eq!(field.area_px, 800.0 * 600.0);
}

#[test]
fn padding_as_light_as_the_skin_is_told_by_its_color() {
    let skin = Canvas { width: 800, height: 600, pixels: vec![[200.0, 160.0, 145.0]; 800 * 600] };
    let luma = (0.2126 * 200.0 + 0.7152 * 160.0 + 0.0722 * 145.0_f64).round();
    let (field, _) = skin.hair([200.0, 150.0, 230.0, 260.0], 12.0, 2.0).rect([luma; 3], [0.0, 0.0, 800.0, 40.0]).field();
    assert_area(&field, 800.0 * 560.0, 0.005);
}

#[test]
fn a_photo_exposed_too_little_is_no_frame() {
    let canvas = Canvas::skin(800, 600).hairy(100.0, 700.0, 1.5).paint([0.0; 3], |_, _| 0.86);
    let (field, _) = canvas.field();
    assert_eq!(field.area_px, 800.0 * 600.0);
}

#[test]
fn straight_hair_that_lies_level_is_no_caption() {
    for soft in [1.5, 2.0, 4.0] {
        let bars = (0..6).map(|i| f64::from(i) * 90.0 + 60.0);
        let canvas = bars.fold(Canvas::skin(800, 600), |canvas, y| {
            let square = move |x: f64, from: f64, to: f64| ((x - from).min(to - x) / soft + 0.5).clamp(0.0, 1.0);
            canvas.paint([35.0, 28.0, 26.0], move |x, at| square(x, 200.0 + y, 290.0 + y).min(square(at, y, y + 14.0)))
        });
        let (field, _) = canvas.field();
        assert_eq!(field.area_px, 800.0 * 600.0, "edges over {soft} px");
    }
}

#[test]
fn a_round_frame_leaves_its_opening() {
    for radius in [280.0, 330.0] {
        let (field, _) =
            Canvas::skin(800, 600).hairy(150.0, 650.0, 1.5).paint([6.0, 6.0, 8.0], |x, y| (x - 400.0).hypot(y - 300.0) - radius).field();
        let seen = (0..600)
            .flat_map(|y| (0..800).map(move |x| (x, y)))
            .filter(|&(x, y)| (f64::from(x) - 400.0).hypot(f64::from(y) - 300.0) < radius);
        assert_area(&field, seen.count() as f64, 0.02);
        assert!(!field.shows(Point::new(20.0, 20.0)) && field.counts(Point::new(400.0, 300.0)));
    }
}

#[test]
fn a_round_frame_may_be_off_center_and_partly_outside() {
    for (x0, y0, radius) in [(330.0, 320.0, 300.0), (400.0, 420.0, 330.0), (250.0, 300.0, 380.0), (300.0, 200.0, 400.0)] {
        let outside = move |x: f64, y: f64| (x - x0).hypot(y - y0) - radius;
        let (field, _) = Canvas::skin(800, 600).hairy(150.0, 550.0, 1.5).paint([6.0, 6.0, 8.0], outside).field();
        let seen = (0..800 * 600).filter(|i| outside(f64::from(i % 800), f64::from(i / 800)) < 0.0).count();
        assert_area(&field, seen as f64, 0.02);
    }
}

#[test]
fn corners_a_turned_photo_gets_are_a_frame_black_or_white() {
    for value in [0.0, 255.0] {
        for degrees in [7.0_f64, 20.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let beyond = move |x: f64, y: f64| {
                let (x, y) = (x - 400.0, y - 300.0);
                ((x * cos + y * sin).abs() - 280.0).max((y * cos - x * sin).abs() - 200.0) + 0.5
            };
            let (field, caveats) = Canvas::skin(800, 600).paint([value; 3], beyond).field();
            // Where black comes to a point it may be a hair.
            assert_area(&field, 560.0 * 400.0, if value == 0.0 { 0.07 } else { 0.01 });
            assert!(!field.shows(Point::new(20.0, 20.0)) && field.counts(Point::new(400.0, 300.0)));
            assert!(!caveats.contains(&CaveatCode::Glare), "{caveats:?}");
        }
    }
}

#[test]
fn hair_is_part_of_the_skin_even_at_the_border() {
    let canvas = Canvas::skin(800, 600).hair([0.0, 0.0, 0.0, 300.0], 24.0, 2.0).hair([200.0, 599.0, 500.0, 599.0], 20.0, 2.0);
    let (field, caveats) = canvas.hair([300.0, 200.0, 500.0, 350.0], 14.0, 2.0).hair([795.0, 10.0, 760.0, 0.0], 14.0, 2.0).field();
    assert_eq!(field.area_px, 800.0 * 600.0);
    assert!(field.visible.iter().all(|&shown| shown) && caveats.is_empty());
}

#[test]
fn a_caption_is_not_counted() {
    let (field, _) = Canvas::skin(800, 600).rect([75.0; 3], [4.0, 4.0, 204.0, 28.0]).field();
    assert!(!field.shows(Point::new(100.0, 15.0)) && field.counts(Point::new(100.0, 60.0)));
    assert_area(&field, 800.0 * 600.0 - 200.0 * 24.0, 0.004);
}

#[test]
fn a_drawn_circle_hides_a_thin_band_and_takes_nothing_from_the_count() {
    let canvas = Canvas::skin(800, 600).hairy(100.0, 700.0, 1.5);
    let (field, _) = canvas.paint([235.0, 20.0, 30.0], |x, y| 1.5 - ((x - 400.0).hypot(y - 300.0) - 220.0).abs()).field();
    assert_eq!(field.area_px, 800.0 * 600.0);
    for degrees in 0..360 {
        let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
        let on = |radius: f64| Point::new(400.0 + radius * cos, 300.0 + radius * sin);
        assert!(!field.shows(on(220.0)) && field.shows(on(210.0)) && field.shows(on(230.0)), "at {degrees}°");
    }
}

#[test]
fn the_bars_label_is_not_counted_and_its_line_is_not_shown() {
    let line = Rect { x: 100.0, y: 540.0, w: 200.0, h: 3.0 };
    let label = Rect { x: 320.0, y: 520.0, w: 80.0, h: 30.0 };
    let bar = ScaleBar { length: crate::units::Pixels(200.0), standard_error: crate::units::Pixels(0.5), regions: vec![line, label] };
    let (field, _) = Field::find(&Canvas::skin(800, 600).photo(), Some(&bar), None, None);
    assert!(!field.shows(Point::new(200.0, 541.0)) && field.counts(Point::new(200.0, 541.0)));
    assert!(!field.shows(Point::new(360.0, 535.0)) && !field.counts(Point::new(360.0, 535.0)));
    assert_area(&field, 800.0 * 600.0 - 80.0 * 30.0, 0.001);
}

#[test]
fn a_region_narrows_what_is_counted_and_not_what_is_shown() {
    let canvas = Canvas::skin(800, 600);
    let (field, _) = canvas.within(Some(Roi::Circle(Point::new(400.0, 300.0), 200.0)));
    assert_area(&field, std::f64::consts::PI * 200.0 * 200.0, 0.003);
    assert!((field.polygon.area() / field.area_px - 1.0).abs() < 0.02 && field.polygon.corners.len() <= 300);
    assert!(field.visible.iter().all(|&shown| shown) && !field.counts(Point::new(50.0, 50.0)));
    let (nowhere, caveats) = canvas.within(Some(Roi::Circle(Point::new(-400.0, 300.0), 20.0)));
    assert_eq!((nowhere.area_px, caveats), (0.0, vec![CaveatCode::SmallField]));
}

#[test]
fn blown_out_blobs_are_not_counted_and_specks_are() {
    let blob = |x: f64, y: f64| 40.0 - (x - 300.0).hypot(y - 300.0);
    let specks = |x: f64, y: f64| f64::from(x % 40.0 < 3.0 && y % 40.0 < 3.0);
    let (field, caveats) = Canvas::skin(800, 600).paint([255.0; 3], blob).paint([255.0; 3], specks).field();
    assert!(!field.counts(Point::new(300.0, 300.0)) && field.shows(Point::new(300.0, 300.0)));
    assert_area(&field, 800.0 * 600.0 - std::f64::consts::PI * 1600.0, 0.003);
    assert_eq!(caveats, [CaveatCode::Glare]);
}

#[test]
fn what_is_badly_out_of_focus_is_not_counted_and_smooth_skin_is() {
    let sharp = Canvas::skin(800, 600).hairy(0.0, 400.0, 2.0);
    assert_eq!(sharp.field().0.area_px, 800.0 * 600.0, "the bare half is smooth, not blurred");
    let (field, caveats) = sharp.hairy(450.0, 800.0, 14.0).field();
    assert_eq!(caveats, [CaveatCode::OutOfFocus]);
    assert!(!field.counts(Point::new(640.0, 300.0)) && field.shows(Point::new(640.0, 300.0)) && field.counts(Point::new(200.0, 300.0)));
}

#[test]
fn a_grid_shows_what_the_field_shows_at_its_centers() {
    let (field, _) = Canvas::skin(800, 600).rect([0.0; 3], [0.0, 0.0, 130.0, 600.0]).field();
    // Coarser and finer than the field's own cells, and reaching beyond the photo.
    for (factor, cells) in [(1.0, (600, 800)), (0.7, (860, 1150)), (1.81, (332, 443)), (7.3, (90, 120))] {
        for ((r, c), &shown) in field.shown_on(0..cells.0, cells.1, factor).indexed_iter() {
            let center = Point::new((c as f64 + 0.5) * factor - 0.5, (r as f64 + 0.5) * factor - 0.5);
            assert_eq!(shown, field.shows(center), "factor {factor} at {r}, {c}");
        }
    }
}
