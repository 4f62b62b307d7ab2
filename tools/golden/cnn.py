# SPDX-License-Identifier: Apache-2.0
"""Golden values of the recipe cnn: the same module in PyTorch, under the same state names. Images are channels last."""

from torch import nn
from torch.nn import functional as F

from fixture import Draw, module_case, write

SEED = 30
draw = Draw(SEED)


class Cnn(nn.Module):
    def __init__(self, height, width, channels, hidden, classes):
        super().__init__()
        inputs, first, second = channels
        self.conv1 = nn.Conv2d(inputs, first, 3, padding=1)
        self.conv2 = nn.Conv2d(first, second, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(height // 4 * (width // 4) * second, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, images):
        x = images.permute(0, 3, 1, 2)
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def make(name, batch, height, width, channels, hidden, classes):
    options = {'height': height, 'width': width, 'channels': channels, 'hidden': hidden, 'classes': classes}
    module = draw.fill(Cnn(**options))
    return module_case(draw, name, options, module, {'images': draw.normal(batch, height, width, channels[0])})


cases = [
    make('grey', 2, 8, 8, [1, 3, 4], 5, 3),
    make('colour, sizes that four does not divide', 2, 9, 7, [3, 2, 5], 4, 3),
]
write(SEED, 'two convolutions of 3 by 3 with ReLU and max pooling, two linear layers', cases)
