"""Couplets of the poems of tang_poems."""

from kerasgen.data.registry import register


@register(
    "tang_couplets", size="that of tang_poems", license="MIT; the poems are in the public domain",
    origin="github.com/chinese-poetry/chinese-poetry, in simplified characters",
)  # fmt: skip
def tang_couplets(split, data_dir):
    """64,806 couplets of poems of the Tang dynasty: second lines of five characters, and the lines before.

    The test split are the couplets of the poems in the test split of tang_poems.
    """
    from kerasgen.data import texts

    return texts.couplets(split, data_dir)
