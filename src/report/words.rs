//! Measurements in plain words.

use crate::calibration::{Calibration, ScaleSource};
use crate::measure::{Cuts, Measurement, ThicknessClass};
use crate::results::StrandResult;

/// A number to three significant digits, with a true minus sign.
pub fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let decimals = if value == 0.0 { 0 } else { (2 - value.abs().log10().floor() as i32).clamp(0, 4) as usize };
    let text = format!("{value:.decimals$}");
    text.strip_prefix('-').map_or(text.clone(), |positive| format!("−{positive}"))
}

/// A number with as many decimals as its uncertainty has in two digits, so that a number and its interval read alike; three digits where
/// none is known.
pub fn rounded(value: f64, uncertainty: Option<f64>) -> String {
    let Some(known) = uncertainty.filter(|u| *u > 0.0 && u.is_finite() && value.is_finite()) else { return figure(value) };
    let decimals = (1 - known.log10().floor() as i32).clamp(0, 4) as usize;
    let text = format!("{value:.decimals$}");
    let nothing = text.chars().all(|c| "-0.".contains(c));
    text.strip_prefix('-').map_or(text.clone(), |positive| if nothing { positive.to_owned() } else { format!("−{positive}") })
}

/// Half of what lies between the ends of an interval.
pub fn half_width(low: Option<f64>, high: Option<f64>) -> Option<f64> {
    Some((high? - low?) / 2.0)
}

/// A share as a percentage, to a tenth where it is small.
pub fn percent(share: f64) -> String {
    let decimals = usize::from(share.abs() < 0.0995);
    format!("{:.decimals$} %", 100.0 * share).replace('-', "−")
}

/// A number that was stated, with no more decimals than it has.
pub fn stated(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Whether a measurement is a share, said in percent.
pub fn share(name: &str) -> bool {
    name.ends_with("_share") || name == "hair_coverage" || name == "thickness_cv"
}

/// How a measurement's numbers are written: shares in percent, counts whole, the others as far as they are known.
pub fn number(name: &str, value: f64, uncertainty: Option<f64>) -> String {
    match name {
        _ if share(name) && uncertainty.is_some_and(|u| u > 0.0) => format!("{} %", rounded(100.0 * value, uncertainty.map(|u| 100.0 * u))),
        _ if share(name) => percent(value),
        _ if name.ends_with("_count") || name.starts_with("unit_size_") => format!("{:.0}", value.round() + 0.0).replace('-', "−"),
        _ => rounded(value, uncertainty),
    }
}

/// A unit (UCUM) as people write it; nothing for plain numbers.
pub fn unit(ucum: &str) -> &str {
    match ucum {
        "1" => "",
        "um" => "µm",
        "/cm2" => "per cm²",
        "mm/cm2" => "mm per cm²",
        other => other,
    }
}

/// A measurement's value with its unit; a dash where it is not known.
pub fn value(m: &Measurement) -> String {
    m.value.map_or("–".into(), |value| format!("{} {}", known(m, value), unit(&m.unit)).trim_end().to_owned())
}

/// A measurement's interval, such as "24 to 59".
pub fn interval(m: &Measurement) -> Option<String> {
    Some(format!("{} to {}", known(m, m.low?), known(m, m.high?)))
}

/// One of a measurement's numbers, written as far as the measurement is known.
fn known(m: &Measurement, value: f64) -> String {
    number(&m.name, value, half_width(m.low, m.high))
}

/// What a measurement is called.
pub fn heading(name: &str) -> String {
    let known = match name {
        "hair_count" => "Hairs",
        "hair_density" => "Hair density",
        "follicular_unit_count" => "Follicular units",
        "follicular_unit_density" => "Follicular unit density",
        "hairs_per_unit_mean" => "Hairs per unit, mean",
        "single_hair_unit_share" => "Units of a single hair",
        "unit_size_1" => "Units of 1 hair",
        "unit_size_2" => "Units of 2 hairs",
        "unit_size_3" => "Units of 3 hairs",
        "unit_size_4" => "Units of 4 hairs",
        "unit_size_5_or_more" => "Units of 5 hairs or more",
        "thickness_mean" => "Thickness, mean",
        "thickness_median" => "Thickness, median",
        "thickness_sd" => "Thickness, standard deviation",
        "thickness_cv" => "Thickness, coefficient of variation",
        "vellus_share" => "Vellus share",
        "terminal_to_vellus_ratio" => "Terminal to vellus ratio",
        "cumulative_thickness" => "Cumulative thickness",
        "hair_coverage" => "Hair coverage",
        "interunit_distance_median" => "Distance between units, median",
        "direction_coherence" => "Direction coherence",
        _ => "",
    };
    if !known.is_empty() {
        return known.into();
    }
    if let Some(cut) = name.strip_prefix("hair_density_at_least_").and_then(|rest| rest.strip_suffix("um")) {
        return format!("Hair density, at least {cut} µm");
    }
    let words = name.replace('_', " ");
    words.chars().take(1).flat_map(char::to_uppercase).chain(words.chars().skip(1)).collect()
}

/// The groups measurements stand in, in the order of pages.
pub const GROUPS: [&str; 5] = ["Hairs", "Follicular units", "Thickness", "Hairs at least so thick", "Cover and layout"];

/// The measurements whose change or trend an overview says.
pub const TOLD: [&str; 3] = ["hair_density", "thickness_mean", "cumulative_thickness"];

/// The plus sign of a number above nothing, as it is written: none where the text shows no figure but zeros.
pub fn plus(value: f64, text: &str) -> &'static str {
    if value > 0.0 && text.chars().any(|c| ('1'..='9').contains(&c)) { "+" } else { "" }
}

