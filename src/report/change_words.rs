//! Changes and fates in plain words.

use super::words::{half_width, number, plus, rounded, share, unit};
use crate::compare::timeline::TimelineFate;
use crate::compare::{Fate, Reason, UnitFateKind, Verdict};
use crate::results::ChangeResult;

/// What a fate is called.
pub fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Kept => "kept",
        Fate::Thickened => "thickened",
        Fate::Thinned => "thinned",
        Fate::Lost => "lost",
        Fate::New => "new",
        Fate::Unresolved => "unresolved",
        Fate::Outside => "outside of what both show",
    }
}

/// The one word that names a fate in a page's layers.
pub fn fate_name(of: Fate) -> &'static str {
    if of == Fate::Outside { "outside" } else { fate(of) }
}

/// Why a hair that one photo alone shows has its fate.
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Untraced => "its shaft is to be seen in the other photo, though it was not traced",
        Reason::Hidden => "the other photo shows no skin there",
        Reason::Crossed => "another hair lies over its place",
        Reason::Faint => "too faint for the other photo to show for certain",
        Reason::Doubtful => "not surely a hair",
    }
}

/// What became of so many follicular units.
pub fn unit_fate(fate: UnitFateKind, n: usize) -> String {
    let (units, their) = if n == 1 { ("unit", "its") } else { ("units", "their") };
    let (bear, them) = if n == 1 { ("bears", "it") } else { ("bear", "them") };
    match fate {
        UnitFateKind::Kept => format!("{n} {units} kept as many hairs as before"),
        UnitFateKind::GainedHair => format!("{n} {units} gained hair"),
        UnitFateKind::LostHair => format!("{n} {units} lost some of {their} hair"),
        UnitFateKind::Emptied => format!("{n} {units} lost all {their} hair"),
        UnitFateKind::Reactivated => format!("{n} {units} bore no hair before and {bear} some now (reactivated)"),
        UnitFateKind::Unresolved => format!("{n} {units}: the photos cannot tell what became of {them}"),
    }
}

/// What became of hairs over a timeline.
pub fn timeline_fate(fate: TimelineFate) -> &'static str {
    match fate {
        TimelineFate::Kept => "kept",
        TimelineFate::Thickened => "thickened",
        TimelineFate::Thinned => "thinned",
        TimelineFate::Lost => "lost",
        TimelineFate::New => "new",
        TimelineFate::Returned => "gone for a while and back",
        TimelineFate::Passing => "there for a while only",
        TimelineFate::Unresolved => "that cannot be followed",
    }
}

/// What became of so many units of a timeline.
pub fn timeline_unit_fate(fate: UnitFateKind, n: usize) -> String {
    match fate {
        UnitFateKind::Kept => format!("{n} kept as many hairs"),
        UnitFateKind::GainedHair => format!("{n} gained hair"),
        UnitFateKind::LostHair => format!("{n} lost some hair"),
        UnitFateKind::Emptied => format!("{n} lost all hair"),
        UnitFateKind::Reactivated => format!("{n} without hair in some session and with hair in the last (reactivated)"),
        UnitFateKind::Unresolved => format!("{n} that cannot be followed"),
    }
}

/// The numbers of a change as they are written: as far as the change is known, shares in percent and their differences in points.
pub struct Numbers<'a> {
    name: &'a str,
    uncertainty: Option<f64>,
}

impl<'a> Numbers<'a> {
    /// Those of a change.
    pub fn of(change: &'a ChangeResult) -> Self {
        let known = [change.detectable_change, half_width(change.low, change.high)].into_iter().flatten();
        Self { name: &change.name, uncertainty: known.reduce(f64::max) }
    }

    /// One of the two values.
    pub fn value(&self, value: f64) -> String {
        number(self.name, value, self.uncertainty)
    }

    /// A difference of two values, without a unit.
    pub fn difference(&self, by: f64) -> String {
        if share(self.name) { rounded(100.0 * by, self.uncertainty.map(|u| 100.0 * u)) } else { self.value(by) }
    }

    /// A difference with its sign, and with "points" where it is one of shares.
    pub fn signed(&self, by: f64) -> String {
        let text = self.difference(by);
        format!("{}{text}{}", plus(by, &text), if share(self.name) { " points" } else { "" })
    }
}

