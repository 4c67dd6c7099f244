"""Small networks of PyTorch and the large ones of torchvision, with PyTorch's own scores and gradients.

    pip install torch torchvision safetensors numpy
    python tests/oracle/candle.py [folder]

Writes `<name>.safetensors` for the small networks (their `state_dict`, as it is) and `cases.json`: the card, scores and
gradients on the margin scale. Everything is computed in 64 bits from weights of 32; `single` is what PyTorch says in 32.
Rows, and the weights of the large networks, are made by a formula that the test repeats (`hashed`).
"""

import json
import math
import sys
from pathlib import Path

sys.path.pop(0)

import numpy as np
import safetensors
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "candle")
torch.set_num_threads(2)
MASK = (1 << 64) - 1


def hashed(name, count):
    """Numbers in [-1, 1) with 24 bits: FNV-1a of the name, then splitmix64 of each index."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & MASK
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1.0


def formula(name, shape):
    """A parameter of a large network, as 32 bits."""
    v = hashed(name, math.prod(shape))
    kind = name.rsplit(".", 1)[1]
    if kind == "running_var":
        v = 1.0 + 0.5 * v
    elif kind in ("running_mean", "bias"):
        v = 0.1 * v
    elif len(shape) == 1:
        v = 1.0 + 0.2 * v
    else:
        v = v * math.sqrt(6.0 / math.prod(shape[1:]))
    return torch.from_numpy(v.astype(np.float32)).reshape(shape)


class Step(nn.Module):
    def __init__(self, run):
        super().__init__()
        self.run = run

    def forward(self, x):
        return self.run(x)


def named(**parts):
    """Modules one after another, under their own names."""
    net = nn.Module()
    order = []
    for name, part in parts.items():
        if name.startswith("_"):
            order.append(part)
        else:
            setattr(net, name, part)
            order.append(part)

    def forward(x):
        for part in order:
            x = part(x)
        return x

    net.forward = forward
    return net


def wander(net):
    """Running statistics and norms that are not the ones everything starts with."""
    for name, tensor in net.state_dict().items():
        kind = name.rsplit(".", 1)[-1]
        with torch.no_grad():
            if kind == "running_mean":
                tensor.normal_(0, 0.3)
            elif kind == "running_var":
                tensor.uniform_(0.5, 2.0)
            elif tensor.dim() == 1 and kind == "weight":
                tensor.uniform_(0.5, 1.5)
            elif tensor.dim() == 1 and kind == "bias":
                tensor.normal_(0, 0.2)
            elif tensor.dim() > 1:
                tensor.mul_(1.6)


def layers(text):
    """`kind key=value …` lines as TOML; a line of two spaces stands inside the one above it."""
    out, path = [], []
    for line in text.strip("\n").splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        words = line.split()
        kind, rest = words[0], words[1:]
        path = path[:depth]
        if kind in ("layers", "projection"):
            path.append(kind)
            continue
        inside = [part for part in path if part is not None]
        out.append(f"[[{'.'.join(['layers'] + inside)}]]\nkind='{kind}'")
        path.append(None)
        out += [word.replace("=", " = ", 1) for word in rest]
    return "\n".join(out) + "\n"


def margin(out, head):
    if head == "softmax":
        return out[:, 1] - torch.logsumexp(torch.cat([out[:, :1], out[:, 2:]], 1), 1)
    return out[:, 0]


CASES = []


def case(name, net, shape, card, rows=5, head="sigmoid", scale=1.5, words=None, arch=None, kept=None):
    """Runs a network on hashed rows. `words` makes whole numbers; `kept` is how many gradients of a row are written."""
    net.eval()
    columns = math.prod(shape)
    big = arch is not None
    if big:
        state = {}
        for key, tensor in net.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                state[key] = formula(key, list(tensor.shape))
        net.load_state_dict(state, strict=False)
    else:
        save_file({key: tensor.contiguous() for key, tensor in net.state_dict().items()}, FOLDER / f"{name}.safetensors")
    x = hashed(f"rows of {name}", rows * columns) * scale
    if words:
        x = np.floor((x / scale + 1) / 2 * words)
    x = torch.from_numpy(x.astype(np.float32)).reshape([rows] + list(shape))
    with torch.no_grad():
        single = margin(net(x), head).double()
    net.double()
    x = x.double().requires_grad_(not words)
    found = margin(net(x), head)
    if words:
        gradient = torch.zeros(rows, columns, dtype=torch.float64)
    else:
        (gradient,) = torch.autograd.grad(found.sum(), x)
        gradient = gradient.reshape(rows, columns)
    step = max(1, columns // (kept or columns))
    # 7 digits are more than 32 bits hold
    short = [[float(f"{g:.8g}") for g in row[::step]] for row in gradient.tolist()]
    CASES.append({
        "name": name,
        "card": card,
        "shape": list(shape),
        "rows": rows,
        "scale": scale,
        "words": words,
        "file": None if big else f"{name}.safetensors",
        "parameters": [[key, list(tensor.shape)] for key, tensor in net.state_dict().items()
                       if not key.endswith("num_batches_tracked")] if big else None,
        "margins": found.tolist(),
        "single": ((single - found.detach()).abs() / found.detach().abs().clamp(min=1)).max().item(),
        "step": step,
        "gradients": short,
        "norms": gradient.norm(dim=1).tolist(),
    })
    print(f"{name:24} margins {[round(m, 3) for m in found.tolist()]}  norm {gradient.norm(dim=1)[0].item():.3g}")
    sys.stdout.flush()


class Residual(nn.Module):
    def __init__(self, main, past):
        super().__init__()
        self.main, self.past = main, past

    def forward(self, x):
        return self.main(x) + (self.past(x) if self.past else x)


class Concat(nn.Module):
    def __init__(self, main):
        super().__init__()
        self.main = main

    def forward(self, x):
        return torch.cat([x, self.main(x)], 1)


class Gate(nn.Module):
    def __init__(self, down, up):
        super().__init__()
        self.down, self.up = down, up

    def forward(self, x):
        return x * torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3))))))[:, :, None, None]


class Recurrent(nn.Module):
    def __init__(self, cell, take):
        super().__init__()
        self.rnn, self.take = cell, take

    def forward(self, x):
        out, state = self.rnn(x)
        h = state[0] if isinstance(state, tuple) else state
        n = 2 if self.rnn.bidirectional else 1
        return {
            "all": lambda: out,
            "last": lambda: out[:, -1],
            "mean": lambda: out.mean(1),
            "max": lambda: out.amax(1),
            "final": lambda: torch.cat(list(h[-n:]), 1),
        }[self.take]()


class Attend(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x):
        return self.attn(x, x, x, need_weights=False)[0]


class Token(nn.Module):
    def __init__(self, steps, width):
        super().__init__()
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.5)
        self.pos_embedding = nn.Parameter(torch.randn(1, steps + 1, width) * 0.5)

    def forward(self, x):
        return torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embedding


def small():
    torch.manual_seed(20261122)
    flat = Step(lambda x: x.flatten(1))

    def of(name, net, shape, card, **more):
        wander(net)
        case(name, net, shape, card, **more)

    seq = nn.Sequential
    of("mlp", seq(nn.Linear(7, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 1)), [7],
       "architecture = { name = 'mlp', widths = [16, 8] }\n")
    of("activations", named(
        a=nn.Linear(9, 12), _1=nn.LeakyReLU(0.1), b=nn.Linear(12, 12), _2=nn.ELU(0.7), c=nn.Linear(12, 12), _3=nn.SiLU(),
        d=nn.Linear(12, 12), _4=nn.Hardswish(), e=nn.Linear(12, 12), _5=nn.Hardsigmoid(), f=nn.Linear(12, 12),
        _6=nn.GELU(), g=nn.Linear(12, 12), _7=nn.GELU(approximate="tanh"), h=nn.Linear(12, 12), _8=nn.Tanh(),
        i=nn.Linear(12, 12), _9=nn.Softmax(-1), j=nn.Linear(12, 12, bias=False), _10=nn.Sigmoid(), k=nn.Linear(12, 1)), [9],
       layers("""
