"""Any structure of arrays, addressed by index: the streams' bytes, resuming through `map`, unpaired sets."""

import collections
import hashlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import kerasgen as kg
from kerasgen.data import IndexedDataset
from kerasgen.errors import InvalidDataError
from kerasgen.ops import rng

NUM = 50
X = np.arange(NUM, dtype="float32")[:, None]
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 3, 3, 1), dtype="uint8")


def numbered(**arguments):
    return kg.data.from_array(X, **{"batch_size": 8, "value_range": None} | arguments)


def read(dataset, batches=None):
    batches = dataset if batches is None else dataset.take(batches)
    return [int(value) for batch in batches for value in np.ravel(batch)]


def arrays(dataset):
    return [np.asarray(leaf) for batch in dataset for leaf in tf.nest.flatten(batch)]


def same(left, right):
    left, right = arrays(left), arrays(right)
    return len(left) == len(right) > 0 and all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


# Literal values of the streams that shipped weights were trained on: they must not change.
STREAM = [36, 23, 15, 25, 24, 48, 29, 45, 5, 44, 17, 37, 2, 30, 36, 38]  # steps 5 and 6 under seed 3
EPOCHS = [
    [0, 38, 2, 3, 30, 15, 6, 7, 17, 9, 10, 11, 12, 13, 14, 5],
    [0, 1, 2, 3, 4, 5, 45, 7, 8, 25, 10, 11, 12, 15, 9, 23],
]


def test_streams_are_those_that_they_always_were():
    assert read(numbered(seed=3).from_step(5), 2) == STREAM
    assert read(numbered(seed=3).from_step(5, range(2, 4), 4), 4) == STREAM[4:8] + STREAM[12:]
    tf.random.set_seed(0)
    dataset = numbered()
    assert [read(dataset)[:16], read(dataset)[:16]] == EPOCHS


@pytest.mark.parametrize(
    "labels, value_range, digest",
    [
        (np.arange(20), (-1, 1), "61add60dea79171365b4dec7bd10aba5fb721cdb18a2c13ea52d2bb27cff23f3"),
        (
            np.arange(20, dtype="uint8"),
            (0, 1),
            "5d99415c21c7d5f5d64c60e8a6b00a0dd5658d8e3d3ab953453fbbbd400a282c",
        ),
    ],
)
def test_bytes_of_scaled_images_are_those_that_they_always_were(labels, value_range, digest):
    dataset = kg.data.from_array(PIXELS, labels, batch_size=4, seed=7, value_range=value_range)
    stored = b"".join(array.tobytes() for array in arrays(dataset.from_step(3).take(9)))
    assert hashlib.sha256(stored).hexdigest() == digest


def test_columns_of_any_structure_stay_together():
    Pair = collections.namedtuple("Pair", "image caption")
    columns = {
        "pair": Pair(PIXELS, [f"number {i}" for i in range(20)]),
        "flags": (np.arange(20) % 2 == 0, np.arange(20, dtype="uint8")),
        "weight": np.arange(20) / 2,
        "index": np.arange(20, dtype=">i8"),
    }
    dataset = kg.data.from_arrays(columns, batch_size=4)
    assert dataset.element_spec["pair"].image == tf.TensorSpec((4, 3, 3, 1), "float32")
    for batch in (next(iter(dataset.from_step(3))), next(iter(dataset))):
        index = batch["index"].numpy()
        assert isinstance(batch["pair"], Pair) and index.dtype == "int64"
        np.testing.assert_allclose(batch["pair"].image, PIXELS[index] / 127.5 - 1, atol=1e-6)
        assert [caption.decode() for caption in batch["pair"].caption.numpy()] == [
            f"number {i}" for i in index
        ]
        np.testing.assert_array_equal(batch["flags"][0], index % 2 == 0)
        np.testing.assert_array_equal(batch["flags"][1], index)
        assert batch["flags"][1].dtype == "uint8"  # labels, not images
        np.testing.assert_array_equal(batch["weight"], index / 2)
        assert batch["weight"].dtype == "float32"


def test_unpaired_sets_have_orders_of_their_own_and_begin_anew():
    short = np.arange(3, dtype="float32")
    dataset = kg.data.from_arrays((X[:, 0], short), paired=False, batch_size=6)
    assert dataset.num_examples == NUM and dataset.steps_per_epoch == 8
    first, second = (np.concatenate(column) for column in zip(*dataset.from_step(0).take(25), strict=True))
    assert read(numbered(batch_size=6).from_step(0), 25) == first.tolist()  # as if alone
    passes = second.reshape(-1, 3).tolist()
    assert all(sorted(row) == [0, 1, 2] for row in passes) and len({tuple(row) for row in passes}) > 1
    twin = kg.data.from_arrays({"a": X, "b": X}, paired=False, batch_size=25)
    assert not any(np.array_equal(batch["a"], batch["b"]) for batch in twin.from_step(0).take(4))
    assert same(dataset.from_step(7).take(3), dataset.from_step(0).skip(7).take(3))


