//! The page of a site followed through its sessions: small multiples over months, and every hair's course.

use super::change_words::{timeline_fate, timeline_unit_fate, verdict};
use super::embed::Picture;
use super::page::{page, up};
use super::plots::{self, Dot, Happened};
use super::words::{GROUPS, group, half_width, heading, number, plus, rounded, share, unit};
use crate::compare::UnitFateKind;
use crate::compare::timeline::{DAYS_PER_MONTH, State, TimelineFate};
use crate::results::{EventResult, GoingResult, SessionResult, ThenResult, TimelineResult, TrendResult};
use crate::session::days_between;
use maud::{Markup, html};

/// The page of a timeline, to lie at `place` below the results folder, with a thumbnail for each session that has one.
pub fn timeline_page(timeline: &TimelineResult, thumbnails: &[Option<Picture>], place: &str) -> String {
    let title = title(timeline);
    let body = html! {
        header {
            nav { a href=(format!("{}timelines.html", up(place))) { "← all timelines" } }
            h1 { (title) @if timeline.sessions.len() == 1 { ": one session" } @else { " through " (timeline.sessions.len()) " sessions" } }
        }
        main {
            @if !timeline.caveats.is_empty() {
                section.caveats aria-labelledby="caveats" {
                    h2 id="caveats" { "Read with care" }
                    ul { @for caveat in &timeline.caveats { li { (caveat.message) } } }
                }
            }
            (multiples(timeline))
            (sessions(timeline, thumbnails))
            (events(timeline))
            (courses(timeline))
        }
    };
    page(&format!("{title}: anagen"), env!("CARGO_PKG_VERSION"), &body)
}

/// What a timeline is called: by its subject and site.
pub fn title(timeline: &TimelineResult) -> String {
    let named: Vec<&str> = [&timeline.subject, &timeline.site].into_iter().flatten().map(String::as_str).collect();
    if named.is_empty() { "One site".to_owned() } else { named.join(", ") }
}

/// A small plot for each measurement, with its trend in words.
fn multiples(timeline: &TimelineResult) -> Markup {
    let happened = happened(timeline);
    html! {
        @for name in GROUPS {
            @let of_group: Vec<&GoingResult> = timeline.measurements.iter().filter(|m| group(&m.name) == name && m.points.len() > 1).collect();
            @if !of_group.is_empty() {
                section aria-label=(name) {
                    h2 { (name) }
                    div.plots.small { @for m in of_group { (multiple(m, &happened)) } }
                }
            }
        }
        @if timeline.measurements.iter().any(|m| m.points.len() > 1) { p.note {
            "A whisker is the 95 % interval of the change since the first session over the skin both show, for counts taken to the whole first field; months are counted from that session. "
            "Where hairs are not paired, a value is that of its session's own field."
            @if !happened.is_empty() { " A broken line is what happened, by its number: " (happened.iter().map(Numbered::said).collect::<Vec<_>>().join("; ")) "." }
        } }
    }
}

/// Something that happened between the first and the last session of the plots, which show it by its number.
struct Numbered<'a> {
    number: usize,
    event: &'a EventResult,
    month: f64,
}

impl Numbered<'_> {
    fn said(&self) -> String {
        format!("{}: {}, {}, month {}", self.number, self.event.label, self.event.date, months(self.month))
    }
}

fn happened(timeline: &TimelineResult) -> Vec<Numbered<'_>> {
    let last = timeline.sessions.iter().filter(|session| session.comparable).filter_map(|session| session.months).fold(0.0, f64::max);
    let within = timeline.events.iter().filter_map(|event| Some((event, month_of(&event.date, &timeline.sessions)?)));
    let mut within: Vec<(&EventResult, f64)> = within.filter(|(_, month)| (0.0..=last).contains(month)).collect();
    within.sort_by(|a, b| a.1.total_cmp(&b.1));
    within.into_iter().enumerate().map(|(i, (event, month))| Numbered { number: i + 1, event, month }).collect()
}

/// The months from the first session that can be compared to a date.
fn month_of(date: &str, sessions: &[SessionResult]) -> Option<f64> {
    let first = sessions.iter().find(|session| session.months == Some(0.0))?.date.as_deref()?;
    Some(days_between(first, date)? as f64 / DAYS_PER_MONTH)
}

