// SPDX-License-Identifier: Apache-2.0
// Rotary positions as transformers computes them: how fast each pair of features turns, for every rope_type.

import { z } from 'zod';

const size = z.int().min(1);
const positive = z.number().gt(0);

const ROPE_TYPES = ['default', 'linear', 'dynamic', 'llama3', 'yarn', 'longrope'] as const;
type RopeType = (typeof ROPE_TYPES)[number];

/** Fields that a type does not work without. */
const NEEDED: Readonly<Record<RopeType, readonly string[]>> = {
  default: [],
  linear: ['factor'],
  dynamic: ['factor'],
  llama3: ['factor', 'low_freq_factor', 'high_freq_factor'],
  yarn: [],
  longrope: [],
};

const ropeFields = z
  .looseObject({
    rope_type: z.enum(ROPE_TYPES).optional(),
    type: z.enum(ROPE_TYPES).optional(), // what rope_type was called before
    rope_theta: positive.optional(),
    partial_rotary_factor: z.literal(1).nullish(), // all features turn
    factor: positive.nullish(),
    original_max_position_embeddings: size.nullish(),
    low_freq_factor: positive.nullish(),
    high_freq_factor: positive.nullish(),
    attention_factor: z.number().min(0).nullish(),
    beta_fast: z.number().min(0).nullish(),
    beta_slow: z.number().min(0).nullish(),
    mscale: z.number().nullish(),
    mscale_all_dim: z.number().nullish(),
    truncate: z.boolean().nullish(),
    short_factor: z.array(positive).nullish(), // one for each pair
    long_factor: z.array(positive).nullish(),
  })
  .superRefine((fields, context) => {
    const type = typeOf(fields);
    const missing = NEEDED[type].find((name) => typeof fields[name] !== 'number');
    if (missing !== undefined) {
      context.addIssue({ code: 'custom', path: [missing], message: `to be a number, for positions of type ${type}` });
    }
    const { low_freq_factor: low, high_freq_factor: high } = fields;
    if (type === 'llama3' && Number(high) <= Number(low)) {
      context.addIssue({ code: 'custom', path: ['high_freq_factor'], message: 'to be above low_freq_factor' });
    }
    for (const name of type === 'longrope' ? (['short_factor', 'long_factor'] as const) : []) {
      if (fields[name]) continue;
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `to be a list of numbers, for positions of type ${type}`,
      });
    }
    if (type === 'yarn' && fields.rope_theta === 1) {
      context.addIssue({ code: 'custom', path: ['rope_theta'], message: 'to be another number than 1' });
    }
  });

type RopeParameters = z.infer<typeof ropeFields>;

/** Where config.json says how positions turn: `rope_parameters` since transformers 5, the other fields before. */
export const ropeConfigFields = {
  max_position_embeddings: size,
  original_max_position_embeddings: size.nullish(),
  rope_theta: positive.nullish(),
  rope_parameters: ropeFields.nullish(),
  rope_scaling: ropeFields.nullish(),
};

/** The part of a configuration that {@link ropeOf} reads. */
export type RopeConfig = z.infer<z.ZodObject<typeof ropeConfigFields>>;

/** How positions turn. */
export interface Rope {
  readonly type: RopeType;
  /** The base of the frequencies. */
  readonly theta: number;
  /** Features of a head. */
  readonly headSize: number;
  /** `max_position_embeddings`. */
  readonly context: number;
  readonly parameters: RopeParameters;
}

/** What a configuration says of positions, wherever it says it. */
export function ropeOf(config: RopeConfig, headSize: number): Rope {
  const { rope_scaling: scaling, rope_parameters, rope_theta, max_position_embeddings: context } = config;
  const hasScaling = scaling !== null && scaling !== undefined && Object.keys(scaling).length > 0;
  const given = (hasScaling ? scaling : rope_parameters) ?? {};
  const original = config.original_max_position_embeddings ?? given.original_max_position_embeddings ?? context;
  const parameters = { ...given, original_max_position_embeddings: original };
  return { type: typeOf(given), theta: given.rope_theta ?? rope_theta ?? 10000, headSize, context, parameters };
}

function typeOf({ rope_type, type }: Pick<RopeParameters, 'rope_type' | 'type'>): RopeType {
  return rope_type ?? type ?? 'default';
}

/** How fast each pair turns, and what all cosines and sines are multiplied by. */
export interface Frequencies {
  /** `[headSize / 2]`: radians per position. */
  readonly radians: Float32Array;
  readonly scale: number;
}

/**
 * The frequencies of a sequence, rounded to float32 where transformers rounds: far positions multiply what rounding leaves.
 *
 * @param length  the greatest position of the sequence, and 1: what `dynamic` depends on
 */
export function ropeFrequencies(rope: Rope, length: number): Frequencies {
  return FREQUENCIES[rope.type](rope, length);
}

