"""The callbacks of Keras with every model class: each works, or is refused by name before training."""

import functools
import importlib.util
import os
import re

import keras
import micro
import numpy as np
import pytest
from helpers import equal, state

import kerasgen as kg

WORKS, REFUSED = True, False

KINDS = {  # of models: the classes of each
    "one optimizer": (
        "Autoencoder",
        "Classifier",
        "Consistency",
        "Diffusion",
        "FlowMatching",
        "HierarchicalVAE",
        "VAE",
        "VQVAE",
    ),
    "several players": ("GAN", "VAEGAN"),
    "closed form": ("BernoulliMixture", "GaussianMixture", "PCA"),
}
EVERYWHERE = dict.fromkeys(KINDS, WORKS)
ONE_OPTIMIZER = {
    "one optimizer": WORKS,
    "several players": REFUSED,
    "closed form": REFUSED,
}  # needs `model.optimizer`
EXPECTED = {
    "BackupAndRestore": EVERYWHERE,
    "CSVLogger": EVERYWHERE,
    "EarlyStopping": EVERYWHERE,
    "LambdaCallback": EVERYWHERE,
    "LearningRateScheduler": ONE_OPTIMIZER,
    "ModelCheckpoint of the model": EVERYWHERE,
    "ModelCheckpoint of weights": EVERYWHERE,
    "ProgbarLogger": EVERYWHERE,
    "ReduceLROnPlateau": ONE_OPTIMIZER,
    "SwapEMAWeights": ONE_OPTIMIZER,
    "TensorBoard": EVERYWHERE,
    "TerminateOnNaN": EVERYWHERE,
}
KIND = {name: kind for kind, names in KINDS.items() for name in names}


@functools.cache
def model_of(name, use_ema=False):
    """A small model with plain optimizers, which traces its step once for all callbacks."""
    model = micro.make(name)
    adam = lambda: keras.optimizers.Adam(1e-3, use_ema=use_ema)
    optimizers = {argument: adam() for argument in model.get_compile_config() if "optimizer" in argument}
    model.compile(**optimizers, jit_compile=False)
    return model


def name_of(model):
    return type(model).__name__


def fitted(model, callback, epochs=2):
    data = micro.data(model, num=8 * epochs)
    return model.fit(data, epochs=epochs, steps_per_epoch=1, callbacks=[callback], verbose=0)


# One function for each callback: makes it, trains with it, and looks at what it was to do.


def backup_and_restore(model, folder):
    fitted(model, keras.callbacks.BackupAndRestore(folder / "backup"))


def csv_logger(model, folder):
    fitted(model, keras.callbacks.CSVLogger(str(folder / "log.csv")))
    assert len((folder / "log.csv").read_text().splitlines()) == 3


def early_stopping(model, folder):
    monitor = model.metrics[0].name
    callback = keras.callbacks.EarlyStopping(monitor, 1e9, mode="min", restore_best_weights=True)
    assert len(fitted(model, callback, epochs=4).epoch) == 2


def lambda_callback(model, folder):
    seen = []
    fitted(model, keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch)))
    assert seen == [0, 1]


def learning_rate_scheduler(model, folder):
    fitted(model, keras.callbacks.LearningRateScheduler(lambda epoch, rate: 2.0 ** -(9 + epoch)))
    assert float(model.optimizer.learning_rate) == 2.0**-10


def checkpoint_of_the_model(model, folder):
    fitted(model, keras.callbacks.ModelCheckpoint(folder / "model.keras"))
    copy = keras.models.load_model(folder / "model.keras")
    assert equal([np.asarray(v) for v in model.weights], [np.asarray(v) for v in copy.weights])


def checkpoint_of_weights(model, folder):
    path = folder / "model.weights.h5"
    fitted(model, keras.callbacks.ModelCheckpoint(path, save_weights_only=True))
    before = state(model)[: len(model.weights)]
    model.load_weights(path)
    assert equal(before, state(model)[: len(model.weights)])


