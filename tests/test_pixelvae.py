"""VAEs with an autoregressive decoder, against sums over all images and integrals over the code."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals

import kerasgen as kg

IMAGES = np.array(list(itertools.product([0, 1], repeat=4)), "float32").reshape(-1, 2, 2, 1)
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)


def randomized(network, scale=0.7):
    random = np.random.default_rng(0)
    network.set_weights([scale * random.normal(size=w.shape) for w in network.get_weights()])
    return network


def pixelvae(block=1, **options):
    """2x2 bits and a code of one number."""
    code = keras.Sequential([keras.Input((1,)), keras.layers.Dense(3)])
    sizes = {"width": 3, "blocks": 1, "hidden": 8, "joint": True, "encoder": code}
    shape = (2 // block, 2 // block, block**2)
    decoder = kg.networks.pixelcnn.gated_pixelcnn(shape, 2**block**2 if block > 1 else 1, **sizes)
    encoder = kg.networks.vae.mlp_encoder((2, 2, 1), 1, 4, 1)
    return kg.VAE(randomized(encoder, 0.3), randomized(decoder), block=block, seed=0, **options)


def truth(model):
    """log p(x) of all 16 images by quadrature over z, float64."""
    z = np.repeat(NODES[:, None, None], 16, axis=1).astype("float32")
    log_p = np.asarray(model.observation.log_prob(tf.constant(IMAGES), tf.constant(z)), "float64")
    return np.log((WEIGHTS[:, None] / WEIGHTS.sum() * np.exp(log_p)).sum(axis=0))


eagerly = pytest.mark.usefixtures("eagerly")


@pytest.mark.parametrize("block", [pytest.param(1, marks=pytest.mark.long), 2])
def test_the_bound_is_below_the_likelihood_and_nears_it_with_many_draws(block):
    model = pixelvae(block)
    log_p = truth(model)
    assert np.exp(log_p).sum() == pytest.approx(1, abs=1e-5) and log_p.std() > 0.1
    draws = np.stack([model.elbo(IMAGES, num_samples=50, seed=seed) for seed in range(4)])
    assert (draws.mean(0) < log_p + 4 * draws.std(0) / 4**0.5).all() and draws.mean() < log_p.mean() - 1e-3
    near = np.stack([model.log_prob(IMAGES, num_samples=500, seed=seed) for seed in range(4)])
    assert (np.abs(near.mean(0) - log_p) < 4 * near.std(0) / 4**0.5 + 2 * near.var(0) + 1e-4).all()


@pytest.mark.long
def test_samples_come_as_often_as_they_are_probable_and_codes_decode_to_likelier_bits():
    model, num = pixelvae(sample_mode="sample"), 4000
    p = np.exp(truth(model))
    drawn = model.sample(num, seed=3).reshape(num, 4) @ [8, 4, 2, 1]
    counts = np.bincount(drawn.astype(int), minlength=16)
    assert (np.abs(counts - num * p) < 4 * np.sqrt(num * p * (1 - p)) + 1).all()
    z = np.float32([[-1.0], [2.0]])
    x = model.decode(z)
    logits = np.asarray(model.decoder([x, z]))
    assert np.array_equal(x, (logits > 0).astype("float32"))


@eagerly
def test_the_loss_of_a_step_is_minus_the_bound():
    model = pixelvae(2)
    model.compile("sgd", jit_compile=False)
    logs = {name: float(value) for name, value in model.train_step(tf.constant(IMAGES)).items()}
    assert logs["loss"] == pytest.approx(logs["distortion"] + logs["rate"], rel=1e-5)
    found = model.evaluate(IMAGES, verbose=0, return_dict=True)
    assert -found["loss"] < truth(model).mean() + 0.5


def encoder_of(*shape):
    return kg.networks.vae.mlp_encoder(shape, 1, 4, 1)


test_what_does_not_go_together_is_refused = refusals(
    {
        "a likelihood of reals": (lambda: pixelvae(likelihood="gaussian"), "block"),
        "a decoder of codes alone": (
            lambda: kg.VAE(encoder_of(2, 2, 1), kg.networks.vae.mlp_decoder((2, 2, 1), 1), block=1), "decoder"
        ),
        "an encoder of other images": (
            lambda: kg.VAE(encoder_of(2, 3, 1), pixelvae().decoder, block=1), "encoder"
        ),
    }
)  # fmt: skip
