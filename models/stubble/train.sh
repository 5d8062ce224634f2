#!/bin/sh
# Trains the detector on photos that draw.sh has drawn: train.sh FOLDER MODEL.onnx
#
# It starts from the network's former version, which its own draw.sh and train.sh of that commit had trained on drawn photos alone. What it learns first
# it does best on clipped hair; what it learns then, beside more light hair and hair without haze, it does better on those; the former version is the
# least misled by plain lines. Their average does about the best of each.
set -e
out=$(realpath -m "$2")
here=$(realpath "$(dirname "$0")")
between=$(mktemp -d)
trap 'rm -r "$between"' EXIT
git -C "$here" show 8be9daa:./weights.onnx > "$between/former.onnx"
cd "$1"
scenes="shaded=3 stubble=1.5 curly long wild clipped dense vellus dark-skin blond grey white flakes glare sparse dermoscope annotated blur coarse bare"
# shellcheck disable=SC2086
python3 "$here/train.py" $scenes --out "$between/first.onnx" --start "$between/former.onnx" --steps 6500 --rate 1.5e-3 --seed 5 --threads 1
# shellcheck disable=SC2086
python3 "$here/train.py" $scenes more/abrupt=1.5 more/blond more/grey more/vellus \
    --out "$between/second.onnx" --start "$between/first.onnx" --steps 2600 --rate 1e-3 --seed 7 --threads 1
python3 "$here/average.py" "$out" "$between/first.onnx=0.6" "$between/second.onnx=0.2" "$between/former.onnx=0.2"