dense name='a' outputs=12
leaky-relu slope=0.1
dense name='b' outputs=12
elu alpha=0.7
dense name='c' outputs=12
silu
dense name='d' outputs=12
hard-swish
dense name='e' outputs=12
hard-sigmoid
dense name='f' outputs=12
gelu
dense name='g' outputs=12
gelu approximate='tanh'
dense name='h' outputs=12
tanh
dense name='i' outputs=12
softmax
dense name='j' outputs=12 bias=false
sigmoid
dense name='k' outputs=1
sigmoid
"""), scale=4.0)
    of("three-classes", seq(nn.Linear(5, 10), nn.BatchNorm1d(10), nn.Dropout(0.4), nn.ReLU(), nn.Linear(10, 3)), [5], layers("""
dense name='0' outputs=10
batch-norm name='1'
dropout p=0.4
relu
dense name='4' outputs=3
softmax class=1
"""), head="softmax")
    of("signal", named(
        first=nn.Conv1d(3, 12, 7, stride=2, padding=3), n1=nn.BatchNorm1d(12), _1=nn.ReLU(), _p=nn.MaxPool1d(3, 2, 1),
        second=nn.Conv1d(12, 18, 3, padding=2, dilation=2, groups=3, bias=False), n2=nn.GroupNorm(6, 18), _2=nn.SiLU(),
        _q=nn.AvgPool1d(3, 2, padding=1, ceil_mode=True, count_include_pad=False), third=nn.Conv1d(18, 18, 5, groups=18),
        _r=nn.AdaptiveMaxPool1d(1), _f=flat, fc=nn.Linear(18, 1)), [3, 61], layers("""
