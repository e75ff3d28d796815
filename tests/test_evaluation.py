"""The reference set on real digits: each fault is caught by the measure meant for it; cards, leaderboard."""

import dataclasses
import json
import os
import shutil
import sys
import types

import numpy as np
import pytest
from helpers import tiny
from scipy import ndimage

import kerasgen as kg
from kerasgen import cards, cli, errors, evaluation, publish, registry
from kerasgen.data import laboratory
from kerasgen.errors import InvalidDataError
from kerasgen.evaluation import check, held_out, known, leaderboard, rounds, run
from kerasgen.evaluation.measures import MEASURES, base, measure, shown
from kerasgen.metrics import extractor
from kerasgen.ops import pixels

SPACE = "_lenet_mnist_v1"
TRAIN, TRAIN_LABELS = kg.data.arrays("mnist_small", "train")
TEST, TEST_LABELS = kg.data.arrays("mnist_small", "test")


@pytest.fixture(scope="module", autouse=True)
def reference(references_are_kept):
    return run.reference_set("mnist_small", run.evaluator(registry.get_recipe("dcgan_mnist")))


@pytest.fixture(scope="module")
def floor(reference):
    return reference.floor(500)


@pytest.fixture(scope="module")
def measured():
    """An entry at its shipped weights, on the packaged digits."""
    return evaluation.evaluate("gan_mnist", num=500, seeds=(0, 1), source="mnist_small")


@pytest.mark.long
def test_arrays_of_one_s_own_are_measured_as_those_of_the_zoo(floor):
    """For labels that are asked for, too; the figures are those of a reference set, and so are the floors."""
    model, features = tiny("cvae_mnist"), run.evaluator(registry.get_recipe("cvae_mnist"))
    arguments = {"test_labels": TEST_LABELS, "extractor": features, "num": 500, "seeds": [0]}
    with pytest.raises(InvalidDataError, match="`train_labels`"):
        evaluation.evaluate_arrays(model, TRAIN, TEST, **arguments)
    found = evaluation.evaluate_arrays(model, TRAIN, TEST, TRAIN_LABELS, **arguments).figures
    assert found[f"label_accuracy{SPACE}"]["floor"] > 0.9
    for figure, value in floor.items():
        if figure != f"class_entropy{SPACE}":
            assert found[figure]["floor"] == pytest.approx(value), figure


@pytest.fixture(scope="module")
def copies(reference):
    """Figures of training digits with a little noise."""
    noise = np.random.default_rng(0).normal(0, 255 * 0.05, TRAIN[:500].shape)
    return reference.figures(np.clip(TRAIN[:500] + noise, 0, 255).astype("uint8"))


@pytest.mark.long
def test_real_digits_score_well(floor):
    assert floor[f"precision{SPACE}"] > 0.8 and floor[f"recall{SPACE}"] > 0.6
    assert floor[f"coverage{SPACE}"] > 0.8 and floor[f"density{SPACE}"] == pytest.approx(1, abs=0.15)
    assert floor[f"confidence{SPACE}"] > 0.97 and floor[f"modes{SPACE}"] == 10
    assert abs(floor[f"copying{SPACE}"]) < 1e-9  # test digits against themselves
    assert all(base(figure) in MEASURES for figure in floor)


@pytest.mark.long
def test_floors_of_one_figure_are_those_of_all(reference, floor):
    for figure in ("fid", "label_accuracy"):
        assert reference.floor_of(figure, 500) == pytest.approx(floor[figure + SPACE], rel=0.2)


def test_an_untrained_generator_is_caught_by_fidelity(reference, floor):
    model = kg.load("dcgan_mnist", pretrained=False)
    figures = reference.figures(pixels.to_uint8(model.sample(500, seed=0), model.event.range))
    assert figures[f"fid{SPACE}"] > 20 * floor[f"fid{SPACE}"]
    assert figures[f"kid{SPACE}"] > 20 * abs(floor[f"kid{SPACE}"])
    # Not precision, which is 1: one odd real digit has a ball so wide that all the fog lies in it.
    assert figures[f"recall{SPACE}"] < 0.05 and figures[f"coverage{SPACE}"] < 0.05
    assert figures[f"confidence{SPACE}"] < floor[f"confidence{SPACE}"] - 0.1


