# SPDX-License-Identifier: Apache-2.0
"""Adds up what ncu measured by kernel: kernel_times.py FILE.csv"""

import collections
import csv
import re
import sys

with open(sys.argv[1], errors='replace') as file:
    lines = [line for line in file if line.startswith('"')]
rows = list(csv.DictReader(lines))
times, counts = collections.Counter(), collections.Counter()
for row in rows:
    value = (row.get('gpu__time_duration.sum') or '').replace(',', '')
    if not re.fullmatch(r'[\d.]+', value):
        continue  # the row of units
    name = row.get('Kernel Name', '?')
    name = re.sub(r'nabla::cuda::|\(anonymous namespace\)::|<unnamed>::|void ', '', name)
    name = re.sub(r'\(.*', '', name) if '<' not in name else name.rsplit('(', 1)[0]
    times[name] += float(value) / 1000
    counts[name] += 1
total = sum(times.values())
print(f'{sum(counts.values())} launches, {total / 1000:.2f} ms of GPU time')
for name, microseconds in times.most_common(28):
    print(f'{microseconds:10.1f} us {100 * microseconds / total:5.1f} % {counts[name]:5d} x {name[:120]}')
