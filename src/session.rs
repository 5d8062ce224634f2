//! Who, where and when, as far as a photo's relative path says.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

/// What a relative path says about a photo. What is not evident is `None`.
///
/// A date is `2026-02-10`, `2026_02_10`, `2026.02.10` or `20260210`, alone or followed by a time such as `_090018`, standing free of other digits;
/// the one nearest the end of the path counts. Then
///
/// - `<subject>/<date>/<site>.jpg` and `<subject>/<date>/<site>/<anything>.jpg`: the folder above the date is the subject, what follows it the site;
/// - `<subject>/<site>_<date>.jpg`, `<subject>/<date>_<site>.jpg`: the folder is the subject, the rest of the name the site.
///
/// Folders that are dated themselves, or called by a word for a visit (`visit1`, `month 3`, `baseline`), are passed over: the subject is
/// the nearest one above them. `M07`, `V12` and `017` are subjects' numbers.
///
/// A camera's running number (`IMG_0012`, `00017`) is not a site. Without a date nothing tells subjects from other folders, so all is `None`.
///
/// # Examples
/// ```
/// let session = anagen::session::Session::from_path("trial/s01/2026-02-10/vertex.jpg");
/// assert_eq!(session.subject.as_deref(), Some("s01"));
/// assert_eq!(session.site.as_deref(), Some("vertex"));
/// assert_eq!(session.taken_at.as_deref(), Some("2026-02-10"));
/// let session = anagen::session::Session::from_path("s01/visit1/vertex_2026-02-10.jpg");
/// assert_eq!(session.subject.as_deref(), Some("s01"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Session {
    /// Whose scalp.
    pub subject: Option<String>,
    /// Which place on the scalp.
    pub site: Option<String>,
    /// The date, `2026-02-10`, with the time, `2026-02-10T09:00:18`, where the name has one.
    pub taken_at: Option<String>,
}

impl Session {
    /// What a relative path with forward slashes says.
    pub fn from_path(path: &str) -> Self {
        let mut parts: Vec<&str> = path.split('/').collect();
        let name = parts.pop().unwrap_or_default();
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let subject_above = |folders: &[&str]| {
            let subject = folders.iter().rfind(|folder| Dated::find(folder).is_none() && !is_visit_word(folder));
            owned(subject.copied().unwrap_or_default())
        };
        if let Some(dated) = Dated::find(name) {
            return Self { subject: subject_above(&parts), site: site(&dated.rest), taken_at: Some(dated.taken_at) };
        }
        for (i, folder) in parts.iter().enumerate().rev() {
            if let Some(dated) = Dated::find(folder) {
                let named = parts.get(i + 1).copied().unwrap_or(name);
                let subject = if i > 0 { subject_above(&parts[..i]) } else { owned(&dated.rest).filter(|rest| !is_visit_word(rest)) };
                return Self { subject, site: site(named), taken_at: Some(dated.taken_at) };
            }
        }
        Self::default()
    }
}

impl Session {
    /// What a relative path without a date says, of use where the photo itself has one: the file's name, a running number at its end left out, is the
    /// site; the nearest folder above it that is not called like a visit (`visit1`, `month 3`, `baseline`) is the subject.
    ///
    /// # Examples
    /// ```
    /// use anagen::session::Session;
    /// let session = Session::from_undated("trial/s01/visit1/vertex.jpg");
    /// assert_eq!((session.subject.as_deref(), session.site.as_deref()), (Some("s01"), Some("vertex")));
    /// let session = Session::from_undated("s01/vertex_2.jpg");
    /// assert_eq!((session.subject.as_deref(), session.site.as_deref()), (Some("s01"), Some("vertex")));
    /// let session = Session::from_undated("visit2/baseline.jpg");
    /// assert_eq!((session.subject, session.site), (None, None));
    /// ```
    pub fn from_undated(path: &str) -> Self {
        let mut folders: Vec<&str> = path.split('/').collect();
        let name = folders.pop().unwrap_or_default();
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let subject = folders.into_iter().rfind(|folder| !is_visit(folder)).unwrap_or_default();
        let site = site(name).filter(|_| !is_visit(name)).and_then(|_| owned(unnumbered(name)));
        Self { subject: owned(subject), site, taken_at: None }
    }
}

/// A name without the running number at its end.
fn unnumbered(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['_', '-', ' ', '.'])
}