conv1d name='first' outputs=12 kernel=7 stride=2 padding=3
batch-norm name='n1'
relu
max-pool kernel=3 stride=2 padding=1
conv1d name='second' outputs=18 kernel=3 padding=2 dilation=2 groups=3 bias=false
group-norm name='n2' groups=6
silu
average-pool kernel=3 stride=2 padding=1 ceil=true count-padding=false
conv1d name='third' outputs=18 kernel=5 groups=18
global-max-pool
dense name='fc' outputs=1
sigmoid
"""))
    parts, ins = [], 4
    for width in (6, 10):
        parts += [nn.Conv1d(ins, width, 5, padding=2), nn.BatchNorm1d(width), nn.ReLU(), nn.MaxPool1d(2)]
        ins = width
    of("cnn1d", seq(*parts, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(10, 1)), [4, 45],
       "architecture = { name = 'cnn1d', widths = [6, 10], kernel = 5 }\n")
    of("image", named(
        stem=nn.Conv2d(2, 8, (3, 5), stride=(2, 1), padding=(1, 2)), _1=nn.ReLU(),
        block=Residual(seq(nn.Conv2d(8, 12, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(12), nn.GELU(),
                           nn.Conv2d(12, 12, 3, padding=1)),
                       seq(nn.Conv2d(8, 12, 1, stride=2), nn.BatchNorm2d(12))), _2=nn.ReLU(),
        plain=Residual(nn.Conv2d(12, 12, 3, padding=1), None), grow=Concat(seq(nn.BatchNorm2d(12), nn.ReLU(), nn.Conv2d(12, 6, 1))),
        gate=Gate(nn.Linear(18, 4), nn.Linear(4, 18)), _m=nn.MaxPool2d(2, 1), _a=nn.AvgPool2d((2, 1), ceil_mode=True),
        ln=nn.LayerNorm([18, 1, 3]), _g=nn.AdaptiveAvgPool2d(1), _f=flat, fc=nn.Linear(18, 1)), [2, 11, 8], layers("""
conv2d name='stem' outputs=8 kernel=[3,5] stride=[2,1] padding=[1,2]
relu
residual
  layers
    conv2d name='block.main.0' outputs=12 kernel=3 stride=2 padding=1 bias=false
    batch-norm name='block.main.1'
    gelu
    conv2d name='block.main.3' outputs=12 kernel=3 padding=1
  projection
    conv2d name='block.past.0' outputs=12 kernel=1 stride=2
    batch-norm name='block.past.1'
relu
residual
  layers
    conv2d name='plain.main' outputs=12 kernel=3 padding=1
concat
  layers
    batch-norm name='grow.main.0'
    relu
    conv2d name='grow.main.2' outputs=6 kernel=1
gate
  layers
    global-average-pool
    dense name='gate.down' outputs=4
    relu
    dense name='gate.up' outputs=18
    sigmoid
