# SPDX-License-Identifier: Apache-2.0
"""PyTorch as a peer: answers a line of JSON with a line of JSON. Debian: apt-get install python3-torch"""

import json
import sys
import time

import torch

from inputs import fingerprint
from torch_models import step
from torch_ops import attention, bandwidth, conv, gemm

# Each makes a case ready: (run, results), run once before and then by the clock, results a dict of tensors by name.
FAMILIES = {'gemm': gemm, 'conv': conv, 'attention': attention, 'bandwidth': bandwidth, 'step': step}


def prepare(request):
    """The run of a case and the answer to the request; no run where there is no such case."""
    torch.set_num_threads(request['threads'])
    family = FAMILIES.get(request['family'])
    if family is None:
        return None, {}
    run, results = family(request)
    return run, {'check': {name: fingerprint(tensor) for name, tensor in results().items()}}


def seconds_of(run, count):
    start = time.perf_counter()
    for _ in range(count):
        run()
    return time.perf_counter() - start


def main():
    answer = {'version': 'PyTorch ' + torch.__version__}
    print(json.dumps(answer), flush=True)
    run = None
    for line in sys.stdin:
        request = json.loads(line)
        if request['do'] == 'time':
            answer = {'seconds': seconds_of(run, request['count'])}
        else:
            run = None  # frees the last case before the next one
            try:
                run, answer = prepare(request)
            except Exception as error:  # the peer outlives a case that fails
                answer = {'error': repr(error)}
        print(json.dumps(answer), flush=True)


main()
