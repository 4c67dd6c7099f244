"""Trains the models of the bench and explains some rows with their own frameworks and with shap.

Prints `name<TAB>rows<TAB>processor seconds` and leaves what they found as 64-bit numbers. Peers are slow, so each explains
fewer rows than keur and the bench scales by rows; a short run comes first, so that what is done once is not counted.

Run by benches/shap.rs: python benches/shap.py FOLDER THREADS
"""
import sys
import time
from pathlib import Path

sys.path.pop(0)  # this file has the name of the package

import lightgbm as lgb
import numpy as np
import shap
import xgboost as xgb

folder, threads = Path(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(1)
INPUTS, ROWS, TRAIN, TREES = 30, 100_000, 20_000, 500
x = rng.normal(size=(ROWS, INPUTS))
log_odds = x[:, 0] + 0.5 * x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + 0.4 * x[:, 4:12].sum(1) - 0.5
y = (rng.uniform(size=ROWS) < 1 / (1 + np.exp(-log_odds))).astype(int)
x[rng.uniform(size=x.shape) < 0.01] = np.nan
MODELS = {
    "xgb-6.json": {"max_depth": 6, "min_child_weight": 0},
    "xgb-12.json": {"max_depth": 12},
    "lgb-6.txt": {"max_depth": 6, "num_leaves": 64},
    "lgb-leafwise.txt": {"num_leaves": 64, "min_data_in_leaf": 5},
}
x.astype("<f8").tofile(folder / "rows.f64")
for file, params in MODELS.items():
    if (folder / file).exists():
        continue
    if file.startswith("xgb"):
        params = {"objective": "binary:logistic", "eta": 0.05, "nthread": 1, "seed": 1, **params}
        xgb.train(params, xgb.DMatrix(x[:TRAIN], label=y[:TRAIN]), TREES).save_model(folder / file)
    else:
        params = {"objective": "binary", "learning_rate": 0.05, "verbose": -1, "num_threads": 1, "seed": 1, **params}
        lgb.train(params, lgb.Dataset(x[:TRAIN], label=y[:TRAIN]), TREES).save_model(folder / file)


def told(name, rows, work, into):
    work(2)
    start = time.process_time()
    found = work(rows)
    print(f"{name}\t{rows}\t{time.process_time() - start}", flush=True)
    np.asarray(found, dtype="<f8").tofile(folder / into)


for depth, rows in ((6, 400), (12, 40)):
    booster = xgb.Booster(model_file=folder / f"xgb-{depth}.json")
    booster.set_param({"nthread": threads})
    contribs = lambda n: booster.predict(xgb.DMatrix(x[:n]), pred_contribs=True)
    told(f"xgboost {xgb.__version__} pred_contribs, depth {depth}", rows, contribs, f"xgb-{depth}.values")
    if depth == 6:
        pairs = lambda n: booster.predict(xgb.DMatrix(x[:n]), pred_interactions=True)
        told(f"xgboost {xgb.__version__} pred_interactions, depth 6", 12, pairs, "xgb-6.pairs")
        background = x[1000:1100]
        explainer = shap.TreeExplainer(booster, data=background, feature_perturbation="interventional")
        values = lambda n: explainer.shap_values(x[:n], check_additivity=False)
        told(f"shap {shap.__version__} interventional, 100 background rows, depth 6", 100, values, "xgb-6.background")
for file, rows in (("lgb-6", 400), ("lgb-leafwise", 200)):
    light = lgb.Booster(model_file=folder / f"{file}.txt")
    contribs = lambda n: light.predict(x[:n], pred_contrib=True, num_threads=threads)
    told(f"lightgbm {lgb.__version__} pred_contrib, {file}", rows, contribs, f"{file}.values")
