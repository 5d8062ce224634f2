//! The same skin found again: how the baseline photo lies in the follow-up, with proof that it does.

use super::fit::{Model, Tie, fit};
use super::mapping::{Homography, Mapping};
use super::odds::Chart;
use super::propose::{Search, propose};
use super::roots::{Root, roots};
use super::visit::Visit;
use super::warp::Warp;
use crate::geometry::{Point, Vector};
use std::f64::consts::LN_10;

/// Two photos shown to be of the same skin.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// Where a point of the baseline lies in the follow-up.
    pub mapping: Mapping,
    /// The camera's part of it.
    pub model: Model,
    /// How many roots of the baseline fall on one of the follow-up.
    pub inliers: usize,
    /// The median distance between them, in pixels of the follow-up.
    pub residual_px: f64,
    /// The decimal logarithm of the chance, at most, that photos of different skin would agree as well.
    pub chance_log10: f64,
}

/// Why two photos are not shown to be of the same skin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Refusal {
    /// Fewer than this many roots in one of them.
    TooFewHairs(usize),
    /// The best agreement is no better than chance might give: its decimal logarithm, at most.
    NotProven(f64),
    /// They agree once one is mirrored.
    Mirrored,
}

/// The chance, at most, at which two photos are taken to be of the same skin: its decimal logarithm.
pub const MOST_CHANCE_LOG10: f64 = -6.0;

/// With fewer roots nothing can be proven.
const FEWEST_ROOTS: usize = 4;

/// How much a photo's scale may differ from what is known of it: zoom, distance, stretched skin.
const ZOOM: f64 = 1.3;

/// The same where both photos say what their scale is, at first.
const CALIBRATED_ZOOM: f64 = 1.06;

/// How the baseline lies in the follow-up.
///
/// # Errors
/// Why it is not shown to lie there at all.
pub fn register(baseline: &Visit, follow_up: &Visit) -> Result<Registration, Refusal> {
    let (from, to) = (roots(baseline), roots(follow_up));
    let fewest = from.len().min(to.len());
    if fewest < FEWEST_ROOTS {
        return Err(Refusal::TooFewHairs(fewest));
    }
    let mut best = f64::INFINITY;
    for search in searches(baseline, follow_up) {
        match found(&from, &to, baseline, follow_up, &search) {
            Some(registration) if registration.chance_log10 <= MOST_CHANCE_LOG10 => return Ok(registration),
            other => best = best.min(other.map_or(0.0, |registration| registration.chance_log10)),
        }
    }
    let likely = searches(baseline, follow_up)[0];
    match found(&mirrored(&from), &to, baseline, follow_up, &likely) {
        Some(registration) if registration.chance_log10 <= MOST_CHANCE_LOG10 => Err(Refusal::Mirrored),
        _ => Err(Refusal::NotProven(best.min(0.0))),
    }
}

/// The constellation as a mirror shows it.
fn mirrored(roots: &[Root]) -> Vec<Root> {
    let flipped =
        |root: &Root| Root { at: Point::new(-root.at.x, root.at.y), direction: root.direction.map(|d| Vector::new(-d.x, d.y)), ..*root };
    roots.iter().map(flipped).collect()
}

/// The poses looked for, the likely ones first.
fn searches(baseline: &Visit, follow_up: &Visit) -> Vec<Search> {
    let search = |center: f64, zoom: f64, directed| Search { scales: [center / zoom, center * zoom], directed };
    match (&baseline.calibration, &follow_up.calibration) {
        (Some(a), Some(b)) => {
            let center = a.um_per_px / b.um_per_px;
            vec![search(center, CALIBRATED_ZOOM, true), search(center, CALIBRATED_ZOOM, false), search(center, ZOOM, true)]
        }
        _ => vec![search(1.0, ZOOM, true), search(1.0, ZOOM, false)],
    }
}

/// A pose with less evidence than this, as a natural log, is not made right by freeing it further.
const HOPELESS: f64 = -8.0;

