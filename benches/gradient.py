"""Networks of the bench, and captum's integrated gradients of them.

Prints `name<TAB>processor seconds` (the least of the batch sizes tried and the repeats) and leaves weights, rows and values.

Run by benches/gradient.rs: python benches/gradient.py FOLDER THREADS REPEATS STEPS
"""
import sys
import time
from pathlib import Path

sys.path.pop(0)

import captum
import numpy as np
import torch
from captum.attr import IntegratedGradients
from safetensors.torch import save_file
from torch import nn

folder, threads, repeats, steps = Path(sys.argv[1]), *map(int, sys.argv[2:5])
torch.set_num_threads(threads)
torch.manual_seed(1)
print(f"captum {captum.__version__}, torch {torch.__version__}", file=sys.stderr)


def signal(widths, leads, kernel=7):
    parts, ins = [], leads
    for width in widths:
        parts += [nn.Conv1d(ins, width, kernel, padding=kernel // 2), nn.BatchNorm1d(width), nn.ReLU(), nn.MaxPool1d(2)]
        ins = width
    return nn.Sequential(*parts, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(ins, 1))


class Block(nn.Module):
    def __init__(self, ins, outs, stride):
        super().__init__()
        self.a, self.na = nn.Conv2d(ins, outs, 3, stride, 1, bias=False), nn.BatchNorm2d(outs)
        self.b, self.nb = nn.Conv2d(outs, outs, 3, 1, 1, bias=False), nn.BatchNorm2d(outs)
        self.c = nn.Conv2d(ins, outs, 1, stride)

    def forward(self, x):
        return torch.relu(self.nb(self.b(torch.relu(self.na(self.a(x))))) + self.c(x))


class Image(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.pool = nn.Conv2d(1, 16, 7, 2, 3), nn.MaxPool2d(3, 2, 1)
        self.one, self.two, self.fc = Block(16, 32, 2), Block(32, 64, 2), nn.Linear(64, 1)

    def forward(self, x):
        x = self.two(self.one(self.pool(torch.relu(self.stem(x)))))
        return self.fc(x.mean((2, 3)))


NETS = {
    "mlp": (nn.Sequential(nn.Linear(30, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1)), [10_000, 30], [None, 4096, 65_536]),
    "signal": (signal([16, 32, 64], 12), [32, 12, 1000], [None, 32, 256]),
    "image": (Image(), [8, 1, 224, 224], [None, 16, 64]),
}
for name, (net, shape, batches) in NETS.items():
    net.eval()
    save_file({k: v.contiguous() for k, v in net.state_dict().items()}, folder / f"{name}.safetensors")
    x = torch.randn(shape)
    x.numpy().tofile(folder / f"{name}.rows")
    explainer, best = IntegratedGradients(lambda x: net(x)[:, 0]), float("inf")
    for batch in batches:
        for _ in range(repeats):
            start = time.process_time()
            values = explainer.attribute(x, n_steps=steps, method="gausslegendre", internal_batch_size=batch)
            spent = time.process_time() - start
            best = min(best, spent)
        print(name, batch, spent, file=sys.stderr)
    values.numpy().astype("<f4").tofile(folder / f"{name}.values")
    print(f"{name}\t{best}", flush=True)
