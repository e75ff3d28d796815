"""Completion of test digits: by the mean image, by a search among a GAN's codes, by a diffusion model.

    python benchmarks/completion.py [NAME ...] [--num 200] [--out docs/completion.png]

What is hidden is the middle, the lower half, or four in five pixels. Each entry completes the same digits
through `inpaint`. Printed: the root mean square error of hidden pixels, in gray levels of 0 to 255, and how
many of the completed digits the entries' evaluator still reads as what they were. Needs the entries' data.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from tabulate import tabulate

import kerasgen as kg
from kerasgen import media, registry
from kerasgen.evaluation import run
from kerasgen.ops import pixels

NAMES = ("dcgan_mnist", "ddpm_mnist")
SHOWN = 8  # digits of the picture


def masks(side):
    """{what is hidden: mask (side, side, 1), 1 where a pixel is known}."""
    rows, columns = np.mgrid[:side, :side]
    middle = (abs(rows - side / 2 + 0.5) < side / 4) & (abs(columns - side / 2 + 0.5) < side / 4)
    most = np.random.default_rng(0).uniform(size=(side, side)) > 0.2
    hidden = {"the middle": middle, "the lower half": rows >= side // 2, "four in five pixels": most}
    return {what: 1.0 - each[..., None].astype("float32") for what, each in hidden.items()}


def completed(name, x, mask, labels):
    """(uint8 images, seconds for each) of an entry; of "mean", the mean training image in the gap."""
    if name == "mean":
        mean = kg.data.arrays("mnist", "train")[0].mean(0)
        return np.where(mask == 1, x, mean).round().astype("uint8"), 0.0
    model = kg.load(name)
    given = {} if model.condition is None else {"condition": labels}
    started = time.monotonic()
    found = model.inpaint(pixels.from_uint8(x, model.event.range), mask, seed=0, progress=True, **given)
    return pixels.to_uint8(found, model.event.range), (time.monotonic() - started) / len(x)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    parser.add_argument("--num", type=int, default=200, help="test digits (200)")
    parser.add_argument("--out", help="picture to write: digits, what is known, completions")
    args = parser.parse_args()
    images, labels = kg.data.arrays("mnist", "test")
    chosen = np.random.default_rng(0).choice(len(images), args.num, replace=False)
    x, labels = images[chosen], labels[chosen]
    judge = run.evaluator(registry.get_recipe(args.names[0]))
    table, sheet = [], []
    for what, mask in masks(x.shape[1]).items():
        sheet += [x[:SHOWN], (x[:SHOWN] * mask).astype("uint8")]
        for name in ("mean", *args.names):
            found, seconds = completed(name, x, mask, labels)
            error = np.sqrt(np.mean((found.astype("float64") - x)[np.broadcast_to(mask == 0, x.shape)] ** 2))
            right = np.mean(judge(found).logits.argmax(1) == labels)
            table.append([what, name, f"{error:.1f}", f"{right:.1%}", f"{seconds:.2g}"])
            sheet.append(found[:SHOWN])
    heads = ["hidden", "completed by", "error", "read as what it was", "seconds a digit"]
    print(tabulate(table, heads, "github", disable_numparse=True))
    if args.out:
        media.image_grid(np.concatenate(sheet), columns=SHOWN).save(args.out)


if __name__ == "__main__":
    main()
