"""shap's values of a logistic regression, and of an equation with a product, a table and a question.

    pip install shap numpy
    python tests/oracle/linear.py

Writes `linear.json` beside it. The plain model by `shap.LinearExplainer` (interventional), the other by
`shap.explainers.Exact` over all coalitions. Both on the log odds.
"""

import json
from pathlib import Path

import numpy as np
import shap

rng = np.random.default_rng(4)
rows, background = np.round(rng.normal(size=(6, 3)), 3), np.round(rng.normal(size=(20, 3)), 3)
beta, intercept = np.array([0.7, -1.2, 0.05]), -0.4
plain = shap.LinearExplainer((beta, intercept), shap.maskers.Independent(background, max_samples=100))


def equation(x):
    a, b, c = x.T
    table = np.where(c < -0.5, 0.0, np.where(c <= 0.5, 1.5, 4.0))
    any_of = ((a > 0) | (b <= -0.2)).astype(float)
    return 0.3 + 0.8 * a + 0.5 * a * b + 0.25 * table - 0.9 * any_of + 0.2 * np.maximum(c, 0) * a * b


exact = shap.explainers.Exact(equation, shap.maskers.Independent(background, max_samples=100))
told = {
    "versions": {"shap": shap.__version__, "numpy": np.__version__},
    "rows": rows.tolist(),
    "background": background.tolist(),
    "beta": beta.tolist(),
    "intercept": intercept,
    "plain": plain.shap_values(rows).tolist(),
    "plain_base": float(plain.expected_value),
    "exact": exact(rows).values.tolist(),
    "exact_base": float(equation(background).mean()),
}
print(told["versions"])
(Path(__file__).parent / "linear.json").write_text(json.dumps(told) + "\n")
