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
from PIL import Image, ImageOps
from scipy.ndimage import gaussian_filter, zoom
from scipy.spatial import cKDTree

WORKING_UM = 5.0        # micrometers per pixel of what the network is given; it answers on a grid twice as coarse
BLOCK, SPREAD = 8, 8.0  # the light of the skin: means over blocks, blurred by a Gaussian of so many blocks
DARKEST, DIMMEST, BRIGHTEST = 3e-3, -3.0, 1.5
END_PX = 2.5            # standard deviation of the heat about ends, in pixels of the answer
REACH_PX = 48.0         # how far along a hair the way to its root and to its tip is asked for
HEATS = ("hair", "center", "root", "tip")
WAYS = ("to_root_x", "to_root_y", "to_tip_x", "to_tip_y")

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
    """What the network should answer on the coarse grid: the HEATS as uint8, the WAYS as int8, and where it may say anything."""
    scale = 2.0 * factor  # photo pixels per pixel of the answer
    to_grid = lambda p: (np.asarray(p, float) + 0.5) / scale - 0.5
    heat = np.zeros((4, rows, columns), np.float32)
    ways = np.zeros((4, rows, columns), np.float32)
    sure = np.ones((rows, columns), bool)
    places, to_ends, halves, loose = [], [], [], []
    for hair in truth["hairs"]:
        line = to_grid(hair.get("points") or [hair["root"], hair["tip"]])
        steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
        if steps.sum() < 1e-6:
            continue
        ends = np.concatenate([[0], np.cumsum(steps)])
        at = np.arange(0, ends[-1], 0.3)
        along = lambda s: np.stack([np.interp(s, ends, line[:, k]) for k in (0, 1)], axis=1)
        half = 0.5 * hair.get("width_um", 65.0) / (2.0 * WORKING_UM) if truth.get("um_per_px") else 3.0
        lies = hair["class"] == "abnormal" and hair.get("unit") is None
        places.append(along(at)), halves.append(np.full(len(at), half)), loose.append(np.full(len(at), lies))
        to_ends.append(np.concatenate([along(np.maximum(at - REACH_PX, 0)), along(np.minimum(at + REACH_PX, ends[-1]))], axis=1))
        if not lies:
            if hair["class"] != "abnormal":
                splash(heat[2], line[0])
            splash(heat[3], line[-1])
    if not places:
        return (heat * 255).astype(np.uint8), ways.astype(np.int8), sure
    places, to_ends, halves, loose = map(np.concatenate, (places, to_ends, halves, loose))
    near = np.zeros((rows, columns), bool)
    reach = int(np.ceil(halves.max())) + 2
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
    heat[1, r, c] = np.clip(1.0 - distance / (halves[nearest] + 0.7), 0, 1) * grows  # 1 on the line, 0 where the hair ends or its neighbor begins
    here = np.stack([c, r, c, r], axis=1)
    ways[:, r, c] = np.clip((to_ends[nearest] - here) / REACH_PX, -1, 1).T * ((within > 0.3) & grows)
    sure[r, c] &= ~(loose[nearest] & (within > 0))  # a loose clipping looks like hair; whether it is called so is of no matter
    return (heat * 255).round().astype(np.uint8), (ways * 127).round().astype(np.int8), sure


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
    endings = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
    name = path.removesuffix(".truth.json")
    beside = (name + ending for lower in endings for ending in (lower, lower.upper()))
    return next((photo for photo in beside if os.path.exists(photo)), None)


def usable(path):
    """Whether a truth file has a photo and a scale, of which the second is never guessed; says so where not."""
    lacks = [what for what, there in (("photo beside it", photo_of(path)), ("um_per_px", json.load(open(path)).get("um_per_px"))) if not there]
    if lacks:
        print(f"{path}: left out, without {' and '.join(lacks)}")
    return not lacks


def beside_seams(seams, width, height, scale, rows, columns):
    """Where hair may be unmarked: within 40 photo pixels of a seam and, where photos have seams, of the frame."""
    unmarked = np.zeros((rows, columns), bool)
    lines = [(0, x) for x in seams.get("x", [])] + [(1, y) for y in seams.get("y", [])]
    lines += [(0, 0), (0, width), (1, 0), (1, height)] if lines else []
    for upright, at in lines:
        band = slice(max(0, int((at - 40) / scale)), max(0, int(np.ceil((at + 40) / scale))))
        unmarked[(band, slice(None)) if upright else (slice(None), band)] = True
    return unmarked


