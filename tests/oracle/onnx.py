"""Small pipelines as skl2onnx and onnxmltools export them, with the frameworks' own probabilities.

    pip install scikit-learn skl2onnx onnxmltools onnxruntime xgboost lightgbm numpy pandas
    python tests/oracle/onnx.py [folder]

Writes the models and `cases.json` (rows, scores of the framework, scores of ONNX Runtime, versions). Rows are rounded to
32 bits before they are scored, because that is what the exported graphs read.
"""

import json
import sys
import warnings
from pathlib import Path

sys.path.pop(0)  # this file is named like the package it needs

import lightgbm
import numpy as np
import onnx
import onnxmltools
import onnxruntime
import pandas as pd
import skl2onnx
import sklearn
import xgboost
from onnxmltools.convert import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolFloat
from skl2onnx import to_onnx
from skl2onnx.common.data_types import (
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier

warnings.filterwarnings("ignore")
made = onnx.helper.make_attribute


def make_attribute(key, value, *rest, **more):
    """onnx 1.23 takes no NumPy numbers and no truths in a list, which is what skl2onnx 1.20 gives it."""
    if isinstance(value, (list, np.ndarray)) and len(value) and np.ndim(value) == 1:
        value = [v.item() if isinstance(v, np.generic) else v for v in value]
        value = [int(v) if isinstance(v, bool) else v for v in value]
    return made(key, value, *rest, **more)


onnx.helper.make_attribute = make_attribute
HERE = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "onnx"
HERE.mkdir(exist_ok=True)
TEST = 30
rng = np.random.default_rng(20260801)
N = 400
X = np.column_stack(
    [
        rng.normal(62, 14, N),
        rng.gamma(2, 1.5, N),
        rng.normal(0, 1, N),
        rng.integers(0, 5, N),
        rng.normal(120, 20, N),
    ]
).astype(np.float32)
LOGIT = 0.05 * (X[:, 0] - 62) + 0.6 * (X[:, 1] - 3) + 0.8 * X[:, 2] - 0.01 * (X[:, 4] - 120)
Y = (rng.random(N) < 1 / (1 + np.exp(-LOGIT))).astype(int)
THREE = np.clip(np.digitize(LOGIT + rng.normal(0, 0.5, N), [-0.8, 0.8]), 0, 2)
GAPS = X.copy()
GAPS[rng.random(GAPS.shape) < 0.15] = np.nan
SEX = rng.choice(["female", "male"], N)
WARD = rng.choice(["surgery", "medicine", "icu"], N, p=[0.4, 0.4, 0.2])
NUMBERS = ["age", "lactate", "z", "count", "pressure"]
WORDS = {"sex": ["female", "male"], "ward": ["icu", "medicine", "surgery"]}

cases = []
skipped = []


def plain(value):
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and np.isnan(value) else value


def runtime(model, feeds, output, column):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    made = session.run([output], feeds)[0]
    if isinstance(made, list):
        return [float(row[sorted(row)[column]] if column is not None else list(row.values())[-1]) for row in made]
    made = np.asarray(made).reshape(len(made), -1)
    return [float(x) for x in made[:, -1 if column is None else column]]


def add(name, model, rows, feeds, truth, inputs=NUMBERS, output=None, card=None, column=None, missing=False, tolerance=1e-5):
    """`truth`: the framework's score of the event for each row; `card`: keys for the card."""
    found = output or [o.name for o in model.graph.output if "label" not in o.name][-1]
    ort = runtime(model, feeds, found, column)
    gap = float(np.max(np.abs(np.asarray(ort) - truth)))
    print(f"{name:<28} ONNX Runtime against the framework {gap:.1e}{'  NOT WHAT WAS TRAINED' if gap > 1e-5 else ''}")
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())
    cases.append(
        dict(
            name=name,
            file=f"{name}.onnx",
            inputs=[dict(name=i, categories=WORDS.get(i)) for i in inputs],
            rows=[[plain(v) for v in row] for row in rows],
            scores=[float(s) for s in truth],
            runtime=ort,
            card=card or {},
            missing=missing,
            tolerance=tolerance,
        )
    )


