#!/usr/bin/env bash
# An entry on a data set of its own: two new files, tested, trained, measured, with its card; nothing else is touched.
#
#     examples/colleague.sh FOLDER
#
# Works in a copy of the checkout, which it makes in FOLDER.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1" && cd "$1"
cp -r "$root"/{kerasgen,zoo,tests,setup.cfg,pyproject.toml,README.md,CONTRIBUTING.md,docs} .
find . -type f ! -path '*/__pycache__/*' -exec sha256sum {} + | sort > ../before.sha256
export PYTHONPATH=$PWD PYTHONDONTWRITEBYTECODE=1
kerasgen() { python -m kerasgen "$@"; }

cp "$root/examples/colleague/two_rings.py" kerasgen/data/sets/
cp "$root/examples/colleague/gmm_two_rings.py" zoo/

kerasgen data two_rings
kerasgen list two_rings
python -m pytest -n 0 -q -p no:cacheprovider tests/test_entries.py -k two_rings
kerasgen train gmm_two_rings --folder runs/gmm_two_rings --publish
kerasgen evaluate gmm_two_rings --write
head -n 20 zoo/cards/gmm_two_rings.md
(sha256sum --quiet -c ../before.sha256) && echo "every file that was there is as it was"
