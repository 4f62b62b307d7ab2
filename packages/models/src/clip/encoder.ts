// SPDX-License-Identifier: Apache-2.0
// The transformer that both towers of CLIP have.

import { type Generator, type Tensor, add, scaledDotProductAttention } from '@nabla/core';
import { LayerNorm, Linear, Module, ModuleList } from '@nabla/layers';

import type { VisibleKeys } from '../generation/decoder-mask.ts';
import { activate } from '../pretrained/activations.ts';
import { joinHeads, splitHeads } from '../pretrained/heads.ts';
import type { TowerConfig } from './config.ts';

class CLIPAttention extends Module {
  readonly k_proj: Linear;
  readonly v_proj: Linear;
  readonly q_proj: Linear;
  readonly out_proj: Linear;
  readonly config: TowerConfig;
  readonly generator: Generator;

  constructor(config: TowerConfig, generator: Generator) {
    super();
    const { hidden_size: features } = config;
    this.k_proj = new Linear(features, features, { generator });
    this.v_proj = new Linear(features, features, { generator });
    this.q_proj = new Linear(features, features, { generator });
    this.out_proj = new Linear(features, features, { generator });
    this.config = config;
    this.generator = generator;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, visible: VisibleKeys): Tensor {
    const { num_attention_heads: heads, attention_dropout: dropout } = this.config;
    const settings = { ...visible, ...(this.training && dropout > 0 && { dropout, generator: this.generator }) };
    const query = splitHeads(this.q_proj.forward(x), heads); // [batch, heads, time, headSize]
    const key = splitHeads(this.k_proj.forward(x), heads);
    const value = splitHeads(this.v_proj.forward(x), heads);
    return this.out_proj.forward(joinHeads(scaledDotProductAttention(query, key, value, settings)));
  }
}

class CLIPMLP extends Module {
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly config: TowerConfig;

  constructor(config: TowerConfig, generator: Generator) {
    super();
    this.fc1 = new Linear(config.hidden_size, config.intermediate_size, { generator });
    this.fc2 = new Linear(config.intermediate_size, config.hidden_size, { generator });
    this.config = config;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return this.fc2.forward(activate(this.config.hidden_act, this.fc1.forward(x)));
  }
}

class CLIPEncoderLayer extends Module {
  readonly self_attn: CLIPAttention;
  readonly layer_norm1: LayerNorm;
  readonly mlp: CLIPMLP;
  readonly layer_norm2: LayerNorm;

  constructor(config: TowerConfig, generator: Generator) {
    super();
    const { hidden_size: features, layer_norm_eps: epsilon } = config;
    this.self_attn = new CLIPAttention(config, generator);
    this.layer_norm1 = new LayerNorm(features, { epsilon });
    this.mlp = new CLIPMLP(config, generator);
    this.layer_norm2 = new LayerNorm(features, { epsilon });
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, visible: VisibleKeys): Tensor {
    const attended = add(x, this.self_attn.forward(this.layer_norm1.forward(x), visible));
    return add(attended, this.mlp.forward(this.layer_norm2.forward(attended)));
  }
}

/** Pre-norm blocks of attention and a feed-forward network. */
export class CLIPEncoder extends Module {
  readonly layers: ModuleList<CLIPEncoderLayer>;

  constructor(config: TowerConfig, generator: Generator) {
    super();
    const { num_hidden_layers: count } = config;
    this.layers = new ModuleList(Array.from({ length: count }, () => new CLIPEncoderLayer(config, generator)));
  }

  /** `[batch, time, features]` → what comes in and what each block makes of it, the same shape. */
  override forward(x: Tensor, visible: VisibleKeys = { causal: false }): Tensor[] {
    const states = [x];
    for (const layer of this.layers) states.push(layer.forward(states.at(-1) as Tensor, visible));
    return states;
  }
}

/**
 * The deviation that a parameter of a tower starts with, from its name: the wider and the deeper, the smaller.
 *
 * @see transformers, CLIPPreTrainedModel._init_weights
 */
export function towerDeviation(name: string, config: TowerConfig & { initializer_range: number }): number {
  const { hidden_size: features, num_hidden_layers: layers, initializer_range } = config;
  if (/\.(q_proj|k_proj|v_proj|fc2)\.weight$/.test(name)) return 1 / Math.sqrt(2 * layers * features);
  if (name.endsWith('.fc1.weight')) return 1 / Math.sqrt(2 * features);
  const isProjection = name.endsWith('.out_proj.weight') || name.endsWith('_projection.weight');
  return isProjection ? 1 / Math.sqrt(features) : initializer_range;
}
