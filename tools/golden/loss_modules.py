# SPDX-License-Identifier: Apache-2.0
"""Golden values of the loss modules that losses.py does not have, with every option and each reduction. Classes are the last
axis, as ours are; focal and contrastive losses, which torch does not have, are their papers' formulas."""

import torch
import torch.nn.functional as F
from torch import nn

from fixture import Draw, case, constant, write

SEED = 27
draw = Draw(SEED)
REDUCTIONS = ('mean', 'sum', 'none')
cases = []


def add(loss, name, options, inputs, forward, weights=None):
    """Weights are buffers of the module: they are recorded among the parameters, but have no gradient."""
    weights = weights or {}
    about = ', '.join([loss, name] if name else [loss]) + ''.join(', %s %s' % option for option in options.items())
    entry = case(draw, about, {'loss': loss, 'options': options}, inputs, {}, lambda i, _: forward(*i.values()))
    cases.append({**entry, 'parameters': weights})


def pair(*shape):
    return {'input': draw.normal(*shape), 'target': constant(draw.normal(*shape))}


def signs(*shape):
    return constant(draw.integers(2, *shape).float() * 2 - 1)


def reduced(losses, reduction):
    return losses if reduction == 'none' else getattr(losses, reduction)()


def each(make, *variants):
    """Every reduction with the defaults, and every variant of the options with reduction none."""
    for options in [*[{'reduction': reduction} for reduction in REDUCTIONS], *variants]:
        make({'reduction': 'none', **options})


def l1(options):
    inputs = pair(2, 3)
    inputs['target'][0] = inputs['input'][0].detach()
    add('L1Loss', '', options, inputs, nn.L1Loss(reduction=options['reduction']))


def huber(options):
    module = nn.HuberLoss(reduction=options['reduction'], delta=options.get('delta', 1.0))
    add('HuberLoss', '', options, pair(2, 3), module)


def smooth_l1(options):
    module = nn.SmoothL1Loss(reduction=options['reduction'], beta=options.get('beta', 1.0))
    add('SmoothL1Loss', '', options, pair(2, 3), module)


def class_weights(classes):
    return constant(draw.normal(classes).abs() + 0.1)


def nll(options, weighted=False):
    weight = class_weights(3) if weighted else None
    ignored = options.get('ignoreIndex', -100)
    labels = draw.integers(3, 2, 4)
    if 'ignoreIndex' in options:
        labels[0, 1] = labels[1, 3] = ignored
    inputs = {'input': F.log_softmax(draw.normal(2, 4, 3), -1).detach(), 'target': labels}
    module = nn.NLLLoss(weight, reduction=options['reduction'], ignore_index=ignored)

    def forward(input, target):
        return module(input.transpose(1, -1), target)

    add('NLLLoss', 'weighted' if weighted else '', options, inputs, forward, {'weight': weight} if weighted else {})


def cross_entropy(options, weighted=False):
    """Smoothed losses of PyTorch 1.13 are divided as if no label was ignored, those of version 2 are not: there, the mean is
    taken here."""
    weight = class_weights(3) if weighted else None
    ignored = options.get('ignoreIndex', -100)
    labels = draw.integers(3, 2, 4)
    if 'ignoreIndex' in options:
        labels[0, 1] = labels[1, 3] = ignored
    smoothing = options.get('labelSmoothing', 0.0)
    module = nn.CrossEntropyLoss(weight, ignore_index=ignored, reduction='none', label_smoothing=smoothing)
    counts = (torch.ones(3) if weight is None else weight)[labels.clamp(min=0)] * (labels != ignored)

    def forward(input, target):
        losses = module(input.transpose(1, -1), target)
        return losses.sum() / counts.sum() if options['reduction'] == 'mean' else reduced(losses, options['reduction'])

    inputs = {'input': draw.normal(2, 4, 3, scale=2.0), 'target': labels}
    add('CrossEntropyLoss', 'weighted' if weighted else '', options, inputs, forward, {'weight': weight} if weighted else {})


