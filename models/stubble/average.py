#!/usr/bin/env python3
"""The weights of networks of the same interface, averaged by the shares given: average.py OUT.onnx A.onnx=0.6 B.onnx=0.4 ..."""
import sys
import onnx
from onnx import numpy_helper

out, *parts = sys.argv[1:]
models, shares = zip(*[(onnx.load(path), float(share)) for path, _, share in (part.rpartition("=") for part in parts)])
convolutions = lambda model: [node for node in model.graph.node if node.op_type.startswith("Conv")]
tensors = [{tensor.name: tensor for tensor in model.graph.initializer} for model in models]
for nodes in zip(*map(convolutions, models), strict=True):
    for names in zip(*[node.input[1:] for node in nodes], strict=True):
        mean = sum(share * numpy_helper.to_array(of[name]).astype("float64") for share, of, name in zip(shares, tensors, names))
        tensors[0][names[0]].CopyFrom(numpy_helper.from_array(mean.astype("float32"), names[0]))
onnx.save(models[0], out)
