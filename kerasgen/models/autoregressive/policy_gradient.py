"""Sequences by policy gradient: REINFORCE (Williams, 1992), SeqGAN (Yu et al., 2017, arXiv:1609.05473)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.autoregressive import judging, writing
from kerasgen.models.autoregressive.sequence_model import SequenceModel
from kerasgen.objectives.adversarial import non_saturating
from kerasgen.objectives.rewards import Reward
from kerasgen.ops import checks, rng
from kerasgen.samplers.rollouts import action_values


@keras.saving.register_keras_serializable("kerasgen")
class PolicyGradient(SequenceModel):
    """A sequence model that raises the expected reward of the sequences that it draws.

    A token is an action, the tokens before it are the state, and the network is the policy. No derivative of
    the reward is needed, which is why discrete sequences can be judged by anything:

        grad E R(x) = E sum_t (Q_t - b_t) grad log p(x_t | x_1, ..., x_t-1),

    Q_t being R(x), or the mean reward of sequences that are drawn to go on from x_1, ..., x_t (see
    `samplers.rollouts`), and b_t the mean of Q_t over the other sequences of the step, which leaves the
    gradient's expectation as it is and lowers its variance (Williams, 1992, doi:10.1007/BF00992696; Mnih &
    Rezende, 2016, arXiv:1602.06725, equation 8). With a discriminator, R(x) is the probability that it gives
    x of being real, and both learn in turn: SeqGAN, Algorithm 1. A network comes best with the weights of a
    `SequenceModel` that has learned by maximum likelihood.

    Args:
        network: As in `SequenceModel`; it must be evaluated in steps. It draws without its dropout.
        event, condition: As in `SequenceModel`.
        reward: A reward of `objectives.rewards`, for which the batch of a train step are the references; or
            None, where there is a discriminator.
        discriminator: None, or a Functional model of an example, and with a condition its rows, to one
            float32 logit: see `networks.textcnn`. It is not part of what is shipped.
        samples: Sequences of a step of the policy, 1 to 2^16.
        rollouts: Sequences that are drawn to go on from each beginning, up to 1,000; 0 for the reward of the
            whole sequence at each token.
        generator_every: Beside a discriminator, which learns in every train step, the policy does in one of
            so many.
        warmup_steps: First train steps in which the discriminator alone learns.
        likelihood_weight: Of -log p(x) of real examples in what the policy descends, >= 0 (Wu et al., 2016,
            arXiv:1609.08144, equation 9). It holds the policy to the data.
        ema, seed, name: See `ZooModel`; the average of the network is what samples and scores.

    Logs: `loss`, -log p(x) of a real example in nats, which reward alone lets rise; `reward`, the mean over
    what is drawn; with a discriminator `d_loss`, what it descends, `d_real` and `d_fake`, its mean logits.

    Raises:
        TypeError, ValueError: If an argument is none of these, or they do not go together.
    """

    weighted = False
    single_device_reason = judging.SINGLE

    def __init__(
        self,
        network,
        event,
        condition=None,
        reward=None,
        discriminator=None,
        samples=64,
        rollouts=0,
        generator_every=1,
        warmup_steps=0,
        likelihood_weight=0.0,
        ema=None,
        seed=None,
        name=None,
    ):
        self.samples = checks.integer("samples", samples, 1, 2**16)
        self.rollouts = checks.integer("rollouts", rollouts, 0, 1000)
        self.generator_every = checks.integer("generator_every", generator_every, 1, 2**31 - 1)
        self.warmup_steps = checks.integer("warmup_steps", warmup_steps, 0, 2**31 - 1)
        self.likelihood_weight = checks.number("likelihood_weight", likelihood_weight, 0)
        self.reward = None if reward is None else checks.instance("reward", reward, Reward)
        if discriminator is not None:
            checks.network("discriminator", discriminator)
        self.terms = ("loss", "reward") + judging.TERMS * (discriminator is not None)
        super().__init__(network, event, condition, ema=ema, seed=seed, name=name)
        self.discriminator = discriminator
        self._check()

    def _check(self):
        """Refuses a reward and a discriminator, none of both, and a network without steps."""
        if self.stepped is None:
            words = "`network` must be evaluated in steps, so that sequences go on from what it remembers"
            raise ValueError(f"{words}. Received: {self.network.name}.")
        if (self.reward is None) == (self.discriminator is None):
            words = "`reward` must be given where there is no `discriminator`, and only there"
            raise ValueError(f"{words}. Received: {'none' if self.reward is None else 'both'}.")
        if self.discriminator is not None:
            judging.check(self.discriminator, self.event.shape, self.condition)
        for name, usual in (("generator_every", 1), ("warmup_steps", 0)):
            if self.discriminator is None and getattr(self, name) != usual:
                value = getattr(self, name)
                raise ValueError(
                    f"`{name}` must be {usual} without a discriminator. Received: {name}={value}."
                )

    def compile(
        self,
        optimizer="adam",
        d_optimizer=None,
        jit_compile="auto",
        steps_per_execution=1,
        run_eagerly=False,
    ):
        """One optimizer for the network, one for the discriminator if there is one, built at once.

        Otherwise as `ZooModel.compile`; `d_optimizer` is "adam" unless given.
        """
        settings = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
        players = judging.players(self, optimizer, d_optimizer)
        self.compile_players(players, run_eagerly=run_eagerly, **settings)

    @property
    def optimizer_steps(self):
        return {"optimizer": 1 / self.generator_every}

    # Training.

    def train_step(self, data):
        """Algorithm 1: a step of the discriminator, if there is one, and in its turn one of the policy."""
        real, condition = self.unpacked(data)
        d_key, g_key = rng.split(self.key(), 2)
        logs = {} if self.discriminator is None else self.discriminator_step(real, condition, d_key)
        few = self.rows(real, condition)
        policy = lambda: self.policy_step(real, *few, g_key)
        reward = judging.in_turn(self.iterations, self.generator_every, self.warmup_steps, policy)
        loss = -ops.mean(self.log_density(*few, self.network))
        return self.finish_step(loss=loss, **{"reward": reward} | logs)

    def unpacked(self, data):
        """(examples in the numbers of the networks, condition or None) of what `fit` gives a step."""
        x, condition, _ = self.unpack(data)
        return self.symbols.values(self.symbols.tokens(x)), condition

    def discriminator_step(self, real, condition, key):
        """Descends the discriminator on real examples and as many that the policy draws."""
        fake = self.drawn(key, ops.shape(real)[0], condition)
        with tf.GradientTape() as tape:
            logs = judging.losses(non_saturating, self.discriminator, real, fake, condition, training=True)
        self.minimize(tape, logs["d_loss"], self.discriminator, self.d_optimizer)
        return logs | {"reward": ops.mean(self.rewards(fake, real, condition))}

    def policy_step(self, real, few, condition, key):
        """Ascends the expected reward; the mean reward of what was drawn."""
        draw_key, go_on_key = rng.split(key, 2)
        x = self.drawn(draw_key, self.samples, condition)
        values = self.action_values(x, real, condition, go_on_key)
        with tf.GradientTape() as tape:
            loss = -ops.mean(self.policy_objective(x, values, condition))
            if self.likelihood_weight:
                loss -= self.likelihood_weight * ops.mean(
                    self.log_density(few, condition, self.network, True)
                )
        self.minimize(tape, loss, self.network, self.optimizer)
        return ops.mean(values[:, -1])

    def policy_objective(self, x, values, condition=None):
        """sum_t (Q_t - b_t) log p(x_t | x_1, ..., x_t-1), (batch,): its gradient is that of the reward."""
        return ops.sum(advantages(values) * self.token_log_density(x, condition, self.network), axis=1)

    def action_values(self, x, real, condition, key):
        """Q_t of every token of sequences, float32 (batch, length)."""
        if not self.rollouts:
            reward = self.rewards(x, real, condition)
            return ops.repeat(reward[:, None], self.symbols.length, axis=1)
        num, tokens = self.rollouts, self.symbols.tokens(x)
        shape = self.symbols.length, num * tf.shape(tokens)[0]

        def reward(tokens):
            of_all = condition
            if condition is not None:  # copies, one behind the other
                of_all = tf.gather(condition, tf.range(tf.shape(tokens)[0]) % tf.shape(condition)[0])
            return self.rewards(self.symbols.values(tokens), real, of_all)

        draw = lambda t: writing.drawn(self.symbols, rng.uniform(rng.fold_in(key, t), shape))
        given = () if condition is None else (condition,)
        start = self._start(tf.shape(tokens)[0])
        return action_values(self.own_steps, tokens, start, draw, reward, num, given)

    def rewards(self, x, real, condition=None):
        """R(x) of examples, float32 (batch,)."""
        if self.discriminator is None:
            return self.reward(self.symbols.tokens(x), self.symbols.tokens(real))
        return ops.sigmoid(judging.judge(self.discriminator, x, condition)[:, 0])

    def drawn(self, key, num, condition=None):
        """Examples that the policy draws as it is."""
        uniform = rng.uniform(key, (self.symbols.length, num))
        return self.symbols.values(self.own(writing.drawn(self.symbols, uniform), num, condition))

    def rows(self, real, condition=None):
        """As many examples of a batch as sequences are drawn, and their conditions; fewer lend in turn."""
        chosen = tf.range(self.samples) % ops.shape(real)[0]
        return tf.gather(real, chosen), None if condition is None else tf.gather(condition, chosen)

    def test_step(self, data):
        """The same terms on held-out data, of sequences that the average draws; nothing is updated."""
        real, condition = self.unpacked(data)
        num = ops.shape(real)[0]
        uniform = rng.uniform(self.evaluation_key(), (self.symbols.length, num))
        draw = writing.drawn(self.symbols, uniform)
        fake = self.symbols.values(self._drawn(self.average, self.stepped, draw, num, condition, None))
        logs = {"loss": -self.log_density(real, condition), "reward": self.rewards(fake, real, condition)}
        if self.discriminator is not None:
            logs |= judging.losses(non_saturating, self.discriminator, real, fake, condition)
        return self.track(**logs)

    # Saving.

    def get_config(self):
        config = super().get_config()
        del config["schedule"]
        names = ("reward", "discriminator", "samples", "rollouts", "generator_every", "warmup_steps")
        return config | self.config_of(*names, "likelihood_weight")


def advantages(values):
    """Q_t - b_t, b_t being the mean of Q_t over the other rows of a batch; no gradient passes.

    Args:
        values: Q_t, (batch, length). Of a single row, they are 0.
    """
    num = ops.cast(ops.shape(values)[0], values.dtype)
    others = (ops.sum(values, axis=0, keepdims=True) - values) / ops.maximum(num - 1, 1)
    return ops.stop_gradient(values - others)
