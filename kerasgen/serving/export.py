"""Versioned exports: `folder/<version>/`, the newest of which TF Serving loads by itself."""

import os
import re
import warnings

from kerasgen.atomic import local_path
from kerasgen.models.core import saved_model
from kerasgen.models.core.zoo_model import ZooModel
from kerasgen.ops import checks
from kerasgen.serving import config, page, warmup

LEFT = "{} says something else than this export would, and was left as it is."
WARM = (1, 16)  # rows of the warm-up requests: a request alone, and a small batch


def export_version(model, folder, version=None, max_rows=1024):
    """Exports `model` to `folder/<version>`, ready for TF Serving, and returns that path.

    The version holds the SavedModel, a README.md with its signatures and a request for each, and
    requests that the server answers before it goes into service (`warmup`). Beside it lie
    `models.config` and `batching.config` (`config`). The folder of the version appears when it is complete.

    Args:
        model: A `ZooModel`; the server knows it by `model.name`.
        folder: The folder that the server watches; made if need be.
        version: Int >= 1; default one more than the newest there.
        max_rows: Most rows a request may ask for.

    Raises:
        FileExistsError: If that version exists.
        TypeError, ValueError: If `model` is no `ZooModel`, `folder` no path, `version` or `max_rows` no
            int >= 1, or the model's name is not of letters, digits, "_", "-" and ".".

    Warns:
        UserWarning: If no warm-up requests were written, for want of tensorflow-serving-api, or
            `models.config` or `batching.config` was there and says something else.
    """
    if not isinstance(model, ZooModel):
        raise TypeError(f"`model` must be a `ZooModel`. Received: model={checks.received(model)}.")
    folder = local_path("folder", folder)
    if version is None:
        there = os.listdir(folder) if os.path.isdir(folder) else []
        version = 1 + max((int(name) for name in there if re.fullmatch("[0-9]+", name)), default=0)
    checks.integer("version", version, 1, 2**31 - 1)
    checks.integer("max_rows", max_rows, 1, 2**31 - 1)
    if not re.fullmatch(r"\w[\w.-]*", model.name, re.ASCII):
        raise ValueError(f"`model.name` must be of letters, digits, _, - and . Received: {model.name!r}.")
    path = os.path.join(folder, str(version))
    with saved_model.placed(path) as work:
        model.export(work, max_rows=max_rows)
        endpoints = model.endpoints()
        nums = [num for num in WARM if num <= max_rows]
        requests = [(name, each.examples(num)) for name, each in endpoints.items() for num in nums]
        warm = warmup.write(work, model.name, requests)
        page.write(work, model.name, version, endpoints, max_rows)
    left = config.write(folder, model.name, max_rows)
    for problem in [warmup.MISSING] * (not warm) + [LEFT.format(file) for file in left]:
        warnings.warn(problem, stacklevel=2)
    return path
