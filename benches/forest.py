"""Trains the models of the bench, scores them with their own frameworks, prints `name<TAB>seconds` of the least of all repeats.

Run by benches/forest.rs: python benches/forest.py FOLDER THREADS REPEATS
"""
import sys
import time
from pathlib import Path

import lightgbm as lgb
import numpy as np
import xgboost as xgb

folder, threads, repeats = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(1)
INPUTS, ROWS, TRAIN, TREES, DEPTH = 30, 100_000, 20_000, 500, 6
x = rng.normal(size=(ROWS, INPUTS))
log_odds = x[:, 0] + 0.5 * x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + 0.4 * x[:, 4:12].sum(1) - 0.5
y = (rng.uniform(size=ROWS) < 1 / (1 + np.exp(-log_odds))).astype(int)
x[rng.uniform(size=x.shape) < 0.01] = np.nan


def least(work):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


x.astype("<f8").tofile(folder / "rows.f64")
if not (folder / "lightgbm.txt").exists():
    model = xgb.train({"objective": "binary:logistic", "max_depth": DEPTH, "eta": 0.05, "nthread": threads,
                       "min_child_weight": 0}, xgb.DMatrix(x[:TRAIN], label=y[:TRAIN]), TREES)
    model.save_model(folder / "xgboost.json")
    model.save_model(folder / "xgboost.ubj")
    lgb.train({"objective": "binary", "max_depth": DEPTH, "num_leaves": 64, "learning_rate": 0.05, "verbose": -1,
               "num_threads": threads}, lgb.Dataset(x[:TRAIN], label=y[:TRAIN]), TREES).save_model(folder / "lightgbm.txt")
single = x.astype(np.float32)
booster = xgb.Booster(model_file=folder / "xgboost.json")
booster.set_param({"nthread": threads})
light = lgb.Booster(model_file=folder / "lightgbm.txt")
np.concatenate([booster.inplace_predict(x).astype("<f8"), light.predict(x)]).tofile(folder / "scores.f64")
print(f"xgboost {xgb.__version__} inplace_predict, 64 bit rows\t{least(lambda: booster.inplace_predict(x))}")
print(f"xgboost {xgb.__version__} inplace_predict, 32 bit rows\t{least(lambda: booster.inplace_predict(single))}")
print(f"lightgbm {lgb.__version__} predict\t{least(lambda: light.predict(x, num_threads=threads))}")
