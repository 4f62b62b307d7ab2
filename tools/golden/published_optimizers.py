# SPDX-License-Identifier: Apache-2.0
"""Golden values of twenty steps of optimizers that PyTorch 1.13 has not, written out plainly after what defines them:

Adafactor  transformers.optimization.Adafactor of Hugging Face, without first moment and without warm-up
LAMB       algorithm 2 of You et al. 2019, https://arxiv.org/abs/1904.00962, with the identity for phi
Muon       github.com/KellerJordan/Muon, MuonWithAuxAdam, with float32 in the place of bfloat16
"""

import torch

from fixture import Draw, write
from trajectory import trajectory

SEED = 41
STEPS = 20
# A wide and a tall matrix, one with axes before them, and parameters that are no matrix.
SHAPES = {'weight': (2, 3), 'tall': (3, 2), 'kernel': (2, 2, 2), 'bias': (3,), 'scale': ()}
draw = Draw(SEED)

# Our names of the options.
NAMES = {
    'lr': 'learningRate',
    'eps': 'epsilon',
    'weight_decay': 'weightDecay',
    'decay_rate': 'decayExponent',
    'minimum_size': 'minimumSize',
    'clip_threshold': 'clippingThreshold',
}


class Rule(torch.optim.Optimizer):
    """An optimizer whose `update(p, g, state, t)` changes one parameter."""

    def __init__(self, parameters, **options):
        super().__init__(parameters, {})
        self.options = {**self.DEFAULTS, **options}
        self.steps = 0

    @torch.no_grad()
    def step(self):
        self.steps += 1
        for group in self.param_groups:
            for p in group['params']:
                self.update(p, p.grad, self.state[p], self.steps, **self.options)


def average(state, name, beta, x):
    """Moves an average that starts at 0."""
    state[name] = beta * state.get(name, torch.zeros_like(x)) + (1 - beta) * x
    return state[name]


def rms(x):
    return x.norm(2) / x.numel() ** 0.5


class Adafactor(Rule):
    DEFAULTS = {
        'lr': 0.01,
        'relative': True,  # scale_parameter and relative_step; lr is the constant 1e-2 there
        'eps': 1e-30,
        'minimum_size': 1e-3,
        'clip_threshold': 1.0,
        'decay_rate': -0.8,
        'weight_decay': 0.0,
    }

    def update(self, p, g, state, t, lr, relative, eps, minimum_size, clip_threshold, decay_rate, weight_decay):
        beta = 1.0 - t**decay_rate
        square = g**2 + eps
        if p.dim() >= 2:
            rows = average(state, 'rows', beta, square.mean(dim=-1))
            columns = average(state, 'columns', beta, square.mean(dim=-2))
            row_factor = (rows / rows.mean(dim=-1, keepdim=True)).rsqrt().unsqueeze(-1)
            step = row_factor * columns.unsqueeze(-2).rsqrt() * g
        else:
            step = average(state, 'squares', beta, square).rsqrt() * g
        step = step / (rms(step) / clip_threshold).clamp(min=1.0)
        if relative:
            lr = max(minimum_size, rms(p).item()) * min(lr, t**-0.5)
        p.sub_(weight_decay * lr * p).sub_(lr * step)


class LAMB(Rule):
    DEFAULTS = {'lr': 1e-3, 'betas': (0.9, 0.999), 'eps': 1e-6, 'weight_decay': 0.01}

    def update(self, p, g, state, t, lr, betas, eps, weight_decay):
        m = average(state, 'm', betas[0], g) / (1 - betas[0] ** t)
        v = average(state, 'v', betas[1], g**2) / (1 - betas[1] ** t)
        step = m / (v.sqrt() + eps) + weight_decay * p
        ratio = p.norm() / step.norm() if p.norm() > 0 and step.norm() > 0 else 1.0
        p.sub_(lr * ratio * step)


def newton_schulz(g, iterations):
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.T if g.size(0) > g.size(1) else g
    x = x / (x.norm() + 1e-7)
    for _ in range(iterations):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if g.size(0) > g.size(1) else x


class Muon(Rule):
    DEFAULTS = {
        'lr': 0.02,
        'momentum': 0.95,
        'nesterov': True,
        'iterations': 5,
        'weight_decay': 0.0,
        'adamWScale': 0.015,  # 3e-4 / 0.02
        'betas': (0.9, 0.95),
        'eps': 1e-10,
    }

    def update(self, p, g, state, t, lr, momentum, nesterov, iterations, weight_decay, adamWScale, betas, eps):
        if p.dim() >= 2:
            mean = average(state, 'momentum', momentum, g)
            step = ((1 - momentum) * g + momentum * mean if nesterov else mean).view(len(g), -1)
            scale = max(1, step.size(-2) / step.size(-1)) ** 0.5
            step = (newton_schulz(step, iterations) * scale).view(g.shape)
        else:
            lr = lr * adamWScale
            m = average(state, 'm', betas[0], g) / (1 - betas[0] ** t)
            v = average(state, 'v', betas[1], g**2) / (1 - betas[1] ** t)
            step = m / (v.sqrt() + eps)
        p.mul_(1 - lr * weight_decay).sub_(lr * step)


def make(name, optimizer, **options):
    ours = {NAMES.get(key, key): value for key, value in options.items()}
    title = '%s, %s' % (optimizer.__name__, name)
    made = trajectory(draw, title, ours, lambda p: optimizer(p, **options), steps=STEPS, shapes=SHAPES)
    return {**made, 'optimizer': optimizer.__name__}


cases = [
    make('defaults', Adafactor),
    make(
        'every option',
        Adafactor,
        lr=0.3,
        decay_rate=-0.5,
        eps=1e-3,
        minimum_size=0.5,
        clip_threshold=0.7,
        weight_decay=0.1,
    ),
    make('a given learning rate', Adafactor, relative=False, lr=0.02, weight_decay=0.1),
    make('defaults', LAMB),
    make('every option', LAMB, lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    make('defaults', Muon),
    make(
        'every option',
        Muon,
        lr=0.05,
        momentum=0.8,
        nesterov=False,
        iterations=3,
        weight_decay=0.1,
        adamWScale=0.5,
        betas=(0.8, 0.9),
        eps=1e-3,
    ),
]
write(SEED, 'parameters after each of twenty steps on the given gradients', cases)
