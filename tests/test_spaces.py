"""Spaces: what one contains it takes, in Python and in a graph; what it does not, both refuse by name."""

import functools
import json

import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals

from kerasgen import spaces
from kerasgen.errors import InvalidDataError
from kerasgen.ops import rng

CAPTIONS = ("black hair, blue eyes", "red hair")
SPACES = [
    spaces.Box((2, 3)),
    spaces.Box((4, 4, 1), -1, 1),
    spaces.Box((), 0, 1),
    spaces.Box((2,), 3, 5),
    spaces.Bits((2, 2)),
    spaces.Frames((2, 3, 3, 1), -1, 1, rate=4),
    spaces.Waveform((6,)),
    spaces.Simplex((3,)),
    spaces.Simplex((2, 1)),
    spaces.Nats(),
    spaces.Integers(-2, 9, (3,)),
    spaces.Integers(5, 2**40, dtype="int64"),
    spaces.Tokens((2, 2), 7),
    spaces.Tokens(5, 1),
    spaces.Label(3),
    spaces.Seeds(),
    spaces.Text(CAPTIONS),
    spaces.Characters("abé床\n", 5),
    spaces.Characters("ab", 4, (2, 4)),
    spaces.Verses("abcd", 4, (2, 4), line=2),
    spaces.Words(("to", "be", ",", "don't"), 4),
    spaces.Labels(("digit", "speaker"), (10, 3)),
]
CLASSES = {
    name: each for name, each in spaces.Space.classes.items() if each.__module__.startswith("kerasgen")
}
DRAWN = [space for space in SPACES if not isinstance(space, spaces.Seeds) and space.dtype != "int64"]
every = pytest.mark.parametrize("space", SPACES, ids=repr)


@functools.cache
def graph_of(space, most):
    """The check in a graph that is traced once, for any number of rows, as in an export."""
    spec = space.spec("a")

    def check(rows):
        return space.in_graph(tf.ensure_shape(rows, spec.shape, name="shape_of_a"), "a", most)

    return tf.function(check, input_signature=[tf.TensorSpec(None, spec.dtype)], autograph=False)


def in_graph(space, rows, most=None):
    return graph_of(space, most)(tf.constant(rows, space.spec("a").dtype))


def test_every_class_is_here():
    assert {type(space) for space in SPACES} == set(CLASSES.values()) - {spaces.Strings}  # of what is served


@every
@pytest.mark.filterwarnings("ignore:`a` has no value below 0:UserWarning")
def test_examples_are_contained_in_python_and_in_a_graph(space):
    for generator in (None, np.random.default_rng(0)):
        rows = space.examples(3, generator)
        assert len(rows) == 3 and tf.constant(rows).dtype == space.served_dtype
        checked = space.check(rows, "a", 3)
        assert checked.dtype == space.dtype and checked.shape == (3, *space.shape)
        np.testing.assert_array_equal(checked, in_graph(space, rows))
        np.testing.assert_array_equal(space.check(checked, "a"), checked)  # numbers are taken, too
        space.static(space.spec("a"), "a"), space.static(tf.TensorSpec(checked.shape, checked.dtype), "a")


@every
def test_what_is_wrong_is_refused_by_name_in_python_and_in_a_graph(space):
    found = space.wrong()
    assert found and all(len(rows) for rows in found.values())
    for what, rows in found.items():
        with pytest.raises(InvalidDataError, match="`a`"):
            print(what, space.check(rows, "a"))
        with pytest.raises((tf.errors.InvalidArgumentError, ValueError), match=r"`a`|shape_of_a"):
            print(what, in_graph(space, rows))


@every
def test_as_many_rows_as_are_asked_for(space):
    rows = space.examples(3)
    for num in (2, 4):
        with pytest.raises(InvalidDataError, match="`a`"):
            space.check(rows, "a", num)
    with pytest.raises(InvalidDataError, match="`a`"):
        space.check(rows[:0], "a")
    with pytest.raises(InvalidDataError, match=r"`a` must be .*None"):
        space.check(None, "a")
    for most, some in ((2, rows), (None, rows[:0])):
        with pytest.raises(tf.errors.InvalidArgumentError, match="`a` must have 1 "):
            in_graph(space, some, most)


@every
@pytest.mark.filterwarnings("ignore:`a` has no value below 0:UserWarning")
def test_a_single_value_stands_for_every_row(space):
    one = space.examples(1)
    np.testing.assert_array_equal(space.rows(one[0], 3, "a"), space.check(np.repeat(one, 3, axis=0), "a"))


