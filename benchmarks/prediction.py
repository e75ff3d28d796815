"""What should a network learn to say: the noise, the example, the velocity, or all at once?

    python benchmarks/prediction.py [--minutes 8] [--dtype mixed_bfloat16] [--out FILE.md]

The U-Net of `ddpm_mnist` is trained on MNIST for the same time under each question, then draws 2,000 digits
whose Frechet distance in the features of `lenet_mnist` is printed. "Everything at once" is the regression
from pure noise to a digit that a generator would learn without steps: one level of noise, the highest,
and one evaluation. Needs the MNIST of TensorFlow Datasets.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
from tabulate import tabulate

import kerasgen as kg
from kerasgen import registry
from kerasgen.evaluation import run
from kerasgen.evaluation.samples import conditions, draw

QUESTIONS = {
    "noise (eps)": {"parametrization": "eps"},
    "example (x0)": {"parametrization": "x0"},
    "velocity (v)": {"parametrization": "v"},
    "everything at once": {"parametrization": "x0", "num_times": 1, "num_steps": 1, "sampler": "euler"},
}
NUM = 2000


class Stop(keras.callbacks.Callback):
    """Ends training when its time is over; what is compiled before the first step does not count."""

    def __init__(self, minutes):
        super().__init__()
        self.seconds, self.begun = 60 * minutes, None

    def on_train_batch_end(self, batch, logs=None):
        self.begun = self.begun or time.monotonic()
        if time.monotonic() - self.begun > self.seconds:
            self.model.stop_training = True


def measured(question, minutes, dtype, reference):
    """[steps, FID in 10 steps, in 50] of one question after so much training."""
    model = registry.build("ddpm_mnist", dtype, decay_steps=10**6, guidance=1.0, **question)
    data = kg.data.load("mnist", batch_size=128, labels=True)
    model.fit(data, epochs=10**4, callbacks=[Stop(minutes)], verbose=0)
    figures = []
    condition, _ = conditions(model, "mnist", [], NUM, seed=0)
    for steps in (10, 50):
        way = {} if question.get("num_times") == 1 else {"num_steps": steps}
        figures.append(reference.figure("fid", draw(model, NUM, 0, **condition, **way)))
    return [model.step, *figures]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=8, help="of training for each question (8)")
    parser.add_argument("--dtype", help="policy of the layers, such as mixed_bfloat16 (float32)")
    parser.add_argument("--out", help="Markdown file for the table")
    args = parser.parse_args()
    reference = run.reference_set("mnist", run.evaluator(registry.get_recipe("ddpm_mnist")))
    rows = []
    for name, question in QUESTIONS.items():
        rows.append([name, *measured(question, args.minutes, args.dtype, reference)])
        print(name, rows[-1][1:], flush=True)
    heads = ["the network says", "train steps", "FID, 10 evaluations", "FID, 50 evaluations"]
    table = tabulate(rows, heads, "github", floatfmt=("", ",.0f", ".2f", ".2f"))
    print(table)
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            file.write(table + "\n")


if __name__ == "__main__":
    main()
