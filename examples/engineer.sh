#!/usr/bin/env bash
# From 2,000 labelled pictures in odd formats to a model that answers requests, by the command line alone.
#
#     examples/engineer.sh FOLDER [NUM [EPOCHS]]
#
# FOLDER is made. With fewer pictures and epochs it is a rehearsal.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"
num=${2:-2000}
epochs=(${3:+--epochs "$3"})
say() { echo "== $*"; }

say "pictures, as people have them"
python "$here/odd_pictures.py" pictures "$num"

say "a judge of the labels, and a model of the pictures"
reading=(--data ./pictures --invert --held-out 0.2)
kerasgen train lenet "${reading[@]}" "${epochs[@]}" --folder runs/judge
kerasgen evaluate --run runs/judge
kerasgen train cvae "${reading[@]}" "${epochs[@]}" --folder runs/model

say "looked at and measured: runs/model/report.md"
kerasgen sample --run runs/model --label cross --num 16 --out crosses.png
kerasgen evaluate --run runs/model --evaluator runs/judge --seeds 0 1

say "served"
kerasgen export --run runs/model serving/cvae_mnist
python "$here/../tests/serving/stand_in.py" serving 8501 &
server=$!
trap 'kill $server' EXIT
until curl -s -o answer.json -d '{"inputs": {"seed": [7, 7], "label": [0, 2]}}' \
    http://localhost:8501/v1/models/cvae_mnist:predict; do sleep 1 && kill -0 $server; done
python -c '
import json

pictures = json.load(open("answer.json"))["outputs"]
print(f"asked for a circle and a square: {len(pictures)} pictures of {len(pictures[0])}x{len(pictures[0][0])} came")
'
