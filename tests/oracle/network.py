"""Small networks as PyTorch (both exporters) and Keras write them to ONNX, with the frameworks' own scores.

    pip install torch==2.8.0 onnx==1.23.2 onnxscript onnxruntime        # one environment
    python tests/oracle/network.py torch [folder] [--every-opset]
    pip install tensorflow-cpu keras tf2onnx onnx onnxruntime           # another
    python tests/oracle/network.py keras [folder] [--every-opset]

Writes models and `torch.json` or `keras.json`: rows, scores of the framework, scores of ONNX Runtime, versions. Every network
is seeded and trained for a few steps, so that no weight and no running mean is at its start. Notes that an exporter leaves
on nodes (stack traces, types of intermediate values) are cut, weights and nodes stay as they are; `mlp-torch-dynamo-raw`
keeps everything. With `--every-opset` each exporter is asked for each opset from 13 to 21, and what it refuses is printed.
"""

import json
import sys
import warnings
from pathlib import Path

sys.path.pop(0)  # a neighbour of this file is named like a package it needs

import numpy as np
import onnx
import onnxruntime

warnings.filterwarnings("ignore")
ROWS = 6
OPSETS = range(13, 22)


def signal(rng, rows, shape):
    """Smooth noise of a clinical look, rounded so that JSON holds it exactly in 32 bits."""
    x = rng.normal(size=(rows, *shape))
    x = x + np.roll(x, 1, axis=-1) + np.roll(x, 2, axis=-1)
    return (np.round(x * 64) / 64).astype(np.float32)


def tokens(rng, rows, shape):
    return rng.integers(0, 16, size=(rows, *shape)).astype(np.int64)


def slim(model):
    """Without the notes of the exporter."""
    del model.metadata_props[:]

    def graph(part):
        part.doc_string = ""
        del part.value_info[:]
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
        for node in part.node:
            node.doc_string = ""
            del node.metadata_props[:]
            for setting in node.attribute:
                if setting.HasField("g"):
                    graph(setting.g)

    graph(model.graph)
    for one in model.functions:
        one.doc_string = ""
        del one.metadata_props[:]
        del one.value_info[:]
        for node in one.node:
            node.doc_string = ""
            del node.metadata_props[:]
    return model


def runtime(path, inputs):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feeds = {port.name: inputs[port.name] for port in session.get_inputs()}
    return np.asarray(session.run(None, feeds)[0], dtype=np.float64)


def score(made, column):
    """One number for each row of what a network gives."""
    made = np.asarray(made, dtype=np.float64)
    made = made.reshape(len(made), -1)
    if column == "margin":
        return (made[:, 1] - made[:, 0]).tolist()
    return made[:, column].tolist()


class Book:
    """What is written beside the models."""

    def __init__(self, folder, name, versions):
        self.folder, self.name = folder, name
        self.book = {"versions": versions, "rows": {}, "cases": []}
        print(versions)

    def rows(self, network, inputs):
        self.book["rows"][network] = [
            {"name": name, "shape": list(x.shape[1:]), "values": x.reshape(len(x), -1).tolist()}
            for name, x in inputs.items()
        ]

    def case(self, network, path, maker, opset, inputs, wanted, card, column):
        given = runtime(path, inputs)
        self.book["cases"].append(
            {
                "name": path.stem,
                "network": network,
                "file": path.name,
                "maker": maker,
                "opset": opset,
                "scores": score(wanted, column),
                "runtime": score(given, column),
                "card": card,
            }
        )
        worst = np.abs(np.subtract(self.book["cases"][-1]["scores"], self.book["cases"][-1]["runtime"])).max()
        print(f"{path.name:<44} {path.stat().st_size:>8} bytes, ONNX Runtime differs by {worst:.1e}", flush=True)

    def write(self):
        path = self.folder / f"{self.name}.json"
        path.write_text(json.dumps(self.book, separators=(",", ":")) + "\n")
        print(path, path.stat().st_size, "bytes")