def soft_cross_entropy(options, weighted=False):
    weight = class_weights(3) if weighted else None
    smoothing = options.get('labelSmoothing', 0.0)
    module = nn.CrossEntropyLoss(weight, reduction=options['reduction'], label_smoothing=smoothing)
    inputs = {'input': draw.normal(4, 3, scale=2.0), 'target': F.softmax(draw.normal(4, 3), -1)}
    name = 'probabilities' + (', weighted' if weighted else '')
    add('CrossEntropyLoss', name, options, inputs, module, {'weight': weight} if weighted else {})


def bce(options, weight=None):
    inputs = {
        'input': torch.sigmoid(draw.normal(2, 3)).detach(),
        'target': constant((draw.integers(11, 2, 3) / 10).float()),
    }
    module = nn.BCELoss(weight, reduction=options['reduction'])
    name = '' if weight is None else 'weight of shape %s' % list(weight.shape)
    add('BCELoss', name, options, inputs, module, {} if weight is None else {'weight': weight})


def bce_with_logits(options, weight=None, positive=None):
    module = nn.BCEWithLogitsLoss(weight, reduction=options['reduction'], pos_weight=positive)
    weights = {'weight': weight, 'pos_weight': positive}
    weights = {name: tensor for name, tensor in weights.items() if tensor is not None}
    far = torch.tensor([[100.0, -100, 0], [90, -90, 60]])
    inputs = {
        'input': torch.cat([draw.normal(2, 3, scale=3.0), far]),
        'target': constant((draw.integers(11, 4, 3) / 10).float()),
    }
    add('BCEWithLogitsLoss', ' and '.join(weights), options, inputs, module, weights)


def kl_div(options):
    log_target = options.get('logTarget', False)
    target = F.log_softmax(draw.normal(2, 3), -1)
    if not log_target:
        target = target.exp()
        target[0, 1] = 0
    inputs = {'input': F.log_softmax(draw.normal(2, 3), -1).detach(), 'target': constant(target)}
    module = nn.KLDivLoss(reduction=options['reduction'].lower(), log_target=log_target)
    add('KLDivLoss', '', options, inputs, module)


def cosine_embedding(options):
    module = nn.CosineEmbeddingLoss(margin=options.get('margin', 0.0), reduction=options['reduction'])
    inputs = {'a': draw.normal(3, 3), 'b': draw.normal(3, 3), 'target': signs(3)}
    add('CosineEmbeddingLoss', '', options, inputs, module)


def triplet(options):
    module = nn.TripletMarginLoss(
        margin=options.get('margin', 1.0),
        p=options.get('p', 2.0),
        eps=options.get('epsilon', 1e-6),
        reduction=options['reduction'],
    )
    inputs = {name: draw.normal(3, 3) for name in ('anchor', 'positive', 'negative')}
    add('TripletMarginLoss', '', options, inputs, module)


def margin_ranking(options):
    module = nn.MarginRankingLoss(margin=options.get('margin', 0.0), reduction=options['reduction'])
    inputs = {'a': draw.normal(2, 3), 'b': draw.normal(2, 3), 'target': signs(2, 3)}
    add('MarginRankingLoss', '', options, inputs, module)


def hinge_embedding(options):
    module = nn.HingeEmbeddingLoss(margin=options.get('margin', 1.0), reduction=options['reduction'])
    inputs = {'input': draw.normal(2, 3), 'target': signs(2, 3)}
    add('HingeEmbeddingLoss', '', options, inputs, module)


def gaussian_nll(options, last=3):
    module = nn.GaussianNLLLoss(
        full=options.get('full', False), eps=options.get('epsilon', 1e-6), reduction=options['reduction']
    )
    variance = draw.normal(2, last).abs()
    name = 'one variance a row' if last == 1 else ''
    inputs = {**pair(2, 3), 'variance': variance}
    add('GaussianNLLLoss', name, options, inputs, module)


