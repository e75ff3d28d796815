"""TF-GAN's measures, without `import tensorflow_gan`, which fails since TensorFlow 2.16.

Its package imports `tf.estimator`; the modules of its measures do not. They are found through
packages that hold nothing but a path.
"""

import contextlib
import functools
import importlib
import importlib.util
import sys
import types

import tensorflow as tf

ROOTS = ("tensorflow_gan", "tensorflow_gan.python", "tensorflow_gan.python.eval")


@functools.cache
def classifier_metrics():
    """The module `tensorflow_gan.python.eval.classifier_metrics`; `sys.modules` is left as it was."""
    (folder,) = importlib.util.find_spec("tensorflow_gan").submodule_search_locations
    before = {name: module for name, module in sys.modules.items() if name.startswith("tensorflow_gan")}
    try:
        for name in ROOTS:
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__path__ = ["/".join([folder, *name.split(".")[1:]])]
        return importlib.import_module("tensorflow_gan.python.eval.classifier_metrics")
    finally:
        for name in [name for name in sys.modules if name.startswith("tensorflow_gan")]:
            del sys.modules[name]
        sys.modules.update(before)


@contextlib.contextmanager
def quiet():
    """Holds back TensorFlow's warnings of arguments that TF-GAN still passes."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)
