#!/bin/sh
# Fits what weighs the proposed strands and the ridges, on drawn photos the network was not trained on: weigh.sh FOLDER
# (a quarter of an hour on two cores).
set -e
here=$(dirname "$(realpath "$0")")
draw() { anagen phantom --out "$1" --scene "$2" --count "$3" --seed "$4"; }
evidence() { cargo run --release --manifest-path "$here/../../Cargo.toml" --example evidence -- "$@"; }

draw "$1/wild" wild 60 96000
for scene in stubble:24 clumped:8 clipped:8 dense:4 sparse:4 dark-skin:4 long:6; do
    draw "$1/${scene%:*}" "${scene%:*}" "${scene#*:}" 97000
    python3 "$here/weigh.py" degrade "$1/${scene%:*}" "$1/${scene%:*}-degraded"
done
cd "$1"
evidence stubble*/*.jpg clumped*/*.jpg clipped*/*.jpg dense*/*.jpg > clipped.jsonl
evidence wild/*.jpg wild/*.png sparse*/*.jpg dark-skin*/*.jpg long*/*.jpg > others.jsonl
python3 "$here/weigh.py" fit strands clipped.jsonl others.jsonl
python3 "$here/weigh.py" fit additions clipped.jsonl
python3 "$here/weigh.py" fit shafts clipped.jsonl
python3 "$here/weigh.py" fit pairs clipped.jsonl
