"""Feature extractors: networks whose features stand for images, or sounds, when these are compared."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks, pixels


class Reading(NamedTuple):
    """What an extractor gives: features (num, width) and logits (num, classes) or None."""

    features: np.ndarray
    logits: np.ndarray | None


@dataclasses.dataclass(frozen=True)
class Extractor:
    """Reads images batch by batch.

    Attributes:
        name: Written into the name of every figure; has a version ("lenet_mnist_v1").
        read: float32 images (batch, *event_shape) in `value_range` to (features, logits).
        event_shape: Shape of an image; None stands for any side. Of one side: that of a waveform.
        value_range: (low, high) of the pixels, or of the samples of a waveform, that it was trained on.
        batch: Images read at once, 1 or more.

    Raises:
        TypeError, ValueError: If an attribute is none of these.
    """

    name: str
    read: Callable
    event_shape: tuple
    value_range: tuple
    batch: int = 250

    def __post_init__(self):
        checks.text("name", self.name)
        checks.function("read", self.read)
        checks.integer("batch", self.batch, 1, 2**31 - 1)
        known = checks.members("event_shape", self.event_shape, "a tuple of ints", 8)
        checks.shape("event_shape", [1 if side is None else side for side in known])
        checks.value_range("value_range", self.value_range, needed=True)

    def __call__(self, images, progress=False):
        """`Reading` of uint8 images (num, *event_shape), or of float32 waveforms.

        Raises:
            InvalidDataError: If they are none of that shape.
        """
        checks.flag("progress", progress)
        images = checks.real("images", images)
        fits = tf.TensorShape(images.shape[1:]).is_compatible_with(self.event_shape)
        dtype = "uint8" if len(self.event_shape) > 1 else "float32"
        if images.dtype != dtype or not fits or not len(images):
            raise InvalidDataError(
                f"`images` must be {dtype} of shape (num, {', '.join(map(str, self.event_shape))}) for "
                f"{self.name}. Received: {images.dtype} of shape {images.shape}."
            )
        starts = range(0, len(images), self.batch)
        batches = (images[at : at + self.batch] for at in tqdm(starts, "reading", disable=not progress))
        scaled = lambda batch: pixels.from_uint8(batch, self.value_range) if dtype == "uint8" else batch
        read = [self.read(tf.constant(scaled(batch))) for batch in batches]
        features, logits = zip(*read, strict=True)
        joined = None if logits[0] is None else np.concatenate([np.asarray(part) for part in logits])
        return Reading(np.concatenate([np.asarray(part) for part in features]), joined)


def of_classifier(name, model):
    """The extractor of a trained `Classifier`: its features and logits."""
    if not callable(getattr(model, "features", None)):
        raise TypeError(f"`model` must be a `Classifier`. Received: model={checks.received(model)}.")
    read = tf.function(model.features, reduce_retracing=True, autograph=False)
    return Extractor(name, read, model.event.shape, model.event.range)


def stacked(extractor):
    """The extractor of stacks: each channel read by `extractor` as a gray image.

    Features of the channels stand side by side; the classes are all their combinations,
    the last channel counting fastest (label 100 a + 10 b + c for three digits).
    """

    checks.instance("extractor", extractor, Extractor)

    def read(images):
        features, logits = zip(*(extractor.read(one) for one in tf.split(images, 3, axis=-1)), strict=True)
        joint = tf.zeros((tf.shape(images)[0], 1))
        for one in logits:
            joint = joint[:, :, None] + tf.nn.log_softmax(one)[:, None, :]
            joint = tf.reshape(joint, (tf.shape(images)[0], -1))
        return tf.concat(features, axis=1), joint

    shape = (*extractor.event_shape[:-1], 3)
    return dataclasses.replace(extractor, name=f"{extractor.name}_stacked", read=read, event_shape=shape)


def resized(extractor, channels):
    """A stand-in where no classifier of the data is at hand: `extractor` reads other images at its own size.

    Images are resized to its shape by antialiased bilinear interpolation; where it reads gray ones, colors
    become gray, so that it does not see them. Its classes are not those of the data and are left out.

    Args:
        extractor: `Extractor` of images of one size.
        channels: Of the images that are read, 1 or 3.
    """
    checks.instance("extractor", extractor, Extractor)
    if checks.integer("channels", channels, 1, 3) == 2:
        raise ValueError("`channels` must be 1 or 3. Received: channels=2.")
    *sides, own = extractor.event_shape

    @tf.function(reduce_retracing=True, autograph=False)
    def read(images):
        if channels > own:
            images = tf.image.rgb_to_grayscale(images)
        elif channels < own:
            images = tf.repeat(images, own, axis=-1)
        return extractor.read(tf.image.resize(images, sides, antialias=True))[0]

    name, shape = f"{extractor.name}_resized", (None, None, channels)
    features = lambda images: (read(images), None)
    return dataclasses.replace(extractor, name=name, read=features, event_shape=shape)


def inception_v3(weights="imagenet"):
    """Inception-v3 (Szegedy et al., 2016, arXiv:1512.00567) of `keras.applications`.

    Gray images get three equal channels; images are resized to 299x299 by antialiased
    bilinear interpolation. Its weights are Keras's, not those of the 2015 graph behind
    published FID figures: compare within this extractor only.

    Args:
        weights: A file of Keras's Inception-v3 with its top, or "imagenet" to download it.
            None leaves them random, for tests.
    """
    import keras

    network = keras.applications.InceptionV3(weights=weights, classifier_activation=None)
    judge = keras.Model(network.input, [network.layers[-1].input, network.output])

    @tf.function(reduce_retracing=True, autograph=False)
    def read(images):
        if images.shape[-1] == 1:
            images = tf.repeat(images, 3, axis=-1)
        return judge(tf.image.resize(images, (299, 299), antialias=True), training=False)

    return Extractor("inception_v3_keras", read, (None, None, None), (-1.0, 1.0), batch=32)