/// Whether a name is what people call a visit: a word for it, or one of these letters, with or without a number, or a number alone.
fn is_visit(name: &str) -> bool {
    is_visit_word(name) || ["", "v", "t", "d", "w", "m", "y"].contains(&unnumbered(name).to_lowercase().as_str())
}

/// Whether a name is a word for a visit, with or without a number: beside a date a letter or a number alone is as likely a subject's.
pub(crate) fn is_visit_word(name: &str) -> bool {
    const WORDS: [&str; 17] = [
        "visit",
        "session",
        "time",
        "timepoint",
        "day",
        "week",
        "month",
        "year",
        "baseline",
        "followup",
        "follow-up",
        "follow_up",
        "before",
        "after",
        "first",
        "second",
        "third",
    ];
    WORDS.contains(&unnumbered(name).to_lowercase().as_str())
}

/// Whose skin a photo shows, where and when, as far as it is known without looking into it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// By its path.
    pub path: Session,
    /// By an `anagen.toml`, which goes first.
    pub stated: Session,
}

impl Told {
    /// What a relative path says.
    pub fn by_path(path: &str) -> Self {
        let dated = Session::from_path(path);
        let path = if dated.taken_at.is_some() { dated } else { Session::from_undated(path) };
        Self { path, stated: Session::default() }
    }

    /// The same with the date that the photo itself has, where it has one: that goes before its path's. Of a photo without any date nothing tells
    /// subjects from other folders.
    pub fn with(&self, own: Option<&str>) -> Session {
        let Self { path, stated } = self.clone();
        // A camera may write a day that is none.
        let own = own.filter(|date| day_number(date).is_some());
        let taken_at = stated.taken_at.or(own.map(str::to_owned)).or(path.taken_at);
        let dated = taken_at.is_some();
        let of_path = |said: Option<String>| said.filter(|_| dated);
        Session { subject: stated.subject.or(of_path(path.subject)), site: stated.site.or(of_path(path.site)), taken_at }
    }
}

/// What names are told apart by: one name is the same in capitals or not, and whether its letters are written whole (NFC) or as letter and accent (NFD), as
/// disks and programs do either.
///
/// # Examples
/// ```
/// use anagen::session::name_key;
/// assert_eq!(name_key("Ren\u{e9}"), name_key("RENE\u{301}"));
/// assert_ne!(name_key("s01"), name_key("s1"));
/// ```
pub fn name_key(name: &str) -> String {
    composed(name).to_lowercase()
}

/// A name with its letters written whole (NFC).
pub fn composed(name: &str) -> String {
    name.nfc().collect()
}

/// Whole days from one date to another, times left out; `None` unless both begin with a date such as `2026-02-10`.
///
/// # Examples
/// ```
/// use anagen::session::days_between;
/// assert_eq!(days_between("2026-02-10T09:00:18", "2026-08-11"), Some(182));
/// assert_eq!(days_between("2026-02-10", "2026-02-09"), Some(-1));
/// ```
pub fn days_between(from: &str, to: &str) -> Option<i64> {
    Some(day_number(to)? - day_number(from)?)
}

/// The time from one photo to another.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Elapsed {
    /// In days: with their fraction where both times of day are known, else whole. Below 0 where the second photo is the earlier one.
    pub days: f64,
    /// One standard deviation of that, in days: what times of day that are not known leave open, at most half a day to either side.
    pub standard_error: f64,
}

/// The time from one date to another, by their times of day too where both have one such as `T09:00:18`; `None` unless both begin with a date.
///
/// # Examples
/// ```
/// use anagen::session::elapsed;
/// let known = elapsed("2026-02-10T09:00:00", "2026-02-12T17:00:00").unwrap();
/// assert!((known.days - 7.0 / 3.0).abs() < 1e-9 && known.standard_error == 0.0);
/// let rounded = elapsed("2026-02-10T09:00:00", "2026-02-12").unwrap();
/// assert!(rounded.days == 2.0 && rounded.standard_error > 0.28);
/// ```
pub fn elapsed(from: &str, to: &str) -> Option<Elapsed> {
    let whole = days_between(from, to)? as f64;
    Some(match time_of_day(from).zip(time_of_day(to)) {
        Some((from, to)) => Elapsed { days: whole + to - from, standard_error: 0.0 },
        // As likely to be any time in so long.
        None => Elapsed { days: whole, standard_error: 0.5 / 3f64.sqrt() },
    })
}

