"""LatentModel: a generative model with a code z that can be read from examples and turned into them."""

import functools

import tensorflow as tf

from kerasgen import spaces
from kerasgen.models.core import interpolation
from kerasgen.models.core.generative import GenerativeModel
from kerasgen.models.core.rows import by_chunks
from kerasgen.ops import paths


class LatentModel(GenerativeModel):
    """x -> code -> x: `encode`, `decode`, `reconstruct`, `interpolate`, and the same when served.

    A family writes `encoded`, `decoded` and `draw_prior`, functions of tensors. Its condition
    makes every one of them conditional.

    Args:
        event: See `ZooModel`.
        latent: Space of a code: a `spaces.Box` of real numbers, or `spaces.Tokens`.
        code_outputs: {name: space} of what `encoded` gives; the first is what `decode` takes.
    """

    def __init__(self, event, latent, code_outputs, **kwargs):
        super().__init__(event, **kwargs)
        self.latent, self.code_outputs = latent, code_outputs
        graph = functools.partial(tf.function, autograph=False)
        self._encode = graph(lambda *rows: tuple(self.encoded(*rows).values()))
        self._decode, self._reconstruct = graph(self.decoded), graph(self.reconstructed)
        self._code, self._emit = graph(self.draw_prior), graph(self.emitted)

    # What a family writes.

    def encoded(self, x, condition=None):
        """{name: (batch, ...)} of x (batch, *event.shape); the first is what `decode` takes."""
        raise NotImplementedError(f"{type(self).__name__} does not encode.")

    def decoded(self, z, condition=None):
        """Examples (batch, *event.shape) of codes z (batch, *latent.shape)."""
        raise NotImplementedError(f"{type(self).__name__} does not decode.")

    def draw_prior(self, keys, condition=None):
        """One code per key of shape (num, 2): (num, *latent.shape). Row i uses keys[i] only."""
        raise NotImplementedError(f"{type(self).__name__} has no prior.")

    def path(self, start, end, steps):
        """`steps` codes from each of `start` (num, *latent.shape) to that of `end`, both included."""
        return paths.between(start, end, steps, great_circle=True)

    def emitted(self, z, keys, condition=None):
        """The samples that codes z (num, *latent.shape) become; what noise they need, by row from `keys`."""
        return self.decoded(z, condition)

    # What follows from it.

    def draw(self, keys, condition=None):
        return self.emitted(self.draw_prior(keys, condition), keys, condition)

    def reconstructed(self, x, condition=None):
        """Examples from the codes of examples, as tensors."""
        return self.decoded(next(iter(self.encoded(x, condition).values())), condition)

    def encode(self, x, condition=None):
        """The arrays of `encoded`, each (num, ...): `mean, std = model.encode(x)` of a VAE.

        Args:
            x: Examples (num, *event.shape) in the range of the data.
            condition: For a conditional model: one value, or one per row.

        Raises:
            InvalidDataError: If `x` or `condition` is not of that kind.
        """
        return by_chunks(self._encode, self.example_rows(x, condition), self.chunk)

    def decode(self, z, condition=None):
        """Examples of codes z (num, *latent.shape): (num, *event.shape). Otherwise as `encode`."""
        z = tf.constant(self.latent.check(z, "z"))
        return by_chunks(self._decode, self.beside_condition(z, condition), self.chunk)

    def reconstruct(self, x, condition=None):
        """`decode` of the first array of `encode`: (num, *event.shape). Arguments and errors are its own."""
        return by_chunks(self._reconstruct, self.example_rows(x, condition), self.chunk)

    def interpolate(self, num=8, steps=10, seed=0, condition=None):
        """Examples along paths between codes of the prior: (num, steps, *event.shape).

        Args:
            num, steps: Paths, and examples along each, both ends included.
            seed: As in `sample`; path i runs from row 2i of that sample to row 2i + 1. What else
                the two rows have, their conditions too, passes from one to the other halfway.
            condition: As in `sample`, one per path.
        """
        rows = num, steps, seed, condition
        return interpolation.interpolate(self, self._code, self.path, self._emit, *rows)

    # Serving.

    def endpoints(self):
        """Adds `encode` (x to codes), `decode` (z to samples) and `reconstruct` (x to samples).

        A conditional model takes one condition per row beside them.
        """
        samples = lambda function: lambda *rows: {"samples": function(*rows)}
        x, z = {"x": self.event} | self.condition_input(), {"z": self.latent} | self.condition_input()
        event = {"samples": self.event}
        return super().endpoints() | {
            "encode": spaces.Endpoint(self.encoded, x, self.code_outputs),
            "decode": spaces.Endpoint(samples(self.decoded), z, event),
            "reconstruct": spaces.Endpoint(samples(self.reconstructed), x, event),
        }
