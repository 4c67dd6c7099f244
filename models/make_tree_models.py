"""Makes models/wdbc-xgboost and models/wdbc-lightgbm from datasets/wdbc-development, seeded, one thread.

Run from the repository: python models/make_tree_models.py
Needs xgboost 3.2.0, lightgbm 4.7.0, scikit-learn, pandas. Prints what the cards say under [development].
"""
import re
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.metrics import roc_auc_score

root = Path(__file__).resolve().parent.parent
data = pd.read_csv(root / "datasets/wdbc-development/data.csv")
inputs_of = (root / "models/wdbc-mlp/card.toml").read_text()
inputs_text = inputs_of[inputs_of.index("[[inputs]]"):inputs_of.index("[[layers]]")]
inputs = re.findall(r'(?m)^name = "([^"]+)"', inputs_text)
x, y = data[inputs], (data.diagnosis == "malignant").astype(int)


def made_up(part):
    """A row that is nobody's: a part of every input's median, with four digits."""
    return {name: float(f"{value * part:.4g}") for name, value in x.median().items()}


def tests(score, tolerance=""):
    """Test vectors of a card: made-up rows and the scores the framework gives them."""
    text = ""
    for part in (0.9, 1.15):
        row = made_up(part)
        values = ", ".join(f"{name} = {value}" for name, value in row.items())
        text += f"\n# made up\n[[tests]]\nrow = {{ {values} }}\nscore = {score(pd.DataFrame([row])):.9g}\n{tolerance}"
    return text


def card(folder, name, form, file, how, risk, score):
    margin = np.log(risk / (1 - risk))
    text = f'''name = "Malignancy of a breast mass, {name}"
version = "1.0"
task = "binary"
predicts = "a malignant breast mass, seen from cell nuclei in a fine-needle aspirate"
format = "{form}"
file = "{file}"
score = "probability"
intended-use = "demonstration of keur; not for care"
users = "people who try keur"
licence = "MIT OR Apache-2.0"
source = "models/make_tree_models.py: {how}"
owner = "the makers of keur"

[threshold]
value = 0.2
from = "chosen by the makers of keur for demonstration: a missed cancer weighs four times a needless biopsy of tissue"

[development]
population = "285 of the 569 fine-needle aspirates of the Wisconsin diagnostic breast cancer data (datasets/wdbc-development); AUROC not corrected for optimism"
period = "biopsies before November 1995"
n = {len(y)}
events = {int(y.sum())}
lp-mean = {margin.mean():.4f}
lp-sd = {margin.std(ddof=1):.4f}
auroc = {roc_auc_score(y, risk):.4f}

{inputs_text.rstrip()}
{tests(score)}'''
    (folder / "card.toml").write_text(text)


folder = root / "models/wdbc-xgboost"
folder.mkdir(exist_ok=True)
trees = dict(max_depth=3, learning_rate=0.1, min_child_weight=2, subsample=0.8, seed=20260101, nthread=1)
booster = xgb.train(dict(objective="binary:logistic", **trees), xgb.DMatrix(x, y), num_boost_round=60)
booster.save_model(folder / "model.json")
card(folder, "boosted trees of XGBoost", "xgboost", "model.json",
     f"xgboost {xgb.__version__}, 60 trees of depth 3, ten inputs", booster.predict(xgb.DMatrix(x)).astype(float),
     lambda row, booster=booster: float(booster.predict(xgb.DMatrix(row))[0]))

folder = root / "models/wdbc-lightgbm"
folder.mkdir(exist_ok=True)
leaves = dict(num_leaves=7, learning_rate=0.1, min_data_in_leaf=10, bagging_fraction=0.8, bagging_freq=1, verbose=-1,
              seed=20260101, deterministic=True, num_threads=1)
booster = lgb.train(dict(objective="binary", **leaves), lgb.Dataset(x, y), num_boost_round=60)
booster.save_model(folder / "model.txt")
card(folder, "boosted trees of LightGBM", "lightgbm", "model.txt",
     f"lightgbm {lgb.__version__}, 60 trees of 7 leaves, ten inputs", booster.predict(x),
     lambda row, booster=booster: float(booster.predict(row)[0]))
