"""What the frameworks themselves, and shap, say about the committed tree models: contributions and interactions.

Run: python tests/oracle/explain.py
Needs: xgboost lightgbm shap numpy pandas; the versions used are written into the output and printed.
Reads tests/oracle/forest/cases.json and its models, writes tests/oracle/explain.json. Every set of rows is synthetic.
"""
import json
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import shap
import xgboost as xgb

HERE = Path(__file__).parent
FOREST = HERE / "forest"
cases = json.loads((FOREST / "cases.json").read_text())["cases"]
PICKED = [*range(0, 6), *range(34, 42)]  # common rows, and rows that stand on thresholds
BACKGROUND = [*range(6, 26)]
PAIRS = 3
BY_SHAP = {"xgb-plain", "xgb-depth-2", "xgb-depth-8", "xgb-depth-12", "xgb-dart", "xgb-base-score", "xgb-missing",
           "lgb-plain", "lgb-depth-12", "lgb-dart"}


def plain(array):
    return [plain(x) for x in array] if getattr(array, "ndim", 0) else float(f"{float(array):.9g}")


def frame(case, rows):
    data = pd.DataFrame(rows, columns=[i["name"] for i in case["inputs"]])
    for i in case["inputs"]:
        if i["categories"]:
            codes = data[i["name"]].fillna(-1).astype(int)
            data[i["name"]] = pd.Categorical.from_codes(codes, i["categories"])
    return data


told = []
for case in cases:
    words = case["name"].endswith("-words")
    rows = np.array([[np.nan if x is None else x for x in row] for row in case["rows"]], float)
    picked = [p for p in PICKED if p < len(rows)]
    one = {"name": case["name"], "rows": picked}
    if case["format"] == "xgboost":
        booster = xgb.Booster(model_file=FOREST / case["file"])
        best = booster.attr("best_iteration")
        span = (0, int(best) + 1) if best else (0, 0)

        def matrix(rows):
            if words:
                return xgb.DMatrix(frame(case, rows), enable_categorical=True)
            kinds = ["c" if i["categories"] else "q" for i in case["inputs"]]
            return xgb.DMatrix(rows, feature_names=booster.feature_names, feature_types=kinds, enable_categorical=True)

        one["values"] = plain(booster.predict(matrix(rows[picked]), pred_contribs=True, iteration_range=span))
        pairs = booster.predict(matrix(rows[picked[-PAIRS:]]), pred_interactions=True, iteration_range=span)
        one["pairs"] = plain(pairs[:, :-1, :-1])
        model = booster
    else:
        model = lgb.Booster(model_file=FOREST / case["file"])
        data = frame(case, rows) if words else rows
        one["values"] = plain(np.asarray(model.predict(data, pred_contrib=True))[picked])
    if case["name"] in BY_SHAP:
        # shap keeps numbers of 64 bits: rows as XGBoost sees them
        seen = rows.astype(np.float32).astype(float) if case["format"] == "xgboost" else rows
        explainer = shap.TreeExplainer(model, data=seen[BACKGROUND], feature_perturbation="interventional")
        values = explainer.shap_values(seen[picked], check_additivity=False)
        one["background"] = BACKGROUND
        one["interventional"] = plain(np.asarray(values))
        one["expected"] = float(np.ravel(explainer.expected_value)[0])
    told.append(one)

# three classes: keur's model formats take one output, its forests any number
rng = np.random.default_rng(7)
x = np.round(rng.normal(size=(400, 5)), 3).astype(np.float32)
x[rng.uniform(size=x.shape) < 0.1] = np.nan
y = (np.nan_to_num(x[:, 0]) > 0).astype(int) + (np.nan_to_num(x[:, 1] * x[:, 2]) > 0.3)
booster = xgb.train({"objective": "multi:softprob", "num_class": 3, "max_depth": 4, "seed": 1, "nthread": 1},
                    xgb.DMatrix(x, label=y), 3)
model = json.loads(booster.save_raw("json"))["learner"]
keys = ("left_children", "right_children", "split_indices", "split_conditions", "default_left", "sum_hessian")
raw = model["gradient_booster"]["model"]
base = np.array(json.loads(model["learner_model_param"]["base_score"]), float).ravel()
rows = x[:8]
multi = {
    "trees": [{k: t[k] for k in keys} for t in raw["trees"]],
    "output": raw["tree_info"],
    "base": plain(np.resize(base, 3)),
    "rows": [[None if np.isnan(v) else float(v) for v in row] for row in rows],
    "values": plain(booster.predict(xgb.DMatrix(rows), pred_contribs=True)),
    "pairs": plain(booster.predict(xgb.DMatrix(rows[:PAIRS]), pred_interactions=True)[:, :, :-1, :-1]),
}
versions = {m.__name__: m.__version__ for m in (xgb, lgb, shap, np, pd)} | {"python": sys.version.split()[0]}
text = json.dumps({"versions": versions, "cases": told, "multi": multi}, separators=(",", ":"))
(HERE / "explain.json").write_text(text)
print(json.dumps(versions), len(told), "models", len(text), "bytes")