fn multiple(m: &GoingResult, happened: &[Numbered]) -> Markup {
    let last = m.points.iter().map(|p| p.months).fold(0.0, f64::max).max(1.0);
    let first = m.points.iter().find_map(|p| p.value);
    let names: Vec<String> = m.points.iter().map(|p| months(p.months)).collect();
    // Shares are drawn in percent, as they are said.
    let (scale, up) = if share(&m.name) { (100.0, "%") } else { (1.0, unit(&m.unit)) };
    let dots: Vec<Dot> = m
        .points
        .iter()
        .zip(&names)
        .filter_map(|(p, name)| {
            let change = p.since_first.as_ref();
            let ends = change
                .and_then(|c| c.low.zip(c.high))
                .zip(first)
                .map(|((low, high), first)| (scale * (first + low), scale * (first + high)));
            Some(Dot { name, along: p.months / last, value: scale * p.value?, interval: ends })
        })
        .collect();
    let of_plot = happened.iter().filter(|event| event.month <= last);
    let happened: Vec<Happened> =
        of_plot.map(|event| Happened { number: event.number, name: event.said(), along: event.month / last }).collect();
    let said: Vec<String> =
        m.points.iter().filter_map(|p| Some(format!("{} at month {}", number(&m.name, p.value?, None), months(p.months)))).collect();
    let change = m.points.iter().rev().find_map(|p| p.since_first.as_ref());
    html! {
        figure {
            (plots::dots(&format!("{}: {}", heading(&m.name), said.join(", ")), up, "months", &dots, &happened))
            figcaption {
                strong { (heading(&m.name)) } br;
                @if let Some(trend) = &m.trend { (slope(m, trend)) br; }
                @if let Some(change) = change { "Since the first session: " (verdict(change)) }
            }
        }
    }
}

/// So many months, to a tenth.
fn months(months: f64) -> String {
    format!("{months:.1}").replace('-', "−")
}

/// A trend in words.
pub fn slope(m: &GoingResult, trend: &TrendResult) -> String {
    let Some(per_month) = trend.per_month else { return "no trend is known".into() };
    // Less than one hair a month is a trend too, so counts are not rounded here; shares change by percentage points.
    let (scale, unit) = if share(&m.name) { (100.0, "percentage points") } else { (1.0, unit(&m.unit)) };
    let known = half_width(trend.low, trend.high).map(|half| scale * half);
    let told = |value: f64| rounded(scale * value, known);
    let sign = plus(per_month, &told(per_month));
    let range = trend.low.zip(trend.high).map(|(low, high)| format!(" ({} to {})", told(low), told(high))).unwrap_or_default();
    // What lies between two sessions is a difference and no trend.
    let over = if trend.n == 2 { "between two sessions".into() } else { format!("over {} sessions", trend.n) };
    format!("{sign}{} {unit} a month{range}, {over}", told(per_month)).replace("  ", " ")
}

fn sessions(timeline: &TimelineResult, thumbnails: &[Option<Picture>]) -> Markup {
    html! {
        section aria-labelledby="sessions" {
            h2 id="sessions" { "Sessions" }
            div.scroll { table {
                caption { "Every session in the order of time; months count from the first that can be compared." }
                thead { tr { th scope="col" { span.hidden { "thumbnail" } } th scope="col" { "photo" } th scope="col" { "date" } th.number scope="col" { "months" } th.number scope="col" { "hairs seen" } th scope="col" { "in the trends" } } }
                tbody { @for session in &timeline.sessions {
                    tr {
                        td.thumbnail { @if let Some(Some(picture)) = thumbnails.get(session.session) { img src=(picture.uri()) alt=""; } }
                        th scope="row" { (session.path) }
                        td { (session.date.as_deref().unwrap_or("not known").replace('T', " ")) }
                        td.number { (session.months.map_or("–".into(), months)) }
                        td.number { (session.hairs_seen.map_or("–".into(), |n| n.to_string())) }
                        td { @if session.comparable { "yes" } @else { "no" @if let Some(reason) = &session.reason { ": " (reason.message) } } }
                    }
                } }
            } }
        }
    }
}

/// The day of a session, by its number.
fn day(timeline: &TimelineResult, number: usize) -> String {
    let date = timeline.sessions.iter().find(|session| session.session == number).and_then(|session| session.date.as_ref());
    date.map_or("an unknown day".into(), |date| date.chars().take(10).collect())
}

