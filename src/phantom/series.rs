//! The same skin and hair in session after session: re-posed, relit, clipped and combed anew, some hairs lost, new, thicker or thinner.

use super::dice::Dice;
use super::hair::{self, HairLook, Sprout};
use super::light::Light;
use super::pose::{Motion, Pose};
use super::scene::{self, Look, Phantom};
use super::scenes;
use super::skin::{Frame, Skin, SkinLook};
use crate::geometry::{Point, Vector};
use crate::units::Micrometers;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A kind of series that can be drawn.
#[derive(Debug, Clone, Copy)]
pub struct SeriesScene {
    /// What it is called.
    pub name: &'static str,
    /// What it shows.
    pub description: &'static str,
    /// How far each session's pose is from the first's.
    pub motion: Motion,
}

impl SeriesScene {
    /// The series of this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        series_scenes().iter().find(|s| s.name == name)
    }
}

/// Every kind of series.
pub fn series_scenes() -> &'static [SeriesScene] {
    const ANY: Motion = Motion { rotation_deg: 25.0, zoom: 1.25, shift: 0.5, stretch: 0.03, bending: 35.0 };
    const STEADY: Motion = Motion { rotation_deg: 8.0, zoom: 1.06, shift: 0.12, stretch: 0.015, bending: 15.0 };
    &[
        SeriesScene {
            name: "series",
            description: "Sessions three months apart of the same hair: turned to 25°, zoomed, shifted to half the field.",
            motion: ANY,
        },
        SeriesScene {
            name: "series-steady",
            description: "The same taken with care: turned to 8°, hardly zoomed, shifted to an eighth of the field.",
            motion: STEADY,
        },
    ]
}

/// What becomes of a hair over a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// It stays as it is.
    Kept,
    /// It grows thicker, by the same in each session.
    Thickened,
    /// It grows thinner, by the same in each session.
    Thinned,
    /// It is there at first and then no more.
    Lost,
    /// It is not there at first, in a unit that has other hairs.
    New,
    /// It is there, for a while not, and there again.
    Regrown,
    /// It grows from an ostium that had no hair at first.
    Reactivated,
    /// It is there in no session.
    Dormant,
}

impl Course {
    /// What a hair that was to take this course and is there in these sessions takes in truth: a series may end before it turns.
    fn taken(self, there: &[bool]) -> Self {
        let (first, last) = (there.first() == Some(&true), there.last() == Some(&true));
        match self {
            _ if !there.contains(&true) => Self::Dormant,
            Self::Regrown if first && !last => Self::Lost,
            Self::Kept | Self::Reactivated => self,
            Self::New if !first => self,
            Self::Lost | Self::Regrown if there.contains(&false) => self,
            Self::Thickened | Self::Thinned if there.len() > 1 => self,
            _ => Self::Kept,
        }
    }
}

/// How often hairs and units take each course, as weights: what a treatment that works does within a year, a little faster.
const COURSES: [(Course, f64); 6] = [
    (Course::Kept, 0.64),
    (Course::Thickened, 0.14),
    (Course::Thinned, 0.08),
    (Course::Lost, 0.06),
    (Course::New, 0.06),
    (Course::Regrown, 0.02),
];
/// The share of units that are dormant at first.
const DORMANT: f64 = 0.07;

/// One hair over all sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HairLife {
    /// What it is called in the truth of every photo.
    pub id: usize,
    /// Its unit.
    pub unit: usize,
    /// What becomes of it.
    pub course: Course,
    /// Where it leaves the skin, in micrometers from the middle of the first session's field.
    pub root_um: [f64; 2],
    /// Its thickness in each session; `None` where it is not there.
    pub thickness_um: Vec<Option<Micrometers>>,
    /// The pixel of each photo at which it leaves the skin, there or not; it may lie outside the photo.
    pub roots: Vec<Point>,
}

/// One session of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionTruth {
    /// The path of its photo without extension: `<subject>/<date>/vertex`.
    pub photo: String,
    /// The day it is taken.
    pub date: String,
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Its scale.
    pub um_per_px: f64,
    /// How the skin lies in it.
    pub pose: Pose,
}

/// What is true of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesTruth {
    /// Every session, in order.
    pub sessions: Vec<SessionTruth>,
    /// Every hair that is within one of the photos in one of the sessions.
    pub hairs: Vec<HairLife>,
}

