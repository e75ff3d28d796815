"""Sequences that are judged: policy gradients, rollouts, BLEU, the Gumbel-softmax, the oracle."""

import functools
import itertools

import keras
import micro
import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals

import kerasgen as kg
from kerasgen import spaces
from kerasgen.data import oracle
from kerasgen.errors import InvalidDataError, MissingDataError
from kerasgen.metrics import ngrams
from kerasgen.models.autoregressive.policy_gradient import advantages
from kerasgen.objectives import rewards
from kerasgen.ops import gumbel, rng

V, T = 3, 3
EVERY = np.array(list(itertools.product(range(V), repeat=T)), "int32")
WORTH = np.random.default_rng(1).uniform(size=len(EVERY)).astype("float32")  # of each, in their order
eagerly = pytest.mark.usefixtures("eagerly")
cnn = functools.partial(kg.networks.textcnn.discriminator, width=2, windows=(1,), filters=2, hidden=2)


class Table(rewards.Reward):
    """Any reward of sequences of three tokens of three."""

    def __call__(self, x, references):
        return tf.gather(WORTH, tf.linalg.matvec(x, [V**2, V, 1]))


@functools.cache
def network(size=V, length=T):
    """A network whose weights are all at random."""
    made = kg.networks.language.recurrent(size, length, width=2, units=3, cell="gru")
    random = np.random.default_rng(0)
    made.set_weights([0.8 * random.normal(size=w.shape) for w in made.get_weights()])
    return made


def policy(**options):
    made = kg.PolicyGradient(network(), spaces.Tokens(T, V), reward=Table(), seed=0, **options)
    made.compile("sgd", jit_compile=False)
    return made


def probabilities(made):
    """p of every sequence, and of every beginning {tokens: p}."""
    p = np.exp(made.log_prob(EVERY).astype("float64"))
    begins = {}
    for row, value in zip(EVERY, p, strict=True):
        for at in range(T + 1):
            begins[tuple(row[:at])] = begins.get(tuple(row[:at]), 0) + value
    return p, begins


def flat(gradients):
    return np.concatenate([np.ravel(g) for g in gradients])


def enumerated_gradient(made):
    """That of sum_x p(x) R(x) with respect to all weights."""
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(tf.exp(made.log_density(tf.constant(EVERY), None, made.network)) * WORTH)
    return flat(map(tf.convert_to_tensor, tape.gradient(value, made.network.trainable_variables)))


def drawn_gradients(made, num, batch, baseline=True):
    """That of the train step's objective, of `num` steps of `batch` sequences: (num, weights)."""
    weights = made.network.trainable_variables
    real = tf.constant(EVERY[:1])

    @tf.function(autograph=False)
    def one(key):
        draw_key, go_on_key = rng.split(key, 2)
        x = made.drawn(draw_key, batch)
        values = made.action_values(x, real, None, go_on_key)
        with tf.GradientTape() as tape:
            if baseline:
                objective = made.policy_objective(x, values)
            else:
                objective = tf.reduce_sum(values * made.token_log_density(x, None, made.network), axis=1)
            value = tf.reduce_mean(objective)
        return [tf.convert_to_tensor(g) for g in tape.gradient(value, weights)]

    return np.stack([flat(one(rng.key(seed))) for seed in range(num)])


# Policy gradients.


@pytest.mark.parametrize("rollouts", [0, 2])
def test_the_policy_gradient_is_that_of_the_expected_reward(rollouts):
    """With the mean of the others as a baseline: within four standard errors in all weights."""
    made = policy(rollouts=rollouts)
    expected, found = enumerated_gradient(made), drawn_gradients(made, 100, 400)
    error = found.std(axis=0, ddof=1) / 100**0.5
    assert (np.abs(found.mean(axis=0) - expected) < 4 * error + 1e-6).all()
    assert (np.abs(expected) > 8 * error).mean() > 0.5  # all of which would be seen if it were wrong


