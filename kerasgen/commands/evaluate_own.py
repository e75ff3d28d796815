"""`kerasgen evaluate` on a person's own data: figures, a judge of the same labels or a stand-in, a page."""

import os
import pathlib
import re
from typing import NamedTuple

from kerasgen import errors, registry
from kerasgen.commands import own_data, process, report
from kerasgen.commands.common import figure_rows, open_model, run_settings, show

STAND_IN = "lenet_mnist"  # reads images of which no classifier is at hand
MOST, FEWEST = 10_000, 500  # samples for each seed, where nothing is said


class Judge(NamedTuple):
    """What compares examples.

    Attributes:
        extractor: Of images; None for points.
        width: Of its features.
        words: A line on it.
        knows_classes: Whether it reads the classes of the examples.
    """

    extractor: object = None
    width: int | None = None
    words: str = "points are compared as they are"
    knows_classes: bool = False


def evaluate(args):
    """Measures an entry, or a run of it, against the examples at a path."""
    settings = run_settings(args)
    for name in ("check", "write", "curve", "line"):
        if getattr(args, name):
            raise ValueError(
                f"`{name}` is of an entry and its own data. Received: {name}={getattr(args, name)!r}."
            )
    process.load_tensorflow()
    path = own_data.existing(args.data or settings["data"])
    train, test = _examples(args, settings, path)
    model = open_model(args)
    about = [f"{own_data.described(test, path)}, held out; {len(train):,} are trained on"]
    process.say(about[0])
    if test.x.dtype.kind == "O":
        result = _texts(args, model, train, test)
    elif hasattr(model, "sample"):
        judge = _judge(args, test)
        _require(len(test), len(train), judge)
        about.append(judge.words)
        process.say(judge.words)
        result = _samples(args, model, train, test, judge)
    else:
        result = _answers(model, train, test)
    shown = {"name": args.name, "figures": result.figures} | result.settings
    folder = args.report or args.run
    if folder:
        shown["report"] = report.write(folder, args.name, model, result, about)
    text = f"report: {shown['report']}" if folder else None
    show(args, shown, figure_rows(result.figures), report.HEADS, text)


def _examples(args, settings, path):
    """(examples to train on, examples to compare with): of a run those held out, of other data all."""
    begun = settings.get("reading")
    if begun is not None and args.held_out not in (None, begun["held_out"]):
        raise ValueError(
            f"`held_out` must be that of the run, {begun['held_out']}: others were trained on. "
            f"Received: held_out={args.held_out}."
        )
    reading = own_data.begin(args, args.name, path) if begun is None else own_data.Reading.of(args, begun)
    if begun is not None and path != settings["data"]:
        train = own_data.Reading.of(None, begun).parts(settings["data"])[0]
        return _as_trained(train, settings), reading.examples(path)
    train, test = reading.parts(path)
    _as_trained(train, settings)
    if test is None:
        raise ValueError(
            "`held_out` must leave two examples or more to compare with. "
            f"Received: held_out={reading.held_out}, of {len(train)} examples."
        )
    return train, test


def _as_trained(train, settings):
    """The examples to train on, if they are those that the run was begun with."""
    found, begun = own_data.fingerprint(train), settings.get("examples")
    if begun not in (None, found):
        raise errors.InvalidDataError(
            "`data` has changed since the run was begun: what was held out then may be trained on. "
            f"Received: {settings['data']!r}, examples {found}, not {begun}."
        )
    return train


def _require(num_test, num_train, judge):
    """Refuses fewer examples than a Frechet distance takes: one more than features, on either side.

    A quarter of the training examples, or 1,000, choose the width of a Parzen window and are not compared.
    """
    least = 1 + (judge.width or 0)
    if num_test < least or 3 * num_train < 4 * least:
        total = num_test + num_train
        raise ValueError(
            f"`held_out` must leave {least} examples or more to compare with, and {-(-4 * least // 3)} to "
            f"train on, for {judge.width} features. Received: {num_test} and {num_train}, of {total} in all."
        )


def _samples(args, model, train, test, judge):
    from kerasgen import evaluation

    num = min(MOST, max(len(train), FEWEST)) if args.num is None else args.num
    return evaluation.evaluate_arrays(
        model,
        train.x,
        test.x,
        None if model.condition is None else train.labels,
        test.labels if judge.knows_classes else None,
        judge.extractor,
        num,
        args.seeds or [0, 1, 2],
        progress=not args.json,
    )


def _texts(args, model, train, test):
    """`Evaluation` of a model of texts."""
    from kerasgen.evaluation import texts

    parts = [(part.x, None if model.condition is None else part.labels) for part in (train, test)]
    return texts.of_arrays(model, *parts, args.num or texts.NUM, args.seeds or [0, 1, 2], not args.json)


def _answers(model, train, test):
    """`Evaluation` of a classifier on examples with labels."""
    from kerasgen.evaluation import classifier
    from kerasgen.evaluation.rounds import Evaluation

    if test.labels is None or train.labels is None:
        raise ValueError("`labels` must be given to measure a classifier. Received: data without labels.")
    found = classifier.of_arrays(model, test.x, test.labels, train.x, train.labels)
    figures = {name: {"value": value, "spread": None, "floor": None} for name, value in found.items()}
    return Evaluation(figures, {"minutes": 0.0})


def _judge(args, test):
    from kerasgen.metrics import extractor

    if test.x.ndim == 2:
        return Judge()
    if args.inception:
        return Judge(extractor.inception_v3(args.inception), 2048, "judged in the features of Inception-v3")
    if args.evaluator:
        return _trained(args.evaluator, test)
    name = registry.get_recipe(args.name).evaluator or STAND_IN
    model = registry.load(name)
    known = extractor.of_classifier(f"{name}_v{registry.get_recipe(name).version}", model)
    words = (
        f"judged by a stand-in, {name}, which knows other images and sees these at {known.event_shape}: "
        "compare its figures with each other only"
    )
    if test.labels is not None:
        words += "; `kerasgen train lenet --data` and `--evaluator` give a judge of your own labels"
    return Judge(extractor.resized(known, test.x.shape[3]), _width(model), words)


def _trained(name, test):
    """The judge in the folder of a run, or of an entry's name, and how well it reads what was held out."""
    from kerasgen.metrics import extractor

    path = pathlib.Path(name) if os.path.isdir(name) else name
    model = registry.load(path)
    known = extractor.of_classifier(re.sub(r"\W+", "_", os.path.basename(os.path.abspath(name))), model)
    classes = model.condition.num_classes
    if tuple(known.event_shape) != test.x.shape[1:] or (test.num_classes or 0) > classes:
        raise ValueError(
            f"`evaluator` must be of images of shape {test.x.shape[1:]} and of these classes. "
            f"Received: evaluator={name!r}, of shape {tuple(known.event_shape)} and {classes} classes."
        )
    if test.labels is None or test.num_classes is None:
        return Judge(known, _width(model), f"judged by {name}")
    right = (known(test.x).logits.argmax(1) == test.labels).mean()
    words = f"judged by {name}, which reads {right:.1%} of the held-out examples as they are labelled"
    return Judge(known, _width(model), words, True)


def _width(model):
    return model.judge.outputs[0].shape[-1]