def example(path, seed):
    """One photo at a working scale a little off, as counted photos of wrong scale are."""
    dice = np.random.default_rng(seed)
    truth = json.load(open(path))
    photo = photo_of(path)
    image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    factor = WORKING_UM / truth["um_per_px"] * np.exp(dice.normal(0.0, 0.12))
    columns, rows = round(image.width / factor), round(image.height / factor)
    rows, columns = rows // 2 * 2, columns // 2 * 2
    box = (0, 0, min(columns * factor, image.width), min(rows * factor, image.height))
    rgb = np.asarray(image.resize((columns, rows), Image.BOX if factor >= 1 else Image.BILINEAR, box=box))
    given = flattened(rgb)
    heat, ways, sure = answers(truth, factor, rows // 2, columns // 2)
    sure &= ~beside_seams(truth.get("seams") or {}, image.width, image.height, 2 * factor, rows // 2, columns // 2)
    return ((given + 3.0) / 4.5 * 255).round().astype(np.uint8), heat, ways, sure


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
        self.head = nn.Conv2d(a, len(HEATS + WAYS), 3, padding=1)

    def forward(self, x):
        a = self.stem(x)
        b = self.down1(a)
        c = self.down2(b)
        c = self.join2(c + self.up2(self.down3(c)))
        b = self.join1(b + self.up1(c))
        return self.head(self.join0(a + self.up0(b)))


class Exported(nn.Module):
    """The detector as it ships: heats as shares, ways in units of REACH_PX."""

    def __init__(self, detector):
        super().__init__()
        self.detector = detector

    def forward(self, x):
        y = self.detector(x)
        return torch.cat([torch.sigmoid(y[:, :4]), y[:, 4:]], dim=1)


def batch(examples, weights, size, count, dice):
    """Random crops, mirrored and turned, their contrast changed a little, grain added."""
    given, heats, all_ways, sures = [], [], [], []
    for k in dice.choice(len(examples), count, p=weights):
        rgb, heat, ways, sure = examples[k]
        rows, columns = sure.shape
        half = size // 2
        if rows < half or columns < half:
            pad = ((0, max(half - rows, 0)), (0, max(half - columns, 0)))
            rgb = np.pad(rgb, tuple((0, 2 * p[1]) for p in pad) + ((0, 0),), mode="edge")
            heat, ways, sure = np.pad(heat, ((0, 0), *pad)), np.pad(ways, ((0, 0), *pad)), np.pad(sure, pad)
            rows, columns = sure.shape
        r, c = dice.integers(rows - half + 1), dice.integers(columns - half + 1)
        x = rgb[2 * r : 2 * (r + half), 2 * c : 2 * (c + half)].transpose(2, 0, 1).astype(np.float32) * (4.5 / 255) - 3.0
        h = heat[:, r : r + half, c : c + half].astype(np.float32) / 255
        v = ways[:, r : r + half, c : c + half].astype(np.float32) / 127
        s = sure[r : r + half, c : c + half].astype(np.float32)
        if dice.random() < 0.5:
            x, h, v, s = x[..., ::-1], h[..., ::-1], v[..., ::-1] * np.array([-1, 1, -1, 1], np.float32)[:, None, None], s[..., ::-1]
        if dice.random() < 0.5:
            x, h, v, s = x.swapaxes(1, 2), h.swapaxes(1, 2), v.swapaxes(1, 2)[[1, 0, 3, 2]], s.swapaxes(0, 1)
        if dice.random() < 0.5:  # light scattered within the lens, which lifts what is dark, in one color more than in another
            veil = np.float32(dice.uniform(0, 0.06) + dice.uniform(0, 0.06, (3, 1, 1)))
            x = np.log((np.exp(x) + veil) / (1 + veil))
        x = x * np.exp(dice.normal(0, 0.3)) * np.exp(dice.normal(0, 0.08, (3, 1, 1))) + dice.normal(0, 0.06, (3, 1, 1))
        if dice.random() < 0.4:
            x = gaussian_filter(x, (0, *[dice.uniform(0.3, 2.0)] * 2))
        if dice.random() < 0.5:
            stain = gaussian_filter(dice.normal(size=x.shape[1:]), dice.uniform(1, 8))
            x = x + stain / stain.std() * dice.uniform(0, 0.15)
        if dice.random() < 0.5:
            x = x + dice.normal(0, dice.uniform(0, 0.12), x.shape)
        for kept, new in ((given, np.clip(x, DIMMEST, BRIGHTEST)), (heats, h), (all_ways, v), (sures, s)):
            kept.append(np.ascontiguousarray(new, dtype=np.float32))
    return [torch.from_numpy(np.stack(kept)) for kept in (given, heats, all_ways, sures)]


def loss(answer, heat, ways, sure):
    """Cross-entropy of the heats; where hair is, the error of the ways in shares of REACH_PX, every crop of the same weight."""
    weight = 1.0 + torch.tensor([2.0, 4.0, 20.0, 20.0], device=heat.device).view(1, 4, 1, 1) * heat
    entropy = (F.binary_cross_entropy_with_logits(answer[:, :4], heat, reduction="none") * weight * sure[:, None]).mean(dim=(0, 2, 3))
    to_root, to_tip = ways[:, :2].norm(dim=1), ways[:, 2:].norm(dim=1)
    # Far from both ends nothing may be seen that tells one from the other.
    where = (to_root + to_tip > 0.05) * torch.where(torch.minimum(to_root, to_tip) > 0.9, 0.15, 1.0) * (0.2 + heat[:, 1])
    wrong = F.smooth_l1_loss(answer[:, 4:], ways, reduction="none", beta=0.1).sum(1)
    off = ((wrong * where).sum((1, 2)) / (where.sum((1, 2)) + 100.0)).mean()
    return (entropy * torch.tensor([1.0, 1.0, 1.5, 0.75], device=heat.device)).sum() + 1.0 * off, entropy.detach(), off.detach()


def start_from(detector, path, given):
    """Gives the detector the weights of a shipped network as far as their shapes agree; what it normalizes by is measured on `given`."""
    import onnx
    graph = onnx.load(path).graph
    values = {each.name: torch.from_numpy(onnx.numpy_helper.to_array(each).copy()) for each in graph.initializer}
    shipped = iter([[values[name] for name in node.input[1:]] for node in graph.node if node.op_type.startswith("Conv")])
    hooks = []
    for layer in (detector.stem, *detector.down1, *detector.down2, *detector.down3, detector.up2, detector.join2, detector.up1, *detector.join1, detector.up0,
                  detector.join0, detector.head):
        weight, bias = next(shipped)
        convolution = layer[0] if isinstance(layer, Step) else layer
        with torch.no_grad():
            if layer is detector.head and weight.shape != convolution.weight.shape:  # its heats alone: what else a network answers may differ
                convolution.weight[:4], convolution.bias[:4] = weight[:4], bias[:4]
                continue
            convolution.weight[:] = weight
            if convolution is layer:
                convolution.bias[:] = bias
                continue

        def measure(_, __, output, norm=layer[1], bias=bias):
            mean, var = output.mean((0, 2, 3)), output.var((0, 2, 3))
            norm.weight.data, norm.bias.data = (var + norm.eps).sqrt(), mean + bias
            norm.running_mean.copy_(mean), norm.running_var.copy_(var)

        hooks.append(convolution.register_forward_hook(measure))
    with torch.no_grad():
        detector(given)
    for hook in hooks:
        hook.remove()


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
    parser.add_argument("--start", help="a shipped network to start from: MODEL.onnx")
    parser.add_argument("--prepared", help="a file that keeps the prepared examples from run to run")
    settings = parser.parse_args()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    dice = np.random.default_rng(settings.seed)

    paths, shares = [], []
    for folder in settings.folders:
        folder, _, share = folder.partition("=")
        found = [path for path in sorted(glob.glob(f"{folder}/*.truth.json")) if usable(path)]
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

    detector = Detector().to(memory_format=torch.channels_last)
    print(f"{sum(p.numel() for p in detector.parameters())} weights", flush=True)
    if settings.start:
        start_from(detector, settings.start, batch(examples, weights, settings.size, 64, np.random.default_rng(settings.seed))[0])
    optimizer = torch.optim.AdamW(detector.parameters(), lr=settings.rate, weight_decay=1e-2)
    started, seen = time.time(), np.zeros(5)
    halves = torch.ops.mkldnn._is_mkldnn_bf16_supported()  # ten times as slow where the processor has no such numbers
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
        given, heat, ways, sure = coming.result()
        coming = pool.submit(draw)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=halves):
            answer = detector(given.contiguous(memory_format=torch.channels_last))
        total, entropy, off = loss(answer.float(), heat, ways, sure)
        optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(detector.parameters(), 1.0)
        optimizer.step()
        seen = 0.98 * seen + 0.02 * np.array([*entropy.tolist(), off.item()])
        if step % 100 == 99:
            print(f"step {step + 1}  {(time.time() - started) / 60:.1f} min  hair {seen[0]:.4f} center {seen[1]:.4f} root {seen[2]:.4f} tip {seen[3]:.4f} ways {seen[4]:.4f}", flush=True)
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
