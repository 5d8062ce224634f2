#!/usr/bin/env python3
"""Trains the detector on photos whose every hair is known: train.py FOLDER... --out MODEL.onnx

A FOLDER holds photos, each with <photo>.truth.json beside it, as `anagen phantom` draws them or as people have counted them.
See README.md beside this file for the whole recipe and for what every output means.
"""
import argparse, glob, json, os, pickle, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom
from scipy.spatial import cKDTree

WORKING_UM = 5.0        # micrometers per pixel of what the network is given; it answers on a grid twice as coarse
BLOCK, SPREAD = 8, 8.0  # the light of the skin: means over blocks, blurred by a Gaussian of so many blocks
DARKEST, DIMMEST, BRIGHTEST = 3e-3, -3.0, 1.5
CENTER_PX, END_PX = 1.2, 2.5  # standard deviation of the heat about centerlines and about ends, in pixels of the answer
CHANNELS = ("hair", "center", "root", "tip", "along_x", "along_y")

LINEAR = np.array([v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.arange(256) / 255.0])
LOG = np.log(np.maximum(LINEAR, DARKEST)).astype(np.float32)


def background(log):
    """The log light of the skin about every block of the photo, rows × columns × 3."""
    rows, columns = -(-log.shape[0] // BLOCK), -(-log.shape[1] // BLOCK)
    padded = np.pad(log, ((0, rows * BLOCK - log.shape[0]), (0, columns * BLOCK - log.shape[1]), (0, 0)), mode="edge")
    means = padded.reshape(rows, BLOCK, columns, BLOCK, 3).mean(axis=(1, 3))
    return np.stack([gaussian_filter(means[..., c], SPREAD, mode="nearest", truncate=4.0) for c in range(3)], axis=-1)


def flattened(rgb):
    """What the network is given: log light over the log light of the skin around, rows × columns × 3."""
    log = LOG[rgb]
    level = background(log)
    rows, columns = log.shape[:2]
    place = lambda n, blocks: np.clip((np.arange(n) + 0.5) / BLOCK - 0.5, 0, blocks - 1)
    y, x = place(rows, level.shape[0]), place(columns, level.shape[1])
    i, j = np.minimum(y.astype(int), max(level.shape[0] - 2, 0)), np.minimum(x.astype(int), max(level.shape[1] - 2, 0))
    ty, tx = (y - i)[:, None, None].astype(np.float32), (x - j)[None, :, None].astype(np.float32)
    i1, j1 = np.minimum(i + 1, level.shape[0] - 1), np.minimum(j + 1, level.shape[1] - 1)
    upper = level[i][:, j] * (1 - tx) + level[i][:, j1] * tx
    lower = level[i1][:, j] * (1 - tx) + level[i1][:, j1] * tx
    return np.clip(log - (upper * (1 - ty) + lower * ty), DIMMEST, BRIGHTEST)


def answers(truth, factor, rows, columns):
    """What the network should answer: the CHANNELS on the coarse grid, as uint8 (heats) and int8 (direction), and where it may say anything."""
    scale = 2.0 * factor  # photo pixels per pixel of the answer
    to_grid = lambda p: (np.asarray(p, float) + 0.5) / scale - 0.5
    heat = np.zeros((4, rows, columns), np.float32)
    along = np.zeros((2, rows, columns), np.float32)
    sure = np.ones((rows, columns), bool)
    places, headings, halves, loose = [], [], [], []
    for hair in truth["hairs"]:
        line = to_grid(hair.get("points") or [hair["root"], hair["tip"]])
        steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
        if steps.sum() < 1e-6:
            continue
        ends = np.concatenate([[0], np.cumsum(steps)])
        at = np.arange(0, ends[-1], 0.3)
        points = np.stack([np.interp(at, ends, line[:, k]) for k in (0, 1)], axis=1)
        ahead = np.stack([np.interp(np.minimum(at + 1.0, ends[-1]), ends, line[:, k]) for k in (0, 1)], axis=1)
        behind = np.stack([np.interp(np.maximum(at - 1.0, 0), ends, line[:, k]) for k in (0, 1)], axis=1)
        heading = ahead - behind
        heading /= np.maximum(np.linalg.norm(heading, axis=1, keepdims=True), 1e-6)
        half = 0.5 * hair.get("width_um", 65.0) / (2.0 * WORKING_UM) if truth.get("um_per_px") else 3.0
        lies = hair["class"] == "abnormal" and hair.get("unit") is None
        places.append(points), headings.append(heading), halves.append(np.full(len(at), half)), loose.append(np.full(len(at), lies))
        if not lies:
            for k, end in ((2, line[0]), (3, line[-1])):
                splash(heat[k], end)
    if not places:
        return (heat * 255).astype(np.uint8), along.astype(np.int8), sure
    places, headings, halves, loose = map(np.concatenate, (places, headings, halves, loose))
    near = np.zeros((rows, columns), bool)
    reach = int(np.ceil(halves.max())) + 3
    x, y = places.round().astype(int).T
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            inside = (y + dy >= 0) & (y + dy < rows) & (x + dx >= 0) & (x + dx < columns)
            near[y[inside] + dy, x[inside] + dx] = True
    r, c = np.nonzero(near)
    distance, nearest = cKDTree(places).query(np.stack([c, r], axis=1), distance_upper_bound=reach + 3)
    held = np.isfinite(distance)
    r, c, distance, nearest = r[held], c[held], distance[held], nearest[held]
    within = np.clip(halves[nearest] + 0.5 - distance, 0, 1)
    grows = ~loose[nearest]
    heat[0, r, c] = within * grows
    heat[1, r, c] = np.exp(-0.5 * (distance / CENTER_PX) ** 2) * grows
    along[:, r, c] = headings[nearest].T * (within > 0.3) * grows
    sure[r, c] &= ~(loose[nearest] & (within > 0))  # a loose clipping looks like hair; whether it is called so is of no matter
    return (heat * 255).round().astype(np.uint8), (along * 127).round().astype(np.int8), sure


def splash(plane, end):
    """Raises a heat about an end."""
    reach, (rows, columns) = 8, plane.shape
    x0, y0 = int(round(end[0])), int(round(end[1]))
    ys, xs = np.arange(max(y0 - reach, 0), min(y0 + reach + 1, rows)), np.arange(max(x0 - reach, 0), min(x0 + reach + 1, columns))
    if len(ys) and len(xs):
        heat = np.exp(-0.5 * ((ys[:, None] - end[1]) ** 2 + (xs[None] - end[0]) ** 2) / END_PX**2)
        plane[np.ix_(ys, xs)] = np.maximum(plane[np.ix_(ys, xs)], heat)


def photo_of(path):
    """The photo a truth file lies beside, or None."""
    beside = (path.removesuffix(".truth.json") + ending for ending in (".jpg", ".png", ".jpeg", ".tif"))
    return next((photo for photo in beside if os.path.exists(photo)), None)


def example(path, seed):
    """One photo at a working scale a little off, as counted photos of wrong scale are."""
    dice = np.random.default_rng(seed)
    truth = json.load(open(path))
    photo = photo_of(path)
    image = Image.open(photo).convert("RGB")
    um = truth.get("um_per_px") or WORKING_UM
    factor = WORKING_UM / um * np.exp(dice.normal(0.0, 0.12))
    columns, rows = round(image.width / factor), round(image.height / factor)
    rows, columns = rows // 2 * 2, columns // 2 * 2
    box = (0, 0, min(columns * factor, image.width), min(rows * factor, image.height))
    rgb = np.asarray(image.resize((columns, rows), Image.BOX if factor >= 1 else Image.BILINEAR, box=box))
    given = flattened(rgb)
    heat, along, sure = answers(truth, factor, rows // 2, columns // 2)
    return ((given + 3.0) / 4.5 * 255).round().astype(np.uint8), heat, along, sure


class Step(nn.Sequential):
    """Convolution, normalization, rectification."""

    def __init__(self, before, after, size=3, stride=1, dilation=1):
        pad = dilation * (size - 1) // 2
        super().__init__(nn.Conv2d(before, after, size, stride, pad, dilation, bias=False), nn.BatchNorm2d(after), nn.ReLU())


class Detector(nn.Module):
    """A U-shaped network that answers at half the resolution it is given."""

    def __init__(self, widths=(12, 24, 48, 64)):
        super().__init__()
        a, b, c, d = widths
        self.stem = Step(3, a, 4, 2)
        self.stem[0].padding = (1, 1)
        self.down1 = nn.Sequential(Step(a, b, 3, 2), Step(b, b))
        self.down2 = nn.Sequential(Step(b, c, 3, 2), Step(c, c))
        self.down3 = nn.Sequential(Step(c, d, 3, 2), Step(d, d, dilation=2), Step(d, d, dilation=4))
        self.up2, self.join2 = nn.ConvTranspose2d(d, c, 2, 2), Step(c, c)
        self.up1, self.join1 = nn.ConvTranspose2d(c, b, 2, 2), nn.Sequential(Step(b, b), Step(b, b))
        self.up0, self.join0 = nn.ConvTranspose2d(b, a, 2, 2), Step(a, a)
        self.head = nn.Conv2d(a, len(CHANNELS), 3, padding=1)

    def forward(self, x):
        a = self.stem(x)
        b = self.down1(a)
        c = self.down2(b)
        c = self.join2(c + self.up2(self.down3(c)))
        b = self.join1(b + self.up1(c))
        return self.head(self.join0(a + self.up0(b)))


class Exported(nn.Module):
    """The detector as it ships: heats as shares, direction as a vector whose length says how sure it is."""

    def __init__(self, detector):
        super().__init__()
        self.detector = detector

    def forward(self, x):
        y = self.detector(x)
        return torch.cat([torch.sigmoid(y[:, :4]), y[:, 4:]], dim=1)


def batch(examples, weights, size, count, dice):
    """Random crops, mirrored and turned, their contrast changed a little, grain added."""
    given, heats, alongs, sures = [], [], [], []
    for k in dice.choice(len(examples), count, p=weights):
        rgb, heat, along, sure = examples[k]
        rows, columns = sure.shape
        half = size // 2
        if rows < half or columns < half:
            pad = ((0, max(half - rows, 0)), (0, max(half - columns, 0)))
            rgb = np.pad(rgb, tuple((0, 2 * p[1]) for p in pad) + ((0, 0),), mode="edge")
            heat, along, sure = np.pad(heat, ((0, 0), *pad)), np.pad(along, ((0, 0), *pad)), np.pad(sure, pad)
            rows, columns = sure.shape
        r, c = dice.integers(rows - half + 1), dice.integers(columns - half + 1)
        x = rgb[2 * r : 2 * (r + half), 2 * c : 2 * (c + half)].transpose(2, 0, 1).astype(np.float32) * (4.5 / 255) - 3.0
        h = heat[:, r : r + half, c : c + half].astype(np.float32) / 255
        v = along[:, r : r + half, c : c + half].astype(np.float32) / 127
        s = sure[r : r + half, c : c + half].astype(np.float32)
        if dice.random() < 0.5:
            x, h, v, s = x[..., ::-1], h[..., ::-1], v[..., ::-1] * np.array([-1, 1], np.float32)[:, None, None], s[..., ::-1]
        if dice.random() < 0.5:
            x, h, v, s = x.swapaxes(1, 2), h.swapaxes(1, 2), v.swapaxes(1, 2)[::-1], s.swapaxes(0, 1)
        x = x * np.exp(dice.normal(0, 0.15)) * np.exp(dice.normal(0, 0.05, (3, 1, 1))) + dice.normal(0, 0.04, (3, 1, 1))
        if dice.random() < 0.5:
            x = x + dice.normal(0, dice.uniform(0, 0.08), x.shape)
        if dice.random() < 0.2:
            x = gaussian_filter(x, (0, *[dice.uniform(0.3, 1.2)] * 2))
        for kept, new in ((given, np.clip(x, DIMMEST, BRIGHTEST)), (heats, h), (alongs, v), (sures, s)):
            kept.append(np.ascontiguousarray(new, dtype=np.float32))
    return [torch.from_numpy(np.stack(kept)) for kept in (given, heats, alongs, sures)]


def loss(answer, heat, along, sure):
    """Cross-entropy of the heats, squared error of the direction where hair is."""
    weight = 1.0 + torch.tensor([2.0, 8.0, 20.0, 20.0], device=heat.device).view(1, 4, 1, 1) * heat
    entropy = (F.binary_cross_entropy_with_logits(answer[:, :4], heat, reduction="none") * weight * sure[:, None]).mean(dim=(0, 2, 3))
    hair = (along.square().sum(1) > 0.5).float()
    turned = ((answer[:, 4:] - along).square().sum(1) * hair).sum() / (hair.sum() + 1.0)
    return (entropy * torch.tensor([1.0, 1.0, 1.5, 0.75], device=heat.device)).sum() + 0.5 * turned, entropy.detach(), turned.detach()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", help="folders of photos with their truth; FOLDER=2 is drawn from twice as often")
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, help="stop after so long, whatever the steps; not reproducible to the bit")
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--resume")
    parser.add_argument("--prepared", help="a file that keeps the prepared examples from run to run")
    settings = parser.parse_args()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    dice = np.random.default_rng(settings.seed)

    paths, shares = [], []
    for folder in settings.folders:
        folder, _, share = folder.partition("=")
        found = [path for path in sorted(glob.glob(f"{folder}/*.truth.json")) if photo_of(path)]
        paths += found
        shares += [float(share or 1)] * len(found)
    if settings.prepared and os.path.exists(settings.prepared):
        examples, shares = pickle.load(open(settings.prepared, "rb"))
    else:
        with ProcessPoolExecutor(settings.threads) as workers:
            examples = list(workers.map(example, paths, dice.integers(2**32, size=len(paths)), chunksize=8))
        if settings.prepared:
                pickle.dump((examples, shares), open(settings.prepared, "wb"), protocol=4)
    weights = np.array([share * e[3].size for share, e in zip(shares, examples)])
    weights /= weights.sum()
    print(f"{len(examples)} photos, {sum(e[3].size for e in examples) * 4 / 1e6:.0f} megapixels at {WORKING_UM} µm/px", flush=True)

    detector = Detector()
    if settings.resume:
        detector.load_state_dict(torch.load(settings.resume))
    print(f"{sum(p.numel() for p in detector.parameters())} weights", flush=True)
    optimizer = torch.optim.AdamW(detector.parameters(), lr=settings.rate, weight_decay=1e-2)
    started, seen = time.time(), np.zeros(5)
    pool = ThreadPoolExecutor(1)
    draw = lambda: batch(examples, weights, settings.size, settings.count, dice)
    coming = pool.submit(draw)
    for step in range(settings.steps):
        done = step / settings.steps
        if settings.minutes:
            done = max(done, (time.time() - started) / 60 / settings.minutes)
            if done >= 1:
                break
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * min(1.0, (step + 1) / 200) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-6
        given, heat, along, sure = coming.result()
        coming = pool.submit(draw)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer = detector(given)
        total, entropy, turned = loss(answer.float(), heat, along, sure)
        optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(detector.parameters(), 1.0)
        optimizer.step()
        seen = 0.98 * seen + 0.02 * np.array([*entropy.tolist(), turned.item()])
        if step % 100 == 99:
            print(f"step {step + 1}  {(time.time() - started) / 60:.1f} min  hair {seen[0]:.4f} center {seen[1]:.4f} root {seen[2]:.4f} tip {seen[3]:.4f} along {seen[4]:.3f}", flush=True)
        if step % 500 == 499:
            save(detector, settings.out)
    save(detector, settings.out)


def save(detector, out):
    """Writes the weights for resuming, and the network as it ships."""
    torch.save(detector.state_dict(), out.removesuffix(".onnx") + ".pt")
    shipped = Exported(detector).eval()
    with torch.no_grad():
        torch.onnx.export(shipped, torch.zeros(1, 3, 256, 256), out, dynamo=False, opset_version=17, input_names=["light"], output_names=["answer"],
                          dynamic_axes={"light": {0: "n", 2: "rows", 3: "columns"}, "answer": {0: "n", 2: "half_rows", 3: "half_columns"}})
    detector.train()


if __name__ == "__main__":
    main()
