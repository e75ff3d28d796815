"""One wrong argument of any kind is refused by name, by every network and layer, before anything is built."""

import inspect
import json
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals
from wrong import PLAIN, Call, a_number, an_int, either, flag, none, nothing, one_of, optional, values

from kerasgen import layers, networks
from kerasgen.layers import (
    attention,
    augmentation,
    autoencoding,
    causal,
    causal_attention,
    causal_self_attention,
    codebook,
    diagonal,
    dilated,
    equalized,
    masked,
    masked_dense,
    normalization,
    recurrent,
    reversal,
    scale,
    source_attention,
    spectrogram,
    stepwise,
    styles,
    token_embedding,
    upsampling,
)  # fmt: skip
from kerasgen.networks import vae

IMAGE = (8, 8, 1)
ENCODER = networks.text.encoder(5, 3, width=4, depth=0, heads=1)
VALID = {  # small values, and those of arguments without a default when another one is wrong
    "image_shape": IMAGE, "event_shape": IMAGE, "dim": 2, "dims": (3,), "num_classes": 3, "length": 3,
    "vocabulary_size": 5, "latent_dim": 2, "width": 4, "depth": 1, "hidden": 2, "features": 2, "levels": 1,
    "blocks": 1, "convolutions": 1, "pieces": 2, "num": 3, "filters": 2, "num_embeddings": 3,
    "widths": (4,), "groups": 2,
    "source_length": 3, "source_vocabulary": 5,
    "heads": 1, "channels": 1, "style": 2, "group": 2, "units": 2, "kernel_size": 3, "shape": IMAGE,
    "input_degrees": (1, 2), "unit_degrees": (1,),
    "outputs": 1, "context": 1, "embedding": 1, "key_dim": 2, "value_dim": 2, "rows": 2, "columns": 3,
    "sizes": (3,), "skip_width": 2, "dilations": (1, 2), "dilation": 2, "hop": 64, "window": 256, "bands": 8,
}  # fmt: skip
LAYERS = (
    attention.SelfAttention, codebook.Codebook, normalization.GroupNormSiLU, upsampling.SubpixelTranspose,
    upsampling.UpsampledConv2D, scale.GlobalLogScale, augmentation.Augmentation, equalized.EqualizedDense,
    equalized.EqualizedConv2D, equalized.ModulatedConv2D, equalized.SmoothUpsampling, styles.LearnedImage,
    styles.NoiseInjection, styles.TrackedMean, styles.BatchSpread, causal.CoordinateBias, causal.Gate,
    masked.MaskedConv2D, masked.VerticalConv2D, masked_dense.MaskedDense,
    causal_attention.CausalAttention, recurrent.RasterLSTM, recurrent.RowLSTM, diagonal.DiagonalBiLSTM,
    diagonal.GridLSTM, autoencoding.MADE, autoencoding.NADE, stepwise.PositionEmbedding, stepwise.LSTM,
    stepwise.GRU, causal_self_attention.CausalSelfAttention, token_embedding.TokenEmbedding,
    dilated.DilatedConvolution, spectrogram.LogMelSpectrogram, reversal.Reversal,
    source_attention.SourceAttention,
)  # fmt: skip