/// A series whose photos are drawn one by one.
///
/// # Examples
/// ```
/// use anagen::phantom::{Series, SeriesScene};
/// let series = Series::new(SeriesScene::by_name("series").unwrap(), 1, 3);
/// assert_eq!(series.truth().sessions[1].photo, "series-1/2026-04-15/vertex");
/// ```
pub struct Series {
    look: Look,
    seed: u64,
    truth: SeriesTruth,
    /// The hairs on the first session's skin, in the order of the truth, and what each looks like.
    sprouts: Vec<(Sprout, HairLook)>,
    /// The skin below its surface, drawn once and seen in every pose.
    skin: Light,
    patch: Patch,
}

/// The part of the skin that is seen in any session: its grid, and where that begins.
#[derive(Debug, Clone, Copy)]
struct Patch {
    frame: Frame,
    corner: Vector,
}

const WIDTH: usize = 1600;
const HEIGHT: usize = 1280;
/// The skin is smooth enough to be laid out this many times coarser than the photos.
const COARSER: f64 = 2.0;
/// Each session takes its chances from its own numbers, from here on.
const SESSION_STREAMS: u64 = 1000;

impl Series {
    /// The series of a scene and seed with this many sessions.
    pub fn new(scene: &SeriesScene, seed: u64, sessions: usize) -> Self {
        let look = first_look(seed);
        let subject = format!("{}-{seed}", scene.name);
        let shorter = WIDTH.min(HEIGHT) as f64 * look.um_per_px;
        let taken: Vec<SessionTruth> = (0..sessions)
            .map(|k| {
                let mut dice = Dice::new(seed, SESSION_STREAMS + k as u64);
                let pose = if k == 0 { Pose::first() } else { Pose::any(scene.motion, shorter, &mut dice) };
                let date = date(k);
                let photo = format!("{subject}/{date}/vertex");
                SessionTruth { photo, date, width: WIDTH, height: HEIGHT, um_per_px: look.um_per_px / pose.zoom, pose }
            })
            .collect();
        let patch = Patch::around(&taken, look.um_per_px);
        let (lives, sprouts, direction) = lives(&look, patch, &taken, seed);
        let skin = Skin::lay(&look.skin, patch.frame, direction, &mut Dice::new(seed, 3)).below;
        Self { look, seed, truth: SeriesTruth { sessions: taken, hairs: lives }, sprouts, skin, patch }
    }

    /// What is true of it.
    pub fn truth(&self) -> &SeriesTruth {
        &self.truth
    }

    /// The photo of a session, with the hairs that are seen in it by the ids they have in all; `None` beyond the last session.
    pub fn draw(&self, session: usize) -> Option<Phantom> {
        let taken = self.truth.sessions.get(session)?;
        let mut dice = Dice::new(self.seed, 2 * SESSION_STREAMS + session as u64);
        let look = self.look_of(taken, &mut dice);
        let frame = taken.frame();
        let comb = Comb::new(session, &mut dice);
        let present = |i: usize| self.truth.hairs[i].thickness_um[session];
        let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
        (0..self.sprouts.len()).filter(|i| present(*i).is_some()).for_each(|i| *sizes.entry(self.truth.hairs[i].unit).or_default() += 1);
        let hairs: Vec<hair::Hair> = self
            .sprouts
            .iter()
            .enumerate()
            .filter_map(|(i, (sprout, own))| {
                let thickness = present(i)?.0;
                // A hair keeps what it is made of, whatever its neighbors do.
                let mut dice = Dice::new(self.seed ^ 0x5E55_1045, (session as u64) << 32 | i as u64);
                let place = taken.pose.place(sprout.root);
                let heading = comb.heading(sprout, &taken.pose, &mut dice);
                let grown = Sprout {
                    root: Point::new(place.x + 0.5 * frame.width_um(), place.y + 0.5 * frame.height_um()),
                    heading,
                    thickness,
                    length: comb.length(sprout.unit, &look.hair, &mut dice),
                    unit_size: sizes[&sprout.unit],
                    light_from: comb.light_from,
                    ..sprout.clone()
                };
                Some(grown.grow(own, frame, hair::reach(own), &mut dice))
            })
            .collect();
        let skin = Skin::glossed(self.seen_skin(taken, &look), &look.skin, frame, comb.turn, &mut dice);
        Some(scene::photograph(&look, frame, skin, &hairs, dice.seed()))
    }