/// The times after an event that say something of their own: the last session may be the one that already stands for the time before it.
fn told(event: &EventResult) -> impl Iterator<Item = &ThenResult> {
    let before = std::iter::once(None).chain(event.times.iter().map(|then| Some(then.session)));
    event
        .times
        .iter()
        .zip(before)
        .filter(|(then, before)| then.time != "last session" || Some(then.session) != *before)
        .map(|(then, _)| then)
}

fn events(timeline: &TimelineResult) -> Markup {
    let wanted = ["hair_density", "thickness_mean", "cumulative_thickness", "vellus_share", "follicular_unit_density"];
    html! {
        @for event in &timeline.events {
            section {
                h2 { "Since " (event.label) ", " (event.date) }
                @if event.baseline.is_some() && event.times.is_empty() { p { "No session that can be compared with the one before it has been taken since." } }
                @if event.baseline.is_none() { p { "No session was at or before it, so there is nothing to count from." } }
                @if let Some(baseline) = event.baseline.filter(|_| !event.times.is_empty()) { p.note { "Counted from the session of " (day(timeline, baseline)) "." } }
                @for then in told(event) {
                    h3 { (then.time) ": the session of " (day(timeline, then.session)) ", " (months(then.months)) " months after" }
                    ul { @for change in then.changes.iter().filter(|c| wanted.contains(&c.name.as_str())) { li { (heading(&change.name)) ": " (verdict(change)) } } }
                    @if then.changes.is_empty() { p { "The two sessions show no skin in common." } }
                }
            }
        }
    }
}

/// Every fate, in the order they are told.
pub const FATES: [TimelineFate; 8] = [
    TimelineFate::Kept,
    TimelineFate::Thickened,
    TimelineFate::Thinned,
    TimelineFate::Lost,
    TimelineFate::New,
    TimelineFate::Returned,
    TimelineFate::Passing,
    TimelineFate::Unresolved,
];

/// Every hair as a row of marks, one for each session, hairs of one fate together.
fn courses(timeline: &TimelineResult) -> Markup {
    let of = |fate: TimelineFate| timeline.hairs.iter().filter(|hair| hair.fate == fate).collect::<Vec<_>>();
    html! {
        section aria-labelledby="hairs" {
            h2 id="hairs" { "Every hair through the sessions" }
            p.note { "A column is a hair, a row a session, from the first at the top. ● seen, ○ there but not traced, × not there any more or not yet, · not to be told." }
            @let fates: Vec<String> = UnitFateKind::ALL
                .iter()
                .map(|fate| (*fate, timeline.units.iter().filter(|unit| unit.fate == *fate).count()))
                .filter(|(_, n)| *n > 0)
                .map(|(fate, n)| timeline_unit_fate(fate, n))
                .collect();
            @if !fates.is_empty() {
                p { "Follicular units: " (fates.join("; ")) "." }
            }
            @for fate in FATES {
                @let hairs = of(fate);
                @if !hairs.is_empty() {
                    figure.courses {
                        (marks(&hairs.iter().map(|hair| hair.sessions.iter().map(|s| s.state).collect()).collect::<Vec<Vec<State>>>(), fate))
                        figcaption { (hairs.len()) " " (timeline_fate(fate)) }
                    }
                }
            }
        }
    }
}

