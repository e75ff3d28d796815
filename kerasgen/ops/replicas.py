"""The replicas of a distributed model: what each of them reads, what they cannot do, when one is lost."""

import contextlib

import keras
import tensorflow as tf

from kerasgen.errors import WorkerLostError

LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError)


def workers(strategy):
    """The number of processes that train one model together."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return 1
    cluster = strategy.cluster_resolver.cluster_spec()
    return sum(cluster.num_tasks(job) for job in cluster.jobs if job in ("chief", "worker")) or 1


def number():
    """Which replica this is, as an int or a tensor; 0 where there is only one."""
    replica = tf.distribute.get_replica_context()
    return replica.replica_id_in_sync_group if replica else 0


def is_chief(strategy):
    """Whether this process is the one that writes files."""
    if workers(strategy) == 1:
        return True
    resolver = strategy.cluster_resolver
    return resolver.task_type == "chief" or (
        resolver.task_id == 0 and "chief" not in resolver.cluster_spec().jobs
    )


def shared(strategy, dataset, batch_size):
    """A stream of which every replica reads a share of each batch.

    Args:
        strategy: Of the model.
        dataset: Function of (replicas, of): the batches, cut in `of` shares, of which `replicas`, a
            range, are read in turn.
        batch_size: Examples of a whole batch.

    Raises:
        ValueError: If `batch_size` is no multiple of the number of replicas.
    """
    num = strategy.num_replicas_in_sync
    if num == 1:
        return dataset(range(1), 1)
    if batch_size % num:
        raise ValueError(f"`batch_size` must be a multiple of {num} replicas. Received: {batch_size}.")

    def of_worker(context):
        local = num // context.num_input_pipelines
        first = context.input_pipeline_id * local
        return dataset(range(first, first + local), num)

    return strategy.distribute_datasets_from_function(of_worker)


def prepare(model):
    """Makes several replicas normalise a batch as one would, all of it together; refuses what they cannot do.

    Raises:
        ValueError: If the model was compiled for what TensorFlow does not do on several replicas, or
            is of a family that trains on one.
    """
    _check(model, model.distribute_strategy)
    if model.distribute_strategy.num_replicas_in_sync > 1:
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True


def _check(model, strategy):
    if isinstance(strategy, tf.distribute.ParameterServerStrategy):
        raise ValueError("`strategy` must not be a parameter server: Keras 3 cannot `fit` on one.")
    if strategy.num_replicas_in_sync == 1:
        return
    if model.single_device_reason:
        raise ValueError(
            f"`strategy` must be None: {type(model).__name__} trains on one device, "
            f"{model.single_device_reason}."
        )
    inner = [getattr(optimizer, "inner_optimizer", optimizer) for optimizer in model.optimizers]
    steps = max([optimizer.gradient_accumulation_steps or 1 for optimizer in inner], default=1)
    for name, value, plain in (
        ("jit_compile", model.jit_compile, False),
        ("steps_per_execution", model.steps_per_execution, 1),
        ("gradient_accumulation_steps", steps, 1),
    ):
        if value != plain:
            raise ValueError(f"`{name}` must be {plain} on several replicas. Received: {name}={value}.")


def reported(value):
    """A scalar of `train_step`, in the shape in which Keras can average it over replicas.

    Over several workers Keras takes a mean along the first axis, which a scalar lacks (keras issue 20585).
    """
    return tf.reshape(value, [1]) if workers(tf.distribute.get_strategy()) > 1 else value


def gathered(strategy, number):
    """The int `number` of every replica, in their order; waits for all of them."""
    if workers(strategy) == 1:
        return [number]

    def gather():
        return tf.distribute.get_replica_context().all_gather(tf.constant([number]), axis=0)

    every = strategy.run(tf.function(gather, autograph=False))
    return strategy.experimental_local_results(every)[0].numpy().tolist()


def is_loss(strategy, error):
    """Whether an error says that another worker went away."""
    return workers(strategy) > 1 and isinstance(error, LOST)


@contextlib.contextmanager
def watched(strategy):
    """Turns TensorFlow's errors about a worker that went away into a `WorkerLostError`."""
    try:
        yield
    except tf.errors.OpError as error:
        if not is_loss(strategy, error):
            raise
        raise WorkerLostError(
            "A worker was lost: start all of them again, to go on from the newest checkpoint."
        ) from error
