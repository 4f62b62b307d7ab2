# SPDX-License-Identifier: Apache-2.0
"""Golden values of ten steps of torch.optim's adaptive optimizers; of Lion as its paper writes it, and of NAdam as PyTorch has it
from version 2 on (1.13 multiplies one momentum in twice)."""

import torch

from fixture import Draw, write
from trajectory import trajectory

SEED = 34
draw = Draw(SEED)

# Our names of PyTorch's options.
NAMES = {
    'lr': 'learningRate',
    'eps': 'epsilon',
    'weight_decay': 'weightDecay',
    'alpha': 'smoothing',
    'rho': 'smoothing',
    'lr_decay': 'learningRateDecay',
    'initial_accumulator_value': 'initialAccumulatorValue',
    'momentum_decay': 'momentumDecay',
}


class Lion(torch.optim.Optimizer):
    def __init__(self, parameters, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(parameters, {'lr': lr, 'betas': betas, 'weight_decay': weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            first, second = group['betas']
            for p in group['params']:
                momentum = self.state[p].setdefault('momentum', torch.zeros_like(p))
                p.mul_(1 - group['lr'] * group['weight_decay'])
                p.sub_(group['lr'] * (first * momentum + (1 - first) * p.grad).sign())
                momentum.mul_(second).add_(p.grad, alpha=1 - second)


class NAdam(torch.optim.Optimizer):
    def __init__(self, parameters, lr, betas, eps, weight_decay, momentum_decay):
        options = {'lr': lr, 'betas': betas, 'eps': eps, 'weight_decay': weight_decay, 'momentum_decay': momentum_decay}
        super().__init__(parameters, options)
        self.steps, self.product = 0, 1.0

    @torch.no_grad()
    def step(self):
        self.steps += 1
        for group in self.param_groups:
            (first, second), decay = group['betas'], group['momentum_decay']
            now, following = (first * (1 - 0.5 * 0.96 ** (t * decay)) for t in (self.steps, self.steps + 1))
            self.product *= now
            for p in group['params']:
                state = self.state[p]
                m, v = (state.setdefault(name, torch.zeros_like(p)) for name in 'mv')
                gradient = p.grad + group['weight_decay'] * p
                m.mul_(first).add_(gradient, alpha=1 - first)
                v.mul_(second).addcmul_(gradient, gradient, value=1 - second)
                denominator = (v / (1 - second**self.steps)).sqrt() + group['eps']
                p.sub_(group['lr'] * (1 - now) / (1 - self.product) * gradient / denominator)
                p.sub_(group['lr'] * following / (1 - self.product * following) * m / denominator)


OWN = {'Lion': Lion, 'NAdam': NAdam}


def make(name, optimizer, **options):
    ours = {NAMES.get(key, key): value for key, value in options.items()}
    constructor = OWN.get(optimizer) or getattr(torch.optim, optimizer)
    made = trajectory(draw, '%s, %s' % (optimizer, name), ours, lambda parameters: constructor(parameters, **options))
    return {**made, 'optimizer': optimizer}


cases = [
    make('defaults', 'Adam', lr=1e-3),
    make('every option', 'Adam', lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    make('amsgrad', 'Adam', lr=0.02, betas=(0.5, 0.6), amsgrad=True),
    make('every option', 'Adamax', lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    make('every option', 'NAdam', lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1, momentum_decay=0.1),
    make('every option', 'RAdam', lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    make('plain', 'RMSprop', lr=0.02, alpha=0.9),
    make('every option', 'RMSprop', lr=0.02, alpha=0.8, eps=1e-3, weight_decay=0.1, momentum=0.7, centered=True),
    make('every option', 'Adagrad', lr=0.1, lr_decay=0.1, eps=1e-3, weight_decay=0.1),
    make('every option', 'Adadelta', lr=0.7, rho=0.8, eps=1e-3, weight_decay=0.1),
    make('every option', 'Lion', lr=0.02, betas=(0.8, 0.95), weight_decay=0.1),
    make('initial accumulator value', 'Adagrad', lr=0.1, initial_accumulator_value=0.3),
]
write(SEED, 'parameters after each of ten steps on the given gradients', cases)
