//! Plots as SVG, each with its numbers in words for who cannot see it.

use super::words::{class, figure, stated};
use crate::measure::{Cuts, ThicknessClass};
use maud::{Markup, html};

/// How wide a histogram's bars are, in micrometers.
const BIN_UM: f64 = 5.0;

/// How wide the histogram is drawn.
const HISTOGRAM_WIDE: f64 = 440.0;

/// The histogram of thickness with the named cuts, bars in the color and pattern of their class.
pub fn thickness_histogram(thicknesses: &[f64], cuts: &Cuts) -> Markup {
    let cut = [cuts.vellus_below_um.0, cuts.terminal_from_um.0];
    let most = thicknesses.iter().copied().fold(cut[1] * 1.5, f64::max).min(300.0);
    let bins = (most / BIN_UM).ceil().max(1.0) as usize;
    let mut counts = vec![[0usize; 3]; bins];
    for t in thicknesses {
        // A cut within a bar parts it, so that no hair shows the color of another class.
        let bin = ((t / BIN_UM) as usize).min(bins - 1);
        counts[bin][cuts.class(crate::units::Micrometers(*t)) as usize] += 1;
    }
    let highest = counts.iter().map(|c| c.iter().sum::<usize>()).max().unwrap_or(0).max(1);
    let (left, bottom, wide, high) = (34.0, 190.0, 396.0, 150.0);
    let upto = bins as f64 * BIN_UM;
    let x = |um: f64| left + wide * um / upto;
    let more = thicknesses.iter().any(|t| *t >= upto);
    let range = |i: usize| {
        let from = i as f64 * BIN_UM;
        if more && i + 1 == bins { format!("{from} µm or more") } else { format!("{from} to {} µm", from + BIN_UM) }
    };
    let classes = [ThicknessClass::Vellus, ThicknessClass::Intermediate, ThicknessClass::Terminal];
    let said = classes.map(|c| thicknesses.iter().filter(|t| cuts.class(crate::units::Micrometers(**t)) == c).count());
    let label = format!(
        "Histogram of {} thicknesses: {} vellus (under {} µm), {} intermediate, {} terminal ({} µm and more)",
        thicknesses.len(),
        said[0],
        stated(cut[0]),
        said[1],
        said[2],
        stated(cut[1])
    );
    html! {
        svg.plot viewBox="0 0 440 230" role="img" aria-label=(label) {
            (axis(left, bottom, wide, high, highest))
            @for (i, of_class) in counts.iter().enumerate() {
                @for c in classes {
                    @let n = of_class[c as usize];
                    @let upto: usize = of_class[..=c as usize].iter().sum();
                    @if n > 0 {
                        rect class=(format!("bar {}", class(Some(c)))) x=(r(x(i as f64 * BIN_UM) + 0.5)) y=(r(bottom - high * upto as f64 / highest as f64))
                            width=(r(wide / bins as f64 - 1.0)) height=(r(high * n as f64 / highest as f64)) {
                            title { (hairs(n)) " of " (range(i)) }
                        }
                    }
                }
            }
            // Each on a line of its own, the second below the first: cuts may lie close together.
            @for (um, name, before, at) in [(cut[0], "vellus below", true, 24.0), (cut[1], "terminal from", false, 38.0)] {
                @let name = format!("{name} {} µm", stated(um));
                @let (by, anchor) = beside(x(um), &name, before);
                line.cut x1=(r(x(um))) x2=(r(x(um))) y1=(r(bottom)) y2=(r(at - 9.0)) {}
                text x=(r(x(um) + by)) y=(r(at)) text-anchor=(anchor) { (name) }
            }
            @for um in (0..=bins).map(|i| i as f64 * BIN_UM).filter(|um| um % 20.0 == 0.0) {
                text x=(r(x(um))) y=(r(bottom + 16.0)) text-anchor="middle" { (um) }
            }
            text x=(r(left + wide / 2.0)) y=(r(bottom + 34.0)) text-anchor="middle" { "thickness, µm" }
            text x="4" y="14" { "hairs" }
        }
    }
}

/// How far from a line at `x` of the histogram its name stands, and by which end: before or after the line as wished, where there is room for it.
fn beside(x: f64, name: &str, before: bool) -> (f64, &'static str) {
    let long = 6.5 * name.chars().count() as f64 + 4.0;
    let before = if before { x >= long } else { x + long > HISTOGRAM_WIDE };
    if before { (-4.0, "end") } else { (4.0, "start") }
}