/// The group a measurement stands in.
pub fn group(name: &str) -> &'static str {
    match name {
        "hair_count" | "hair_density" => "Hairs",
        _ if name.starts_with("hair_density_at_least") => "Hairs at least so thick",
        _ if name.contains("unit") && name != "interunit_distance_median" => "Follicular units",
        _ if name.starts_with("thickness") || name.starts_with("vellus") || name.starts_with("terminal") => "Thickness",
        _ => "Cover and layout",
    }
}

/// What a measurement says, in one plain sentence.
pub fn sentence(m: &Measurement, cuts: Option<&Cuts>) -> String {
    let Some(value_known) = m.value else {
        return format!("Not known here: it would rest on {} {}.", m.n, if m.n == 1 { "observation" } else { "observations" });
    };
    let v = known(m, value_known);
    let range = interval(m).map(|range| format!(" ({range})")).unwrap_or_default();
    let cut = |of: fn(&Cuts) -> f64| cuts.map_or("the cut".into(), |cuts| format!("{} µm", stated(of(cuts))));
    let (vellus, terminal) = (cut(|c| c.vellus_below_um.0), cut(|c| c.terminal_from_um.0));
    let one = |singular: &str, plural: &str| (if v == "1" { singular } else { plural }).to_owned();
    match m.name.as_str() {
        "hair_count" => format!("{v} {} in the counted field{range}.", one("hair has its root", "hairs have their root")),
        "hair_density" => format!("{v} hairs grow on a square centimeter{range}."),
        "follicular_unit_count" => format!("They leave the skin in {v} follicular {}{range}.", one("unit", "units")),
        "follicular_unit_density" => format!("{v} follicular units stand on a square centimeter{range}."),
        "hairs_per_unit_mean" => format!("A unit bears {v} hairs in the mean{range}."),
        "single_hair_unit_share" => format!("{v} of the units bear a single hair{range}."),
        "unit_size_1" => format!("{v} {} one hair{range}.", one("unit bears", "units bear")),
        "unit_size_5_or_more" => format!("{v} {} five hairs or more{range}.", one("unit bears", "units bear")),
        "unit_size_2" | "unit_size_3" | "unit_size_4" => {
            let size = m.name.trim_start_matches("unit_size_");
            format!("{v} {} {size} hairs{range}.", one("unit bears", "units bear"))
        }
        "thickness_mean" => {
            format!("A hair is {v} µm thick in the mean{range}, measured on {} {}.", m.n, if m.n == 1 { "hair" } else { "hairs" })
        }
        "thickness_median" => format!("Half of the hairs are thicker than {v} µm{range}, of {} whose thickness is known.", m.n),
        "thickness_sd" => {
            let without = "the measuring error taken out";
            format!("Hairs differ in thickness with a standard deviation of {v} µm{range}, {without}, of {} whose thickness is known.", m.n)
        }
        "thickness_cv" => {
            format!(
                "That spread is {v} of the mean{range}, of {} whose thickness is known: how uneven the hairs are (anisotrichosis).",
                m.n
            )
        }
        "vellus_share" => format!("{v} of the hairs are thinner than {vellus}{range}, of {} of whose thickness anything is known.", m.n),
        "terminal_to_vellus_ratio" => {
            format!("For each hair thinner than {vellus} there are {v} of at least {terminal}{range}; not to be held against a biopsy.")
        }
        "cumulative_thickness" => format!("All hairs of a square centimeter laid side by side would be {v} mm wide{range}."),
        "hair_coverage" => format!("{v} of the counted field lies under hair{range}."),
        "interunit_distance_median" => format!("From a unit to the nearest other it is {v} mm, in the median{range}."),
        "direction_coherence" => format!("Hairs run alike to {v}{range}: 1 is all the same way, 0 every way."),
        name => match name.strip_prefix("hair_density_at_least_").and_then(|rest| rest.strip_suffix("um")) {
            Some(cut) => format!("{v} hairs on a square centimeter are at least {cut} µm thick{range}."),
            None => format!("{}: {}{range}.", heading(name), value(m)),
        },
    }
}

