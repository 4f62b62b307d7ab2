# SPDX-License-Identifier: Apache-2.0
"""The inputs and fingerprints of ../inputs.mjs, bit for bit."""

import numpy
import torch


def _uniform(size, seed):
    return (_mix(size, seed) >> numpy.uint32(8)) / 2.0**24 - 0.5


def _mix(size, seed):
    """Arithmetic of 32-bit arrays wraps around, as it must; that of numpy's scalars would warn."""
    bits = (numpy.arange(size, dtype=numpy.uint32) + numpy.uint32(1)) * numpy.uint32(0x9E3779B1)
    bits += numpy.uint32(seed * 0x85EBCA6B % 2**32)
    bits = (bits ^ (bits >> numpy.uint32(15))) * numpy.uint32(0x2C1B3C6D)
    return bits ^ (bits >> numpy.uint32(12))


def fill(shape, seed, scale=1.0, offset=0.0):
    """Floats in [-scale / 2, scale / 2) around offset."""
    values = _uniform(int(numpy.prod(shape)), seed) * scale + offset
    return torch.from_numpy(values.astype(numpy.float32)).reshape(shape)


def fill_integers(shape, seed, bound):
    """Integers from 0 to bound - 1."""
    values = (_mix(int(numpy.prod(shape)), seed) >> numpy.uint32(8)) % numpy.uint32(bound)
    return torch.from_numpy(values.astype(numpy.int64)).reshape(shape)


def fingerprint(tensor):
    """The norm, and the product with weights that differ at every position."""
    values = tensor.detach().contiguous().reshape(-1).numpy().astype(numpy.float64)
    return {'norm': float(numpy.sqrt(values @ values)), 'probe': float(values @ _uniform(values.size, 0))}
