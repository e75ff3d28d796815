"""The protocol that all distributions share."""


class Distribution:
    """A distribution, or a batch of them, that holds its parameters.

    A subclass is a frozen dataclass. Its parameters are tensors or arrays whose first axes are those of the
    batch; the last ones are those of an event, one value of the variable. It writes the three methods below.
    Densities and probabilities are given by their natural logarithms, in nats.

    Distributions with more to offer add methods of these names:

        rsample(noise)  a value as a function of noise that is drawn elsewhere, differentiable in the
                        parameters
        draw(noise)     rsample(noise) and its log p
        from_uniform(u) a value as a function of uniform numbers in (0, 1) that are drawn elsewhere
        kl(other)       the divergence KL(self || other) in closed form, (*batch, groups) nats: one column
                        for each group of numbers whose divergences add up
    """

    def log_prob(self, x):
        """log p(x), (*batch), of x whose shape broadcasts with (*batch, *event)."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob.")

    def sample(self, key, shape=()):
        """Values of shape (*shape, *batch, *event) from one key of `ops.rng`."""
        raise NotImplementedError(f"{type(self).__name__} does not sample.")

    def draw(self, noise):
        """(x, log p(x)) of x = rsample(noise)."""
        x = self.rsample(noise)
        return x, self.log_prob(x)

    def mean(self):
        """E[x], (*batch, *event)."""
        raise NotImplementedError(f"{type(self).__name__} has no mean.")
