"""A network of sequences taken apart by what can be computed when: once, or at each step with a cache."""

import tensorflow as tf

from kerasgen.layers.stepwise import Stepwise
from kerasgen.samplers.stages import pointwise


class Steps:
    """A Functional network that is told a sequence token by token.

    Layers that read a sequence in order (`layers.stepwise`) have caches; those that work on each position by
    themselves are run at each step, and what depends on conditions alone is computed once. At a step, a
    tensor (batch, time, ...) of the network is (batch, ...).

    Args:
        network: x (batch, time), and perhaps conditions, to (batch, time, any).

    Raises:
        NotImplementedError: If a layer that depends on x is neither stepwise nor works on each position by
            itself.
    """

    def __init__(self, network):
        self.inputs, self.output = network.inputs, network.outputs[0]
        by_depth = network._nodes_by_depth
        nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
        self.stepped = {id(self.inputs[0])}  # tensors that depend on x
        self.before, self.nodes = [], []
        for node in (node for node in nodes if not node.is_input):
            if not self.stepped & set(map(id, node.input_tensors)):
                self.before.append(node)
                continue
            self._check(node)
            self.nodes.append(node)
            self.stepped |= set(map(id, node.outputs))

    def _check(self, node):
        layer, (first, *given) = node.operation, node.input_tensors
        if isinstance(layer, Stepwise):
            if id(first) not in self.stepped or self.stepped & set(map(id, given)):
                raise NotImplementedError(f"{layer.name} is given what depends on x.")
        elif not pointwise(layer):
            raise NotImplementedError(f"{layer.name} is neither stepwise nor pointwise.")

    def once(self, conditions=()):
        """{number of a tensor: value} of what conditions alone decide."""
        values = {id(one): value for one, value in zip(self.inputs[1:], conditions, strict=True)}
        for node in self.before:
            values |= self._run(node, {id(one): values[id(one)] for one in node.input_tensors})
        return values

    def start(self, batch, once):
        """{number of a node: cache} before the first step of `batch` sequences, the batch first in each."""
        return {
            k: node.operation.start(batch, *(once[id(one)] for one in node.input_tensors[1:]))
            for k, node in enumerate(self.nodes)
            if isinstance(node.operation, Stepwise)
        }

    def step(self, token, at, once, caches):
        """(output (batch, any), caches) at step `at`, of its token (batch,)."""
        values, caches = {id(self.inputs[0]): token}, dict(caches)
        for k, node in enumerate(self.nodes):
            if k in caches:
                x = values[id(node.input_tensors[0])]
                values[id(node.outputs[0])], caches[k] = node.operation.step(x, caches[k], at)
            else:
                known = {id(one): self._at(one, values, once, at) for one in node.input_tensors}
                values |= self._run(node, known)
        return values[id(self.output)], caches

    def _at(self, tensor, values, once, at):
        if id(tensor) in values:
            return values[id(tensor)]
        value = once[id(tensor)]
        if len(value.shape) < 3:
            return value
        return value[:, 0 if value.shape[1] == 1 else at]

    @staticmethod
    def _run(node, known):
        """{number of an output: value} of a layer that works on each position by itself."""
        args, kwargs = node.arguments.fill_in(known)
        outputs = tf.nest.flatten(node.operation(*args, **kwargs))
        return dict(zip(map(id, node.outputs), outputs, strict=True))
