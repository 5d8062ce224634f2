#!/bin/sh
# Draws the photos the detector is trained on: draw.sh FOLDER (about 0.3 GB; thirteen minutes on two cores).
# The shipped weights were trained on those that the program of commit 2099c1c draws: `shaded` has changed since.
set -e
draw() { anagen phantom --out "$1" --scene "$2" --count "$3" --seed "$4"; }

draw "$1/shaded" shaded 210 130000
for scene in wild:100 stubble:80 clipped:20 long:12 curly:12 dense:12 vellus:10 dark-skin:8 blond:7 grey:7 white:7 \
             flakes:5 glare:5 sparse:5 dermoscope:4 annotated:4 blur:4 coarse:4 bare:2; do
    draw "$1/${scene%:*}" "${scene%:*}" "${scene#*:}" 120000
done
for scene in abrupt:44 blond:16 grey:8 vellus:8; do
    draw "$1/more/${scene%:*}" "${scene%:*}" "${scene#*:}" 140000
done
