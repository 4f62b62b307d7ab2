# SPDX-License-Identifier: Apache-2.0
"""Golden logits of small Llama, Mistral and Qwen2 models, by the formulas of transformers written out: every option that tells them
apart, and every type of rotary positions."""

import math

import torch
import torch.nn.functional as F

from fixture import Draw, write

SEED = 35
BATCH, TIME = 2, 8
SIZES = {
    'vocab_size': 7,
    'hidden_size': 12,
    'intermediate_size': 8,
    'num_hidden_layers': 2,
    'num_attention_heads': 2,
    'num_key_value_heads': 1,
    'max_position_embeddings': 32,
    'rms_norm_eps': 1e-5,
}
draw = Draw(SEED)


def frequencies(kind, theta, size, context, rope):
    """Radians per position of each pair, and the factor of cosines and sines; modeling_rope_utils.py of transformers."""
    plain = 1 / theta ** (torch.arange(0, size, 2).float() / size)
    factor = rope.get('factor')
    if kind == 'linear':
        return plain / factor, 1
    if kind == 'dynamic':  # TIME is the length of the sequence
        grown = theta * (factor * max(TIME, context) / context - (factor - 1)) ** (size / (size - 2))
        return 1 / grown ** (torch.arange(0, size, 2).float() / size), 1
    if kind == 'llama3':
        trained, low, high = (rope[x] for x in ('original_max_position_embeddings', 'low_freq_factor', 'high_freq_factor'))
        length = 2 * math.pi / plain
        smooth = (trained / length - low) / (high - low)
        between = (1 - smooth) * plain / factor + smooth * plain
        slow = torch.where(length > trained / low, plain / factor, between)
        return torch.where(length < trained / high, plain, slow), 1
    if kind == 'yarn':
        trained = rope['original_max_position_embeddings']

        def pair(turns):
            return size * math.log(trained / (turns * 2 * math.pi)) / (2 * math.log(theta))

        low = max(math.floor(pair(rope['beta_fast'])), 0)
        high = min(math.ceil(pair(rope['beta_slow'])), size - 1)
        ramp = ((torch.arange(size // 2).float() - low) / (high - low)).clamp(0, 1)
        return plain / factor * ramp + plain * (1 - ramp), 0.1 * math.log(factor) + 1
    return plain, 1


def rope_of(config):
    """Type, theta and the rest, from where transformers 5 or 4 writes them."""
    rope = {**config.get('rope_parameters', {}), **config.get('rope_scaling', {})}
    kind = rope.get('rope_type', rope.get('type', 'default'))
    return kind, rope.get('rope_theta', config.get('rope_theta', 10000.0)), rope


def window_of(model, config, layer):
    if model == 'Mistral':
        return config['sliding_window'] or TIME
    if model == 'Qwen2' and config['use_sliding_window']:
        types = config.get('layer_types')
        slides = types[layer] == 'sliding_attention' if types else layer >= config['max_window_layers']
        return config['sliding_window'] if slides else TIME
    return TIME


def linear(x, p, name):
    return F.linear(x, p[name + '.weight'], p.get(name + '.bias'))


def norm(x, weight, epsilon):
    return weight * x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)


def attend(x, p, name, config, size, window):
    heads, key_heads = config['num_attention_heads'], config['num_key_value_heads']
    angles, scale = frequencies(*rope_of(config)[:2], size, config['max_position_embeddings'], rope_of(config)[2])
    turn = torch.arange(TIME)[:, None] * torch.cat([angles, angles])
    split = lambda y, count: y.view(BATCH, TIME, count, size).transpose(1, 2)
    half = lambda y: torch.cat([-y[..., size // 2 :], y[..., : size // 2]], -1)
    rotate = lambda y: y * turn.cos() * scale + half(y) * turn.sin() * scale
    query = rotate(split(linear(x, p, name + '.q_proj'), heads))
    key = rotate(split(linear(x, p, name + '.k_proj'), key_heads)).repeat_interleave(heads // key_heads, 1)
    value = split(linear(x, p, name + '.v_proj'), key_heads).repeat_interleave(heads // key_heads, 1)
    distance = torch.arange(TIME)[:, None] - torch.arange(TIME)
    hidden = (distance < 0) | (distance >= window)
    weights = (query @ key.transpose(-2, -1) / size**0.5).masked_fill(hidden, -math.inf).softmax(-1)
    return linear((weights @ value).transpose(1, 2).reshape(BATCH, TIME, heads * size), p, name + '.o_proj')


def run(model, config, p, tokens):
    size = config.get('head_dim', config['hidden_size'] // config['num_attention_heads'])
    activation = F.gelu if config.get('hidden_act') == 'gelu' else F.silu
    epsilon = config['rms_norm_eps']
    x = p['model.embed_tokens.weight'][tokens]
    for layer in range(config['num_hidden_layers']):
        name = 'model.layers.%d' % layer
        normed = norm(x, p[name + '.input_layernorm.weight'], epsilon)
        x = x + attend(normed, p, name + '.self_attn', config, size, window_of(model, config, layer))
        normed = norm(x, p[name + '.post_attention_layernorm.weight'], epsilon)
        gated = activation(linear(normed, p, name + '.mlp.gate_proj')) * linear(normed, p, name + '.mlp.up_proj')
        x = x + linear(gated, p, name + '.mlp.down_proj')
    return F.linear(norm(x, p['model.norm.weight'], epsilon), p.get('lm_head.weight', p['model.embed_tokens.weight']))


def parameters(model, config):
    features, inner, vocabulary = (config[x] for x in ('hidden_size', 'intermediate_size', 'vocab_size'))
    size = config.get('head_dim', features // config['num_attention_heads'])
    inputs, keys = config['num_attention_heads'] * size, config['num_key_value_heads'] * size
    biased = config.get('attention_bias', False)
    p = {'model.embed_tokens.weight': draw.normal(vocabulary, features), 'model.norm.weight': draw.normal(features) + 1}

    def add(name, columns, rows, bias):
        p[name + '.weight'] = draw.normal(rows, columns, scale=0.4)
        if bias:
            p[name + '.bias'] = draw.normal(rows, scale=0.4)

    for layer in range(config['num_hidden_layers']):
        name = 'model.layers.%d.' % layer
        add(name + 'self_attn.q_proj', features, inputs, biased or model == 'Qwen2')
        add(name + 'self_attn.k_proj', features, keys, biased or model == 'Qwen2')
        add(name + 'self_attn.v_proj', features, keys, biased or model == 'Qwen2')
        add(name + 'self_attn.o_proj', inputs, features, biased)
        add(name + 'mlp.gate_proj', features, inner, config.get('mlp_bias', False))
        add(name + 'mlp.up_proj', features, inner, config.get('mlp_bias', False))
        add(name + 'mlp.down_proj', inner, features, config.get('mlp_bias', False))
        for part in ('input_layernorm', 'post_attention_layernorm'):
            p[name + part + '.weight'] = draw.normal(features) + 1
    if not config.get('tie_word_embeddings', False):
        add('lm_head', features, vocabulary, False)
    return p


def make(name, model, **options):
    config = {**SIZES, **options}
    p = parameters(model, config)
    tokens = draw.integers(config['vocab_size'], BATCH, TIME)
    return {
        'name': name,
        'model': model + 'ForCausalLM',
        'config': config,
        'inputs': {'tokens': tokens},
        'parameters': p,
        'logits': run(model, config, p, tokens),
    }


llama3 = {'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0}
yarn = {'rope_type': 'yarn', 'factor': 4.0, 'beta_fast': 4, 'beta_slow': 1}
cases = [
    make(
        'biases everywhere, tied output, slow positions of Llama 3',
        'Llama',
        attention_bias=True,
        mlp_bias=True,
        tie_word_embeddings=True,
        rope_theta=500.0,
        rope_scaling={**llama3, 'original_max_position_embeddings': 24},
    ),
    make(
        'heads of another size, another activation, yarn',
        'Llama',
        head_dim=10,
        hidden_act='gelu',
        rope_parameters={**yarn, 'rope_theta': 100.0, 'original_max_position_embeddings': 20},
    ),
    make(
        'a window in each layer, linear positions',
        'Mistral',
        head_dim=4,
        sliding_window=3,
        rope_scaling={'type': 'linear', 'factor': 2.5},
    ),
    make('no window', 'Mistral', sliding_window=None, rope_theta=50.0),
    make(
        'a window from the second layer on, dynamic positions',
        'Qwen2',
        use_sliding_window=True,
        sliding_window=2,
        max_window_layers=1,
        max_position_embeddings=5,
        rope_parameters={'rope_type': 'dynamic', 'rope_theta': 100.0, 'factor': 2.0},
    ),
    make(
        'a window in the first layer',
        'Qwen2',
        use_sliding_window=True,
        sliding_window=4,
        layer_types=['sliding_attention', 'full_attention'],
    ),
    make('a window that is not used', 'Qwen2', use_sliding_window=False, sliding_window=2),
]
write(SEED, 'decoders with rotary positions, by the names of transformers', cases)