def test_unpaired_sets_in_order_and_epochs_of_a_stated_length():
    options = {"paired": False, "batch_size": 2, "shuffle": False}
    dataset = kg.data.from_arrays((X[:5, 0], X[:3, 0]), **options)
    assert [column.tolist() for column in map(np.concatenate, zip(*dataset, strict=True))] == [
        [0, 1, 2, 3, 4],
        [0, 1, 2, 0, 1],
    ]
    stated = kg.data.from_arrays((X[:5], X[:3]), num_examples=8, **options)
    assert stated.num_examples == 8 and len(stated) == stated.steps_per_epoch == 4


def test_a_mapped_dataset_resumes_exactly_at_any_step_and_share():
    dataset = numbered().map(lambda x: 2 * x + 1).map(lambda x: (x, x))
    assert isinstance(dataset, IndexedDataset) and len(dataset.element_spec) == 2
    whole = dataset.from_step(0).take(15)
    assert read(whole.map(lambda x, _: x)) == [2 * value + 1 for value in read(numbered().from_step(0), 15)]
    assert same(dataset.from_step(9).take(6), whole.skip(9))


def jitter(keys, x):
    return x + rng.by_row(lambda key: rng.uniform(key, ()), keys)[:, None]


@pytest.mark.long
def test_keyed_augmentation_is_a_function_of_seed_and_position():
    dataset = numbered().map(jitter, keyed=True)
    whole = np.reshape(arrays(dataset.from_step(0).take(13)), (-1,))  # 104 examples: two epochs
    for step in (1, 6, 7):
        assert np.array_equal(
            np.ravel(arrays(dataset.from_step(step).take(2))), whole[8 * step : 8 * step + 16]
        )
    shares = [np.ravel(arrays(dataset.from_step(5, range(i, i + 1), 2).take(1))) for i in range(2)]
    assert np.array_equal(np.concatenate(shares), whole[40:48])
    assert same(dataset.from_step(3).take(1), numbered().map(jitter, keyed=True).from_step(3).take(1))
    noise = whole % 1
    assert len(np.unique(noise)) == 104  # another draw for each example of each epoch
    assert abs(noise.mean() - 0.5) < 4 / np.sqrt(12 * 104)
    assert not same(
        dataset.from_step(3).take(1), numbered(seed=1).map(jitter, keyed=True).from_step(3).take(1)
    )


def test_two_keyed_functions_have_keys_of_their_own():
    keys = lambda keys, *batch: (keys, *batch[:-1])
    first, second = next(
        iter(numbered().map(keys, keyed=True).map(lambda k: (k, k)).map(keys, keyed=True).from_step(0))
    )
    assert first.shape == second.shape == (8, 2) and not np.array_equal(first, second)


def test_mapped_functions_may_branch_and_may_be_layers():
    def branch(x):
        if tf.reduce_sum(x) < 0:
            x = x + 1
        return [x, x]

    assert len(numbered().map(branch).element_spec) == 2
    (batch,) = numbered(shuffle=False, batch_size=NUM).map(keras.layers.Rescaling(2.0))
    np.testing.assert_array_equal(batch, 2 * X)


IMPURE = {
    "random": lambda x: x + tf.random.uniform(tf.shape(x)),
    "random image": lambda x: tf.image.random_flip_left_right(x[:, :, None, None])[:, :, 0, 0],
    "shuffle": lambda x: tf.random.shuffle(x),
    "in a branch": lambda x: tf.cond(x[0, 0] > 0, lambda: x, lambda: x + tf.random.normal((8, 1))),
    "python": lambda x: tf.numpy_function(lambda y: y, [x], "float32"),
    "fewer rows": lambda x: x[:3],
    "a mean": lambda x: tf.reduce_mean(x),
    "nothing": lambda x: None,
}


@pytest.mark.parametrize("case", IMPURE)
def test_functions_that_would_break_resuming_are_refused(case):
    with pytest.raises(ValueError, match="`function`"):
        numbered().map(IMPURE[case])


def test_a_layer_that_draws_from_its_own_stream_is_refused():
    flip = keras.layers.RandomFlip(seed=0)
    with pytest.raises(ValueError, match="`function`"):
        kg.data.from_array(PIXELS, batch_size=4).map(lambda x: flip(x, training=True))


