"""Trains the models of the bench, scores them with their own frameworks, prints `name<TAB>seconds` of the least of all repeats.

Run by benches/forest.rs: python benches/forest.py FOLDER THREADS REPEATS
"""
import sys
import time
from pathlib import Path

import lightgbm as lgb
import numpy as np
import onnx
import sklearn
import xgboost as xgb
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier

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
whole = np.nan_to_num(x)
bush = RandomForestClassifier(200, max_depth=10, random_state=1, n_jobs=threads).fit(whole[:TRAIN].astype(np.float32), y[:TRAIN])
if not (folder / "forest.onnx").exists():
    file = to_onnx(bush, whole[:1].astype(np.float32), options={id(bush): {"zipmap": False}}, target_opset={"": 17, "ai.onnx.ml": 3})
    onnx.save(file, folder / "forest.onnx")
single = x.astype(np.float32)
booster = xgb.Booster(model_file=folder / "xgboost.json")
booster.set_param({"nthread": threads})
light = lgb.Booster(model_file=folder / "lightgbm.txt")
np.concatenate([booster.inplace_predict(x).astype("<f8"), light.predict(x), bush.predict_proba(whole)[:, 1]]).tofile(folder / "scores.f64")
print(f"xgboost {xgb.__version__} inplace_predict, 64 bit rows\t{least(lambda: booster.inplace_predict(x))}")
print(f"xgboost {xgb.__version__} inplace_predict, 32 bit rows\t{least(lambda: booster.inplace_predict(single))}")
print(f"lightgbm {lgb.__version__} predict\t{least(lambda: light.predict(x, num_threads=threads))}")
rows32 = whole.astype(np.float32)
print(f"scikit-learn {sklearn.__version__} predict_proba, 32 bit rows\t{least(lambda: bush.predict_proba(rows32))}")
