//! The result of following a site through its sessions, as written: `anagen/timeline/1`.

use super::comparison::ChangeResult;
use super::photo::{Identity, PhotoResult, point, rounded, significant};
use crate::compare::UnitFateKind;
use crate::compare::timeline::{Apart, Going, HairCourse, LEVEL, Occasion, Seen, Since, State, Then, Timeline, TimelineFate, UnitCourse};
use crate::geometry::Point;
use crate::measure::Cuts;
use crate::photo::Caveat;
use crate::units::Micrometers;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TimelineSchema {
    /// The first.
    #[serde(rename = "anagen/timeline/1")]
    V1,
}

/// Every session of one site of one subject: the content of `timelines/<subject>/<site>.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineResult {
    /// The version of the contract.
    pub schema: TimelineSchema,
    /// Whose scalp.
    pub subject: Option<String>,
    /// Which place on it.
    pub site: Option<String>,
    /// Every session, in the order of their dates.
    pub sessions: Vec<SessionResult>,
    /// Every hair, in the order in which they are first seen.
    pub hairs: Vec<HairResult>,
    /// Every follicular unit: the hairs that grow from one ostium, whenever they are to be seen. Each hair is in exactly one.
    #[serde(default)]
    pub units: Vec<UnitResult>,
    /// Every measurement that can be followed.
    pub measurements: Vec<GoingResult>,
    /// The thickness cuts that changes are told by: those of the first session that has a scale; `None` where none has.
    #[serde(default)]
    pub cuts: Option<Cuts>,
    /// The changes since each event.
    pub events: Vec<EventResult>,
    /// What a reader of the numbers should know.
    pub caveats: Vec<Caveat>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionResult {
    /// Its number: its place in the order of dates.
    pub session: usize,
    /// When its photo was taken, where that is known.
    pub date: Option<String>,
    /// Months since the session that changes are counted from; negative before it.
    pub months: Option<f64>,
    /// The path of its photo.
    pub path: String,
    /// Its photo; `None` where it failed.
    pub photo: Option<Identity>,
    /// The camera, where the photo names it.
    pub device: Option<String>,
    /// Whether it is in the trends.
    pub comparable: bool,
    /// Why it is not.
    pub reason: Option<ReasonResult>,
    /// Hairs seen in it, of those followed; `None` where nothing was compared.
    pub hairs_seen: Option<usize>,
}

/// Why a session is not comparable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReasonResult {
    /// `other_field`, `mirrored`, `uncalibrated`, `other_scale`, `other_device`, `same_photo` or `failed`.
    pub code: String,
    /// The same in words.
    pub message: String,
}

/// One hair through all sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HairResult {
    /// Its number within the timeline.
    pub id: usize,
    /// What became of it.
    pub fate: TimelineFate,
    /// Its thickness in the later less that in the earlier of the two sessions farthest apart of those in the trends that measure it and surely show the
    /// same hair; `None` where no two do.
    pub thickness_change_um: Option<Micrometers>,
    /// One standard deviation of that: by the two standard errors, by how well thickness repeats between the photos, and by their scales.
    pub thickness_change_standard_error_um: Option<Micrometers>,
    /// What each session says of it.
    pub sessions: Vec<SeenResult>,
}

/// One follicular unit through all sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitResult {
    /// Its number within the timeline.
    pub id: usize,
    /// What became of it: `reactivated` where some session shows its place without hair and the last that shows it bears one.
    pub fate: UnitFateKind,
    /// The numbers of its hairs within the timeline.
    pub hairs: Vec<usize>,
    /// What each session says of it.
    pub sessions: Vec<UnitSeenResult>,
}

/// A follicular unit in one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitSeenResult {
    /// Which session.
    pub session: usize,
    /// How many hairs it is seen to bear, traced or not; `None` where the session tells of none.
    pub hairs_seen: Option<usize>,
}

/// A hair in one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeenResult {
    /// Which session.
    pub session: usize,
    /// What it says of the hair.
    pub state: State,
    /// The strand that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strand: Option<usize>,
    /// Where it leaves the skin, in pixels of the session's photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Point>,
    /// Its thickness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thickness_um: Option<Micrometers>,
    /// One standard deviation of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thickness_standard_error_um: Option<Micrometers>,
}

/// One measurement through the sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoingResult {
    /// A name of the catalogue.
    pub name: String,
    /// In UCUM; "1" for plain numbers and shares.
    pub unit: String,
    /// Whether it rests on hairs paired over shared skin.
    pub paired: bool,
    /// Its value in each session.
    pub points: Vec<PointResult>,
    /// Its change per month; `None` where fewer than three sessions have a value: what lies between two is a difference, as `since_first` tells it.
    pub trend: Option<TrendResult>,
}

