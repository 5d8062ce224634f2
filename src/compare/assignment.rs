//! One to one pairing at the least sum of costs.

/// A column for every row (there are as many columns at least), at the least sum of costs.
///
/// # Source
/// The Hungarian method with shortest augmenting paths: Jonker and Volgenant 1987, doi:10.1007/BF02278710; without its preparatory steps.
pub fn assignment(rows: usize, columns: usize, cost: impl Fn(usize, usize) -> f64) -> Vec<(usize, usize)> {
    // Column 0 is a stand-in from which each row's search begins, so rows and columns count from 1.
    let (mut of_row, mut of_column) = (vec![0.0; rows + 1], vec![0.0; columns + 1]);
    let mut row_at = vec![0; columns + 1];
    for row in 1..=rows {
        row_at[0] = row;
        let mut here = 0;
        let mut least = vec![f64::INFINITY; columns + 1];
        let mut came_from = vec![0; columns + 1];
        let mut visited = vec![false; columns + 1];
        while row_at[here] != 0 {
            visited[here] = true;
            let at = row_at[here];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for column in 1..=columns {
                if visited[column] {
                    continue;
                }
                let reduced = cost(at - 1, column - 1) - of_row[at] - of_column[column];
                if reduced < least[column] {
                    (least[column], came_from[column]) = (reduced, here);
                }
                // The first free column stands in where no cost is a number, so that the search always moves on.
                if least[column] < step || next == 0 {
                    (step, next) = (least[column], column);
                }
            }
            for column in 0..=columns {
                if visited[column] {
                    of_row[row_at[column]] += step;
                    of_column[column] -= step;
                } else {
                    least[column] -= step;
                }
            }
            here = next;
        }
        while here != 0 {
            row_at[here] = row_at[came_from[here]];
            here = came_from[here];
        }
    }
    (1..=columns).filter(|&column| row_at[column] != 0).map(|column| (row_at[column] - 1, column - 1)).collect()
}