    /// A look of its own in light, lens, gloss and litter, on the same skin and hair.
    fn look_of(&self, taken: &SessionTruth, dice: &mut Dice) -> Look {
        let own = scenes::plain(dice);
        let skin = SkinLook { exposure: own.skin.exposure, gloss: own.skin.gloss, cast: own.skin.cast, ..self.look.skin.clone() };
        let hair = HairLook { length: own.hair.length, shine: own.hair.shine, ..self.look.hair.clone() };
        Look { width: WIDTH, height: HEIGHT, um_per_px: taken.um_per_px, skin, hair, ..own }
    }

    /// The skin below its surface as it lies in a session, in that session's light.
    fn seen_skin(&self, taken: &SessionTruth, look: &Look) -> Light {
        let brighter = look.skin.exposure / self.look.skin.exposure;
        let frame = taken.frame();
        Light::from_fn(WIDTH, HEIGHT, |x, y| {
            let place = Point::new((x as f64 + 0.5) * frame.um_per_px, (y as f64 + 0.5) * frame.um_per_px);
            let middle = Vector::new(0.5 * frame.width_um(), 0.5 * frame.height_um());
            let at = self.patch.frame.pixel(taken.pose.skin(place - middle) - self.patch.corner);
            self.skin.between(at).map(|c| c * brighter)
        })
    }
}

impl SessionTruth {
    fn frame(&self) -> Frame {
        Frame { width: self.width, height: self.height, um_per_px: self.um_per_px }
    }

    /// The pixel of a place on the skin, inside the photo or not.
    pub fn pixel(&self, skin_um: Point) -> Point {
        let (frame, place) = (self.frame(), self.pose.place(skin_um));
        frame.pixel(Point::new(place.x + 0.5 * frame.width_um(), place.y + 0.5 * frame.height_um()))
    }
}

impl Patch {
    /// The skin that any of the sessions sees, and a little around it.
    fn around(sessions: &[SessionTruth], um_per_px: f64) -> Self {
        let corners = sessions.iter().flat_map(|s| {
            let (x, y) = (0.5 * s.frame().width_um(), 0.5 * s.frame().height_um());
            [(-x, -y), (x, -y), (x, y), (-x, y), (0.0, -y), (0.0, y), (-x, 0.0), (x, 0.0)].map(|(x, y)| s.pose.skin(Point::new(x, y)))
        });
        let margin = 200.0;
        let start = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
        let (left, top, right, bottom) = corners.fold(start, |b, p| (b.0.min(p.x), b.1.min(p.y), b.2.max(p.x), b.3.max(p.y)));
        let um_per_px = COARSER * um_per_px;
        let pixels = |low: f64, high: f64| ((high - low + 2.0 * margin) / um_per_px).ceil().max(1.0) as usize;
        let frame = Frame { width: pixels(left, right), height: pixels(top, bottom), um_per_px };
        let corner = if left.is_finite() { Vector::new(left - margin, top - margin) } else { Vector::default() };
        Self { frame, corner }
    }
}

/// What the skin and hair of a seed are like.
fn first_look(seed: u64) -> Look {
    let look = scenes::plain(&mut Dice::new(seed, 0));
    Look { width: WIDTH, height: HEIGHT, um_per_px: 4.4, ..look }
}

/// Every hair's life, the hair before it grows, and the direction of growth in the middle of the skin.
fn lives(look: &Look, patch: Patch, sessions: &[SessionTruth], seed: u64) -> (Vec<HairLife>, Vec<(Sprout, HairLook)>, f64) {
    let mut sown = vec![];
    let direction = hair::sow(&look.hair, patch.frame, &mut Dice::new(seed, 1), |sprout, _| sown.push(sprout));
    let mut dice = Dice::new(seed, 7);
    let mut waking: BTreeMap<usize, Option<usize>> = BTreeMap::new();
    let (mut lives, mut sprouts) = (vec![], vec![]);
    for mut sprout in sown {
        // A dormant unit wakes in one session with all its hairs, or in none of these.
        let wakes = *waking.entry(sprout.unit).or_insert_with(|| {
            let (dormant, session) = (dice.chance(DORMANT), 1 + dice.weighted(&vec![1.0; sessions.len()]));
            dormant.then_some(session)
        });
        let (course, thickness_um): (_, Vec<Option<Micrometers>>) = match wakes {
            Some(session) => {
                (Course::Reactivated, (0..sessions.len()).map(|k| (k >= session).then_some(Micrometers(sprout.thickness))).collect())
            }
            None => course(sprout.thickness, sessions.len(), &mut dice),
        };
        let pigment = dice.weighted(&look.hair.pigments);
        let mut pigments = [0.0; 6];
        pigments[pigment] = 1.0;
        sprout.root = sprout.root + patch.corner;
        let there: Vec<bool> = thickness_um.iter().map(Option::is_some).collect();
        let life = HairLife {
            id: lives.len(),
            unit: sprout.unit,
            course: course.taken(&there),
            root_um: sprout.root.into(),
            roots: sessions.iter().map(|s| s.pixel(sprout.root)).collect(),
            thickness_um,
        };
        let inside =
            |(p, s): (&Point, &SessionTruth)| p.x > -0.5 && p.y > -0.5 && p.x < s.width as f64 - 0.5 && p.y < s.height as f64 - 0.5;
        let near = life.roots.iter().any(|p| p.distance(Point::new(0.5 * WIDTH as f64, 0.5 * HEIGHT as f64)) < WIDTH as f64);
        // Hair from just outside a photo may still reach into it, so it is drawn; what no photo comes near is forgotten.
        if near || life.roots.iter().zip(sessions).any(inside) {
            sprout.id = Some(life.id);
            sprouts.push((sprout, HairLook { pigments, ..look.hair.clone() }));
            lives.push(life);
        }
    }
    (lives, sprouts, direction)
}