def test_one_digit_only_is_caught_by_diversity(reference, floor):
    threes = TRAIN[TRAIN_LABELS == 3]
    figures = reference.figures(np.concatenate([np.roll(threes, step, axis=2) for step in (-1, 0, 1)]))
    assert figures[f"precision{SPACE}"] > 0.7  # each of them is a good digit
    assert figures[f"recall{SPACE}"] < 0.3 and figures[f"coverage{SPACE}"] < 0.3
    assert figures[f"modes{SPACE}"] <= 3 and figures[f"reverse_kl{SPACE}"] > 2
    assert figures[f"class_entropy{SPACE}"] < 0.3 and figures[f"inception_score{SPACE}"] < 1.3
    assert figures["ndb_js"] > 5 * floor["ndb_js"]


def test_copies_of_the_training_set_are_caught_by_memorization(copies, floor):
    assert copies[f"precision{SPACE}"] > 0.8  # to fidelity they look perfect
    assert copies[f"fid{SPACE}"] < 3 * floor[f"fid{SPACE}"]
    assert copies[f"copying{SPACE}"] < -10
    assert copies[f"authenticity{SPACE}"] < 0.5 * floor[f"authenticity{SPACE}"]


BAD = {
    "NaN": (np.full((500, 28, 28, 1), np.nan), "finite"),
    "too few": (TEST[:100], "at least 129 rows"),
    "none": (TEST[:0], "at least 2 rows"),
    "another size": (TEST[:, :14], r"\(28, 28, 1\)"),
    "another rank": (TEST[..., 0], r"\(28, 28, 1\)"),
    "colours": (np.repeat(TEST, 3, axis=-1), r"\(28, 28, 1\)"),
    "floats": (TEST / 255, "uint8"),
}


@pytest.mark.parametrize("samples, message", BAD.values(), ids=BAD)
def test_bad_samples_are_refused(reference, samples, message):
    with pytest.raises(InvalidDataError, match=message):
        reference.figures(samples)


def test_a_model_that_draws_nan_is_refused(monkeypatch):
    model = kg.load("gan_mnist", pretrained=False)
    monkeypatch.setattr(model, "sample", lambda num, **_: np.full((num, 28, 28, 1), np.nan, "float32"))
    with pytest.raises(InvalidDataError, match="`samples` must be finite"):
        evaluation.evaluate("gan_mnist", model, num=500, seeds=(0,), source="mnist_small")


def test_a_classifier_without_labels_says_so(monkeypatch):
    model = tiny("lenet_mnist")
    monkeypatch.setattr(kg.data, "arrays", lambda *_: (TEST, None))
    with pytest.raises(InvalidDataError, match="`source` must be data with labels"):
        run.classify(model, "binarized_mnist")
    monkeypatch.undo()
    with pytest.raises(InvalidDataError, match=r"`y` must be int32 .* from 0 to 9.* batches of x alone"):
        model.evaluate(kg.data.load("mnist_small", "test", value_range=(-1, 1)), verbose=0)
    with pytest.raises(InvalidDataError, match=r"`y` .* from 0 to 9.* Received: values from 1 to 10"):
        model.fit(pixels.from_uint8(TEST, (-1, 1)), TEST_LABELS + 1, verbose=0)


def blurred(images, sigma):
    soft = ndimage.gaussian_filter(images.astype("float32"), (0, sigma, sigma, 0))
    return np.round(soft).astype("uint8")


def test_blur_is_caught_by_sharpness_and_is_no_copying(reference, floor, copies):
    """Held-out digits that are blurred come out nearer to the data in features; their sharpness tells."""
    assert floor["sharpness"] == pytest.approx(1, abs=0.1) and floor["pixel_distance"] == 1
    for sigma, most in ((0.5, 0.6), (1.0, 0.1)):
        figures = reference.figures(blurred(TEST, sigma))
        assert figures["sharpness"] < most
        assert figures["pixel_distance"] > 0.5
    assert copies["pixel_distance"] < 0.3 and copies["sharpness"] > 0.9


