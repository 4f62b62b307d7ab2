# SPDX-License-Identifier: Apache-2.0
"""The twin of ../peak-of-ours.mjs: the peak of a few training steps in bytes."""

import json
import re
import resource
import sys

import torch

from torch_models import step

STEPS = 2


def peak():
    try:
        with open('/proc/self/status') as status:
            return 1024 * int(re.search(r'VmHWM:\s+(\d+) kB', status.read()).group(1))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # of macOS, where it is in bytes


spec = json.loads(sys.argv[2])
torch.set_num_threads(spec['threads'])
run, _ = step(spec)
for _ in range(STEPS):
    run()
print(json.dumps({'peak': peak()}))