/// Bars of named counts.
pub fn bars(label: &str, across: &str, up: &str, counts: &[(&str, usize)]) -> Markup {
    let highest = counts.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    let (left, bottom, wide, high) = (34.0, 190.0, 256.0, 150.0);
    let step = wide / counts.len().max(1) as f64;
    html! {
        svg.plot viewBox="0 0 300 230" role="img" aria-label=(label) {
            (axis(left, bottom, wide, high, highest))
            @for (i, (name, n)) in counts.iter().enumerate() {
                @let height = high * *n as f64 / highest as f64;
                @let middle = left + step * (i as f64 + 0.5);
                rect.bar.plain x=(r(middle - 0.36 * step)) y=(r(bottom - height)) width=(r(0.72 * step)) height=(r(height)) {}
                text x=(r(middle)) y=(r(bottom - height - 5.0)) text-anchor="middle" { (n) }
                text x=(r(middle)) y=(r(bottom + 16.0)) text-anchor="middle" { (name) }
            }
            text x=(r(left + wide / 2.0)) y=(r(bottom + 34.0)) text-anchor="middle" { (across) }
            text x="4" y="14" { (up) }
        }
    }
}

/// The directions hairs run in, root to tip, as a rose: a sector's area is the number of its hairs.
pub fn rose(angles_deg: &[f64]) -> Markup {
    const SECTORS: usize = 16;
    let step = 360.0 / SECTORS as f64;
    let mut counts = [0usize; SECTORS];
    for angle in angles_deg {
        counts[((angle / step).round() as usize) % SECTORS] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let at = |angle: f64, radius: f64| (150.0 + radius * angle.to_radians().cos(), 112.0 - radius * angle.to_radians().sin());
    let busiest = (0..SECTORS).max_by_key(|i| (counts[*i], SECTORS - i)).unwrap_or(0);
    let label = format!(
        "Rose of the directions of {}, root to tip; {}",
        hairs(angles_deg.len()),
        match counts[busiest] {
            0 => "the direction of none is known".into(),
            n => format!("most, {n}, run towards {}°, where 0° is right and 90° up", busiest as f64 * step),
        }
    );
    html! {
        svg.plot viewBox="0 0 300 230" role="img" aria-label=(label) {
            @for share in [0.5f64, 1.0] { circle.grid cx="150" cy="112" r=(r(86.0 * share.sqrt())) {} }
            @for (i, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
                @let radius = 86.0 * (*n as f64 / most as f64).sqrt();
                @let (a, b) = (at((i as f64 - 0.45) * step, radius), at((i as f64 + 0.45) * step, radius));
                path.bar.plain d=(format!("M150 112L{} {}A{} {} 0 0 0 {} {}Z", r(a.0), r(a.1), r(radius), r(radius), r(b.0), r(b.1))) {
                    title { (hairs(*n)) " towards " (i as f64 * step) "°" }
                }
            }
            @for (angle, name) in [(0.0, "right"), (90.0, "up"), (180.0, "left"), (270.0, "down")] {
                @let (x, y) = at(angle, 102.0);
                text x=(r(x)) y=(r(y + 4.0)) text-anchor=(if angle == 0.0 { "start" } else if angle == 180.0 { "end" } else { "middle" }) { (name) }
            }
            text x="4" y="14" { "direction, root to tip" }
        }
    }
}

/// A value with its interval at a place on an axis.
pub struct Dot<'a> {
    /// Where it stands on the axis: a date, a cut.
    pub name: &'a str,
    /// How far along the axis, 0 to 1.
    pub along: f64,
    /// Value, low and high.
    pub value: f64,
    /// The ends of its interval.
    pub interval: Option<(f64, f64)>,
}

/// Something that happened at a place on an axis.
pub struct Happened {
    /// The number it is shown by.
    pub number: usize,
    /// What.
    pub name: String,
    /// How far along the axis, 0 to 1.
    pub along: f64,
}

