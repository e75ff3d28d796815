"""Evaluation of models of texts that are given texts: are their answers right, and are all of them there?"""

import numpy as np

from kerasgen import data, media, spaces
from kerasgen.metrics import answers
from kerasgen.spaces.strings import Written

RECURRING = 10  # examples of a question, from which on its answers are a distribution
SHOWN = 8  # matrices of attention in a picture


def asked(model):
    """Whether a model answers texts with texts."""
    return isinstance(model.event, spaces.Characters) and isinstance(model.condition, Written)


def recurring(model, questions):
    """Whether it does, and the same questions come back so often that each has a distribution of answers."""
    return asked(model) and len(questions) >= RECURRING * len(set(questions))


def figures(event, pairs, samples, condition):
    """{"right_answers", "answer_entropy"} of samples, or real answers, to texts.

    Args:
        event: Space of the answers.
        pairs: (answers, questions) of the training set.
        samples: Texts, or rows of numbers.
        condition: Their questions.
    """
    texts = event.texts(event.check(samples, "samples"))
    return {
        "right_answers": answers.right_answers(texts, condition, pairs),
        "answer_entropy": answers.answer_entropy(texts, condition),
    }


def exact(model, wanted, questions):
    """{"exact_match"} of the greedy answers to the questions of the test set."""
    found = model.sample(len(questions), seed=0, condition=questions, top_k=1)
    return {"exact_match": answers.exact_match(model.event.texts(found), wanted)}


def lines(model, source, num):
    """What a model answers to the first `num` different questions of the test set of a source, as texts."""
    questions = first_of(data.arrays(source, "test")[1], num)
    samples = model.sample(len(questions), seed=0, condition=questions)
    return [f"{one} -> {text}" for one, text in zip(questions, model.event.texts(samples), strict=True)]


def pictures(model, questions):
    """{"attention": what greedy answers to the first different questions draw on}; {} without attention."""
    if not (asked(model) and model.attends):
        return {}
    questions = first_of(questions, SHOWN)
    found = model.sample(len(questions), seed=0, condition=questions, top_k=1)
    symbols = model.condition.split(questions), model.event.split(model.event.texts(found))
    return {"attention": media.alignments(model.alignment(found, questions), *symbols)}


def first_of(questions, num):
    """The first `num` different ones."""
    return np.array(list(dict.fromkeys(questions))[:num], object)