def test_a_baseline_leaves_the_mean_and_lowers_the_variance():
    made = policy()
    found, without = (drawn_gradients(made, 100, 16, baseline) for baseline in (True, False))
    error = np.sqrt((found.var(axis=0, ddof=1) + without.var(axis=0, ddof=1)) / 100)
    assert (np.abs(found.mean(axis=0) - without.mean(axis=0)) < 4 * error + 1e-6).all()
    assert found.var(axis=0).sum() < 0.5 * without.var(axis=0).sum()


def test_the_baseline_is_the_mean_of_the_other_rows():
    values = np.random.default_rng(0).normal(size=(3, 2)).astype("float32")
    expected = values - (values.sum(axis=0) - values) / 2
    np.testing.assert_allclose(advantages(tf.constant(values)), expected, atol=1e-6)
    assert (advantages(tf.constant(values[:1])).numpy() == values[:1]).all()


def test_rollouts_find_what_a_beginning_is_worth():
    """E of the reward given x_1, ..., x_t, of all sequences at once; at the last token the reward itself."""
    made, num = policy(rollouts=1000), 1000
    p, begins = probabilities(made)
    values = tf.function(made.action_values, autograph=False)(
        tf.constant(EVERY), tf.constant(EVERY[:1]), None, rng.key(3)
    ).numpy()
    np.testing.assert_allclose(values[:, -1], WORTH, rtol=1e-6)
    for row, found in zip(EVERY, values, strict=True):
        for at in range(1, T):
            chosen = (EVERY[:, :at] == row[:at]).all(axis=1)
            share = p[chosen] / begins[tuple(row[:at])]
            mean = share @ WORTH[chosen]
            error = np.sqrt((share @ (WORTH[chosen] - mean) ** 2) / num)
            assert abs(found[at - 1] - mean) < 4 * error


def test_rollouts_keep_what_they_go_on_from():
    made, seen = policy(rollouts=4), []
    tf.config.run_functions_eagerly(True)
    made.rewards = lambda x, *_: seen.append(x.numpy()) or tf.zeros(len(x))
    try:
        made.action_values(tf.constant(EVERY[5:9]), None, None, rng.key(0))
    finally:
        tf.config.run_functions_eagerly(False)
    last, one, two = seen
    assert np.array_equal(last, EVERY[5:9])
    for known, rows in ((1, one), (2, two)):
        assert np.array_equal(rows[:, :known], np.tile(EVERY[5:9], (4, 1))[:, :known])


def test_a_step_raises_the_reward_and_leaves_what_rests():
    made = kg.PolicyGradient(
        keras.models.clone_model(network()), spaces.Tokens(T, V), reward=Table(), samples=64, seed=0
    )
    made.compile(kg.training.FusedAdam(0.05), jit_compile=False)
    history = made.fit(np.tile(EVERY, (10, 1)), batch_size=9, epochs=2, verbose=0).history
    assert history["reward"][1] > history["reward"][0] and made.sample(64, seed=0).shape == (64, T)
    p, _ = probabilities(made)
    assert p @ WORTH > 0.95 * WORTH.max()


def judged(**options):
    judge = kg.networks.textcnn.discriminator(V, T, width=2, windows=(1, 2), filters=2, hidden=2)
    net = keras.models.clone_model(network())
    made = kg.PolicyGradient(net, spaces.Tokens(T, V), discriminator=judge, seed=0, **options)
    made.compile("sgd", "sgd", jit_compile=False)
    return made


@eagerly
def test_policy_and_discriminator_learn_in_turn():
    made = judged(generator_every=3, warmup_steps=4, samples=8)
    state = lambda network: [w.numpy().copy() for w in network.trainable_weights]
    moved = []
    for _ in range(10):
        before, judge = state(made.network), state(made.discriminator)
        made.train_step(tf.constant(EVERY[:8]))
        moved.append(any((a != b).any() for a, b in zip(before, state(made.network), strict=True)))
        assert any((a != b).any() for a, b in zip(judge, state(made.discriminator), strict=True))
    assert [at for at, each in enumerate(moved) if each] == [6, 9]


# BLEU.


