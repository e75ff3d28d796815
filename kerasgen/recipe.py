"""What an entry of the zoo is (Recipe) and what is known of its weights (Record): plain data."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

FAMILIES = ("gan", "vae", "diffusion", "autoregressive", "flow", "mixture", "linear", "classifier")
LIKELIHOODS = ("exact", "bound", "ais", "none")


@dataclasses.dataclass(frozen=True)
class Reference:
    """The published system that an entry follows, and its number where it has one.

    Attributes:
        paper: Authors and year, as "Radford et al. (2016)".
        arxiv: arXiv id, or "doi:..." for a paper that is not there.
        metric: What was measured there, or None.
        value: The published value with its unit, or None.
        checked: Whether it was read in its source; otherwise it is "as commonly quoted".
    """

    paper: str
    arxiv: str
    metric: str | None = None
    value: str | None = None
    checked: bool = False

    @property
    def link(self):
        """Where the paper is."""
        doi = self.arxiv.removeprefix("doi:")
        return f"https://doi.org/{doi}" if doi != self.arxiv else f"https://arxiv.org/abs/{self.arxiv}"


@dataclasses.dataclass(frozen=True)
class Curve:
    """One figure of an entry's samples against how they are drawn.

    Attributes:
        x: What changes along a line, in words.
        figure: "fid", or "label_accuracy".
        lines: {line: {x: arguments of `sample`}}.
        num: Samples a point.
    """

    x: str
    figure: str
    lines: dict
    num: int = 2000


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How an entry is built and trained.

    Attributes:
        build: Returns a compiled model; keyword arguments shrink it.
        data: Name of its data for `kerasgen.data.load`.
        batch_size: Examples a train step reads.
        epochs: Passes over the training split.
        tiny: Arguments of `build` that make the toy of the contract tests.
        family: One of `FAMILIES`.
        reference: The published system.
        likelihood: One of `LIKELIHOODS`: what `log_prob` gives.
        draws: Of a code for each test example, behind the bound on its card; None for the model's own.
        condition: What samples can be asked for ("label", "text"), or None.
        seed: Seeds initial weights, data order and noise.
        value_range: Range to which pixels are scaled; None for points.
        evaluator: The classifier of the zoo in whose feature space samples are judged, or None.
        variants: {name: arguments of `sample`}: other ways to draw, measured beside the default one.
        curve: `Curve` that its card shows, or None.
        version: Of a classifier: raised whenever new weights change what others are measured by.
    """

    build: Callable[..., Any]
    data: str
    batch_size: int
    epochs: int
    tiny: dict
    family: str
    reference: Reference
    likelihood: str = "none"
    draws: int | None = None
    condition: str | None = None
    seed: int = 0
    value_range: tuple | None = (-1.0, 1.0)
    evaluator: str | None = None
    variants: dict = dataclasses.field(default_factory=dict)
    curve: Curve | None = None
    version: int = 1

    @property
    def labels(self):
        """Whether training reads labels."""
        return self.family == "classifier" or self.condition is not None

    def __post_init__(self):
        if self.family not in FAMILIES:
            raise ValueError(f"`family` must be one of {FAMILIES}. Received: {self.family!r}.")
        if self.likelihood not in LIKELIHOODS:
            raise ValueError(f"`likelihood` must be one of {LIKELIHOODS}. Received: {self.likelihood!r}.")


@dataclasses.dataclass(frozen=True)
class Record:
    """Where an entry's weights come from, and what was measured with them.

    Attributes:
        name: The entry.
        sha256, size: Of the weight file, in hex and in bytes.
        manifest: One [variable, shape, dtype] for each variable of the file, in its order.
        command: What was typed to train.
        seed, epochs, steps, minutes: Of that training; minutes of wall time.
        data: Name, split and number of the examples.
        parameters: Number of trainable numbers, by part.
        versions: Of Python and the packages that matter.
        machine: Processor and cores.
        date: ISO date of the end of training.
        metrics: What was measured: {figure: {"value", "spread", "floor"}}, as in `evaluation.run`.
        variants: The same figures of each of the recipe's other ways to draw.
        curve: The points of the recipe's `Curve`, {"lines": {line: [[x, value], ...]}, "floor"}, and how.
        evaluation: How: samples, seeds, real data, evaluator, command, machine, date.
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

    @classmethod
    def read(cls, path):
        """The Record in a JSON file."""
        with open(path, encoding="utf-8") as file:
            return cls(**json.load(file))

    def write(self, path):
        """Writes it as JSON, one field a line."""
        fields = dataclasses.asdict(self)
        lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in fields.items()]
        with open(path, "w", encoding="utf-8") as file:
            file.write("{\n" + ",\n".join(lines) + "\n}\n")
