#!/bin/sh
# Draws the photos the detector is trained on: draw.sh FOLDER (about 1.2 GB; a quarter of an hour on two cores).
set -e
for scene in stubble:340 wild:240 clipped:60 long:30 curly:30 dense:20 vellus:20 dark-skin:20 blond:15 grey:15 white:15 \
             flakes:12 glare:12 sparse:10 dermoscope:8 annotated:8 blur:8 coarse:8 bare:4; do
    anagen phantom --out "$1/${scene%:*}" --scene "${scene%:*}" --count "${scene#*:}" --seed 10000
done
