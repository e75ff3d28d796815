"""An encoder of several labels at once, as `spaces.Labels` has them."""

import keras
from keras import layers

from kerasgen.networks import arguments
from kerasgen.networks.arguments import checked


@checked(sizes=arguments.several_units, width=arguments.units)
def encoder(sizes, width=16):
    """int32 (batch, number of labels) -> (batch, number of labels * width): a learned vector for each label.

    Args:
        sizes: How many classes each label has, from 1 to 16 ints; the number itself stands for no label.
        width: Numbers of a vector.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    arguments.limit(width * (sum(sizes) + len(sizes)), sizes=sizes, width=width)
    labels = keras.Input((len(sizes),), dtype="int32", name="labels")
    vectors = [layers.Embedding(size + 1, width)(labels[:, k]) for k, size in enumerate(sizes)]
    h = layers.Concatenate()(vectors) if len(vectors) > 1 else vectors[0]
    return keras.Model(labels, h, name="labels")
