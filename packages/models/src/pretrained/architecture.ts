// SPDX-License-Identifier: Apache-2.0
// What makes a published model loadable: its class, its configuration, and how its names stand in files.

import type { Generator } from '@nabla/core';
import type { Module } from '@nabla/layers';
import { z } from 'zod';

/** A token id, or several, or none. */
const tokenIds = z.union([z.int().min(0), z.array(z.int().min(0))]).nullish();

/** How config.json says whose it is; all else is kept as it stands, so that each architecture can have defaults of its own. */
export const modelNames = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().optional(),
});

/**
 * What config.json has for every model, with transformers' defaults. Schemas of models extend it; fields that nobody names are kept,
 * so that a configuration goes back as it came.
 */
export const pretrainedFields = modelNames.extend({
  initializer_range: z.number().min(0).default(0.02),
  tie_word_embeddings: z.boolean().default(true),
  bos_token_id: tokenIds,
  eos_token_id: tokenIds,
  pad_token_id: z.int().nullish(),
});

export type PretrainedConfig = z.infer<typeof pretrainedFields>;

/** A model as transformers names it. */
export interface Architecture<Config extends PretrainedConfig = PretrainedConfig> {
  /** As `architectures` of config.json says it: `GPT2LMHeadModel`. */
  readonly name: string;
  /** As `model_type` of config.json says it: `gpt2`. */
  readonly modelType: string;
  readonly schema: z.ZodType<Config>;
  /**
   * What names have in front of them where the network stands inside a model with a head: `transformer`. Checkpoints are found with
   * it and without it.
   */
  readonly prefix: string;
  /**
   * Other names under which checkpoints have a tensor, such as those of an embedding that several parts share. They are looked for
   * where a tensor's own name is missing, with the prefix and without it. Default: there are none.
   */
  aliases?(config: Config): Readonly<Record<string, readonly string[]>>;
  /** Tensors that a checkpoint may lack: they keep what the class gave them. Default: there are none. */
  readonly optional?: readonly string[];
  /**
   * Some tensors and their shapes, which between them fix every size and every count that the configuration has: they are looked for
   * before a model is made, so that no number of a configuration is trusted with an allocation.
   */
  anchors(config: Config): Readonly<Record<string, readonly number[]>>;
  /** The same of a head, which a checkpoint may lack where parameters may start anew. Default: there are none. */
  headAnchors?(config: Config): Readonly<Record<string, readonly number[]>>;
}

/** A module that has published weights. */
export interface PretrainedModel<Config extends PretrainedConfig = PretrainedConfig> extends Module {
  readonly config: Config;
}

/** The class of a {@link PretrainedModel}. */
export interface PretrainedClass<
  Config extends PretrainedConfig = PretrainedConfig,
  Model extends PretrainedModel<Config> = PretrainedModel<Config>,
> {
  readonly architecture: Architecture<Config>;
  new (config: Config, generator: Generator): Model;
}