def sk(name, model, data=X, y=Y, zipmap=False, fit=True, kind=FloatTensorType, dtype=np.float32, **more):
    options = more.pop("options", {})
    method = more.pop("method", "predict_proba")
    event = more.pop("event", -1)
    try:
        if fit:
            model.fit(data[TEST:], y[TEST:])
        test = data[:TEST].astype(dtype)
        options = {id(model): {"zipmap": zipmap, **options}} if method == "predict_proba" else options
        start = getattr(model, "_baseline_prediction", None)
        if start is not None:
            model._baseline_prediction = start.ravel().astype(object)  # skl2onnx 1.20 wants plain numbers
        graph = to_onnx(model, initial_types=[("X", kind([None, data.shape[1]]))], options=options, target_opset=more.pop("target_opset", {"": 18, "ai.onnx.ml": 3}))
        if start is not None:
            model._baseline_prediction = start
        truth = getattr(model, method)(test.astype(np.float64) if dtype == np.float64 else test)
        truth = truth if truth.ndim == 1 else truth[:, event]
        add(name, graph, test, {"X": test}, truth, missing=bool(np.isnan(test.astype(float)).any()), **more)
    except Exception as error:
        skipped.append((name, f"{type(error).__name__}: {str(error)[:160]}"))


S = StandardScaler
sk("logistic", make_pipeline(S(), LogisticRegression()))
sk("logistic-zipmap", make_pipeline(S(), LogisticRegression()), zipmap=True)
sk("logistic-columns", make_pipeline(S(), LogisticRegression()), zipmap="columns", output="i1", card=dict(output="i1"))
sk("logistic-first", make_pipeline(S(), LogisticRegression()), zipmap=True, event=0, card={"class": "0"}, column=0)
sk("logistic-double", make_pipeline(S(), LogisticRegression()), data=X.astype(np.float64), kind=DoubleTensorType, dtype=np.float64)
sk("logistic-opset-11", make_pipeline(S(), LogisticRegression()), target_opset={"": 11, "ai.onnx.ml": 1})
sk("logistic-words", make_pipeline(S(), LogisticRegression()), y=np.where(Y == 1, "yes", "no"), card={"class": "yes"})
sk("logistic-three", make_pipeline(S(), LogisticRegression()), y=THREE, card={"class": "2"})
sk("robust-minmax", make_pipeline(RobustScaler(), MinMaxScaler(), LogisticRegression()))
sk("maxabs-normalizer", make_pipeline(MaxAbsScaler(), Normalizer(), LogisticRegression()))
sk("normalizer-l1", make_pipeline(Normalizer("l1"), LogisticRegression()))
sk("polynomial", make_pipeline(S(), PolynomialFeatures(2), LogisticRegression(max_iter=500)))
sk("binarizer", make_pipeline(S(), Binarizer(threshold=0.2), BernoulliNB()))
sk("bins", make_pipeline(KBinsDiscretizer(4, encode="onehot-dense"), LogisticRegression()))
sk("select-pca", make_pipeline(S(), SelectKBest(k=4), PCA(3), LogisticRegression()))
sk("imputer-mean", make_pipeline(SimpleImputer(), S(), LogisticRegression()), data=GAPS)
sk("imputer-median-forest", make_pipeline(SimpleImputer(strategy="median"), RandomForestClassifier(8, max_depth=4, random_state=1)), data=GAPS)
sk("mlp-relu", make_pipeline(S(), MLPClassifier((8, 4), max_iter=200, random_state=1)))
sk("mlp-tanh-three", make_pipeline(S(), MLPClassifier((6,), activation="tanh", max_iter=200, random_state=1)), y=THREE, card={"class": "2"})
sk("gaussian-nb", GaussianNB())
sk("multinomial-nb", make_pipeline(MinMaxScaler(), MultinomialNB()))
sk("svc-rbf", make_pipeline(S(), SVC(probability=True, random_state=1)))
sk("svc-poly", make_pipeline(S(), SVC(kernel="poly", degree=2, coef0=1.0, probability=True, random_state=1)))
sk("svc-linear-three", make_pipeline(S(), SVC(kernel="linear", probability=True, random_state=1)), y=THREE, card={"class": "2"})
sk("svc-sigmoid-zipmap", make_pipeline(S(), SVC(kernel="sigmoid", probability=True, random_state=1)), zipmap=True)
sk("svr-rbf", make_pipeline(S(), SVR()), y=LOGIT, method="predict", card=dict(score="logit"))
sk("linear-regression", make_pipeline(S(), LinearRegression()), y=LOGIT, method="predict", card=dict(score="logit"))
sk("sgd-log", make_pipeline(S(), SGDClassifier(loss="log_loss", random_state=1)))
sk("lda", LinearDiscriminantAnalysis())
sk("qda", QuadraticDiscriminantAnalysis())
sk("calibrated-sigmoid-svc", make_pipeline(S(), CalibratedClassifierCV(LinearSVC(random_state=1), cv=3)))
sk("calibrated-isotonic-forest", CalibratedClassifierCV(RandomForestClassifier(8, max_depth=4, random_state=1), method="isotonic", cv=3))
sk("knn", make_pipeline(S(), KNeighborsClassifier(7)))
sk("knn-distance", make_pipeline(S(), KNeighborsClassifier(7, weights="distance")))
sk("knn-manhattan", make_pipeline(S(), KNeighborsClassifier(5, metric="manhattan")))
sk("knn-regressor", make_pipeline(S(), KNeighborsRegressor(5)), y=LOGIT, method="predict", card=dict(score="logit"))
sk("tree", DecisionTreeClassifier(max_depth=5))
sk("forest", RandomForestClassifier(12, max_depth=5, random_state=1))
sk("forest-three", RandomForestClassifier(8, max_depth=4, random_state=1), y=THREE, card={"class": "1"}, event=1, column=1)
sk("forest-words-zipmap", RandomForestClassifier(8, max_depth=4, random_state=1), y=np.where(Y == 1, "dead", "alive"), zipmap=True, event=1, card={"class": "dead"}, column=1)
sk("forest-double", RandomForestClassifier(8, max_depth=4, random_state=1), data=X.astype(np.float64), kind=DoubleTensorType, dtype=np.float64)
sk("forest-regressor", RandomForestRegressor(8, max_depth=4, random_state=1), y=LOGIT, method="predict", card=dict(score="logit"))
sk("extra-trees", ExtraTreesClassifier(10, max_depth=5, random_state=1))
sk("gradient-boosting", GradientBoostingClassifier(n_estimators=20, max_depth=3, random_state=1))
sk("gradient-boosting-three", GradientBoostingClassifier(n_estimators=8, max_depth=2, random_state=1), y=THREE, card={"class": "2"})
sk("hist-gradient", HistGradientBoostingClassifier(max_iter=20, random_state=1))
sk("hist-gradient-gaps", HistGradientBoostingClassifier(max_iter=20, random_state=1), data=GAPS)
sk("adaboost", AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=8, random_state=1))
sk("bagging", BaggingClassifier(DecisionTreeClassifier(max_depth=4), n_estimators=6, random_state=1))
voters = lambda: [("l", make_pipeline(S(), LogisticRegression())), ("t", DecisionTreeClassifier(max_depth=3)), ("n", GaussianNB())]
sk("voting-soft", VotingClassifier(voters(), voting="soft", flatten_transform=False, weights=np.array([2, 1, 1])))
sk("stacking", StackingClassifier(voters(), LogisticRegression(), cv=3))
sk("trees-opset-5", RandomForestClassifier(6, max_depth=4, random_state=1), target_opset={"": 21, "ai.onnx.ml": 5})


