#!/usr/bin/env python3
"""Fits what weighs strands, on counted photos: the constants of src/strand/weigh.rs, and those of the ridges in select.rs and part.rs beside it.

    weigh.py degrade FROM TO            blurred, flattened, stained and badly stored copies of drawn photos
    weigh.py fit KIND EVIDENCE...       the weights and the odds of none, from lines that the example `evidence` wrote; KIND is
                                        strands (weigh.rs), shafts (select.rs) or pairs (part.rs)
    weigh.py score WEIGHTS EVIDENCE...  F1 on counted photos with the weights that `fit strands` printed

See weigh.sh for the whole recipe.
"""
import collections, glob, json, os, shutil, sys
import numpy as np
from PIL import Image, ImageFilter
from scipy.optimize import linear_sum_assignment

TOLERANCE_UM = 110.5  # a strand is that hair from which its root and tip lie no farther off on average
RIGHT = 0.6           # of the tolerance: so near a strand is right beyond doubt, and one beyond the tolerance wrong; between them nothing is learned
EXPLAINED_PX, SHARED, WORKING_UM = 3.5, 0.35, 10.0  # as in src/strand/weigh.rs
KINDS = {"strands": ("learned", "ridge", "turned"), "shafts": ("shaft",), "pairs": ("pair",)}
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
    """For every photo its truth, and of each strand, shaft or pair proposed there the line and the evidence."""
    found = collections.defaultdict(list)
    for line in (json.loads(line) for file in files for line in open(file)):
        if line["source"] in KINDS[kind]:
            found[line["photo"]].append(line)
    for photo, lines in found.items():
        truth = json.load(open(os.path.splitext(photo)[0] + ".truth.json"))
        yield photo, truth, [np.array(line["points"]) for line in lines], np.array([line["evidence"] for line in lines])


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


def labels(lines, truth, kind):
    """Of each strand, shaft or pair: 1 right, 0 wrong, −1 not to be learned from."""
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
    off = (apart if kind == "strands" else either_way)(found, hairs).min(1, initial=np.inf)
    off_loose = either_way(found, loose).min(1, initial=np.inf)
    return np.where(off < RIGHT * reach, 1, np.where((off < reach) | (off_loose < reach) | unsure(found, truth, reach), -1, 0))


def fit(kind, files):
    """The logistic fit by Newton's method, every evidence standardized and held to 0 a little."""
    held = [(evidence, labels(lines, truth, kind)) for _, truth, lines, evidence in photos(files, kind)]
    x, y = np.concatenate([e for e, _ in held]), np.concatenate([l for _, l in held])
    x, y = x[y >= 0], y[y >= 0]
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    a = np.c_[(x - mean) / deviation, np.ones(len(x))]
    hold = 1e-3 * len(y) * np.r_[np.ones(x.shape[1]), 0]
    weights = np.zeros(a.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-a @ weights))
        step = np.linalg.solve((a * (chance * (1 - chance))[:, None]).T @ a + np.diag(hold + 1e-9), a.T @ (y - chance) - hold * weights)
        weights += step
        if abs(step).max() < 1e-8:
            break
    slopes = weights[:-1] / deviation
    of_none = weights[-1] - slopes @ mean - (SELECTED if kind == "strands" else 0.0)
    return [round(float(value), 2) for value in (*slopes, of_none)]


def chosen(lines, odds, truth, least=0.35):
    """The strands that together explain what is seen, each hair once, the likeliest first."""
    um = truth.get("um_per_px") or 2.7624
    size = (int(truth["height"] * um / WORKING_UM) + 3, int(truth["width"] * um / WORKING_UM) + 3)
    explained, kept = np.zeros(size, bool), []
    reach = int(np.ceil(EXPLAINED_PX))
    disc = np.array([(x, y) for x in range(-reach, reach + 1) for y in range(-reach, reach + 1) if x * x + y * y <= EXPLAINED_PX**2])
    limit = np.array(size[::-1]) - 1
    for i in np.argsort(-odds, kind="stable"):
        if odds[i] < np.log(least / (1 - least)):
            break
        line = lines[i] * um / WORKING_UM
        at = np.r_[0, np.cumsum(np.hypot(*np.diff(line, axis=0).T))]
        steps = np.linspace(0, at[-1], max(int(round(at[-1])), 1) + 1)
        pixels = np.stack([np.interp(steps, at, line[:, k]) for k in (0, 1)], 1).round().astype(int).clip(0, limit)
        if explained[pixels[:, 1], pixels[:, 0]].mean() <= SHARED:
            kept.append(i)
            around = (pixels[:, None] + disc).reshape(-1, 2).clip(0, limit)
            explained[around[:, 1], around[:, 0]] = True
    return kept


def agreement(found, truth):
    """How many strands are right and wrong, and how many hairs are missed."""
    reach = TOLERANCE_UM / (truth.get("um_per_px") or 2.7624)
    hairs, loose = kinds(truth)

    def matched(distance):
        rows, columns = linear_sum_assignment(np.minimum(distance, 10 * reach)) if distance.size else ([], [])
        return [(i, j) for i, j in zip(rows, columns) if distance[i, j] < reach]

    pairs = matched(apart(found, hairs))
    right, known = {i for i, _ in pairs}, {j for _, j in pairs}
    forgiven = {i for i, _ in matched(either_way(found, loose))}
    wrong = sum(i not in right and i not in forgiven and not near for i, near in enumerate(unsure(found, truth, reach)))
    missed = sum(j not in known and not near for j, near in enumerate(unsure(hairs, truth, reach)))
    return np.array([len(pairs), wrong, missed])


def score(weights, files):
    """Right, wrong and missed over all photos, and by scene."""
    scenes = collections.defaultdict(lambda: np.zeros(3))
    for photo, truth, lines, evidence in photos(files, "strands"):
        kept = chosen(lines, evidence @ np.array(weights[:-1]) + weights[-1], truth)
        found = np.array([[*lines[i][0], *lines[i][-1]] for i in kept]).reshape(-1, 4)
        scenes[os.path.basename(photo).rsplit("-", 1)[0]] += agreement(found, truth)
    f1 = lambda s: 2 * s[0] / max(2 * s[0] + s[1] + s[2], 1)
    total = sum(scenes.values())
    print(f"F1 {f1(total):.3f}  precision {total[0] / max(total[0] + total[1], 1):.3f}  recall {total[0] / max(total[0] + total[2], 1):.3f}")
    if 1 < len(scenes) < 30:
        print("  ".join(f"{name} {f1(counts):.2f}" for name, counts in sorted(scenes.items())))


def main():
    verb, *rest = sys.argv[1:]
    if verb == "degrade":
        degrade(*rest)
    elif verb == "fit":
        print(json.dumps(fit(rest[0], rest[1:])))
    elif verb == "score":
        score(json.loads(rest[0]), rest[1:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
