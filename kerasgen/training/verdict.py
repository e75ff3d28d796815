"""What a run looks like from outside: numbers after each epoch, and a page at its end, in words."""

import os

import keras
import numpy as np
import tensorflow as tf
from tabulate import tabulate

from kerasgen import pictures
from kerasgen.metrics import memorisation
from kerasgen.training import table

NUM = 256  # samples and held-out examples that are looked at
SEEN = 10_000  # training examples among which copies are looked for
COLLAPSED = 0.5  # of the spread of the data
COPIED = 0.3  # of the distance that held-out examples keep from training examples
WON = 0.98  # accuracy of a discriminator that leaves its generator nothing to learn from
SURE = np.log(0.99 / 0.01)  # logit of a discriminator that is sure
ACTIVE = 0.01  # variance of a code's mean over examples (Burda et al., 2016, arXiv:1509.00519, section 5.2)

WORDS = {
    "sample_spread": "standard deviation of the samples over that of held-out examples; 1 is right",
    "sample_distance": "median distance of a sample to the next one, over that among held-out examples",
    "real_accuracy": "share of held-out examples that the discriminator takes for real",
    "fake_accuracy": "share of samples that it takes for made",
    "saturation": "share of samples that it gives less than 1 %; their generator hears little of it",
    "slope": "mean norm of its gradient with respect to a sample: what the generator learns from",
    "copying": "median distance of a sample to the nearest training example, over that of held-out ones",
    "active_units": "share of the code's numbers that say something of the example",
}


class Verdict(keras.callbacks.Callback):
    """Measures a model after each epoch, and writes `health.csv`, `health.png` and `health.md`.

    What cannot be measured of a family is left out: `WORDS` says what there is. Nothing here changes
    what is learned.

    Args:
        folder: Where the files go; made if need be.
        held_out: Examples (num, *event_shape) in the range of the model, not trained on; a few hundred.
        label: Conditions of those examples, for a model that asks for them.
        seen: Examples that are trained on, in the same range, or None: the samples are compared with 10,000.
        seed: Of the samples.
    """

    def __init__(self, folder, held_out, label=None, seen=None, seed=0):
        super().__init__()
        self.folder, self.seed = folder, seed
        self.held_out = np.asarray(held_out[:NUM], "float32")
        self.label = None if label is None else label[:NUM]
        self.seen = None if seen is None else np.asarray(seen[:SEEN], "float32")

    def on_epoch_end(self, epoch, logs=None):
        os.makedirs(self.folder, exist_ok=True)
        found = measured(self.model, self.held_out, self.label, self.seen, self.seed)
        table.add(os.path.join(self.folder, "health.csv"), {"epoch": epoch} | found)

    def on_train_end(self, logs=None):
        rows = table.rows(os.path.join(self.folder, "health.csv"))
        if not rows:
            return
        pictures.curve(rows, os.path.join(self.folder, "health.png"), self.model.name)
        with open(os.path.join(self.folder, "health.md"), "w", encoding="utf-8") as file:
            file.write(page(self.model.name, rows))


def measured(model, held_out, label=None, seen=None, seed=0):
    """{name of `WORDS`: number} of a model as it is.

    Args:
        model: Any `ZooModel`.
        held_out, label, seen: As in `Verdict`.
        seed: Of the samples.
    """
    found = {}
    if hasattr(model, "sample"):
        samples = model.sample(len(held_out), seed=seed, **({} if label is None else {"label": label}))
        found["sample_spread"] = _spread(samples) / max(_spread(held_out), 1e-12)
        found["sample_distance"] = _apart(samples) / max(_apart(held_out), 1e-12)
        if seen is not None:
            found["copying"] = _nearness(samples, held_out, seen)
        judge = getattr(model, "discriminator", None)
        if judge is not None and len(judge.inputs) == 1:  # others are told the noise, too
            found |= _balance(judge, samples, held_out)
    codes = model.encode(held_out, *([] if label is None else [label])) if hasattr(model, "encode") else None
    if isinstance(codes, tuple):  # the mean and standard deviation of a posterior
        found["active_units"] = float(np.mean(codes[0].var(axis=0) > ACTIVE))
    return found


