"""Makes models/wdbc-onnx from datasets/wdbc-development: a scikit-learn pipeline as skl2onnx writes it.

Run from the repository: python models/make_onnx_model.py
Needs scikit-learn, skl2onnx, pandas. The card is made like those of make_tree_models.py, which it reads.
"""
import re
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
import skl2onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

root = Path(__file__).resolve().parent.parent
data = pd.read_csv(root / "datasets/wdbc-development/data.csv")
like = (root / "models/wdbc-xgboost/card.toml").read_text()
inputs = re.findall(r'(?m)^name = "([^"]+)"', like[like.index("[[inputs]]"):])
tests_of = like[like.index("# made up"):]
x, y = data[inputs].to_numpy(np.float32), (data.diagnosis == "malignant").astype(int).to_numpy()
model = make_pipeline(StandardScaler(), CalibratedClassifierCV(SVC(C=2.0), method="sigmoid", cv=5, ensemble=False))
model.fit(x, y)
risk = model.predict_proba(x)[:, 1].astype(float)

folder = root / "models/wdbc-onnx"
folder.mkdir(exist_ok=True)
graph = to_onnx(model, initial_types=[("inputs", FloatTensorType([None, len(inputs)]))], options={"zipmap": False},
                target_opset={"": 17, "ai.onnx.ml": 3})
(folder / "model.onnx").write_bytes(graph.SerializeToString())

margin = np.log(risk / (1 - risk))
made = {
    "name": '"Malignancy of a breast mass, calibrated support vectors of scikit-learn"', "format": '"onnx"',
    "file": '"model.onnx"', "lp-mean": f"{margin.mean():.4f}", "lp-sd": f"{margin.std(ddof=1):.4f}",
    "auroc": f"{roc_auc_score(y, risk):.4f}",
    "source": f'"models/make_onnx_model.py: scikit-learn {sklearn.__version__}, skl2onnx {skl2onnx.__version__}, ten inputs"',
}
head, tail = like[:like.index("[[inputs]]")], like[like.index("[[inputs]]"):like.index("# made up")]
for values in re.findall(r"(?m)^row = \{ (.*) \}$", tests_of):
    row = np.array([[float(pair.split(" = ")[1]) for pair in values.split(", ")]], np.float32)
    # the export counts in 32 bits where scikit-learn counts in 64
    tail += f"# made up\n[[tests]]\nrow = {{ {values} }}\nscore = {model.predict_proba(row)[0, 1]:.9g}\ntolerance = 0.00001\n\n"
tail = tail.rstrip() + "\n"
for key, value in made.items():
    head = re.sub(rf"(?m)^{key} = .*$", lambda _: f"{key} = {value}", head, count=1)
(folder / "card.toml").write_text(head + tail)
