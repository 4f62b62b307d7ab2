# SPDX-License-Identifier: Apache-2.0
"""Between the layout of the fixtures, channels last, and PyTorch's, channels first."""


def channels_first(x):
    """`[batch, ...spatial, channels]` → `[batch, channels, ...spatial]`."""
    return x.movedim(-1, 1)


def channels_last(x):
    """`[batch, channels, ...spatial]` → `[batch, ...spatial, channels]`."""
    return x.movedim(1, -1)


def on_channels_last(function):
    """A function of a channels-last tensor from one of PyTorch's."""
    return lambda x: channels_last(function(channels_first(x)))
