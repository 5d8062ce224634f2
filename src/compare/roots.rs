//! Where hairs leave the skin, as points of a constellation: what two photos of the same skin share however the hair lies.

use super::visit::Visit;
use crate::geometry::{Point, Vector};
use crate::strand::End;

/// The most roots a constellation is made of: beyond them certainty grows no more, and time does.
const MOST: usize = 300;

/// One root.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Root {
    /// The place of its strand in the visit.
    pub strand: usize,
    /// Where it is.
    pub at: Point,
    /// The straight direction root to tip.
    pub direction: Option<Vector>,
    /// Its unit: roots of one unit are not independent witnesses.
    pub unit: usize,
}

/// The roots of a visit that were seen within its field, those of a unit together; the surest where there are very many.
pub fn roots(visit: &Visit) -> Vec<Root> {
    let mut seen: Vec<usize> = (0..visit.strands.len())
        .filter(|&i| visit.strands[i].root_end != End::Border && visit.field.counts(visit.strands[i].root()))
        .collect();
    seen.sort_by(|&a, &b| visit.strands[b].confidence.total_cmp(&visit.strands[a].confidence).then(a.cmp(&b)));
    seen.truncate(MOST);
    let units = visit.units.len();
    let mut roots: Vec<Root> = seen
        .into_iter()
        .map(|i| {
            let strand = &visit.strands[i];
            let unit = visit.unit_of(strand.id).unwrap_or(units + i);
            Root { strand: i, at: strand.root(), direction: strand.direction(), unit }
        })
        .filter(|root| root.at.x.is_finite() && root.at.y.is_finite())
        .collect();
    roots.sort_by_key(|root| (root.unit, root.strand));
    roots
}
