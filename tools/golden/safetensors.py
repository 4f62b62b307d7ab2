# SPDX-License-Identifier: Apache-2.0
"""Golden safetensors files: every element type, as PyTorch converts the values, laid out byte by byte with struct."""

import base64
import json
import struct

import numpy
import torch

from fixture import write

SEED = 61
source = numpy.random.RandomState(SEED)


def safetensors_file(dtype, shape, data):
    entry = {'dtype': dtype, 'shape': list(shape), 'data_offsets': [0, len(data)]}
    header = json.dumps({'x': entry}, separators=(',', ':')).encode()
    header += b' ' * (-len(header) % 8)
    return struct.pack('<Q', len(header)) + header + data


def text(data):
    return base64.b64encode(data).decode()


def make(dtype, stored, values):
    """`values` are those of the tensor (float32, int32 or bool); `stored` is what PyTorch makes of them for the file;
    `restored` what it makes of that when it is read."""
    data = stored.view(torch.int16).numpy().tobytes() if stored.dtype == torch.bfloat16 else stored.numpy().tobytes()
    return {
        'name': dtype,
        'dtype': {torch.float32: 'float32', torch.int32: 'int32', torch.bool: 'bool'}[values.dtype],
        'shape': list(values.shape),
        'values': text(values.numpy().tobytes()),
        'restored': text(stored.to(values.dtype).numpy().tobytes()),
        'file': text(safetensors_file(dtype, values.shape, data)),
    }


def bits(*patterns):
    return torch.from_numpy(numpy.array(patterns, dtype=numpy.uint32).view(numpy.float32).copy())


# Every boundary of binary16: ties to even both ways, the least normal and subnormal numbers and halves of them, the greatest.
edges = bits(
    0x00000000, 0x80000000, 0x3F800000, 0x3F801000, 0x3F803000, 0x3F801001, 0x477FE000, 0x477FEFFF, 0xC77FE000,
    0x38800000, 0x387FFFFF, 0x387FE000, 0x387FD000, 0x33800000, 0x33000000, 0x33000001, 0x32FFFFFF, 0x33C00000,
    0x34400000, 0x00000001, 0x007FFFFF, 0x80800000, 0x7F800000, 0xFF800000, 0x3F808000, 0x3F818000, 0x3F808001,
)  # fmt: skip
floats = torch.cat([edges, torch.from_numpy(source.standard_normal(60).astype(numpy.float32))])
floats = torch.cat([floats, floats[27:] * 2.0**-13, floats[27:] * 2.0**-20, floats[27:] * 2.0**12]).reshape(3, 89)
integers = torch.tensor([[0, -1, 7], [2147483647, -2147483648, 65536]], dtype=torch.int32)
small = torch.tensor([0, 1, 127, 128, 255], dtype=torch.int32)

cases = [
    make('F64', floats.double(), floats),
    make('F32', floats, floats),
    make('F16', floats.half(), floats),
    make('BF16', floats.bfloat16(), floats),
    make('I64', integers.long(), integers),
    make('I32', integers, integers),
    make('U8', small.to(torch.uint8), small),
    make('BOOL', torch.tensor([[True], [False], [True]]), torch.tensor([[True], [False], [True]])),
]
write(SEED, 'one tensor "x" per file; values, restored and file are base64 of little-endian bytes', cases)
