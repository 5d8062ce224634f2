#!/bin/sh
# Trains the detector on photos that draw.sh has drawn: train.sh FOLDER MODEL.onnx
set -e
here=$(dirname "$0")
out=$(realpath -m "$2")
here=$(realpath "$(dirname "$0")")
cd "$1"
exec python3 "$here/train.py" clumped=1.5 curly=1.5 long=1.5 wild clipped dense vellus dark-skin blond grey white flakes glare sparse dermoscope \
    annotated blur coarse bare --out "$out" --steps 8000 --seed 1