/// A measurement in one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointResult {
    /// Which session.
    pub session: usize,
    /// Months since the session that changes are counted from; negative before it.
    pub months: f64,
    /// The value.
    pub value: Option<f64>,
    /// The change since the first session over the skin both show; that of a plain count is taken to the whole first field, as the values are.
    pub since_first: Option<ChangeResult>,
}

/// A change per month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendResult {
    /// The change in a month.
    pub per_month: Option<f64>,
    /// The lower end of its interval.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The share of such intervals that hold the truth.
    pub level: f64,
    /// How many sessions it rests on.
    pub n: usize,
    /// How it was reached.
    pub method: String,
}

/// The changes since an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventResult {
    /// Its day.
    pub date: String,
    /// What happened.
    pub label: String,
    /// The session changes are counted from: the last one at or before it. `None` where there is none.
    pub baseline: Option<usize>,
    /// The changes at the times a session lies near.
    pub times: Vec<ThenResult>,
}

/// The changes at one time after an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThenResult {
    /// `1-2 months`, `3-6 months`, `12 months` or `last session`.
    pub time: String,
    /// The session nearest to it.
    pub session: usize,
    /// Months since the event.
    pub months: f64,
    /// The changes since the baseline; none where the two show no skin in common.
    pub changes: Vec<ChangeResult>,
}

/// A photo of a timeline, before it is known what the timeline gives.
#[derive(Debug, Clone)]
pub struct SessionPhoto<'a> {
    /// Its relative path.
    pub path: &'a str,
    /// When it was taken, where known.
    pub taken_at: Option<String>,
    /// Its result, and its place among the sessions that were followed; `Err` with the reason where it was not.
    pub followed: Result<(&'a PhotoResult, usize), ReasonResult>,
}

impl TimelineResult {
    /// The result of a timeline, as it will be written. `photos` are all of the site in order; those followed are `occasions`, in the same
    /// order. `cuts` are those the timeline was told by, `event_dates` the dates of the timeline's events, as they were given.
    pub fn new(
        (subject, site): (Option<String>, Option<String>),
        photos: &[SessionPhoto],
        occasions: &[Occasion],
        (timeline, cuts): (&Timeline, Option<Cuts>),
        event_dates: &[String],
    ) -> Self {
        // Sessions are numbered among all photos of the site, so that those that failed have a number too.
        let numbers: Vec<usize> = (0..photos.len()).filter(|i| photos[*i].followed.is_ok()).collect();
        let of = Numbered { numbers: &numbers, occasions, timeline };
        let sessions: Vec<SessionResult> = photos.iter().enumerate().map(|(i, photo)| of.session(i, photo)).collect();
        let caveats = caveats(&sessions);
        Self {
            schema: TimelineSchema::V1,
            subject,
            site,
            sessions,
            hairs: timeline.hairs.iter().enumerate().map(|(id, hair)| of.hair(id, hair)).collect(),
            units: timeline.units.iter().enumerate().map(|(id, unit)| of.unit(id, unit)).collect(),
            measurements: timeline.goings.iter().map(|going| of.going(going)).collect(),
            cuts,
            events: timeline.events.iter().zip(event_dates).map(|(since, date)| of.event(since, date)).collect(),
            caveats,
        }
    }
}

/// Two sessions have a difference and no trend.
const FEWEST_OF_A_TREND: usize = 3;

/// A timeline whose sessions have their numbers among all photos.
struct Numbered<'a> {
    numbers: &'a [usize],
    occasions: &'a [Occasion],
    timeline: &'a Timeline,
}

