"""Weight files that are not shipped with the package: fetched once, verified, and kept in a cache."""

import os
import shutil
import sys
import urllib.parse
import urllib.request

from kerasgen.errors import CorruptWeightsError, MissingWeightsError


def weights(record):
    """Path of the weight file of `record` in the cache, fetched from its `url` if it is not there.

    The cache is the folder that the environment variable KERASGEN_CACHE names, else the platform's cache
    folder for "kerasgen". A download goes to a temporary file there, which is renamed into place once its
    sha256 is that of the Record: processes that fetch at the same time do not disturb each other, and an
    interrupted one leaves nothing to be mistaken for weights. A bar is shown if stderr is a terminal.

    Raises:
        MissingWeightsError: If the file cannot be fetched, or the cache cannot be written.
        CorruptWeightsError: If what was fetched has another sha256; it is deleted.
    """
    import pooch

    name = record.file_name
    folder = os.environ.get("KERASGEN_CACHE") or str(pooch.os_cache("kerasgen"))
    expected = f"sha256:{record.sha256}"
    try:
        return pooch.retrieve(record.url, expected, name, folder, downloader=_download)
    except OSError as error:  # those of `requests` are among them
        raise MissingWeightsError(
            f"`weights` of {record.name} cannot be fetched from {record.url}: {error}. Try again when that "
            f"address can be reached, or put the file there yourself: {os.path.join(folder, name)!r}."
            " The environment variable KERASGEN_CACHE names another folder."
        ) from error
    except ValueError as error:
        raise CorruptWeightsError(
            f"`weights` of {record.name} are damaged: what {record.url} sends has another sha256 than the "
            "Record's."
        ) from error


def _download(url, output_file, pooch_):
    """A downloader, as `pooch.retrieve` calls it."""
    import pooch

    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "file":
        shutil.copyfile(urllib.request.url2pathname(parts.path), output_file)
    else:
        pooch.HTTPDownloader(progressbar=sys.stderr.isatty())(url, output_file, pooch_)
    os.chmod(output_file, 0o644)  # temporary files are private; a cache may be shared
