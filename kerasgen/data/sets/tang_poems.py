"""Poems of the Tang dynasty, of a file that a person brings."""

from kerasgen.data.registry import register


@register(
    "tang_poems", size="4 MB, brought by hand", license="MIT; the poems are in the public domain",
    origin="github.com/chinese-poetry/chinese-poetry, in simplified characters",
)  # fmt: skip
def tang_poems(split, data_dir):
    """18,086 poems of the Tang dynasty in lines of five characters, four (label 0) or eight (label 1).

    The test split is the tenth of them whose sha256 is a multiple of 10.
    """
    from kerasgen.data import texts

    return texts.poems(split, data_dir)
