"""Every family under every way of computing that Keras offers, or a sentence that says why not."""

import numpy as np
import pytest
from helpers import digits, tiny

import kerasgen as kg
from kerasgen import registry

OPTIONS = ("gradient_accumulation_steps", "steps_per_execution", "mixed_bfloat16", "mixed_float16")
QUICK = ("gan_mnist",)
FAMILIES = (
    *QUICK,
    "diffusion_moons",
    "ae_mnist",
    "bernoulli_mixture_binarized_mnist",
    "consistency_mnist",
    "ddpm_mnist",
    "flow_matching_mnist",
    "gated_pixelcnn_binarized_mnist",
    "gated_pixelcnn_binarized_mnist",
    "gmm_rings",
    "hvae_binarized_mnist",
    "iwae_binarized_mnist",
    "lenet_mnist",
    "maf_moons",
    "pca_mnist",
    "rbm_binarized_mnist",
    "vae_mnist",
    "vaegan_mnist",
    "vqvae_mnist",
)
WITHOUT_XLA = ("ae_mnist", "bernoulli_mixture_binarized_mnist", "gmm_rings", "pca_mnist")
STEPS = 4  # float16 may have to lower the scale of its loss first

QUICK_OPTIONS = ("mixed_float16",)

names = [pytest.param(name, marks=[pytest.mark.long] * (name not in QUICK)) for name in FAMILIES]
with_xla = [name for name in FAMILIES if name not in WITHOUT_XLA]


def compiled(name, option, value):
    """An entry at toy size, its optimizers or its `compile` with the option."""
    model = tiny(name)
    config = model.get_compile_config()
    for argument in config.values():
        if isinstance(argument, dict) and option in argument.get("config", {}):
            argument["config"][option] = value
    if option in config:
        config[option] = value
    model.compile_from_config(config)
    return model


def of_option(name, option):
    if option.startswith("mixed"):
        model = tiny(name, dtype=option)
        computes = any(option == f"mixed_{layer.compute_dtype}" for layer in model._flatten_layers())
        assert computes or not model.optimizers
        return model
    return compiled(name, option, 2)


def weights(model):
    return [np.array(w) for networks in model.components().values() for w in networks[-1].weights]


def learns(model):
    """Whether a few steps move the weights and leave everything finite."""
    before = weights(model)
    history = model.fit(digits(model), steps_per_epoch=STEPS, verbose=0).history
    assert np.isfinite(list(history.values())).all() and model.step == STEPS
    after = weights(model)
    return all(np.isfinite(w).all() for w in after) and any(map(np.any, map(np.not_equal, before, after)))


@pytest.mark.parametrize("name", names)
@pytest.mark.parametrize(
    "option",
    [pytest.param(each, marks=[pytest.mark.long] * (each not in QUICK_OPTIONS)) for each in OPTIONS],
)
def test_every_family_learns_under_every_option(name, option):
    assert learns(of_option(name, option))


@pytest.mark.long
@pytest.mark.parametrize("name", with_xla)
def test_every_family_of_networks_learns_under_xla(name):
    assert learns(tiny(name, jit_compile=True))


@pytest.mark.parametrize("name", WITHOUT_XLA)
def test_what_is_fitted_in_closed_form_says_that_it_runs_without_xla(name):
    model = tiny(name)
    with pytest.raises(ValueError, match="`jit_compile` must be False"):
        model.compile(jit_compile=True)


def test_accumulated_gradients_are_one_step():
    model = compiled("diffusion_moons", "gradient_accumulation_steps", 2)
    before = weights(model)
    model.fit(digits(model), steps_per_epoch=1, verbose=0)
    assert all(map(np.array_equal, before, weights(model)))
    model.fit(digits(model), steps_per_epoch=1, verbose=0)
    assert not all(map(np.array_equal, before, weights(model)))


def test_options_cover_every_family():
    assert {registry.get_recipe(name).family for name in FAMILIES} == {
        registry.get_recipe(name).family for name in kg.list_models()
    }