/// The part of a day that has passed, where a time follows the date.
fn time_of_day(taken_at: &str) -> Option<f64> {
    let (hour, minute, second, _) = time(taken_at.get("2026-02-10".len()..)?)?;
    Some((f64::from(hour) + f64::from(minute) / 60.0 + f64::from(second) / 3600.0) / 24.0)
}

/// Days since some day long ago.
fn day_number(taken_at: &str) -> Option<i64> {
    let (year, rest) = number(taken_at, 4)?;
    let (month, rest) = number(rest.strip_prefix('-')?, 2)?;
    let (day, _) = number(rest.strip_prefix('-')?, 2)?;
    let real = (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
    let before = (1..month).map(|m| i64::from(days(year, m))).sum::<i64>();
    let years = i64::from(year) - 1;
    real.then(|| 365 * years + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400) + before + i64::from(day))
}

/// A name's text before its date, the date as it stands there with its time, and the text after; `None` where it has no date.
pub(crate) fn around_date(name: &str) -> Option<[&str; 3]> {
    Dated::find(name).map(|dated| dated.parts)
}

/// A date found in a name.
struct Dated<'a> {
    taken_at: String,
    /// The name without the date and what joined it.
    rest: String,
    /// What stands before the date, the date with its time, and what stands after.
    parts: [&'a str; 3],
}

impl<'a> Dated<'a> {
    fn find(name: &'a str) -> Option<Self> {
        (0..name.len()).rev().filter(|&start| name.is_char_boundary(start)).find_map(|start| Self::at(name, start))
    }

    fn at(name: &'a str, start: usize) -> Option<Self> {
        let (before, text) = name.split_at(start);
        if before.ends_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let (year, rest) = number(text, 4)?;
        let separator = rest.chars().next().filter(|c| "-_.".contains(*c));
        let joined = |rest| match separator {
            Some(c) => str::strip_prefix(rest, c),
            None => Some(rest),
        };
        let (month, rest) = number(joined(rest)?, 2)?;
        let (day, rest) = number(joined(rest)?, 2)?;
        if !(1970..=2199).contains(&year) || !(1..=12).contains(&month) || !(1..=days(year, month)).contains(&day) {
            return None;
        }
        let mut taken_at = format!("{year:04}-{month:02}-{day:02}");
        let mut after = rest;
        if let Some((hour, minute, second, rest)) = time(rest) {
            taken_at += &format!("T{hour:02}:{minute:02}:{second:02}");
            after = rest;
        }
        if after.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let trimmed = [before, after].map(|part| part.trim_matches(|c: char| "-_. ".contains(c)));
        let rest = trimmed.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
        Some(Self { taken_at, rest, parts: [before, &text[..text.len() - after.len()], after] })
    }
}

/// A time such as `_090018`, `T09-00-18` or ` 09.00.18` at the start of what follows a date, and what follows it.
fn time(text: &str) -> Option<(u32, u32, u32, &str)> {
    let text = text.strip_prefix(['_', '-', 'T', ' '])?;
    let (hour, rest) = number(text, 2)?;
    let (minute, rest) = number(rest.trim_start_matches(['-', '.', ':']), 2)?;
    let (second, rest) = number(rest.trim_start_matches(['-', '.', ':']), 2)?;
    let whole = hour < 24 && minute < 60 && second < 60 && !rest.starts_with(|c: char| c.is_ascii_digit());
    whole.then_some((hour, minute, second, rest))
}

