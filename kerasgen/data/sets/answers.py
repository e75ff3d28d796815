"""Questions and answers, made for this library."""

from kerasgen.data.registry import register


@register("answers", size="drawn anew", license="that of the library", origin="made for this library")
def answers(split, data_dir):
    """15,000 answers to twelve questions, and the questions, of which all but one have several right answers.

    Question and right answer are drawn at random, all with equal probability: see `data.answers.RIGHT`.
    """
    from kerasgen.data import answers as known

    return known.draw(*known.SPLITS[split])
