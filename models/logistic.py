"""The logistic fit by which the programs of this folder weigh what speaks for something."""
import numpy as np


def fitted(evidence, right):
    """Log odds per unit of each evidence, and those of none, by Newton's method; every evidence standardized and held to 0 a little."""
    mean, deviation = evidence.mean(0), evidence.std(0) + 1e-6
    a = np.c_[(evidence - mean) / deviation, np.ones(len(evidence))]
    hold = 1e-3 * len(right) * np.r_[np.ones(evidence.shape[1]), 0]
    weights = np.zeros(a.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-a @ weights))
        step = np.linalg.solve((a * (chance * (1 - chance))[:, None]).T @ a + np.diag(hold + 1e-9), a.T @ (right - chance) - hold * weights)
        weights += step
        if abs(step).max() < 1e-8:
            break
    slopes = weights[:-1] / deviation
    return np.r_[slopes, weights[-1] - slopes @ mean]
