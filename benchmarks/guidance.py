"""How much guidance? Judged on training images, so that the test set is left for the report.

    python benchmarks/guidance.py [NAME] [--weights 1 1.1 1.2 1.5] [--steps 10] [--dtype mixed_bfloat16]

Samples of seed 0 under each weight, labels drawn as an evaluation draws them; the Frechet distance to all
training images in the features of the entry's evaluator, and the share of labels read back as asked.
Needs the entry's data.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from tabulate import tabulate
from tqdm import tqdm

from kerasgen import data, registry
from kerasgen.evaluation import run
from kerasgen.evaluation.yardstick import Yardstick


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="?", default="ddpm_mnist", help="an entry with labels (ddpm_mnist)")
    parser.add_argument("--weights", type=float, nargs="+", default=[1, 1.1, 1.2, 1.5], help="to try")
    parser.add_argument("--steps", type=int, help="of a sample (the entry's own)")
    parser.add_argument("--num", type=int, default=2000, help="samples under each weight (2,000)")
    parser.add_argument("--dtype", help="policy of the layers, such as mixed_bfloat16 (float32)")
    args = parser.parse_args()
    recipe, model = registry.get_recipe(args.name), registry.load(args.name, dtype=args.dtype)
    images, _ = data.arrays(recipe.data, "train")
    yardstick = Yardstick(images, images, run.evaluator(recipe, recipe.data))
    condition, classes = run.asked(model, recipe.data, args.num, seed=0)
    rows = []
    for weight in tqdm(args.weights, args.name, unit="weight"):
        way = {"guidance": weight} | ({} if args.steps is None else {"steps": args.steps})
        samples = run.drawn(model, args.num, 0, **condition, **way)
        rows.append([weight, *(yardstick.figure(one, samples, classes) for one in ("fid", "label_accuracy"))])
    heads = ["guidance", "FID against training images", "labels read back"]
    print(tabulate(rows, heads, "github", floatfmt=("g", ".3f", ".4f")))


if __name__ == "__main__":
    main()
