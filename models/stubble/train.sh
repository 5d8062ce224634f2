#!/bin/sh
# Trains the detector on photos that draw.sh has drawn: train.sh FOLDER MODEL.onnx
#
# It starts from the network's former version, which its own draw.sh and train.sh of that commit had trained on drawn photos alone.
set -e
out=$(realpath -m "$2")
here=$(realpath "$(dirname "$0")")
former=$(mktemp --suffix .onnx)
git -C "$here" show 88d0a3d:./weights.onnx > "$former"
cd "$1"
exec python3 "$here/train.py" stubble=3 curly long wild clipped dense vellus dark-skin blond grey white flakes glare sparse dermoscope \
    annotated blur coarse bare --out "$out" --start "$former" --steps 12000 --rate 2e-3 --seed 3 --threads 1