def test_a_collapsed_model_has_figures(reference):
    """All samples alike: the distance is that of a point, recall and the number of classes are least."""
    figures = reference.figures(np.repeat(TEST[:1], 500, axis=0))
    assert figures[f"recall{SPACE}"] < 0.02 and figures[f"modes{SPACE}"] == 1
    assert figures[f"inception_score{SPACE}"] == pytest.approx(1)
    assert figures[f"fid{SPACE}"] > 100 and all(np.isfinite(value) for value in figures.values())


PRINTED = {  # of 600 noisy training digits, by an earlier program: what cards print does not move
    "fid": "15.33", "fid_infinity": "14.28", "kid": "0.2649", "precision": "0.827", "recall": "0.238",
    "density": "0.782", "coverage": "0.540", "inception_score": "9.31", "confidence": "0.980",
    "class_entropy": "2.292", "modes": "10", "reverse_kl": "0.0082", "parzen": "35.0",
    "authenticity": "0.610", "copying": "9.0", "ndb": "1", "ndb_js": "0.0080",
}  # fmt: skip


def test_printed_figures_of_digits_stay(reference):
    generator = np.random.default_rng(0)
    digits = np.clip(TRAIN[:600] + generator.normal(0, 40, TRAIN[:600].shape), 0, 255).astype("uint8")
    figures = {base(name): value for name, value in reference.figures(digits, 0).items()}
    assert {name: shown(name, figures[name]) for name in PRINTED} == PRINTED


