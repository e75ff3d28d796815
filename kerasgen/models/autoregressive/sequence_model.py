"""Autoregressive models of sequences: p(x) = prod_t p(x_t | x_1, ..., x_t-1), exactly."""

import keras
import tensorflow as tf

from kerasgen import spaces
from kerasgen.models.autoregressive import alignment, causality, searching, writing
from kerasgen.models.autoregressive.conditions import check_condition
from kerasgen.models.autoregressive.symbols import symbols
from kerasgen.models.core.generative import GenerativeModel
from kerasgen.models.core.rows import by_chunks
from kerasgen.models.core.weighting import mean
from kerasgen.objectives.teacher_forcing import Schedule
from kerasgen.ops import checks, rng
from kerasgen.samplers import beam, sequential

LONG = 1000  # tokens of a sequence that is drawn by XLA


@keras.saving.register_keras_serializable("kerasgen")
class SequenceModel(GenerativeModel):
    """A network that says of every token of a sequence how it follows from those before it.

    The network reads what stands before each token: the number V at first, then the tokens. Training and
    `log_prob` take one pass; `sample` draws token by token, each at the cost of one step where all layers
    that read x are stepwise ones of the library (`layers.stepwise`), or work on each position by itself, and
    of a whole pass where they are not. Sutskever et al. (2011), icml.cc/2011/papers/524_icmlpaper.pdf;
    Graves (2013), arXiv:1308.0850.

    Args:
        network: Functional model, int32 (batch, length) in [0, V], and with a condition its rows, to float32
            logits (batch, length, V) of the tokens at the same places, from its inputs up to there alone.
        event: Space of a sequence: `spaces.Tokens(length, V)`; `spaces.Characters` or `spaces.Words`, whose
            texts end with a token 0; or `spaces.Waveform((length,))`, in V - 1 levels of the mu-law, which
            ends where only zeros follow.
        condition: None, a space such as `spaces.Label(10)` or `spaces.Labels`, a number of classes, or texts.
        schedule: None, to read true tokens in training, or a schedule of `objectives.teacher_forcing`: each
            token is then, with the probability that it says, the true one, else drawn from the network.
        ema, seed, name: See `ZooModel`; the average of the network is what samples and scores.

    Logs: `loss`, -log p(x) of an example in nats.

    Raises:
        TypeError, ValueError: If an argument is none of these, or they do not go together; also if an output
            of the network is seen to depend on later inputs.
    """

    support = "tokens"
    weighted = True
    terms = ("loss",)  # names of what a train step logs

    def __init__(self, network, event, condition=None, schedule=None, ema=None, seed=None, name=None):
        length, outputs = causality.check_sequences(network)
        self.symbols = symbols(event, outputs)
        causality.check_length(network, length, self.symbols)
        condition = spaces.as_condition(condition)
        check_condition(network, condition)
        schedule = None if schedule is None else checks.instance("schedule", schedule, Schedule)
        steps = causality.steps_of(network, self.symbols)
        names = {"metric_names": self.terms, "name": name}
        super().__init__(event, condition=condition, ema=ema, seed=seed, **names)
        self.network, self.average, self.schedule = network, self.average_of(network), schedule
        self.own_steps, self.stepped = steps, causality.steps_of(self.average, self.symbols)
        graph = lambda function: tf.function(function, autograph=False, reduce_retracing=True)
        self._token_log_density = graph(self.token_log_density)
        self._complete, self._search = graph(self.completed), graph(self.searched)
        self._complete_by_xla = tf.function(self.completed, autograph=False, jit_compile=True)

    # Training.

    def train_step(self, data):
        """One step down the mean of -log p(x), each token predicted from those before it."""
        x, condition, weight = self.unpack(data)
        read = None if self.schedule is None else self.mixed(x, condition)
        with tf.GradientTape() as tape:
            loss = mean(-self.log_density(x, condition, self.network, True, read), weight)
        self.minimize(tape, loss, self.network, self.optimizer)
        return self.finish_step(loss=loss)

    def test_step(self, data):
        """The same of held-out data, by the averaged network."""
        x, condition, weight = self.unpack(data)
        return self.track(weight, loss=-self.log_density(x, condition))

    def mixed(self, x, condition=None):
        """Tokens to read in the place of x: some true, the others drawn from the network as it is."""
        tokens, (own, coins) = self.symbols.tokens(x), rng.split(self.key(), 2)
        uniform = rng.uniform(own, (self.symbols.length, tf.shape(tokens)[0]))
        true = rng.uniform(coins, tf.shape(tokens)) < self.schedule(self.iterations)
        return self.own(writing.drawn(self.symbols, uniform), tf.shape(tokens)[0], condition, (tokens, true))

    def own(self, draw, num, condition=None, known=None):
        """Tokens (num, length) that the network draws as it is, not its average; no gradient passes."""
        how = draw, num, condition, known
        return tf.stop_gradient(self._drawn(self.network, self.own_steps, *how))

    # Likelihood.

    def call(self, x, condition=None, training=False):
        """The logits of every token, (batch, length, V), by the averaged network."""
        return self._logits(self.average, self.symbols.tokens(x), condition, training)

    def preceding(self, tokens):
        """What stands before each of the tokens (batch, length): the number V, then the tokens."""
        return tf.concat([self._start(tf.shape(tokens)[0])[:, None], tokens[:, :-1]], axis=1)

    def _logits(self, network, tokens, condition, training=False):
        before = self.preceding(tokens)
        logits = network(before if condition is None else [before, condition], training=training)
        return self.symbols.permitted(tf.cast(logits, "float32"))

    def _start(self, num):
        return tf.fill([num], self.symbols.size)

    def log_density(self, x, condition=None, network=None, training=False, read=None):
        """log p(x) in nats, (batch,), by a network; that of tensors, by the averaged one unless given."""
        return tf.reduce_sum(self.token_log_density(x, condition, network, training, read), axis=1)

    def token_log_density(self, x, condition=None, network=None, training=False, read=None):
        """log p(x_t | x_1, ..., x_t-1) of tensors in nats, (batch, length); 0 behind the end of a text.

        With tokens to `read`, (batch, length), x_t is predicted from those before it instead.
        """
        tokens = self.symbols.tokens(x)
        network = self.average if network is None else network
        logits = self._logits(network, tokens if read is None else read, condition, training)
        nats = -tf.nn.sparse_softmax_cross_entropy_with_logits(tokens, logits)
        alive = self.symbols.alive(tokens)
        return nats if alive is None else alive * nats

    def log_prob(self, x, condition=None, progress=False):
        """log p(x) in nats, exactly: float32 (num,); of tokens, of texts with their ends, or of levels.

        Args:
            x: Examples (num, *event.shape), as for `fit`; texts as strings, too.
            condition: For a conditional model, one value or one per row: log p(x | condition).
            progress: Whether to show a bar.

        Raises:
            InvalidDataError: If `x` or `condition` is not of that kind.
            ValueError: If `condition` is missing, or given to a model without one.
        """
        return self.token_log_prob(x, condition, progress).sum(axis=1)

    def token_log_prob(self, x, condition=None, progress=False):
        """log p(x_t | x_1, ..., x_t-1) in nats, float32 (num, length); arguments and errors as in `log_prob`.

        Behind the end of a text, which is a token of its own where texts may end, it is 0.
        """
        checks.flag("progress", progress)
        return by_chunks(self._token_log_density, self.example_rows(x, condition), self.chunk, progress)

    @property
    def attends(self):
        """Whether the network attends to its condition, so that there is an `alignment`."""
        return alignment.attention_of(self.network) is not None

    def alignment(self, x, condition):
        """What each token of x attends to in its condition: see `alignment.alignment`."""
        return alignment.alignment(self, x, condition)

    # Sampling.

    def draw(self, keys, condition=None):
        return self._complete(keys, condition)

    def drawing(
        self, progress=False, temperature=1.0, top_k=None, top_p=None, prompt=None, jit_compile="auto"
    ):
        """The function of `sample`, with its options.

        Args:
            temperature: Number from 0.01 to 100 that logits are divided by.
            top_k: None, or how many of the most probable tokens are drawn from, 1 to V.
            top_p: None, or the probability in (0, 1] of the fewest tokens that are drawn from.
            prompt: None, or the beginning of all samples: a text, tokens, or a waveform, shorter than a
                sequence.
            jit_compile: Whether XLA compiles the loop, once for every number of rows: it takes seconds, and
                is many times as fast then. "auto" for sequences of 1,000 tokens or more.
        """
        if jit_compile != "auto":
            checks.flag("jit_compile", jit_compile)
        by_xla = self.symbols.length >= LONG if jit_compile == "auto" else jit_compile
        complete = self._complete_by_xla if by_xla and self.stepped is not None else self._complete
        options = writing.options(self.symbols.size, temperature, top_k, top_p)
        known = None if prompt is None else self.symbols.begun(prompt, 1)

        def draw(keys, condition=None):
            rows = known and [tf.repeat(part, len(keys), axis=0) for part in known]
            return complete(keys, condition, rows, **options)

        return draw

    def completed(self, keys, condition=None, known=None, temperature=1.0, top_k=None, top_p=None):
        """Sequences token by token, by tensors; what is known, (tokens, mask), is kept."""
        uniform = tf.transpose(rng.by_row(self._uniform, keys))
        draw = writing.drawn(self.symbols, uniform, temperature, top_k, top_p)
        how = draw, tf.shape(keys)[0], condition, known
        return self.symbols.values(self._drawn(self.average, self.stepped, *how))

    def _drawn(self, network, steps, draw, num, condition, known):
        given = () if condition is None else (condition,)
        how = draw, self._start(num), self.symbols.length, given, known
        return sequential.naive(network, *how) if steps is None else sequential.cached(steps, *how)

    def _uniform(self, key):
        """All numbers that a sequence is drawn with, (length,)."""
        return rng.uniform(rng.stream(key, "tokens"), (self.symbols.length,))

    def complete(self, prompts, seed=None, condition=None, progress=False, **options):
        """Sequences that go on from prompts, one a row: see `writing.complete`."""
        return writing.complete(self, prompts, seed, condition, progress, **options)

    def beam_search(self, width=4, prompts=None, condition=None):
        """The most probable sequences that a beam finds, and log p of each: see `searching.beam_search`."""
        return searching.beam_search(self, width, prompts, condition)

    def searched(self, tokens, mask, condition=None, width=4):
        """(sequences, log p) of a beam, by tensors; what is known, (tokens, mask), is kept."""
        given = () if condition is None else (condition,)
        start = self._start(tf.shape(tokens)[0])
        found, nats = beam.beam_search(self.stepped, self.symbols, start, width, given, (tokens, mask))
        return self.symbols.values(found), nats

    # Saving and serving.

    def components(self):
        return {"network": self.with_average(self.network)}

    def endpoints(self):
        """Adds `log_prob`, and what is served of texts alone: see `writing.endpoints`."""
        density = lambda *rows: {"log_prob": self.log_density(*rows)}
        inputs = {"x": self.event} | self.condition_input()
        found = super().endpoints() | writing.endpoints(self)
        return found | {"log_prob": spaces.Endpoint(density, inputs, {"log_prob": spaces.Nats()})}

    def get_config(self):
        return super().get_config() | self.config_of("network", "event", "condition", "schedule")