positive = a_number(0, ends="()")
COUNTS = ("blocks", "convolutions")  # which may be 0
KINDS = {  # argument: what fits it, wherever it occurs
    "input_degrees": values("zeros", "equal", "long"), "unit_degrees": values("zeros", "equal", "long"),
    "relaxed": flag, "windows": nothing, "strict": flag, "zeros": flag, "context_channels": none,
    "activate": flag, "demodulate": flag, "down": flag, "up": flag, "taps": nothing, "rate": positive,
    "blocks": an_int(0, 1), "convolutions": an_int(0, 1), "carry": flag, "dilations": values("long"),
    "decay": a_number(0, 1, "[)"),
    "attention": values("empty list", "empty tuple", "empty array", "range", "zeros", "equal"),
    "bias": either(a_number(-1e15, 1e15), values("0-d array")),
    "decibels": positive,
    "direct": flag, "joint": flag, "mask": nothing, "shifted": flag, "value_range": nothing,
    "vocabulary": none,
    "condition": none, "encoder": none, "epsilon": positive, "initial": a_number(-88, 88), "kinds": nothing,
    "log_odds": a_number(),
    "log_scale": optional(a_number(-88, 88)), "name": one_of("ab", "3", "a\0b", "\ud800"), "patch": one_of(1),
    "factors": one_of(0, 1),
    "probability": a_number(0, 1), "ramp": positive, "target": optional(a_number(0, 1, "()")),
    "parameters": one_of(1), "restart": a_number(0, 1, "(]"), "spectral": flag, "spread": a_number(0),
    **{name: one_of(1) for name, value in VALID.items() if isinstance(value, int) and name not in COUNTS},
}  # fmt: skip


def fitting(function):
    """{argument: whether a value fits it}."""
    kinds = dict(KINDS)
    if inspect.signature(function).parameters.get("num_classes", inspect.Parameter).default is None:
        kinds["num_classes"] = one_of(None, 1)
    kinds["source_vocabulary"] = one_of(None, 1)
    kinds["norm"] = flag if function is networks.mlp.generator else none
    kinds["features"] = flag if function is vae.conv_encoder else one_of(1)
    kinds["dropout"] = one_of((0, 0)) if function is networks.mlp.discriminator else a_number(0, 1, "[)")
    if function not in (networks.dcgan.generator, vae.conv_decoder, *of(networks.vqvae), *of(networks.flows)):
        kinds["depth"] = kinds["levels"] = one_of(0, 1)
    if function in OF_SOUNDS:
        kinds |= {"rate": an_int(1), "length": nothing}
    if function in OF_TOKENS:
        kinds |= {"vocabulary": one_of(1), "cell": one_of("lstm", "gru")}
    if inspect.isclass(function):  # Keras itself looks into the arguments of a layer, without an end
        return {
            name: either(kinds.get(name, nothing), values("itself"))
            for name in inspect.signature(function).parameters
        }
    return kinds


def of(module):
    """The public functions that a module defines."""
    mine = lambda value: inspect.isfunction(value) and value.__module__ == module.__name__
    return [value for name, value in inspect.getmembers(module, mine) if not name.startswith("_")]


FUNCTIONS = [function for name in networks.__all__ for function in of(getattr(networks, name))]


RECURRENT = [getattr(networks.pixelrnn, name) for name in ("row_lstm", "diagonal_bilstm", "grid_lstm")]
OF_WAVEFORMS = (networks.wavenet.wavenet, networks.wavenet.recurrent)
OF_TOKENS = (
    *of(networks.language),
    *of(networks.seq2seq),
    *of(networks.textcnn),
    *OF_WAVEFORMS,
    token_embedding.TokenEmbedding,
)
OF_SOUNDS = (networks.lenet.sound_classifier, spectrogram.LogMelSpectrogram)
AUTOREGRESSIVE = (
    *of(networks.made),
    *of(networks.pixelcnn),
    *of(networks.pixelrnn),
    *of(networks.pixelsnail),
)


def arguments_of(function):
    """Small valid values."""
    names = [name for name, one in inspect.signature(function).parameters.items() if one.kind in PLAIN]
    valid = {name: VALID[name] for name in names if name in VALID}
    if function is vae.conv_encoder:
        valid |= {"features": False, "num_classes": None}
    several = {"hidden": (networks.made.made, autoencoding.MADE), "units": RECURRENT}
    valid |= {name: (2,) for name, functions in several.items() if function in functions}
    if function in OF_TOKENS:
        valid |= {"vocabulary": 5}
    if function in OF_WAVEFORMS:
        valid |= {"num_classes": None}
    if function in of(networks.textcnn):
        valid |= {"windows": (1, 2)}
    if function in OF_SOUNDS:
        valid |= {"rate": 8000, "length": 512} if function is OF_SOUNDS[0] else {"rate": 8000}
    if function is masked.MaskedConv2D:
        valid |= {"kernel_size": (3, 3)}
    if function is networks.unet.unet or function in AUTOREGRESSIVE:
        valid |= {"num_classes": None}
    return valid


