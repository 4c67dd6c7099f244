"""Boosted trees and forests trained by the frameworks that own the formats, with the scores they give.

Run: python tests/oracle/forest.py [folder, unless tests/oracle/forest]
Needs: xgboost lightgbm scikit-learn numpy pandas; the versions used are written into the output.
Writes tests/oracle/forest/<model files> and tests/oracle/forest/cases.json. Every set of rows is synthetic.
"""
import json
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import sklearn
import xgboost as xgb

OUT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "forest"
OUT.mkdir(exist_ok=True)
for old in OUT.iterdir():
    old.unlink()

SEX, WARD = ["female", "male"], ["er", "icu", "other", "surgery", "ward"]
NAMES = ["age", "crp", "lactate", "grade", "sex", "ward"]
PLAIN = NAMES[:4]
rng = np.random.default_rng(20260101)


def make(n, missing):
    frame = pd.DataFrame({
        "age": rng.uniform(18, 95, n),
        "crp": np.exp(rng.normal(2, 1.3, n)),
        "lactate": np.round(rng.gamma(2, 1, n), 1),
        "grade": rng.integers(0, 5, n).astype(float),
        "sex": rng.integers(0, 2, n).astype(float),
        "ward": rng.integers(0, 5, n).astype(float),
    })
    log_odds = (-3 + 0.03 * (frame.age - 55) + 0.5 * frame.lactate + 0.3 * np.log(frame.crp)
                + 0.8 * (frame.ward % 3 == 1) + 0.4 * frame.sex * (frame.age > 60) - 0.2 * frame.grade)
    if missing:
        for name in NAMES:
            frame.loc[rng.uniform(size=n) < 0.15, name] = np.nan
        log_odds += 0.7 * frame.crp.isna()
    event = (rng.uniform(size=n) < 1 / (1 + np.exp(-log_odds))).astype(int)
    return frame, event.to_numpy()


FULL, FULL_Y = make(700, False)
GAPS, GAPS_Y = make(700, True)
cases = []


def edges(frame, columns, thresholds, single):
    """Rows that stand exactly on thresholds and one step beside them."""
    rows = frame[columns].iloc[:20].to_numpy(float).copy()
    picks = [thresholds[i] for i in rng.permutation(len(thresholds))[:len(rows)]]
    for row, (column, t) in zip(rows, picks):
        number = np.float32 if single else np.float64
        row[column] = float(np.nextafter(number(t), number(rng.choice([-1e30, t, 1e30]))))
    return rows


def case(name, file, framework, columns, rows, scores, margins, categories=(), named=True):
    inputs = []
    for place, column in enumerate(columns):
        words = {"sex": SEX, "ward": WARD}[column] if column in categories else None
        inputs.append({"name": column, "categories": words})
    clean = [[None if np.isnan(x) else float(x) for x in row] for row in rows]
    cases.append({
        "name": name, "file": file, "format": framework, "inputs": inputs, "rows": clean,
        "scores": [float(x) for x in scores],
        "margins": None if margins is None else [float(x) for x in margins],
    })


def boosted(name, params, rounds=10, columns=PLAIN, gaps=False, categories=(), ext="json", early=False, labels=None,
            named=True, frame_words=False):
    frame, y = (GAPS, GAPS_Y) if gaps else (FULL, FULL_Y)
    y = y if labels is None else labels(frame, y)
    x = frame[columns]
    kinds = ["c" if c in categories else "q" for c in columns]
    names = list(columns) if named else None
    def matrix(data, label=None):
        if frame_words:
            data = pd.DataFrame(data, columns=columns)
            for c in categories:
                words = {"sex": SEX, "ward": WARD}[c]
                data[c] = pd.Categorical.from_codes(data[c].fillna(-1).astype(int), words)
            return xgb.DMatrix(data, label=label, enable_categorical=True)
        return xgb.DMatrix(np.asarray(data), label=label, feature_names=names, feature_types=kinds, enable_categorical=True)
    params = {"objective": "binary:logistic", "seed": 7, "nthread": 1, "eta": 0.3, **params}
    extra = {}
    if early:
        held = matrix(x.iloc[500:], y[500:])
        extra = {"evals": [(held, "held")], "early_stopping_rounds": 3, "verbose_eval": False}
        model = xgb.train(params, matrix(x.iloc[:500], y[:500]), rounds, **extra)
        span = (0, model.best_iteration + 1)
        assert model.best_iteration + 1 < model.num_boosted_rounds()
    else:
        model = xgb.train(params, matrix(x, y), rounds)
        span = (0, 0)
    file = f"{name}.{ext}"
    model.save_model(OUT / file)
    table = model.trees_to_dataframe()
    table = table[(table.Feature != "Leaf") & table.Split.notna()]
    places = {c: i for i, c in enumerate(columns)} | {f"f{i}": i for i in range(len(columns))}
    points = [(places[f], t) for f, t in zip(table.Feature, table.Split)]
    rows = x.iloc[500:535].to_numpy(float)
    if points:
        rows = np.vstack([rows, edges(frame, columns, points, True)])
    scores = model.predict(matrix(rows), iteration_range=span)
    margins = model.predict(matrix(rows), iteration_range=span, output_margin=True)
    logistic = "logi" in params["objective"]
    if params["objective"] == "binary:logitraw":
        scores = 1 / (1 + np.exp(-margins.astype(np.float64)))
    case(name, file, "xgboost", columns, rows, scores, margins if logistic else None, categories)


