from . import (
    config as config,
    page as page,
    warmup as warmup,
)
from .export import export_version as export_version
