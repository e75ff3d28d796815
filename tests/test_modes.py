"""Mode coverage: perfect samples score what theory says, and each kind of collapse is seen."""

import numpy as np
import pytest

import kerasgen as kg
from kerasgen.data.laboratory import GRID, RING
from kerasgen.errors import InvalidDataError
from kerasgen.metrics import matching, modes


def most(num, classes):
    """Mean and 4 standard deviations of KL(empirical || uniform): 2 num KL is a chi-square."""
    return (classes - 1 + 4 * np.sqrt(2 * (classes - 1))) / (2 * num)


@pytest.mark.parametrize("law", [RING, GRID], ids=["ring", "grid"])
def test_true_samples_reach_every_mode_evenly(law):
    num, share = 2500, 1 - np.exp(-4.5)
    found = modes.mixture_modes(law.sample(num, seed=2)[0], law.means, law.sigma)
    assert found.modes == len(law.means)
    assert abs(found.high_quality - share) < 4 * np.sqrt(share * (1 - share) / num)
    assert 0 <= found.reverse_kl < most(num * found.high_quality, len(law.means))


def test_mean_reverse_kl_of_true_samples_stays_below_its_bound():
    kls = [
        modes.mixture_modes(RING.sample(500, s)[0], RING.means, RING.sigma, 9).reverse_kl for s in range(50)
    ]
    bound = np.log1p(7 / 500)  # Jensen: KL <= log(1 + chi-square), of mean (m - 1)/num
    assert 0 < np.mean(kls) < bound + 4 * np.std(kls) / np.sqrt(50)


def test_one_mode_alone_and_none_at_all():
    x, labels = RING.sample(2500)
    one = modes.mixture_modes(x[labels == 3], RING.means, RING.sigma)
    assert one.modes == 1 and one.reverse_kl == pytest.approx(np.log(8))
    none = modes.mixture_modes(0 * x, RING.means, RING.sigma)
    assert none == (0, 0.0, pytest.approx(np.log(8)))


def test_quality_counts_within_the_radius_only():
    x = np.array([[0.02, 0.0], [0.04, 0.0], [5.0, 0.0], [5.0, 0.04]])
    assert modes.mixture_modes(x, [[0, 0], [5, 0]], 0.01) == (2, 0.5, 0.0)
    assert modes.mixture_modes(x, [[0, 0], [5, 0]], 0.01, within=5) == (2, 1.0, 0.0)


def test_class_modes_with_a_missing_class():
    labels = np.repeat(np.arange(9), 20)
    found = modes.class_modes(labels, 10)
    assert found.modes == 9 and found.reverse_kl == pytest.approx(np.log(10 / 9))
    target = np.r_[np.full(9, 1.0), 9.0]  # counts: half of the real data is class 9
    assert modes.class_modes(labels, 10, target).reverse_kl == pytest.approx(np.log(2))


def test_class_modes_of_even_labels():
    assert modes.class_modes(np.arange(1000), 1000) == (1000, 0.0)
    labels = np.random.default_rng(0).integers(1000, size=26_000)
    assert modes.class_modes(labels, 1000).reverse_kl < most(26_000, 1000)


def test_equal_laws_have_five_percent_of_bins_different():
    different, js, trials, num_bins = 0, [], 20, 40
    for seed in range(trials):
        x = np.random.default_rng(seed).uniform(size=(6000, 2)).astype("float32")
        found = modes.Bins(x[:4000], num_bins, seed=seed).compare(x[4000:])
        assert found.share == found.different / num_bins
        different, js = different + found.different, [*js, found.js]
    tests = trials * num_bins
    assert abs(different - 0.05 * tests) < 4 * np.sqrt(tests * 0.05 * 0.95)
    mean = (num_bins - 1) / 8 * (1 / 4000 + 1 / 2000)
    assert abs(np.mean(js) - mean) < 4 * np.std(js) / np.sqrt(trials) + 0.05 * mean  # to second order


