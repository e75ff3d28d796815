"""Spectrograms of waveforms, in the graph."""

import keras
import tensorflow as tf

from kerasgen.ops import checks

FLOOR = 1e-10  # of a power, below which there is silence


@keras.saving.register_keras_serializable("kerasgen")
class LogMelSpectrogram(keras.layers.Layer):
    """x (batch, samples) -> the loudness of mel bands over time, (batch, frames, bands, 1), from -1 to 1.

    Powers of short-time Fourier transforms of Hann windows, added up in triangular bands that are evenly
    spaced in mels (Davis & Mermelstein, 1980, doi:10.1109/TASSP.1980.1163420); their logarithms, relative to
    the loudest of the sound, so that its gain does not matter, are cut `decibels` below.

    Args:
        rate: Samples a second, an int >= 1.
        window: Samples of a window, 2 to 2^16.
        hop: Samples from one window to the next, 1 to 2^16.
        bands: 1 to 2^10.
        decibels: > 0.

    Raises:
        TypeError, ValueError: If an argument is none of these, or a window is longer than the sound.
    """

    def __init__(self, rate, window=256, hop=64, bands=32, decibels=80.0, **kwargs):
        super().__init__(**kwargs)
        self.rate = checks.integer("rate", rate, 1, 2**31 - 1)
        self.window = checks.integer("window", window, 2, 2**16)
        self.hop = checks.integer("hop", hop, 1, 2**16)
        self.bands = checks.integer("bands", bands, 1, 2**10)
        self.decibels = checks.positive("decibels", decibels)

    def build(self, shape):
        if shape[1] is None or shape[1] < self.window:
            words = f"`window` must be at most as long as a sound. Received: window={self.window}"
            raise ValueError(f"{words}, of {shape[1]} samples.")

    def call(self, x):
        x = tf.cast(x, "float32")
        frames = tf.signal.frame(x, self.window, self.hop) * tf.signal.hann_window(self.window)
        power = tf.square(tf.abs(tf.signal.rfft(frames)))
        highest = self.rate / 2
        mel = tf.signal.linear_to_mel_weight_matrix(
            self.bands, power.shape[-1], self.rate, highest / 100, highest
        )
        loudness = 10 / tf.math.log(10.0) * tf.math.log(power @ mel + FLOOR)
        loudness -= tf.reduce_max(loudness, axis=(1, 2), keepdims=True)
        found = 1 + 2 * tf.maximum(loudness / self.decibels, -1)
        return tf.cast(found[..., None], self.compute_dtype)

    def compute_output_shape(self, shape):
        return (shape[0], 1 + (shape[1] - self.window) // self.hop, self.bands, 1)

    def get_config(self):
        own = ("rate", "window", "hop", "bands", "decibels")
        return super().get_config() | {name: getattr(self, name) for name in own}
