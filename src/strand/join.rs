//! Joining shafts across gaps.

use super::shaft::{Shaft, smoothed};
use crate::geometry::{Polyline, Vector};
use crate::raster::{Plane, sample};

/// Shafts whose ends face each other across a gap of glare or another hair become one; every end is joined once, the best fits first.
pub(super) fn joined(shafts: Vec<Shaft>, plane: &Plane, stroke: f64) -> Vec<Shaft> {
    let mut joints = vec![];
    for i in 0..shafts.len() {
        for j in i + 1..shafts.len() {
            for (end_i, end_j) in [(LAST, FIRST), (LAST, LAST), (FIRST, FIRST), (FIRST, LAST)] {
                if let Some(cost) = joint_cost(&shafts[i], &shafts[j], end_i == FIRST, end_j == LAST, plane, stroke) {
                    joints.push((cost, [i, end_i], [j, end_j]));
                }
            }
        }
    }
    joints.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut partner = vec![[None::<[usize; 2]>; 2]; shafts.len()];
    let mut chain: Vec<usize> = (0..shafts.len()).collect();
    for (_, a, b) in joints {
        let free = partner[a[0]][a[1]].is_none() && partner[b[0]][b[1]].is_none();
        if free && chain[a[0]] != chain[b[0]] {
            partner[a[0]][a[1]] = Some(b);
            partner[b[0]][b[1]] = Some(a);
            let (keep, gone) = (chain[a[0]], chain[b[0]]);
            chain.iter_mut().filter(|c| **c == gone).for_each(|c| *c = keep);
        }
    }
    // Chains are open, for no joint closes one: each is walked once, from the end whose shaft comes first.
    let mut walked = vec![false; shafts.len()];
    let mut result = vec![];
    for start in 0..shafts.len() {
        let Some(entry) = (0..2).find(|&e| partner[start][e].is_none()).filter(|_| !walked[start]) else { continue };
        let (mut at, mut points, mut parts) = (Some([start, entry]), vec![], vec![]);
        while let Some([shaft, entered]) = at {
            walked[shaft] = true;
            parts.push(shaft);
            let line = if entered == FIRST { shafts[shaft].line.clone() } else { shafts[shaft].line.reversed() };
            points.extend(line.points);
            at = partner[shaft][1 - entered];
        }
        if let [only] = parts[..] {
            result.push(shafts[only].clone());
            continue;
        }
        let length: f64 = parts.iter().map(|&p| shafts[p].line.length()).sum();
        let mean = |value: fn(&Shaft) -> f64| parts.iter().map(|&p| value(&shafts[p]) * shafts[p].line.length()).sum::<f64>() / length;
        let (width, height) = (mean(|s| s.width), mean(|s| s.height));
        result.push(Shaft { line: smoothed(&Polyline::new(points), 1.2 * width), width, height, tone: shafts[start].tone });
    }
    result
}

const FIRST: usize = 0;
const LAST: usize = 1;

/// The signed angle from one direction to another, positive clockwise as seen.
fn turn(from: Vector, to: Vector) -> f64 {
    from.cross(to).atan2(from.dot(to))
}

/// The turn per pixel of a shaft towards its last end, or towards its first.
fn curvature(shaft: &Shaft, at_last: bool, stroke: f64) -> Option<f64> {
    let (length, reach) = (shaft.line.length(), (0.5 * stroke).min(shaft.line.length() / 4.0));
    let stretch = (4.0 * stroke).min(length - 2.0 * reach);
    let (near, far) = if at_last { (length - reach, length - reach - stretch) } else { (reach, reach + stretch) };
    let (here, there) = (shaft.line.tangent(near, reach)?, shaft.line.tangent(far, reach)?);
    Some(turn(there, here) / stretch.max(1.0))
}

/// How ill two ends fit: the end of one line and the start of the other, each flipped if asked; `None` when they are not one shaft.
fn joint_cost(a: &Shaft, b: &Shaft, flip_a: bool, flip_b: bool, plane: &Plane, stroke: f64) -> Option<f64> {
    let end = if flip_a { a.line.points[0] } else { *a.line.points.last()? };
    let start = if flip_b { *b.line.points.last()? } else { b.line.points[0] };
    let gap = end.distance(start);
    if gap > 4.0 * stroke {
        return None;
    }
    let (reach_a, reach_b) = (stroke.min(a.line.length()), stroke.min(b.line.length()));
    let leaving = if flip_a { -a.line.tangent(0.0, reach_a)? } else { a.line.tangent(a.line.length(), reach_a)? };
    let entering = if flip_b { -b.line.tangent(b.line.length(), reach_b)? } else { b.line.tangent(0.0, reach_b)? };
    let turn = turn(leaving, entering);
    // A curl goes on curling: as much turn as its own curve makes over the gap and the stretches the tangents are taken on is expected.
    let expected = 0.5 * (curvature(a, !flip_a, stroke)? - curvature(b, flip_b, stroke)?) * (gap + 0.5 * (reach_a + reach_b));
    let turn = (turn - expected.clamp(-1.2, 1.2)).abs();
    let across = ((start - end).cross(leaving).abs() - 0.5 * gap * expected.abs().min(1.2)).max(0.0);
    let thinner = a.width.min(b.width);
    let ratio = (a.width / b.width).ln().abs();
    let ahead = (start - end).dot(leaving);
    if turn > 0.35 || across > 0.4 * thinner + 0.1 * gap || ratio > 0.5 || ahead < -thinner {
        return None;
    }
    // Across a wide gap something must be seen of the shaft, or of the hair that hides it.
    let bridge = (1..8).map(|i| f64::from(sample(plane, end.lerp(start, f64::from(i) / 8.0)))).sum::<f64>() / 7.0;
    if gap > 1.2 * stroke && bridge < 0.35 * a.height.min(b.height) {
        return None;
    }
    Some(turn + across / stroke + ratio + 0.2 * gap / stroke)
}
