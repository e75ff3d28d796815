"""A causal network taken apart by when its parts can be computed: once, at a row, at a pixel, or after it.

Where images are drawn pixel by pixel, a tensor of the network is known

    ONCE    before the first pixel, if it depends on conditions alone,
    ROW     for a whole row before its first pixel, if it depends on the rows above,
    PIXEL   at a pixel before it is drawn, if it depends on the pixels before it,
    SEEN    when the pixel has been drawn, if it depends on it.

Causal layers (`layers.causal`) lower the stage; layers that work on each position by itself have the latest
of their inputs. So every part is computed once for each image, row or pixel, and what a network does at a
pixel does not grow with the image.
"""

import keras
import tensorflow as tf

from kerasgen.layers.causal import Causal, Gate
from kerasgen.layers.token_embedding import TokenEmbedding

ONCE, ROW, PIXEL, SEEN = range(4)

# Layers that work on every position of (..., channels) by itself.
POINTWISE = (
    Gate,
    keras.layers.Activation,
    keras.layers.Add,
    keras.layers.Concatenate,
    keras.layers.Dense,
    keras.layers.Dropout,
    keras.layers.ELU,
    keras.layers.Embedding,
    keras.layers.LayerNormalization,
    keras.layers.LeakyReLU,
    keras.layers.Multiply,
    keras.layers.ReLU,
    keras.layers.Rescaling,
    TokenEmbedding,
)


def pointwise(layer):
    """Whether a layer works on every position of (..., channels) by itself."""
    return isinstance(layer, POINTWISE) and getattr(layer, "axis", -1) in (-1, [-1], (-1,))


class Stages:
    """A Functional network that computes the parameters of each pixel in stages.

    `values` are what is known so far, {number of a tensor: value}: what is known once as it is, a row as
    (width, batch, c), a pixel as (batch, c). `caches` are those of the causal layers.

    Args:
        network: x (batch, h, w, c) or (batch, h, w), and perhaps conditions, to (batch, h, w, any).

    Raises:
        NotImplementedError: If a layer that depends on x is neither causal nor works on each position by
            itself.
        ValueError: If the output at a pixel depends on this pixel or on later ones.
    """

    def __init__(self, network):
        self.inputs, self.output = network.inputs, network.outputs[0]
        self.height, self.width = self.inputs[0].shape[1:3]
        self.stage = {id(one): ONCE for one in self.inputs} | {id(self.inputs[0]): SEEN}
        self.nodes = []
        by_depth = network._nodes_by_depth
        for node in (node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]):
            if not node.is_input:
                self.nodes.append(node)
                self.stage |= dict.fromkeys(map(id, node.outputs), self._stage_of(node, network.name))
        if self.stage[id(self.output)] == SEEN:
            words = "`network` must predict a pixel from those before it."
            raise ValueError(f"{words} Received: {network.name}, whose output depends on the pixel itself.")

    def _stage_of(self, node, name):
        layer = node.operation
        stages = [self.stage[id(one)] for one in node.input_tensors]
        if max(stages) == ONCE:
            return ONCE
        if not isinstance(layer, Causal):
            if not pointwise(layer):
                raise NotImplementedError(f"{layer.name} is neither causal nor pointwise.")
            return max(stages)
        read = [stage for k, stage in enumerate(stages) if k not in layer.late]
        if layer.above and max([*read, ROW]) > ROW:
            words = "`network` must read rows from the left."
            raise ValueError(f"{words} Received: {name}, whose {layer.name} reads pixels to the right.")
        return max([*read, ROW if layer.above or layer.pointwise else PIXEL])

    def once(self, conditions=()):
        """The values that conditions alone decide."""
        values = {id(one): value for one, value in zip(self.inputs[1:], conditions, strict=True)}
        for _, node in self._nodes(ONCE):
            self._put(values, node, self._run(node, values, None))
        return values

    def start(self, batch):
        """The caches before the first pixel of `batch` images: {number of a node: cache}."""
        causal = ((k, node.operation) for k, node in self._nodes(ROW, PIXEL, SEEN))
        return {k: layer.start(batch) for k, layer in causal if isinstance(layer, Causal)}

    def row(self, values, caches, position):
        """(values, caches) when a row begins."""
        values, caches = dict(values), dict(caches)
        for k, node in self._nodes(ROW, PIXEL, SEEN):
            layer, known = node.operation, self._stage(node) == ROW
            if k in caches:
                x = None if layer.strict or not known else self._at(node.input_tensors[0], values, position)
                y, caches[k] = layer.row(caches[k], position, x)
            elif known:
                y = self._run(node, values, position)
            if known:
                self._put(values, node, y)
        return values, caches

    def pixel(self, values, caches, position, stage=PIXEL):
        """(values, caches) when all before a pixel is known; the parameters are `parameters(values)`."""
        values, caches = dict(values), dict(caches)
        for k, node in self._nodes(stage):
            layer = node.operation
            if k not in caches:
                y = self._run(node, values, position)
            else:
                read = (one for at, one in enumerate(node.input_tensors) if at not in layer.late)
                inputs = [self._at(one, values, position) for one in read]
                if layer.strict:
                    y = layer.read(caches[k], position, *inputs)
                else:
                    y, caches[k] = layer.step(*inputs, caches[k], position)
            self._put(values, node, y)
        return values, caches

    def observe(self, values, caches, position, x):
        """The caches when a channel of a pixel x (batch, c) has been drawn."""
        seen = x[:, 0] if len(self.inputs[0].shape) == 3 else x
        values, caches = self.pixel(values | {id(self.inputs[0]): seen}, caches, position, SEEN)
        for k, node in self._nodes(ROW, PIXEL):
            if k in caches and any(at < len(node.input_tensors) for at in node.operation.late):
                inputs = [self._at(one, values, position) for one in node.input_tensors]
                caches[k] = node.operation.record(caches[k], position, *inputs)
        return caches

    def parameters(self, values, position):
        """The network's output at a pixel, (batch, any)."""
        return self._at(self.output, values, position)

    def _nodes(self, *stages):
        """(number, node) of the stages, in an order in which they can be computed."""
        return [(k, node) for k, node in enumerate(self.nodes) if self._stage(node) in stages]

    def _stage(self, node):
        return self.stage[id(node.outputs[0])]

    @staticmethod
    def _put(values, node, outputs):
        values.update(zip(map(id, node.outputs), tf.nest.flatten(outputs), strict=True))

    def _run(self, node, values, position):
        """What a layer gives that works on each position by itself."""
        known = {id(one): self._at(one, values, position) for one in node.input_tensors}
        args, kwargs = node.arguments.fill_in(known)
        return node.operation(*args, **kwargs)

    def _at(self, tensor, values, position):
        """A value where it is needed: in a row, at a pixel, or as it is."""
        value, stage = values[id(tensor)], self.stage[id(tensor)]
        place = position and position.column
        if stage == ONCE and position is not None and len(value.shape) == 4:
            value = value[:, position.row if value.shape[1] > 1 else 0]
            value = tf.transpose(value, (1, 0, 2))
            place = place if place is None or value.shape[0] > 1 else 0
            stage = ROW
        return value[place] if stage == ROW and place is not None else value
