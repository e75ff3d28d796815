"""The verb that trains an entry."""

import os
import signal
import sys

from kerasgen import errors, registry
from kerasgen.commands.common import show, typed


def train(args):
    from kerasgen import data, publish, training
    from kerasgen.ops import replicas

    recipe = registry.get_recipe(args.name)
    seed = recipe.seed if args.seed is None else args.seed
    epochs = recipe.epochs if args.epochs is None else args.epochs
    if epochs < 1:
        raise ValueError(f"`epochs` must be >= 1. Received: epochs={epochs}.")
    folder = args.folder or os.path.join("runs", args.name)
    source = args.data or recipe.data
    batch_size = recipe.batch_size if args.batch_size is None else args.batch_size
    options = {"batch_size": batch_size, "seed": seed, "value_range": recipe.value_range}
    with training.scope(args.strategy):
        model = registry.load(args.name, pretrained=args.from_pretrained, dtype=args.dtype, seed=seed)
        if args.strategy and model.jit_compile:
            print("kerasgen: on several devices, without XLA", file=sys.stderr)
            model.compile_from_config(model.get_compile_config() | {"jit_compile": False})
    if os.path.isdir(source):
        dataset, held_out = data.from_folder(source, model.event_shape, **options), None
    else:
        dataset = data.load(source, "train", labels=recipe.labels, **options)
        held_out = _held_out(model, source)
    settings = {"name": args.name, "data": source, "batch_size": batch_size, "seed": seed}
    settings["dtype"] = args.dtype or "float32"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run = training.train(
            model,
            dataset,
            folder,
            epochs,
            every_steps=args.checkpoint_every,
            resume=args.resume,
            settings=settings,
            held_out=held_out,
            verbose=0 if args.json else "auto",
        )
    except KeyboardInterrupt:
        print(f"\nStopped at step {model.step}; go on with the same command and --resume", file=sys.stderr)
        return 130
    except (errors.DivergedError, errors.WorkerLostError) as error:
        print(f"kerasgen: {error}", file=sys.stderr)
        return 1
    if not replicas.is_chief(model.distribute_strategy):
        return  # the chief publishes
    record = publish.publish(
        args.name,
        model,
        epochs=epochs,
        minutes=run.minutes,
        command=typed(),
        seed=seed,
        data=f"{source}, train, {dataset.num_examples:,} examples",
        folder=None if args.publish else folder,
    )
    result = {"folder": os.path.abspath(folder), "steps": record.steps, "minutes": record.minutes}
    show(args, result, list(result.items()))


def _held_out(model, source):
    """A few test examples of a named set, labels if the model asks for them, training examples."""
    from kerasgen import data
    from kerasgen.ops import pixels
    from kerasgen.training import verdict

    def some(split, num):
        examples, labels = data.arrays(source, split)
        examples = examples[:num]
        ready = examples if model.value_range is None else pixels.from_uint8(examples, model.value_range)
        return ready, None if model.condition is None else labels[:num]

    return *some("test", verdict.NUM), some("train", verdict.SEEN)[0]
