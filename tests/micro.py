"""The smallest model of every class and kind of space, and data for it: what the contract runs over."""

import functools

import keras
import numpy as np
import pytest
from helpers import reseed
from toys import restorer, unigram

import kerasgen as kg

SHAPE, LATENT = (4, 4, 1), 3
CAPTIONS = ("black hair, blue eyes", "red hair, green eyes")


def dense(inputs, *outputs, activation=None, name=None):
    """A network of dense layers from inputs of some shapes to outputs of others."""
    inputs = [keras.Input(shape, dtype=dtype) for shape, dtype in inputs]
    flat = [
        keras.layers.Flatten()(keras.layers.Reshape((-1,))(keras.ops.cast(part, "float32")))
        for part in inputs
    ]
    h = keras.layers.Dense(8, "tanh")(keras.layers.Concatenate()(flat) if len(flat) > 1 else flat[0])
    made = [
        keras.layers.Reshape(shape)(keras.layers.Dense(int(np.prod(shape)), activation)(h))
        for shape in outputs
    ]
    return keras.Model(
        inputs if len(inputs) > 1 else inputs[0], made if len(made) > 1 else made[0], name=name
    )


floats = lambda *shapes: [(shape, "float32") for shape in shapes]
label, words = ((), "int32"), ((4,), "int32")
adam = lambda: kg.training.FusedAdam(1e-3)


def compiled(model, *optimizers):
    model.compile(*(adam() for _ in range(optimizers[0] if optimizers else 1)), jit_compile=False)
    return model


def denoiser(*condition):
    return dense([*floats(SHAPE, ()), *condition], SHAPE)


def gan():
    generator = dense(floats((LATENT,)), SHAPE, activation="tanh")
    return compiled(kg.GAN(generator, dense(floats(SHAPE), (1,)), penalty="r1", ema=0.9, seed=0), 2)


def gan_of_labels():
    generator = dense([*floats((LATENT,)), label], SHAPE, activation="tanh")
    networks = generator, dense([*floats(SHAPE), label], (1,))
    return compiled(kg.GAN(*networks, condition=10, game="relativistic", seed=0), 2)


def infogan():
    networks = dense(floats((6,)), SHAPE, activation="tanh"), dense(floats(SHAPE), (1,), (3,), (2,))
    return compiled(kg.InfoGAN(*networks, categories=3, factors=2, ema=0.9, seed=0), 2)


def stylegan():
    networks = kg.networks.stylegan2
    mapping, synthesis = networks.mapping(3, 4, 1), networks.synthesis((3,), 4, 1, (1, 1))
    judge = dense(floats(SHAPE), (1,))
    options = {"penalty_every": 2, "path_every": 2, "ema": 0.9, "seed": 0}
    return compiled(kg.StyleGAN(mapping, synthesis, judge, **options), 2)


def vae(condition=None, **options):
    given = [] if condition is None else [label]
    encoder = dense([*floats(SHAPE), *given], (LATENT,), (LATENT,))
    decoder = dense([*floats((LATENT,)), *given], SHAPE)
    return compiled(kg.VAE(encoder, decoder, condition=condition, ema=0.9, seed=0, **options))


def hierarchical():
    networks = (
        dense(floats(SHAPE), (2,), (2,), (5,)),
        dense(floats((5,), (2,)), (3,), (3,)),
        dense(floats((2,)), (3,), (3,)),
        dense(floats((5,)), SHAPE),
    )
    pseudo_inputs = dense(floats((3,)), SHAPE, activation="sigmoid")
    return compiled(kg.HierarchicalVAE(*networks, pseudo_inputs, sample_mode="sample", seed=0))


def vqvae():
    networks = dense(floats(SHAPE), (2, 2, 3)), dense(floats((2, 2, 3)), SHAPE)
    return compiled(kg.VQVAE(*networks, num_embeddings=6, ema=0.9, seed=0))


def vaegan():
    networks = dense(floats(SHAPE), (LATENT,), (LATENT,)), dense(floats((LATENT,)), SHAPE, activation="tanh")
    discriminator = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(4, "tanh")]
    )
    logits = keras.layers.Dense(1)(discriminator.outputs[0])
    return compiled(kg.VAEGAN(*networks, keras.Model(discriminator.inputs, logits), ema=0.9, seed=0), 3)


def autoencoder():
    networks = dense(floats(SHAPE), (LATENT,)), dense(floats((LATENT,)), SHAPE)
    return compiled(kg.Autoencoder(*networks, components=2, memory=20, fit_every=2, ema=0.9, seed=0))


def without_optimizer(model):
    model.compile()
    return model


def classifier():
    network = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(6, "tanh")])
    logits = keras.layers.Dense(10)(network.outputs[0])
    return compiled(kg.Classifier(keras.Model(network.inputs, logits), ema=0.9, seed=0))


