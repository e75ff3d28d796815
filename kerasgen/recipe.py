"""What an entry of the zoo is: a Recipe, plain data.

Nothing heavy is imported here, since `kerasgen list` reads every recipe and must not load TensorFlow.
"""

import dataclasses
import math
import numbers
from collections.abc import Callable

from kerasgen.fields import Typed

FAMILIES = ("gan", "vae", "diffusion", "autoregressive", "flow", "energy", "mixture", "linear", "classifier")
LIKELIHOODS = ("exact", "estimate", "bound", "ais", "none")


@dataclasses.dataclass(frozen=True)
class Reference(Typed):
    """The published system that an entry follows, and its number where it has one.

    Attributes:
        paper: Authors and year, as "Radford et al. (2016)".
        arxiv: arXiv id, or "doi:..." for a paper that is not there.
        metric: What was measured there, or None.
        value: The published value with its unit, or None.
        checked: Whether it was read in its source; otherwise it is "as commonly quoted".

    Raises:
        TypeError: If a field is of another type.
    """

    paper: str
    arxiv: str
    metric: str | None = None
    value: str | None = None
    checked: bool = False

    @property
    def link(self) -> str:
        """Address of the paper."""
        doi = self.arxiv.removeprefix("doi:")
        return f"https://doi.org/{doi}" if doi != self.arxiv else f"https://arxiv.org/abs/{self.arxiv}"


@dataclasses.dataclass(frozen=True)
class Curve(Typed):
    """One figure of an entry's samples as a function of how they are drawn.

    Attributes:
        x: What changes along a line, in words.
        figure: "fid", or "label_accuracy".
        lines: {line: {x: arguments of `sample`}}.
        num: Samples drawn at each point, >= 1.

    Raises:
        TypeError: If a field is of another type.
        ValueError: If a field is out of range.
    """

    x: str
    figure: str
    lines: dict
    num: int = 2000

    def __post_init__(self):
        super().__post_init__()
        self.require("figure", self.figure in ("fid", "label_accuracy"), "be 'fid' or 'label_accuracy'")
        self.require("num", self.num >= 1, "be >= 1")
        points = all(isinstance(line, dict) for line in self.lines.values())
        self.require("lines", points, "hold {x: arguments} for every line")


@dataclasses.dataclass(frozen=True)
class Recipe(Typed):
    """How an entry is built and trained.

    Attributes:
        build: Returns a compiled model; its keyword arguments can make it smaller.
        data: Name of its data for `kerasgen.data.load`.
        batch_size: Examples a train step reads, >= 1.
        epochs: Passes over the training split, >= 1.
        tiny: Arguments of `build` that make the small model of the contract tests.
        family: One of `FAMILIES`.
        reference: The published system.
        likelihood: One of `LIKELIHOODS`: what `log_prob` gives. "estimate" is an unbiased or consistent
            estimate that is no bound, such as the ODE likelihood with Hutchinson's trace.
        draws: Latents drawn for each test example in the importance-weighted bound on its card, >= 1; None
            for the model's own number.
        condition: What samples can be conditioned on ("label", "labels", "text"), or None.
        seed: Seeds initial weights, data order and noise; an int in [0, 2**32).
        value_range: (low, high) to which pixels are scaled; None for points.
        evaluator: The classifier of the zoo in whose feature space samples are evaluated, or None.
        judges: Further classifiers of the zoo, which read another part of what samples were asked for, as
            eyes beside hair.
        variants: {name: arguments of `sample`}: other ways to draw, measured beside the default one.
        curve: `Curve` that its card shows, or None.
        version: Of a classifier, >= 1: raised whenever new weights change what others are measured by.

    Raises:
        TypeError: If a field is of another type.
        ValueError: If a field is out of range.
    """

    build: Callable
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
    judges: tuple = ()
    variants: dict = dataclasses.field(default_factory=dict)
    curve: Curve | None = None
    version: int = 1

    def __post_init__(self):
        super().__post_init__()
        self.require("family", self.family in FAMILIES, f"be one of {FAMILIES}")
        self.require("likelihood", self.likelihood in LIKELIHOODS, f"be one of {LIKELIHOODS}")
        for name in ("batch_size", "epochs", "version", "draws"):
            self.require(name, getattr(self, name) is None or getattr(self, name) >= 1, "be >= 1")
        names = all(isinstance(judge, str) and judge for judge in self.judges)
        self.require("judges", names, "hold names of classifiers")
        self.require("seed", 0 <= self.seed < 2**32, "be from 0 to 2**32 - 1")
        self.require("value_range", self.value_range is None or _rising(self.value_range), "be low < high")

    @property
    def generates(self) -> bool:
        """Whether the entry is a generative model, which draws samples; a classifier is none."""
        return self.family != "classifier"

    @property
    def labels(self) -> bool:
        """Whether training reads labels (or texts)."""
        return not self.generates or self.condition is not None


def _rising(pair):
    """Whether it is (low, high), finite numbers with low < high."""
    finite = [isinstance(x, numbers.Real) and not isinstance(x, bool) and math.isfinite(x) for x in pair]
    return finite == [True, True] and pair[0] < pair[1]
