# SPDX-License-Identifier: Apache-2.0
"""Puts the times of time.mjs and time.py into one table: `report.py NAME ...` reads time-NAME.json of the working directory. Behind those of
torch-PRECISION stands how many times as fast nabla-PRECISION is."""

import json
import sys

results = {}
for name in sys.argv[1:]:
    with open(f'time-{name}.json') as file:
        results[name] = {case: result for line in file for case, result in json.loads(line).items()}
    if not results[name]:
        print(f'{name}: no times')
cases = list(dict.fromkeys(case for result in results.values() for case in result))
width = max(map(len, cases), default=0) + 2


def milliseconds(name, case):
    return results.get(name, {}).get(case, {}).get('milliseconds')


def columns():
    """What stands above each column, and what it says of a case."""
    for name in results:
        yield name, lambda case, name=name: milliseconds(name, case), '.3f'
        if name.startswith('torch-'):
            yield 'ratio', lambda case, name=name: ratio(case, name.replace('torch-', 'nabla-'), name), '.2f'


def ratio(case, ours, theirs):
    a, b = milliseconds(ours, case), milliseconds(theirs, case)
    return None if a is None or b is None else b / a


print('ms'.ljust(width) + ''.join(title.rjust(19) for title, _, _ in columns()))
for case in cases:
    cells = [(cell(case), digits) for _, cell, digits in columns()]
    print(case.ljust(width) + ''.join(('-' if cell is None else format(cell, digits)).rjust(19) for cell, digits in cells))
for case in cases:
    rows = {name: result[case].get('losses') for name, result in results.items() if case in result}
    if any(rows.values()):
        print(f'{case} losses: ' + '; '.join(f"{name} {' '.join(f'{loss:.6f}' for loss in row)}" for name, row in rows.items() if row))