max-pool kernel=2 stride=1
average-pool kernel=[2,1] ceil=true
layer-norm name='ln' axes=3
global-average-pool
dense name='fc' outputs=1
sigmoid
"""), kept=64)
    cells = [
        ("lstm-last", nn.LSTM(3, 8, batch_first=True), "last", "lstm", "take='last'", 8),
        ("lstm-both-final", nn.LSTM(3, 6, 2, batch_first=True, bidirectional=True), "final", "lstm",
         "depth=2 bidirectional=true take='final'", 12),
        ("lstm-mean", nn.LSTM(3, 6, batch_first=True, bias=False), "mean", "lstm", "bias=false take='mean'", 6),
        ("gru-both-max", nn.GRU(3, 6, batch_first=True, bidirectional=True), "max", "gru",
         "bidirectional=true take='max'", 12),
        ("gru-deep", nn.GRU(3, 7, 2, batch_first=True), "final", "gru", "depth=2 take='final'", 7),
    ]
    for name, cell, take, kind, keys, wide in cells:
        of(name, named(net=Recurrent(cell, take), fc=nn.Linear(wide, 1)), [13, 3], layers(f"""
{kind} name='net.rnn' width={cell.hidden_size} {keys}
dense name='fc' outputs=1
sigmoid
"""))
    of("gru-attention", named(net=Recurrent(nn.GRU(3, 8, batch_first=True), "all"), at=Attend(8, 2),
                              _m=Step(lambda x: x.mean(1)), fc=nn.Linear(8, 1)), [11, 3], layers("""
gru name='net.rnn' width=8
attention name='at.attn' heads=2
mean axis=0
dense name='fc' outputs=1
"""), head="plain")
    of("words", named(_w=Step(lambda x: x.long()), emb=nn.Embedding(20, 6), net=Recurrent(nn.LSTM(6, 5, batch_first=True), "last"), fc=nn.Linear(5, 1)),
       [9], layers("""
embedding name='emb' count=20 width=6
lstm name='net.rnn' width=5 take='last'
dense name='fc' outputs=1
sigmoid
"""), words=20)
    layer = nn.TransformerEncoderLayer(12, 3, 20, batch_first=True)
    of("transformer", named(into=nn.Linear(4, 12), enc=layer, _m=Step(lambda x: x.mean(1)), fc=nn.Linear(12, 1)), [10, 4],
       layers("""
dense name='into' outputs=12
transformer-layer name='enc' heads=3 width=20
mean axis=0
dense name='fc' outputs=1
sigmoid
"""))
    layer = nn.TransformerEncoderLayer(16, 4, 24, batch_first=True, norm_first=True, activation="gelu", layer_norm_eps=1e-6)
    of("vit", named(
        patch=nn.Conv2d(2, 16, 4, stride=4), _t=Step(lambda x: x.flatten(2).transpose(1, 2)), token=Token(6, 16),
        enc=nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), ln=nn.LayerNorm(16, eps=1e-6),
        _p=Step(lambda x: x[:, 0]), fc=nn.Linear(16, 2)), [2, 8, 12], layers("""
conv2d name='patch' outputs=16 kernel=4 stride=4
reshape shape=[16,6]
transpose axes=[1,0]
class-token name='token.cls_token'
position name='token.pos_embedding'
transformer name='enc' heads=4 width=24 depth=2 norm-first=true activation='gelu' epsilon=1e-6
layer-norm name='ln' epsilon=1e-6
pick index=0
dense name='fc' outputs=2
softmax class=1
"""), head="softmax", kept=64)


def large():
    models = torchvision.models
    card = "architecture = {{ name = '{}', classes = {} }}\n"
    for name, channels, side, classes, rows in [
        ("resnet18", 3, 64, 1, 3), ("resnet34", 1, 48, 1, 2), ("resnet50", 3, 64, 2, 2), ("densenet121", 3, 64, 2, 2),
    ]:
        net = getattr(models, name)(weights=None, num_classes=classes)
        if channels != 3:
            net.conv1 = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        case(name, net, [channels, side, side], card.format(name, classes), rows=rows, arch=name, kept=48,
             head="softmax" if classes > 1 else "sigmoid", scale=1.0)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    small()
    large()
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__,
                "safetensors": safetensors.__version__, "numpy": np.__version__}
    print(versions)
    text = json.dumps({"versions": versions, "cases": CASES})
    (FOLDER / "cases.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")
