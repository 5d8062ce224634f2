#!/usr/bin/env python3
"""Fits what weighs strands, on counted photos: the constants of src/strand/weigh.rs, and those of explain.rs, select.rs and part.rs beside it.

    weigh.py degrade FROM TO            blurred, flattened, stained and badly stored copies of drawn photos
    weigh.py fit KIND EVIDENCE...       the weights and the odds of none, from lines that the example `evidence` wrote; KIND is
                                        strands (weigh.rs), additions (explain.rs), shafts (select.rs) or pairs (part.rs)

See weigh.sh for the whole recipe.
"""
import argparse, collections, glob, json, os, shutil, sys
import numpy as np
from PIL import Image, ImageFilter
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
from logistic import fitted

TOLERANCE_UM = 110.5  # a strand is that hair from which its root and tip lie no farther off on average
RIGHT = 0.6           # of the tolerance: so near a strand is right beyond doubt, and one beyond the tolerance wrong; between them nothing is learned
KINDS = {"strands": ("learned", "rooted", "ridge", "turned"), "additions": ("chosen", "left"), "shafts": ("shaft",), "pairs": ("pair",)}
SELECTED = 0.8        # taken from the odds of no evidence for strands: of those that explain the same hair the one chosen is likelier to be one thought too well of


def degrade(source, target):
    """Photos stored worse than any the network was trained on, their truths beside them."""
    dice = np.random.default_rng(7)
    os.makedirs(target, exist_ok=True)
    for truth in sorted(glob.glob(f"{source}/*.truth.json")):
        name = os.path.basename(truth).removesuffix(".truth.json")
        photo = Image.open(photo_of(truth)).convert("RGB").filter(ImageFilter.GaussianBlur(dice.uniform(0.5, 2.2)))
        light = (np.asarray(photo, float) / 255) ** dice.uniform(0.7, 1.5)
        light = (light - light.mean()) * dice.uniform(0.6, 1.0) + light.mean() * dice.uniform(0.8, 1.1, 3)
        rows, columns = light.shape[:2]
        coarse = (128 + 40 * dice.normal(size=(rows // 4, columns // 4))).clip(0, 255).astype(np.uint8)
        stain = np.asarray(Image.fromarray(coarse).resize((columns, rows), Image.BICUBIC), float)[..., None] - 128
        light = light * 255 + dice.normal(size=(rows, columns, 1)) * dice.uniform(2, 6) + stain * dice.uniform(0.1, 0.35)
        Image.fromarray(light.clip(0, 255).astype(np.uint8)).save(f"{target}/{name}.jpg", quality=int(dice.integers(60, 90)))
        shutil.copy(truth, f"{target}/{name}.truth.json")


def photo_of(truth):
    beside = (truth.removesuffix(".truth.json") + ending for ending in (".jpg", ".png"))
    return next(photo for photo in beside if os.path.exists(photo))


def photos(files, kind):
    """For every photo its truth, and of each strand, addition, shaft or pair the line, the evidence and whether it was chosen."""
    found = collections.defaultdict(list)
    for line in (json.loads(line) for file in files for line in open(file)):
        if line["source"] in KINDS[kind]:
            found[line["photo"]].append(line)
    for photo, lines in found.items():
        truth = json.load(open(os.path.splitext(photo)[0] + ".truth.json"))
        chosen = [line["source"] == "chosen" for line in lines]
        yield photo, truth, [np.array(line["points"]) for line in lines], np.array([line["evidence"] for line in lines]), chosen


def ends(hairs):
    return np.array([[*hair["root"], *hair["tip"]] for hair in hairs], float).reshape(-1, 4)


def apart(a, b):
    """How far root and tip of each a lie from those of each b, on average."""
    off = a[:, None] - b[None]
    return (np.hypot(off[..., 0], off[..., 1]) + np.hypot(off[..., 2], off[..., 3])) / 2


def unsure(found, truth, reach):
    """What lies near a seam or the border, where hair may be unmarked."""
    low, high = np.minimum(found[:, :2], found[:, 2:]), np.maximum(found[:, :2], found[:, 2:])
    near = (low < reach).any(1) | (high[:, 0] > truth["width"] - reach) | (high[:, 1] > truth["height"] - reach)
    for axis, key in enumerate("xy"):
        for seam in (truth.get("seams") or {}).get(key, []):
            near |= (low[:, axis] - reach < seam) & (seam < high[:, axis] + reach)
    return near


def kinds(truth):
    """The hairs that count, and the loose ones that neither do nor are wrong."""
    hairs = truth["hairs"]
    return ends([h for h in hairs if h["class"] != "abnormal"]), ends([h for h in hairs if h["class"] == "abnormal"])


def either_way(found, hairs):
    """The same whichever end of what is found is its root."""
    return np.minimum(apart(found, hairs), apart(found, hairs[:, [2, 3, 0, 1]]))


def labels(lines, truth, kind, chosen):
    """Of each strand, addition, shaft or pair: 1 right, 0 wrong, −1 not to be learned from."""
    reach = TOLERANCE_UM / (truth.get("um_per_px") or 2.7624)
    hairs, loose = kinds(truth)
    if kind == "pairs":
        first, second = (np.array([[*line[k], *line[k + 1]] for line in lines]) for k in (0, 2))
        off = [either_way(found, hairs) for found in (first, second)]
        nearest = [each.argmin(1) if len(hairs) else np.full(len(lines), -1) for each in off]
        both = np.maximum(*[each.min(1, initial=np.inf) for each in off]) < reach
        doubtful = unsure(first, truth, reach) | unsure(second, truth, reach)
        return np.where(both & (nearest[0] != nearest[1]), 1, np.where(doubtful, -1, 0))
    found = np.array([[*line[0], *line[-1]] for line in lines])
    off = (either_way if kind == "shafts" else apart)(found, hairs)
    if kind == "additions":  # a hair that was chosen before is found; what is chosen has found the nearest of those that were not
        for each in np.flatnonzero(chosen):
            nearest = off[each].argmin() if len(hairs) else None
            if nearest is not None and off[each, nearest] < reach:
                off[each + 1 :, nearest] = np.inf
        off[unsure(found, truth, reach)] = reach  # near the border hair is neither found nor missed
    off = off.min(1, initial=np.inf)
    # Of what lies loose it is of no matter whether it looks like hair, but it is not to be chosen.
    off_loose = np.inf if kind == "additions" else either_way(found, loose).min(1, initial=np.inf)
    return np.where(off < RIGHT * reach, 1, np.where((off < reach) | (off_loose < reach) | unsure(found, truth, reach), -1, 0))


def fit(kind, files):
    """The weights and the odds of none of one kind."""
    held = [(evidence, labels(lines, truth, kind, chosen)) for _, truth, lines, evidence, chosen in photos(files, kind)]
    x, y = np.concatenate([e for e, _ in held]), np.concatenate([l for _, l in held])
    *slopes, of_none = fitted(x[y >= 0], y[y >= 0])
    return [round(float(value), 2) for value in (*slopes, of_none - (SELECTED if kind == "strands" else 0.0))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("degrade")
    verb.add_argument("source")
    verb.add_argument("target")
    verb = verbs.add_parser("fit")
    verb.add_argument("kind", choices=KINDS)
    verb.add_argument("evidence", nargs="+")
    given = parser.parse_args()
    if given.verb == "degrade":
        degrade(given.source, given.target)
    else:
        print(json.dumps(fit(given.kind, given.evidence)))


if __name__ == "__main__":
    main()
