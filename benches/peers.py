"""Processor seconds that others take for 1,000 AUROC bootstrap replicates; one line `name<TAB>rows<TAB>seconds` each.

Slow peers make few replicates and are scaled up, which their name says. Arguments: numbers of rows.
"""

import sys
import time

import numpy as np

REPLICATES = 1000


def data(rows):
    rng = np.random.default_rng(1)
    lp = -1.5 + 1.2 * rng.normal(size=rows)
    return (rng.uniform(size=rows) < 1 / (1 + np.exp(-(0.2 + 0.8 * lp)))), 1 / (1 + np.exp(-lp))


def timed(name, rows, replicates, once):
    once()
    start = time.process_time()
    for _ in range(replicates):
        once()
    seconds = (time.process_time() - start) / replicates * REPLICATES
    scaled = "" if replicates == REPLICATES else f" ({replicates} replicates, scaled up)"
    print(f"{name}{scaled}\t{rows}\t{seconds}", flush=True)


for rows in map(int, sys.argv[1:]):
    y, p = data(rows)
    rng = np.random.default_rng(2)

    try:
        import sklearn
        from sklearn.metrics import roc_auc_score

        def once():
            rows_drawn = rng.integers(0, rows, rows)
            roc_auc_score(y[rows_drawn], p[rows_drawn])

        timed(f"scikit-learn {sklearn.__version__} roc_auc_score on resampled rows", rows, 5, once)
    except ImportError:
        pass

    try:
        import importlib.metadata

        import scors

        order = np.argsort(-p, kind="stable")
        ys, ps = y[order], p[order]

        def once():
            weights = np.bincount(rng.integers(0, rows, rows), minlength=rows).astype(np.float64)
            scors.roc_auc(ys, ps, weights=weights, order=scors.Order.DESCENDING)

        version = importlib.metadata.version("scors")
        timed(f"scors {version} roc_auc, sorted once, numpy draws, one thread", rows, 20, once)
    except ImportError:
        pass
