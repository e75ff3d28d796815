from .base import (
    Endpoint as Endpoint,
    Space as Space,
)
from .characters import (
    Characters as Characters,
    Words as Words,
)
from .conversion import (
    as_condition as as_condition,
    from_config as from_config,
    to_config as to_config,
)
from .integers import (
    Integers as Integers,
    Label as Label,
    Seeds as Seeds,
    Tokens as Tokens,
)
from .labels import Labels as Labels
from .numbers import (
    Box as Box,
    Frames as Frames,
    Waveform as Waveform,
    box as box,
)
from .probabilities import (
    Bits as Bits,
    Nats as Nats,
    Simplex as Simplex,
)
from .strings import Strings as Strings
from .text import Text as Text
from .verses import Verses as Verses