def test_bleu_in_a_graph_is_that_of_arrays():
    random = np.random.default_rng(0)
    x, references = (random.integers(5, size=(num, 8)).astype("int32") for num in (12, 30))
    for n in (1, 2, 3):
        found = rewards.Bleu(n)(tf.constant(x), tf.constant(references)).numpy()
        expected = [ngrams.bleu([row], list(references), n) for row in x]
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert 0 < found.min() < found.max()


def test_bleu_by_hand():
    """1 2 1 1 against 1 2 3 1 and 2 3 2 3: 3 of 4 tokens, since 1 counts twice at most, and 1 of 3 pairs."""
    references = tf.constant([[1, 2, 3, 1], [2, 3, 2, 3]])
    found = rewards.Bleu(2)(tf.constant([[1, 2, 1, 1], [2, 3, 2, 3], [4, 4, 4, 4]]), references)
    np.testing.assert_allclose(found, [(3 / 4 * 1 / 3) ** 0.5, 1, 0], rtol=1e-6)


# The Gumbel-softmax.


def test_the_largest_of_noisy_logits_is_a_draw_from_their_softmax():
    """Chi-square of 8 categories: 24.32 is the 99.9 % quantile of 7 degrees of freedom."""
    logits, num = np.linspace(-2, 2, 8).astype("float32"), 20_000
    noise = gumbel.noise(rng.key(5), (num, 8))
    counts = np.bincount(gumbel.argmax(logits, noise), minlength=8)
    expected = num * np.exp(logits) / np.exp(logits).sum()
    assert ((counts - expected) ** 2 / expected).sum() < 24.32
    relaxed = gumbel.softmax(logits, noise, 5.0).numpy()
    assert np.array_equal(relaxed.argmax(axis=1), gumbel.argmax(logits, noise))
    assert np.isfinite(noise).all()
    np.testing.assert_allclose(np.mean(noise), np.euler_gamma, atol=4 * np.pi / (6 * num * 8) ** 0.5)


def test_no_gradient_passes_an_argmax_and_one_passes_the_softmax():
    """The gradient of words (a change that is small enough changes none of them) and of their weights."""
    logits, noise = tf.constant([[0.5, -1.0, 2.0]]), tf.constant([[0.1, 0.3, -0.2]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        hard = tf.one_hot(gumbel.argmax(logits, noise), 3)
        soft = gumbel.softmax(logits, noise, 2.0)
        judged = [tf.reduce_sum(each * [1.0, 2.0, 4.0]) for each in (hard, soft)]
    assert tape.gradient(judged[0], logits) is None
    weights = soft.numpy()[0]
    score = np.array([1.0, 2.0, 4.0])
    expected = 2.0 * weights * (score - weights @ score)
    np.testing.assert_allclose(tape.gradient(judged[1], logits)[0], expected, rtol=1e-5)


def gumbel_gan(**options):
    """Its discriminator is smooth."""
    judge = micro.dense([((T, V), "float32")], (1,))
    made = kg.GumbelGAN(keras.models.clone_model(network()), spaces.Tokens(T, V), judge, seed=0, **options)
    made.network.set_weights(network().get_weights())
    made.compile("sgd", "sgd", jit_compile=False)
    return made


@eagerly
def test_the_gradient_of_the_game_is_that_of_finite_differences():
    """With the tokens that are read held fixed, as stated; the largest one of each weight.

    A loss of about 1 is known to 1e-7, its difference over steps of 0.02 to 1e-5.
    """
    made = gumbel_gan(inverse_temperature=1.5)
    real, key = made.one_hot(EVERY[:6]), rng.key(1)
    noise = gumbel.noise(key, (6, T, V))
    tokens = made.by_noise(made.network, noise)
    made.by_noise = lambda *_: tokens
    loss = lambda: made.g_loss(real, made.relaxed(made.network, 6, None, key))
    weights = made.network.trainable_variables
    with tf.GradientTape() as tape:
        value = loss()
    gradients = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(value, weights)]
    assert min(np.abs(g).max() for g in gradients) > 1e-3
    for weight, gradient in zip(weights, gradients, strict=True):
        before, at = weight.numpy(), np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        moved = []
        for step in (1e-2, -1e-2):
            changed = before.copy()
            changed[at] += step
            weight.assign(changed)
            moved.append(float(loss()))
        weight.assign(before)
        assert (moved[0] - moved[1]) / 2e-2 == pytest.approx(gradient[at], rel=1e-3, abs=2e-5)


@eagerly
def test_weights_of_tokens_become_the_tokens_and_are_those_of_the_texts():
    made, key = gumbel_gan(inverse_temperature=200.0), rng.key(2)
    found = made.relaxed(made.network, 50, None, key).numpy()
    tokens = made.by_noise(made.network, gumbel.noise(key, (50, T, V))).numpy()
    assert np.array_equal(found.argmax(axis=-1), tokens)
    assert (found.max(axis=-1) > 0.99).mean() > 0.9
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-5)


