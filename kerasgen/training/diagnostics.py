"""What a run looks like from outside: figures after each epoch, and a page in words at its end."""

import os

import numpy as np
import tensorflow as tf
from sklearn.neighbors import NearestNeighbors
from tabulate import tabulate

from kerasgen import atomic, media
from kerasgen.data.columns import texts_of
from kerasgen.objectives.adversarial import ALL_GAMES
from kerasgen.ops import checks
from kerasgen.training import files, table
from kerasgen.training.callbacks import ReportingCallback
from kerasgen.training.findings import WORDS, findings

NUM = 256  # samples and held-out examples that are compared
MOST_TRAINING = 10_000  # training examples among which copies are looked for
SURE = np.log(0.99 / 0.01)  # logit of a discriminator that is sure
ACTIVE = 0.01  # variance of a code's mean over examples (Burda et al., 2016, arXiv:1509.00519, section 5.2)
SMALL = 1e-12  # in place of a spread or distance of 0


class Diagnostics(ReportingCallback):
    """Measures a model after each epoch, and writes `health.csv`, `health.png` and `health.md`.

    What cannot be measured of a family is left out: `findings.WORDS` lists the figures. Nothing here changes
    what is learned.

    Args:
        folder: Where the files go; made if need be.
        held_out: Examples (num, *event_shape) in the range of the model, not trained on, 2 or more; the
            first 256 are used.
        condition: Conditions of those examples (num, ...), for a model that asks for them.
        training: Examples that are trained on, in the same range, or None: samples are compared with
            the first 10,000.
        seed: Of the samples.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, folder, held_out, condition=None, training=None, seed=0):
        super().__init__()
        self.folder = files.local_folder("folder", folder)
        self.seed = checks.integer("seed", seed, 0, 2**32 - 1)
        self.held_out = _examples("held_out", held_out, NUM, least=2)
        self.condition = None if condition is None else _conditions(condition, self.held_out)
        self.training = None
        if training is not None:
            shape = self.held_out.shape[1:]
            self.training = _examples("training", training, MOST_TRAINING, shape=shape)

    def report(self, epoch, logs):
        figures = measure(self.model, self.held_out, self.condition, self.training, self.seed)
        os.makedirs(self.folder, exist_ok=True)
        table.add(os.path.join(self.folder, "health.csv"), {"epoch": epoch} | figures)

    def finish(self):
        if rows := table.rows(os.path.join(self.folder, "health.csv")):
            media.training_curve(rows, os.path.join(self.folder, "health.png"), self.model.name)
            atomic.write_text(os.path.join(self.folder, "health.md"), page(self.model.name, rows))


def _examples(name, x, num, least=1, shape=None):
    """The first `num` of examples that are all finite, float32 or ints, or of texts."""
    texts = texts_of(x)
    if texts is not None and texts.ndim == 1 and len(texts) >= least and shape in (None, ()):
        return texts[:num]
    x = checks.real(name, x)
    if x.ndim < 2 or len(x) < least or shape not in (None, x.shape[1:]):
        words = f"{least} examples or more" + ("" if shape is None else f" of shape {shape}")
        raise ValueError(f"`{name}` must hold {words}. Received: shape {x.shape}.")
    if x.dtype.kind in "iu":
        return x[:num]
    with np.errstate(over="ignore"):
        return checks.array(name, x[:num].astype("float32")).astype("float32")


def _conditions(condition, held_out):
    """The conditions of the held-out examples that are used."""
    found = checks.members("condition", condition, "a sequence of conditions", len(held_out))
    if len(found) < len(held_out):
        raise ValueError(f"`condition` must hold one an example. Received: {len(found)} of {len(held_out)}.")
    return condition[:NUM]


def measure(model, held_out, condition=None, training=None, seed=0):
    """{figure of `findings.WORDS`: number} of a model as it is.

    Args:
        model: Any `ZooModel`.
        held_out, condition, training: As in `Diagnostics`.
        seed: Of the samples.
    """
    if hasattr(model, "token_log_prob"):
        return of_tokens(model, held_out, condition, training, seed)
    figures = {}
    if hasattr(model, "sample"):
        samples = model.sample(len(held_out), seed, condition)
        figures |= compare(samples, held_out, training)
        if getattr(model, "discriminator", None) is not None:
            figures |= _balance(*_judge(model, condition), samples, held_out)
    conditions = [] if condition is None else [condition]
    codes = model.encode(held_out, *conditions) if hasattr(model, "encode") else None
    if "std" in getattr(model, "code_outputs", {}):  # the mean and standard deviation of a posterior
        figures["active_units"] = float(np.mean(codes[0].var(axis=0) > ACTIVE))
    return figures


def of_tokens(model, held_out, condition=None, training=None, seed=0):
    """The figures of a model of sequences: mean -log p of a token, of examples and of samples."""
    mean = lambda x, condition: -float(_mean_token(model.token_log_prob(x, condition)))
    figures = {"token_nats": mean(held_out, condition)}
    figures["sample_nats"] = mean(model.sample(len(held_out), seed, condition), condition)
    if training is not None and condition is None:
        figures["training_nats"] = mean(training[:NUM], None)
    return figures


def _mean_token(nats):
    """The mean over the tokens that are not decided, whose log p is 0."""
    return nats.sum() / max(1, (nats < 0).sum())


def compare(samples, held_out, training=None):
    """The figures that need nothing but samples and examples: spread, distances, roughness, copies.

    Args:
        samples: Array (num, ...), num >= 2.
        held_out: Examples (any number >= 2, ...) of the same shape.
        training: Examples that were trained on, or None.
    """
    center = held_out.mean(axis=0, dtype="float64")  # an offset would cost digits of distances
    samples, held_out = samples - center, held_out - center
    figures = {
        "sample_spread": _spread(samples) / max(_spread(held_out), SMALL),
        "sample_distance": _apart(samples) / max(_apart(held_out), SMALL),
        "data_distance": _nearest(samples, held_out) / max(_apart(held_out), SMALL),
    }
    if samples.ndim > 2:
        figures["roughness"] = _roughness(samples + center) / max(_roughness(held_out + center), SMALL)
    if training is not None:
        training = training - center
        figures["copying"] = _nearest(samples, training) / max(_nearest(held_out, training), SMALL)
    return figures


def page(name, rows):
    """The figures as Markdown: the findings, the picture, the last epoch beside the first."""
    number = lambda row, key: f"{row[key]:.3f}" if key in row else ""
    lines = [
        [key, number(rows[0], key), number(rows[-1], key), WORDS[key]] for key in rows[-1] if key in WORDS
    ]
    heads = ["", f"epoch {rows[0]['epoch'] + 1}", f"epoch {rows[-1]['epoch'] + 1}", ""]
    parts = [f"# {name}: what the run looks like", *findings(rows[-1]), "![health](health.png)"]
    return "\n\n".join([*parts, tabulate(lines, heads, "github", disable_numparse=True)]) + "\n"


def _judge(model, condition):
    """A model's game, and the function of examples that gives its discriminator's logits, or None."""
    if len(model.discriminator.inputs) > 1 and not hasattr(model, "rules"):
        return None, None  # it is told how noisy its examples are
    if not hasattr(model, "rules"):
        return ALL_GAMES[model.game], model.discriminator
    judge = model.judge(model.discriminator)
    given = None if condition is None else tf.constant(model.check_condition(condition, len(condition)))
    return ALL_GAMES[model.rules.game], lambda x: judge(model.rules.pack(x), given)[0]


def _balance(game, judge, samples, held_out):
    """How a discriminator judges samples, and examples that it was not trained on."""
    if judge is None:
        return {}
    samples = tf.constant(samples)
    with tf.GradientTape() as tape:
        tape.watch(samples)
        fake = tf.reshape(judge(samples), [-1])
    slopes = np.reshape(tape.gradient(fake, samples), (len(samples), -1))
    fake, real = np.asarray(fake), np.ravel(judge(tf.constant(held_out)))
    undecided = (fake.mean() + real.mean()) / 2 if game.undecided is None else game.undecided
    figures = {
        "real_accuracy": float(np.mean(real > undecided)),
        "fake_accuracy": float(np.mean(fake < undecided)),
        "slope": float(np.linalg.norm(slopes, axis=1).mean()),
    }
    saturation = {"saturation": float(np.mean(fake - undecided < -SURE))} if game.odds else {}
    return figures | saturation


def _spread(x):
    """Mean over the numbers of an example of their standard deviation between examples."""
    return float(x.std(axis=0, dtype="float64").mean())


def _roughness(x):
    """Mean absolute difference of neighbors along the axes between the first and the last."""
    return float(np.mean([np.abs(np.diff(x, axis=axis)).mean() for axis in range(1, x.ndim - 1)]))


def _apart(x):
    """Median distance of an example to the nearest other one."""
    x = np.reshape(x, (len(x), -1))
    return float(np.median(NearestNeighbors(n_neighbors=1, algorithm="brute").fit(x).kneighbors()[0]))


def _nearest(x, examples):
    """Median distance of the rows of `x` to the nearest of the examples."""
    x, examples = (np.reshape(one, (len(one), -1)) for one in (x, examples))
    found = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(examples)
    return float(np.median(found.kneighbors(x)[0]))
