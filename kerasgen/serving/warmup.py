"""Warm-up requests: what TF Serving answers to itself before a version goes into service."""

import os

import tensorflow as tf

FILE = os.path.join("assets.extra", "tf_serving_warmup_requests")
MISSING = (
    "no warm-up requests were written: they need the package tensorflow-serving-api "
    "(pip install tensorflow-serving-api)."
)


def write(path, name, requests):
    """Writes `requests` to `FILE` below the export at `path`, as TFRecords of PredictionLogs.

    Args:
        path: Folder of the SavedModel.
        name: Of the served model.
        requests: Pairs (signature, {input: array}).

    Returns:
        Whether it did: without tensorflow-serving-api nothing is written.
    """
    try:
        from tensorflow_serving.apis import prediction_log_pb2
    except ImportError:
        return False
    path = os.path.join(path, FILE)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tf.io.TFRecordWriter(path) as writer:
        for signature, inputs in requests:
            log = prediction_log_pb2.PredictionLog()
            asked = log.predict_log.request
            asked.model_spec.name, asked.model_spec.signature_name = name, signature
            for key, array in inputs.items():
                asked.inputs[key].CopyFrom(tf.make_tensor_proto(array))
            writer.write(log.SerializeToString())
    return True
