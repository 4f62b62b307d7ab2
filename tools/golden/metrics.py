# SPDX-License-Identifier: Apache-2.0
"""Golden values of metrics from scikit-learn: of classes with ties among their scores, and of regressions."""

import warnings

import numpy
import sklearn
import torch
from sklearn import metrics

from fixture import Draw, write

SEED = 29
draw = Draw(SEED)
warnings.simplefilter('ignore')  # a class that is never predicted has precision 0: that is what we record


def plain(value):
    return value.tolist() if isinstance(value, numpy.ndarray) else float(value)


def classification(name, rows, classes, decimals, present=None):
    """Scores are rounded to `decimals`, so that some are equal; labels are drawn from the first `present` classes."""
    labels = draw.integers(present or classes, rows)
    drawn = draw.normal(rows, classes).numpy() + 1.2 * numpy.eye(classes)[labels.numpy()]
    scores = torch.tensor(numpy.round(drawn, decimals)).float()
    actual, values = labels.numpy(), scores.double().numpy()
    predicted = values.argmax(-1)
    expected = {
        'accuracy': metrics.accuracy_score(actual, predicted),
        'confusion': metrics.confusion_matrix(actual, predicted, labels=range(classes)).astype(float),
        'perplexity': numpy.exp(metrics.log_loss(actual, torch.softmax(scores.double(), -1), labels=range(classes))),
    }
    for k in (1, 2, 3):
        # scikit-learn ranks the last of equal scores first, we the first: reversed, both are the same.
        reverse = {'y_true': classes - 1 - actual, 'y_score': values[:, ::-1], 'labels': range(classes)}
        if k < classes and classes > 2:
            expected['top%d' % k] = metrics.top_k_accuracy_score(k=k, **reverse)
    for score in ('precision', 'recall', 'f1'):
        function = getattr(metrics, score + '_score')
        for average in ('macro', 'micro', 'weighted'):
            expected['%s, %s' % (score, average)] = function(actual, predicted, average=average)
        expected[score] = function(actual, predicted, average=None, labels=range(classes))
    if present is None:
        areas = [metrics.roc_auc_score(actual == c, values[:, c]) for c in range(classes)]
        expected['rocAuc'] = numpy.array(areas)
        expected['rocAuc, macro'] = numpy.mean(areas)
        expected['rocAuc, weighted'] = numpy.average(areas, weights=[(actual == c).sum() for c in range(classes)])
    inputs = {'predictions': scores, 'targets': labels}
    expected = {key: plain(value) for key, value in expected.items()}
    return {'name': name, 'options': {'classes': classes}, 'inputs': inputs, 'expected': expected}


def binary(name, rows, decimals):
    labels = draw.integers(2, rows)
    scores = torch.tensor(numpy.round(draw.normal(rows).numpy() + labels.numpy(), decimals)).float()
    expected = {'rocAuc': plain(metrics.roc_auc_score(labels.numpy(), scores.numpy()))}
    inputs = {'predictions': scores, 'targets': labels}
    return {'name': name, 'options': {'classes': 1}, 'inputs': inputs, 'expected': expected}


def regression(name, shape, offset=0.0):
    targets = (draw.normal(*shape) + offset).float()
    predictions = (targets + draw.normal(*shape, scale=0.5)).float()
    actual, values = targets.double().numpy().ravel(), predictions.double().numpy().ravel()
    expected = {
        'meanAbsoluteError': metrics.mean_absolute_error(actual, values),
        'rootMeanSquaredError': metrics.mean_squared_error(actual, values, squared=False),
        'r2': metrics.r2_score(actual, values),
    }
    inputs = {'predictions': predictions, 'targets': targets}
    expected = {key: plain(value) for key, value in expected.items()}
    return {'name': name, 'options': {'classes': 0}, 'inputs': inputs, 'expected': expected}


cases = [
    classification('two classes', 23, 2, 1),
    classification('five classes, many ties', 41, 5, 0),
    classification('four classes, few ties', 31, 4, 2),
    classification('classes that never occur', 17, 6, 1, present=4),
    binary('one score, many ties', 37, 0),
    binary('one score, few ties', 25, 2),
    regression('numbers', [17]),
    regression('rows of numbers, far from zero', [5, 3], 1000.0),
]
write(SEED, 'metrics of scikit-learn', cases, tool=('scikit-learn', sklearn.__version__))
