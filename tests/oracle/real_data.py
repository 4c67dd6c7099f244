"""Numbers that keur must reproduce on real data, made by other people's packages.

Run: python tests/oracle/real_data.py ../shared/data > tests/oracle/real_data.json
Needs: numpy pandas scikit-learn statsmodels dcurves. Reads the three sets, writes aggregates and coefficients only.
"""
import json
import sys
from pathlib import Path

import dcurves
import numpy as np
import pandas as pd
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

root = Path(sys.argv[1])
THRESHOLDS = [0.1, 0.2, 0.3]


def study(y, p, cluster=None):
    y, p = np.asarray(y, float), np.asarray(p, float)
    lp = np.log(np.clip(p, 1e-8, 1 - 1e-8) / (1 - np.clip(p, 1e-8, 1 - 1e-8)))
    family = sm.families.Binomial()
    fit = dict(tol=1e-14, maxiter=200)
    offset = sm.GLM(y, np.ones_like(y), family=family, offset=lp).fit(**fit)
    slope = sm.GLM(y, sm.add_constant(lp), family=family).fit(**fit)
    out = {
        "n": len(y), "events": int(y.sum()),
        "auroc": roc_auc_score(y, p), "average-precision": average_precision_score(y, p),
        "brier": brier_score_loss(y, p), "log-loss": log_loss(y, p),
        "scaled-brier": 1 - brier_score_loss(y, p) / (y.mean() * (1 - y.mean())),
        "oe-ratio": y.sum() / p.sum(),
        "calibration-intercept": offset.params[0], "calibration-slope": slope.params[1],
        "calibration-intercept-se": offset.bse[0], "calibration-slope-se": slope.bse[1],
        "at": [],
    }
    if cluster is not None:
        groups = pd.factorize(np.asarray(cluster))[0]
        how = dict(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
        g = len(set(groups))
        robust = sm.GLM(y, sm.add_constant(lp), family=family).fit(**how, **fit)
        out["patients"] = g
        out["calibration-slope-se"] = robust.bse[1] * np.sqrt(g / (g - 1))
        robust = sm.GLM(y, np.ones_like(y), family=family, offset=lp).fit(**how, **fit)
        out["calibration-intercept-se"] = robust.bse[0] * np.sqrt(g / (g - 1))
    table = dcurves.dca(data=pd.DataFrame({"y": y, "p": p}), outcome="y", modelnames=["p"], thresholds=THRESHOLDS)
    for t in THRESHOLDS:
        row = table[(table.model == "p") & np.isclose(table.threshold, t)].iloc[0]
        alert = p >= t
        out["at"].append({
            "threshold": t, "net-benefit": float(row.net_benefit),
            "sensitivity": float(alert[y == 1].mean()), "specificity": float((~alert[y == 0]).mean()),
            "ppv": float(y[alert].mean()), "npv": float(1 - y[~alert].mean()), "alert-rate": float(alert.mean()),
        })
    return out


# --- heart disease: logistic regression on Cleveland, validated elsewhere; `?` is missing
names = "age sex cp trestbps chol fbs restecg thalach exang oldpeak slope ca thal num".split()
inputs = "age sex cp trestbps thalach exang oldpeak".split()
site = {s: pd.read_csv(root / f"uci_heart_4site/processed.{s}.data", header=None, names=names, na_values="?",
                       float_precision="round_trip") for s in ("cleveland", "hungarian", "switzerland", "va")}
train = site["cleveland"]
fit = sm.GLM((train.num > 0).astype(float), sm.add_constant(train[inputs]), family=sm.families.Binomial()).fit(
    tol=1e-14, maxiter=200)
coefficients = {k: float(v) for k, v in fit.params.items()}
other = pd.concat([site[s].assign(site=s) for s in ("hungarian", "switzerland", "va")])
other = other.dropna(subset=inputs)
lp = coefficients["const"] + sum(coefficients[i] * other[i] for i in inputs)
risk = 1 / (1 + np.exp(-lp))
heart = {"model": coefficients, "all": study(other.num > 0, risk)}
for s in ("hungarian", "va"):
    at = (other.site == s).to_numpy()
    heart[s] = study((other.num > 0)[at], risk[at])

# --- the decision-curve tutorial
d = pd.read_csv(root / "dcurves_tutorial/df_binary.csv", float_precision="round_trip")
tutorial = {"all": study(d.cancer.astype(int), d.cancerpredmarker)}

# --- APACHE IVa hospital mortality in the eICU demo; -1 is "not predicted", patients return
a = pd.read_csv(root / "eicu_demo_apache/apachepatientresult.csv", float_precision="round_trip")
a = a[(a.apacheversion == "IVa") & (a.predictedhospitalmortality.astype(float) != -1)]
b = pd.read_csv(root / "eicu_demo_apache/patient.csv", usecols=["patientunitstayid", "uniquepid", "ethnicity"])
m = a.merge(b, on="patientunitstayid", how="left")
died = m.actualhospitalmortality == "EXPIRED"
p = m.predictedhospitalmortality.astype(float)
eicu = {"all": study(died, p, m.uniquepid)}
for e in ("Caucasian",):
    at = (m.ethnicity == e).to_numpy()
    eicu[e] = study(died[at], p[at], m.uniquepid[at])

print(json.dumps({
    "made-by": {"numpy": np.__version__, "pandas": pd.__version__, "scikit-learn": sklearn.__version__,
                "statsmodels": statsmodels.__version__, "dcurves": "1.1.7"},
    "heart": heart, "tutorial": tutorial, "eicu": eicu}, indent=1))
