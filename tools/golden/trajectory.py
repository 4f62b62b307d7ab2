# SPDX-License-Identifier: Apache-2.0
"""Runs a PyTorch optimizer on given gradients and records the parameters after every step."""

import torch

STEPS = 10
SHAPES = {'weight': (3, 5), 'bias': (7,), 'scale': ()}


def trajectory(draw, name, options, make, learning_rates=None, steps=STEPS, shapes=SHAPES):
    """One case: the start, the gradients of each step, and the parameters after each step.

    The gradients are those of a noisy quadratic around a drawn target, so they shrink as training would make them;
    the fixture lists them, so that no rounding of a forward pass enters the comparison.
    `make(parameters)` builds the optimizer; `learning_rates` gives one rate per step where it changes.
    """
    parameters = {key: draw.normal(*shape) for key, shape in shapes.items()}
    start = {key: x.clone() for key, x in parameters.items()}
    target = {key: draw.normal(*x.shape) for key, x in parameters.items()}
    optimizer = make([x.requires_grad_(True) for x in parameters.values()])
    gradients, after = [], []
    for step in range(steps):
        for key, x in parameters.items():
            gradient = (x.detach() - target[key]) * 0.7 + draw.normal(*x.shape, scale=0.1)
            if key == 'bias':
                gradient[0] = 0.0  # a parameter that nothing pulls
                gradient[1] = gradient[1] * 1e-9  # where an optimizer's epsilon decides
            x.grad = gradient
        if learning_rates is not None:
            optimizer.param_groups[0]['lr'] = learning_rates[step]
        gradients.append({key: x.grad.clone() for key, x in parameters.items()})
        optimizer.step()
        after.append({key: x.detach().clone() for key, x in parameters.items()})
    rates = {} if learning_rates is None else {'learningRates': learning_rates}
    return {'name': name, 'options': options, **rates, 'parameters': start, 'gradients': gradients, 'after': after}
