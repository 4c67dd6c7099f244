"""Trains 500 trees and moves inputs with scikit-learn, the scores by XGBoost's own `predict_proba`.

Prints `name<TAB>repeats<TAB>processor seconds` and leaves rows, outcome and the importances found as 64-bit numbers.

Run by benches/permutation.rs: python benches/permutation.py FOLDER THREADS REPEATS
"""
import sys
import time
from pathlib import Path

sys.path.pop(0)

import numpy as np
import sklearn
import xgboost as xgb
from sklearn.inspection import permutation_importance

folder, threads, repeats = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(1)
INPUTS, ROWS, TRAIN, TREES = 30, 100_000, 20_000, 500
x = rng.normal(size=(ROWS, INPUTS))
log_odds = x[:, 0] + 0.5 * x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + 0.4 * x[:, 4:12].sum(1) - 0.5
y = (rng.uniform(size=ROWS) < 1 / (1 + np.exp(-log_odds))).astype(int)
x[rng.uniform(size=x.shape) < 0.01] = np.nan
path = folder / "xgb.json"
if not path.exists():
    params = {"objective": "binary:logistic", "eta": 0.05, "nthread": threads, "seed": 1, "max_depth": 6}
    xgb.train(params, xgb.DMatrix(x[:TRAIN], label=y[:TRAIN]), TREES).save_model(path)
x.astype("<f8").tofile(folder / "rows.f64")
y.astype("<f8").tofile(folder / "outcome.f64")
model = xgb.XGBClassifier(n_jobs=threads)
model.load_model(path)
brier = lambda model, x, y: -np.mean((model.predict_proba(x)[:, 1] - y) ** 2)
brier(model, x[:1000], y[:1000])
start = time.process_time()
found = permutation_importance(model, x, y, scoring=brier, n_repeats=repeats, random_state=1)
spent = time.process_time() - start
print(f"scikit-learn {sklearn.__version__} with xgboost {xgb.__version__}\t{repeats}\t{spent}")
found.importances_mean.astype("<f8").tofile(folder / "importance.f64")