def test_sequences_by_noise_are_drawn_as_often_as_they_are_probable():
    made = gumbel_gan()
    p, num = np.exp(made.log_prob(EVERY)), 4000
    noise = gumbel.noise(rng.key(4), (num, T, V))
    drawn = tf.function(lambda: made.by_noise(made.network, noise), autograph=False)().numpy()
    counts = np.bincount(drawn @ [V**2, V, 1], minlength=len(p))
    assert (np.abs(counts - num * p) < 4 * np.sqrt(num * p * (1 - p)) + 1).all()


@eagerly
def test_behind_the_end_of_a_text_weights_are_those_of_the_end():
    event = spaces.Characters("ab", T, (1, T))
    judge = kg.networks.textcnn.discriminator(V, T, width=2, windows=(1,), filters=2, hidden=2, relaxed=True)
    made = kg.GumbelGAN(network(), event, judge, seed=0)
    found = made.relaxed(made.network, 40, None, rng.key(0)).numpy()
    tokens = found.argmax(axis=-1)
    short = tokens[:, 1] == 0
    assert 0 < short.sum() < 40 and (found[short, 2] == [1, 0, 0]).all()
    assert (found[:, 0, 0] == 0).all()  # no text is empty


@eagerly
def test_discriminators_are_told_the_condition_of_what_they_read():
    """And copies of it, where rollouts go on: label 1 is worth more than label 0, whatever is drawn."""
    labels, x = tf.constant([0, 1, 1, 0]), tf.constant(EVERY[:4])
    net = kg.networks.language.recurrent(V, T, width=2, units=2, num_classes=2)
    judges = []
    for relaxed in (False, True):
        judges.append(cnn(V, T, num_classes=2, relaxed=relaxed, dropout=0.0))
        table = next(one for one in judges[-1].layers if one.input is judges[-1].inputs[1] and one.weights)
        table.set_weights([np.array([[-9.0, 0.0], [9.0, 0.0], [0.0, 0.0]])])
        judges[-1].layers[-1].kernel.assign([[1.0], [0.0]])
    options = {"condition": 2, "seed": 0}
    made = kg.PolicyGradient(net, spaces.Tokens(T, V), discriminator=judges[0], rollouts=3, **options)
    values = made.action_values(x, x, labels, rng.key(0)).numpy()
    assert (values[[0, 3]] < 0.01).all() and (values[[1, 2]] > 0.99).all()
    game = kg.GumbelGAN(net, spaces.Tokens(T, V), judges[1], game="non_saturating", **options)
    game.compile("sgd", "sgd", jit_compile=False)
    logs = {name: float(value) for name, value in game.train_step((x, labels)).items()}
    assert logs["d_real"] == pytest.approx(logs["d_fake"], abs=0.5) and np.isfinite(list(logs.values())).all()


# The oracle.


def small_oracle(size=4, units=2):
    random = np.random.default_rng(0)
    shapes = {"embedding": (size, units), "V": (units, size), "c": (size,)}
    for gate in "ifoc":
        shapes |= {f"W{gate}": (units, units), f"U{gate}": (units, units), f"b{gate}": (units,)}
    return {name: random.normal(size=shape).astype("float32") for name, shape in shapes.items()}