def columns(name, inner, y=Y, zipmap=False, ordinal=False, gaps=False, **more):
    """Number and word columns, one input of the graph for each."""
    try:
        numbers = GAPS if gaps else X
        frame = pd.DataFrame({n: numbers[:, i] for i, n in enumerate(NUMBERS)})
        frame["sex"], frame["ward"] = SEX, WARD
        encode = OrdinalEncoder() if ordinal else OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        scale = make_pipeline(SimpleImputer(), S()) if gaps else S()
        model = make_pipeline(ColumnTransformer([("n", scale, NUMBERS), ("w", encode, ["sex", "ward"])]), inner)
        model.fit(frame[TEST:], y[TEST:])
        kinds = [(n, FloatTensorType([None, 1])) for n in NUMBERS] + [(w, StringTensorType([None, 1])) for w in ["sex", "ward"]]
        graph = to_onnx(model, initial_types=kinds, options={id(model): {"zipmap": zipmap}}, target_opset={"": 18, "ai.onnx.ml": 3})
        test = frame.head(TEST)
        feeds = {n: test[[n]].to_numpy().astype(np.float32) for n in NUMBERS} | {w: test[[w]].to_numpy().astype(object) for w in ["sex", "ward"]}
        add(name, graph, test.to_numpy(), feeds, model.predict_proba(test)[:, -1], inputs=NUMBERS + ["sex", "ward"], missing=gaps, **more)
    except Exception as error:
        skipped.append((name, f"{type(error).__name__}: {str(error)[:160]}"))


