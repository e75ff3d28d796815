"""Questions with several right answers: what a regression makes of them, and what a model draws.

    python benchmarks/mean_answer.py [--run runs/answers_lstm] [--num 1000]

The regression is the least-squares fit of the answers, one-hot symbols at each place, to the questions. With
questions that are one-hot, too, its optimum is known: the mean of a question's right answers, of which the
largest number at each place is read. Beside it stand samples of answers_lstm, or of a run of it: the share
that is right, how many of the right answers are among them, and their entropy beside the logarithm of the
number of right answers.
"""

import argparse

import numpy as np

import kerasgen as kg
from kerasgen.data import answers
from kerasgen.metrics.answers import answer_entropy


def mean_answers(space):
    """{question: what is read of the mean of its answers in the training set}."""
    told, asked = kg.data.arrays("answers")
    one_hot = np.eye(space.vocabulary)[space.check(told, "told")]
    means = {question: one_hot[asked == question].mean(axis=0) for question in answers.RIGHT}
    return {question: space.texts(mean.argmax(axis=-1)[None])[0] for question, mean in means.items()}


def main(args):
    model = kg.load(args.run or "answers_lstm")
    means = mean_answers(model.event)
    print(
        "| question | right answers | their mean, read | samples right | answers found | entropy, of log k |"
    )
    print("|---|--:|---|--:|--:|--:|")
    for question, right in answers.RIGHT.items():
        drawn = model.event.texts(model.sample(args.num, seed=0, condition=question))
        share = np.mean([one in right for one in drawn])
        entropy = answer_entropy(drawn, [question] * len(drawn))
        cells = question, len(right), f"`{means[question]}`", f"{share:.3f}"
        found = len(set(drawn) & set(right))
        print(f"| {' | '.join(map(str, cells))} | {found} | {entropy:.3f}, {np.log(len(right)):.3f} |")
    told, asked = kg.data.arrays("answers", "test")
    nats, perfect = model.log_prob(told, asked).mean(), answers.log_prob(told, asked).mean()
    print(f"\nlog p(answer | question) of the test split: {nats:.3f} nats; of the set itself {perfect:.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", help="folder of a training run (the entry itself)")
    parser.add_argument("--num", type=int, default=1000, help="samples of each question (1000)")
    main(parser.parse_args())
