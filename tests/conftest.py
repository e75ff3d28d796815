"""How tests are run: one thread a process, the same start for each, slow files first.

What tests share stands in `helpers.py`. Nothing heavy is imported here, since the process that only hands
tests out reads this file, too.
"""

import gc
import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
if "PYTEST_XDIST_WORKER" in os.environ:  # a worker for each core: one thread each, in child processes too
    for threads in ("TF_NUM_INTRAOP", "TF_NUM_INTEROP", "OMP_NUM", "OPENBLAS_NUM"):
        os.environ.setdefault(f"{threads}_THREADS", "1")

    gc.set_threshold(100_000, 50, 10_000)  # traced graphs are many objects, and none of them garbage

pytest.register_assert_rewrite("helpers")
SLOW = (  # files that take longest, so that both workers end at about the same time
    "test_contract", "test_diffusion", "test_cli", "test_vae", "test_streams", "test_checkpoint",
    "test_evaluation", "test_samplers", "test_entries", "test_weighting", "test_model_arguments", "test_gan",
    "test_vaegan", "test_vqvae", "test_load", "test_mixture", "test_health", "test_hierarchical",
    "test_stylegan", "test_spaces", "test_samples", "test_door", "test_rules", "test_autoencoder",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    place = {name: at for at, name in enumerate(SLOW)}
    items.sort(key=lambda item: place.get(item.path.stem, len(SLOW)))


def pytest_sessionfinish():
    gc.freeze()  # what stays until the end needs no search for garbage


@pytest.fixture(scope="session", autouse=True)
def graphs_as_traced():
    """In workers, graphs run as they are traced: rewriting a tiny graph takes longer than running it."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


@pytest.fixture(autouse=True)
def seeded():
    from helpers import reseed

    reseed()


@pytest.fixture
def eagerly():
    """Graph functions run as plain Python: where an equation is tried, tracing takes longer than running."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def in_graphs(eagerly):
    """Against the `eagerly` of a whole file: what loops over thousands of rows."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def references_are_kept():
    """The real side of evaluations is prepared once for each data set and judge."""
    from kerasgen.evaluation import run

    make, kept = run.reference_set, {}

    def once(source, *judge):
        key = source, *(getattr(each, "name", None) for each in judge)
        if key not in kept:
            kept[key] = make(source, *judge)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "reference_set", once)
        yield
