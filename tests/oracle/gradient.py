"""Integrated gradients and SmoothGrad by captum for the small networks that candle.py saved.

    pip install torch torchvision safetensors numpy captum
    python tests/oracle/gradient.py

Writes `gradient.json` beside it. Everything is computed in 64 bits from weights of 32, on the margin scale; rows are 32 bits.
"""

import importlib.util
import json
import math
from pathlib import Path

HERE = Path(__file__).parent.resolve()
spec = importlib.util.spec_from_file_location("candle", HERE / "candle.py")
candle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(candle)

import captum
import numpy as np
import torch
from captum.attr import IntegratedGradients, NoiseTunnel, Saliency
from safetensors.torch import load_file

ROWS, STEPS, DRAWS, SPREAD = 3, 50, 4000, 0.3
WANTED = ["mlp", "activations", "cnn1d", "image", "lstm-last"]
CASES = []


def short(array):
    return [float(f"{x:.9g}") for x in np.asarray(array.detach()).ravel()]


def case(name, net, shape, card, rows=5, head="sigmoid", scale=1.5, **_):
    if name not in WANTED:
        return
    net.load_state_dict(load_file(candle.FOLDER / f"{name}.safetensors"))
    net.eval().double()
    numbers = candle.hashed(f"rows of {name}", rows * math.prod(shape)) * scale
    x = torch.from_numpy(numbers.astype(np.float32)).reshape([rows, *shape])[:ROWS].double()
    forward = lambda x: candle.margin(net(x), head)
    mean = x.mean(0, keepdim=True).float().double()
    told = {"name": name, "card": card, "shape": shape, "head": head, "rows": short(x), "baselines": []}
    for baseline in (torch.zeros_like(mean), mean):
        values, gaps = IntegratedGradients(forward).attribute(
            x, baselines=baseline, n_steps=STEPS, method="gausslegendre", return_convergence_delta=True
        )
        told["baselines"].append({"row": short(baseline), "values": short(values), "gaps": short(gaps)})
    if name == "activations":
        torch.manual_seed(1)
        tunnel = NoiseTunnel(Saliency(forward))
        told["smooth"] = {"spread": SPREAD, "draws": DRAWS, "values": short(tunnel.attribute(
            x, nt_type="smoothgrad", nt_samples=DRAWS, stdevs=SPREAD, abs=False))}
    CASES.append(told)


candle.case = case
candle.small()
versions = {"captum": captum.__version__, "torch": torch.__version__, "numpy": np.__version__}
print(versions)
text = json.dumps({"versions": versions, "steps": STEPS, "cases": CASES})
(HERE / "gradient.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")
