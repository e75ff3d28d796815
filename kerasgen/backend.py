"""What Keras must be set up for: TensorFlow, float32, channels last."""

MEND = {
    "backend": "Set the environment variable KERAS_BACKEND=tensorflow before Keras is imported.",
    "floatx": "Call keras.config.set_floatx('float32') first; `dtype` chooses how layers compute.",
    "image_data_format": "Call keras.config.set_image_data_format('channels_last') first.",
}


def check():
    """Refuses a Keras that is set up otherwise than the models here are written for.

    The settings come from `~/.keras/keras.json`, where a line written for another project is easily
    forgotten; the backend also from the variable KERAS_BACKEND.

    Raises:
        ValueError: If the backend is not "tensorflow" or cannot be imported, `floatx` is not "float32", or
            `image_data_format` not "channels_last".
    """
    try:
        import keras
    except (ImportError, ValueError) as error:
        raise ValueError(
            f"`backend` of Keras must be 'tensorflow'. Received: one that cannot be imported: {error}. "
            f"{MEND['backend']}"
        ) from error
    for name, expected in (
        ("backend", "tensorflow"),
        ("floatx", "float32"),
        ("image_data_format", "channels_last"),
    ):
        found = getattr(keras.config, name)()
        if found != expected:
            raise ValueError(
                f"`{name}` of Keras must be {expected!r}. Received: {name}={found!r}. {MEND[name]}"
            )
