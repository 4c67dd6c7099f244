"""Makes the networks of the bench, and times ONNX Runtime and tract on them with one thread.

`python network.py FOLDER REPEATS BATCH…` writes FOLDER/NAME.onnx, NAME.BATCH.in and NAME.BATCH.out (numbers of 32 bits)
when they are not there, and prints one line for each measurement: name, tab, seconds (processor seconds, the least of the repeats).
"""

import pathlib
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

try:
    import tract
except ImportError:
    tract = None

FOLDER = pathlib.Path(sys.argv[1])
REPEATS = int(sys.argv[2])
BATCHES = [int(batch) for batch in sys.argv[3:]] or [1, 32]
OPSET = 17


class Net:
    """A graph that grows node by node, with weights drawn so that numbers keep their size."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.count = [], [], 0

    def constant(self, array):
        self.count += 1
        name = f"w{self.count}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weights(self, *shape, fan=None):
        fan = fan or int(np.prod(shape[1:]))
        return self.constant((self.random.normal(size=shape) * np.sqrt(2 / fan)).astype(np.float32))

    def add(self, operator, *inputs, **attributes):
        self.count += 1
        output = f"v{self.count}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def conv(self, x, channels, made, kernel, stride=1, groups=1, bias=True, pad=None, rank=2):
        pad = kernel // 2 if pad is None else pad
        inputs = [x, self.weights(made, channels // groups, *[kernel] * rank)]
        if bias:
            inputs.append(self.constant((self.random.normal(size=made) * 0.1).astype(np.float32)))
        return self.add(
            "Conv", *inputs, kernel_shape=[kernel] * rank, strides=[stride] * rank,
            pads=[pad] * 2 * rank, group=groups,
        )

    def norm(self, x, channels):
        one = lambda low, high: self.constant(self.random.uniform(low, high, channels).astype(np.float32))
        return self.add("BatchNormalization", x, one(0.5, 1.5), one(-0.1, 0.1), one(-0.1, 0.1), one(0.5, 1.5))

    def dense(self, x, width, made):
        bias = self.constant((self.random.normal(size=made) * 0.1).astype(np.float32))
        return self.add("Gemm", x, self.weights(made, width), bias, transB=1)

    def pooled(self, x):
        return self.add("Flatten", self.add("GlobalAveragePool", x))


def resnet18(net, x):
    x = net.add("Relu", net.conv(x, 3, 64, 7, 2))
    x = net.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for made, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        for block in range(2):
            step = stride if block == 0 else 1
            y = net.add("Relu", net.conv(x, channels, made, 3, step))
            y = net.conv(y, made, made, 3)
            if step != 1 or channels != made:
                x = net.conv(x, channels, made, 1, step)
            x, channels = net.add("Relu", net.add("Add", y, x)), made
    return net.dense(net.pooled(x), 512, 10)


def resnet50(net, x):
    x = net.add("Relu", net.conv(x, 3, 64, 7, 2))
    x = net.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for width, blocks, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for block in range(blocks):
            step = stride if block == 0 else 1
            y = net.add("Relu", net.conv(x, channels, width, 1))
            y = net.add("Relu", net.conv(y, width, width, 3, step))
            y = net.conv(y, width, 4 * width, 1)
            if block == 0:
                x = net.conv(x, channels, 4 * width, 1, step)
            x, channels = net.add("Relu", net.add("Add", y, x)), 4 * width
    return net.dense(net.pooled(x), 2048, 10)


def densenet121(net, x):
    x = net.add("Relu", net.norm(net.conv(x, 3, 64, 7, 2, bias=False), 64))
    x = net.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for stage, blocks in enumerate([6, 12, 24, 16]):
        for _ in range(blocks):
            y = net.conv(net.add("Relu", net.norm(x, channels)), channels, 128, 1, bias=False)
            y = net.conv(net.add("Relu", net.norm(y, 128)), 128, 32, 3, bias=False)
            x, channels = net.add("Concat", x, y, axis=1), channels + 32
        if stage < 3:
            x = net.conv(net.add("Relu", net.norm(x, channels)), channels, channels // 2, 1, bias=False)
            x, channels = net.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2]), channels // 2
    return net.dense(net.pooled(net.add("Relu", net.norm(x, channels))), channels, 14)


def efficientnet_b0(net, x):
    silu = lambda x: net.add("Mul", x, net.add("Sigmoid", x))
    x, channels = silu(net.conv(x, 3, 32, 3, 2)), 32
    plan = [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3),
            (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)]
    for grow, made, blocks, stride, kernel in plan:
        for block in range(blocks):
            step, wide = (stride if block == 0 else 1), channels * grow
            y = silu(net.conv(x, channels, wide, 1)) if grow > 1 else x
            y = silu(net.conv(y, wide, wide, kernel, step, groups=wide))
            few = max(1, channels // 4)
            gate = net.add("GlobalAveragePool", y)
            gate = silu(net.conv(gate, wide, few, 1))
            gate = net.add("Sigmoid", net.conv(gate, few, wide, 1))
            y = net.conv(net.add("Mul", y, gate), wide, made, 1)
            x = net.add("Add", y, x) if step == 1 and channels == made else y
            channels = made
    return net.dense(net.pooled(silu(net.conv(x, channels, 1280, 1))), 1280, 10)


def unet(net, x):
    def twice(x, channels, made):
        for width in (channels, made):
            x = net.add("Relu", net.norm(net.conv(x, width, made, 3, bias=False), made))
        return x

    kept, channels = [], 1
    for made in (16, 32, 64, 128):
        x = twice(x, channels, made)
        kept.append((x, made))
        x, channels = net.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]), made
    x, channels = twice(x, channels, 256), 256
    for other, made in reversed(kept):
        weights = net.weights(channels, made, 2, 2, fan=channels)
        x = net.add("ConvTranspose", x, weights, kernel_shape=[2, 2], strides=[2, 2])
        x, channels = twice(net.add("Concat", other, x, axis=1), 2 * made, made), made
    return net.add("Sigmoid", net.conv(x, channels, 1, 1))


def vit_tiny(net, x):
    width, heads, patches = 192, 3, 196
    whole = lambda *shape: net.constant(np.array(shape, np.int64))
    ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
    norm = lambda x: net.add("LayerNormalization", x, net.constant(ones), net.constant(zeros), axis=-1, epsilon=1e-6)

    def linear(x, wide, made):
        bias = net.constant((net.random.normal(size=made) * 0.02).astype(np.float32))
        weights = (net.random.normal(size=(wide, made)) / np.sqrt(wide)).astype(np.float32)
        return net.add("Add", bias, net.add("MatMul", x, net.constant(weights)))

    x = net.conv(x, 3, width, 16, 16, pad=0)
    x = net.add("Transpose", net.add("Reshape", x, whole(0, width, patches)), perm=[0, 2, 1])
    x = net.add("Add", x, net.constant((net.random.normal(size=(1, patches, width)) * 0.02).astype(np.float32)))
    for _ in range(12):
        y = linear(norm(x), width, 3 * width)
        y = net.add("Transpose", net.add("Reshape", y, whole(0, patches, 3, heads, width // heads)), perm=[2, 0, 3, 1, 4])
        q, k, v = (net.add("Gather", y, net.constant(np.array(place)), axis=0) for place in range(3))
        q = net.add("Mul", q, net.constant(np.float32((width // heads) ** -0.5)))
        y = net.add("Softmax", net.add("MatMul", q, net.add("Transpose", k, perm=[0, 1, 3, 2])), axis=-1)
        y = net.add("Transpose", net.add("MatMul", y, v), perm=[0, 2, 1, 3])
        x = net.add("Add", x, linear(net.add("Reshape", y, whole(0, patches, width)), width, width))
        y = linear(norm(x), width, 4 * width)
        bent = net.add("Erf", net.add("Div", y, net.constant(np.float32(np.sqrt(2)))))
        y = net.add("Mul", net.add("Mul", y, net.add("Add", bent, net.constant(np.float32(1)))), net.constant(np.float32(0.5)))
        x = net.add("Add", x, linear(y, 4 * width, width))
    return net.dense(net.add("ReduceMean", norm(x), axes=[1], keepdims=0), width, 10)


def ecg_cnn(net, x):
    x, channels = net.add("Relu", net.norm(net.conv(x, 12, 32, 15, 2, rank=1, bias=False), 32)), 32
    for made in (32, 64, 64, 128, 128):
        y = net.add("Relu", net.norm(net.conv(x, channels, made, 9, 2, rank=1, bias=False), made))
        y = net.norm(net.conv(y, made, made, 9, rank=1, bias=False), made)
        x, channels = net.add("Relu", net.add("Add", y, net.conv(x, channels, made, 1, 2, rank=1))), made
    return net.dense(net.pooled(x), channels, 5)


MODELS = {
    "resnet18": (resnet18, [3, 224, 224]),
    "resnet50": (resnet50, [3, 224, 224]),
    "densenet121": (densenet121, [3, 224, 224]),
    "efficientnet-b0": (efficientnet_b0, [3, 224, 224]),
    "unet": (unet, [1, 128, 128]),
    "vit-tiny": (vit_tiny, [3, 224, 224]),
    "ecg-cnn": (ecg_cnn, [12, 1000]),
}


def least(work):
    work()
    best = float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    for place, (name, (build, shape)) in enumerate(MODELS.items()):
        path = FOLDER / f"{name}.onnx"
        if not path.exists():
            net = Net(place)
            output = build(net, "x")
            graph = helper.make_graph(
                net.nodes, name,
                [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *shape])],
                [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
                net.constants,
            )
            model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
            onnx.save(model, path)
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        for batch in BATCHES:
            rows = np.random.default_rng(batch).normal(size=(batch, *shape)).astype(np.float32)
            rows.tofile(FOLDER / f"{name}.{batch}.in")
            scores = session.run(None, {"x": rows})[0]
            scores.tofile(FOLDER / f"{name}.{batch}.out")
            spent = least(lambda: session.run(None, {"x": rows}))
            print(f"{name} {batch} onnxruntime\t{spent}", flush=True)
            if tract is None:
                continue
            try:
                model = tract.onnx().load(str(path))
                model.set_input_fact(0, ",".join(map(str, [batch, *shape])) + ",f32")
                runnable = model.into_model().into_runnable()
                found = runnable.run([rows])[0].to_numpy()
                assert np.allclose(found, scores, atol=1e-3, rtol=1e-3)
                spent = least(lambda: runnable.run([rows]))
                print(f"{name} {batch} tract\t{spent}", flush=True)
            except Exception as error:
                print(f"{name} {batch} tract: {str(error)[:200]}", file=sys.stderr)


main()
