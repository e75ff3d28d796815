"""Every entry of the zoo at toy size: built, trained one step, sampled, and made again from its config."""

import pathlib

import numpy as np
import pytest
from helpers import builds, digits, equal, one_of_each, plain, state, tiny

import kerasgen as kg
from kerasgen import registry

NAMES = kg.list_models()
ABILITIES = (pathlib.Path(__file__).parents[1] / "docs" / "abilities.md").read_text(encoding="utf-8")


def first_batch(model):
    """Eight examples, and their conditions in the numbers of the networks."""
    batch = next(iter(digits(model, batch_size=8)))
    return batch if model.condition is None else (batch[0], model.condition.numbers(batch[1]))


# Games differ in their networks, and autoregressive models too: `test_own_data` builds each of them. Two
# others draw pixel by pixel.
MANY = ("gan", "autoregressive")
SLOW = ("pixelvae_binarized_mnist", "vqvae_prior_mnist")
SOME = (
    "dcgan_mnist", "cgan_mnist", "infogan_mnist", "stylegan2_anime_faces", "gan_ring",
    "gated_pixelcnn_binarized_mnist", "nade_binarized_mnist",
)  # fmt: skip
FEW = [name for name in NAMES if registry.get_recipe(name).family not in MANY or name in SOME]
FEW = [name for name in FEW if name not in SLOW]
OTHERS = [pytest.param(name, marks=pytest.mark.long) for name in NAMES if name not in FEW]


@pytest.mark.parametrize("name", one_of_each(FEW) + OTHERS)
def test_entry_takes_a_step_draws_and_comes_back_from_its_configuration(name):
    model = tiny(name)
    logs = model.train_step(first_batch(model))
    assert model.step == 1 and np.isfinite(list(logs.values())).all()
    if isinstance(model, kg.models.GenerativeModel):
        samples = np.asarray(model.draw(*model.with_condition(model.row_keys(2, seed=7))))
        assert samples.shape == (2, *model.event.shape) and np.isfinite(samples).all()
        low, high = model.event.range or (-np.inf, np.inf)
        assert samples.min() >= low and samples.max() <= high
    again = type(model).from_config(model.get_config())
    assert plain(again.get_config()) == plain(model.get_config())
    assert [v.shape for v in again.variables] == [v.shape for v in model.variables]
    if f"| `{name}` |" in ABILITIES:  # `test_readme.py` looks whether all are there
        assert kg.pages.abilities_row(name, model) in ABILITIES


@pytest.mark.long
@pytest.mark.parametrize("name", builds(NAMES))
def test_a_seed_gives_the_same_start_and_leaves_other_generators_alone(name):
    np.random.seed(3)
    expected = np.random.RandomState(3).uniform()
    first, again = (tiny(name, seed=1) for _ in range(2))
    assert equal(state(first), state(again))
    assert np.random.uniform() == expected


def test_other_seeds_give_other_starts():
    assert not equal(state(tiny("dcgan_mnist", seed=1)), state(tiny("dcgan_mnist", seed=2)))


@pytest.mark.parametrize("name", NAMES)
def test_entry_is_described(name):
    entry, recipe = kg.describe(name), registry.get_recipe(name)
    assert entry["summary"] and entry["paper"] and entry["arxiv"] and recipe.tiny
    assert kg.list_models(name, family=entry["family"], dataset=entry["dataset"]) == [name]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.long] * (registry.get_recipe(name).family == "gan"))
        for name in NAMES
        if registry.get_recipe(name).variants
    ],
)
def test_other_ways_to_sample_are_ways_of_the_model(name):
    model = tiny(name)
    for arguments in registry.get_recipe(name).variants.values():
        samples = model.sample(4, seed=7, **arguments)
        assert samples.shape == (4, *model.event.shape) and np.isfinite(samples).all()
        np.testing.assert_allclose(model.sample(2, seed=7, **arguments), samples[:2], atol=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("name", kg.list_models(pretrained=True))
def test_pretrained_entry_goes_on_training(name):
    model = kg.load(name)
    model.compile_from_config(model.get_compile_config() | {"jit_compile": False})  # as `tiny`
    before = state(model)
    history = model.fit(digits(model), steps_per_epoch=1, verbose=0).history
    assert np.isfinite(history["loss" if "loss" in model.trackers else "g_loss"]).all()
    assert not equal(before, state(model))