/// The number written in the first `digits` characters, and what follows.
fn number(text: &str, digits: usize) -> Option<(u32, &str)> {
    let (head, rest) = text.split_at_checked(digits)?;
    head.bytes().all(|b| b.is_ascii_digit()).then(|| head.parse().ok().zip(Some(rest)))?
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A name as a site, unless it is a camera's running number: at least three digits after at most a word.
fn site(name: &str) -> Option<String> {
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    let word = &name[..name.len() - digits];
    let running = digits == name.len() || (digits >= 3 && word.trim_end_matches(['_', '-']).chars().all(char::is_alphabetic));
    if running { None } else { owned(name) }
}

fn owned(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str) -> [Option<String>; 3] {
        let Session { subject, site, taken_at } = Session::from_path(path);
        [subject, site, taken_at]
    }

    fn expect(path: &str, subject: &str, site: &str, taken_at: &str) {
        assert_eq!(said(path), [subject, site, taken_at].map(owned), "{path}");
    }

    #[test]
    fn paths_without_a_date_say_nothing() {
        for path in [
            "",
            "vertex.jpg",
            "s01/vertex.jpg",
            "s01/1234/vertex.jpg",
            "s01/2026-13-01/vertex.jpg",
            "s01/2026-02-30/v.jpg",
            "x/920260210/v.jpg",
        ] {
            expect(path, "", "", "");
        }
    }

    #[test]
    fn a_day_that_is_none_is_not_believed() {
        let told = Told::by_path("s01/vertex.jpg");
        assert_eq!(told.with(Some("2026-02-30T10:00:00")), Session::default());
        let dated = told.with(Some("2026-02-28T10:00:00"));
        assert_eq!([dated.subject, dated.site], ["s01", "vertex"].map(owned));
        assert_eq!(Told::by_path("s01/2026-02-10/vertex.jpg").with(Some("2026-02-30")).taken_at, owned("2026-02-10"));
    }

    #[test]
    fn time_elapsed_is_as_exact_as_both_photos_say() {
        let days = |from, to| elapsed(from, to).map(|elapsed| (elapsed.days, elapsed.standard_error > 0.0));
        assert_eq!(days("2026-02-10T21:00:00", "2026-02-11T09:00:00"), Some((0.5, false)));
        assert_eq!(days("2026-02-11T09:00:00", "2026-02-10T21:00:00"), Some((-0.5, false)));
        assert_eq!(days("2026-02-10", "2026-02-12T17:00:00"), Some((2.0, true)));
        assert_eq!(days("2026-02-10", "2026-02-12 noon"), Some((2.0, true)));
        assert_eq!(days("2026-02-10T09:00:00", "no date"), None);
        assert_eq!(days("2026-02-10é", "2026-02-10é"), Some((0.0, true)));
    }

    #[test]
    fn date_folder_parts_subject_from_site() {
        expect("s01/2026-02-10/vertex.jpg", "s01", "vertex", "2026-02-10");
        expect("trial/s01/20260210/vertex/left.png", "s01", "vertex", "2026-02-10");
        expect("2026-02-10/vertex.jpg", "", "vertex", "2026-02-10");
        expect("s01/2024_02_29/IMG_0012.jpg", "s01", "", "2024-02-29");
        expect("s01 2026-02-10/vertex.jpg", "s01", "vertex", "2026-02-10");
    }

    #[test]
    fn folders_called_by_a_word_for_a_visit_are_no_subjects() {
        expect("Meier_Anna/visit1/vertex_2026-02-10.jpg", "Meier_Anna", "vertex", "2026-02-10");
        expect("Meier_Anna/Month 3/2026-02-10/vertex.jpg", "Meier_Anna", "vertex", "2026-02-10");
        expect("visit1/vertex_2026-02-10.jpg", "", "vertex", "2026-02-10");
        expect("baseline 2026-02-10/vertex.jpg", "", "vertex", "2026-02-10");
        for subject in ["M07", "V12", "017", "d", "visits"] {
            expect(&format!("trial/{subject}/follow-up/vertex_2026-02-10.jpg"), subject, "vertex", "2026-02-10");
        }
    }

    #[test]
    fn date_in_the_name_leaves_the_site() {
        expect("s01/vertex_2026-02-10.jpg", "s01", "vertex", "2026-02-10");
        expect("s01/20260210_090018_vertex.jpg", "s01", "vertex", "2026-02-10T09:00:18");
        expect("s01/2026-02-10.jpg", "s01", "", "2026-02-10");
        expect("s01/2026-02-10/vertex 2026-02-11.jpg", "s01", "vertex", "2026-02-11");
    }

    #[test]
    fn names_in_other_scripts_are_kept() {
        expect("患者一/2026-02-10/头顶.jpg", "患者一", "头顶", "2026-02-10");
        expect("é/2026-02-10é/é.jpg", "é", "é", "2026-02-10");
    }

    #[test]
    fn site_numbered_by_hand_is_a_site() {
        expect("s01/2026-02-10/vertex2.jpg", "s01", "vertex2", "2026-02-10");
        expect("s01/2026-02-10/A0123.jpg", "s01", "", "2026-02-10");
    }
}