/// What a strand is shown as: its class, or that it is too thin to be measured.
pub fn kind(strand: &StrandResult) -> &'static str {
    if strand.thickness_below_um.is_some() { "below" } else { class(strand.class) }
}

/// What a class is called.
pub fn class(class: Option<ThicknessClass>) -> &'static str {
    match class {
        Some(ThicknessClass::Vellus) => "vellus",
        Some(ThicknessClass::Intermediate) => "intermediate",
        Some(ThicknessClass::Terminal) => "terminal",
        None => "unmeasured",
    }
}

/// A scale and where it came from.
pub fn scale(calibration: Option<&Calibration>) -> String {
    let Some(c) = calibration else {
        return "no scale is known, so there is nothing in micrometers: give --um-per-px or --scale-bar-mm, or an anagen.toml".into();
    };
    let source = match c.source {
        ScaleSource::CommandLine => "as stated on the command line",
        ScaleSource::ScaleBar => "measured on the scale bar in the photo",
        ScaleSource::Config => "as stated in anagen.toml",
        ScaleSource::FileResolution => "the resolution the file states",
    };
    format!("{:.4} µm per pixel (standard uncertainty {:.4}), {source}", c.um_per_px, c.standard_uncertainty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(name: &str, unit: &str, value: Option<f64>) -> Measurement {
        let (low, high) = (value.map(|v| v * 0.8), value.map(|v| v * 1.2));
        Measurement { name: name.into(), value, unit: unit.into(), low, high, level: 0.95, n: 20, method: String::new() }
    }

    #[test]
    fn figures_have_three_digits() {
        for (value, text) in [(0.0, "0"), (171.62, "172"), (17.16, "17.2"), (1.716, "1.72"), (-0.0412, "−0.0412"), (f64::NAN, "–")] {
            assert_eq!(figure(value), text);
        }
    }

    #[test]
    fn number_and_interval_have_the_same_decimals() {
        let mut density = measurement("hair_density", "/cm2", Some(75.66));
        (density.low, density.high) = (Some(51.04), Some(107.9));
        assert_eq!((value(&density).as_str(), interval(&density).unwrap().as_str()), ("76 per cm²", "51 to 108"));
        assert_eq!((rounded(-0.031, Some(1.3)).as_str(), rounded(-9.37, Some(5.6)).as_str()), ("0.0", "−9.4"));
        assert_eq!(rounded(2.0, Some(0.0)), "2.00", "what is known exactly keeps three digits");
    }

    #[test]
    fn one_is_singular() {
        let mut one = measurement("thickness_mean", "um", Some(40.0));
        one.n = 1;
        assert!(sentence(&one, None).ends_with("measured on 1 hair."));
        one.value = None;
        assert!(sentence(&one, None).ends_with("1 observation."));
    }

    #[test]
    fn what_is_not_known_is_said_so() {
        let unknown = measurement("hair_density", "/cm2", None);
        assert_eq!((value(&unknown).as_str(), interval(&unknown)), ("–", None));
        assert!(sentence(&unknown, None).starts_with("Not known"));
    }

    #[test]
    fn sentences_carry_value_and_interval() {
        let density = sentence(&measurement("hair_density", "/cm2", Some(171.6)), None);
        assert_eq!(density, "172 hairs grow on a square centimeter (137 to 206).");
        let vellus = sentence(&measurement("vellus_share", "1", Some(0.25)), Some(&Cuts::default()));
        assert_eq!(vellus, "25.0 % of the hairs are thinner than 30 µm (20.0 % to 30.0 %), of 20 of whose thickness anything is known.");
        assert_eq!(heading("hair_density_at_least_30um"), "Hair density, at least 30 µm");
    }

    #[test]
    fn every_sentence_of_thickness_says_how_many_hairs_it_rests_on() {
        for name in ["thickness_mean", "thickness_median", "thickness_sd", "thickness_cv", "vellus_share"] {
            let said = sentence(&measurement(name, "um", Some(0.25)), Some(&Cuts::default()));
            assert!(said.contains("of 20 ") || said.ends_with("measured on 20 hairs."), "{said}");
        }
    }

    #[test]
    fn what_is_written_as_nothing_has_no_sign() {
        assert_eq!([plus(2.0, "2.0"), plus(0.01, "0.0"), plus(-2.0, "−2.0")], ["+", "", ""]);
    }

    #[test]
    fn name_of_a_later_version_is_still_said() {
        let later = measurement("scale_count", "1", Some(3.0));
        assert_eq!(sentence(&later, None), "Scale count: 3 (2 to 4).");
    }
}
