"""Autoregressive models of images: p(x) = prod_i p(x_i | x_1, ..., x_i-1), exactly."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.models.autoregressive import completion
from kerasgen.models.autoregressive.conditions import check_condition
from kerasgen.models.autoregressive.shifts import Shifts
from kerasgen.models.core.generative import GenerativeModel
from kerasgen.models.core.pixel_likelihoods import pixels
from kerasgen.models.core.pixelwise import Pixelwise, stages_of
from kerasgen.models.core.rows import by_chunks
from kerasgen.models.core.weighting import mean
from kerasgen.ops import checks


@keras.saving.register_keras_serializable("kerasgen")
class Autoregressive(GenerativeModel):
    """A network that says of every component of an image how it follows from those before it.

    Components stand in raster order: rows from the top, columns from the left, channels in their order
    (van den Oord et al., 2016, arXiv:1601.06759, equation 1). Training and `log_prob` take one pass; `sample`
    draws component by component, each at the cost of its own window where all layers of the network that
    read x are causal ones of the library, or work on each position by itself (`samplers.stages`), and of a
    whole pass where they are not.

    Args:
        network: Functional model, x (batch, h, w, c), and with a condition its rows, to float32
            (batch, h, w, any): the parameters of the distribution of every component, which must depend on
            components before it alone. Output k of a pixel belongs to its channel k mod c.
        likelihood: "bernoulli", a logit for each bit; "bit_patterns", 2^c logits for each pixel, whose c bits
            come together; "categorical", `levels` logits for each component; or "logistic_mixture",
            1 + 2 c + c (c - 1) / 2 numbers for each component of the mixture (see
            `distributions.logistic_mixture`): with it and with patterns the network does not tell the
            channels of a pixel apart.
        levels: K from 2 to 2^16, how many values a component takes, evenly spaced in `value_range`;
            examples are put at the nearest one. Bits have two.
        value_range: (low, high) of x; (0, 1) for bits; None, with "categorical", for ints in [0, K), such as
            the colors of a palette or the codes of a VQ-VAE, (h, w) or (h, w, c).
        condition: None, a space such as `spaces.Label(10)`, a number of classes, or texts.
        ema, seed, name: See `ZooModel`; the average of the network is what samples and scores.
        block: With "bit_patterns", the side b of blocks of pixels that are drawn together: examples are
            (h b, w b, c / b^2), and raster order is that of blocks. A network of 2x2 blocks has a quarter of
            the positions, and attention a sixteenth of the pairs.
        shifts: Pixels by which an example of a train step may be moved along both axes; 0 for none. The
            network's second input is then the shift, a label: see `models.autoregressive.shifts`.

    Logs: `loss`, -log p(x) of an example in nats.

    Raises:
        TypeError, ValueError: If an argument is none of these, or they do not go together; also if a
            component of the network's output is seen to depend on itself or on later ones.
    """

    weighted = True

    def __init__(
        self,
        network,
        likelihood="bernoulli",
        levels=256,
        value_range=(0.0, 1.0),
        condition=None,
        ema=None,
        seed=None,
        name=None,
        block=1,
        shifts=0,
    ):
        self.pixels = pixels(likelihood, network, levels, value_range, block)
        condition, self.moves = spaces.as_condition(condition), Shifts(shifts)
        check_condition(network, condition, self.moves.space)
        stages_of(network, self.pixels)
        super().__init__(self.pixels.event, condition=condition, ema=ema, seed=seed, name=name)
        self.likelihood, self.levels, self.value_range = (
            likelihood,
            self.pixels.levels,
            self.pixels.value_range,
        )
        self.block, self.shifts = self.pixels.block, self.moves.most
        self.network, self.average = network, self.average_of(network)
        self.factors = Pixelwise(network, self.average, self.pixels)
        self._log_density = tf.function(self.log_density, autograph=False, reduce_retracing=True)
        self._complete = tf.function(self.completed, autograph=False, reduce_retracing=True)

    @property
    def support(self):
        return self.pixels.support

    # Training.

    def train_step(self, data):
        """One step down the mean of -log p(x)."""
        x, condition, weight = self.unpack(data)
        if self.shifts:
            x, condition = self.moves.draw(x, self.key())
        with tf.GradientTape() as tape:
            loss = mean(-self.log_density(x, condition, training=True), weight)
        self.minimize(tape, loss, self.network, self.optimizer)
        return self.finish_step(loss=loss)

    def test_step(self, data):
        """The same of held-out data, by the averaged network."""
        x, condition, weight = self.unpack(data)
        return self.track(weight, loss=-self.log_density(x, condition))

    # Likelihood.

    def call(self, x, condition=None, training=False):
        """The parameters of every component's distribution, (batch, h, w, any), by the averaged network."""
        rows = self.pixels.rows(x)
        return self.factors.output(rows, self._given(condition, ops.shape(rows)[0]))

    def log_density(self, x, condition=None, training=False):
        """log p(x) in nats, (batch,), of tensors."""
        return self.factors.log_prob(x, self._given(condition, ops.shape(x)[0]), training)

    def _given(self, condition, batch):
        """What the network is told beside x: a condition, or a shift, which is none unless given."""
        if self.shifts and condition is None:
            condition = self.moves.none(batch)
        return () if condition is None else (condition,)

    def log_prob(self, x, condition=None, progress=False):
        """log p(x) in nats, exactly: float32 (num,); of bits, or of the levels of all components.

        Args:
            x: Examples (num, *event.shape), as for `fit`.
            condition: For a conditional model, one value or one per row: log p(x | condition).
            progress: Whether to show a bar.

        Raises:
            InvalidDataError: If `x` or `condition` is not of that kind.
            ValueError: If `condition` is missing, or given to a model without one.
        """
        checks.flag("progress", progress)
        return by_chunks(self._log_density, self.example_rows(x, condition), self.chunk, progress)

    # Sampling.

    def draw(self, keys, condition=None):
        return self._complete(keys, condition)

    def completed(self, keys, condition=None, known=None):
        """Examples component by component, by tensors; what is known, (x, mask), is kept."""
        return self.factors.draw(keys, self._given(condition, ops.shape(keys)[0]), known)

    def inpaint(self, x, mask, seed=None, condition=None, progress=False):
        """Examples that go on from the first components of x: see `completion.inpaint`."""
        return completion.inpaint(self, x, mask, seed, condition, progress)

    def trajectory(self, num=8, steps=10, seed=None, condition=None):
        """Examples while they are drawn: see `completion.trajectory`."""
        return completion.trajectory(self, num, steps, seed, condition)

    # Saving and serving.

    def components(self):
        return {"network": self.with_average(self.network)}

    def endpoints(self):
        """Adds `log_prob`: examples x, and conditions if there are any, to nats (rows,)."""
        density = lambda *rows: {"log_prob": self.log_density(*rows)}
        inputs = {"x": self.event} | self.condition_input()
        return super().endpoints() | {
            "log_prob": spaces.Endpoint(density, inputs, {"log_prob": spaces.Nats()})
        }

    def get_config(self):
        return super().get_config() | self.config_of(
            "network", "likelihood", "levels", "value_range", "condition", "block", "shifts"
        )
