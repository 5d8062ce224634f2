//! The page of a site followed through its sessions: small multiples over months, and every hair's course.

use super::change_words::{timeline_fate, timeline_unit_fate, verdict};
use super::embed::Picture;
use super::page::{page, up};
use super::plots::{self, Dot, Happened};
use super::words::{group, half_width, heading, number, rounded, share, unit};
use crate::compare::UnitFateKind;
use crate::compare::timeline::{DAYS_PER_MONTH, State, TimelineFate};
use crate::results::{EventResult, GoingResult, SessionResult, TimelineResult, TrendResult};
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
    let groups = ["Hairs", "Follicular units", "Thickness", "Hairs at least so thick", "Cover and layout"];
    html! {
        @for name in groups {
            @let of_group: Vec<&GoingResult> = timeline.measurements.iter().filter(|m| group(&m.name) == name && m.points.len() > 1).collect();
            @if !of_group.is_empty() {
                section aria-label=(name) {
                    h2 { (name) }
                    div.plots.small { @for m in of_group { (multiple(m, &timeline.events, &timeline.sessions)) } }
                }
            }
        }
        @if timeline.measurements.iter().any(|m| m.points.len() > 1) { p.hint {
            "A whisker is the 95 % interval of the change since the first session over the skin both show, for counts taken to the whole first field; months are counted from that session. "
            "Where hairs are not paired, a value is that of its session's own field."
            @let last = timeline.sessions.iter().filter(|session| session.comparable).filter_map(|session| session.months).fold(0.0, f64::max);
            @for event in timeline.events.iter().filter(|event| month_of(&event.date, &timeline.sessions).is_some_and(|month| (0.0..=last).contains(&month))) { " A broken line: " (event.label) ", " (event.date) "." }
        } }
    }
}

/// The months from the first session that can be compared to a date.
fn month_of(date: &str, sessions: &[SessionResult]) -> Option<f64> {
    let first = sessions.iter().find(|session| session.months == Some(0.0))?.date.as_deref()?;
    Some(days_between(first, date)? as f64 / DAYS_PER_MONTH)
}

fn multiple(m: &GoingResult, events: &[EventResult], sessions: &[SessionResult]) -> Markup {
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
    let along = |event: &EventResult| Some(month_of(&event.date, sessions)? / last).filter(|along| (0.0..=1.0).contains(along));
    let mark = |event: &EventResult| Some(Happened { name: format!("{}, {}", event.label, event.date), along: along(event)? });
    let happened: Vec<Happened> = events.iter().filter_map(mark).collect();
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
    let sign = if per_month > 0.0 && told(per_month).chars().any(|c| ('1'..='9').contains(&c)) { "+" } else { "" };
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
                thead { tr { th scope="col" { span.hidden { "thumbnail" } } th scope="col" { "photo" } th scope="col" { "date" } th.number scope="col" { "months" } th.number scope="col" { "hairs followed" } th scope="col" { "in the trends" } } }
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

fn events(timeline: &TimelineResult) -> Markup {
    let wanted = ["hair_density", "thickness_mean", "cumulative_thickness", "vellus_share", "follicular_unit_density"];
    html! {
        @for event in &timeline.events {
            section {
                h2 { "Since " (event.label) ", " (event.date) }
                @if event.baseline.is_some() && event.times.is_empty() { p { "No session that can be compared with the one before it has been taken since." } }
                @if event.baseline.is_none() { p { "No session was at or before it, so there is nothing to count from." } }
                @for then in &event.times {
                    h3 { (then.time) @if then.time != "last session" { ": the session at month " (months(then.months)) } }
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
            p.hint { "A column is a hair, a row a session, from the first at the top. ● seen, ○ there but not traced, × not there any more or not yet, · not to be told." }
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