columns("columns-logistic", LogisticRegression())
columns("columns-zipmap", LogisticRegression(), zipmap=True)
columns("columns-ordinal-forest", RandomForestClassifier(8, max_depth=4, random_state=1), ordinal=True)
columns("columns-gaps-boosting", GradientBoostingClassifier(n_estimators=10, max_depth=2, random_state=1), gaps=True)
columns("columns-mlp", MLPClassifier((6,), max_iter=200, random_state=1))

try:
    words = np.column_stack([SEX, WARD]).astype(object)
    model = make_pipeline(ColumnTransformer([("n", S(), [0, 1, 2, 3, 4]), ("w", OneHotEncoder(sparse_output=False), [5, 6])]), LogisticRegression())
    frame = pd.DataFrame(np.column_stack([X.astype(object), words]))
    model.fit(frame[TEST:], Y[TEST:])
    graph = to_onnx(model, initial_types=[("numbers", FloatTensorType([None, 5])), ("words", StringTensorType([None, 2]))], options={id(model): {"zipmap": False}}, target_opset={"": 18, "ai.onnx.ml": 3})
    add("groups-of-columns", graph, frame.head(TEST).to_numpy(), {"numbers": X[:TEST], "words": words[:TEST]}, model.predict_proba(frame.head(TEST))[:, -1], inputs=NUMBERS + ["sex", "ward"])
except Exception as error:
    skipped.append(("groups-of-columns", f"{type(error).__name__}: {str(error)[:160]}"))

try:
    whole = np.round(X).astype(np.int64)
    model = RandomForestClassifier(6, max_depth=4, random_state=1).fit(whole[TEST:], Y[TEST:])
    graph = to_onnx(model, initial_types=[("X", Int64TensorType([None, 5]))], options={id(model): {"zipmap": False}}, target_opset={"": 18, "ai.onnx.ml": 3})
    add("forest-whole-numbers", graph, whole[:TEST], {"X": whole[:TEST]}, model.predict_proba(whole[:TEST])[:, -1])
except Exception as error:
    skipped.append(("forest-whole-numbers", f"{type(error).__name__}: {str(error)[:160]}"))


def tool(name, model, convert, data=X, y=Y, event=-1, **more):
    try:
        model.fit(data[TEST:], y[TEST:])
        test = data[:TEST]
        extra = {"zipmap": more.pop("zipmap")} if "zipmap" in more else {}
        graph = convert(model, initial_types=[("X", ToolFloat([None, data.shape[1]]))], target_opset=15, **extra)
        add(name, graph, test, {"X": test}, model.predict_proba(test)[:, event], missing=bool(np.isnan(test).any()), **more)
    except Exception as error:
        skipped.append((name, f"{type(error).__name__}: {str(error)[:160]}"))


small = dict(n_estimators=20, max_depth=3, random_state=1)
tool("xgboost", xgboost.XGBClassifier(**small), convert_xgboost)
tool("xgboost-gaps", xgboost.XGBClassifier(**small), convert_xgboost, data=GAPS)
tool("xgboost-base", xgboost.XGBClassifier(**small, base_score=0.3), convert_xgboost)
tool("xgboost-three", xgboost.XGBClassifier(**{**small, "n_estimators": 8}), convert_xgboost, y=THREE, card={"class": "2"})
tool("xgboost-forest", xgboost.XGBRFClassifier(n_estimators=8, max_depth=3, random_state=1), convert_xgboost)
quiet = dict(small, verbose=-1)
tool("lightgbm", lightgbm.LGBMClassifier(**quiet), convert_lightgbm, zipmap=False)
tool("lightgbm-zipmap", lightgbm.LGBMClassifier(**quiet), convert_lightgbm)
tool("lightgbm-gaps", lightgbm.LGBMClassifier(**quiet), convert_lightgbm, data=GAPS, zipmap=False)
tool("lightgbm-three", lightgbm.LGBMClassifier(**{**quiet, "n_estimators": 8}), convert_lightgbm, y=THREE, zipmap=False, card={"class": "0"}, event=0, column=0)
tool("lightgbm-categories", lightgbm.LGBMClassifier(**quiet, categorical_feature=[3], min_data_per_group=1, cat_smooth=1.0), convert_lightgbm, zipmap=False)

versions = {m.__name__: m.__version__ for m in [sklearn, skl2onnx, onnxmltools, onnxruntime, onnx, xgboost, lightgbm, np]}
(HERE / "cases.json").write_text(json.dumps(dict(versions=versions, cases=cases)))
print(len(cases), "cases", sum(f.stat().st_size for f in HERE.iterdir()), "bytes")
for name, why in skipped:
    print("skipped", name, why)