/// A change in one plain sentence: "12.4 more hairs per cm² (6.1 to 18.9); this method can detect 7.5".
pub fn verdict(change: &ChangeResult) -> String {
    let (Some(by), Some(_)) = (change.change, change.baseline) else {
        return "Not known here: too few hairs of both photos are known.".into();
    };
    let told = Numbers::of(change);
    let unit = if share(&change.name) { "percentage points" } else { unit(&change.unit) };
    // What has gone down is said by how much, so the ends of its interval are too, the smaller one first.
    let ends = match change.verdict {
        Verdict::Decreased => change.low.zip(change.high).map(|(low, high)| (-high, -low)),
        _ => change.low.zip(change.high),
    };
    let range = ends.map(|(low, high)| format!(" ({} to {})", told.difference(low), told.difference(high))).unwrap_or_default();
    let detect = change.detectable_change.map(|d| format!("; this method can detect {}", told.difference(d))).unwrap_or_default();
    let v = told.difference(by.abs());
    let amount = format!("{v} {unit}").trim_end().to_owned();
    match (change.verdict, thing(&change.name, v == "1")) {
        (Verdict::NoDetectableChange, _) => {
            let way = match by {
                by if by > 0.0 => format!("up {amount}"),
                by if by < 0.0 => format!("down {amount}"),
                _ => "the same".into(),
            };
            format!("No detectable change: {way}{range}{detect}.")
        }
        (Verdict::Increased, Some(thing)) => format!("{v} more {thing}{range}{detect}."),
        (Verdict::Decreased, Some(thing)) => format!("{v} fewer {thing}{range}{detect}."),
        (Verdict::Increased, None) => format!("Up by {amount}{range}{detect}."),
        (Verdict::Decreased, None) => format!("Down by {amount}{range}{detect}."),
    }
}

/// What is counted, one of it or more, for measurements that count; `None` for the others.
fn thing(name: &str, one: bool) -> Option<String> {
    let (hairs, units) = if one { ("hair", "follicular unit") } else { ("hairs", "follicular units") };
    match name {
        "hair_count" => Some(hairs.into()),
        "hair_density" => Some(format!("{hairs} per cm²")),
        "follicular_unit_count" => Some(units.into()),
        "follicular_unit_density" => Some(format!("{units} per cm²")),
        _ => {
            let cut = name.strip_prefix("hair_density_at_least_")?.strip_suffix("um")?;
            Some(format!("{hairs} per cm² of at least {cut} µm"))
        }
    }
}

/// So many days in words people plan by.
pub fn plain_days(days: i64) -> String {
    let plural = |n: i64| if n.abs() == 1 { "day" } else { "days" };
    if days.abs() < 60 { format!("{days} {}", plural(days)) } else { format!("{days} days, {:.1} months", days as f64 / 30.4375) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, by: f64, low: f64, high: f64, verdict: Verdict) -> ChangeResult {
        ChangeResult {
            name: name.into(),
            baseline: Some(100.0),
            follow_up: Some(100.0 + by),
            change: Some(by),
            low: Some(low),
            high: Some(high),
            detectable_change: Some(7.0),
            verdict,
            unit: if name.ends_with("density") { "/cm2".into() } else { "um".into() },
            n: 9,
            method: String::new(),
        }
    }

    #[test]
    fn verdicts_are_plain_sentences() {
        let more = super::verdict(&change("hair_density", 12.4, 6.0, 19.0, Verdict::Increased));
        assert_eq!(more, "12.4 more hairs per cm² (6.0 to 19.0); this method can detect 7.0.");
        let fewer = super::verdict(&change("hair_density", -12.4, -19.0, -6.0, Verdict::Decreased));
        assert!(fewer.starts_with("12.4 fewer hairs per cm² (6.0 to 19.0)"), "{fewer}");
        let none = super::verdict(&change("thickness_mean", 0.5, -1.0, 2.0, Verdict::NoDetectableChange));
        assert!(none.starts_with("No detectable change: up 0.5 µm (−1.0 to 2.0)"), "{none}");
    }

    #[test]
    fn one_is_singular() {
        let mut one = change("hair_count", -1.0, -1.4, -0.6, Verdict::Decreased);
        one.unit = "1".into();
        assert!(super::verdict(&one).starts_with("1 fewer hair ("), "{}", super::verdict(&one));
        assert_eq!(unit_fate(UnitFateKind::Emptied, 1), "1 unit lost all its hair");
        assert_eq!(unit_fate(UnitFateKind::Emptied, 2), "2 units lost all their hair");
    }

    #[test]
    fn same_photo_twice_has_no_interval_and_no_sign() {
        let mut same = change("hair_density", 0.0, 0.0, 0.0, Verdict::NoDetectableChange);
        (same.low, same.high, same.detectable_change) = (None, None, None);
        assert_eq!(super::verdict(&same), "No detectable change: the same.");
        assert_eq!(Numbers::of(&same).signed(0.0), "0");
    }

    #[test]
    fn change_of_a_share_is_in_points() {
        let mut share = change("vellus_share", -0.05, -0.08, -0.02, Verdict::Decreased);
        share.unit = "1".into();
        share.detectable_change = Some(0.025);
        assert!(super::verdict(&share).starts_with("Down by 5.0 percentage points (2.0 to 8.0); this method can detect 2.5"));
        assert_eq!(Numbers::of(&share).signed(0.05), "+5.0 points");
    }
}