positive = lambda frame, y: y + frame.lactate.fillna(1).to_numpy() + 0.1
boosted("xgb-plain", {"max_depth": 4})
boosted("xgb-plain-ubj", {"max_depth": 4}, ext="ubj")
boosted("xgb-nameless", {"max_depth": 3}, named=False)
for depth in (1, 2, 6, 8, 12):
    boosted(f"xgb-depth-{depth}", {"max_depth": depth, "min_child_weight": 0}, rounds=6)
boosted("xgb-exact", {"max_depth": 5, "tree_method": "exact"})
boosted("xgb-lossguide", {"max_depth": 0, "max_leaves": 24, "grow_policy": "lossguide", "min_child_weight": 0}, rounds=8)
boosted("xgb-missing", {"max_depth": 5}, gaps=True, columns=NAMES)
boosted("xgb-missing-ubj", {"max_depth": 5}, gaps=True, columns=NAMES, ext="ubj")
boosted("xgb-base-score", {"max_depth": 3, "base_score": 0.07})
boosted("xgb-logitraw", {"max_depth": 3, "objective": "binary:logitraw"})
boosted("xgb-reg-logistic", {"max_depth": 3, "objective": "reg:logistic"})
boosted("xgb-squared", {"max_depth": 3, "objective": "reg:squarederror"})
boosted("xgb-absolute", {"max_depth": 3, "objective": "reg:absoluteerror"})
boosted("xgb-poisson", {"max_depth": 3, "objective": "count:poisson"})
boosted("xgb-gamma", {"max_depth": 3, "objective": "reg:gamma"}, labels=positive)
boosted("xgb-tweedie", {"max_depth": 3, "objective": "reg:tweedie"})
boosted("xgb-dart", {"max_depth": 4, "booster": "dart", "rate_drop": 0.4, "skip_drop": 0.1}, rounds=15)
boosted("xgb-dart-ubj", {"max_depth": 3, "booster": "dart", "rate_drop": 0.5, "normalize_type": "forest"}, rounds=15,
        gaps=True, ext="ubj")
boosted("xgb-early", {"max_depth": 6, "eta": 0.8}, rounds=40, early=True)
boosted("xgb-early-ubj", {"max_depth": 6, "eta": 0.8, "num_parallel_tree": 2, "subsample": 0.6}, rounds=40, early=True,
        ext="ubj")
boosted("xgb-forest", {"max_depth": 5, "eta": 1, "num_parallel_tree": 12, "subsample": 0.6, "colsample_bynode": 0.7}, rounds=1)
boosted("xgb-onehot", {"max_depth": 4, "max_cat_to_onehot": 9}, columns=NAMES, categories=("sex", "ward"))
boosted("xgb-partition", {"max_depth": 4, "max_cat_to_onehot": 1}, columns=NAMES, categories=("sex", "ward"), gaps=True)
boosted("xgb-partition-ubj", {"max_depth": 4, "max_cat_to_onehot": 1}, columns=NAMES, categories=("sex", "ward"), ext="ubj")
boosted("xgb-words", {"max_depth": 4, "max_cat_to_onehot": 1}, columns=NAMES, categories=("sex", "ward"), frame_words=True)
boosted("xgb-monotone", {"max_depth": 4, "monotone_constraints": "(1,0,1,0)", "gamma": 0.5, "lambda": 3})


