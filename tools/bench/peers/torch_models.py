# SPDX-License-Identifier: Apache-2.0
"""The twins of models.mjs, step.mjs, decode.mjs and published.mjs of ../cases in PyTorch."""

import re

import torch
import torch.nn as nn
import torch.nn.functional as F

from inputs import fill, fill_integers

FIRST_SEED = 10
FIRST_CACHE_SEED = 1000
STEPS = 3


class Cnn(nn.Module):
    def __init__(self, size, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc1 = nn.Linear(64 * (size // 4) ** 2, 128)
        self.fc2 = nn.Linear(128, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class CharacterRnn(nn.Module):
    def __init__(self, recurrent, vocabulary, inputs, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, inputs)
        self.rnn = recurrent(inputs, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, vocabulary)

    def forward(self, tokens):
        return self.fc(self.rnn(self.embedding(tokens))[0])


class CausalAttention(nn.Module):
    def __init__(self, width, heads, time):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * width))
        self.out_proj = nn.Linear(width, width)
        self.hidden = torch.ones(time, time, dtype=torch.bool).triu(1)

    def forward(self, x):
        batch, time, width = x.shape
        projected = F.linear(x, self.in_proj_weight, self.in_proj_bias).split(width, 2)
        query, key, value = (
            part.view(batch, time, self.heads, width // self.heads).transpose(1, 2) for part in projected
        )
        return self.out_proj(attend(query, key, value, self.hidden).transpose(1, 2).reshape(x.shape))


def attend(query, key, value, hidden):
    """PyTorch's own attention where it has one (2.0 on), else the formula."""
    if hasattr(F, 'scaled_dot_product_attention'):
        return F.scaled_dot_product_attention(query, key, value, is_causal=hidden is not None)
    scores = (query @ key.transpose(-2, -1)) * query.shape[-1] ** -0.5
    if hidden is not None:
        scores = scores.masked_fill(hidden, float('-inf'))
    return scores.softmax(-1) @ value


class Block(nn.Module):
    def __init__(self, width, heads, time):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.self_attn = CausalAttention(width, heads, time)
        self.linear1, self.linear2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.self_attn(self.norm1(x))
        return x + self.linear2(F.gelu(self.linear1(self.norm2(x))))


class BertLayer(nn.Module):
    def __init__(self, width, heads, inner):
        super().__init__()
        self.heads = heads
        linear = nn.Linear
        self.attention = nn.ModuleDict({
            'self': nn.ModuleDict({name: linear(width, width) for name in ('query', 'key', 'value')}),
            'output': nn.ModuleDict({'dense': linear(width, width), 'LayerNorm': nn.LayerNorm(width, 1e-12)}),
        })
        self.intermediate = nn.ModuleDict({'dense': linear(width, inner)})
        self.output = nn.ModuleDict({'dense': linear(inner, width), 'LayerNorm': nn.LayerNorm(width, 1e-12)})

    def forward(self, x):
        batch, time, width = x.shape
        query, key, value = (
            self.attention['self'][name](x).view(batch, time, self.heads, width // self.heads).transpose(1, 2)
            for name in ('query', 'key', 'value')
        )
        attended = attend(query, key, value, None).transpose(1, 2).reshape(x.shape)
        ending = self.attention['output']
        x = ending['LayerNorm'](ending['dense'](attended) + x)
        inner = F.gelu(self.intermediate['dense'](x))
        return self.output['LayerNorm'](self.output['dense'](inner) + x)


class Bert(nn.Module):
    def __init__(self, vocabulary, layers, heads, width, inner, time):
        super().__init__()
        self.embeddings = nn.ModuleDict({
            'word_embeddings': nn.Embedding(vocabulary, width), 'position_embeddings': nn.Embedding(time, width),
            'token_type_embeddings': nn.Embedding(2, width), 'LayerNorm': nn.LayerNorm(width, 1e-12)})
        layer = nn.ModuleList(BertLayer(width, heads, inner) for _ in range(layers))
        self.encoder = nn.ModuleDict({'layer': layer})

    def forward(self, tokens):
        tables = self.embeddings
        places = tables['position_embeddings'].weight + tables['token_type_embeddings'].weight[:1]
        x = tables['LayerNorm'](tables['word_embeddings'](tokens) + places)
        for layer in self.encoder['layer']:
            x = layer(x)
        return x


class Gpt(nn.Module):
    def __init__(self, vocabulary, layers, heads, width, time):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(time, width)
        self.blocks = nn.ModuleList(Block(width, heads, time) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def hidden(self, tokens):
        x = self.embedding(tokens) + self.positions(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def forward(self, tokens):
        return F.linear(self.hidden(tokens), self.embedding.weight)


def fnn(spec):
    inputs, hidden, outputs = spec['inputs'], spec['hidden'], spec['outputs']
    model = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
    x, y = fill([spec['batch'], inputs], 1, 4), fill([spec['batch'], outputs], 2, 4)
    return model, lambda: F.mse_loss(model(x), y)


def cnn(spec):
    model = Cnn(spec['size'], spec['classes'])
    x = fill([spec['batch'], 1, spec['size'], spec['size']], 1, 4)  # one channel: first or last is the same
    y = fill_integers([spec['batch']], 2, spec['classes'])
    return model, lambda: F.cross_entropy(model(x), y)


def mha(spec):
    model = nn.MultiheadAttention(spec['width'], spec['heads'], batch_first=True)
    x = fill([spec['batch'], spec['time'], spec['width']], 1, 4)
    return model, lambda: model(x, x, x, need_weights=False)[0].square().mean()


def of_tokens(model, spec):
    x, y = (fill_integers([spec['batch'], spec['time']], seed, spec['vocabulary']) for seed in (1, 2))
    return model, lambda: F.cross_entropy(model(x).flatten(0, 1), y.flatten())


def character_rnn(recurrent):
    return lambda spec: of_tokens(
        CharacterRnn(recurrent, spec['vocabulary'], spec['inputs'], spec['hidden']), spec)


def gpt(spec):
    sizes = (spec[name] for name in ('vocabulary', 'layers', 'heads', 'width', 'time'))
    return of_tokens(Gpt(*sizes), spec)


MODELS = {'fnn': fnn, 'cnn': cnn, 'mha': mha, 'gpt': gpt,
          'lstm': character_rnn(nn.LSTM), 'gru': character_rnn(nn.GRU)}

OPTIMIZERS = {
    'sgd': lambda parameters: torch.optim.SGD(parameters, lr=0.01),
    'adam': lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
    'adamw': lambda parameters: torch.optim.AdamW(parameters, lr=3e-4),
}


def fill_parameters(model):
    for position, (name, parameter) in enumerate(sorted(model.named_parameters())):
        size, shape = parameter.numel(), parameter.shape
        scale = 2 / (size / shape[0]) ** 0.5 if len(shape) > 1 else 0.1
        offset = 1.0 if re.search(r'norm\d?\.weight$', name, re.IGNORECASE) else 0.0
        parameter.data = fill(list(shape), FIRST_SEED + position, scale, offset)


def step(spec):
    model, loss_of = MODELS[spec['model']](spec)
    fill_parameters(model)
    optimizer = OPTIMIZERS[spec['optimizer']](model.parameters())

    def run():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return run, lambda: {'losses': torch.stack([run() for _ in range(STEPS)])}


def decode_token(model, token, caches):
    """Logits of what follows the token, the one after those whose keys and values are in the caches."""
    past = caches[0][0].shape[2]
    x = model.embedding(token) + model.positions.weight[past:past + 1]
    for block, cache in zip(model.blocks, caches):
        attention, width = block.self_attn, x.shape[2]
        projected = F.linear(block.norm1(x), attention.in_proj_weight, attention.in_proj_bias).split(width, 2)
        query, *current = (
            part.view(1, 1, attention.heads, width // attention.heads).transpose(1, 2) for part in projected
        )
        key, value = (torch.cat([before, part], 2) for before, part in zip(cache, current))
        x = x + attention.out_proj(attend(query, key, value, None).transpose(1, 2).reshape(x.shape))
        x = x + block.linear2(F.gelu(block.linear1(block.norm2(x))))
    return F.linear(model.norm(x), model.embedding.weight)


def decode(spec):
    model, _ = gpt({**spec, 'batch': 1, 'time': spec['past'] + 1})
    fill_parameters(model)
    shape = [1, spec['heads'], spec['past'], spec['width'] // spec['heads']]
    caches = [[fill(shape, FIRST_CACHE_SEED + 2 * layer + part) for part in (0, 1)] for layer in range(spec['layers'])]
    token = torch.tensor([[1]])

    def run():
        with torch.no_grad():
            return {'logits': decode_token(model, token, caches)}

    return run, run


def published(spec):
    names = ('vocabulary', 'layers', 'heads', 'width') + (('inner',) if spec['model'] == 'bert' else ()) + ('time',)
    model = (Bert if spec['model'] == 'bert' else Gpt)(*(spec[name] for name in names))
    fill_parameters(model)
    model.eval()
    tokens = fill_integers([spec['batch'], spec['time']], 1, spec['vocabulary'])

    def run():
        with torch.no_grad():
            if spec['model'] == 'bert':
                return {'states': model(tokens)}
            return {'logits': F.linear(model.hidden(tokens)[:, -1:], model.embedding.weight)}

    return run, run