LABELS = {
    "another number": TEST_LABELS[:-1],
    "beyond the classes": np.where(TEST_LABELS == 9, 10, TEST_LABELS),
    "below 0": TEST_LABELS - 1,
    "floats": TEST_LABELS.astype("float32"),
    "words": TEST_LABELS.astype(str),
    "a matrix": np.eye(10)[TEST_LABELS],
    "ragged": [[1], [1, 2]],
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_that_are_not_of_the_test_set_are_refused(reference, labels):
    with pytest.raises(InvalidDataError, match="`labels`"):
        evaluation.ReferenceSet(TRAIN, TEST, reference.extractor, labels)
    with pytest.raises(InvalidDataError, match="`classes`"):
        reference.figures(TEST, classes=labels)


def test_arrays_that_are_no_examples_are_refused():
    for train, test, name in (
        ([[1.0], [1.0, 2.0]], TEST, "train"),
        (TRAIN, None, "test"),
        (TRAIN + 1j, TEST, "train"),
        (TRAIN, TEST[:, :14], "test"),
        (TRAIN, np.zeros_like(TEST), "test"),
        (TRAIN, TEST, "extractor"),
    ):
        with pytest.raises(InvalidDataError, match=f"`{name}`"):
            evaluation.ReferenceSet(train, test)


def test_points_far_from_the_origin_have_the_same_figures():
    train, test, samples = (np.random.default_rng(seed).normal(size=(1000, 2)) for seed in range(3))
    near, far = (
        evaluation.ReferenceSet(train + offset, test + offset).figures(samples + offset)
        for offset in (0, 3000)
    )
    for figure in ("fid", "precision", "recall", "density", "coverage", "authenticity", "copying", "ndb"):
        assert far[figure] == pytest.approx(near[figure], rel=1e-3, abs=1e-3), figure


def test_samples_of_a_conditional_model_train_a_classifier(reference):
    figures = reference.figures(TRAIN[:500], classes=TRAIN_LABELS[:500])
    assert 0.02 < figures["nn_error"] < 0.2 and figures[f"label_accuracy{SPACE}"] > 0.99
    floor = reference.floor(500, 0, TRAIN_LABELS)
    assert floor["nn_error"] == pytest.approx(figures["nn_error"], abs=0.06)


def test_a_further_judge_reads_the_rest_of_what_was_asked(reference):
    model, asked = tiny("cvae_mnist"), np.arange(500) % 10
    other = evaluation.ReferenceSet(
        TRAIN, TEST, dataclasses.replace(reference.extractor, name="other"), TEST_LABELS
    )
    ask = lambda seed: ({"condition": asked}, [asked, 9 - asked])
    (figures,), samples = rounds.draw_rounds(model, [reference, other], ask, 500, [0], False)
    found = reference.classes(samples)
    assert figures[f"label_accuracy{SPACE}"] == np.mean(found == asked)
    assert figures["label_accuracy_other"] == np.mean(found == 9 - asked)
    assert other.read_back() == {"label_accuracy_other": np.mean(reference.classes(TEST) == TEST_LABELS)}


def test_what_cannot_be_measured_is_refused_before_samples_are_drawn(monkeypatch):
    model = kg.load("gan_mnist", pretrained=False)

    def never(*_, **__):
        raise AssertionError("samples were drawn")

    monkeypatch.setattr(model, "sample", never)
    judge = lambda **told: evaluation.evaluate("gan_mnist", model, **{"source": "mnist_small"} | told)
    with pytest.raises(InvalidDataError, match=r"`num` must be at least 500: .* Received: num=300"):
        judge(num=300)
    for name, wrong in {
        "num": ("1", 2.5, True),
        "seeds": (3, "01", [0.5], [True]),
        "source": (3,),
        "extractor": (3,),
    }.items():
        for value in wrong:
            with pytest.raises(TypeError, match=f"`{name}`"):
                judge(**{name: value})
    for name, wrong in {"num": (0, -1, 2**40), "seeds": ([], [1, 1], [-1])}.items():
        for value in wrong:
            with pytest.raises(ValueError, match=f"`{name}`"):
                judge(**{name: value})
    with pytest.raises(InvalidDataError, match="`source` must be data of shape"):
        evaluation.evaluate("gmm_rings", tiny("gmm_rings"), num=300, source="mixture_1d")
    with pytest.raises(ValueError, match="`dtype`"):
        judge(dtype="float32")
    with pytest.raises(TypeError, match="`model`"):
        evaluation.evaluate("gan_mnist", "a model", source="mnist_small")


def test_the_density_of_the_moons_is_that_of_their_points():
    """It integrates to 1, and its mean over draws is minus the entropy that a histogram finds."""
    grid = np.stack(np.meshgrid(np.arange(-1.4, 2.4, 0.04), np.arange(-0.9, 1.4, 0.04)), -1).reshape(-1, 2)
    density = np.exp(known.moons_log_prob(grid))
    assert density.sum() * 0.04**2 == pytest.approx(1, abs=1e-4)
    points = laboratory.moons(1000, 1)[0]
    log_p = known.moons_log_prob(points)
    entropy = -np.sum(density * np.log(np.maximum(density, 1e-300))) * 0.04**2
    assert log_p.mean() == pytest.approx(-entropy, abs=4 * log_p.std() / 1000**0.5)


def test_the_density_of_the_pinwheel_is_that_of_its_points():
    """It integrates to 1, and its mean over draws is minus its entropy."""
    grid = np.stack(np.meshgrid(*[np.arange(-2.6, 2.6, 0.05)] * 2), -1).reshape(-1, 2)
    density = np.exp(known.pinwheel_log_prob(grid))
    assert density.sum() * 0.05**2 == pytest.approx(1, abs=1e-3)
    points = laboratory.pinwheel(1000, 1)[0]
    log_p = known.pinwheel_log_prob(points)
    entropy = -np.sum(density * np.log(np.maximum(density, 1e-300))) * 0.05**2
    assert log_p.mean() == pytest.approx(-entropy, abs=4 * log_p.std() / 1000**0.5)


def test_points_are_measured_by_their_modes():
    train, test = laboratory.RING.sample(4000, 0)[0], laboratory.RING.sample(2500, 1)[0]
    reference = evaluation.ReferenceSet(train, test, mixture=laboratory.RING)
    figures = reference.figures(laboratory.RING.sample(2500, 2)[0])
    assert figures["modes"] == 8 and figures["high_quality"] > 0.97 and "confidence" not in figures
    points, labels = laboratory.RING.sample(10_000, 3)
    one = reference.figures(points[labels == 0])
    assert one["modes"] == 1 and one["recall"] < 0.2


def test_stacks_are_read_by_channel(reference):
    index = np.random.default_rng(0).integers(len(TEST), size=(50, 3))
    stacks = np.stack([TEST[column, ..., 0] for column in index.T], axis=-1)
    features, logits = extractor.stacked(reference.extractor)(stacks)
    assert features.shape == (50, 3 * 128) and logits.shape == (50, 1000)
    assert (logits.argmax(1) == TEST_LABELS[index] @ [100, 10, 1]).mean() > 0.9


def test_stacks_are_judged_by_as_many_samples_as_elsewhere_and_even_classes(reference, monkeypatch):
    """26,000 of them; the digits of ten thousand test stacks do not tell how often a class is due."""
    stacks, asked = np.repeat(TEST, 3, axis=-1), []

    def refuse(reference, num):
        asked.append((num, reference.labels))
        raise InterruptedError

    monkeypatch.setattr(run.data, "arrays", lambda *_: (stacks, 111 * TEST_LABELS))
    monkeypatch.setattr(evaluation.ReferenceSet, "check_num", refuse)
    judge = extractor.stacked(reference.extractor)
    with pytest.raises(InterruptedError):
        evaluation.evaluate("pacgan_stacked_mnist", tiny("pacgan_stacked_mnist"), extractor=judge)
    assert asked == [(26_000, None)]


@pytest.mark.long
def test_inception_reads_grey_and_coloured_images_of_any_size():
    inception = extractor.inception_v3(weights=None)
    assert inception(TEST[:2]).features.shape == (2, 2048)
    assert inception(np.zeros((2, 40, 30, 3), "uint8")).logits.shape == (2, 1000)


def test_evaluate_gives_value_spread_and_floor(measured):
    fid = measured.figures[f"fid{SPACE}"]
    assert fid["value"] > fid["floor"] > 0 and fid["spread"] > 0
    assert measured.figures["samples_per_second"]["floor"] is None
    assert measured.settings["seeds"] == [0, 1] and measured.settings["evaluator"] == SPACE[1:]
    assert set(measured.pictures) == {"nearest", "classes", "paths"}
    assert all(picture.width > 200 for picture in measured.pictures.values())


def test_evaluate_of_a_classifier_counts_its_answers():
    figures = evaluation.evaluate("lenet_mnist", source="mnist_small").figures
    assert figures["accuracy"]["value"] > 0.97
    assert abs(figures["macro_recall"]["value"] - figures["accuracy"]["value"]) < 0.02


def test_check_finds_what_moved(measured):
    record = registry.get_record("gan_mnist")
    record = dataclasses.replace(record, metrics=measured.figures, evaluation=measured.settings)
    assert evaluation.differences(record, measured) == []
    figures = {name: dict(entry) for name, entry in measured.figures.items()}
    figures["samples_per_second"]["value"] *= 3
    figures[f"fid{SPACE}"]["value"] *= 1.5
    del figures["ndb"]
    settings = measured.settings | {"evaluator_sha256": "0"}
    moved = dataclasses.replace(measured, figures=figures, settings=settings)
    found = [figure for figure, *_ in evaluation.differences(record, moved)]
    assert found == ["evaluator", f"fid{SPACE}", "ndb"]


def test_check_tells_another_dtype(measured):
    record = registry.get_record("gan_mnist")
    settings = measured.settings | {"dtype": "mixed_bfloat16"}
    record = dataclasses.replace(record, metrics=measured.figures, evaluation=settings)
    assert evaluation.differences(record, measured) == [("dtype", "mixed_bfloat16", "float32")]
    old = {key: value for key, value in measured.settings.items() if key != "dtype"}
    assert evaluation.differences(dataclasses.replace(record, evaluation=old), measured) == []


def test_a_record_is_repeated_as_it_says(monkeypatch):
    told = {}
    monkeypatch.setattr(run, "evaluate", lambda name, **arguments: told.update(arguments, name=name))
    check.repeat("ddpm_mnist")
    assert told == {
        "name": "ddpm_mnist", "num": 10_000, "seeds": [0, 1, 2], "dtype": "mixed_bfloat16", "progress": False
    }  # fmt: skip
    told.clear()
    check.repeat("lenet_mnist")  # a classifier draws nothing
    assert told == {"name": "lenet_mnist", "dtype": "float32", "progress": False}
    monkeypatch.setattr(registry, "get_record", lambda name: None)
    with pytest.raises(errors.MissingWeightsError, match="`name`"):
        check.repeat("lenet_mnist")


def test_evaluate_builds_the_model_in_the_dtype_told(monkeypatch):
    asked = []
    monkeypatch.setattr(registry, "load", lambda name, dtype=None: asked.append((name, dtype)) or object())
    with pytest.raises(TypeError, match="`model`"):
        evaluation.evaluate("gan_mnist", dtype="mixed_bfloat16")
    assert asked == [("gan_mnist", "mixed_bfloat16")]


def test_likelihoods_stand_beside_their_kind_only():
    kinds = {
        name: leaderboard.nats_of(registry.get_recipe(name), registry.get_record(name))
        for name in kg.list_models(pretrained=True)
    }
    assert kinds["pca_mnist"] == kinds["vae_fashion_mnist"] == kinds["gmm_rings"] == "density"
    assert kinds["ddpm_mnist"] == kinds["ddpm_fashion_mnist"] == "levels"
    assert kinds["vae_mnist"] == kinds["cvae_mnist"] == kinds["iwae_binarized_mnist"] == "bits"
    assert kinds["gan_mnist"] is kinds["lenet_mnist"] is None
    rows = {row["name"]: row for row in cards.leaderboard()}
    for name, kind in kinds.items():
        known = {column for column in leaderboard.LIKELIHOODS if rows[name][column]}
        assert {leaderboard.LIKELIHOODS[column][1] for column in known} == {kind} - {None}
    text = cards.leaderboard_markdown()
    assert "-83.54 (bound, given the label)" in text and "parzen" not in text
    tables = [line for line in text.split("\n") if line.startswith("| name")]
    assert tables and all(line.count("|") <= 8 for line in tables)


def test_cards_say_what_their_figures_mean():
    text = cards.card("cvae_mnist")
    assert "sampling seeds 0, 1, 2 of one training" in text
    assert "`nats`: the log-probability of binary pixels" in text and "given the label" in text
    assert "right on 99.6 % of its test set" in text
    assert "no figure above compares with it" in cards.card("vae_mnist")  # FID of another network's features
    assert "Published beside `nats`" in cards.card("iwae_binarized_mnist")


def test_figures_reach_record_card_and_leaderboard(measured, tmp_path, monkeypatch):
    shutil.copytree(os.path.join(registry.root(), "weights"), tmp_path / "weights")
    monkeypatch.setattr(registry, "root", lambda: str(tmp_path))
    publish.write_evaluation("gan_mnist", measured, "kerasgen evaluate gan_mnist")
    record = registry.get_record("gan_mnist")
    assert record.metrics == json.loads(json.dumps(measured.figures)) and record.evaluation["num"] == 500
    card = (tmp_path / "cards" / "gan_mnist.md").read_text(encoding="utf-8")
    value = cards.shown("fid", measured.figures[f"fid{SPACE}"]["value"])
    assert f"`fid{SPACE}` | {value} ± " in card and "gan_mnist_nearest.png" in card
    row = next(row for row in cards.leaderboard() if row["name"] == "gan_mnist")
    assert row["fid"] == measured.figures[f"fid{SPACE}"] and "nats" in row["published"]
    assert value in cards.leaderboard_markdown()


def test_leaderboard_is_written_where_it_is_asked_for(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- leaderboard -->\nold\n<!-- /leaderboard -->\nafter\n", encoding="utf-8")
    words = ["kerasgen", "leaderboard", "--out", "page.md", "--out", "board.json", "--out", "board.md"]
    assert not cli.main(cli.parse(words))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert cards.leaderboard_markdown() in text and cards.leaderboard_markdown() in capsys.readouterr().out
    names = [row["name"] for row in json.loads((tmp_path / "board.json").read_text(encoding="utf-8"))]
    assert sorted(names) == kg.list_models(pretrained=True)
    assert cli.main(cli.parse(["kerasgen", "leaderboard", "--out", "board.pdf"])) == 2


def test_every_measure_is_described():
    assert all(measure(name).text and measure(name).digits >= 0 for name in MEASURES)
    assert base("fid_infinity_lenet_mnist_v1") == "fid_infinity" and base("fid") == "fid"
    with pytest.raises(ValueError, match="`seeds`"):
        evaluation.evaluate("gan_mnist", seeds=(1, 1), source="mnist_small")
    with pytest.raises(InvalidDataError, match="at least 129 rows"):
        evaluation.evaluate("gan_mnist", num=100, seeds=(0,), source="mnist_small")


class Known:
    """A model of pixels: one likelihood for every image, reconstructions that are off by a tenth."""

    condition, elbo_support = None, "levels"

    def __init__(self, value_range, nats, support):
        self.event = kg.spaces.Box((28, 28, 1), *value_range)
        self.nats, self.support = nats, support

    def log_prob(self, x, progress=False):
        return np.full(len(x), self.nats)

    def reconstruct(self, x):
        low, high = self.event.range
        return x + 0.1 * (high - low)


@pytest.mark.parametrize(
    "support, value_range, nats, bits",
    [
        ("reals", (0, 1), 0.0, 8),  # uniform: a 256th in every level
        ("reals", (-1, 1), -784 * np.log(2), 8),
        ("levels", (-1, 1), -784 * np.log(256), 8),
        ("bits", (0, 1), -784 * np.log(2), None),
    ],
)
def test_likelihoods_of_grey_levels_are_in_bits_a_pixel(support, value_range, nats, bits):
    recipe = registry.get_recipe("pca_mnist")
    figures = held_out.figures(Known(value_range, nats, support), recipe, "mnist_small", False)
    values = {name: figure["value"] for name, figure in figures.items()}
    expected = {"nats": nats, "nats_error": 0.0, "mse": 0.01} | (
        {} if bits is None else {"bits_per_dim": bits}
    )
    assert values == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "likelihood, draws, nats, kind, words",
    [
        ("bound", None, -784 * np.log(2), "levels", "variational bound"),
        ("bound", 500, 0.0, "density", "500 draws"),
        ("estimate", None, 0.0, "density", None),
        ("exact", None, 0.0, "density", None),
        ("none", None, None, None, None),
    ],
)
def test_the_likelihood_of_a_recipe_is_taken_of_its_own_method(likelihood, draws, nats, kind, words):
    """`elbo` is of levels and stands for a bound without draws; `log_prob` is a density."""
    model = Known((0, 1), 0.0, "reals")
    model.log_prob = lambda x, num_samples=1, progress=False: np.zeros(len(x))
    model.elbo = lambda x, progress=False: np.full(len(x), -784 * np.log(2))
    model.bound_words = "variational bound"
    recipe = registry.get_recipe("pca_mnist")
    recipe = types.SimpleNamespace(**vars(recipe) | {"likelihood": likelihood, "draws": draws})
    found = held_out.figures(model, recipe, "mnist_small")
    told = held_out.settings(model, recipe)
    assert told.get("nats_of") == kind and (words or "") in (told["nats"] or "")
    if nats is None:
        assert "nats" not in found
    else:
        assert found["nats"]["value"] == pytest.approx(nats)
        assert found["bits_per_dim"]["value"] == pytest.approx(1 if kind == "levels" else 8)


def test_points_have_figures_a_card_and_a_picture(tmp_path, monkeypatch):
    """From a new model on: all that the commands make of images, they make of points."""
    shutil.copytree(os.path.join(registry.root(), "weights"), tmp_path / "weights")
    monkeypatch.setattr(registry, "root", lambda: str(tmp_path))
    ring = {split: laboratory.RING.sample(num, num) for split, num in (("train", 5000), ("test", 2000))}
    monkeypatch.setattr(kg.data, "arrays", lambda name, split="train", data_dir=None: ring[split])
    model = tiny("gmm_rings", components=8)
    points = kg.data.load("ring", batch_size=5000)
    run_folder = tmp_path / "run"
    kg.training.train(model, points, str(run_folder), epochs=1, verbose=0)
    assert (run_folder / "samples" / "epoch_0001.png").exists()
    result = evaluation.evaluate("gmm_rings", model, num=2000, seeds=(0,))
    assert result.figures["nats"]["value"] == pytest.approx(result.figures["nats"]["floor"], abs=0.05)
    assert result.figures["modes"]["value"] == 8 and set(result.pictures) == {"density"}
    publish.write_evaluation("gmm_rings", result, "kerasgen evaluate gmm_rings")
    assert (tmp_path / "cards" / "gmm_rings.png").exists()
    monkeypatch.chdir(tmp_path)
    assert not cli.main(cli.parse(["kerasgen", "sample", "gmm_rings", "--num", "30"]))
    assert (tmp_path / "gmm_rings.png").exists()


def test_a_curve_is_measured_written_and_shown(tmp_path, monkeypatch):
    shutil.copytree(os.path.join(registry.root(), "weights"), tmp_path / "weights")
    monkeypatch.setattr(registry, "root", lambda: str(tmp_path))
    with pytest.raises(ValueError, match="`curve`"):
        evaluation.curve("gmm_rings")
    plan = kg.Curve("draws", "fid", {"mixture": {1: {}, 2: {}}, "again": {3: {}}}, num=500)
    recipe = dataclasses.replace(registry.get_recipe("gmm_rings"), curve=plan)
    monkeypatch.setattr(registry, "get_recipe", lambda name: recipe)
    result = evaluation.curve("gmm_rings", lines=["mixture"])
    assert [x for x, _ in result.lines["mixture"]] == [1, 2] and result.floor < 0.1
    assert all(value < 0.1 for _, value in result.lines["mixture"])
    publish.write_curve("gmm_rings", result, "kerasgen evaluate gmm_rings --curve")
    assert registry.get_record("gmm_rings").curve["lines"] == {
        "mixture": [list(p) for p in result.lines["mixture"]]
    }
    monkeypatch.setattr(sys, "argv", ["kerasgen", "evaluate", "--curve", "gmm_rings", "--line", "again"])
    assert not cli.main(cli.parse(sys.argv))
    assert list(registry.get_record("gmm_rings").curve["lines"]) == ["mixture"]  # printed only
    sys.argv.append("--write")
    assert not cli.main(cli.parse(sys.argv))
    curve = registry.get_record("gmm_rings").curve
    assert list(curve["lines"]) == ["mixture", "again"]
    typed = "kerasgen evaluate gmm_rings --curve"
    assert curve["command"] == f"{typed} && kerasgen evaluate --curve gmm_rings --line again"
    for wrong in ({"lines": ["mixtures"]}, {"lines": ["again"], "num": 600}):
        with pytest.raises(ValueError, match="`lines`"):
            evaluation.curve("gmm_rings", **wrong)
    text = (tmp_path / "cards" / "gmm_rings.md").read_text()
    assert "fid against draws" in text and (tmp_path / "cards" / "gmm_rings_curve.png").exists()


def test_no_card_repeats_pictures_of_artists_who_were_not_asked():
    shown = [n for n in kg.list_models() if os.path.exists(f"{registry.root()}/cards/{n}_nearest.png")]
    assert shown and not [n for n in shown if registry.get_recipe(n).data in run.UNSHOWN]