def test_a_dropped_cluster_is_found():
    x, labels = GRID.sample(8000)
    bins, held_out = modes.Bins(x[:5000], 25), labels[5000:]
    whole = bins.compare(x[5000:], 1e-4)
    found = bins.compare(x[5000:][held_out != 12], 1e-4)
    assert whole.different == 0 and 1 <= found.different <= 3 and found.js > 5 * whole.js
    one = bins.compare(x[labels == 12])  # nothing but one mode: every other bin is empty
    assert one.different >= 20 and 0.4 < one.js <= np.log(2)


def test_bins_are_seeded_and_take_images():
    x, _ = kg.data.arrays("mnist_small")
    x = x.astype("float32") / 255
    one, two = (modes.Bins(x[:1000], 20, seed=1).compare(x[1000:]) for _ in range(2))
    assert one == two
    strict = modes.Bins(x[:1000], 20, seed=1).compare(x[1000:], level=1e-6)
    assert strict.different <= one.different and strict.js == one.js


ROWS = np.random.default_rng(0).normal(size=(100, 3)).astype("float32")
NAN = np.full((100, 3), np.nan, "float32")


@pytest.mark.parametrize(
    "words, call",
    {
        "`samples` must be finite": lambda: modes.mixture_modes(np.full((9, 2), np.inf), RING.means, 1.0),
        "`samples` must number at least 8": lambda: modes.mixture_modes(np.ones((7, 2)), RING.means, 1.0),
        "`samples` must have shape": lambda: modes.mixture_modes(np.ones((9, 3)), RING.means, 1.0),
        "`samples` is empty": lambda: modes.mixture_modes(np.ones((0, 2)), RING.means, 1.0),
        "`means`": lambda: modes.mixture_modes(np.ones((9, 2)), np.ones(2), 1.0),
        "`labels` must number at least 10": lambda: modes.class_modes(np.arange(9), 10),
        "`labels` must hold labels from 0 to 9": lambda: modes.class_modes(np.arange(1, 11), 10),
        "`labels` must hold one int": lambda: modes.class_modes(np.ones(10), 10),
        "`target` must be 10": lambda: modes.class_modes(np.arange(10), 10, np.arange(10)),
        "`rows` must be finite": lambda: modes.Bins(NAN, 10),
        "`rows` must number at least 1010": lambda: modes.Bins(ROWS, 101),
        "`rows` must hold floats": lambda: modes.Bins(np.ones((100, 3), "uint8"), 2),
        "`samples` must be finite, ": lambda: modes.Bins(ROWS, 2).compare(NAN),
        r"`samples` must have shape \(batch, 3\)": lambda: modes.Bins(ROWS, 2).compare(ROWS[:, :2]),
        "`samples` must number at least 20": lambda: modes.Bins(ROWS, 2).compare(ROWS[:19]),
    }.items(),
)
def test_bad_arrays_are_named(words, call):
    with pytest.raises(InvalidDataError, match=words.rstrip(", ")):
        call()


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
def test_rows_that_repeat_themselves_are_refused():
    with pytest.raises(InvalidDataError, match="`num_bins` be 2"):
        modes.Bins(np.repeat([[0.0], [1.0]], 50, axis=0), 5)


@pytest.mark.parametrize(
    "name, call",
    {
        "sigma": lambda: modes.mixture_modes(ROWS[:, :2], RING.means, 0.0),
        "within": lambda: modes.mixture_modes(ROWS[:, :2], RING.means, 1.0, -1.0),
        "num_classes": lambda: modes.class_modes(np.arange(10), 0),
        "num_bins": lambda: modes.Bins(ROWS, 1),
        "seed": lambda: modes.Bins(ROWS, 2, seed=-1),
        "level": lambda: modes.Bins(ROWS, 2).compare(ROWS, level=1.0),
    }.items(),
)
def test_bad_numbers_are_named(name, call):
    with pytest.raises(ValueError, match=f"`{name}`"):
        call()