/// Values with their intervals, joined by a line, and a broken line for each thing that happened.
pub fn dots(label: &str, up: &str, across: &str, dots: &[Dot], happened: &[Happened]) -> Markup {
    let top = dots.iter().map(|d| d.interval.map_or(d.value, |i| i.1).max(d.value)).fold(0.0, f64::max);
    let (tick, top) = ticks(top);
    let (left, bottom, wide, high) = (44.0, 190.0, 246.0, 150.0);
    let x = |along: f64| left + 16.0 + (wide - 32.0) * along;
    // The interval of a difference may reach below nothing, where no value lies: its whisker ends at the axis, without a bar across.
    let y = |value: f64| bottom - high * (value / top).clamp(0.0, 1.1);
    // Months of many sessions would run into each other: what would touch the name before it is left out, and stands in the dot's own words.
    let mut end = f64::NEG_INFINITY;
    let named: Vec<bool> = dots
        .iter()
        .map(|d| {
            let half = 3.5 * d.name.chars().count() as f64;
            let fits = x(d.along) - half > end + 4.0;
            end = if fits { x(d.along) + half } else { end };
            fits
        })
        .collect();
    // Numbers of what happened at almost the same time stand beside each other.
    let mut past = f64::NEG_INFINITY;
    let numbered: Vec<f64> = happened
        .iter()
        .map(|event| {
            let at = x(event.along).max(past);
            past = at + 6.0 + 7.0 * event.number.to_string().len() as f64;
            at
        })
        .collect();
    let line: String =
        dots.iter().enumerate().map(|(i, d)| format!("{}{} {}", if i == 0 { "M" } else { "L" }, r(x(d.along)), r(y(d.value)))).collect();
    html! {
        svg.plot viewBox="0 0 300 230" role="img" aria-label=(label) {
            @for i in 0..=(top / tick).round() as usize {
                @let value = i as f64 * tick;
                line.grid x1=(r(left)) x2=(r(left + wide)) y1=(r(y(value))) y2=(r(y(value))) {}
                text x=(r(left - 6.0)) y=(r(y(value) + 4.0)) text-anchor="end" { (short(value)) }
            }
            @for (event, at) in happened.iter().zip(numbered) {
                line.cut x1=(r(x(event.along))) x2=(r(x(event.along))) y1=(r(bottom)) y2="26" { title { (event.name) } }
                text x=(r(at)) y="24" text-anchor="middle" { (event.number) }
            }
            path.joined d=(line) {}
            @for (d, named) in dots.iter().zip(named) {
                @if let Some((low, high)) = d.interval {
                    line.whisker x1=(r(x(d.along))) x2=(r(x(d.along))) y1=(r(y(low))) y2=(r(y(high))) {}
                    @for end in [low, high].into_iter().filter(|end| *end >= 0.0) { line.whisker x1=(r(x(d.along) - 4.0)) x2=(r(x(d.along) + 4.0)) y1=(r(y(end))) y2=(r(y(end))) {} }
                }
                circle.dot cx=(r(x(d.along))) cy=(r(y(d.value))) r="4" { title { (d.name) ": " (figure(d.value)) } }
                @if named { text x=(r(x(d.along))) y=(r(bottom + 16.0)) text-anchor="middle" { (d.name) } }
            }
            text x="4" y="11" { (up) }
            text x=(r(left + wide / 2.0)) y=(r(bottom + 34.0)) text-anchor="middle" { (across) }
        }
    }
}

/// The axis of a plot of counts: whole ticks with faint lines.
fn axis(left: f64, bottom: f64, wide: f64, high: f64, highest: usize) -> Markup {
    let (tick, _) = ticks(highest as f64);
    let tick = tick.max(1.0);
    html! {
        @for i in 0..=(highest as f64 / tick) as usize {
            @let value = i as f64 * tick;
            @let y = bottom - high * value / highest as f64;
            line.grid x1=(r(left)) x2=(r(left + wide)) y1=(r(y)) y2=(r(y)) {}
            text x=(r(left - 6.0)) y=(r(y + 4.0)) text-anchor="end" { (value) }
        }
    }
}

/// A round distance between ticks, 2 to 5 of them up to `most`, and the round number at or above `most`.
fn ticks(most: f64) -> (f64, f64) {
    if !(most > 0.0 && most.is_finite()) {
        return (1.0, 1.0);
    }
    let decade = 10f64.powf((most / 2.0).log10().floor());
    let tick = [5.0, 2.0, 1.0].map(|step| step * decade).into_iter().find(|tick| most / tick >= 2.0).unwrap_or(decade);
    (tick, (most / tick).ceil() * tick)
}

/// A tick's number without needless decimals.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// So many hairs.
fn hairs(n: usize) -> String {
    format!("{n} {}", if n == 1 { "hair" } else { "hairs" })
}