def diffusion(condition=None, given=(), **options):
    return compiled(kg.Diffusion(denoiser(*given), condition=condition, num_steps=2, seed=0, **options))


def consistency(discriminator=None):
    networks = denoiser(label), denoiser(label)
    judge = dense([*floats(SHAPE, ()), label], (1,)) if discriminator else None
    options = {"num_times": 4, "segments": 2, "on_policy": 0.5, "condition": 10, "seed": 0}
    return compiled(kg.Consistency(*networks, judge, **options), 2 if discriminator else 1)


def flow():
    """Of points, with what reads its weights off the first batch."""
    affine = kg.bijectors.Affine()
    made, network = kg.networks.flows.made(2, width=4), kg.networks.flows.perceptron((2,), width=4)
    parts = [
        kg.bijectors.ActNorm(),
        kg.bijectors.Coupling(affine, network, flip=True),
        kg.bijectors.MaskedAutoregressive(affine, made),
    ]
    return compiled(kg.Flow(kg.bijectors.Chain(parts), (2,), ema=0.9, seed=0))


def flow_of_levels():
    affine = kg.bijectors.Affine()
    network = kg.networks.flows.convolutions(SHAPE, width=2, num_classes=10)
    bijector = kg.bijectors.Chain(
        [kg.bijectors.Logit(), kg.bijectors.Coupling(affine, network, "checkerboard")]
    )
    noise = kg.bijectors.Coupling(
        affine, kg.networks.flows.convolutions(SHAPE, width=2, context_channels=1), "checkerboard"
    )
    options = {"levels": 256, "value_range": (0.0, 1.0), "condition": 10, "ema": 0.9, "seed": 0}
    return compiled(kg.Flow(bijector, SHAPE, dequantizer=noise, **options))


def autoregressive_blocks():
    """Blocks of 2x2 bits, moved in training."""
    sizes = {"width": 2, "blocks": 1, "convolutions": 1, "heads": 2, "hidden": 2, "num_classes": 9}
    network = kg.networks.pixelsnail.pixelsnail((2, 2, 4), 16, dropout=0.1, **sizes)
    options = {"likelihood": "bit_patterns", "block": 2, "shifts": 1, "ema": 0.9, "seed": 0}
    return compiled(kg.Autoregressive(network, **options))


def pixelvae():
    """A VAE whose decoder reads blocks of the image."""
    code = keras.Sequential([keras.Input((LATENT,)), keras.layers.Dense(2)])
    sizes = {"width": 2, "blocks": 1, "hidden": 2, "joint": True, "encoder": code}
    decoder = kg.networks.pixelcnn.gated_pixelcnn((2, 2, 4), 16, **sizes)
    encoder = dense(floats(SHAPE), (LATENT,), (LATENT,))
    return compiled(kg.VAE(encoder, decoder, block=2, sample_mode="sample", ema=0.9, seed=0))


def vqvae_with_prior():
    networks = dense(floats(SHAPE), (2, 2, 3)), dense(floats((2, 2, 3)), SHAPE)
    prior = kg.networks.pixelcnn.gated_pixelcnn((2, 2), 6, width=2, blocks=1, hidden=2, vocabulary=6)
    return compiled(kg.VQVAE(*networks, num_embeddings=6, ema=0.9, seed=0, prior=prior))


def gsn():
    return compiled(kg.GSN(dense(floats(SHAPE), SHAPE), walkback_steps=2, sampling_steps=3, ema=0.9, seed=0))


def autoregressive(condition=None, **options):
    network = kg.networks.pixelcnn.gated_pixelcnn(SHAPE, width=2, blocks=1, hidden=2, num_classes=condition)
    return compiled(kg.Autoregressive(network, condition=condition, ema=0.9, seed=0, **options))


def sequence_model(event, condition=None, given=()):
    x = keras.Input(event.shape, dtype="int32")
    h = keras.layers.Embedding(event.vocabulary + 1, 4)(x)
    h = kg.layers.stepwise.LSTM(4)(h)
    network = keras.Model(x, keras.layers.Dense(event.vocabulary)(h))
    return compiled(kg.SequenceModel(network, event, condition, ema=0.9, seed=0))


def policy_gradient(reward=None, **options):
    """Judged by a network, or by a reward."""
    event = kg.spaces.Characters("abc", 4, (2, 4))
    network = sequence_model(event).network
    options |= {"samples": 4, "rollouts": 2, "ema": 0.9, "seed": 0}
    if reward is not None:
        return compiled(kg.PolicyGradient(network, event, reward=reward, **options))
    judge = kg.networks.textcnn.discriminator(4, 4, width=2, windows=(1, 2), filters=2, hidden=2)
    options |= {"generator_every": 2, "warmup_steps": 1, "likelihood_weight": 0.1}
    return compiled(kg.PolicyGradient(network, event, discriminator=judge, **options), 2)


