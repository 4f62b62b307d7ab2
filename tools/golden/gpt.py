# SPDX-License-Identifier: Apache-2.0
"""Golden values of a small character GPT as nanoGPT builds it: logits, loss, gradients, and ten training losses."""

import torch
import torch.nn.functional as F
from torch import nn

from fixture import Draw, write

SEED = 15
draw = Draw(SEED)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def forward(self, x):
        batch, time, width = x.shape
        query, key, value = (
            part.view(batch, time, self.heads, width // self.heads).transpose(1, 2)
            for part in self.c_attn(x).split(width, dim=2)
        )
        scores = query @ key.transpose(-2, -1) * (width // self.heads) ** -0.5
        future = torch.ones(time, time, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, float('-inf')).softmax(-1)
        return self.c_proj((weights @ value).transpose(1, 2).reshape(batch, time, width))


class MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = MLP(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, vocabulary, context, width, heads, layers):
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                'wte': nn.Embedding(vocabulary, width),
                'wpe': nn.Embedding(context, width),
                'h': nn.ModuleList(Block(width, heads) for _ in range(layers)),
                'ln_f': nn.LayerNorm(width),
            }
        )
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.transformer.wte.weight = self.lm_head.weight  # one matrix, read at both ends

    def forward(self, tokens):
        x = self.transformer.wte(tokens) + self.transformer.wpe(torch.arange(tokens.shape[1]))
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))


options = {'vocabulary': 11, 'context': 8, 'width': 12, 'heads': 3, 'layers': 2}
model = draw.fill(GPT(**options), scale=0.2)
start = {name: x.detach().clone() for name, x in model.named_parameters()}
tokens, targets = draw.integers(11, 2, 8), draw.integers(11, 2, 8)


def loss_of(logits):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


logits = model(tokens)
loss = loss_of(logits)
loss.backward()
gradients = {name: x.grad.clone() for name, x in model.named_parameters()}

training = {'learningRate': 0.01, 'betas': [0.9, 0.95], 'epsilon': 1e-8, 'weightDecay': 0.1, 'maximumNorm': 1.0}
optimizer = torch.optim.AdamW(model.parameters(), training['learningRate'], betas=(0.9, 0.95), weight_decay=0.1)
losses, norms = [], []
for step in range(10):
    optimizer.zero_grad(set_to_none=True)
    step_loss = loss_of(model(tokens))
    step_loss.backward()
    norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), training['maximumNorm']).detach())
    optimizer.step()
    losses.append(step_loss.detach())

write(
    SEED,
    'a two-layer pre-norm GPT with tied embeddings, state names of github.com/karpathy/nanoGPT model.py',
    [
        {
            'name': 'two layers',
            'options': options,
            'inputs': {'tokens': tokens, 'targets': targets},
            'parameters': start,
            'logits': logits,
            'loss': loss,
            'parameterGradients': gradients,
            'training': {'options': training, 'losses': torch.stack(losses), 'gradientNorms': torch.stack(norms)},
        }
    ],
)
