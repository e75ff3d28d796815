"""One wrong argument of any kind is refused by name, by every model, before anything has changed."""

import inspect

import micro
import numpy as np
import pytest
from helpers import equal, state
from wrong import (
    VALUES,
    Call,
    a_number,
    a_path,
    a_range,
    a_shape,
    an_int,
    either,
    flag,
    none,
    nothing,
    one_of,
    optional,
    text,
    values,
)  # fmt: skip

import kerasgen as kg
from kerasgen import distributions, objectives, spaces
from kerasgen.models.diffusion.denoising import DenoisingModel

model_seed, whole = an_int(0, 2**32 - 1), an_int(1)
KINDS = {  # argument: what fits it, wherever it occurs
    "bias": a_number(-80, 80), "block": none, "chains": an_int(2, 2**20), "dequantizer": none,
    "gibbs_steps": an_int(1, 2**20), "hidden": an_int(1, 2**20), "levels": none,
    "persistent_chains": optional(an_int(1, 2**20)), "sampling_steps": an_int(1, 2**20),
    "temperature": optional(a_number(0, 100, "(]")), "temperatures": an_int(1, 2**24),
    "generator_every": one_of(1), "inverse_temperature": a_number(0, ends="()"), "rollouts": an_int(0, 1000),
    "likelihood_weight": a_number(0), "reward": none, "samples": an_int(1, 2**16),
    "augmentation": none, "auxiliary_weight": none, "mismatch_weight": one_of(0),
    "batch_size": whole, "beta": a_number(0), "binarize": one_of(None, "dynamic"),
    "bound": one_of("elbo", "importance"),
    "commitment": a_number(0), "components": an_int(1, 2**20), "condition": none,
    "condition_drop": a_number(0, 1),
    "covariance": one_of("full", "diagonal"), "critic_steps": an_int(1, 1000), "decay": a_number(0, 1, "[)"),
    "discriminator": none, "ema": optional(a_number(0, 1, "()")), "epochs": whole, "event_shape": a_shape(1),
    "factor_weight": a_number(0), "information_weight": a_number(0), "mixing": a_number(0, 1),
    "path_decay": a_number(0, 1, "[)"), "path_every": an_int(1, 1000), "path_weight": a_number(0),
    "truncation": a_number(0),
    "fit_every": whole, "floor": a_number(0, ends="()"), "free_bits": a_number(0),
    "game": one_of(*objectives.adversarial.GAMES),
    "game_weight": a_number(0),
    "generator_steps": an_int(1, 1000),
    "guidance": one_of(1), "jit_compile": one_of(True, False, "auto", np.bool_(True)),
    "label_smoothing": a_number(0, 1, "[)"), "latent_dim": an_int(1, 15),
    "likelihood": one_of(*distributions.likelihoods.LIKELIHOODS), "memory": whole,
    "name": optional(lambda x: text(x) and "/" not in x), "num": whole, "num_embeddings": an_int(1, 2**20),
    "num_samples": whole, "num_steps": an_int(1, 10_000), "num_times": optional(an_int(1, 2**20)),
    "on_policy": a_number(0, 1), "parametrization": one_of(*objectives.diffusion.PARAMETRIZATIONS),
    "penalty": one_of(None, *objectives.penalties.PENALTIES), "penalty_weight": a_number(0),
    "packing": one_of(1), "penalty_every": an_int(1, 1000),
    "posterior": one_of(*distributions.posteriors.POSTERIORS), "prior": one_of(*distributions.priors.PRIORS),
    "posterior_flow": none, "prior_flow": none,
    "probes": an_int(1, 1000), "progress": flag, "pseudo_inputs": none, "reconstruction_weight": a_number(0),
    "repeats": an_int(1, 1000), "resample": flag, "restart": a_number(0, 1, "(]"), "run_eagerly": flag,
    "sample_mode": one_of("mean", "sample"), "schedule": one_of(*objectives.diffusion.SCHEDULES),
    "seed": optional(model_seed), "segments": one_of(1), "shuffle": flag, "spacing": a_number(1, 100),
    "steps": an_int(2, 1000), "steps_per_execution": whole, "teacher_guidance": a_number(0, 1e6),
    "teacher_steps": an_int(1, 1000),
    "time_distribution": one_of(*objectives.diffusion.TIME_DISTRIBUTIONS),
    "unrolled_steps": an_int(0, 100), "walkback_steps": an_int(1, 100),
    "value_range": optional(a_range), "verbose": one_of("auto", 0, 1, True, False), "warmup_steps": an_int(0),
    "weight_clip": optional(a_number(0, ends="()")),
    "weighting": one_of(None, *objectives.diffusion.WEIGHTINGS),
}  # fmt: skip
FIT = KINDS | {
    "batch_size": optional(whole), "callbacks": values("none", "empty list", "empty tuple"),
    "class_weight": none, "initial_epoch": an_int(0), "sample_weight": none,
    "steps_per_epoch": optional(whole),
    "validation_batch_size": optional(whole), "validation_data": none,
    "validation_freq": either(whole, values("long", "set")), "validation_split": a_number(0, 1, "[)"),
    "validation_steps": optional(whole), "y": none,
}  # fmt: skip
MORE = [name for name in FIT if name not in KINDS] + ["epochs", "shuffle"]  # behind **kwargs somewhere