/// A course for a hair of this thickness, and its thickness in each session.
fn course(thickness: f64, sessions: usize, dice: &mut Dice) -> (Course, Vec<Option<Micrometers>>) {
    let (course, _) = COURSES[dice.weighted(&COURSES.map(|(_, weight)| weight))];
    let turn = 1 + dice.weighted(&vec![1.0; sessions.saturating_sub(1).max(1)]);
    let (gain, loss) = (dice.between(3.0, 14.0), dice.between(3.0, 12.0).min(0.4 * thickness));
    let last = sessions.saturating_sub(1).max(1) as f64;
    let thickness_um = (0..sessions).map(|k| {
        let share = k as f64 / last;
        let there = match course {
            Course::Lost => k < turn,
            Course::New => k >= turn,
            Course::Regrown => k != turn,
            _ => true,
        };
        let change = match course {
            Course::Thickened => gain * share,
            Course::Thinned => -loss * share,
            _ => 0.0,
        };
        there.then_some(Micrometers(thickness + change))
    });
    (course, thickness_um.collect())
}

/// How the hair lies in one session: cut to a length and combed in a direction.
struct Comb {
    first: bool,
    turn: f64,
    light_from: f64,
    seed: u64,
}

impl Comb {
    fn new(session: usize, dice: &mut Dice) -> Self {
        let (turn, light_from, seed) = (dice.normal(0.0, 0.35).clamp(-0.8, 0.8), dice.angle(), dice.seed());
        Self { first: session == 0, turn: if session == 0 { 0.0 } else { turn }, light_from, seed }
    }

    /// The direction of a hair in the photo: the skin's turn and the comb's, and what each unit makes of it.
    fn heading(&self, sprout: &Sprout, pose: &Pose, dice: &mut Dice) -> f64 {
        let own = if self.first { 0.0 } else { Dice::new(self.seed, sprout.unit as u64).normal(0.0, 0.2) + dice.normal(0.0, 0.06) };
        sprout.heading + pose.rotation_deg.to_radians() + self.turn + own
    }

    /// The length of a hair, in micrometers: hairs of a unit are cut together.
    fn length(&self, unit: usize, look: &HairLook, dice: &mut Dice) -> f64 {
        let cut = Dice::new(self.seed ^ 1, unit as u64).log_normal(look.length, look.length_spread);
        (cut * dice.log_normal(1.0, look.length_spread_in_unit)).max(130.0)
    }
}

