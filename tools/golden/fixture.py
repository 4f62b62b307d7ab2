# SPDX-License-Identifier: Apache-2.0
"""Draws inputs, runs PyTorch, and writes one fixture of golden values: what every script of this folder shares."""

import json
import os
import sys

import numpy
import torch

torch.set_num_threads(1)

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'packages', 'testing', 'fixtures')


class Draw:
    """Seeded numbers with three significant digits: readable in the fixture, and the same float32 when read back."""

    def __init__(self, seed):
        self.seed = seed
        self.source = numpy.random.RandomState(seed)

    def normal(self, *shape, scale=1.0):
        values = self.source.standard_normal(shape) * scale
        return torch.tensor(_three_digits(values), dtype=torch.float32)

    def integers(self, high, *shape):
        return torch.tensor(self.source.randint(0, high, shape), dtype=torch.int64)

    def fill(self, module, scale=0.5):
        """Replaces every parameter of `module`; a normalization's weight is drawn around 1."""
        for name, parameter in module.named_parameters():
            values = self.normal(*parameter.shape, scale=scale)
            is_scale = parameter.dim() == 1 and name.endswith('weight')
            parameter.data = _round_tensor(values + 1) if is_scale else values
        return module


def _three_digits(values):
    return numpy.vectorize(lambda x: float('%.3g' % x))(values)


def _round_tensor(values):
    return torch.tensor(_three_digits(values.double().numpy()), dtype=torch.float32)


def case(draw, name, options, inputs, parameters, forward):
    """Runs `forward(inputs, parameters)` and the backward pass of `sum(output * outputWeights)`.

    `inputs` and `parameters` are dicts of tensors. Gradients are recorded for every parameter and for every
    float input, except those whose `requires_grad` was set to None by `constant`.
    """
    differentiable = {key: x for key, x in inputs.items() if x.is_floating_point() and not getattr(x, 'constant', 0)}
    for tensor in [*differentiable.values(), *parameters.values()]:
        tensor.requires_grad_(True)
        tensor.grad = None
    output = forward(inputs, parameters)
    output_weights = draw.normal(*output.shape)
    (output * output_weights).sum().backward()
    return {
        'name': name,
        'options': options,
        'inputs': inputs,
        'parameters': parameters,
        'output': output,
        'outputWeights': output_weights,
        'inputGradients': {key: x.grad for key, x in differentiable.items()},
        'parameterGradients': {key: x.grad for key, x in parameters.items()},
    }


def constant(tensor):
    """Marks a float input that is data, such as a target: no gradient is recorded for it."""
    tensor.constant = True
    return tensor


def module_case(draw, name, options, module, inputs, call=None):
    """`case` for an `nn.Module`, in evaluation mode, with its parameters under PyTorch's state names."""
    module.eval()
    parameters = dict(module.named_parameters())
    return case(draw, name, options, inputs, parameters, lambda i, p: (call or module)(*i.values()))


def op_case(draw, op, forward, *inputs, name=None, **options):
    """`case` for the operation that the option `op` names; its inputs are called a, b and c."""
    label = op if name is None else '%s, %s' % (op, name)
    named = dict(zip('abc', inputs))
    return case(draw, label, {'op': op, **options}, named, {}, lambda tensors, _: forward(*tensors.values()))


def float32(values):
    """A tensor of stated numbers, where drawn ones would miss what a case is about, such as ties."""
    return torch.tensor(values, dtype=torch.float32)


def write(seed, about, cases, tool=('PyTorch', torch.__version__)):
    """Writes `packages/testing/fixtures/NAME.json`, NAME being the name of the running script."""
    name = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    header = {
        'tool': tool[0],
        'version': tool[1],
        'seed': seed,
        'script': 'tools/golden/%s.py' % name,
        'about': about,
    }
    lines = ['  %s: %s,' % (json.dumps(key), json.dumps(value)) for key, value in header.items()]
    body = ',\n'.join('    ' + _block(entry, 4) for entry in cases)
    path = os.path.join(FIXTURES, name + '.json')
    with open(path, 'w') as file:
        file.write('{\n%s\n  "cases": [\n%s\n  ]\n}\n' % ('\n'.join(lines), body))
    print('%s: %d cases, %d bytes' % (os.path.relpath(path), len(cases), os.path.getsize(path)))


def _block(value, indent):
    """JSON with one tensor per line and one key per line around it."""
    if isinstance(value, torch.Tensor):
        return _tensor(value)
    if isinstance(value, dict) and any(isinstance(x, (dict, list, torch.Tensor)) for x in value.values()):
        pad = ' ' * (indent + 2)
        rows = ['%s%s: %s' % (pad, json.dumps(key), _block(x, indent + 2)) for key, x in value.items()]
        return '{\n%s\n%s}' % (',\n'.join(rows), ' ' * indent)
    if isinstance(value, list) and any(isinstance(x, (dict, list, torch.Tensor)) for x in value):
        pad = ' ' * (indent + 2)
        return '[\n%s\n%s]' % (',\n'.join(pad + _block(x, indent + 2) for x in value), ' ' * indent)
    return json.dumps(value)


def _tensor(value):
    """`{"shape": …, "dtype": …, "values": […]}`; floats in the fewest digits (at most 9) that give the same float32."""
    flat = value.detach().contiguous().reshape(-1)
    if value.dtype == torch.float32:
        dtype, numbers = 'float32', [_float(x) for x in flat.numpy()]
    elif value.dtype == torch.bool:
        dtype, numbers = 'bool', [str(int(x)) for x in flat]
    elif value.dtype == torch.int64:
        dtype, numbers = 'int32', [str(int(x)) for x in flat]
    else:
        raise TypeError('no fixture form for %s' % value.dtype)
    return '{ "shape": %s, "dtype": "%s", "values": [%s] }' % (list(value.shape), dtype, ', '.join(numbers))


def _float(x):
    if not numpy.isfinite(x):
        raise ValueError('JSON has no form for %s' % x)
    if x == 0:
        return '-0.0' if numpy.signbit(x) else '0'
    text = str(x)
    return text[:-2] if text.endswith('.0') else text
