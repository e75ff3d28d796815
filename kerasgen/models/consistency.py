"""Consistency distillation (Song et al., 2023, arXiv:2303.01469): a teacher's many steps in one, or a few."""

from typing import NamedTuple

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.denoising import DenoisingModel
from kerasgen.models.stepwise import SAMPLERS
from kerasgen.ops import checks, rng
from kerasgen.samplers.ode import euler, moved

serialize = keras.saving.serialize_keras_object
TEACHERS = ("dpm_solver_2m", "euler")  # the samplers that take times of every row's own


class Lesson(NamedTuple):
    """What a student is asked, and what it should see.

    Attributes:
        far: Points of paths, (batch, *event_shape).
        time, end: Their times, and those of the ends of their segments, (batch,).
        labels: Of the points, some hidden; None without a condition.
        at_far, at_end: [alpha, sigma] at both times, (batch, 1, ...) each.
        target: The example that, seen in a point, leads to where its neighbour leads.
    """

    far: tf.Tensor
    time: tf.Tensor
    end: tf.Tensor
    labels: tf.Tensor | None
    at_far: list
    at_end: list
    target: tf.Tensor


@keras.saving.register_keras_serializable("kerasgen")
class Consistency(DenoisingModel):
    """A student that sees the same example from every point of a path of the teacher's ODE.

    Two neighbouring points of a path: x_t' is an example with noise, x_t what one step of the teacher
    (DDIM unless told otherwise, with its guidance) makes of it. The student at x_t' is drawn towards its
    own average at x_t, and at t = 0 it sees what is there, so that in the end it sees from pure noise where
    the path leads. `sample` then takes `steps` evaluations, with fresh noise between them: the sampler
    "consistency", Algorithm 1.

    With `segments` > 1 the path is cut in as many equal parts, and the student only has to agree with
    itself within each: DDIM by its sight leads from any point of a part to one and the same end
    (Heek et al., 2024, arXiv:2403.06807). It is easier to learn, and `sample` takes one step of
    "euler", which is DDIM, through each.

    Args:
        network: The student, of the teacher's kind; best begun at the teacher's weights.
        teacher: Its network, trained; it is not trained on.
        schedule, prediction: The teacher's. The prediction must see x_t itself where there is no
            noise: "v", "velocity" or "edm".
        num_times: N >= 2: neighbours are 1 / N apart.
        segments: Parts of the path, >= 1; a divisor of `num_times`.
        sampler, steps: Default "consistency" in 2 steps of an uncut path, else "euler" in one a segment.
        teacher_guidance, teacher_guidance_interval: Weight >= 0 of the label in the teacher's steps, and the
            times (low, high) of those in which it is felt; then the student needs no guidance of its own.
        teacher_sampler: "euler" (DDIM), or "dpm_solver_2m", of second order from the second step on.
        teacher_steps: Steps of the teacher from a point to its neighbour, 1 to 1,000. Where neighbours
            are the two ends of a segment (`num_times` = `segments`), this is distillation of so many
            steps into one (Luhman & Luhman, 2021, arXiv:2101.02388; Salimans & Ho, 2022, arXiv:2202.00512).
        on_policy: Share in [0, 1] of a batch whose points lie on paths that the student itself takes from
            noise, where sampling leads it, and not on examples with noise, where it may never come
            (backward simulation: Kohler et al., 2024, arXiv:2405.05224; Yin et al., 2024, arXiv:2405.14867).
        **kwargs: Of `DenoisingModel`.

    Logs: `loss`, the pseudo-Huber distance of an example, sqrt(|a - b|^2 + c^2) - c, mean over the batch
    (Song & Dhariwal, 2024, arXiv:2310.14189, equation 8), c = 0.00054 sqrt(d).
    """

    def __init__(
        self,
        network,
        teacher,
        schedule="cosine",
        prediction="v",
        num_times=50,
        teacher_guidance=1.0,
        teacher_guidance_interval=(0.0, 1.0),
        teacher_sampler="euler",
        teacher_steps=1,
        segments=1,
        on_policy=0.0,
        sampler=None,
        steps=None,
        label_drop=0.0,
        **kwargs,
    ):
        checks.choice("prediction", prediction, ("v", "velocity", "edm"))
        checks.integer("num_times", num_times, 2, 2**20)
        checks.number("teacher_guidance", teacher_guidance, 0, 1e6)
        felt = checks.interval("teacher_guidance_interval", teacher_guidance_interval)
        checks.choice("teacher_sampler", teacher_sampler, TEACHERS)
        checks.integer("teacher_steps", teacher_steps, 1, 1000)
        checks.integer("segments", segments, 1, num_times)
        checks.number("on_policy", on_policy, 0, 1)
        if num_times % segments:
            raise ValueError(f"`segments` must divide num_times={num_times}. Received: segments={segments}.")
        sampler = sampler or ("consistency" if segments == 1 else "euler")
        ways = {"sampler": sampler, "steps": steps or max(2, segments), "num_times": num_times}
        super().__init__(network, schedule, prediction, label_drop=label_drop, **ways | kwargs)
        if teacher is network:
            raise ValueError("`teacher` must be another network than `network`. Received: the same.")
        shapes = [[tuple(part.shape) for part in one.inputs + one.outputs] for one in (teacher, network)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"`teacher` must have the shapes {shapes[1]} of `network`. Received: {shapes[0]}."
            )
        if teacher_guidance != 1 and self.condition is None:
            raise ValueError(
                f"`teacher_guidance` needs a condition. Received: teacher_guidance={teacher_guidance}."
            )
        self.teacher = teacher
        self.teacher.trainable = False
        self.teacher_guidance, self.teacher_steps, self.segments = teacher_guidance, teacher_steps, segments
        self.teacher_sampler, self.teacher_guidance_interval = teacher_sampler, felt
        self.on_policy = on_policy

    def train_step(self, data):
        """Algorithm 2: neighbours on a path of the teacher, and a step of the one towards the other."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        lesson = self.lesson(x, y, self.key())
        with tf.GradientTape() as tape:
            loss = ops.mean(pseudo_huber(self.answer(lesson), lesson.target))
        self.descend(tape, loss, self.network, self.network_optimizer)
        return self.end_step(loss=loss)

    def lesson(self, x, y, key):
        """A `Lesson` on examples: the far neighbours, and what is to be seen in them."""
        t_key, eps_key, label_key, path_key = rng.split(key, 4)
        ahead = 1 + rng.integers(t_key, (ops.shape(x)[0],), self.num_times)
        last = (ahead - 1) // (self.num_times // self.segments) * (self.num_times // self.segments)
        t_, t, end = (ops.cast(n, "float32") / self.num_times for n in (ahead, ahead - 1, last))
        labels = self.hidden(y, label_key)
        far, _, *at_far = self.corrupted(x, t_, eps_key)
        if self.on_policy:
            own = tf.cast(self.on_policy * tf.cast(tf.shape(x)[0], "float32"), "int32")
            path = self.own_path(path_key, t_[:own], None if labels is None else labels[:own])
            far = ops.concatenate([path, far[own:]], axis=0)
        near, at_near, at_end = self.walked(far, t_, t, labels), self.factors(t), self.factors(end)
        landing = near
        if self.segments < self.num_times:  # else every neighbour is an end itself
            landing = moved(near, self.seen(near, t, labels), at_near, at_end)
            landing = ops.where(self.column(t > end), landing, near)
        target = ops.stop_gradient(leading(far, landing, at_far, at_end))
        return Lesson(far, t_, end, labels, at_far, at_end, target)

    def own_path(self, key, times, labels):
        """Points at times (rows,) of samples that the average draws by DDIM, a step a segment."""
        start = self.process.sigma(1.0) * rng.normal(key, (tf.shape(times)[0], *self.event_shape))
        stops = tf.linspace(1.0, 0.0, self.segments + 1)
        if self.segments == self.num_times:  # no time is within the last segment
            stops = stops[:-1]
        until = ops.maximum(tf.reshape(stops, (-1, 1) + (1,) * len(self.event_shape)), self.column(times))
        return euler(self.denoiser(labels), self.process, start, until)  # a step of no length moves nothing

    def walked(self, x, here, there, labels):
        """Where the teacher leads from times to others, (batch,), in its steps."""
        times = tf.linspace(self.column(here), self.column(there), self.teacher_steps + 1)
        denoise = self.denoiser(labels, self.teacher_guidance, self.teacher_guidance_interval, self.teacher)
        return SAMPLERS[self.teacher_sampler](denoise, self.process, x, times)

    def answer(self, lesson):
        """What the student sees in the far neighbours."""
        return self.seen(lesson.far, lesson.time, lesson.labels, 1.0, self.network, training=True)

    def test_step(self, data):
        """The squared error of the example seen from pure noise's neighbour, by the average: a check only."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        labels = self.labels_of(y)
        half = ops.full((ops.shape(x)[0],), 0.5)
        x_t, _, _, _ = self.corrupted(x, half, self.key())
        return self.track(loss=ops.mean(pseudo_huber(self.seen(x_t, half, labels), x)))

    def get_config(self):
        plain = ("schedule", "prediction", "segments", "on_policy", "teacher_sampler", "teacher_steps")
        plain += ("teacher_guidance", "teacher_guidance_interval")
        config = {name: getattr(self, name) for name in plain} | {"teacher": serialize(self.teacher)}
        return super().get_config() | config


def leading(x, landing, here, there):
    """The example that, seen in x, leads to `landing`: the inverse of `ode.moved`."""
    ratio = there[1] / here[1]
    return (landing - ratio * x) / (there[0] - ratio * here[0])


def pseudo_huber(a, b):
    """sqrt(|a - b|^2 + c^2) - c of each example, c = 0.00054 sqrt(d): shape (batch,)."""
    axes = tuple(range(1, len(a.shape)))
    c = 0.00054 * float(tf.TensorShape(a.shape[1:]).num_elements()) ** 0.5
    return ops.sqrt(ops.sum(ops.square(a - b), axis=axes) + c**2) - c
