"""What the frameworks themselves, and shap, say about the committed tree models: contributions and interactions.

Run: python tests/oracle/explain.py
Needs: xgboost lightgbm shap numpy pandas; the versions used are written into the output and printed.
Reads tests/oracle/forest/cases.json and its models, writes tests/oracle/explain.json. Every set of rows is synthetic.
"""
import json
import math
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
        # of an averaged forest LightGBM gives the contributions to the sum of its trees
        trees = model.num_trees() if case["name"].startswith("lgb-rf") else 1
        one["values"] = plain(np.asarray(model.predict(data, pred_contrib=True))[picked] / trees)
    if case["name"] in BY_SHAP:
        # from the definition: the framework's own margin for every subset of known inputs. shap is held against it: it
        # leaves out DART's weights and differs on some of LightGBM's rows
        margin = (lambda r: booster.predict(matrix(r), output_margin=True).astype(float)) \
            if case["format"] == "xgboost" else (lambda r: model.predict(r, raw_score=True))
        back, m = rows[BACKGROUND], rows.shape[1]
        exact = []
        for row in rows[picked]:
            mixed = np.concatenate([np.where([s >> i & 1 for i in range(m)], row, back) for s in range(1 << m)])
            game = margin(mixed).reshape(1 << m, len(back)).mean(1)
            phi = [sum(math.factorial(s.bit_count()) * math.factorial(m - s.bit_count() - 1) / math.factorial(m)
                       * (game[s | 1 << i] - game[s]) for s in range(1 << m) if not s >> i & 1) for i in range(m)]
            exact.append(phi)
        one["background"], one["interventional"], one["expected"] = BACKGROUND, plain(np.array(exact)), float(game[0])
        seen = rows.astype(np.float32).astype(float) if case["format"] == "xgboost" else rows
        explainer = shap.TreeExplainer(model, data=seen[BACKGROUND], feature_perturbation="interventional")
        values = explainer.shap_values(seen[picked], check_additivity=False)
        apart = np.abs(np.asarray(values) - exact).max(1)
        print(case["name"], "shap differs from the definition by", np.sort(apart)[-3:])
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