def of_torch(folder, every):
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)

    class Risk(nn.Module):
        """A body, then a risk: [N, 1] through a sigmoid."""

        def __init__(self, body):
            super().__init__()
            self.body = body

        def forward(self, x):
            return torch.sigmoid(self.body(x))

    class Residual(nn.Module):
        def __init__(self, inside, outside, stride):
            super().__init__()
            self.first = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
            self.norm1 = nn.BatchNorm2d(outside)
            self.second = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
            self.norm2 = nn.BatchNorm2d(outside)
            self.short = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

        def forward(self, x):
            y = torch.relu(self.norm1(self.first(x)))
            return torch.relu(self.norm2(self.second(y)) + self.short(x))

    class Dense(nn.Module):
        """A dense block with bottlenecks and its transition, as in DenseNet-121."""

        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(1, 8, 5, 2, 2, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
            grow = lambda width: nn.Sequential(
                nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 8, 1, bias=False),
                nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3, 1, 1, bias=False),
            )
            self.grow = nn.ModuleList([grow(8), grow(12), grow(16)])
            self.turn = nn.Sequential(nn.BatchNorm2d(20), nn.ReLU(), nn.Conv2d(20, 10, 1, bias=False), nn.AvgPool2d(2))
            self.norm = nn.BatchNorm2d(10)
            self.head = nn.Linear(10, 1)

        def forward(self, x):
            x = self.stem(x)
            for layer in self.grow:
                x = torch.cat([x, layer(x)], 1)
            x = torch.relu(self.norm(self.turn(x)))
            return self.head(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))

    class Efficient(nn.Module):
        """An inverted residual: expand, depthwise, squeeze and excite, project, add."""

        def __init__(self):
            super().__init__()
            norm = lambda width: nn.BatchNorm2d(width, eps=1e-3)
            self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), norm(8), nn.SiLU())
            self.expand = nn.Sequential(nn.Conv2d(8, 16, 1, bias=False), norm(16), nn.SiLU())
            self.deep = nn.Sequential(nn.Conv2d(16, 16, 5, 1, 2, groups=16, bias=False), norm(16), nn.SiLU())
            self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 4, 1), nn.SiLU(), nn.Conv2d(4, 16, 1), nn.Sigmoid())
            self.project = nn.Sequential(nn.Conv2d(16, 8, 1, bias=False), norm(8))
            self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(8, 1))

        def forward(self, x):
            x = self.stem(x)
            y = self.deep(self.expand(x))
            return self.head(x + self.project(y * self.squeeze(y)))

    class UNet(nn.Module):
        """A segmenting network; the score is the largest pixel of its map."""

        def __init__(self):
            super().__init__()
            two = lambda a, b: nn.Sequential(nn.Conv2d(a, b, 3, 1, 1), nn.ReLU(), nn.Conv2d(b, b, 3, 1, 1), nn.ReLU())
            self.down1, self.down2, self.deep = two(1, 4), two(4, 8), two(8, 8)
            self.up2, self.up1 = nn.ConvTranspose2d(8, 8, 2, 2), nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
            self.join2, self.join1 = two(16, 4), two(8, 4)
            self.map = nn.Conv2d(4, 1, 1)
            self.whole = True

        def forward(self, x):
            a = self.down1(x)
            b = self.down2(nn.functional.max_pool2d(a, 2))
            c = self.deep(nn.functional.max_pool2d(b, 2))
            b = self.join2(torch.cat([self.up2(c), b], 1))
            a = self.join1(torch.cat([self.up1(b), a], 1))
            pixels = self.map(a)
            return pixels.amax((2, 3)) if self.whole else pixels

    class Recurrent(nn.Module):
        def __init__(self, kind, both=False, layers=1):
            super().__init__()
            self.steps = kind(4, 8, num_layers=layers, batch_first=True, bidirectional=both)
            self.head = nn.Linear(16 if both else 8, 1)

        def forward(self, x):
            out, _ = self.steps(x)
            return self.head(out[:, -1])

    class Words(nn.Module):
        """A transformer encoder over tokens."""

        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(16, 16)
            self.place = nn.Parameter(torch.randn(12, 16) * 0.1)
            layer = nn.TransformerEncoderLayer(16, 2, 32, 0.1, batch_first=True, activation="gelu")
            self.layers = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
            self.head = nn.Linear(16, 1)

        def forward(self, x):
            return self.head(self.layers(self.words(x) + self.place).mean(1))

    class Patches(nn.Module):
        """A vision transformer with a class token."""

        def __init__(self):
            super().__init__()
            self.cut = nn.Conv2d(1, 16, 4, 4)
            self.first = nn.Parameter(torch.randn(1, 1, 16) * 0.1)
            self.place = nn.Parameter(torch.randn(1, 17, 16) * 0.1)
            layer = nn.TransformerEncoderLayer(16, 2, 32, 0.1, batch_first=True, activation="gelu", norm_first=True)
            self.layers = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
            self.norm = nn.LayerNorm(16)
            self.head = nn.Linear(16, 1)

        def forward(self, x):
            x = self.cut(x).flatten(2).transpose(1, 2)
            x = torch.cat([self.first.expand(x.shape[0], -1, -1), x], 1) + self.place
            return self.head(self.norm(self.layers(x))[:, 0])

    class Mixed(nn.Module):
        """A signal and two numbers."""

        def __init__(self):
            super().__init__()
            self.line = nn.Linear(16, 4)
            self.head = nn.Linear(6, 1)

        def forward(self, ecg, age, lactate):
            x = torch.relu(self.line(ecg.flatten(1)))
            return torch.sigmoid(self.head(torch.cat([x, age, lactate], 1)))

    class Several(nn.Module):
        """Logits or probabilities of classes."""

        def __init__(self, classes, soft):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, classes))
            self.soft = soft

        def forward(self, x):
            x = self.body(x)
            return torch.softmax(x, 1) if self.soft else x

    class Line(nn.Module):
        """One number for each row, without a second axis."""

        def __init__(self):
            super().__init__()
            self.body = nn.Linear(8, 1)

        def forward(self, x):
            return torch.sigmoid(self.body(x)).squeeze(1)

    wave = nn.Sequential(
        nn.Conv1d(3, 8, 7, 2, 3), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(8, 8, 3, 1, 2, dilation=2), nn.LeakyReLU(0.1), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 1),
    )
    mlp = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 8), nn.ELU(), nn.Linear(8, 1))
    res = nn.Sequential(
        nn.Conv2d(1, 4, 7, 2, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        Residual(4, 6, 1), Residual(6, 8, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 1),
    )
    prob = {"score": "probability"}
    logit = {"score": "logit"}
    image = {"x": (1, 16, 16)}
    made = {
        "mlp": (Risk(mlp), {"x": (8,)}, prob, 0),
        "line": (Line(), {"x": (8,)}, prob, 0),
        "two-logits": (Several(2, False), {"x": (8,)}, logit, "margin"),
        "two-classes": (Several(2, True), {"x": (8,)}, prob, 1),
        "three-classes": (Several(3, True), {"x": (8,)}, prob | {"class": "1"}, 1),
        "mixed": (Mixed(), {"ecg": (2, 8), "age": (1,), "lactate": (1,)}, prob, 0),
        "cnn": (Risk(wave), {"x": (3, 32)}, prob, 0),
        "resnet": (Risk(res), image, prob, 0),
        "densenet": (Risk(Dense()), image, prob, 0),
        "efficientnet": (Risk(Efficient()), {"x": (3, 12, 12)}, prob, 0),
        "unet": (Risk(UNet()), image, prob, 0),
        "lstm": (Risk(Recurrent(nn.LSTM, layers=2)), {"x": (10, 4)}, prob, 0),
        "gru": (Risk(Recurrent(nn.GRU)), {"x": (10, 4)}, prob, 0),
        "bilstm": (Recurrent(nn.LSTM, both=True), {"x": (10, 4)}, logit, 0),
        "transformer": (Risk(Words()), {"x": (12,)}, prob, 0),
        "vit": (Risk(Patches()), image, prob, 0),
    }
    book = Book(folder, "torch", {
        "python": sys.version.split()[0], "torch": torch.__version__, "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__, "numpy": np.__version__,
    })
    for seed, (network, (model, ports, card, column)) in enumerate(made.items()):
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        for weight in model.parameters():
            if weight.dim() > 1:
                nn.init.xavier_normal_(weight)
        kind = tokens if network == "transformer" else signal
        train(torch, model, [kind(rng, 64, shape) for shape in ports.values()], column)
        inputs = {name: kind(rng, ROWS, shape) for name, shape in ports.items()}
        book.rows(network, inputs)
        tensors = tuple(torch.from_numpy(x) for x in inputs.values())
        with torch.no_grad():
            wanted = model(*tensors).numpy()
        ways = [("script", opset) for opset in (OPSETS if every else (13, 17, 20))]
        ways += [("dynamo", opset) for opset in (OPSETS if every else (18, 21))]
        for way, opset in ways:
            path = folder / f"{network}-torch-{way}-{opset}.onnx"
            try:
                write(torch, model, tensors, list(inputs), path, way, opset)
            except Exception as error:
                print(f"{path.name:<44} not written: {str(error).strip().splitlines()[0][:150]}")
                continue
            book.case(network, path, f"torch.onnx.export, {way}", opset, inputs, wanted, card, column)
        if network == "mlp":
            path = folder / "mlp-torch-dynamo-raw.onnx"
            write(torch, model, tensors, list(inputs), path, "dynamo", 18, raw=True)
            book.case(network, path, "torch.onnx.export, dynamo", 18, inputs, wanted, card, column)
            path = folder / "mlp-torch-external.onnx"
            write(torch, model, tensors, list(inputs), path, "dynamo", 18, outside=True)
            book.case(network, path, "torch.onnx.export, dynamo, weights outside", 18, inputs, wanted, card, column)
        if network == "unet":
            model.body.whole = False
            write(torch, model, tensors, list(inputs), folder / "unet-map.onnx", "script", 17)
    book.write()


def train(torch, model, inputs, column):
    rows = [torch.from_numpy(x) for x in inputs]
    first = rows[0].float().flatten(1)
    wanted = (first[:, : first.shape[1] // 2].mean(1) > first[:, first.shape[1] // 2 :].mean(1)).float()
    steps = torch.optim.Adam(model.parameters(), lr=0.01)
    model.train()
    for _ in range(30):
        steps.zero_grad()
        made = model(*rows)
        if made.dim() > 1:
            made = made[:, 1] if made.shape[1] > 1 else made[:, 0]
        loss = ((made - wanted) ** 2).mean()
        loss.backward()
        steps.step()
    model.eval()


def write(torch, model, tensors, names, path, way, opset, raw=False, outside=False):
    if way == "script":
        axes = {name: {0: "batch"} for name in [*names, "risk"]}
        torch.onnx.export(
            model, tensors, str(path), dynamo=False, opset_version=opset, input_names=names, output_names=["risk"], dynamic_axes=axes
        )
    else:
        batch = torch.export.Dim("batch")
        program = torch.onnx.export(
            model, tensors, dynamo=True, opset_version=opset, input_names=names, output_names=["risk"],
            dynamic_shapes=tuple({0: batch} for _ in tensors), verbose=False,
        )
        program.save(str(path), external_data=outside)
    if outside:
        return
    made = onnx.load(str(path))
    given = next(one.version for one in made.opset_import if one.domain in ("", "ai.onnx"))
    if given != opset:
        path.unlink()
        raise ValueError(f"asked for opset {opset}, given {given}")
    if not raw:
        onnx.save(slim(made), str(path))


def of_keras(folder, every):
    import os

    os.environ["CUDA_VISIBLE_DEVICES"], os.environ["TF_CPP_MIN_LOG_LEVEL"] = "-1", "3"
    import keras
    import tensorflow
    import tf2onnx
    from keras import layers

    def net(shape, *body):
        return keras.Sequential([layers.Input(shape), *body, layers.Dense(1, activation="sigmoid")])

    def separable():
        start = x = layers.Input((12, 12, 3))
        x = layers.Conv2D(8, 3, 2, "same", use_bias=False)(x)
        x = layers.Activation("swish")(layers.BatchNormalization()(x))
        y = layers.DepthwiseConv2D(3, padding="same")(x)
        z = layers.Reshape((1, 1, 8))(layers.GlobalAveragePooling2D()(y))
        z = layers.Conv2D(8, 1, activation="sigmoid")(layers.Conv2D(2, 1, activation="swish")(z))
        x = layers.Add()([x, layers.Multiply()([y, z])])
        return keras.Model(start, layers.Dense(1, activation="sigmoid")(layers.GlobalAveragePooling2D()(x)))

    def attending():
        start = layers.Input((12,), dtype="int32")
        x = layers.Embedding(16, 16)(start)
        y = layers.MultiHeadAttention(2, 8)(x, x)
        x = layers.LayerNormalization()(x + y)
        # tf2onnx knows no `Erfc`, which the exact form is made of
        y = layers.Dense(16)(layers.Dense(32, activation=lambda x: keras.activations.gelu(x, approximate=True))(x))
        x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x + y))
        return keras.Model(start, layers.Dense(1, activation="sigmoid")(x))

    def segmenting():
        start = layers.Input((16, 16, 1))
        a = layers.Conv2D(4, 3, padding="same", activation="relu")(start)
        b = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.MaxPooling2D()(a))
        c = layers.Conv2DTranspose(4, 2, 2)(b)
        d = layers.UpSampling2D(interpolation="bilinear")(layers.Conv2D(4, 1)(b))
        x = layers.Conv2D(1, 1)(layers.Concatenate()([a, c, d]))
        return keras.Model(start, layers.Activation("sigmoid")(layers.GlobalMaxPooling2D()(x)))

    made = {
        "mlp": lambda: net((8,), layers.Dense(16), layers.BatchNormalization(), layers.Activation("relu"), layers.Dropout(0.3), layers.Dense(8, activation="selu")),
        "cnn": lambda: net((32, 3), layers.Conv1D(8, 7, 2, "same", activation="relu"), layers.BatchNormalization(), layers.MaxPooling1D(2), layers.Conv1D(8, 3, dilation_rate=2, padding="causal", activation="elu"), layers.GlobalAveragePooling1D()),
        "separable": separable,
        "unet": segmenting,
        "lstm": lambda: net((10, 4), layers.LSTM(8)),
        "gru": lambda: net((10, 4), layers.GRU(8)),
        "bilstm": lambda: net((10, 4), layers.Bidirectional(layers.LSTM(6))),
        "transformer": attending,
    }
    book = Book(folder, "keras", {
        "python": sys.version.split()[0], "keras": keras.__version__, "tensorflow": tensorflow.__version__,
        "tf2onnx": tf2onnx.__version__, "onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__, "numpy": np.__version__,
    })
    for seed, (network, build) in enumerate(made.items()):
        keras.utils.set_random_seed(seed)
        rng = np.random.default_rng(seed)
        model = build()
        shape = model.input_shape[1:]
        kind = (lambda *x: tokens(*x).astype(np.int32)) if network == "transformer" else signal
        x = kind(rng, 64, shape)
        flat = x.reshape(64, -1).astype(np.float64)
        half = flat.shape[1] // 2
        model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
        model.fit(x, (flat[:, :half].mean(1) > flat[:, half:].mean(1)).astype(np.float32), epochs=5, verbose=0)
        rows = kind(rng, ROWS, shape)
        wanted = np.asarray(model(rows, training=False))
        for opset in OPSETS if every else (13, 18):
            path = folder / f"{network}-keras-{opset}.onnx"
            try:
                model.export(path, format="onnx", opset_version=opset, verbose=False)
                made_of = onnx.load(str(path))
                onnx.save(slim(made_of), str(path))
                runtime(path, {made_of.graph.input[0].name: rows})  # some exports are no valid graph
            except Exception as error:
                path.unlink(missing_ok=True)
                print(f"{path.name:<44} not written: {str(error).strip().splitlines()[0][:150]}")
                continue
            inputs = {made_of.graph.input[0].name: rows}
            book.rows(network, inputs)
            book.case(network, path, "keras export", opset, inputs, wanted, {"score": "probability"}, 0)
        book.write()


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    folder = Path(words[1]) if len(words) > 1 else Path(__file__).parent / "network"
    folder.mkdir(parents=True, exist_ok=True)
    {"torch": of_torch, "keras": of_keras}[words[0]](folder, "--every-opset" in sys.argv)
