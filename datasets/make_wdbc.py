"""Writes wdbc-development/data.csv and wdbc-validation/data.csv from the copy that scikit-learn ships.

    pip install scikit-learn==1.9.1
    python datasets/make_wdbc.py

Split rule: within each diagnosis the biopsies are ordered by SHA-256 of "keur-wdbc-split-1:<number>", where <number> is the
line of the biopsy in scikit-learn's file (1 to 569); the first half goes to development, the rest to validation, and an odd
one to development. The rule looks at nothing but the diagnosis and the line number. Measured values keep the decimals of the
published file: they are copied as text, never parsed.
"""

import csv
import hashlib
from pathlib import Path

import sklearn.datasets

HERE = Path(__file__).parent
PUBLISHED = Path(sklearn.datasets.__file__).parent / "data" / "breast_cancer.csv"
KINDS = [
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave-points",
    "symmetry",
    "fractal-dimension",
]
SUMMARIES = ["mean", "se", "worst"]
DIAGNOSES = {"0": "malignant", "1": "benign"}


def order(number: int) -> str:
    return hashlib.sha256(f"keur-wdbc-split-1:{number}".encode()).hexdigest()


def main() -> None:
    header, *lines = PUBLISHED.read_text().splitlines()
    assert header.startswith("569,30,malignant,benign"), header
    biopsies = [(number, *line.rsplit(",", 1)) for number, line in enumerate(lines, 1)]
    parts = {"wdbc-development": [], "wdbc-validation": []}
    for code in DIAGNOSES:
        ranked = sorted((b for b in biopsies if b[2] == code), key=lambda b: order(b[0]))
        half = (len(ranked) + 1) // 2
        parts["wdbc-development"] += ranked[:half]
        parts["wdbc-validation"] += ranked[half:]
    columns = [f"{summary}-{kind}" for summary in SUMMARIES for kind in KINDS]
    for name, part in parts.items():
        with open(HERE / name / "data.csv", "w", newline="") as file:
            write = csv.writer(file, lineterminator="\n").writerow
            write(["biopsy", "diagnosis", *columns])
            for number, values, code in sorted(part):
                write([f"fna-{number:03}", DIAGNOSES[code], *values.split(",")])


if __name__ == "__main__":
    main()