def test_the_oracle_is_its_formula():
    """Two tokens, a step at a time, in float64; the first input is the vector of the token 0."""
    w = {name: value.astype("float64") for name, value in small_oracle().items()}
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    h, c, nats = np.zeros(2), np.zeros(2), 0.0
    for last, token in ((0, 3), (3, 1)):
        x = w["embedding"][last]
        gate = {g: x @ w[f"W{g}"] + h @ w[f"U{g}"] + w[f"b{g}"] for g in "ifoc"}
        c = sigmoid(gate["f"]) * c + sigmoid(gate["i"]) * np.tanh(gate["c"])
        h = sigmoid(gate["o"]) * np.tanh(c)
        p = np.exp(h @ w["V"] + w["c"])
        nats += np.log(p[token] / p.sum())
    assert oracle.Oracle(small_oracle()).log_prob([[3, 1]])[0] == pytest.approx(nats, abs=1e-5)


def as_model(weights, length):
    """The oracle as a model of the library: another program of the same distribution."""
    size, units = weights["embedding"].shape
    x = keras.Input((length,), dtype="int32")
    h = keras.layers.Embedding(size + 1, units)(x)
    h = kg.layers.stepwise.LSTM(units)(h)
    made = keras.Model(x, keras.layers.Dense(size)(h))
    join = lambda kind: np.concatenate([weights[kind + gate] for gate in "ifoc"], axis=-1)
    bias = join("b") - np.repeat([0, 1, 0, 0], units)  # the library's gates forget less at first
    table = np.concatenate([weights["embedding"], weights["embedding"][:1]])
    made.set_weights([table, join("W"), join("U"), bias, weights["V"], weights["c"]])
    return kg.SequenceModel(made, spaces.Tokens(length, size), seed=0)


def test_the_oracle_is_an_lstm_of_the_library_and_draws_as_it_says():
    known = oracle.Oracle(small_oracle())
    x = np.array(list(itertools.product(range(4), repeat=3)), "int32")
    nats = known.log_prob(x)
    np.testing.assert_allclose(nats, as_model(small_oracle(), 3).log_prob(x), atol=1e-4)
    assert np.exp(nats).sum() == pytest.approx(1, abs=1e-5)
    drawn, num = known.sample(5000, 3, seed=1), 5000
    counts, p = np.bincount(drawn @ [16, 4, 1], minlength=64), np.exp(nats)
    assert (np.abs(counts - num * p) < 4 * np.sqrt(num * p * (1 - p)) + 1).all()
    assert np.array_equal(known.sample(101, 3, seed=1), drawn[:101])
    cold = np.bincount(known.sample(5000, 1, seed=2, temperature=0.5)[:, 0], minlength=4)
    first = np.exp(known.log_prob(np.arange(4)[:, None]) * 2)
    np.testing.assert_allclose(cold / 5000, first / first.sum(), atol=4 * 0.5 / 5000**0.5)


@pytest.mark.data
def test_the_published_oracle_scores_its_own_sequences_as_published():
    """5.75 nats a token at length 20 (Yu et al., 2017), within four standard errors and its last digit."""
    known = oracle.published()
    x = known.sample(2000, 20, seed=3)
    nats = -known.log_prob(x) / 20
    assert nats.mean() == pytest.approx(5.75, abs=4 * nats.std() / 2000**0.5 + 0.005)
    made = as_model({name: value for name, value in _published().items()}, 20)
    np.testing.assert_allclose(made.log_prob(x[:50]), known.log_prob(x[:50]), atol=0.01)


def _published():
    import os

    return dict(np.load(os.path.join(os.environ["TFDS_DATA_DIR"], oracle.FILE)))


def of_tokens(reward=None, judge=None, net=network, **options):
    return kg.PolicyGradient(net(), spaces.Tokens(T, V), reward=reward, discriminator=judge, **options)


def unstepped():
    x = keras.Input((T,), dtype="int32")
    h = keras.layers.LSTM(2, return_sequences=True)(keras.layers.Embedding(V + 1, 2)(x))
    return keras.Model(x, keras.layers.Dense(V)(h))


