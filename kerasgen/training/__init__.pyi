from .adam import (
    CosineThenConstant as CosineThenConstant,
    FusedAdam as FusedAdam,
    decaying_adam as decaying_adam,
)
from .callbacks import (
    EpochLog as EpochLog,
    ReportingCallback as ReportingCallback,
    SampleSheet as SampleSheet,
)
from .checkpoint import Checkpoint as Checkpoint
from .diagnostics import Diagnostics as Diagnostics
from .non_finite import TerminateOnNonFinite as TerminateOnNonFinite
from .run import run_callbacks as run_callbacks, train as train
from .scale import scope as scope
from .tensorboard import TensorBoardRun as TensorBoardRun
