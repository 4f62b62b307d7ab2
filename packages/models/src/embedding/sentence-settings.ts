// SPDX-License-Identifier: Apache-2.0
// How a folder makes sentence embeddings, as sentence-transformers wrote it down.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { pretrainedError } from '../pretrained/errors.ts';
import { readJsonFile } from '../pretrained/json-file.ts';
import { MODULES_FILE, modulesSchema } from '../pretrained/sentence-modules.ts';
import { encoderClasses, readModelType } from './encoders.ts';
import type { Pooling } from './pooling.ts';

/** What follows the encoder, and which texts it takes. */
export interface SentenceSettings {
  /** Where the encoder and its tokenizer are. */
  readonly encoderFolder: string;
  /** How the vectors of tokens become one; of several ways the results stand side by side. */
  readonly pooling: readonly Pooling[];
  /** The features of a token that the pooling is made for, and the file that says so. */
  readonly pooled?: { readonly features: number; readonly file: string };
  /** Folders of linear maps after the pooling, in their order. */
  readonly denseFolders: readonly string[];
  readonly normalize: boolean;
  /** The most tokens of a text, where the folder says it. */
  readonly maximumLength?: number;
  readonly lowerCase: boolean;
}

/** Fields of 1_Pooling/config.json, in the order in which the results stand side by side, and what each asks for. */
const POOLING_FIELDS = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_max_tokens: 'max',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_mean_sqrt_len_tokens: 'sumOverRoot',
  pooling_mode_weightedmean_tokens: 'weightedMean',
  pooling_mode_lasttoken: 'last',
} as const satisfies Record<string, Pooling>;

type PoolingField = keyof typeof POOLING_FIELDS;

const poolingFields = Object.keys(POOLING_FIELDS) as PoolingField[];

const poolingSchema = z.looseObject({
  word_embedding_dimension: z.int().min(1).optional(),
  ...(Object.fromEntries(poolingFields.map((field) => [field, z.boolean().optional()])) as Record<
    PoolingField,
    z.ZodOptional<z.ZodBoolean>
  >),
});

const lengthSchema = z.looseObject({
  max_seq_length: z.int().min(1).nullish(),
  do_lower_case: z.boolean().nullish(),
});

/**
 * Whether a folder is one to make vectors of texts with: it has a modules.json, or its model reads texts and writes none.
 *
 * @throws {ArgumentError} config.json is missing or no JSON (code `PRETRAINED`)
 */
export async function isSentenceEncoder(folder: string): Promise<boolean> {
  if (existsSync(join(folder, MODULES_FILE))) return true;
  return encoderClasses.has(await readModelType(folder));
}

/**
 * Reads modules.json and the files that it names. A folder without it is an encoder that nobody made for sentences: the mean of all
 * tokens, normalized, serves best there.
 *
 * @throws {ArgumentError} a file is broken, or asks for a module that is not known (code `PRETRAINED`)
 */
export async function readSentenceSettings(folder: string): Promise<SentenceSettings> {
  const file = join(folder, MODULES_FILE);
  if (!existsSync(file)) {
    return {
      encoderFolder: folder,
      pooling: ['mean'],
      denseFolders: [],
      normalize: true,
      ...(await readLength(folder)),
    };
  }
  const modules = await readJsonFile(file, modulesSchema);
  const places = modules.map(({ path, type }, i) => ({ kind: kindOf(file, i, type), folder: join(folder, path) }));
  const kinds = places.map(({ kind }) => kind);
  const [encoder, pooling, ...rest] = places;
  if (encoder?.kind !== 'Transformer' || pooling?.kind !== 'Pooling' || !isEnding(kinds.slice(2))) {
    const expected = 'to be Transformer, Pooling, then any Dense, then Normalize or nothing';
    throw pretrainedError({ file, expected, received: kinds.join(', ') || 'nothing' });
  }
  return {
    encoderFolder: encoder.folder,
    ...(await readPooling(join(pooling.folder, 'config.json'))),
    denseFolders: rest.filter(({ kind }) => kind === 'Dense').map((place) => place.folder),
    normalize: kinds.includes('Normalize'),
    ...(await readLength(encoder.folder)),
  };
}

const KINDS = ['Transformer', 'Pooling', 'Dense', 'Normalize'] as const;
type Kind = (typeof KINDS)[number];

/** The class of a module, without the package that it is in, which changed over time. */
function kindOf(file: string, index: number, type: string): Kind {
  const kind = KINDS.find((known) => known === type.split('.').at(-1));
  if (kind !== undefined) return kind;
  const expected = `to end in one of ${KINDS.join(', ')}`;
  throw pretrainedError({ file, field: `[${index}].type`, expected, received: `"${type}"` });
}

/** Whether these may follow the pooling: nothing comes after the normalization. */
function isEnding(kinds: readonly Kind[]): boolean {
  return kinds.every((kind, i) => kind === 'Dense' || (kind === 'Normalize' && i === kinds.length - 1));
}

async function readPooling(file: string): Promise<Pick<SentenceSettings, 'pooling' | 'pooled'>> {
  const config = await readJsonFile(file, poolingSchema);
  const chosen = poolingFields.filter((field) => config[field] ?? field === 'pooling_mode_mean_tokens');
  if (chosen.length === 0) {
    const expected = `to set one of ${poolingFields.join(', ')}`;
    throw pretrainedError({ file, expected, received: 'none of them' });
  }
  const { word_embedding_dimension: features } = config;
  const pooling = chosen.map((field) => POOLING_FIELDS[field]);
  return { pooling, ...(features !== undefined && { pooled: { features, file } }) };
}

async function readLength(folder: string): Promise<Pick<SentenceSettings, 'maximumLength' | 'lowerCase'>> {
  const file = join(folder, 'sentence_bert_config.json');
  if (!existsSync(file)) return { lowerCase: false };
  const { max_seq_length: most, do_lower_case } = await readJsonFile(file, lengthSchema);
  return { lowerCase: do_lower_case ?? false, ...(most != null && { maximumLength: most }) };
}