fn marks(hairs: &[Vec<State>], fate: TimelineFate) -> Markup {
    const ACROSS: usize = 80;
    const STEP: usize = 12;
    let sessions = hairs.iter().map(Vec::len).max().unwrap_or(0);
    let blocks = hairs.len().div_ceil(ACROSS);
    let high = blocks * (sessions * STEP + 8);
    html! {
        svg.marks viewBox=(format!("0 0 {} {high}", ACROSS * STEP)) role="img" aria-label=(format!("{} {} {}", hairs.len(), if hairs.len() == 1 { "hair" } else { "hairs" }, timeline_fate(fate))) {
            @for (i, states) in hairs.iter().enumerate() {
                @for (session, state) in states.iter().enumerate() {
                    @let (x, y) = ((i % ACROSS) * STEP + STEP / 2, (i / ACROSS) * (sessions * STEP + 8) + session * STEP + STEP / 2);
                    @match state {
                        State::Seen => circle.seen cx=(x) cy=(y) r="4" {},
                        State::Untraced => circle.untraced cx=(x) cy=(y) r="3.4" {},
                        State::Absent => path.absent d=(format!("M{} {}l6 6m0 -6l-6 6", x - 3, y - 3)) {},
                        _ => circle.unknown cx=(x) cy=(y) r="1.2" {},
                    }
                }
            }
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use serde_json::json;

    /// Three sessions with two treatments, the first of them before two of the sessions.
    pub fn timeline() -> TimelineResult {
        let session = |number: usize, date: &str, months: f64| {
            json!({ "session": number, "date": date, "months": months, "path": format!("{date}/vertex.jpg"), "photo": null, "device": null,
                "comparable": true, "reason": null, "hairs_seen": 40 })
        };
        let point = |session: usize, months: f64| json!({ "session": session, "months": months, "value": 120.0, "since_first": null });
        let then = |time: &str, session: usize, months: f64| json!({ "time": time, "session": session, "months": months, "changes": [] });
        let dates = [("2026-01-15T09:00:18", 0.0), ("2026-04-15", 2.957), ("2026-07-15", 5.947)];
        let timeline = json!({
            "schema": "anagen/timeline/1",
            "subject": "s01",
            "site": "vertex",
            "sessions": dates.iter().enumerate().map(|(i, (date, months))| session(i, date, *months)).collect::<Vec<_>>(),
            "hairs": [{ "id": 0, "fate": "kept", "thickness_change_um": null, "thickness_change_standard_error_um": null,
                "sessions": (0..3).map(|session| json!({ "session": session, "state": "seen" })).collect::<Vec<_>>() }],
            "units": [],
            "measurements": [{ "name": "hair_density", "unit": "/cm2", "paired": true, "trend": null,
                "points": [point(0, 0.0), point(1, 2.957), point(2, 5.947)] }],
            "events": [
                { "date": "2026-05-01", "label": "finasteride", "baseline": 1, "times": [then("1-2 months", 2, 2.464), then("last session", 2, 2.464)] },
                { "date": "2026-02-01", "label": "minoxidil", "baseline": 0, "times": [then("1-2 months", 1, 2.398), then("last session", 2, 5.388)] },
                { "date": "2025-02-01", "label": "none", "baseline": null, "times": [] }
            ],
            "caveats": []
        });
        serde_json::from_value(timeline).unwrap()
    }

    fn text() -> String {
        timeline_page(&timeline(), &[], "timelines/s01/vertex.html")
    }

    #[test]
    fn treatments_have_numbers_in_the_plots_and_names_below_them() {
        let text = text();
        assert!(text.contains("1: minoxidil, 2026-02-01, month 0.6; 2: finasteride, 2026-05-01, month 3.5."), "{text}");
        let plot = text.split("<svg class=\"plot\"").nth(1).unwrap().split("</svg>").next().unwrap();
        for number in ["1", "2"] {
            assert!(plot.contains(&format!("y=\"24\" text-anchor=\"middle\">{number}</text>")), "{plot}");
        }
    }

    #[test]
    fn what_explains_the_plots_and_the_courses_is_printed() {
        let text = text();
        let printed = |words: &str| text.split("<p class=\"note\">").skip(1).any(|note| note.split("</p>").next().unwrap().contains(words));
        assert!(printed("A whisker is the 95 % interval") && printed("● seen"));
        let paper = text.split("@media print").nth(1).unwrap().split("</style>").next().unwrap();
        let hidden = paper.split('}').filter(|rule| rule.contains("display: none"));
        assert!(hidden.clone().count() > 0 && hidden.into_iter().all(|rule| !rule.contains(".note")));
    }

    #[test]
    fn changes_since_a_treatment_name_their_sessions_and_none_twice() {
        let text = text();
        let since = |label: &str| text.split(&format!("<h2>Since {label}")).nth(1).unwrap().split("</section>").next().unwrap();
        assert!(since("minoxidil").contains("Counted from the session of 2026-01-15."));
        assert!(since("minoxidil").contains("1-2 months: the session of 2026-04-15, 2.4 months after"));
        assert!(since("minoxidil").contains("last session: the session of 2026-07-15, 5.4 months after"));
        assert!(since("finasteride").contains("1-2 months: the session of 2026-07-15") && !since("finasteride").contains("last session"));
        assert!(!since("none").contains("Counted from"));
    }

    #[test]
    fn column_of_sessions_is_called_what_it_holds() {
        assert!(text().contains("hairs seen") && !text().contains("hairs followed"));
    }
}
