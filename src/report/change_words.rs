//! Changes and fates in plain words.

use super::words::{figure, number, share, unit};
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

/// What became of follicular units.
pub fn unit_fate(fate: UnitFateKind) -> &'static str {
    match fate {
        UnitFateKind::Kept => "kept as many hairs as before",
        UnitFateKind::GainedHair => "gained hair",
        UnitFateKind::LostHair => "lost some of their hair",
        UnitFateKind::Emptied => "lost all their hair",
        UnitFateKind::Reactivated => "bore no hair before and bear some now (reactivated)",
        UnitFateKind::Unresolved => "cannot be told",
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

/// An interval between two ends, such as "6 to 19".
pub fn interval_of(name: &str, low: Option<f64>, high: Option<f64>) -> Option<String> {
    Some(format!("{} to {}", number(name, low?), number(name, high?)))
}

/// A change in one plain sentence: "12.4 more hairs per cm² (6.1 to 18.9); this method can detect 7.5".
pub fn verdict(change: &ChangeResult) -> String {
    let (Some(by), Some(_)) = (change.change, change.baseline) else {
        return "Not known here: too few hairs of both photos are known.".into();
    };
    let share = share(&change.name);
    // The difference of two shares is in points, not in percent of the share.
    let (v, unit) = if share {
        (figure(100.0 * by.abs()), "percentage points".to_owned())
    } else {
        (number(&change.name, by.abs()), unit(&change.unit).to_owned())
    };
    let thing = thing(&change.name);
    let signed = |value: f64| if share { figure(100.0 * value) } else { number(&change.name, value) };
    let range = change.low.zip(change.high).map(|(low, high)| format!(" ({} to {})", signed(low), signed(high))).unwrap_or_default();
    let detect = change.detectable_change.map(|d| format!("; this method can detect {}", signed(d))).unwrap_or_default();
    let amount = [v.as_str(), unit.as_str()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ");
    match (change.verdict, thing) {
        (Verdict::NoDetectableChange, _) => {
            let way = match by {
                by if by > 0.0 => format!("up {amount}"),
                by if by < 0.0 => format!("down {amount}"),
                _ => "the same".into(),
            };
            format!("No detectable change: {way}{range}{detect}.")
        }
        (Verdict::Increased, Some(thing)) => format!("{} more {thing}{range}{detect}.", v),
        (Verdict::Decreased, Some(thing)) => format!("{} fewer {thing}{range}{detect}.", v),
        (Verdict::Increased, None) => format!("Up by {amount}{range}{detect}."),
        (Verdict::Decreased, None) => format!("Down by {amount}{range}{detect}."),
    }
}

/// What is counted, for measurements that count; `None` for the others.
fn thing(name: &str) -> Option<String> {
    match name {
        "hair_count" => Some("hairs".into()),
        "hair_density" => Some("hairs per cm²".into()),
        "follicular_unit_count" => Some("follicular units".into()),
        "follicular_unit_density" => Some("follicular units per cm²".into()),
        _ => {
            let cut = name.strip_prefix("hair_density_at_least_")?.strip_suffix("um")?;
            Some(format!("hairs per cm² of at least {cut} µm"))
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
        assert_eq!(more, "12.4 more hairs per cm² (6.00 to 19.0); this method can detect 7.00.");
        let fewer = super::verdict(&change("hair_density", -12.4, -19.0, -6.0, Verdict::Decreased));
        assert!(fewer.starts_with("12.4 fewer hairs per cm² (−19.0 to −6.00)"), "{fewer}");
        let none = super::verdict(&change("thickness_mean", 0.5, -1.0, 2.0, Verdict::NoDetectableChange));
        assert!(none.starts_with("No detectable change: up 0.500 µm"), "{none}");
    }

    #[test]
    fn change_of_a_share_is_in_points() {
        let mut share = change("vellus_share", -0.05, -0.08, -0.02, Verdict::Decreased);
        share.unit = "1".into();
        assert!(super::verdict(&share).starts_with("Down by 5.00 percentage points (−8.00 to −2.00)"));
    }
}
