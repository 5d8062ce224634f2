//! The normal equations of a fit, and their solution.

/// The normal equations of one linearization. The point spread is the last parameter; where it is held, its row holds the cross terms.
#[derive(Clone, Copy)]
pub(super) struct Normal<const N: usize> {
    /// Its lower half.
    pub(super) matrix: [[f64; N]; N],
    pub(super) right: [f64; N],
    pub(super) cost: f64,
}

impl<const N: usize> Default for Normal<N> {
    fn default() -> Self {
        Self { matrix: [[0.0; N]; N], right: [0.0; N], cost: 0.0 }
    }
}

impl<const N: usize> Normal<N> {
    /// How much a step promises to lower the cost.
    pub(super) fn gain(&self, step: &[f64; N]) -> f64 {
        self.right.iter().zip(step).map(|(a, b)| a * b).sum()
    }

    /// The step where some parameters can move only as far as `moved`, and the others go where that leaves them: a step worked out as if nothing
    /// were in the way leads nowhere once a core lies at its shaft's edge.
    pub(super) fn within(&self, free: usize, damping: f64, step: [f64; N], moved: [f64; N]) -> [f64; N] {
        let stopped: [bool; N] = std::array::from_fn(|j| j < free && (step[j] - moved[j]).abs() > 1e-9);
        if !stopped.contains(&true) {
            return step;
        }
        let mut left = *self;
        for j in (0..free).filter(|j| stopped[*j]) {
            for i in (0..free).filter(|i| !stopped[*i]) {
                left.right[i] -= self.matrix[i.max(j)][i.min(j)] * moved[j];
            }
            for i in 0..free {
                left.matrix[i][j] = 0.0;
                left.matrix[j][i] = 0.0;
            }
            left.matrix[j][j] = 1.0;
            left.right[j] = moved[j];
        }
        let Some(factor) = left.factor(free, damping) else { return step };
        let mut within = factor.solve(free, &left.right);
        for j in (0..free).filter(|j| stopped[*j]) {
            within[j] = moved[j];
        }
        within
    }

    /// The lower triangular factor of the damped matrix's first rows (Cholesky), or `None` where the equations determine nothing.
    pub(super) fn factor(&self, free: usize, damping: f64) -> Option<Factor<N>> {
        let mut lower = [[0.0; N]; N];
        for j in 0..free {
            for k in 0..=j {
                let mut sum = self.matrix[j][k];
                if j == k {
                    sum += damping * self.matrix[j][j] + 1e-12;
                }
                sum -= lower[j][..k].iter().zip(&lower[k][..k]).map(|(a, b)| a * b).sum::<f64>();
                if j > k {
                    lower[j][k] = sum / lower[k][k];
                } else if sum > 0.0 {
                    lower[j][j] = sum.sqrt();
                } else {
                    return None;
                }
            }
        }
        Some(Factor { lower })
    }
}

/// A lower triangular factor of a matrix.
pub(super) struct Factor<const N: usize> {
    lower: [[f64; N]; N],
}

impl<const N: usize> Factor<N> {
    /// Solves the equations of the first `free` parameters; the others stay 0.
    pub(super) fn solve(&self, free: usize, right: &[f64; N]) -> [f64; N] {
        let mut x = [0.0; N];
        for j in 0..free {
            x[j] = right[j];
            for k in 0..j {
                x[j] -= self.lower[j][k] * x[k];
            }
            x[j] /= self.lower[j][j];
        }
        for j in (0..free).rev() {
            for k in j + 1..free {
                x[j] -= self.lower[k][j] * x[k];
            }
            x[j] /= self.lower[j][j];
        }
        x
    }
}