const FREQUENCIES: Readonly<Record<RopeType, (rope: Rope, length: number) => Frequencies>> = {
  default: ({ theta, headSize }) => ({ radians: powers(theta, headSize), scale: 1 }),
  linear: (rope) => ({ radians: powers(rope.theta, rope.headSize).map((f) => f / factorOf(rope)), scale: 1 }),
  dynamic: dynamicFrequencies,
  llama3: llama3Frequencies,
  yarn: yarnFrequencies,
  longrope: longFrequencies,
};

/** `theta^(-2i / headSize)` for pair i, as Su et al. 2021 have it. */
function powers(theta: number, headSize: number): Float32Array {
  return Float32Array.from({ length: headSize / 2 }, (_, i) => {
    return 1 / Math.fround(Math.fround(theta) ** Math.fround((2 * i) / headSize));
  });
}

function factorOf({ context, parameters }: Rope): number {
  return parameters.factor ?? context / (parameters.original_max_position_embeddings ?? context);
}

/** The base grows with sequences that are longer than those of the training: "dynamic NTK". */
function dynamicFrequencies(rope: Rope, length: number): Frequencies {
  const { theta, headSize, context } = rope;
  const factor = factorOf(rope);
  const stretch = (factor * Math.max(length, context)) / context - (factor - 1);
  return { radians: powers(theta * stretch ** (headSize / (headSize - 2)), headSize), scale: 1 };
}

/** Slow pairs turn slower by a factor, fast ones as before, and those between by a mean of both: as in Llama 3.1. */
function llama3Frequencies(rope: Rope): Frequencies {
  const { original_max_position_embeddings, low_freq_factor, high_freq_factor } = rope.parameters;
  const [original, low, high] = [original_max_position_embeddings, low_freq_factor, high_freq_factor].map(Number);
  const [trained = 1, slow = 1, fast = 4] = [original, low, high];
  const factor = factorOf(rope);
  const radians = powers(rope.theta, rope.headSize).map((f) => {
    const turns = (trained * f) / (2 * Math.PI); // in the length that the model was trained on
    if (turns < slow) return f / factor;
    if (turns > fast) return f;
    const share = (turns - slow) / (fast - slow);
    return ((1 - share) * f) / factor + share * f;
  });
  return { radians, scale: 1 };
}

/**
 * As llama3, but the mean goes by the number of the pair; and attention is sharpened by a factor on all cosines and sines.
 *
 * @see Peng et al. 2023, https://arxiv.org/abs/2309.00071
 */
function yarnFrequencies(rope: Rope): Frequencies {
  const { theta, headSize, context, parameters } = rope;
  const { attention_factor, mscale, mscale_all_dim: mscaleAll, truncate } = parameters;
  const factor = factorOf(rope);
  const trained = parameters.original_max_position_embeddings ?? context;
  /** The pair that turns so many times in the length that the model was trained on. */
  const pairOf = (turns: number): number =>
    (headSize * Math.log(trained / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const isTruncated = truncate ?? true;
  const [fast, slow] = [pairOf(parameters.beta_fast || 32), pairOf(parameters.beta_slow || 1)];
  const low = Math.max(isTruncated ? Math.floor(fast) : fast, 0);
  const high = Math.min(isTruncated ? Math.ceil(slow) : slow, headSize - 1);
  const width = high === low ? 0.001 : high - low;
  const radians = powers(theta, headSize).map((f, i) => {
    const share = Math.min(Math.max((i - low) / width, 0), 1);
    return (f / factor) * share + f * (1 - share);
  });
  const sharpen = (by: number): number => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  const scale = attention_factor ?? (mscale && mscaleAll ? sharpen(mscale) / sharpen(mscaleAll) : sharpen(1));
  return { radians, scale };
}

/**
 * Each pair turns slower by a factor of its own, searched for by whoever trained the model: one list for sequences of the length that it
 * was first trained on, one for longer ones; and attention is sharpened by a factor on all cosines and sines.
 *
 * @see Ding et al. 2024, https://arxiv.org/abs/2402.13753
 */
function longFrequencies(rope: Rope, length: number): Frequencies {
  const { theta, headSize, context, parameters } = rope;
  const trained = parameters.original_max_position_embeddings ?? context;
  const factors = (length > trained ? parameters.long_factor : parameters.short_factor) ?? [];
  const { fround } = Math;
  const radians = Float32Array.from({ length: headSize / 2 }, (_, i) => {
    return 1 / fround(fround(factors[i] ?? NaN) * fround(fround(theta) ** fround((2 * i) / headSize)));
  });
  const factor = factorOf(rope);
  const sharpened = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(trained));
  return { radians, scale: parameters.attention_factor ?? sharpened };
}

/** The first list of factors that has not one for each pair of a head, where positions are of type longrope. */
export function wrongFactors({ type, headSize, parameters }: Rope): string | undefined {
  if (type !== 'longrope') return undefined;
  return (['short_factor', 'long_factor'] as const).find((name) => parameters[name]?.length !== headSize / 2);
}