/// The middle of every third month from January 2026 on.
fn date(session: usize) -> String {
    let month = 3 * session;
    format!("{:04}-{:02}-15", 2026 + month / 12, month % 12 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(seed: u64, sessions: usize) -> Series {
        Series::new(SeriesScene::by_name("series").expect("a scene"), seed, sessions)
    }

    #[test]
    fn a_series_of_no_sessions_has_nothing_to_draw() {
        let none = series(1, 0);
        assert!(none.draw(0).is_none() && none.truth().sessions.is_empty());
        assert!(series(1, 1).truth().hairs.iter().all(|h| h.thickness_um.len() == 1));
    }

    #[test]
    fn the_seed_decides_every_byte_at_any_number_of_threads() {
        let at = |threads: usize| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(|| {
                let series = series(4, 2);
                (series.draw(1), series.truth().clone())
            })
        };
        assert_eq!(at(1), at(3));
    }

    #[test]
    fn a_hair_seen_in_a_photo_is_there_by_its_life_and_at_its_place() {
        let series = series(2, 3);
        for (k, session) in series.truth().sessions.iter().enumerate() {
            let phantom = series.draw(k).expect("a session");
            assert_eq!(phantom.truth.um_per_px, Some(session.um_per_px));
            let rooted: Vec<_> = phantom.truth.hairs.iter().filter(|h| h.class != "abnormal").collect();
            assert!(rooted.len() > 20, "session {k}: {}", rooted.len());
            for hair in rooted {
                let life = &series.truth().hairs[hair.id.expect("a series' hair has an id")];
                assert!(life.thickness_um[k].is_some());
                assert!(life.roots[k].distance(hair.root) < 0.01, "session {k}, hair {}", life.id);
                assert_eq!(hair.unit, Some(life.unit));
                let drawn = hair.width_um.expect("a drawn hair is known").0;
                let lived = life.thickness_um[k].expect("it is there").0;
                assert!((drawn / lived - 1.0).abs() < 0.35, "{drawn} of {lived}");
            }
        }
    }

    #[test]
    fn every_course_is_taken_and_keeps_its_word() {
        let mut seen = std::collections::BTreeSet::new();
        let drawn = [3, 6].map(|seed| series(seed, 4));
        for (series, life) in drawn.iter().flat_map(|series| series.truth().hairs.iter().map(move |life| (series, life))) {
            seen.insert(life.course);
            let there: Vec<bool> = life.thickness_um.iter().map(Option::is_some).collect();
            let um = |k: usize| life.thickness_um[k].map_or(0.0, |t| t.0);
            match life.course {
                Course::Kept => assert!(um(0) == um(3) && um(0) > 0.0),
                Course::Thickened => assert!(um(3) - um(0) >= 3.0 && um(1) > um(0)),
                Course::Thinned => assert!(um(3) < um(0) - 2.0 && um(3) > 5.0),
                Course::Lost => assert!(there[0] && !there[3]),
                Course::New => assert!(!there[0] && there[3]),
                Course::Regrown => assert!(there[0] && there[3] && there.iter().filter(|t| !**t).count() == 1),
                Course::Reactivated => {
                    assert!(!there[0] && there[3]);
                    let unit = series.truth().hairs.iter().filter(|h| h.unit == life.unit);
                    assert!(unit.clone().all(|h| h.course == Course::Reactivated));
                }
                Course::Dormant => assert!(!there.contains(&true)),
            }
        }
        assert_eq!(seen.len(), 8);
    }

    #[test]
    fn a_series_too_short_for_a_course_says_what_came_of_it() {
        for life in [1, 2].into_iter().flat_map(|seed| series(seed, 2).truth.hairs) {
            let there: Vec<bool> = life.thickness_um.iter().map(Option::is_some).collect();
            let expected = match life.course {
                Course::Kept | Course::Thickened | Course::Thinned => [true, true],
                Course::Lost => [true, false],
                Course::New | Course::Reactivated => [false, true],
                Course::Dormant => [false, false],
                Course::Regrown => panic!("two sessions are too few to come back in"),
            };
            assert_eq!(there, expected, "{life:?}");
        }
        assert!(series(1, 1).truth.hairs.iter().all(|life| matches!(life.course, Course::Kept | Course::Dormant)));
    }

    #[test]
    fn the_same_skin_is_seen_in_every_pose() {
        // Beside the hair, skin is as bright in one session as where the pose says it lies in another, once both are evenly lit.
        let series = series(5, 2);
        let [first, second] = [0, 1].map(|k| &series.truth().sessions[k]);
        let looks = [first, second].map(|s| series.look_of(s, &mut Dice::new(1, 1)));
        let [a, b] = [series.seen_skin(first, &looks[0]), series.seen_skin(second, &looks[1])];
        let mut compared = 0;
        for y in (40..HEIGHT - 40).step_by(61) {
            for x in (40..WIDTH - 40).step_by(59) {
                let at = second.pixel(first.pose.skin(Point::new(
                    (x as f64 + 0.5 - 0.5 * WIDTH as f64) * first.um_per_px,
                    (y as f64 + 0.5 - 0.5 * HEIGHT as f64) * first.um_per_px,
                )));
                if at.x > 2.0 && at.y > 2.0 && at.x < WIDTH as f64 - 3.0 && at.y < HEIGHT as f64 - 3.0 {
                    let (one, other) = (a.at(x, y)[1], b.between(at)[1]);
                    assert!((one - other).abs() < 0.04 * one, "({x}, {y}): {one} and {other}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 50, "{compared}");
    }
}