def test_bins_are_the_same_far_from_the_origin():
    """N(0, 1) + 3000: in float32 nothing but the offset would be left of it."""
    x = np.random.default_rng(0).normal(size=(3000, 3))
    far = [modes.Bins(x[:2000] + offset, 20).compare(x[2000:] + offset) for offset in (0, 3000, -1e7)]
    assert far[1] == far[2] and abs(far[0].js - far[1].js) < 0.01
    collapsed = modes.Bins(x[:2000], 20).compare(np.full((1000, 3), 0.5))
    assert collapsed.different > 15 and 0.4 < collapsed.js <= np.log(2)


@pytest.mark.parametrize(
    "wrong", [None, "ab", [[1.0], [1.0, 2.0]], ROWS + 1j, np.array([["a"] * 3] * 100), 2.0]
)
def test_whatever_is_given_is_refused_by_name(wrong):
    calls = {
        "samples": lambda: modes.mixture_modes(wrong, np.zeros((2, 3)), 1.0),
        "means": lambda: modes.mixture_modes(ROWS, wrong, 1.0),
        "rows": lambda: modes.Bins(wrong, 2),
        "samples`": lambda: modes.Bins(ROWS, 2).compare(wrong),
        "labels": lambda: modes.class_modes(wrong, 2),
    }
    for name, call in calls.items():
        with pytest.raises(InvalidDataError, match=f"`{name}"):
            call()


@pytest.mark.parametrize("wrong", ["1", [1], None, True])
def test_numbers_are_refused_by_name(wrong):
    calls = {
        "sigma": lambda: modes.mixture_modes(ROWS, np.zeros((2, 3)), wrong),
        "within": lambda: modes.mixture_modes(ROWS, np.zeros((2, 3)), 1.0, wrong),
        "num_classes": lambda: modes.class_modes(np.arange(9), wrong),
        "num_bins": lambda: modes.Bins(ROWS, wrong),
        "seed": lambda: modes.Bins(ROWS, 2, seed=wrong),
        "level": lambda: modes.Bins(ROWS, 2).compare(ROWS, level=wrong),
    }
    for name, call in calls.items():
        with pytest.raises(TypeError, match=f"`{name}`"):
            call()


@pytest.mark.data
def test_bins_of_mnist_agree_with_the_authors():
    """Their README, K = 100 at 3 standard errors: validation 0, .0014; test 4, .0041; no 9s 11, .016."""
    x, labels = kg.data.arrays("mnist", "train")
    order = np.random.default_rng(0).permutation(60_000)
    x, labels = x[order].astype("float32") / 255, labels[order]
    bins, held_out, level = modes.Bins(x[:50_000]), x[50_000:], 0.0027
    same = bins.compare(held_out, level)
    test = bins.compare(kg.data.arrays("mnist", "test")[0].astype("float32") / 255, level)
    biased = bins.compare(held_out[labels[50_000:] < 9], level)
    assert same.different <= 2 and abs(same.js - 0.0014) < 0.0005
    assert 2 <= test.different <= 15 and abs(test.js - 0.0041) < 0.0015
    assert 8 <= biased.different <= 20 and abs(biased.js - 0.0145) < 0.004


def test_categories_are_matched_with_classes_whatever_their_numbers():
    labels = np.arange(3000) % 3
    renamed = np.array([2, 0, 1])[labels]
    found = matching.agreement(renamed, labels, 3, 3)
    assert found.error == 0 and abs(found.information - np.log(3)) < 1e-12
    renamed[:300] = 0  # 200 of them wrongly
    assert abs(matching.agreement(renamed, labels, 3, 3).error - 200 / 3000) < 1e-12
    independent = np.arange(3000) // 1000
    found = matching.agreement(independent, labels, 3, 3)
    assert abs(found.error - 2 / 3) < 1e-3 and found.information < 1e-5
    one = matching.agreement(np.zeros(3000, int), labels, 4, 3)
    assert abs(one.error - 2 / 3) < 1e-12 and one.information == 0