impl Numbered<'_> {
    fn session(&self, number: usize, photo: &SessionPhoto) -> SessionResult {
        let empty = SessionResult {
            session: number,
            date: photo.taken_at.clone(),
            months: None,
            path: photo.path.to_owned(),
            photo: None,
            device: None,
            comparable: false,
            reason: None,
            hairs_seen: None,
        };
        let (result, k) = match &photo.followed {
            Ok(followed) => *followed,
            Err(reason) => return SessionResult { reason: Some(reason.clone()), ..empty },
        };
        let apart = self.timeline.apart[k].as_ref();
        let seen = self.timeline.hairs.iter().filter(|hair| hair.sessions[k].state == State::Seen).count();
        SessionResult {
            months: Some(rounded(self.months(k), 3)),
            photo: Some(result.photo.clone()),
            device: self.occasions[k].device.clone(),
            comparable: apart.is_none(),
            reason: apart.map(|apart| self.reason(apart, k)),
            hairs_seen: Some(seen),
            ..empty
        }
    }

    fn months(&self, k: usize) -> f64 {
        let days = self.occasions[k].day - self.occasions[self.timeline.reference].day;
        days as f64 / crate::compare::timeline::DAYS_PER_MONTH
    }

    fn reason(&self, apart: &Apart, k: usize) -> ReasonResult {
        let (code, message) = match apart {
            Apart::OtherField => ("other_field", "not shown to be of the same skin as the other sessions".to_owned()),
            Apart::Mirrored => ("mirrored", "a mirror image of other sessions: turn it back".into()),
            Apart::OtherScale => (
                "other_scale",
                "the skin it shares with the others is larger or smaller in it than its scale says, or theirs: its hairs are followed, but it is in no trend"
                    .into(),
            ),
            Apart::Uncalibrated => {
                ("uncalibrated", "the others have a scale and this one has none: its hairs are followed, but it is in no trend".into())
            }
            Apart::OtherDevice => (
                "other_device",
                format!(
                    "taken with {} and most with {}: its hairs are followed, but it is in no trend",
                    self.occasions[k].device.clone().unwrap_or_default(),
                    self.timeline.device.clone().unwrap_or_default()
                ),
            ),
        };
        ReasonResult { code: code.into(), message }
    }

    fn hair(&self, id: usize, hair: &HairCourse) -> HairResult {
        let seen = |(k, seen): (usize, &Seen)| SeenResult {
            session: self.numbers[k],
            state: seen.state,
            strand: seen.strand,
            root: seen.root.map(point),
            thickness_um: seen.thickness.map(|t| Micrometers(rounded(t.value.0, 2))),
            thickness_standard_error_um: seen.thickness.map(|t| Micrometers(rounded(t.standard_error.0, 3))),
        };
        HairResult {
            id,
            fate: hair.fate,
            thickness_change_um: hair.thickness_change.map(|(change, _)| Micrometers(rounded(change.0, 2))),
            thickness_change_standard_error_um: hair.thickness_change.map(|(_, error)| Micrometers(rounded(error.0, 3))),
            sessions: hair.sessions.iter().enumerate().map(seen).collect(),
        }
    }

    fn unit(&self, id: usize, unit: &UnitCourse) -> UnitResult {
        let seen = |(k, bears): (usize, &Option<usize>)| UnitSeenResult { session: self.numbers[k], hairs_seen: *bears };
        UnitResult { id, fate: unit.fate, hairs: unit.hairs.clone(), sessions: unit.bears.iter().enumerate().map(seen).collect() }
    }

    fn going(&self, going: &Going) -> GoingResult {
        GoingResult {
            name: going.name.clone(),
            unit: going.unit.clone(),
            paired: going.paired,
            points: going
                .levels
                .iter()
                .map(|level| PointResult {
                    session: self.numbers[level.session],
                    months: rounded(level.months, 3),
                    value: significant(level.value),
                    since_first: level.change.as_ref().map(ChangeResult::new),
                })
                .collect(),
            trend: going.trend.as_ref().filter(|_| going.levels.len() >= FEWEST_OF_A_TREND).map(|trend| TrendResult {
                per_month: significant(trend.per_month),
                low: trend.interval.and_then(|[low, _]| significant(low)),
                high: trend.interval.and_then(|[_, high]| significant(high)),
                level: LEVEL,
                n: going.levels.len(),
                method: going.method(),
            }),
        }
    }

    fn event(&self, since: &Since, date: &str) -> EventResult {
        let then = |then: &Then| ThenResult {
            time: then.name.into(),
            session: self.numbers[then.session],
            months: rounded(then.months, 3),
            changes: then.changes.iter().map(ChangeResult::new).collect(),
        };
        EventResult {
            date: date.to_owned(),
            label: since.event.label.clone(),
            baseline: since.baseline.map(|k| self.numbers[k]),
            times: since.times.iter().map(then).collect(),
        }
    }
}

fn caveats(sessions: &[SessionResult]) -> Vec<Caveat> {
    use crate::photo::CaveatCode;
    let comparable = sessions.iter().filter(|session| session.comparable).count();
    let message = match comparable {
        0 | 1 => "fewer than two sessions can be compared: there are no trends",
        2 => "two sessions can be compared: a difference is given, and no trend can be told from it",
        _ => return vec![],
    };
    vec![Caveat { code: CaveatCode::FewSessions, message: message.into(), region: None }]
}
