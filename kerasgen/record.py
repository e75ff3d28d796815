"""A Record: the metadata of an entry's pretrained weights, in a JSON file beside the weight file.

It says how the weights were made, how to recognize them, and what was measured with them. Cards and tables
are generated from it.
"""

import dataclasses
import json
import os
import re

from kerasgen.atomic import write_text
from kerasgen.errors import CorruptWeightsError
from kerasgen.fields import Typed


@dataclasses.dataclass(frozen=True)
class Record(Typed):
    """Where an entry's weights come from, and what was measured with them.

    Attributes:
        name: The entry.
        sha256, size: Of the weight file, in hex and in bytes.
        manifest: One [variable, shape, dtype] for each variable of the model's components, in their order.
        command: What was typed to train.
        seed, epochs, steps, minutes: Of that training; minutes of wall time.
        data: Name, split and number of the examples.
        parameters: Number of trainable numbers, by component.
        versions: Of Python and the packages that matter.
        machine: Processor and cores.
        date: ISO date of the end of training.
        metrics: What was measured: {figure: {"value", "spread", "floor"}}, as in `evaluation.run`.
        variants: The same figures of each of the recipe's other ways to draw.
        curve: The points of the recipe's `Curve`, {"lines": {line: [[x, value], ...]}, "floor"}, and how.
        evaluation: How: samples, seeds, real data, evaluator, command, machine, date.
        url: Where the weight file is fetched from ("https://", "http://" or "file://"), for weights that
            are not shipped with the package; None for those that are.

    Raises:
        TypeError: If a field is of another type.
        ValueError: If a field cannot be that of a weight file.
    """

    name: str
    sha256: str
    size: int
    manifest: list
    command: str
    seed: int
    epochs: int
    steps: int
    minutes: float
    data: str
    parameters: dict
    versions: dict
    machine: str
    date: str
    metrics: dict = dataclasses.field(default_factory=dict)
    variants: dict = dataclasses.field(default_factory=dict)
    evaluation: dict = dataclasses.field(default_factory=dict)
    curve: dict = dataclasses.field(default_factory=dict)
    url: str | None = None

    def __post_init__(self):
        super().__post_init__()
        self.require("name", re.fullmatch(r"[\w.-]+", self.name), "be the name of an entry")
        self.require("sha256", re.fullmatch("[0-9a-f]{64}", self.sha256), "be 64 hexadecimal digits")
        self.require("size", self.size >= 0, "be >= 0")
        self.require("manifest", all(map(_variable, self.manifest)), "list [name, shape, dtype]")
        for name in ("metrics", "variants"):
            figures = all(isinstance(figure, dict) for figure in getattr(self, name).values())
            self.require(name, figures, "hold a dictionary for each name")
        places = r"(https?|file)://\S+"
        self.require(
            "url", self.url is None or re.fullmatch(places, self.url), "be https://, http:// or file://"
        )

    @property
    def file_name(self) -> str:
        """Name of the weight file: the entry's and the first digits of its sha256.

        New weights thus never overwrite those that the present Record describes.
        """
        return f"{self.name}-{self.sha256[:8]}.safetensors"

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Record":
        """The Record in a JSON file.

        Raises:
            CorruptWeightsError: If `path` is no regular file, or does not hold a Record.
        """
        try:
            if not os.path.isfile(path):  # opening a FIFO would wait for ever
                raise ValueError("it is no regular file")
            with open(path, encoding="utf-8") as file:
                fields = json.load(file)
            if not isinstance(fields, dict):
                raise ValueError("it holds no JSON object")
            return cls(**fields)
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise CorruptWeightsError(f"`path` holds no valid Record: {str(path)!r}. {error}") from error

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes it as JSON, one field a line; `path` is replaced as a whole."""
        fields = dataclasses.asdict(self)
        lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in fields.items()]
        write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _variable(row):
    """Whether it is [name, shape, dtype] of a variable."""
    return (
        isinstance(row, list)
        and [type(part) for part in row] == [str, list, str]
        and all(type(side) is int and side >= 0 for side in row[1])
    )