/// A coordinate to a tenth.
fn r(value: f64) -> String {
    short((value * 10.0).round() / 10.0 + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_plot_is_a_plot_of_nothing() {
        for svg in [thickness_histogram(&[], &Cuts::default()), rose(&[]), bars("", "", "", &[]), dots("", "", "", &[], &[])] {
            assert!(!svg.into_string().contains("NaN"));
        }
    }

    #[test]
    fn a_cut_within_a_bar_parts_its_hairs() {
        let cuts = Cuts { vellus_below_um: crate::units::Micrometers(32.0), ..Cuts::default() };
        let svg = thickness_histogram(&[31.0, 33.0, 33.5, 70.0], &cuts).into_string();
        assert_eq!(svg.matches("bar vellus").count(), 1);
        assert_eq!(svg.matches("bar intermediate").count(), 1);
        assert!(svg.contains("1 vellus (under 32 µm), 2 intermediate, 1 terminal"));
    }

    #[test]
    fn names_of_cuts_stay_in_the_picture() {
        // Where an axis is long, or a cut low, there is no room before the line.
        for (cut, most) in [(30.0, 400.0), (10.0, 70.0), (30.0, 70.0)] {
            let cuts = Cuts { vellus_below_um: crate::units::Micrometers(cut), ..Cuts::default() };
            let svg = thickness_histogram(&[20.0, most], &cuts).into_string();
            let name = svg.split("<text").find(|text| text.contains("vellus below")).unwrap();
            let at: f64 = name.split("x=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
            assert!(name.contains("\"start\"") || at > 110.0, "{cut} {most}: {name}");
            let other = svg.split("<text").find(|text| text.contains("terminal from")).unwrap();
            assert!(name.contains("y=\"24\"") && other.contains("y=\"38\""), "on two lines");
        }
        assert_eq!(beside(420.0, "terminal from 290 µm", false).1, "end");
    }

    #[test]
    fn last_bar_says_whether_it_holds_all_above() {
        let of = |most: f64| thickness_histogram(&[most], &Cuts::default()).into_string();
        assert!(of(420.0).contains("1 hair of 295 µm or more"));
        assert!(of(88.0).contains("1 hair of 85 to 90 µm") && !of(88.0).contains("or more<"));
    }

    #[test]
    fn no_hair_runs_anywhere() {
        let svg = rose(&[]).into_string();
        assert!(svg.contains("0 hairs, root to tip; the direction of none is known") && !svg.contains("towards"));
    }

    #[test]
    fn what_happened_is_told_apart_without_a_pointer() {
        let happened = |number: usize, along: f64| Happened { number, name: "start".into(), along };
        let svg = super::dots("", "", "", &[], &[happened(1, 0.5), happened(2, 0.505)]).into_string();
        let at = |number: &str| -> f64 {
            let text = svg.split("<text").find(|text| text.contains(&format!(">{number}</text>")) && text.contains("y=\"24\"")).unwrap();
            text.split("x=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
        };
        assert!(at("2") - at("1") > 8.0, "numbers do not touch: {svg}");
    }

    #[test]
    fn hairs_to_either_side_of_zero_degrees_are_one_sector() {
        let svg = rose(&[359.0, 1.0, 5.0]).into_string();
        assert_eq!(svg.matches("<path").count(), 1);
        assert!(svg.contains("most, 3, run towards 0°"));
    }

    #[test]
    fn names_of_many_dots_do_not_touch() {
        let names: Vec<String> = (0..12).map(|month| format!("{month}.0")).collect();
        let twelve: Vec<Dot> =
            names.iter().enumerate().map(|(i, name)| Dot { name, along: i as f64 / 11.0, value: 5.0, interval: None }).collect();
        let said = |dots: &[Dot]| super::dots("", "", "", dots, &[]).into_string().matches(".0</text>").count();
        assert!((3..9).contains(&said(&twelve)), "{}", said(&twelve));
        assert_eq!(said(&twelve[..1]), 1);
    }

    #[test]
    fn ticks_are_few_and_round() {
        for (most, tick, top) in [(0.0, 1.0, 1.0), (9.0, 2.0, 10.0), (169.8, 50.0, 200.0), (0.41, 0.2, 0.6), (23.0, 10.0, 30.0)] {
            let (found, upto) = ticks(most);
            assert!((found - tick).abs() < 1e-9 && (upto - top).abs() < 1e-9, "{most}: {found} {upto}");
        }
    }
}