def progbar_logger(model, folder):
    fitted(model, keras.callbacks.ProgbarLogger())


def reduce_on_plateau(model, folder):
    before = float(model.optimizer.learning_rate) if KIND[name_of(model)] == "one optimizer" else None
    monitor = model.metrics[0].name
    fitted(model, keras.callbacks.ReduceLROnPlateau(monitor, 0.5, patience=1, min_delta=1e9, mode="min"))
    assert float(model.optimizer.learning_rate) == pytest.approx(before / 2)


def swap_ema_weights(model, folder):
    """The averages are in the model after the last epoch; `swap_on_epoch` has them there when others save."""
    model = model_of(name_of(model), use_ema=KIND[name_of(model)] == "one optimizer")
    fitted(model, keras.callbacks.SwapEMAWeights(swap_on_epoch=True))


def tensorboard(model, folder):
    fitted(model, keras.callbacks.TensorBoard(str(folder), write_graph=False))
    assert any("events" in name for _, _, names in os.walk(folder) for name in names)


def terminate_on_nan(model, folder):
    fitted(model, keras.callbacks.TerminateOnNaN())


FUNCTIONS = {
    "BackupAndRestore": backup_and_restore,
    "CSVLogger": csv_logger,
    "EarlyStopping": early_stopping,
    "LambdaCallback": lambda_callback,
    "LearningRateScheduler": learning_rate_scheduler,
    "ModelCheckpoint of the model": checkpoint_of_the_model,
    "ModelCheckpoint of weights": checkpoint_of_weights,
    "ProgbarLogger": progbar_logger,
    "ReduceLROnPlateau": reduce_on_plateau,
    "SwapEMAWeights": swap_ema_weights,
    "TensorBoard": tensorboard,
    "TerminateOnNaN": terminate_on_nan,
}


QUICK = ("VAE", "GAN")  # of one optimizer and of two


@pytest.mark.parametrize("callback", EXPECTED)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name not in QUICK)) for name in KIND]
)
def test_a_callback_works_or_is_refused_by_name(name, callback, tmp_path):
    if callback == "TensorBoard" and not importlib.util.find_spec("tensorboard"):
        pytest.skip("needs tensorboard")
    model, function = model_of(name), FUNCTIONS[callback]
    before = model.step
    if EXPECTED[callback][KIND[name]] == WORKS:
        function(model, tmp_path)
        assert model.step > before or callback == "SwapEMAWeights"
        return
    with pytest.raises(ValueError, match=callback):
        function(model, tmp_path)
    assert model.step == before


def test_the_table_of_the_docs_is_the_one_tried_here():
    path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "docs", "training.md")
    with open(path, encoding="utf-8") as file:
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\w+) \| (\w+) \|$", file.read(), re.M)
    words = {WORKS: "works", REFUSED: "refused"}
    tried = {
        callback.split()[0]: tuple(map(words.get, kinds.values())) for callback, kinds in EXPECTED.items()
    }
    assert {callback: tuple(kinds) for callback, *kinds in rows} == tried


@pytest.mark.parametrize("name, optimizer", [("GAN", "g_optimizer"), ("VAEGAN", "e_optimizer")])
def test_averages_of_several_optimizers_are_refused(name, optimizer):
    """Keras would leave them unused."""
    with pytest.raises(ValueError, match=f"`{optimizer}` must not have use_ema=True"):
        model_of(name, use_ema=True)


def test_a_rate_that_a_schedule_gives_is_not_set():
    """Keras itself says so."""
    model = micro.make("Diffusion")
    schedule = keras.optimizers.schedules.CosineDecay(1e-3, 10)
    model.compile(kg.training.FusedAdam(schedule), run_eagerly=True)
    with pytest.raises((TypeError, ValueError), match=r"[Ss]chedule"):
        fitted(model, keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3))
    assert model.step == 0
