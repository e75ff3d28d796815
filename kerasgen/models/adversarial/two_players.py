"""What every model of a generator and a discriminator has."""

from kerasgen.models.core.generative import GenerativeModel


class TwoPlayers(GenerativeModel):
    """A model with a `generator` and a `discriminator`, each with an optimizer of its own."""

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
