"""Where the entries of the zoo are: one folder in a checkout, another in an installed package."""

import functools
import importlib
import importlib.util
import os
import sys


@functools.cache
def zoo_package():
    """The package `kerasgen.zoo`: inside kerasgen/ where it is installed, else the zoo/ beside it.

    The folder decides, not the import path, on which another checkout may stand.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    if os.path.exists(os.path.join(here, "zoo", "__init__.py")):
        return importlib.import_module("kerasgen.zoo")
    folder = os.path.join(os.path.dirname(here), "zoo")
    spec = importlib.util.spec_from_file_location(
        "kerasgen.zoo", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    sys.modules["kerasgen.zoo"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
