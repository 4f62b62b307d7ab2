# SPDX-License-Identifier: Apache-2.0
"""Golden values of the recipe text-cnn: the same module in PyTorch, under the same state names. Token 0 is padding."""

import torch
from torch import nn
from torch.nn import functional as F

from fixture import Draw, module_case, write

SEED = 93
draw = Draw(SEED)


class TextCnn(nn.Module):
    def __init__(self, vocabulary, width, filterWords, filters, classes):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)
        self.convs = nn.ModuleList([nn.Conv1d(width, filters, words, padding=words) for words in filterWords])
        self.fc = nn.Linear(len(filterWords) * filters, classes)

    def forward(self, tokens):
        x = self.embedding(tokens).transpose(1, 2)
        found = [F.relu(conv(x)).max(2).values for conv in self.convs]
        return self.fc(torch.cat(found, 1))


def make(name, tokens, **options):
    module = draw.fill(TextCnn(**options))
    module.embedding.weight.data[0] = 0
    return module_case(draw, name, options, module, {'tokens': torch.tensor(tokens)})


cases = [
    make('two texts of different length', [[3, 1, 4, 1, 5], [2, 6, 0, 0, 0]],
         vocabulary=7, width=4, filterWords=[2, 3], filters=3, classes=2),
    make('a text shorter than its filters', [[1, 2]], vocabulary=3, width=2, filterWords=[1, 4, 5], filters=2, classes=3),
    make('no word at all', [[0]], vocabulary=3, width=2, filterWords=[2], filters=3, classes=2),
]
write(SEED, 'words, convolutions over time with ReLU, the maximum over time, a linear layer', cases)
