#!/bin/sh
# Fits how likely a hair seen in one photo alone is gone from the other's skin, on drawn series, and tells how true that is of others: fit.sh FOLDER
# (half an hour on two cores, most of it drawing). Python's packages are those of ../stubble/requirements.txt.
set -e
here=$(dirname "$(realpath "$0")")
signs() { cargo run --release --manifest-path "$here/../../Cargo.toml" --example signs -- "$@"; }

for scene in series series-steady; do
    anagen phantom --out "$1/fitted/$scene" --scene "$scene" --sessions 3 --seed 300 --count 24
    anagen phantom --out "$1/others/$scene" --scene "$scene" --sessions 3 --seed 400 --count 12
done
cd "$1"
signs fitted/*/*/ > fitted.jsonl
signs others/*/*/ > others.jsonl
python3 "$here/fit.py" fitted.jsonl others.jsonl
