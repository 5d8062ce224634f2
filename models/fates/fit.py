#!/usr/bin/env python3
"""Fits how likely a hair seen in one photo alone is gone from the other's skin: the constants of src/compare/gone.rs.

    fit.py LINES [OTHERS]       LINES are what the example `signs` wrote of drawn series; OTHERS, which nothing is fitted to, are only told of

See fit.sh for the whole recipe.
"""
import collections, json, os, sys
import numpy as np
from scipy.optimize import linear_sum_assignment
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
from logistic import fitted

TOLERANCE_UM = 110.0  # a strand is that hair from which its root and tip lie no farther off on average
NAMES = ("unexplained", "near", "texture", "haze", "cover", "stray", "mates", "length", "confidence", "rooted", "loose")
SURELY = 0.6          # as SURELY_GONE in src/compare/fate.rs


def truth_of(photo):
    return json.load(open(os.path.splitext(photo)[0] + ".truth.json"))


def ends(hairs):
    return np.array([[*hair["root"], *hair["tip"]] for hair in hairs], float).reshape(-1, 4)


def held(signs):
    """The signs as the law holds them."""
    bounds = {"unexplained": (0, 1.3), "near": (0, 1.3), "texture": (0, 2), "cover": (-1.2, 1.2), "stray": (0, 4), "mates": (0, 3), "length": (0, 10)}
    return [float(np.clip(float(signs[name]), *bounds.get(name, (-np.inf, np.inf)))) for name in NAMES]


def table(file):
    """Of each strand seen in one photo alone whose place the other shows: its person, its signs, whether its hair is gone there, and the chance said.

    A hair is gone where its series gives it no thickness in the other session; the photo's own truth lacks those that the border cuts off, too.
    A strand on no hair that grows there, be it skin or a clipping that lies loose, may not be called gone and counts as there.
    """
    rows, found, borne = [], {}, {}
    for line in map(json.loads, open(file)):
        photo, other = line["photo"], line["other"]
        if photo not in found:
            truth = truth_of(photo)
            hairs = [h for h in truth["hairs"] if h["class"] != "abnormal"]
            strands = np.array(line["strands"])
            off = strands[:, None] - ends(hairs)[None]
            off = (np.hypot(off[..., 0], off[..., 1]) + np.hypot(off[..., 2], off[..., 3])) / 2 * truth["um_per_px"]
            found[photo] = {i: hairs[j]["id"] for i, j in zip(*linear_sum_assignment(np.minimum(off, 10 * TOLERANCE_UM))) if off[i, j] < TOLERANCE_UM}
        hair = found[photo].get(line["strand"])
        person = os.path.dirname(os.path.dirname(photo))
        if other not in borne:
            sessions = sorted(each for each in os.listdir(person) if os.path.isdir(os.path.join(person, each)))
            session = sessions.index(os.path.basename(os.path.dirname(other)))
            series = json.load(open(os.path.join(person, "series.truth.json")))
            borne[other] = {h["id"] for h in series["hairs"] if h["thickness_um"][session] is not None}
        rows.append((person, held(line["signs"]), hair is not None and hair not in borne[other], line["chance"], hair is None))
    persons, signs, gone, chance, none = zip(*rows)
    return np.array(persons), np.array(signs), np.array(gone), np.array(chance), np.array(none)


def chances(weights, signs):
    return 1 / (1 + np.exp(-(signs @ weights[:-1] + weights[-1])))


def told(name, chance, gone, none):
    sure = chance >= SURELY
    loss = -np.mean(np.log(np.where(gone, chance, 1 - chance).clip(1e-6)))
    print(f"{name}: {len(gone)} strands, {gone.sum()} gone; at {SURELY} and more {sure.sum()}, of them gone {gone[sure].sum()}, on no hair {none[sure].sum()}; log loss {loss:.4f}")
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.001)):
        within = (chance >= low) & (chance < high)
        if within.any():
            print(f"    {low:.1f} to {min(high, 1):.1f}: {gone[within].mean():.2f} of {within.sum()}")


def main():
    persons, signs, gone, chance, none = table(sys.argv[1])
    told("as it is", chance, gone, none)
    tenths = np.unique(persons, return_inverse=True)[1] % 10
    left_out = np.zeros(len(gone))
    for tenth in range(10):
        out = tenths == tenth
        if out.any():
            left_out[out] = chances(fitted(signs[~out], gone[~out]), signs[out])
    told("each tenth of the persons left out by turns", left_out, gone, none)
    weights = fitted(signs, gone)
    for name, weight in zip((*NAMES, "none"), weights):
        print(f"{name:12} {weight:+.2f}")
    for others in sys.argv[2:]:
        _, signs, gone, chance, none = table(others)
        told(f"{others}, as it is", chance, gone, none)
        told(f"{others}, by the fit", chances(weights, signs), gone, none)


if __name__ == "__main__":
    main()
