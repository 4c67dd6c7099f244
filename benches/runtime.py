"""Makes the networks of the bench, scores them with Python's onnxruntime on one thread, prints `name<TAB>seconds<TAB>seconds from columns`.

Run by benches/runtime.rs: python benches/runtime.py FOLDER REPEATS. Seconds are those of the processor, the mean of all.
"""
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

folder, repeats = Path(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(1)


def save(name, inputs, nodes, weights):
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])],
        [numpy_helper.from_array(w, n) for n, w in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, folder / f"{name}.onnx")


def normal(*shape):
    fan = int(np.prod(shape[1:])) if len(shape) == 4 else shape[0]
    return (rng.normal(size=shape) * np.sqrt(2 / fan)).astype(np.float32)


def dense(sides):
    nodes, weights, last = [], {}, "x"
    for i, (a, b) in enumerate(zip(sides, sides[1:])):
        weights |= {f"w{i}": normal(a, b), f"b{i}": np.zeros(b, np.float32)}
        nodes.append(helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"g{i}"]))
        last, make = f"r{i}", "Relu" if i + 2 < len(sides) else "Sigmoid"
        nodes.append(helper.make_node(make, [f"g{i}"], [last if make == "Relu" else "y"]))
    return nodes, weights


def residual(channels=32, blocks=4):
    weights = {"shape": np.array([-1, 1, 28, 28]), "first": normal(channels, 1, 3, 3), "w": normal(channels, 1)}
    conv = lambda x, w, y: helper.make_node("Conv", [x, w], [y], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    nodes = [helper.make_node("Reshape", ["x", "shape"], ["image"]), conv("image", "first", "a0")]
    for i in range(blocks):
        weights |= {f"c{i}": normal(channels, channels, 3, 3), f"d{i}": normal(channels, channels, 3, 3) / 4}
        nodes += [conv(f"a{i}", f"c{i}", f"p{i}"), helper.make_node("Relu", [f"p{i}"], [f"q{i}"]),
                  conv(f"q{i}", f"d{i}", f"s{i}"), helper.make_node("Add", [f"s{i}", f"a{i}"], [f"t{i}"]),
                  helper.make_node("Relu", [f"t{i}"], [f"a{i + 1}"])]
    nodes += [helper.make_node("GlobalAveragePool", [f"a{blocks}"], ["pooled"]), helper.make_node("Flatten", ["pooled"], ["flat"]),
              helper.make_node("MatMul", ["flat", "w"], ["z"]), helper.make_node("Sigmoid", ["z"], ["y"])]
    return nodes, weights


for name, inputs, rows, made in [
    ("logistic", 40, 4096, dense([40, 1])),
    ("mlp-small", 40, 4096, dense([40, 64, 32, 1])),
    ("mlp", 40, 4096, dense([40, 256, 128, 1])),
    ("mlp-wide", 40, 4096, dense([40, 1024, 1024, 1])),
    ("residual", 784, 334, residual()),
]:
    save(name, inputs, *made)
    x = rng.normal(size=(rows, inputs)).astype(np.float32)
    x.astype("<f8").tofile(folder / f"{name}.rows")
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        y = session.run(["y"], {"x": x})[0]
        times.append(time.thread_time() - start)
        if sum(times) > 1:
            break
    columns, spent = [np.ascontiguousarray(column) for column in x.astype(np.float64).T], []
    for _ in range(repeats):
        start = time.thread_time()
        session.run(["y"], {"x": np.column_stack(columns).astype(np.float32)})
        spent.append(time.thread_time() - start)
        if sum(spent) > 1:
            break
    y.astype("<f8").tofile(folder / f"{name}.scores")
    print(f"{name}\t{np.mean(times)}\t{np.mean(spent)}\t{inputs}\t{rows}", flush=True)
print(f"# onnxruntime {ort.__version__}, numpy {np.__version__}, onnx {onnx.__version__}")
