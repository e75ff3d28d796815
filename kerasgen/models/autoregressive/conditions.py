"""What a network is told beside the image."""


def check_condition(network, condition, shifts=None):
    """Refuses a network whose second input is not the condition, or the shift; both are spaces or None."""
    told = condition if shifts is None else shifts
    if condition is not None and shifts is not None:
        raise ValueError(f"`shifts` must be 0 for a model with a condition. Received: condition={condition}.")
    if len(network.inputs) != 1 + (told is not None):
        raise ValueError(
            "`network` must take the condition, or the shift, as its second input if `condition` or `shifts` "
            f"is set, and only then. Received: {len(network.inputs)} inputs, condition={condition}."
        )
    if told is not None and tuple(network.inputs[1].shape[1:]) != told.shape:
        raise ValueError(
            f"`network` must take conditions of shape {told.shape}. "
            f"Received: {tuple(network.inputs[1].shape[1:])}."
        )