def _balance(judge, samples, held_out):
    """How a discriminator sees samples and examples that it never saw."""
    samples = tf.constant(samples)
    with tf.GradientTape() as tape:
        tape.watch(samples)
        logits = tf.reshape(judge(samples), [-1])
    slopes = np.reshape(tape.gradient(logits, samples), (len(samples), -1))
    return {
        "real_accuracy": float(np.mean(judge(tf.constant(held_out)) > 0)),
        "fake_accuracy": float(np.mean(logits < 0)),
        "saturation": float(np.mean(logits < -SURE)),
        "slope": float(np.linalg.norm(slopes, axis=1).mean()),
    }


def words(rows):
    """What the last row says, a sentence each; one at least."""
    last = rows[-1]
    said = []
    if last.get("sample_spread", 1) < COLLAPSED or last.get("sample_distance", 1) < COLLAPSED / 5:
        said.append(
            "The samples are too much alike: mode collapse, or training has only begun "
            f"(spread {last['sample_spread']:.2f} of the data's)."
        )
    if min(last.get("real_accuracy", 0), last.get("fake_accuracy", 0)) > WON:
        said.append(
            "The discriminator is nearly always right, also of examples that it never saw: the generator "
            "has little to learn from. Fewer discriminator steps, a penalty, or a larger generator help."
        )
    if last.get("fake_accuracy", 1) > WON and last.get("real_accuracy", 1) < 0.3:
        said.append(
            "The discriminator refuses held-out examples and knows its own: it has learned the training "
            "set by heart. More data, augmentation or a smaller discriminator help."
        )
    if last.get("copying", 1) < COPIED:
        said.append(
            "The samples lie on training examples: memorisation (a sample is at "
            f"{last['copying']:.2f} of the distance of an example that was held out). More data, "
            "augmentation, a smaller model or fewer epochs help."
        )
    if last.get("active_units", 1) < 0.1:
        said.append(
            "Hardly any number of the code says anything of the example: posterior collapse. A warm-up of "
            "the rate, free bits, a smaller beta or a weaker decoder help."
        )
    return said or ["Nothing looks wrong."]


def page(name, rows):
    """The rows as Markdown: the verdict, the picture, the last epoch beside the first."""
    number = lambda row, key: f"{row[key]:.3f}" if key in row else ""
    lines = [
        [key, number(rows[0], key), number(rows[-1], key), WORDS[key]] for key in rows[-1] if key in WORDS
    ]
    heads = ["", f"epoch {int(rows[0]['epoch']) + 1}", f"epoch {int(rows[-1]['epoch']) + 1}", ""]
    parts = [f"# {name}: how the run looks", *words(rows), "![health](health.png)"]
    return "\n\n".join([*parts, tabulate(lines, heads, "github", disable_numparse=True)]) + "\n"


def _nearness(samples, held_out, seen):
    """Median distance of samples to the training examples, over that of held-out ones."""
    rows = lambda x: np.reshape(x, (len(x), -1))
    training = memorisation.Training(rows(seen))
    far = lambda x: float(np.median(training.nearest(rows(x)).distance))
    return far(samples) / max(far(held_out), 1e-12)


def _spread(x):
    """Mean over the numbers of an example of their standard deviation between examples."""
    return float(x.std(axis=0).mean())


def _apart(x):
    """Median distance of an example to the nearest other."""
    x = x.reshape(len(x), -1)
    squares = np.sum(x**2, 1)
    distances = squares[:, None] + squares[None] - 2 * x @ x.T
    np.fill_diagonal(distances, np.inf)
    return float(np.median(np.sqrt(np.maximum(distances.min(1), 0))))
