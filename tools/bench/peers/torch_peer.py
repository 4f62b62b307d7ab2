# SPDX-License-Identifier: Apache-2.0
"""PyTorch as a peer: answers a line of JSON with a line of JSON. Debian: apt-get install python3-torch"""

import ctypes
import json
import re
import resource
import sys
import time

import torch

from inputs import fingerprint
from torch_models import decode, published, step
from torch_ops import attention, bandwidth, conv, gemm

# Each makes a case ready: (run, results), run once before and then by the clock, results a dict of tensors by name.
FAMILIES = {'gemm': gemm, 'conv': conv, 'attention': attention, 'bandwidth': bandwidth, 'step': step,
            'decode': decode, 'published': published}


def set_threads(threads):
    """torch.set_num_threads does not reach an OpenBLAS with threads of its own: that is told by itself."""
    torch.set_num_threads(threads)
    for path in blas_libraries():
        set_own = getattr(ctypes.CDLL(path), 'openblas_set_num_threads', None)
        if set_own is not None:
            set_own(threads)


def blas_libraries():
    """The libraries of this process whose names speak of BLAS; none where the system does not say (not Linux)."""
    try:
        with open('/proc/self/maps') as maps:
            return sorted(set(re.findall(r'/\S*blas\S*\.so\S*', maps.read())))
    except OSError:
        return []


def prepare(request):
    """The run of a case and the answer to the request; no run where there is no such case."""
    set_threads(request['threads'])
    family = FAMILIES.get(request['family'])
    if family is None:
        return None, {}
    found = family(request)
    if found is None:
        return None, {}
    run, results = found
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
        elif request['do'] == 'memory':  # kilobytes, on Linux
            answer = {'resident': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        else:
            run = None  # frees the last case before the next one
            try:
                run, answer = prepare(request)
            except Exception as error:  # the peer outlives a case that fails
                answer = {'error': repr(error)}
        print(json.dumps(answer), flush=True)


main()
