#!/bin/sh
# Fits how far off a strand's width is, on drawn photos as they are and stored badly, and tells how true that is of others: fit.sh FOLDER
# (up to an hour on two cores). Python's packages are those of ../stubble/requirements.txt.
set -e
here=$(dirname "$(realpath "$0")")
widths() { cargo run --release --manifest-path "$here/../../Cargo.toml" --example widths -- "$@"; }

for scene in clipped dense dark-skin vellus white blond grey fine long curly; do
    anagen phantom --out "$1/fitted/$scene" --scene "$scene" --count 24 --seed 9101
    python3 "$here/../stubble/weigh.py" degrade "$1/fitted/$scene" "$1/fitted/$scene-degraded"
    anagen phantom --out "$1/others/$scene" --scene "$scene" --count 12 --seed 9001
done
cd "$1"
widths fitted/*/*.jpg > fitted.jsonl
widths others/*/*.jpg > others.jsonl
python3 "$here/fit.py" fitted.jsonl others.jsonl