@pytest.mark.parametrize("function", (*FUNCTIONS, *LAYERS), ids=lambda function: function.__qualname__)
def test_a_wrong_argument_is_refused_by_name(function):
    assert Call(function, arguments_of(function), **fitting(function)).problems() == {}


@pytest.mark.parametrize("function", (*FUNCTIONS, *LAYERS), ids=lambda function: function.__qualname__)
def test_numpy_s_integers_are_ints(function):
    numpy_s = {tuple: lambda value: tuple(map(np.int64, value)), int: np.int64}
    small = arguments_of(function)
    built = function(**{name: numpy_s.get(type(value), lambda x: x)(value) for name, value in small.items()})
    if isinstance(built, keras.layers.Layer) and not isinstance(built, keras.Model):
        config = built.get_config()
        assert all(type(config[name]) is type(value) for name, value in small.items())
    else:
        json.loads(built.to_json())


IMAGES = keras.Sequential([keras.Input(IMAGE), keras.layers.ReLU()])
test_what_does_not_go_together_is_refused = refusals(
    {
        "wide and deep generator": (lambda: networks.dcgan.generator(IMAGE, 100, 2**16, 16), "width"),
        "wide and deep discriminator": (lambda: networks.dcgan.discriminator(IMAGE, 2**16, 16), "depth"),
        "many labels": (lambda: networks.dcgan.noisy_discriminator(IMAGE, 2**12, 1, 2**20), "num_classes"),
        "wide perceptron": (lambda: networks.mlp.generator(IMAGE, 4, 2**16, 256), "depth"),
        "pieces": (lambda: networks.mlp.discriminator(IMAGE, 2**12, 2**16), "pieces"),
        "denoiser": (lambda: networks.mlp.denoiser(2**16, 2**16), "dim"),
        "large image": (lambda: vae.mlp_encoder((2**15, 2**15, 1)), "event_shape"),
        "too many numbers": (lambda: vae.mlp_encoder((2**15, 2**15, 2)), "event_shape"),
        "large output": (lambda: vae.mlp_decoder((2**10, 2**10, 1), parameters=100), "parameters"),
        "wide coupling": (lambda: networks.flows.perceptron(IMAGE, 2, 2**16), "width"),
        "wide convolutions": (lambda: networks.flows.convolutions(IMAGE, 2, 2**12, 4), "blocks"),
        "label and image": (
            lambda: networks.flows.convolutions(IMAGE, num_classes=3, context_channels=1),
            "context_channels",
        ),
        "wide MADE": (lambda: networks.flows.made(2**10, 2, 2**14, 4), "depth"),
        "hidden": (lambda: vae.conv_encoder((2**12, 2**12, 1), hidden=2**16), "hidden"),
        "conv_decoder": (lambda: vae.conv_decoder(IMAGE, depth=16), "depth"),
        "code": (lambda: vae.mlp_code([2**16] * 16, 2, 2**12), "dims"),
        "pseudo-inputs": (lambda: vae.pseudo_inputs((2**10, 2**10, 1), 2**10), "num"),
        "vector quantization": (lambda: networks.vqvae.encoder(IMAGE, width=2**16), "width"),
        "blocks of a decoder": (lambda: networks.vqvae.decoder(IMAGE, width=2**12, blocks=256), "blocks"),
        "classifier": (lambda: networks.lenet.classifier((2**12, 2**12, 1), 10, features=2**16), "features"),
        "classifier of no pixel": (lambda: networks.lenet.classifier(IMAGE, 10, levels=4), "levels"),
        "text": (lambda: networks.text.encoder(2**20, 3, width=2**12), "vocabulary_size"),
        "heads": (lambda: networks.text.encoder(5, 3, width=6, heads=4), "heads"),
        "heads of a decoder": (lambda: networks.language.transformer(5, 3, width=6, heads=4), "heads"),
        "many tokens of a source": (
            lambda: networks.seq2seq.attentive(5, 3, 3, 2**20, width=2**12), "source_vocabulary"
        ),
        "long windows": (lambda: networks.textcnn.discriminator(5, 3, windows=(4,)), "windows"),
        "wide windows": (lambda: networks.textcnn.discriminator(5, 9, 2**12, (8,), 2**16), "filters"),
        "many labels of texts": (
            lambda: networks.textcnn.discriminator(5, 9, hidden=2**12, num_classes=2**20), "num_classes",
        ),
        "many tokens": (lambda: networks.language.recurrent(2**20, 3, width=2**12), "vocabulary"),
        "blocks of a U-Net": (lambda: networks.unet.unet(IMAGE, (2**10,), blocks=256), "blocks"),
        "patch": (lambda: networks.unet.unet(IMAGE, (8,), patch=3), "image_shape"),
        "first width": (lambda: networks.unet.unet(IMAGE, (2,), groups=2), "widths"),
        "groups": (lambda: networks.unet.unet(IMAGE, (8,), groups=3), "groups"),
        "attention": (lambda: networks.unet.unet(IMAGE, (8,), attention=(1,)), "attention"),
        "images for an encoder": (lambda: networks.unet.unet(IMAGE, (8,), encoder=IMAGES), "encoder"),
        "two conditions": (
            lambda: networks.unet.unet(IMAGE, (8,), num_classes=3, encoder=ENCODER), "num_classes"
        ),
        "bias of another shape": (lambda: vae.mlp_decoder(IMAGE, bias=np.zeros(3)), "bias"),
        "bias of nan": (lambda: vae.conv_decoder(IMAGE, bias=[math.nan]), "bias"),
        "heads of a layer": (lambda: attention.SelfAttention(3)(tf.zeros((1, 2, 2, 8))), "heads"),
        "tokens without a vocabulary": (lambda: networks.pixelcnn.pixelcnn((8, 8)), "vocabulary"),
        "channels and width": (lambda: networks.pixelcnn.gated_pixelcnn((8, 8, 3), 3, width=4), "width"),
        "channels and outputs": (lambda: networks.made.nade((8, 8, 3), 4), "outputs"),
        "channels and units": (
            lambda: networks.pixelrnn.row_lstm((8, 8, 3), 3, (4,), width=3, hidden=3), "units"
        ),
        "attention behind no block": (
            lambda: networks.pixelcnn.gated_pixelcnn(IMAGE, blocks=1, attention=(1,)), "attention"
        ),
        "wide LSTM": (lambda: networks.pixelrnn.raster_lstm(IMAGE, units=2**14), "units"),
        "many hidden units of MADE": (lambda: networks.made.made(IMAGE, hidden=(2**15, 2**15)), "hidden"),
        "images for MADE": (lambda: networks.made.made(IMAGE, encoder=IMAGES), "encoder"),
        "a convolution of nothing": (lambda: masked.MaskedConv2D(2, 1, "A"), "kernel_size"),
        "one rate": (lambda: networks.mlp.discriminator(IMAGE, dropout=(0.1,)), "dropout"),
        "slash": (lambda: vae.mlp_code([2], 2, name="a/b"), "name"),
    }
)  # fmt: skip


def test_every_room_is_tested():
    assert {function.__module__.rpartition(".")[2] for function in FUNCTIONS} == set(networks.__all__)
    public = {
        value
        for name in layers.__all__
        for value in vars(getattr(layers, name)).values()
        if inspect.isclass(value)
        and issubclass(value, keras.layers.Layer)
        and not value.__name__.startswith("_")
    }
    assert public == set(LAYERS)
