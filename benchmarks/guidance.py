"""How much guidance? Judged on training images, so that the test set is left for the report.

    python benchmarks/guidance.py [NAME] [--weights 1 1.1 1.2 1.5] [--intervals 0,1 0.2,0.8] [--steps 10]
                                  [--dtype mixed_bfloat16]

Samples of seed 0 under each weight in each interval of times, labels drawn as an evaluation draws them; the
Frechet distance to all training images in the features of the entry's evaluator, and the share of labels
read back as asked. Needs the entry's data.
"""

import argparse
import itertools
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from tabulate import tabulate
from tqdm import tqdm

from kerasgen import data, registry
from kerasgen.evaluation import ReferenceSet, run
from kerasgen.evaluation.samples import conditions, draw


def interval(text):
    """(low, high) of LOW,HIGH."""
    low, high = map(float, text.split(","))
    return low, high


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="?", default="ddpm_mnist", help="an entry with labels (ddpm_mnist)")
    parser.add_argument("--weights", type=float, nargs="+", default=[1, 1.1, 1.2, 1.5], help="to try")
    parser.add_argument("--intervals", nargs="+", type=interval, help="LOW,HIGH (the entry's own)")
    parser.add_argument("--steps", type=int, help="of a sample (the entry's own)")
    parser.add_argument("--num", type=int, default=2000, help="samples of each way (2,000)")
    parser.add_argument("--dtype", help="policy of the layers, such as mixed_bfloat16 (float32)")
    args = parser.parse_args()
    recipe, model = registry.get_recipe(args.name), registry.load(args.name, dtype=args.dtype)
    images, _ = data.arrays(recipe.data, "train")
    reference = ReferenceSet(images, images, run.evaluator(recipe, recipe.data))
    condition, (classes,) = conditions(model, recipe.data, [], args.num, seed=0)
    rows = []
    pairs = itertools.product(args.intervals or [model.sampling.guidance_interval], args.weights)
    for times, weight in tqdm(list(pairs), args.name, unit="way"):
        way = {"guidance": weight, "guidance_interval": times, "num_steps": args.steps}
        samples = draw(model, args.num, 0, **condition, **way)
        figures = (reference.figure(one, samples, classes) for one in ("fid", "label_accuracy"))
        rows.append([weight, "{:g} to {:g}".format(*times), *figures])
        tqdm.write(str(rows[-1]), file=sys.stderr)
    heads = ["guidance", "at times", "FID against training images", "labels read back"]
    print(tabulate(rows, heads, "github", floatfmt=("g", "", ".3f", ".4f")))


if __name__ == "__main__":
    main()
