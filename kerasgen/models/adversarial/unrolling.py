"""A discriminator some steps ahead, as a function of what it will be shown (Metz et al., 2017)."""

import keras
import tensorflow as tf


def ahead(discriminator, optimizer, loss, num_steps):
    """The discriminator after `num_steps` steps of its optimizer, differentiable through all of them.

    Metz et al. (2017), arXiv:1611.02163, equations 7 to 9; nothing is assigned.

    Args:
        discriminator: Network.
        optimizer: Its own: Adam, from its present moments on, or plain gradient descent.
        loss: Function of a network, such as the discriminator, that gives its scalar loss.
        num_steps: Int >= 0.

    Returns:
        Function of the network's inputs, as the network itself in training.
    """
    parameters = [tf.convert_to_tensor(v) for v in discriminator.trainable_variables]
    others = [tf.convert_to_tensor(v) for v in discriminator.non_trainable_variables]
    update = _adam(optimizer) if isinstance(optimizer, keras.optimizers.Adam) else _descent(optimizer)

    def network(parameters):
        return lambda inputs: discriminator.stateless_call(parameters, others, inputs, training=True)[0]

    for step in range(num_steps):
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            value = loss(network(parameters))
        parameters = update(step, parameters, tape.gradient(value, parameters))
    return network(parameters)


def check(name, optimizer):
    """Refuses an optimizer whose step `ahead` does not know: ValueError."""
    found = keras.optimizers.get(optimizer)
    adam = isinstance(found, keras.optimizers.Adam) and not found.amsgrad
    if not adam and not (isinstance(found, keras.optimizers.SGD) and not found.momentum):
        words = f"`{name}` must be Adam or SGD without momentum, since its steps are unrolled."
        raise ValueError(f"{words} Received: {type(found).__name__}.")


def _descent(optimizer):
    rate = tf.convert_to_tensor(optimizer.learning_rate)
    return lambda step, parameters, gradients: [
        value - rate * gradient for value, gradient in zip(parameters, gradients, strict=True)
    ]


def _adam(optimizer):
    """Kingma & Ba (2015), arXiv:1412.6980, Algorithm 1, in the order of operations of Keras."""
    rate, beta1, beta2 = tf.convert_to_tensor(optimizer.learning_rate), optimizer.beta_1, optimizer.beta_2
    count = tf.cast(optimizer.iterations, "float32")
    tensors = lambda variables: [tf.convert_to_tensor(v) for v in variables]
    means, squares = tensors(optimizer._momentums), tensors(optimizer._velocities)

    def update(step, parameters, gradients):
        time = count + step + 1
        scale = rate * tf.sqrt(1 - beta2**time) / (1 - beta1**time)
        moved = []
        for at, (value, gradient) in enumerate(zip(parameters, gradients, strict=True)):
            means[at] += (gradient - means[at]) * (1 - beta1)
            squares[at] += (tf.square(gradient) - squares[at]) * (1 - beta2)
            root = tf.sqrt(squares[at] + 1e-20)  # the root of 0 has no derivative
            moved.append(value - scale * means[at] / (root + optimizer.epsilon))
        return moved

    return update
