//! Timelines as tables (RFC 4180), ready to plot: one row per session and measurement, and one per hair and session. Columns keep their names
//! and their order.

use super::comparison::ChangeResult;
use super::folder::{Folder, write_whole};
use super::tables::{Table, cell, text};
use super::timeline::{SessionResult, TimelineResult};
use std::io;

const TIMELINE_COLUMNS: [&str; 23] = [
    "subject",
    "site",
    "session",
    "date",
    "months",
    "path",
    "comparable",
    "reason",
    "last_event",
    "last_event_date",
    "measurement",
    "unit",
    "paired",
    "value",
    "change_since_first",
    "change_since_first_low",
    "change_since_first_high",
    "detectable_change",
    "verdict",
    "trend_per_month",
    "trend_per_month_low",
    "trend_per_month_high",
    "trend_sessions",
];

const HAIR_COLUMNS: [&str; 16] = [
    "subject",
    "site",
    "hair",
    "fate",
    "session",
    "date",
    "months",
    "path",
    "state",
    "strand",
    "root_x_px",
    "root_y_px",
    "thickness_um",
    "thickness_standard_error_um",
    "unit",
    "unit_fate",
];

/// Writes `timeline.csv` and `timeline_hairs.csv`.
///
/// # Errors
/// When the disk refuses.
pub fn write_timeline_tables(folder: &Folder, timelines: &[TimelineResult]) -> io::Result<()> {
    let (mut values, mut hairs) = (Table::new(TIMELINE_COLUMNS)?, Table::new(HAIR_COLUMNS)?);
    for timeline in timelines {
        value_rows(timeline).into_iter().try_for_each(|row| values.row(row))?;
        hair_rows(timeline).into_iter().try_for_each(|row| hairs.row(row))?;
    }
    for (name, table) in [("timeline.csv", values), ("timeline_hairs.csv", hairs)] {
        write_whole(&folder.place(name), &table.bytes()?)?;
    }
    Ok(())
}

/// A row per session and measurement; a session without any has one row that says why.
fn value_rows(timeline: &TimelineResult) -> Vec<Vec<String>> {
    let mut rows = vec![];
    for session in &timeline.sessions {
        let begin = session_cells(timeline, session);
        let before = rows.len();
        for going in &timeline.measurements {
            let Some(point) = going.points.iter().find(|point| point.session == session.session) else { continue };
            let change = |of: fn(&ChangeResult) -> Option<f64>| cell(&point.since_first.as_ref().and_then(of));
            let trend = going.trend.as_ref();
            let mut row = begin.clone();
            row.extend([
                going.name.clone(),
                going.unit.clone(),
                cell(&going.paired),
                cell(&point.value),
                change(|c| c.change),
                change(|c| c.low),
                change(|c| c.high),
                change(|c| c.detectable_change),
                cell(&point.since_first.as_ref().map(|c| c.verdict)),
                cell(&trend.and_then(|t| t.per_month)),
                cell(&trend.and_then(|t| t.low)),
                cell(&trend.and_then(|t| t.high)),
                cell(&trend.map(|t| t.n)),
            ]);
            rows.push(row);
        }
        if rows.len() == before {
            let mut row = begin;
            row.resize(TIMELINE_COLUMNS.len(), String::new());
            rows.push(row);
        }
    }
    rows
}

fn session_cells(timeline: &TimelineResult, session: &SessionResult) -> Vec<String> {
    // Dates are written so that their order is that of their letters; a session on the day of an event is before it.
    let day = |date: &str| date.chars().take(10).collect::<String>();
    let event = session
        .date
        .as_deref()
        .and_then(|date| timeline.events.iter().filter(|event| day(&event.date) < day(date)).max_by_key(|event| day(&event.date)));
    vec![
        timeline.subject.as_deref().map(text).unwrap_or_default(),
        timeline.site.as_deref().map(text).unwrap_or_default(),
        cell(&session.session),
        cell(&session.date),
        cell(&session.months),
        text(&session.path),
        cell(&session.comparable),
        cell(&session.reason.as_ref().map(|reason| &reason.code)),
        event.map(|event| text(&event.label)).unwrap_or_default(),
        cell(&event.map(|event| &event.date)),
    ]
}

fn hair_rows(timeline: &TimelineResult) -> Vec<Vec<String>> {
    let mut rows = vec![];
    for hair in &timeline.hairs {
        let unit = timeline.units.iter().find(|unit| unit.hairs.contains(&hair.id));
        for seen in &hair.sessions {
            let session = &timeline.sessions[seen.session];
            rows.push(vec![
                timeline.subject.as_deref().map(text).unwrap_or_default(),
                timeline.site.as_deref().map(text).unwrap_or_default(),
                cell(&hair.id),
                cell(&hair.fate),
                cell(&seen.session),
                cell(&session.date),
                cell(&session.months),
                text(&session.path),
                cell(&seen.state),
                cell(&seen.strand),
                cell(&seen.root.map(|root| root.x)),
                cell(&seen.root.map(|root| root.y)),
                cell(&seen.thickness_um),
                cell(&seen.thickness_standard_error_um),
                cell(&unit.map(|unit| unit.id)),
                cell(&unit.map(|unit| unit.fate)),
            ]);
        }
    }
    rows
}