/// The best registration of one search, proven or not.
fn found(from: &[Root], to: &[Root], baseline: &Visit, follow_up: &Visit, search: &Search) -> Option<Registration> {
    let hair = follow_up.hair_width().0;
    let scales = (search.scales[1] / search.scales[0]).ln();
    let charts = [0.3 * hair, 0.9 * hair].map(|spread| Chart::new(follow_up, to, spread));
    let evidence = |mapping: &Mapping, model| {
        let [fine, rough] = [0, 1].map(|i| charts[i].evidence(from, mapping, model, scales));
        super::odds::best_of([fine, rough])
    };
    let mut best: Option<(f64, Model, Mapping)> = None;
    for pose in propose(from, to, follow_up, search) {
        for (model, mapping) in refined(pose, from, to, hair) {
            let scale = mapping.scale(baseline.middle());
            let evidence = evidence(&mapping, model);
            if (search.scales[0] / 1.1..search.scales[1] * 1.1).contains(&scale) && best.as_ref().is_none_or(|b| evidence > b.0) {
                best = Some((evidence, model, mapping));
            }
            if evidence < HOPELESS {
                break;
            }
        }
    }
    let (evidence, model, rigid) = best?;
    let mapping = bent(&rigid, from, to, hair).unwrap_or(rigid);
    let ties = ties(&mapping, from, to, hair);
    let mut distances: Vec<f64> = ties.iter().map(|tie| mapping.map(tie.from).distance(tie.to)).collect();
    distances.sort_by(f64::total_cmp);
    let residual_px = distances.get(distances.len() / 2).copied()?;
    Some(Registration { mapping, model, inliers: ties.len(), residual_px, chance_log10: (-evidence / LN_10).min(0.0) })
}

/// A pose brought nearer in rounds, and freed step by step: each model it can bear with the mapping it comes to.
fn refined(pose: Homography, from: &[Root], to: &[Root], hair: f64) -> Vec<(Model, Mapping)> {
    let mut refined = vec![];
    let Some(mut mapping) = Mapping::new(pose, None) else { return refined };
    for (model, reaches) in [
        (Model::Similarity, [2.4, 1.8, 1.5, 1.2].as_slice()),
        (Model::Affine, [1.2, 1.0, 0.8].as_slice()),
        (Model::Homography, [0.8, 0.7, 0.6].as_slice()),
    ] {
        for reach in reaches {
            let ties = ties(&mapping, from, to, reach * hair);
            if ties.len() < 4 + 2 * model as usize {
                return refined;
            }
            let Some(next) = fit(model, &ties).and_then(|plane| Mapping::new(plane, None)) else { return refined };
            mapping = next;
        }
        refined.push((model, mapping.clone()));
    }
    refined
}

/// Roots of the two photos that are each other's nearest under the mapping, within `reach`; the nearer, the weightier.
fn ties(mapping: &Mapping, from: &[Root], to: &[Root], reach: f64) -> Vec<Tie> {
    let carried: Vec<Point> = from.iter().map(|root| mapping.map(root.at)).collect();
    let nearest = |p: Point, others: &mut dyn Iterator<Item = Point>| {
        others.map(|other| p.distance(other)).enumerate().min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)))
    };
    let mut ties = vec![];
    for (i, p) in carried.iter().enumerate() {
        if let Some((j, distance)) = nearest(*p, &mut to.iter().map(|root| root.at))
            && distance < reach
            && nearest(to[j].at, &mut carried.iter().copied()).is_some_and(|(back, _)| back == i)
        {
            let weight = (1.0 - (distance / reach).powi(2)).powi(2).max(1e-3);
            ties.push(Tie { from: from[i].at, to: to[j].at, weight });
        }
    }
    ties
}

/// Fewer ties than this bend nothing.
const FEWEST_TO_BEND: usize = 10;

/// How much better ties must be foretold by the others for the skin to be taken as bent.
const BETTER: f64 = 0.85;

/// Roots that lie this near, in hair widths, are where they should be.
const LEAST_BEND: f64 = 0.03;

/// The mapping with the bending of the skin, if the roots left out are foretold better with it than without.
fn bent(rigid: &Mapping, from: &[Root], to: &[Root], hair: f64) -> Option<Mapping> {
    let mut mapping = rigid.clone();
    let mut accepted = None;
    for reach in [0.9, 0.7, 0.5] {
        let ties = ties(&mapping, from, to, reach * hair);
        if ties.len() < FEWEST_TO_BEND {
            break;
        }
        let places: Vec<Point> = ties.iter().map(|tie| tie.from).collect();
        let wanted: Vec<Vector> = ties.iter().map(|tie| tie.to - rigid.homography.map(tie.from)).collect();
        let plain = wanted.iter().map(|v| v.dot(*v)).sum::<f64>() / wanted.len() as f64;
        let best = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0]
            .into_iter()
            .filter_map(|smoothness| Some((Warp::left_out_error(&places, &wanted, smoothness)?, smoothness)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, smoothness)) = best.filter(|best| best.0 < BETTER * plain && plain.sqrt() > LEAST_BEND * hair) else { break };
        let Some(next) = Warp::fitted(&places, &wanted, smoothness).and_then(|warp| Mapping::new(rigid.homography, Some(warp))) else {
            break;
        };
        mapping = next;
        accepted = Some(mapping.clone());
    }
    accepted
}
