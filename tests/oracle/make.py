"""Makes sample.json: a small synthetic table and what scikit-learn, statsmodels and scipy say about it.

In a virtual environment: pip install numpy scipy scikit-learn statsmodels; python tests/oracle/make.py
"""

import json
import pathlib

import numpy as np
import scipy
import sklearn
import statsmodels
import statsmodels.api as sm
from scipy import stats
from sklearn import metrics
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

rng = np.random.default_rng(20260101)
n = 300
patient = np.sort(rng.integers(0, 180, n))
latent = rng.normal(0, 0.6, 180)[patient]
lp = -0.8 + rng.normal(0, 1.2, n) + 0.5 * latent
p = np.round(1 / (1 + np.exp(-lp)), 2).clip(0.01, 0.99)  # two decimals: many ties
y = (rng.uniform(size=n) < 1 / (1 + np.exp(-(0.3 + 0.7 * lp + latent)))).astype(int)
weight = np.round(rng.gamma(2, 0.5, n) + 0.05, 3)
x = np.log(p / (1 - p))
binomial = sm.families.Binomial()


def glm(design, offset=None, **options):
    return sm.GLM(y, design, family=binomial, offset=offset, **options).fit(tol=1e-14, maxiter=200)


def measures(w):
    options = {} if w is None else {"freq_weights": w}
    out = {
        "auroc": metrics.roc_auc_score(y, p, sample_weight=w),
        "average-precision": metrics.average_precision_score(y, p, sample_weight=w),
        "brier": metrics.brier_score_loss(y, p, sample_weight=w),
        "log-loss": metrics.log_loss(y, p, sample_weight=w),
        "oe-ratio": np.average(y, weights=w) / np.average(p, weights=w),
        "calibration-intercept": glm(np.ones((n, 1)), x, **options).params[0],
        "calibration-slope": glm(sm.add_constant(x), **options).params[1],
    }
    prevalence = np.average(y, weights=w)
    out["scaled-brier"] = 1 - out["brier"] / (prevalence * (1 - prevalence))
    return out


def at(t, w=None):
    called = p >= t
    c = metrics.confusion_matrix(y, called, sample_weight=w)
    (tn, fp), (fn, tp) = c
    net = (tp - fp * t / (1 - t)) / c.sum()
    return {
        "threshold": t,
        "sensitivity": metrics.recall_score(y, called, sample_weight=w),
        "specificity": metrics.recall_score(1 - y, ~called, sample_weight=w),
        "ppv": metrics.precision_score(y, called, sample_weight=w),
        "npv": metrics.precision_score(1 - y, ~called, sample_weight=w),
        "alert-rate": (tp + fp) / c.sum(),
        "net-benefit": net,
        "standardised-net-benefit": net / ((tp + fn) / c.sum()),
    }


def wilson_at(t):
    called = p >= t
    return {
        "sensitivity": proportion_confint((called & (y == 1)).sum(), y.sum(), method="wilson"),
        "alert-rate": proportion_confint(called.sum(), n, method="wilson"),
    }


def clustered(model, column):
    """CR1 with G / (G - 1) and nothing else, which statsmodels calls no correction times that factor."""
    groups = len(np.unique(patient))
    options = {"groups": patient, "use_correction": False}
    fit = model.fit(cov_type="cluster", cov_kwds=options, tol=1e-14)
    return fit.bse[column] * np.sqrt(groups / (groups - 1))


intercept, slope = glm(np.ones((n, 1)), x), glm(sm.add_constant(x))
first = np.arange(n) < n // 2
a, b = (p >= 0.3)[first & (y == 1)], (p >= 0.3)[~first & (y == 1)]
out = {
    "versions": {m.__name__: m.__version__ for m in (np, scipy, sklearn, statsmodels)},
    "about": "synthetic; made by tests/oracle/make.py",
    "data": {"patient": patient, "p": p, "y": y, "weight": weight},
    "plain": measures(None),
    "weighted": measures(weight),
    "at": [at(t) for t in (0.1, 0.3, 0.5)],
    "weighted-at": [at(t, weight) for t in (0.1, 0.3, 0.5)],
    "wilson-at": [wilson_at(t) for t in (0.1, 0.3, 0.5)],
    "se": {
        "brier": stats.sem((p - y) ** 2),
        "calibration-intercept": intercept.bse[0],
        "calibration-slope": slope.bse[1],
    },
    "se-by-patient": {
        "calibration-intercept": clustered(intercept.model, 0),
        "calibration-slope": clustered(slope.model, 1),
    },
    "sensitivity-gap-at-0.3": {
        "point": a.mean() - b.mean(),
        "interval": confint_proportions_2indep(a.sum(), len(a), b.sum(), len(b), method="newcomb", compare="diff"),
    },
    "exact": [
        {"x": k, "n": m, "interval": list(stats.binomtest(k, m).proportion_ci(method="exact"))}
        for k, m in ((0, 7), (3, 7), (7, 7), (40, 4000), (399, 400))
    ],
    "beta-quantile": [
        {"share": q, "a": s, "b": t, "value": stats.beta.ppf(q, s, t)}
        for q, s, t in ((0.025, 1, 50), (0.5, 3.5, 2.5), (0.975, 120, 3), (0.01, 0.5, 0.5))
    ],
}


def plain(value):
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return list(value)


path = pathlib.Path(__file__).with_name("sample.json")
path.write_text(json.dumps(out, default=plain, separators=(",", ":")) + "\n")
print(path, path.stat().st_size, "bytes", out["versions"])
