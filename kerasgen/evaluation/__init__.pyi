from .check import (
    differences as differences,
    repeat as repeat,
)
from .curve import curve as curve
from .measures import (
    MEASURES as MEASURES,
    Measure as Measure,
)
from .own import evaluate_arrays as evaluate_arrays
from .reference import ReferenceSet as ReferenceSet
from .run import (
    classify as classify,
    evaluate as evaluate,
)