@every
def test_configurations_are_plain_data_that_makes_the_space_again(space):
    config = json.loads(json.dumps(spaces.to_config(space)))
    again = spaces.from_config(config)
    assert again == space and hash(again) == hash(space) and type(again) is type(space)
    assert str(again) == str(space) and spaces.from_config(space) is space
    assert [other for other in SPACES if other == space] == [space]
    with pytest.raises(AttributeError):  # frozen
        space.shape = (1,)


def test_spaces_say_what_they_are():
    assert [str(space) for space in SPACES[:2]] == [
        "float32 (2, 3) finite",
        "float32 (4, 4, 1) in [-1, 1]",
    ]
    assert str(spaces.Bits((2, 2))) == "float32 (2, 2) of 0 and 1"
    assert str(spaces.Label(3)) == "int32 () from 0 to 2"
    assert str(spaces.Seeds()) == "int64 () from 0 to 2^63 - 1"
    assert str(spaces.Text(CAPTIONS)) == "text of up to 4 of the words black, blue, eyes, hair, red"
    assert spaces.to_config(None) is spaces.from_config(None) is None


def drawn(space, keys):
    return np.asarray(tf.function(space.draw, autograph=False)(keys))


@pytest.mark.parametrize("space", DRAWN, ids=repr)
def test_conditions_are_drawn_row_by_row_and_lie_in_the_space(space):
    keys = rng.row_keys(rng.row_seeds(7, 20))
    rows = drawn(space, keys)
    assert rows.shape == (20, *space.shape) and rows.dtype == space.dtype
    np.testing.assert_array_equal(space.check(rows, "a"), rows)
    np.testing.assert_array_equal(space.draw(keys[3:5]), rows[3:5])
    assert len(np.unique(rows, axis=0)) > 1 or space in (spaces.Tokens(5, 1), spaces.Simplex((2, 1)))
    nothing = np.asarray(space.null(3))
    assert nothing.shape == (3, *space.shape) and nothing.dtype == space.dtype


def test_values_are_drawn_with_equal_probability():
    keys = rng.row_keys(rng.row_seeds(0, 3000))
    for space, num in ((spaces.Label(3), 3), (spaces.Text(CAPTIONS), 2), (spaces.Bits(()), 2)):
        counts = np.unique(drawn(space, keys), axis=0, return_counts=True)[1]
        assert len(counts) == num
        p = 1 / num
        assert (abs(counts / 3000 - p) < 4 * np.sqrt(p * (1 - p) / 3000)).all()
    means = drawn(spaces.Simplex((4,)), keys).mean(0)  # Dirichlet(1, 1, 1, 1): variance 3 / 80
    assert (abs(means - 1 / 4) < 4 * np.sqrt(3 / 80 / 3000)).all()


def test_the_value_of_no_condition_is_none_that_a_caller_can_give():
    assert spaces.Label(3).null(2).numpy().tolist() == [3, 3]
    with pytest.raises(InvalidDataError, match="`condition` must be from 0 to 2"):
        spaces.Label(3).check([3, 3], "condition")


def test_seeds_are_no_conditions():
    with pytest.raises(NotImplementedError, match="cannot be drawn"):
        spaces.Seeds().draw(rng.row_keys(rng.row_seeds(0, 2)))


SAID = {  # texts -> words, by every rule of what divides them
    "Black hair, BLUE eyes!": ["black", "hair", "blue", "eyes"],
    "  black\thair\nblue\r\neyes\f": ["black", "hair", "blue", "eyes"],
    "black-hair; (blue) 'eyes'": ["black", "hair", "blue", "eyes"],
    "black\u00a0hair": ["black\u00a0hair"],
    "black\u3000hair": ["black\u3000hair"],
    "\u00a0black\u00a0": ["\u00a0black\u00a0"],
    "\u3000": ["\u3000"],
    "ÉTÉ ÄRA": ["été", "ära"],
    "black\u2014hair": ["black\u2014hair"],  # a dash beyond ASCII
    "": [],
    " !? ": [],
}


