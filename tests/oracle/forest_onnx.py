"""The forests of tests/oracle/forest as ONNX, converted by onnxmltools: one forest, two formats.

    pip install xgboost lightgbm onnxmltools onnx skl2onnx
    python tests/oracle/forest_onnx.py

Writes NAME.onnx beside NAME.json or NAME.txt.
"""

import sys
from pathlib import Path

sys.path.pop(0)  # neighbours of this file are named like packages it needs

import lightgbm
import onnx
import onnxmltools
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

folder = Path(__file__).parent / "forest"
print({m.__name__: m.__version__ for m in [xgboost, lightgbm, onnxmltools, onnx]})
for file in ["xgb-plain.json", "xgb-missing.json", "xgb-depth-6.json", "lgb-plain.txt", "lgb-missing.txt"]:
    path = folder / file
    if path.suffix == ".json":
        booster = xgboost.Booster(model_file=path)
        inputs = booster.num_features()
        booster.feature_names = [f"f{i}" for i in range(inputs)]  # the converter wants its own names
        convert = onnxmltools.convert_xgboost
    else:
        booster = lightgbm.Booster(model_file=path)
        inputs = booster.num_feature()
        convert = onnxmltools.convert_lightgbm
    model = convert(booster, initial_types=[("x", FloatTensorType([None, inputs]))], target_opset=15)
    onnx.save(model, path.with_suffix(".onnx"))
    print(path.with_suffix(".onnx").name, path.with_suffix(".onnx").stat().st_size, "bytes", [n.op_type for n in model.graph.node])