def light(name, params, rounds=10, columns=PLAIN, gaps=False, categories=(), early=False, labels=None, frame_words=False,
          objective="binary"):
    frame, y = (GAPS, GAPS_Y) if gaps else (FULL, FULL_Y)
    y = y if labels is None else labels(frame, y)
    def table(data):
        if not frame_words:
            return np.asarray(data, float)
        data = pd.DataFrame(np.asarray(data, float), columns=columns)
        for c in categories:
            words = {"sex": SEX, "ward": WARD}[c]
            data[c] = pd.Categorical.from_codes(data[c].fillna(-1).astype(int), words)
        return data
    x = frame[columns]
    params = {"objective": objective, "verbose": -1, "num_threads": 1, "seed": 7, "min_data_in_leaf": 5,
              "min_data_per_group": 5, "cat_smooth": 1, "num_leaves": 20, **params}
    where = "auto" if frame_words else [columns.index(c) for c in categories]
    if early:
        data = lgb.Dataset(table(x.iloc[:500]), label=y[:500], feature_name=list(columns), categorical_feature=where)
        held = lgb.Dataset(table(x.iloc[500:]), label=y[500:], reference=data)
        model = lgb.train(params, data, rounds, valid_sets=[held], callbacks=[lgb.early_stopping(3, verbose=False)])
        assert model.best_iteration < rounds
    else:
        data = lgb.Dataset(table(x), label=y, feature_name=list(columns), categorical_feature=where)
        model = lgb.train(params, data, rounds)
    file = f"{name}.txt"
    text = model.model_to_string()
    head, tail = text.split("\nparameters:")
    words = tail.split("pandas_categorical:")
    text = head + (f"\npandas_categorical:{words[1]}" if len(words) > 1 else "")
    (OUT / file).write_text(text)
    again = lgb.Booster(model_str=model.model_to_string())
    points = []
    def walk(node):
        if "split_index" in node:
            if node["decision_type"] == "<=":
                points.append((node["split_feature"], node["threshold"]))
            walk(node["left_child"]), walk(node["right_child"])
    for tree in model.dump_model()["tree_info"]:
        walk(tree["tree_structure"])
    rows = x.iloc[500:535].to_numpy(float)
    if points:
        rows = np.vstack([rows, edges(frame, columns, points, False)])
    scores, margins = again.predict(table(rows)), again.predict(table(rows), raw_score=True)
    np.testing.assert_array_equal(scores, model.predict(table(rows)))
    if params.get("boosting") == "rf":
        margins = margins / model.num_trees()
    logistic = objective in ("binary", "cross_entropy")
    case(name, file, "lightgbm", columns, rows, scores,
         margins * params.get("sigmoid", 1.0) if logistic else None, categories)


light("lgb-plain", {})
for depth in (1, 3, 7, 12):
    light(f"lgb-depth-{depth}", {"max_depth": depth, "num_leaves": min(2 ** depth, 60), "min_data_in_leaf": 1,
                                 "min_sum_hessian_in_leaf": 0}, rounds=6)
light("lgb-missing", {}, gaps=True, columns=NAMES)
light("lgb-missing-unused", {"use_missing": False}, gaps=True, columns=NAMES)
light("lgb-zero-missing", {"zero_as_missing": True}, gaps=True, columns=NAMES)
light("lgb-categories", {}, columns=NAMES, categories=("sex", "ward"))
light("lgb-categories-missing", {}, columns=NAMES, categories=("sex", "ward"), gaps=True)
light("lgb-words", {"max_cat_to_onehot": 1}, columns=NAMES, categories=("sex", "ward"), gaps=True, frame_words=True)
light("lgb-sigmoid", {"sigmoid": 0.7})
light("lgb-cross-entropy", {}, objective="cross_entropy")
light("lgb-regression", {}, objective="regression")
light("lgb-regression-sqrt", {"reg_sqrt": True}, objective="regression", labels=positive)
light("lgb-poisson", {}, objective="poisson")
light("lgb-tweedie", {}, objective="tweedie")
light("lgb-huber", {}, objective="huber")
light("lgb-rf", {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6})
light("lgb-rf-regression", {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}, objective="regression", gaps=True)
light("lgb-dart", {"boosting": "dart", "drop_rate": 0.4}, rounds=15)
light("lgb-goss", {"data_sample_strategy": "goss"})
light("lgb-early", {"learning_rate": 0.8}, rounds=60, early=True)
light("lgb-one-leaf", {"min_data_in_leaf": 600}, rounds=2)

versions = {m.__name__: m.__version__ for m in (xgb, lgb, sklearn, np, pd)} | {"python": sys.version.split()[0]}
(OUT / "cases.json").write_text(json.dumps({"versions": versions, "cases": cases}, separators=(",", ":")))
size = sum(f.stat().st_size for f in OUT.iterdir())
print(json.dumps(versions), len(cases), "models", size, "bytes")