test_what_does_not_go_together_is_refused = refusals(
    {
        "nothing that judges": (of_tokens, "reward"),
        "two that judge": (lambda: of_tokens(Table(), cnn(V, T)), "reward"),
        "a reward of another kind": (lambda: of_tokens(len), TypeError, "reward"),
        "a discriminator of other sequences": (lambda: of_tokens(judge=cnn(V, T + 1)), "discriminator"),
        "a discriminator of weights": (lambda: of_tokens(judge=cnn(V, T, relaxed=True)), "discriminator"),
        "a turn without another player": (lambda: of_tokens(Table(), generator_every=2), "generator_every"),
        "a network without steps": (lambda: of_tokens(Table(), net=unstepped), "network"),
        "a second optimizer": (lambda: policy().compile("sgd", "sgd"), "d_optimizer"),
        "a discriminator of tokens": (
            lambda: kg.GumbelGAN(network(), spaces.Tokens(T, V), cnn(V, T)), "discriminator",
        ),
        "no temperature": (
            lambda: kg.GumbelGAN(
                network(), spaces.Tokens(T, V), cnn(V, T, relaxed=True), inverse_temperature=0
            ),
            "inverse_temperature",
        ),
        "long n-grams": (lambda: rewards.Bleu(5), "n"),
        "long windows": (lambda: cnn(V, 2, windows=(3,)), "windows"),
        "tokens of another vocabulary": (
            lambda: oracle.Oracle(small_oracle()).log_prob([[4]]), InvalidDataError, "x",
        ),
        "no sequences": (lambda: oracle.Oracle(small_oracle()).sample(0), "num"),
        "no oracle": (lambda: oracle.published("/nowhere"), MissingDataError, "oracle"),
    }
)  # fmt: skip


# Read, and evaluated.


def test_tokens_are_read_as_they_are():
    batch = next(iter(kg.data.from_array(EVERY, batch_size=9, shuffle=False)))
    assert batch.dtype == "int32" and np.array_equal(batch, EVERY[:9])
    with pytest.raises(InvalidDataError, match="`images`"):
        kg.data.from_array(EVERY[:, :, None], batch_size=9)


@eagerly
def test_sequences_are_evaluated_by_a_source_that_is_known(monkeypatch):
    from kerasgen.evaluation import by_space, known

    source, recipe = oracle.Oracle(small_oracle()), kg.registry.get_recipe("mle_oracle")
    splits = {"train": source.sample(30, 6, 1), "test": source.sample(20, 6, 2)}
    monkeypatch.setattr(kg.data, "arrays", lambda name, split: (splits[split], None))
    monkeypatch.setitem(known.LOG_PROBS, "oracle", source.log_prob)
    made = kg.SequenceModel(network(4, 6), spaces.Tokens(6, 4), seed=0)
    found = by_space.evaluation_of(made.event)(made, recipe, "oracle", 15, [0, 1])
    values = {name: figure["value"] for name, figure in found.figures.items()}
    assert values["nats_per_token"] == pytest.approx(-made.log_prob(splits["test"]).mean() / 6, rel=1e-5)
    nats = [-source.log_prob(made.sample(15, seed=seed)).mean() / 6 for seed in (0, 1)]
    assert values["oracle_nats"] == pytest.approx(np.mean(nats), rel=1e-5)
    floor = -source.log_prob(splits["test"]).mean()
    assert found.figures["nats"]["floor"] == pytest.approx(-floor)
    assert found.figures["nats_per_token"]["floor"] == pytest.approx(floor / 6)
    assert set(values) >= {"bleu2", "copied_5", "bits_per_token_bigram", "samples_per_second"}
    cool = {name: figure["value"] for name, figure in found.variants["temperature_0.7"].items()}
    assert cool["oracle_nats"] != values["oracle_nats"]
    logits = made.predict(splits["test"], verbose=0).astype("float64") / 0.7
    logits -= np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    chosen = np.take_along_axis(logits, splits["test"][..., None].astype(int), axis=-1)
    assert cool["nats_per_token"] == pytest.approx(-chosen.mean(), rel=1e-5)
    assert found.settings["nats_of"] == "tokens"
