// SPDX-License-Identifier: Apache-2.0
// The encoders that sentence embeddings are made with, by the type of their model.

import { join } from 'node:path';

import type { Generator } from '@nabla/core';

import type { BertConfig } from '../bert/config.ts';
import { BertModel } from '../bert/model.ts';
import { DistilBertModel } from '../distilbert/model.ts';
import type { EncoderModel } from '../heads/encoder-model.ts';
import { MPNetModel } from '../mpnet/model.ts';
import { type PretrainedClass, type PretrainedConfig, modelNames } from '../pretrained/architecture.ts';
import { pretrainedError } from '../pretrained/errors.ts';
import { CONFIG_FILE } from '../pretrained/from-pretrained.ts';
import { readJsonFile } from '../pretrained/json-file.ts';
import { RobertaModel, XLMRobertaModel } from '../roberta/model.ts';

// Encoders of sentences only give the vectors of their tokens: many lack the pooler, and none uses it.

class BertOfTokens extends BertModel {
  constructor(config: Partial<BertConfig>, generator: Generator) {
    super(config, generator, { pooler: false });
  }
}

class RobertaOfTokens extends RobertaModel {
  constructor(config: Partial<BertConfig>, generator: Generator) {
    super(config, generator, { pooler: false });
  }
}

class XLMRobertaOfTokens extends RobertaOfTokens {
  static override readonly architecture = XLMRobertaModel.architecture;
}

class MPNetOfTokens extends MPNetModel {
  constructor(config: Partial<BertConfig>, generator: Generator) {
    super(config, generator, { pooler: false });
  }
}

type EncoderClass = PretrainedClass<PretrainedConfig, EncoderModel>;

const CLASSES: readonly EncoderClass[] = [
  BertOfTokens,
  DistilBertModel,
  MPNetOfTokens,
  RobertaOfTokens,
  XLMRobertaOfTokens,
];

/** The class for each `model_type`. */
export const encoderClasses: ReadonlyMap<string | undefined, EncoderClass> = new Map(
  CLASSES.map((Class) => [Class.architecture.modelType, Class]),
);

/** @throws {ArgumentError} config.json is missing or no JSON (code `PRETRAINED`) */
export async function readModelType(folder: string): Promise<string | undefined> {
  return (await readJsonFile(join(folder, CONFIG_FILE), modelNames)).model_type;
}

/**
 * The class of a folder's encoder. A folder that names no type is taken for a BERT.
 *
 * @throws {ArgumentError} config.json is missing, or names a type that is not known here (code `PRETRAINED`)
 */
export async function findEncoderClass(folder: string): Promise<EncoderClass> {
  const type = (await readModelType(folder)) ?? BertModel.architecture.modelType;
  const Class = encoderClasses.get(type);
  if (Class !== undefined) return Class;
  const expected = `to be one of ${[...encoderClasses.keys()].join(', ')}`;
  throw pretrainedError({ file: join(folder, CONFIG_FILE), field: 'model_type', expected, received: `"${type}"` });
}
