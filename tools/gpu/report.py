# SPDX-License-Identifier: Apache-2.0
"""Puts the times of time.mjs and time.py into one table: `report.py NAME ...` reads time-NAME.json of the working directory."""

import json
import sys

results = {}
for name in sys.argv[1:]:
    try:
        with open(f'time-{name}.json') as file:
            results[name] = json.loads(file.read().strip().splitlines()[-1])
    except (OSError, ValueError, IndexError) as error:
        print(f'{name}: no times ({error})')
names = list(results)
cases = list(dict.fromkeys(case for result in results.values() for case in result))
width = max(len(case) for case in cases) + 2
print('ms'.ljust(width) + ''.join(name.rjust(16) for name in names))
for case in cases:
    cells = [results[name].get(case, {}).get('milliseconds') for name in names]
    print(case.ljust(width) + ''.join(('-' if cell is None else f'{cell:.3f}').rjust(16) for cell in cells))
for case in cases:
    rows = {name: results[name][case].get('losses') for name in names if case in results[name]}
    if any(rows.values()):
        print(f'{case} losses: ' + '; '.join(f"{name} {' '.join(f'{loss:.6f}' for loss in row)}" for name, row in rows.items() if row))
