#!/usr/bin/env python3
"""Fits how far off the width of a strand is in a photo: the constants of src/strand/width/doubt.rs.

    fit.py LINES [OTHERS]       LINES are what the example `widths` wrote of drawn photos; OTHERS, which nothing is fitted to, are only told of

See fit.sh for the whole recipe.
"""
import collections, json, os, sys
import numpy as np
from scipy.optimize import linear_sum_assignment, minimize
from scipy.stats import t as student

TOLERANCE_UM = 110.0  # a strand is that hair from which its root and tip lie no farther off on average
FREEDOM = 3           # errors have long tails: two hairs traced as one are off by tens of micrometers
SMALL = 1e-3          # what a weight of one standard deviation costs: signs that say little get little weight
LEAST_KNOWN = 0.3     # as in src/strand/width/mod.rs
NO_USUAL, MORE = 2, 0.2  # hair without a usual width is wrong more wildly than such tails foresee; set by hand, on OTHERS


def strands(file):
    """Scene, signs, fit error and error of each strand that is a hair of known width and could have a figure, the last two as shares of the width."""
    of_photo = collections.defaultdict(list)
    for line in map(json.loads, open(file)):
        of_photo[line["photo"]].append(line)
    for photo, lines in of_photo.items():
        truth = json.load(open(os.path.splitext(photo)[0] + ".truth.json"))
        um, hairs = truth["um_per_px"], [h for h in truth["hairs"] if h["class"] != "abnormal" and h.get("width_um")]
        if not hairs:
            continue
        ends = lambda of: np.array([[*x["root"], *x["tip"]] for x in of], float)
        off = ends(lines)[:, None] - ends(hairs)[None]
        apart = (np.hypot(off[..., 0], off[..., 1]) + np.hypot(off[..., 2], off[..., 3])) / 2 * um
        for i, j in zip(*linear_sum_assignment(np.minimum(apart, 10 * TOLERANCE_UM))):
            line = lines[i]
            if apart[i, j] < TOLERANCE_UM and line["possible"]:
                width = line["width_px"]
                yield os.path.basename(photo).rsplit("-", 1)[0], line["signs"], line["fit_error_px"] / width, 1 - hairs[j]["width_um"] / um / width


def table(file):
    scenes, signs, fit, error = zip(*strands(file))
    return np.array(scenes), np.array(signs), np.array(fit), np.array(error)


def scale(weights, signs, fit):
    """The standard error as a share of the width; the last two weights are the error without any sign and what the fits' own counts for."""
    return np.hypot(np.exp(np.clip(signs @ weights[:-2] + weights[-2], -9, 3)), np.exp(weights[-1]) * fit)


def fitted(signs, fit, error):
    spread = signs.std(axis=0) + 1e-9

    def cost(weights):
        s = scale(np.r_[weights[:-2] / spread, weights[-2:]], signs, fit)
        return np.mean(np.log(s) - student.logpdf(error / s, FREEDOM)) + SMALL * np.sum(weights[:-2] ** 2)

    found = minimize(cost, np.r_[np.zeros(signs.shape[1]), -3.5, -1], method="L-BFGS-B").x
    return np.r_[found[:-2] / spread, found[-2:]]


def main(file, others=None):
    _, signs, fit, error = table(file)
    weights = fitted(signs, fit, error)
    # Widened so that 1.96 standard errors hold 95 %.
    widened = np.log(np.quantile(np.abs(error) / scale(weights, signs, fit), 0.95) / 1.96)
    weights[-2:] += widened
    weights[NO_USUAL] += MORE
    print(f"{len(error)} strands; WEIGHTS", [round(w, 2) for w in weights[:-2].tolist()], f"WITHOUT_SIGNS {weights[-2]:.2f} OF_FITS {np.exp(weights[-1]):.2f}")
    for name in filter(None, (file, others)):
        scenes, signs, fit, error = table(name)
        s = scale(weights, signs, fit)
        for scene in ["all", *sorted(set(scenes))]:
            told = (s < LEAST_KNOWN) & ((scenes == scene) | (scene == "all"))
            print(f"{name} {scene}: {np.mean(np.abs(error[told]) < 1.96 * s[told]):.3f} of {told.sum()}, standard error {np.median(s[told]):.3f} of the width in the median")


if __name__ == "__main__":
    main(*sys.argv[1:3])
