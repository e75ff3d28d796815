"""Sequences turned around, for what reads them from their ends."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("kerasgen")
class Reversal(keras.layers.Layer):
    """x (batch, time, channels) and its lengths (batch,) -> x in reverse order, the padding still behind it.

    Of a row of n elements, element t goes to n - 1 - t. A recurrent layer between two such layers reads each
    row from its own last element, whatever the padding.
    """

    def call(self, x, lengths):
        return tf.reverse_sequence(x, lengths, seq_axis=1, batch_axis=0)

    def compute_output_shape(self, x_shape, lengths_shape):
        return x_shape