def test_batches_of_another_size_show_the_same_examples():
    dataset = numbered().batch(np.int64(5))
    assert dataset.batch_size == 5 and dataset.steps_per_epoch == len(dataset) == 10
    assert read(dataset.from_step(0), 8) == read(numbered().from_step(0), 5)
    assert [batch.shape for batch in dataset.take(2)] == [(5, 1)] * 2
    assert "50 examples in batches of 5" in repr(dataset)


def test_a_dataset_does_not_change():
    for name in ("batch_size", "seed", "shuffle", "num_examples"):
        with pytest.raises(AttributeError):
            setattr(numbered(), name, 1)


GOOD = np.zeros((4, 2, 2, 1), "float32")
HUGE = np.full((4, 2), 1e300)
RANGES = ["ab", (1, -1), (0, 0), (np.nan, 1), (-np.inf, 1), (0, 1, 2), {}, 1, ["0", "1"]]
NUMBERS = [-1, 2**70, 1.0, "1", None, True, [], np.nan, np.array([1])]
ARRAYS = [None, 3, [], [[1], [1, 2]], GOOD + 1j, GOOD.astype(object), GOOD[:0], object(), GOOD + np.nan, HUGE]
IMAGES = [*ARRAYS, "ab", GOOD.astype(str), GOOD.astype("int64"), GOOD > 0, GOOD[:, 0, 0, 0], GOOD + 2]
LABELS = [[0.0, 1, 2, 3], [np.nan] * 4, ["a", "b", "c", None], ["a", 1, 2, 3], [True] * 4, [1, 2], 3, "abcd"]
TREES = [*ARRAYS, (GOOD, GOOD[:3]), [GOOD, GOOD], (), {}, {3: GOOD}, (GOOD, None), (GOOD, ["a", 1, 2, 3])]
SHARES = [None, 1, [0], range(2, 3), range(0), range(0, 2, 2)]


def made(**arguments):
    return kg.data.from_arrays(**{"columns": GOOD, "batch_size": 1} | arguments)


WRONG = {  # argument: (wrong values, call)
    "images": (IMAGES, lambda value: kg.data.from_array(value, batch_size=1)),
    "labels": (LABELS, lambda value: kg.data.from_array(GOOD - 1, value, batch_size=1)),
    "columns": (TREES, lambda value: made(columns=value)),
    "batch_size": ([*NUMBERS, 0, 5], lambda value: made(batch_size=value)),
    "num_examples": ([0, "1", 1.0], lambda value: made(num_examples=value)),
    "seed": ([*NUMBERS, 2**31], lambda value: made(seed=value)),
    "shuffle": ([None, 0, "no"], lambda value: made(shuffle=value)),
    "paired": ([None, 0, "no"], lambda value: made(paired=value)),
    "value_range": (RANGES, lambda value: made(value_range=value)),
    "step": ([-1, 1.0, None, "1"], lambda value: numbered().from_step(value)),
    "replicas": (SHARES, lambda value: numbered().from_step(0, value, 2)),
    "of": ([0, 3, 16, None], lambda value: numbered().from_step(0, range(1), value)),
    "function": ([None, "x", 3], lambda value: numbered().map(value)),
    "keyed": ([None, 1], lambda value: numbered().map(lambda x: x, value)),
    "count": ([-1, None, 1.0], lambda value: numbered().take(value)),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_are_refused_by_name(name):
    values, call = WRONG[name]
    for value in values:
        with pytest.raises((TypeError, ValueError)) as caught:
            call(value)
        assert f"`{name}" in str(caught.value), value
        assert name not in ("images", "labels") or isinstance(caught.value, InvalidDataError)


def test_value_range_is_needed_for_uint8_images():
    for call in (kg.data.from_array, kg.data.from_arrays):
        with pytest.raises(ValueError, match="`value_range`"):
            call(PIXELS, batch_size=4, value_range=None)


@pytest.mark.parametrize("dtype", ["float16", "float64", ">f4", "bfloat16"])
def test_floats_of_any_width_and_byte_order_become_float32(dtype):
    x = np.array([[-1.0], [0.5]]).astype(tf.bfloat16.as_numpy_dtype if dtype == "bfloat16" else dtype)
    (batch,) = kg.data.from_array(x, np.array([1, 0], ">i4"), batch_size=2, shuffle=False)
    assert batch[0].dtype == "float32" and batch[1].dtype == "int32"
    assert batch[0].numpy().tolist() == [[-1.0], [0.5]] and batch[1].numpy().tolist() == [1, 0]