def test_words_are_divided_in_a_graph_as_in_python():
    """What one knows as a word the other does, so that what is refused here is refused there."""
    assert {text: spaces.text.split([text])[0] for text in SAID} == SAID
    space = spaces.Text(("black hair blue eyes", *(text for text, words in SAID.items() if words)))
    numbers = [[space.words.index(word) + 1 for word in words] for words in SAID.values()]
    expected = [row + [0] * (space.length - len(row)) for row in numbers]
    np.testing.assert_array_equal(space.check(list(SAID), "a"), expected)
    np.testing.assert_array_equal(in_graph(space, list(SAID)), expected)
    other = spaces.Text(("black hair blue eyes",))
    for text in (text for text, words in SAID.items() if set(words) - set(other.words)):
        with pytest.raises(InvalidDataError, match="`a` has words that are not known"):
            other.check([text], "a")
        with pytest.raises(tf.errors.InvalidArgumentError, match="`a` must be up to 4 of the words"):
            in_graph(other, [text])


def test_numbers_of_other_types_are_what_they_are():
    """Cast to the type of the space they might be valid ones."""
    for space, rows in (
        (spaces.Integers(-2, 9), np.array([254, 3], "uint8")),
        (spaces.Integers(300, 400), np.array([44], "uint8")),
        (spaces.Integers(-2, 9), np.array([2**64 - 1], "uint64")),
        (spaces.Label(3), np.array([2**32], "int64")),
        (spaces.Text(CAPTIONS), np.full((1, 4), 2**32, "int64")),
        (spaces.Box((2,)), np.full((1, 2), np.inf, "float16")),
        (spaces.Box((2,)), np.full((1, 2), 1e300, "float64")),
        (spaces.Box((2,), -1, 1), np.full((1, 2), 3e38, "float64")),
    ):
        with pytest.raises(InvalidDataError, match="`a`"):
            space.check(rows, "a")
        with pytest.raises(tf.errors.InvalidArgumentError, match="`a`"):
            space.in_graph(tf.constant(rows), "a")


def test_valid_numbers_of_other_types_are_taken():
    for space, rows in (
        (spaces.Integers(-2, 9), np.array([9, 3], "uint8")),
        (spaces.Seeds(), np.array([7], "uint64")),
        (spaces.Label(3), np.array([2, 1], ">i8")),
        (spaces.Box((2,), -1, 1), np.full((1, 2), -0.5, "float16")),
        (spaces.Box((2,), -1, 1), np.full((1, 2), -0.5, ">f8")),
        (spaces.Bits((2,)), np.full((1, 2), 1, "float64")),
    ):
        np.testing.assert_array_equal(space.check(rows, "a"), rows)
        native = tf.constant(rows.astype(rows.dtype.newbyteorder("=")))
        assert space.in_graph(native, "a").dtype == space.dtype


WRONG = [  # values that are of no numeric space's kind
    "no",
    [[1.0], [2.0, 3.0]],
    np.ones((2, 2), complex),
    np.array([["a", "b"]]),
    object(),
    {"a": 1},
]


@pytest.mark.parametrize("value", WRONG, ids=lambda value: type(value).__name__)
def test_what_is_no_array_of_numbers_is_refused_by_name(value):
    for space in SPACES:
        if space.served_dtype != "string" or not isinstance(value, (str, np.ndarray)):
            with pytest.raises(InvalidDataError, match="`a`"):
                space.check(value, "a")


def test_texts_that_are_none_are_refused_by_name():
    for value in ([1.5], [None], [b"red", 3], ["\ud800"], [["red"], ["red", "red"]], np.ones((1, 4))):
        with pytest.raises(InvalidDataError, match="`a`"):
            spaces.Text(CAPTIONS).check(value, "a")


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_specifications_of_other_values_are_refused_by_name(space):
    other = {"float32": "int32", "int32": "float32", "int64": "float32", "string": "float32"}
    served = space.spec("a")
    for spec in (
        tf.TensorSpec(served.shape, other[space.served_dtype]),
        tf.TensorSpec([*served.shape, 2], served.dtype),
    ):
        with pytest.raises(InvalidDataError, match="`a`"):
            space.static(spec, "a")