def poisson_nll(options):
    log_input = options.get('logInput', True)
    module = nn.PoissonNLLLoss(
        log_input=log_input,
        full=options.get('full', False),
        eps=options.get('epsilon', 1e-8),
        reduction=options['reduction'],
    )
    prediction = draw.normal(2, 3)
    inputs = {
        'input': prediction if log_input else prediction.abs(),
        'target': constant(draw.integers(6, 2, 3).float()),
    }
    add('PoissonNLLLoss', '', options, inputs, module)


def focal(options):
    alpha, gamma = options.get('alpha', 0.25), options.get('gamma', 2)

    def forward(input, target):
        p = torch.sigmoid(input)
        q = p * target + (1 - p) * (1 - target)
        losses = F.binary_cross_entropy_with_logits(input, target, reduction='none') * (1 - q) ** gamma
        if alpha is not None:
            losses = losses * (alpha * target + (1 - alpha) * (1 - target))
        return reduced(losses, options['reduction'])

    inputs = {'input': draw.normal(2, 3, scale=3.0), 'target': constant(draw.integers(2, 2, 3).float())}
    add('FocalLoss', '', options, inputs, forward)


def info_nce(options):
    def forward(queries, keys):
        cosines = F.normalize(queries) @ F.normalize(keys).T / options.get('temperature', 0.07)
        labels = torch.arange(len(queries))
        losses = F.cross_entropy(cosines, labels, reduction='none')
        if options.get('symmetric', False):
            losses = (losses + F.cross_entropy(cosines.T, labels, reduction='none')) / 2
        return reduced(losses, options['reduction'])

    add('InfoNCELoss', '', options, {'queries': draw.normal(3, 3), 'keys': draw.normal(3, 3)}, forward)


each(l1)
each(huber, {'delta': 0.4})
each(smooth_l1, {'beta': 0.4}, {'beta': 0})
each(nll, {'ignoreIndex': -100}, {'ignoreIndex': 2, 'reduction': 'mean'})
each(lambda options: nll(options, weighted=True), {'ignoreIndex': 2, 'reduction': 'mean'})
each(cross_entropy, {'ignoreIndex': -100}, *[{'labelSmoothing': 0.2, 'reduction': reduction} for reduction in REDUCTIONS])
both = {'ignoreIndex': 2, 'labelSmoothing': 0.2}
each(lambda options: cross_entropy(options, weighted=True), *[{**both, 'reduction': name} for name in REDUCTIONS])
cross_entropy({'ignoreIndex': 1, 'reduction': 'mean'})
cross_entropy({**both, 'reduction': 'mean'})
each(soft_cross_entropy, {'labelSmoothing': 0.2})
each(lambda options: soft_cross_entropy(options, weighted=True), {'labelSmoothing': 0.2, 'reduction': 'mean'})
each(bce)
each(lambda options: bce(options, class_weights(3)))
bce({'reduction': 'none'}, constant(draw.normal(2, 1)))
each(lambda options: bce_with_logits(options, positive=class_weights(3)))
bce_with_logits({'reduction': 'mean'}, weight=constant(draw.normal(4, 1)))
bce_with_logits({'reduction': 'sum'}, weight=class_weights(3), positive=class_weights(3))
each(kl_div, {'reduction': 'batchMean'}, {'logTarget': True}, {'logTarget': True, 'reduction': 'batchMean'})
each(cosine_embedding, {'margin': 0.3}, {'margin': -0.5})
each(triplet, {'margin': 0.5}, {'p': 1}, {'p': 3}, {'epsilon': 0.1})
each(margin_ranking, {'margin': 0.5})
each(hinge_embedding, {'margin': 0.5})
each(gaussian_nll, {'full': True}, {'epsilon': 0.5})
gaussian_nll({'reduction': 'mean'}, last=1)
each(poisson_nll, {'logInput': False}, {'full': True}, {'logInput': False, 'epsilon': 0.5})
each(focal, {'alpha': None}, {'alpha': 0.7, 'gamma': 0}, {'gamma': 0.5})
each(info_nce, {'temperature': 0.5}, {'symmetric': True, 'temperature': 0.3}, {'symmetric': True, 'reduction': 'mean'})
write(SEED, 'loss modules of torch.nn, and formulas', cases)
