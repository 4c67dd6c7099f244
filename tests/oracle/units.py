"""Conversions between clinical units from outside keur: pint for units, molmass for molar masses.

Run from the repository: python tests/oracle/units.py  →  tests/oracle/units.json
Needs pint and molmass; prints the versions it used.
"""
import json
from importlib.metadata import version
from pathlib import Path

import molmass
import pint

u = pint.UnitRegistry()
u.define("mmol_per_L = mmol/L")
rows = []

FORMULAS = {
    "creatinine": "C4H7N3O", "glucose": "C6H12O6", "cholesterol": "C27H46O", "triglycerides": "C57H104O6",
    "bilirubin": "C33H36N4O6", "urea": "CH4N2O", "urea-nitrogen": "N2", "urate": "C5H4N4O3", "calcium": "Ca",
    "phosphate": "P", "magnesium": "Mg", "iron": "Fe", "lactate": "C3H6O3", "ammonia": "NH3", "cortisol": "C21H30O5",
    "thyroxine": "C15H11I4NO4", "vitamin-d": "C27H44O2", "vitamin-b12": "C63H88CoN14O14P", "folate": "C19H19N7O6",
    "testosterone": "C19H28O2", "oestradiol": "C18H24O2",
}
for analyte, formula in FORMULAS.items():
    mass = molmass.Formula(formula).mass * u.g / u.mol
    # 5e-5: keur counts with the conventional atomic weights (C 12.011), molmass with longer ones
    for start, end in [("mg/dL", "mmol/L"), ("ug/dL", "umol/L"), ("ng/mL", "nmol/L"), ("pg/mL", "pmol/L"), ("g/L", "mmol/L")]:
        value = ((7.0 * u.parse_expression(start.replace("ug", "microgram").replace("L", "liter"))) / mass)
        value = value.to(end.replace("umol", "micromole").replace("L", "liter")).magnitude
        rows.append({"analyte": analyte, "from": start, "to": end, "value": 7.0, "expected": value, "tolerance": 5e-5})

PLAIN = [
    ("mmHg", "kPa", "mmHg", "kPa"), ("cmH2O", "mmHg", "centimeter_H2O", "mmHg"), ("lb", "kg", "pound", "kg"),
    ("oz", "g", "ounce", "g"), ("st", "kg", "stone", "kg"), ("in", "cm", "inch", "cm"), ("ft", "m", "foot", "m"),
    ("g/dL", "g/L", "g/deciliter", "g/liter"), ("ug/mL", "mg/L", "microgram/milliliter", "mg/liter"),
    ("days", "hours", "day", "hour"), ("weeks", "days", "week", "day"), ("%", "fraction", "percent", "dimensionless"),
    ("years", "days", "julian_year", "day"), ("mL", "L", "milliliter", "liter"), ("hPa", "kPa", "hectopascal", "kPa"),
]
for start, end, a, b in PLAIN:
    value = u.Quantity(7.0, a).to(b).magnitude
    # pint has water at 4 degrees Celsius; keur the conventional 98.0665 Pa
    tolerance = 1e-4 if start == "cmH2O" else 1e-9
    rows.append({"analyte": None, "from": start, "to": end, "value": 7.0, "expected": value, "tolerance": tolerance})
for start, end, a, b in [("°F", "°C", "degF", "degC"), ("°C", "°F", "degC", "degF"), ("°C", "K", "degC", "kelvin")]:
    value = u.Quantity(38.5, a).to(b).magnitude
    rows.append({"analyte": None, "from": start, "to": end, "value": 38.5, "expected": value, "tolerance": 1e-9})

versions = {name: version(name) for name in ["pint", "molmass"]}
print(versions, len(rows), "conversions")
Path(__file__).with_name("units.json").write_text(json.dumps({"versions": versions, "conversions": rows}, indent=1) + "\n")
