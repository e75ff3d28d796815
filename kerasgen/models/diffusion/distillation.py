"""What a student of few steps learns from a teacher of many."""

import dataclasses
from typing import NamedTuple

import tensorflow as tf
from keras import ops

from kerasgen.models.diffusion.denoiser import guided, interval
from kerasgen.models.diffusion.sampling import SAMPLERS
from kerasgen.ops import checks, rng
from kerasgen.samplers.ode import ddim_step, euler

TEACHERS = ("dpm_solver_2m", "euler")  # the samplers that take times of every row's own


class Targets(NamedTuple):
    """What a student is asked, and what it should predict.

    Attributes:
        far: Points of paths, (batch, *event.shape).
        time, end: Their times, and those of the ends of their segments, (batch,).
        condition: Of the points, some hidden; None without a condition.
        at_far, at_end: [alpha, sigma] at both times, (batch, 1, ...) each.
        target: The x_0 that, predicted in a point, leads to where its neighbor leads.
    """

    far: tf.Tensor
    time: tf.Tensor
    end: tf.Tensor
    condition: tf.Tensor | None
    at_far: list
    at_end: list
    target: tf.Tensor


@dataclasses.dataclass(frozen=True)
class Distillation:
    """The paths of a teacher, cut into segments, and where the student's points lie on them.

    Args:
        num_times: N >= 2: neighbors are 1 / N apart.
        segments: Parts of the path, >= 1; a divisor of `num_times`.
        guidance, guidance_interval: Of the teacher: see `denoiser.GuidedDenoiser`.
        sampler: "euler" (DDIM), or "dpm_solver_2m", of second order from the second step on.
        num_steps: Steps of the teacher from a point to its neighbor, 1 to 1,000.
        on_policy: Share in [0, 1] of a batch whose points lie on paths that the student itself takes.
    """

    num_times: int
    segments: int
    guidance: float
    guidance_interval: tuple
    sampler: str
    num_steps: int
    on_policy: float

    def __post_init__(self):
        checks.integer("num_times", self.num_times, 2, 2**20)
        checks.number("teacher_guidance", self.guidance, 0, 1e6)
        times = interval("teacher_guidance_interval", self.guidance_interval)
        object.__setattr__(self, "guidance_interval", times)
        checks.choice("teacher_sampler", self.sampler, TEACHERS)
        checks.integer("teacher_steps", self.num_steps, 1, 1000)
        checks.integer("segments", self.segments, 1, self.num_times)
        checks.number("on_policy", self.on_policy, 0, 1)
        if self.num_times % self.segments:
            raise ValueError(
                f"`segments` must divide num_times={self.num_times}. Received: segments={self.segments}."
            )

    def targets(self, x, condition, key, student, teacher):
        """`Targets` on examples: the far neighbors, and what is to be predicted in them.

        Args:
            x: Examples (batch, *event.shape).
            condition: Theirs, some hidden, or None.
            key: Of the times, the noise and the student's own paths: three keys.
            student: `Denoiser` of the student's average.
            teacher: `Denoiser` of the teacher.
        """
        t_key, eps_key, path_key = key
        ahead = 1 + rng.integers(t_key, (ops.shape(x)[0],), self.num_times)
        last = (ahead - 1) // (self.num_times // self.segments) * (self.num_times // self.segments)
        far_time, near_time, end = (ops.cast(n, "float32") / self.num_times for n in (ahead, ahead - 1, last))
        far, _, *at_far = student.add_noise(x, far_time, eps_key)
        if self.on_policy:
            own = tf.cast(self.on_policy * tf.cast(tf.shape(x)[0], "float32"), "int32")
            own_condition = None if condition is None else condition[:own]
            path = self.on_policy_points(path_key, far_time[:own], own_condition, student)
            far = ops.concatenate([path, far[own:]], axis=0)
        near = self.teacher_solve(far, far_time, near_time, condition, teacher)
        at_near, at_end = student.alpha_sigma(near_time), student.alpha_sigma(end)
        landing = near
        if self.segments < self.num_times:  # else every neighbor is an end itself
            landing = ddim_step(near, student.predict_x0(near, near_time, condition), at_near, at_end)
            landing = ops.where(student.column(near_time > end), landing, near)
        target = ops.stop_gradient(leading(far, landing, at_far, at_end))
        return Targets(far, far_time, end, condition, at_far, at_end, target)

    def on_policy_points(self, key, times, condition, student):
        """Points at times (rows,) of samples that the student draws by DDIM, a step a segment."""
        shape = student.event.shape
        start = student.schedule.sigma(1.0) * rng.normal(key, (tf.shape(times)[0], *shape))
        stops = tf.linspace(1.0, 0.0, self.segments + 1)
        if self.segments == self.num_times:  # no time is within the last segment
            stops = stops[:-1]
        until = ops.maximum(tf.reshape(stops, (-1, 1) + (1,) * len(shape)), student.column(times))
        # A step of no length moves nothing.
        return euler(student.given(condition), student.schedule, start, until)

    def teacher_solve(self, x, here, there, condition, teacher):
        """Where the teacher's ODE leads from times to others, (batch,), in its steps."""
        times = tf.linspace(teacher.column(here), teacher.column(there), self.num_steps + 1)
        denoise = guided(teacher, self.guidance, self.guidance_interval).given(condition)
        return SAMPLERS[self.sampler](denoise, teacher.schedule, x, times)


def leading(x, landing, here, there):
    """The x_0 that, predicted in x, leads to `landing`: the inverse of `ode.ddim_step`."""
    ratio = there[1] / here[1]
    return (landing - ratio * x) / (there[0] - ratio * here[0])


def pseudo_huber(a, b):
    """sqrt(|a - b|^2 + c^2) - c of each example, c = 0.00054 sqrt(d): shape (batch,).

    Song & Dhariwal (2024), arXiv:2310.14189, equation 8.
    """
    axes = tuple(range(1, len(a.shape)))
    c = 0.00054 * float(tf.TensorShape(a.shape[1:]).num_elements()) ** 0.5
    return ops.sqrt(ops.sum(ops.square(a - b), axis=axes) + c**2) - c


def check_teacher(teacher, network, guidance, condition):
    """Refuses a teacher that is not another network of equal inputs and outputs."""
    checks.network("teacher", teacher), checks.network("network", network)
    if teacher is network:
        raise ValueError("`teacher` must be another network than `network`. Received: the same.")
    shapes = [[tuple(part.shape) for part in one.inputs + one.outputs] for one in (teacher, network)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"`teacher` must have the shapes {shapes[1]} of `network`. Received: {shapes[0]}.")
    if guidance != 1 and condition is None:
        raise ValueError(f"`teacher_guidance` needs a condition. Received: teacher_guidance={guidance}.")
