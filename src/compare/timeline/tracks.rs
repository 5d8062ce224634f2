//! Hairs followed through all sessions, from what each pair of sessions says.

use std::collections::BTreeMap;

/// Two strands of two sessions that one comparison takes for the same hair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// A session and a strand of it, by its place among that session's strands.
    pub a: (usize, usize),
    /// The same of another session.
    pub b: (usize, usize),
    /// How sure the comparison is, 0 to 1.
    pub confidence: f64,
}

/// One hair: the strand that shows it in each session, if one does.
pub type Track = Vec<Option<usize>>;

/// Every strand in exactly one hair, and no hair with two strands of one session, so that whichever way round the sessions are gone through a
/// hair comes back to itself. `strands` is the number of strands of each session.
///
/// The surest link joins first. One that would bring two strands of a session into one hair is contradicted by surer ones and is dropped.
///
/// # Examples
/// ```
/// use anagen::compare::timeline::{Link, tracks};
/// let sure = |a, b| Link { a, b, confidence: 0.9 };
/// let unsure = Link { a: (0, 0), b: (2, 1), confidence: 0.5 };
/// let hairs = tracks(&[1, 1, 2], &[unsure, sure((0, 0), (1, 0)), sure((1, 0), (2, 0))]);
/// assert_eq!(hairs, [vec![Some(0), Some(0), Some(0)], vec![None, None, Some(1)]]);
/// ```
pub fn tracks(strands: &[usize], links: &[Link]) -> Vec<Track> {
    let starts: Vec<usize> = strands.iter().scan(0, |sum, n| Some(std::mem::replace(sum, *sum + n))).collect();
    let total = strands.iter().sum();
    let number =
        |(session, strand): (usize, usize)| (session < strands.len() && strand < strands[session]).then(|| starts[session] + strand);
    let mut hair_of: Vec<usize> = (0..total).collect();
    let mut members: Vec<BTreeMap<usize, usize>> =
        strands.iter().enumerate().flat_map(|(session, n)| (0..*n).map(move |strand| BTreeMap::from([(session, strand)]))).collect();

    let mut links: Vec<&Link> = links.iter().collect();
    links.sort_by(|x, y| y.confidence.total_cmp(&x.confidence).then((x.a, x.b).cmp(&(y.a, y.b))));
    for link in links {
        let (Some(a), Some(b)) = (number(link.a), number(link.b)) else { continue };
        let (into, from) = (hair_of[a].min(hair_of[b]), hair_of[a].max(hair_of[b]));
        if into == from || members[from].keys().any(|session| members[into].contains_key(session)) {
            continue;
        }
        for (session, strand) in std::mem::take(&mut members[from]) {
            hair_of[starts[session] + strand] = into;
            members[into].insert(session, strand);
        }
    }
    let hairs = members.into_iter().filter(|held| !held.is_empty());
    let mut hairs: Vec<Track> = hairs.map(|held| (0..strands.len()).map(|session| held.get(&session).copied()).collect()).collect();
    // By the session a hair is first seen in, and there by its strand.
    hairs.sort_by_key(|hair| hair.iter().position(Option::is_some).map(|first| (first, hair[first])));
    hairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link(a: (usize, usize), b: (usize, usize), confidence: f64) -> Link {
        Link { a, b, confidence }
    }

    #[test]
    fn nothing_links_to_nothing() {
        assert!(tracks(&[], &[]).is_empty());
        assert!(tracks(&[0, 0], &[link((0, 0), (1, 0), 1.0)]).is_empty());
        assert_eq!(tracks(&[1, 1], &[]), [vec![Some(0), None], vec![None, Some(0)]]);
    }

    #[test]
    fn a_hair_missed_in_one_session_is_followed_across_it() {
        let hairs = tracks(&[1, 0, 1], &[link((0, 0), (2, 0), 0.8)]);
        assert_eq!(hairs, [vec![Some(0), None, Some(0)]]);
    }

    #[test]
    fn surer_links_decide_between_neighbors() {
        // Two neighbors whose identities one poor comparison swaps.
        let straight = [link((0, 0), (1, 0), 0.9), link((0, 1), (1, 1), 0.9), link((1, 0), (2, 0), 0.9), link((1, 1), (2, 1), 0.9)];
        let swapped = [link((0, 0), (2, 1), 0.6), link((0, 1), (2, 0), 0.6)];
        let hairs = tracks(&[2, 2, 2], &[&swapped[..], &straight[..]].concat());
        assert_eq!(hairs, [vec![Some(0); 3], vec![Some(1); 3]]);
    }

    proptest! {
        #[test]
        fn every_strand_is_in_one_hair_in_any_order_of_links(
            strands in prop::collection::vec(0usize..6, 1..6),
            raw in prop::collection::vec((0usize..6, 0usize..6, 0usize..6, 0usize..6, 0u8..100), 0..60),
        ) {
            let links: Vec<Link> = raw.iter().map(|r| link((r.0, r.1), (r.2, r.3), f64::from(r.4) / 100.0)).collect();
            let hairs = tracks(&strands, &links);
            for (session, n) in strands.iter().enumerate() {
                let mut held: Vec<usize> = hairs.iter().filter_map(|hair| hair[session]).collect();
                held.sort_unstable();
                prop_assert_eq!(held, (0..*n).collect::<Vec<_>>());
            }
            let reversed: Vec<Link> = links.iter().rev().copied().collect();
            prop_assert_eq!(hairs, tracks(&strands, &reversed));
        }
    }
}
