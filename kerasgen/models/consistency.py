"""Consistency distillation (Song et al., 2023, arXiv:2303.01469): a teacher's many steps in one."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.denoising import DenoisingModel
from kerasgen.ops import checks, rng
from kerasgen.samplers.ode import noise_of

serialize = keras.saving.serialize_keras_object


@keras.saving.register_keras_serializable("kerasgen")
class Consistency(DenoisingModel):
    """A student that sees the same example from every point of a path of the teacher's ODE.

    Two neighbouring points of a path: x_t' is an example with noise, x_t what one step of the teacher
    (DDIM, with its guidance) makes of it. The student at x_t' is drawn towards its own average
    at x_t, and at t = 0 it sees what is there, so that in the end it sees from pure noise where the
    path leads. `sample` then takes `steps` evaluations, with fresh noise between them: the sampler
    "consistency", Algorithm 1.

    Args:
        network: The student, of the teacher's kind; best begun at the teacher's weights.
        teacher: Its network, trained; it is not trained on.
        schedule, prediction: The teacher's. The prediction must see x_t itself where there is no
            noise: "v", "velocity" or "edm".
        num_times: N >= 2: neighbours are 1 / N apart.
        teacher_guidance: Weight >= 0 of the label in the teacher's step; then the student needs
            no guidance of its own.
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
        sampler="consistency",
        steps=2,
        label_drop=0.0,
        **kwargs,
    ):
        checks.choice("prediction", prediction, ("v", "velocity", "edm"))
        checks.integer("num_times", num_times, 2, 2**20)
        checks.number("teacher_guidance", teacher_guidance, 0, 1e6)
        ways = {"sampler": sampler, "steps": steps, "label_drop": label_drop}
        super().__init__(network, schedule, prediction, **ways | kwargs)
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
        self.num_times, self.teacher_guidance = num_times, teacher_guidance

    def train_step(self, data):
        """Algorithm 2: neighbours on a path of the teacher, and a step of the one towards the other."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        t_key, eps_key, label_key = rng.split(self.key(), 3)
        ahead = 1 + rng.integers(t_key, (ops.shape(x)[0],), self.num_times)
        t_, t = (ops.cast(n, "float32") / self.num_times for n in (ahead, ahead - 1))
        labels = self.hidden(y, label_key)
        far, _, alpha_, sigma_ = self.corrupted(x, t_, eps_key)
        seen = self.clipped(self.seen(far, t_, labels, self.teacher_guidance, self.teacher))
        shape = (-1,) + (1,) * len(self.event_shape)
        alpha, sigma = (ops.reshape(part(t), shape) for part in self.process)
        near = alpha * seen + sigma * noise_of(far, seen, alpha_, sigma_)
        target = ops.where(ops.reshape(t, shape) > 0, self.seen(near, t, labels), near)
        with tf.GradientTape() as tape:
            student = self.seen(far, t_, labels, 1.0, self.network, training=True)
            loss = ops.mean(pseudo_huber(student, ops.stop_gradient(target)))
        self.descend(tape, loss, self.network, self.network_optimizer)
        return self.end_step(loss=loss)

    def test_step(self, data):
        """The squared error of the example seen from pure noise's neighbour, by the average: a check only."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        labels = self.labels_of(y)
        half = ops.full((ops.shape(x)[0],), 0.5)
        x_t, _, _, _ = self.corrupted(x, half, self.key())
        return self.track(loss=ops.mean(pseudo_huber(self.seen(x_t, half, labels), x)))

    def get_config(self):
        plain = ("schedule", "prediction", "num_times", "teacher_guidance")
        config = {name: getattr(self, name) for name in plain} | {"teacher": serialize(self.teacher)}
        return super().get_config() | config


def pseudo_huber(a, b):
    """sqrt(|a - b|^2 + c^2) - c of each example, c = 0.00054 sqrt(d): shape (batch,)."""
    axes = tuple(range(1, len(a.shape)))
    c = 0.00054 * float(tf.TensorShape(a.shape[1:]).num_elements()) ** 0.5
    return ops.sqrt(ops.sum(ops.square(a - b), axis=axes) + c**2) - c
