# SPDX-License-Identifier: Apache-2.0
"""Golden files of torch.save: every element type, views, ties, both formats, all protocols, and some that must be refused."""

import base64
import collections
import io
import os
import pickle

import numpy
import torch

from fixture import write

SEED = 67
source = numpy.random.RandomState(SEED)


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def text(data):
    return base64.b64encode(data).decode()


def entry(tensor):
    """A tensor as the reader must find it: its type in a file of safetensors, its shape, its bytes in row-major order."""
    types = {
        torch.float64: 'F64', torch.float32: 'F32', torch.float16: 'F16', torch.bfloat16: 'BF16', torch.int64: 'I64',
        torch.int32: 'I32', torch.uint8: 'U8', torch.bool: 'BOOL',
    }  # fmt: skip
    flat = tensor.detach().contiguous()
    data = flat.view(torch.int16) if flat.dtype == torch.bfloat16 else flat
    return {'dtype': types[tensor.dtype], 'shape': list(tensor.shape), 'bytes': text(data.numpy().tobytes())}


def make(name, value, tensors=None, **options):
    expected = {key: entry(x) for key, x in (value if tensors is None else tensors).items()}
    return {'name': name, 'file': text(saved(value, **options)), 'tensors': expected}


def refused(name, data, error):
    return {'name': name, 'file': text(data), 'error': error}


def normal(*shape):
    return torch.from_numpy(source.standard_normal(shape).astype(numpy.float32))


class Harm:
    """What a hostile file is made of: Python would run this on loading."""

    def __reduce__(self):
        return (os.system, ('echo harm',))


def every_type():
    return {
        'double': normal(2, 3).double(),
        'float': normal(3),
        'half': normal(5).half(),
        'bfloat16': normal(2, 2).bfloat16(),
        'long': torch.tensor([[0, -1], [2147483647, -2147483648]]),
        'int': torch.tensor([7, -7], dtype=torch.int32),
        'byte': torch.tensor([0, 255, 128], dtype=torch.uint8),
        'bool': torch.tensor([True, False, True]),
        'scalar': torch.tensor(2.5),
        'empty': torch.zeros(0, 4),
    }


matrix = normal(4, 6)
views = collections.OrderedDict(
    whole=matrix,
    transposed=matrix.t(),
    slice=matrix[1:3, 2:5],
    steps=matrix[::2, ::3],
    column=matrix[:, 4],
    repeated=matrix[0].expand(3, 6),
    turned=normal(2, 3, 4).permute(2, 0, 1),
    long_turned=torch.arange(6).reshape(2, 3).t(),
    half_turned=normal(3, 2).half().t(),
    byte_turned=torch.arange(6, dtype=torch.uint8).reshape(2, 3).t(),
)

tied = torch.nn.Module()
tied.embedding = torch.nn.Embedding(3, 2)
tied.output = torch.nn.Linear(2, 3)
tied.output.weight = tied.embedding.weight
for parameter in tied.parameters():
    parameter.data = normal(*parameter.shape)

sizes = {'weight': normal(2, 2), 'gone': torch.zeros(1, dtype=torch.int16)}
training = {'model': tied.state_dict(), 'epoch': 3, 'rate': 1e-3, 'best': None, 'seed': 2**70, 'tags': ['a', ('b', True)]}

cases = [
    make('every type', every_type()),
    make('views', views),
    make('a module', tied.state_dict()),
    make('parameters', dict(tied.named_parameters())),
    make('a checkpoint of a training', {**training, 'optimizer': {'state': {0: {'mean': normal(2)}}}}, tied.state_dict()),
    make('protocol 4', every_type(), pickle_protocol=4),
    make('the format before 1.6', {**every_type(), **views}, _use_new_zipfile_serialization=False),
    make('the format before 1.6 with ties', tied.state_dict(), _use_new_zipfile_serialization=False),
    refused('harm', saved({'weight': normal(2), 'x': Harm()}), 'posix.system'),
    refused('harm before 1.6', saved({'x': Harm()}, _use_new_zipfile_serialization=False), 'posix.system'),
    refused('a whole model', saved(tied), 'torch.nn.modules.module.Module'),
    refused('a type that is not read', saved(sizes), 'torch.ShortStorage'),
    refused('an array of numpy', saved({'x': numpy.zeros(2)}), 'numpy.core.multiarray._reconstruct'),
    refused('a lone tensor', saved(normal(2)), 'a tensor'),
    refused('two state dicts', saved({'a': {'x': normal(1)}, 'b': {'x': normal(1)}}), 'several: a, b'),
    refused('no tensors', saved({'a': 1}), 'none'),
    refused('a plain pickle', pickle.dumps({'a': 1}), 'a plain pickle'),
]
write(SEED, 'files of torch.save in base64, and the bytes of their tensors; error: a word of what is said', cases)
