"""What TF Serving is started from: `models.config` and `batching.config` beside the versions."""

import os
import tempfile

MODELS, BATCHING = "models.config", "batching.config"


def models(name):
    """Text of a ModelServerConfig: the newest version of `name`, where TF Serving's image looks."""
    return f"""# tensorflow_model_server --model_config_file=/models/{name}/{MODELS}
model_config_list {{
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
  }}
}}
"""


def batching(max_rows):
    """Text of BatchingParameters: no more rows at once than the model takes."""
    return f"""# tensorflow_model_server --enable_batching --batching_parameters_file=.../{BATCHING}
# What a request, and requests that are answered together, may hold: the export's `max_rows`.
max_batch_size {{ value: {max_rows} }}
# How long a request waits for others.
batch_timeout_micros {{ value: 1000 }}
# Batches that may wait; what comes then is refused as UNAVAILABLE.
max_enqueued_batches {{ value: 100 }}
"""


def write(folder, name, max_rows):
    """Writes both files into `folder`, where there are none; what somebody wrote is never replaced.

    Returns:
        Paths of files that were there and say something else.
    """
    left = []
    for file, text in ((MODELS, models(name)), (BATCHING, batching(max_rows))):
        path = os.path.join(folder, file)
        if not os.path.lexists(path):
            _place(path, text)
        elif not _says(path, text):
            left.append(path)
    return left


def _says(path, text):
    if not os.path.isfile(path):
        return False
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read() == text


def _place(path, text):
    """`text` at `path`, all of it or nothing."""
    handle, work = tempfile.mkstemp(prefix=".config_", dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(work, 0o644)  # a server is often another user
    os.replace(work, path)