def gumbel_gan():
    event = kg.spaces.Characters("abc", 4, (2, 4))
    judge = kg.networks.textcnn.discriminator(4, 4, width=2, windows=(2,), filters=2, hidden=2, relaxed=True)
    options = {"inverse_temperature": 2.0, "generator_every": 2, "ema": 0.9, "seed": 0}
    return compiled(kg.GumbelGAN(sequence_model(event).network, event, judge, **options), 2)


def of_sounds():
    event, labels = kg.spaces.Waveform((6,), rate=8000), kg.spaces.Labels(("digit", "speaker"), (3, 2))
    encoder = kg.networks.labels.encoder(labels.sizes, 2)
    network = kg.networks.wavenet.wavenet(5, 6, (1, 2), width=2, skip_width=2, embedding=2, encoder=encoder)
    return compiled(kg.SequenceModel(network, event, labels, ema=0.9, seed=0))


def of_questions():
    """Texts given texts, by attention."""
    event, condition = kg.spaces.Characters("abc", 3, (2, 3)), kg.spaces.Characters("xy", 4)
    network = kg.networks.seq2seq.attentive(4, 3, 4, source_vocabulary=3, width=2, units=2)
    return compiled(kg.SequenceModel(network, event, condition, ema=0.9, seed=0))


MODELS = {
    "GAN": gan,
    "GAN of labels": gan_of_labels,
    "InfoGAN": infogan,
    "StyleGAN": stylegan,
    "VAE": vae,
    "VAE of labels": functools.partial(vae, condition=10, binarize="dynamic"),
    "HierarchicalVAE": hierarchical,
    "VQVAE": vqvae,
    "VQVAE with a prior": vqvae_with_prior,
    "PixelVAE": pixelvae,
    "VAEGAN": vaegan,
    "Autoencoder": autoencoder,
    "GaussianMixture": lambda: without_optimizer(kg.GaussianMixture((2,), 3, seed=0)),
    "BernoulliMixture": lambda: without_optimizer(kg.BernoulliMixture(SHAPE, 3, seed=0)),
    "PCA": lambda: without_optimizer(kg.PCA(SHAPE, 2, sample_mode="sample", seed=0)),
    "RBM": lambda: compiled(kg.RBM(SHAPE, 5, persistent_chains=3, sampling_steps=3, ema=0.9, seed=0)),
    "GSN": gsn,
    "Flow": flow,
    "Flow of levels": flow_of_levels,
    "Classifier": classifier,
    "Diffusion": functools.partial(diffusion, sampler="ancestral"),
    "Diffusion of labels": functools.partial(diffusion, 10, [label], guidance=2.0),
    "Diffusion of texts": functools.partial(diffusion, CAPTIONS, [words], guidance=2.0),
    "Diffusion of images": functools.partial(diffusion, kg.spaces.Box((2, 2, 1), 0, 1), floats((2, 2, 1))),
    "FlowMatching": lambda: compiled(kg.FlowMatching(denoiser(), num_steps=2, seed=0)),
    "Autoregressive": autoregressive,
    "Autoregressive of blocks": autoregressive_blocks,
    "Autoregressive of labels": functools.partial(autoregressive, 10),
    "SequenceModel": lambda: sequence_model(kg.spaces.Characters("abc", 6, (3, 6))),
    "SequenceModel of sounds": of_sounds,
    "SequenceModel of questions": of_questions,
    "PolicyGradient": policy_gradient,
    "PolicyGradient of BLEU": lambda: policy_gradient(kg.objectives.rewards.Bleu(2)),
    "GumbelGAN": gumbel_gan,
    "Consistency": consistency,
    "Consistency with a discriminator": functools.partial(consistency, True),
    "tokens": unigram,
    "images from images": restorer,
}


# Their class is another model's, and so is the kind of their spaces.
AGAIN = (
    "GAN of labels",
    "VAE of labels",
    "Autoregressive of blocks",
    "Autoregressive of labels",
    "Diffusion of images",
    "Flow of levels",
    "PixelVAE",
    "SequenceModel of questions",
    "VQVAE with a prior",
    "PolicyGradient of BLEU",
    "Consistency with a discriminator",
)


def marked(names):
    """Parameters of a test of models, `long` where another model has the class and another the space."""
    return [pytest.param(name, marks=[pytest.mark.long] * (name in AGAIN)) for name in names]


def data(model, num=32, batch_size=8, seed=0):
    """Random examples of a model's spaces, and conditions if it has any, addressed by index."""
    generator = np.random.default_rng(seed)
    x = model.event.examples(num, generator)
    y = () if model.condition is None else (model.condition.examples(num, generator),)
    return kg.data.from_arrays((x, *y) if y else x, batch_size=batch_size, seed=seed, value_range=None)


def make(name):
    """A model as it begins, compiled."""
    reseed()
    return MODELS[name]()