CLASSES = {  # class: its networks, the other arguments that it needs, and what else fits some of them
    "GAN": (
        ("generator", "discriminator"), {},
        {"discriminator": nothing, "game": one_of(*objectives.adversarial.ALL_GAMES)},
    ),
    "InfoGAN": (
        ("generator", "discriminator"), {"categories": 3},
        {"categories": one_of(3), "discriminator": nothing, "factors": one_of(2)},
    ),
    "StyleGAN": (("mapping", "synthesis", "discriminator"), {}, {"discriminator": nothing}),
    "VAE": (("encoder", "decoder"), {}, {}),
    "HierarchicalVAE": (
        ("encoder", "posterior", "prior", "decoder"), {}, {"posterior": nothing, "prior": nothing}
    ),
    "VQVAE": (("encoder", "decoder"), {"num_embeddings": 6}, {"prior": none}),
    "VAEGAN": (("encoder", "decoder", "discriminator"), {}, {"discriminator": nothing}),
    "Autoencoder": (("encoder", "decoder"), {}, {}),
    "GaussianMixture": ((), {"event_shape": (2,), "components": 3}, {}),
    "BernoulliMixture": (
        (), {"event_shape": (4, 4, 1), "components": 3},
        {"floor": a_number(0, 0.5, "()"), "value_range": nothing},
    ),
    "PCA": ((), {"event_shape": (4, 4, 1), "latent_dim": 2}, {}),
    "RBM": ((), {"event_shape": (4, 4, 1)}, {"value_range": nothing}),
    "GSN": (("network",), {}, {"corruption": a_number(0, 1, "()"), "value_range": nothing}),
    "Flow": (("bijector",), {"event_shape": (2,)}, {"prior": nothing}),
    "Classifier": (("network",), {}, {}),
    "Autoregressive": (
        ("network",), {},
        {
            "likelihood": one_of("bernoulli"), "levels": an_int(2, 2**16), "value_range": nothing,
            "block": one_of(1), "shifts": one_of(0),
        },
    ),
    "SequenceModel": (
        ("network",), {"event": spaces.Characters("abc", 6, (3, 6))}, {"event": nothing, "schedule": none}
    ),
    "PolicyGradient": (
        ("network", "discriminator"), {"event": spaces.Characters("abc", 4, (2, 4))},
        {"event": nothing, "discriminator": nothing, "generator_every": whole},
    ),
    "GumbelGAN": (
        ("network", "discriminator"), {"event": spaces.Characters("abc", 4, (2, 4))},
        {
            "event": nothing, "discriminator": nothing, "generator_every": whole,
            "game": one_of(*objectives.adversarial.ALL_GAMES),
        },
    ),
    "Diffusion": (("network",), {}, {}),
    "FlowMatching": (("network",), {}, {}),
    "Consistency": (
        ("network", "teacher"), {"num_times": 4, "condition": 10},
        {"guidance": a_number(0, 1e6), "num_steps": optional(an_int(1, 4)), "sampler": none},
    ),
}  # fmt: skip
INHERIT = ("PolicyGradient", "GumbelGAN")  # the methods of `SequenceModel`
MODELS = [
    pytest.param(name, marks=[pytest.mark.long] * (name in micro.AGAIN + INHERIT))
    for name in micro.MODELS
    if name not in ("tokens", "images from images")
]


@pytest.mark.parametrize("name", CLASSES)
def test_a_constructor_refuses_a_wrong_argument_by_name(name):
    networks, needed, kinds = CLASSES[name]
    model = micro.make(name)
    valid = {role: getattr(model, role) for role in networks} | needed
    assert Call(getattr(kg, name), valid, **KINDS | kinds).problems() == {}


@pytest.mark.parametrize("name", MODELS)
def test_a_method_refuses_a_wrong_argument_by_name_and_changes_nothing(name):
    model = micro.make(name)
    before = state(model)
    problems = {what: call.problems() for what, call in methods(model).items()}
    assert {what: found for what, found in problems.items() if found} == {}
    assert equal(before, state(model))


