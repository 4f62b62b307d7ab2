// SPDX-License-Identifier: Apache-2.0
// CLIP's configurations, as config.json has them: of both towers, and of each by itself.

import { z } from 'zod';

import { activationField } from '../pretrained/activations.ts';
import { type PretrainedConfig, pretrainedFields } from '../pretrained/architecture.ts';
import { hasPatch, lengthsField } from '../pretrained/patches.ts';

const size = z.int().min(1);

/** The projections are made before a checkpoint has confirmed this, by towers that have none. */
const projection = size.max(2 ** 16).default(512);

/** What both towers have. */
const towerFields = {
  num_hidden_layers: size.default(12),
  hidden_act: activationField.default('quick_gelu'),
  layer_norm_eps: z.number().min(0).default(1e-5),
  attention_dropout: z.number().min(0).lt(1).default(0),
  initializer_factor: z.number().min(0).default(1),
  projection_dim: projection,
};

/** What a transformer of a tower is made of. */
export interface TowerConfig {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly hidden_act: z.infer<typeof activationField>;
  readonly layer_norm_eps: number;
  readonly attention_dropout: number;
}

const dividesFeatures = ({ hidden_size, num_attention_heads }: TowerConfig): boolean =>
  hidden_size % num_attention_heads === 0;
const demand = { path: ['num_attention_heads'], error: 'to divide hidden_size' };

const textSchema = pretrainedFields
  .extend({
    ...towerFields,
    vocab_size: size.default(49408),
    hidden_size: size.default(512),
    intermediate_size: size.default(2048),
    num_attention_heads: size.default(8),
    max_position_embeddings: size.default(77),
    eos_token_id: z.int().min(0).default(49407),
  })
  .refine(dividesFeatures, demand);

const visionSchema = pretrainedFields
  .extend({
    ...towerFields,
    hidden_size: size.default(768),
    intermediate_size: size.default(3072),
    num_attention_heads: size.default(12),
    num_channels: size.default(3),
    image_size: lengthsField.default(224),
    patch_size: lengthsField.default(32),
  })
  .refine(dividesFeatures, demand)
  .refine(hasPatch, { path: ['patch_size'], error: 'to be at most image_size' });

export type CLIPTextConfig = z.infer<typeof textSchema>;
export type CLIPVisionConfig = z.infer<typeof visionSchema>;

/** What a text tower is made from: the fields that are not to be the defaults, or a config.json. */
export type CLIPTextSettings = Partial<CLIPTextConfig> | PretrainedConfig;

/** The same of a vision tower. */
export type CLIPVisionSettings = Partial<CLIPVisionConfig> | PretrainedConfig;

/** Null, as older files have it, is the default too. */
const orDefault = (value: unknown): unknown => value ?? {};

export const clipSchema = pretrainedFields.extend({
  text_config: z.preprocess(orDefault, textSchema),
  vision_config: z.preprocess(orDefault, visionSchema),
  projection_dim: projection,
  logit_scale_init_value: z.number().default(2.6592),
  initializer_factor: z.number().min(0).default(1),
});

export type CLIPConfig = z.infer<typeof clipSchema>;

/** One tower's part of a configuration of both, with the projection that both have where the part does not say; else as it is. */
function partOf(part: string): (config: unknown) => unknown {
  return (config) => {
    if (typeof config !== 'object' || config === null) return config;
    const { [part]: inner, projection_dim } = config as Readonly<Record<string, unknown>>;
    return typeof inner === 'object' && inner !== null
      ? { ...(projection_dim !== undefined && { projection_dim }), ...inner }
      : config;
  };
}

/** For a text tower by itself, from its own config.json or from that of both towers. */
export const clipTextSchema = z.preprocess(partOf('text_config'), textSchema);

/** For a vision tower by itself, from its own config.json or from that of both towers. */
export const clipVisionSchema = z.preprocess(partOf('vision_config'), visionSchema);
