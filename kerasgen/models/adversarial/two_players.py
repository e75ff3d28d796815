"""What every model of a generator and a discriminator has."""

import functools

import tensorflow as tf

from kerasgen.models.core.generative import GenerativeModel
from kerasgen.ops import checks


class TwoPlayers(GenerativeModel):
    """A model with a `generator` and a `discriminator`, each with an optimizer of its own.

    Args:
        truncation: psi >= 0, which `draw` takes by this name: what the generator hears becomes
            mean + psi (what it hears - mean). Below 1 samples are likelier to look real and more alike
            (Brock et al., 2019, arXiv:1809.11096, section 3.1); 1 changes nothing.
        **kwargs: See `GenerativeModel`.
    """

    def __init__(self, event, truncation=1.0, **kwargs):
        super().__init__(event, **kwargs)
        self.truncation = checks.number("truncation", truncation, 0)
        drawing = lambda psi: tf.function(functools.partial(self.draw, truncation=psi), autograph=False)
        self._graph_of = functools.cache(drawing)

    def drawing(self, progress=False, truncation=None):
        """As in `GenerativeModel`.

        Args:
            progress: Not used: one pass draws a chunk.
            truncation: psi >= 0; None takes the model's own.
        """
        if truncation is None:
            return self._draw
        return self._graph_of(checks.number("truncation", truncation, 0))

    def compile(
        self,
        g_optimizer="adam",
        d_optimizer="adam",
        jit_compile="auto",
        steps_per_execution=1,
        run_eagerly=False,
    ):
        """Gives each player its optimizer, built at once. Otherwise as `ZooModel.compile`."""
        players = {
            "g_optimizer": (g_optimizer, self.generator),
            "d_optimizer": (d_optimizer, self.discriminator),
        }
        settings = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
        self.compile_players(players, run_eagerly=run_eagerly, **settings)