def methods(model):
    """{method: `Call`} of a model."""
    random = np.random.default_rng(0)
    x, condition = model.event.examples(8, random), model.condition
    y = None if condition is None else condition.examples(8)
    given = {} if y is None else {"condition": y[:2]}
    # What fits `x`, points in two dimensions, and `condition`, one for all rows or one for each.
    points = values("array", "tensor", "lists") if model.event.shape == (2,) else nothing
    asked = {type(None): none, spaces.Label: either(an_int(0, 9), values("equal")), spaces.Text: one_of("")}
    asked |= {spaces.Labels: values("equal")}
    asked = asked.get(type(condition), nothing)
    drawn = either(none, asked)
    denoising = isinstance(model, DenoisingModel)
    data = {"x": x, "y": y, "verbose": 0}
    kinds = KINDS | {"x": points, "condition": asked}
    density = {"condition": drawn if denoising else asked, "method": one_of("importance", "elbo")}
    calls = {
        "compile": Call(model.compile, d_optimizer=none, **KINDS),
        "fit": Call(model.fit, data, MORE, **FIT | {"x": points} | of_points(model)),
        "evaluate": Call(
            model.evaluate, data, ("steps", "callbacks", "return_dict"),
            **FIT | {"x": points, "steps": optional(whole), "return_dict": flag},
        ),
        "export": Call(
            model.export, {"filepath": "/nowhere/there"}, filepath=a_path, format=one_of("onnx", "tflite"),
            max_rows=whole, verbose=flag,
        ),
    }  # fmt: skip
    if hasattr(model, "sample"):
        options = {"num": an_int(1, 2**20), "condition": drawn, "sampler": none, "guidance_interval": none}
        weight = one_of(1) if condition is None else a_number(0)
        most = model.sampling.most_steps if denoising else 1
        options |= {"guidance": either(none, weight), "num_steps": optional(an_int(1, most))}
        calls["sample"] = Call(
            model.sample,
            {"num": 2, "seed": 0} | given,
            of_texts(model),
            **kinds | options | {"codes": one_of("mixture", "normal")} | of_texts(model),
        )
    rows = {"x": x[:2]} | given
    known = rows | {"mask": np.ones(model.event.shape)}
    taken = inspect.signature(getattr(model, "inpaint", model.fit)).parameters
    known |= {name: 1 for name in ("num_steps", "repeats") if name in taken}
    codes = {"z": model.latent.examples(2)} | given if hasattr(model, "latent") else {}
    sounds = isinstance(model.event, spaces.Waveform)
    prompts = values("array") if sounds else values("strings", "strings in a tuple")  # of a, b and c
    begun = np.full((2, 2), 0.5) if sounds else ["a", "b"]
    elbo = density | ({"num_samples": an_int(1, 10_000)} if denoising else {})
    taken = {
        "encode": (rows, {}), "reconstruct": (rows, {}), "responsibilities": (rows, {}),
        "decode": (codes, {"z": latent(model)}),
        "interpolate": ({"num": 2, "steps": 2} | given, {"num": an_int(1, 1000), "condition": drawn}),
        "free_energy": (rows, {}), "log_partition": ({"temperatures": 1, "chains": 2}, {}),
        "chain": ({"num": 2, "steps": 2}, {"num": an_int(1, 1000)}),
        "inpaint": (
            known, {"mask": one_of(0, 1, True, False, np.bool_(True)), "condition": drawn},
        ),
        "trajectory": (
            {"num": 2, "steps": 1} | given,
            {"num": an_int(1, 1000), "steps": an_int(1, 1000), "condition": drawn},
        ),
        "log_prob": (rows, density),
        "token_log_prob": (rows, density),
        "complete": ({"prompts": begun} | given, {"prompts": prompts, "condition": drawn}),
        "beam_search": ({"width": 2} | given, {"width": an_int(1, 2**16), "prompts": either(none, prompts)}),
        "elbo": (rows | {"num_samples": 1}, elbo),
    }  # fmt: skip
    taken |= {"alignment": (rows, {})} if getattr(model, "attends", False) else {}
    for method, (valid, options) in taken.items():
        written = getattr(type(model), method, None) not in (None, getattr(kg.GenerativeModel, method, None))
        if written and hasattr(model, method):
            calls[method] = Call(getattr(model, method), valid, **kinds | options)
    if hasattr(model, "set_parameters"):
        calls["set_parameters"] = Call(model.set_parameters, model.get_parameters())
    return calls


def of_texts(model):
    """What fits the options of a model of texts of the characters a, b and c, or of sounds."""
    if not hasattr(model, "complete"):
        return {}
    texts = nothing if isinstance(model.event, spaces.Waveform) else one_of("ab", b"ab")
    texts = texts if texts is nothing else either(texts, values("text tensor"))
    return {
        "temperature": a_number(0.01, 100), "top_k": optional(an_int(1, model.symbols.size)),
        "top_p": optional(a_number(0, 1, "(]")), "prompt": either(none, texts),
    }  # fmt: skip


def of_points(model):
    """What else fits `fit`'s `validation_data`: examples of a mixture of points."""
    return {"validation_data": values("none", "array", "tensor")} if model.event.shape == (2,) else {}


def latent(model):
    """What fits `z`: codes of two numbers that may be any."""
    codes = getattr(model, "latent", None)
    plain = codes is not None and codes.shape == (2,) and codes.range is None
    return (lambda x: any(x is VALUES[one] for one in ("array", "tensor", "lists"))) if plain else nothing
