"""What an entry is trained on: a named data set, or a person's own examples."""

import dataclasses

import numpy as np

from kerasgen import arguments, errors
from kerasgen.commands import own_data, process

LEAST_STEPS = 2000  # train steps on data of one's own, unless `--epochs` is given


@dataclasses.dataclass(frozen=True)
class Material:
    """Examples for an entry.

    Attributes:
        name, recipe: The entry.
        source: Name of the data set, or absolute path.
        train: `kerasgen.data.Examples` to train on.
        held_out: `Examples` to watch the run with, or None.
        settings: What else a run depends on, for `run.json`.
        own: Whether they are a person's own, not a named set's.
    """

    name: str
    recipe: object
    source: str
    train: object
    held_out: object
    settings: dict
    own: bool

    def lengths(self, batch_size=None, epochs=None):
        """(batch size, epochs, train steps in all): those given, or those of the recipe.

        A batch is never larger than the examples. Few examples of one's own are shown more often than the
        recipe says, in so many epochs that there are `LEAST_STEPS`; not where one batch is all of them.
        """
        batch_size = batch_size or min(self.recipe.batch_size, len(self.train))
        steps = max(1, len(self.train) // batch_size)
        if epochs is None:
            least = -(-LEAST_STEPS // steps) if self.own and steps > 1 else 1
            epochs = max(self.recipe.epochs, least)
        return batch_size, epochs, steps * epochs

    def arguments(self, steps, as_recipe):
        """Arguments of `build` that suit the examples; none where all is `as_recipe` says."""
        if self.source == self.recipe.data:
            return {} if as_recipe else arguments.of_examples(self.recipe, (), steps=steps)
        texts = self.train.labels is not None and self.train.num_classes is None
        captions = tuple(sorted(set(map(str, self.train.labels)))) if texts else None
        shape, classes = self.train.x.shape[1:], self.train.num_classes
        more = {"symbols": self._symbols(), "rate": self.train.rate}
        return arguments.of_examples(self.recipe, shape, classes, captions, steps, **more)

    def _symbols(self):
        """The characters of texts; None of other examples."""
        if self.train.x.dtype.kind != "O":
            return None
        from kerasgen.data import texts

        return texts.symbols_of([*self.train.x, *(() if self.held_out is None else self.held_out.x)])

    def check(self, model):
        """Refuses examples that the model cannot take, by the name of what was typed."""
        if self.train.x.dtype.kind == "O":
            model.event.check(self.train.x, "data")
        elif self.train.x.shape[1:] != tuple(model.event.shape):
            raise errors.InvalidDataError(
                f"`data` must hold examples of shape {tuple(model.event.shape)}, the only ones that "
                f"{self.name} takes. Received: {self.source!r}, of shape {self.train.x.shape[1:]}."
            )
        if self.recipe.labels and self.train.labels is None:
            raise errors.InvalidDataError(
                f"`labels` must be given to {self.name}: a folder for each class, or --labels FILE. "
                f"Received: data={self.source!r}, without labels."
            )

    def dataset(self, model, **options):
        """The `IndexedDataset` to train on."""
        x = self._binary(self.train.x, model)
        value_range = model.event.range if x.dtype == np.uint8 else None
        train = dataclasses.replace(self.train, x=x)
        return train.dataset(self.recipe.labels, value_range=value_range, **options)

    def watched(self, model):
        """(held-out examples, conditions or None, training examples) as the model takes them, or None."""
        from kerasgen.ops import pixels
        from kerasgen.training import diagnostics

        if self.held_out is None:
            return None

        def ready(x, num):
            x = self._binary(x[:num], model)
            return pixels.from_uint8(x, model.event.range) if x.dtype == np.uint8 else x

        condition = None if model.condition is None else self.held_out.labels[: diagnostics.NUM]
        held_out = ready(self.held_out.x, diagnostics.NUM)
        return held_out, condition, ready(self.train.x, diagnostics.MOST_TRAINING)

    def _binary(self, x, model):
        """Pixels of 0 and 255 alone for a model of bits."""
        from kerasgen import spaces

        bits = self.own and x.dtype == np.uint8 and isinstance(model.event, spaces.Bits)
        return np.where(x > 127, np.uint8(255), np.uint8(0)) if bits else x


def named(name, recipe, source):
    """The `Material` of a named data set; of its validation split where there is one, some are held out.

    The test split is thus left for reporting.
    """
    from kerasgen import data

    train = data.Examples(*data.arrays(source, "train"))
    try:
        held_out = data.arrays(source, "validation")
    except ValueError:  # no such split
        held_out = data.arrays(source, "test")
    return Material(name, recipe, source, train, data.Examples(*held_out), {}, own=False)


def own(name, recipe, path, reading, progress=False):
    """The `Material` at a path, read as a `Reading` says; it tells what it found."""
    path = own_data.existing(path)
    train, held_out = reading.parts(path, progress)
    apart = f"; {len(held_out):,} are held out" if held_out else "; none is held out"
    process.say(own_data.described(train, path) + apart)
    settings = {"reading": dataclasses.asdict(reading), "examples": own_data.fingerprint(train)}
    if train.class_names:
        settings["class_names"] = train.class_names
    if recipe.condition == "text":
        train, held_out = _captioned(train), held_out and _captioned(held_out)
    return Material(name, recipe, path, train, held_out, settings, own=True)


def _captioned(examples):
    """The examples with the names of their classes as texts."""
    if examples.class_names is None:
        return examples
    texts = np.array(examples.class_names)[examples.labels]
    return dataclasses.replace(examples, labels=texts, class_names=None)
