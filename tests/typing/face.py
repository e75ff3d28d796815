"""A program as users write it: checked by mypy, never run. A name that the package lacks is an error here."""

from pathlib import Path
from typing import Any, assert_type

import kerasgen
from kerasgen import Record, Reference, data, registry, training
from kerasgen.errors import CorruptWeightsError

assert_type(kerasgen.__version__, str)
assert_type(kerasgen.list_models("*_mnist", family="gan", pretrained=True), list[str])
assert_type(kerasgen.describe("dcgan_mnist"), dict[str, Any])
assert_type(registry.get_record("dcgan_mnist"), Record | None)
assert_type(registry.get_recipe("dcgan_mnist").reference, Reference)
assert_type(registry.get_recipe("dcgan_mnist").generates, bool)

model = kerasgen.load("dcgan_mnist")
images = model.sample(16, seed=7)
model.fit(data.load("mnist", batch_size=128), epochs=5)
model.export("serving/dcgan_mnist/1")
kerasgen.load(Path("runs") / "first", dtype="mixed_bfloat16")
kerasgen.load("cvae_mnist", pretrained=False, num_classes=26)
checkpoint = training.Checkpoint("runs/first/checkpoint", every_steps=500)

kerasgen.load("dcgan_mnist", pretrained="yes")  # type: ignore[arg-type]
unknown = kerasgen.no_such_name  # type: ignore[attr-defined]
unknown = data.no_such_name  # type: ignore[attr-defined]
raise CorruptWeightsError
