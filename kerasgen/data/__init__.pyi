from . import (
    answers as answers,
    faces as faces,
    images as images,
    laboratory as laboratory,
    oracle as oracle,
    stacked as stacked,
    texts as texts,
)
from .columns import (
    from_array as from_array,
    from_arrays as from_arrays,
)
from .folder import from_folder as from_folder
from .indexed import IndexedDataset as IndexedDataset
from .own import (
    Examples as Examples,
    read as read,
)
from .registry import (
    describe as describe,
    list_datasets as list_datasets,
    register as register,
)
from .sources import (
    arrays as arrays,
    load as load,
)