CALLS = {  # what is wrong -> (call, error, argument)
    "shape None": (lambda: spaces.Box(None), TypeError, "shape"),
    "shape a string": (lambda: spaces.Box("ab"), TypeError, "shape"),
    "shape an int": (lambda: spaces.Box(3), TypeError, "shape"),
    "side 0": (lambda: spaces.Box((2, 0)), ValueError, "shape"),
    "side negative": (lambda: spaces.Bits((-1,)), ValueError, "shape"),
    "side a float": (lambda: spaces.Box((2.0,)), TypeError, "shape"),
    "side a bool": (lambda: spaces.Tokens(True, 3), TypeError, "shape"),
    "nine axes": (lambda: spaces.Box((1,) * 9), ValueError, "shape"),
    "too many numbers": (lambda: spaces.Box((2**20, 2**20)), ValueError, "shape"),
    "bounds the wrong way round": (lambda: spaces.Box((2,), 1, -1), ValueError, "low"),
    "one bound": (lambda: spaces.Box((2,), low=0), (TypeError, ValueError), "low"),
    "bound a string": (lambda: spaces.Box((2,), "a", "b"), (TypeError, ValueError), "low"),
    "bound NaN": (lambda: spaces.Box((2,), np.nan, 1), ValueError, "low"),
    "bound infinite": (lambda: spaces.Box((2,), 0, np.inf), ValueError, "high"),
    "bound beyond float32": (lambda: spaces.Box((2,), 0, 1e300), ValueError, "high"),
    "film of three axes": (lambda: spaces.Frames((2, 3, 3)), ValueError, "shape"),
    "rate 0": (lambda: spaces.Frames((2, 3, 3, 1), rate=0), ValueError, "rate"),
    "sound of three axes": (lambda: spaces.Waveform((2, 3, 3)), ValueError, "shape"),
    "rate a float": (lambda: spaces.Waveform((6,), rate=8000.5), TypeError, "rate"),
    "probabilities of nothing": (lambda: spaces.Simplex(()), ValueError, "shape"),
    "low a float": (lambda: spaces.Integers(0.5, 3), TypeError, "low"),
    "low a bool": (lambda: spaces.Integers(False, 3), TypeError, "low"),
    "high below low": (lambda: spaces.Integers(3, 2), ValueError, "high"),
    "high None": (lambda: spaces.Integers(0, None), TypeError, "high"),
    "high beyond int32": (lambda: spaces.Integers(0, 2**31), ValueError, "high"),
    "dtype": (lambda: spaces.Integers(0, 3, dtype="uint8"), ValueError, "dtype"),
    "dtype a list": (lambda: spaces.Integers(0, 3, dtype=["int32"]), ValueError, "dtype"),
    "vocabulary 0": (lambda: spaces.Tokens(3, 0), ValueError, "vocabulary"),
    "vocabulary a string": (lambda: spaces.Tokens(3, "7"), TypeError, "vocabulary"),
    "one class": (lambda: spaces.Label(1), ValueError, "num_classes"),
    "classes a float": (lambda: spaces.Label(10.0), TypeError, "num_classes"),
    "captions None": (lambda: spaces.Text(None), TypeError, "captions"),
    "captions bytes": (lambda: spaces.Text(b"red"), TypeError, "captions"),
    "captions a dict": (lambda: spaces.Text({"red": 1}), TypeError, "captions"),
    "captions of numbers": (lambda: spaces.Text([1, 2]), ValueError, "captions"),
    "captions without words": (lambda: spaces.Text(["red", " , "]), ValueError, "captions"),
    "captions of half a character": (lambda: spaces.Text(["\ud800"]), ValueError, "captions"),
    "condition a string": (lambda: spaces.as_condition("red"), TypeError, "condition"),
    "condition a bool": (lambda: spaces.as_condition(True), TypeError, "condition"),
    "condition of one class": (lambda: spaces.as_condition(1), ValueError, "condition"),
    "condition a float": (lambda: spaces.as_condition(2.0), TypeError, "condition"),
    "config of no space": (lambda: spaces.from_config({"space": "Cube"}), ValueError, "space"),
    "config without a name": (lambda: spaces.from_config({"shape": (2,)}), ValueError, "space"),
    "config a list": (lambda: spaces.from_config([1]), TypeError, "config"),
}


test_constructors_refuse_by_name = refusals(CALLS)


def test_conditions_may_be_given_in_short():
    assert spaces.as_condition(np.int64(3)) == spaces.as_condition(3) == spaces.Label(3)
    assert spaces.as_condition(list(CAPTIONS)) == spaces.Text(CAPTIONS)
    assert spaces.as_condition(None) is None and spaces.as_condition(SPACES[0]) is SPACES[0]


def test_an_endpoint_tells_what_requests_are_from_its_spaces():
    inputs = {"seed": spaces.Seeds(), "label": spaces.Label(3)}
    endpoint = spaces.Endpoint(lambda seed, label: {"samples": seed}, inputs, {"samples": spaces.Seeds()})
    assert [(spec.name, spec.dtype.name) for spec in endpoint.specs] == [
        ("seed", "int64"),
        ("label", "int32"),
    ]
    request = endpoint.examples(4, np.random.default_rng(0))
    for name, space in inputs.items():
        space.check(request[name], name, 4)
