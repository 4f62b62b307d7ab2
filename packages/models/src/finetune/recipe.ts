// SPDX-License-Identifier: Apache-2.0
// The recipe `finetune`: a published model learns from your own texts, all of it or low-rank corrections alone.

import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ArgumentError, Generator, type Tensor, reshape } from '@nabla/core';
import { ConcatDataset, DataLoader, type Dataset, PretrainedTokenizer, SimilarLengthSampler } from '@nabla/data';
import type { Module } from '@nabla/layers';

import { isGenerative } from '../generation/text-model.ts';
import { writeText } from '../generation/write-text.ts';
import { resolvePretrained } from '../hub/resolve-pretrained.ts';
import { Lora } from '../lora/lora.ts';
import { saveAdapter } from '../lora/peft-files.ts';
import { type PretrainedClass, pretrainedFields } from '../pretrained/architecture.ts';
import { CONFIG_FILE, fromPretrained } from '../pretrained/from-pretrained.ts';
import { checkpointBlocks, scopeBlocks } from '../pretrained/gradient-checkpointing.ts';
import { checkFields, readJsonFile } from '../pretrained/json-file.ts';
import { type LabelsConfig, labelNames } from '../pretrained/labels.ts';
import { savePretrained } from '../pretrained/save-pretrained.ts';
import type { Recipe, RestoredModel, Task } from '../training/recipe.ts';
import { type TokenBatch, type TokenExample, collateTokens } from './batches.ts';
import { causalLanguageModelTask } from './causal-lm.ts';
import { classFor } from './classes.ts';
import { classificationTask } from './classification.ts';
import { type FinetuneConfig, finetuneDefaults, finetuneSchema, finetuneTaskDefaults, loraDefaults } from './config.ts';
import { type FinetuneTask, type TextModel, lossOfBatch } from './learner.ts';
import { sequenceToSequenceTask } from './seq2seq.ts';

const TASKS: Readonly<Record<FinetuneConfig['task'], FinetuneTask>> = {
  classification: classificationTask,
  'causal-lm': causalLanguageModelTask,
  seq2seq: sequenceToSequenceTask,
};

/** The configuration of the model, as config.json has it: a run's own config.json says how it was trained. */
const MODEL_FILE = 'pretrained.json';
const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json'];

/** The folder of the trained model inside a run's: as the hub has it, or PEFT's for corrections. */
export const TRAINED_FOLDERS = { model: 'pretrained', adapter: 'adapter' } as const;

/** Examples that an evaluation looks at while training, at most. */
const QUICK = 512;

/** Corrections that own the model which they correct. */
class LoraOfOwnModel extends Lora {
  readonly #model: TextModel;

  constructor(model: TextModel, options: ConstructorParameters<typeof Lora>[1]) {
    super(model, options);
    this.#model = model;
  }

  override dispose(): void {
    super.dispose();
    this.#model.dispose();
  }
}

function makeLora(model: TextModel, config: FinetuneConfig, generator: Generator): LoraOfOwnModel | undefined {
  const { loraRank: rank, loraAlpha: alpha, loraDropout: dropout, loraTargets: targets, task } = config;
  if (rank === 0) return undefined;
  const names = [...model.namedModules()].map(([name]) => name);
  return new LoraOfOwnModel(model, {
    generator,
    rank,
    dropout,
    ...(alpha !== undefined && { alpha }),
    ...(targets !== undefined && { targets }),
    trained: TASKS[task].head.filter((head) => names.includes(head)),
  });
}

/** A published model for a task, and the corrections that are trained in its place, where it is corrected only. */
async function loadModel(
  config: FinetuneConfig,
  fields: Readonly<Record<string, unknown>>,
  generator: Generator,
): Promise<{ model: TextModel; trained: Module; lora: Lora | undefined }> {
  const source = await resolvePretrained(config.model);
  const pretrained = await readJsonFile(join(source, CONFIG_FILE), pretrainedFields);
  const Class = classFor(config.task, pretrained) as PretrainedClass<typeof pretrained, TextModel>;
  const model = await fromPretrained(source, Class, { generator, newParameters: true, config: fields });
  try {
    const lora = makeLora(model, config, generator);
    return { model, lora, trained: lora ?? model };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The tokenizer's files as the run keeps them. */
async function readTokenizerFiles(folder: string): Promise<Record<string, unknown>> {
  const found = TOKENIZER_FILES.filter((name) => existsSync(join(folder, name)));
  const contents = found.map(async (name) => [name, JSON.parse(await readFile(join(folder, name), 'utf8'))] as const);
  return Object.fromEntries(await Promise.all(contents));
}

export const finetuneRecipe: Recipe<typeof finetuneSchema, TokenBatch> = {
  name: 'finetune',
  title: 'a published transformer that learns from your texts',
  schema: finetuneSchema,
  defaults: finetuneDefaults,
  taskDefaults: finetuneTaskDefaults,
  dependentDefaults: [loraDefaults],
  fileNames: () => [MODEL_FILE],

  async prepare(config, generator, resolveData): Promise<Task<TokenBatch>> {
    const task = TASKS[config.task];
    const source = await resolvePretrained(config.model);
    const tokenizer = await PretrainedTokenizer.fromFolder(source);
    const data = await task.readData(config, tokenizer, resolveData);
    const { model, trained, lora } = await loadModel(config, data.fields, generator);
    const padding = tokenizer.padId ?? 0;
    if (config.gradientCheckpointing) checkpointBlocks(model);
    else scopeBlocks(model);
    const { batchSize } = config;
    const loader = new DataLoader(data.train, {
      batchSize,
      sampler: new SimilarLengthSampler(lengthsOf(data.train), {
        batchSize,
        generator: new Generator(generator.integer(2 ** 48)),
      }),
      collate: (examples) => collateTokens(examples, padding),
    });
    return {
      model: trained,
      loader,
      batchesPerEpoch: loader.batchesPerEpoch,
      loss: (batch) => lossOfBatch(model, batch, labelsOf(config, batch.labels)),
      weight: (batch) => task.weight(batch),
      evaluate: (quick) => task.evaluate(model, data.heldOut, padding, quick ? QUICK : Infinity),
      files: { [MODEL_FILE]: model.config, ...(await readTokenizerFiles(source)) },
      async export(folder) {
        if (lora !== undefined) await saveAdapter(model, lora, join(folder, TRAINED_FOLDERS.adapter));
        else await savePretrained(model, join(folder, TRAINED_FOLDERS.model));
      },
    };
  },

  async restore(config, files, folder): Promise<RestoredModel> {
    const task = TASKS[config.task];
    const isKept = existsSync(join(folder, 'tokenizer.json'));
    const tokenizer = await PretrainedTokenizer.fromFolder(isKept ? folder : await resolvePretrained(config.model));
    const fields = checkFields(join(folder, MODEL_FILE), files[MODEL_FILE], pretrainedFields);
    const generator = new Generator(config.seed);
    const { model, trained } = await makeModel(config, fields, generator);
    return {
      model: trained,
      async evaluate(resolveData, data) {
        const found = await task.readData({ ...config, data: data ?? config.data }, tokenizer, resolveData);
        checkClasses(model, found.fields);
        const examples = data === undefined ? found.heldOut : new ConcatDataset([found.train, found.heldOut]);
        return task.evaluate(model, examples, tokenizer.padId ?? 0, Infinity);
      },
      predict: (inputs) => task.predict(model, tokenizer, config, inputs),
      ...(isGenerative(model) && {
        generate: ({ prompt, tokens, ...options }) =>
          writeText(model, tokenizer, prompt, { ...options, maximumNewTokens: tokens }),
      }),
    };
  },
};

/** @throws {ArgumentError} data have other classes than the model (code `CLASSES`) */
function checkClasses(model: TextModel, fields: Readonly<Record<string, unknown>>): void {
  if (!('id2label' in fields)) return;
  const [own, given] = [model.config, fields].map((config) => labelNames(config as LabelsConfig).join(', '));
  if (own === given) return;
  const mismatch = {
    op: 'evaluate',
    argument: 'the data',
    expected: `to have the classes ${own}`,
    received: String(given),
  };
  throw new ArgumentError(mismatch, 'CLASSES');
}

/** The model of a run: its weights are the run's, except for those that were only corrected. */
async function makeModel(
  config: FinetuneConfig,
  fields: ReturnType<typeof pretrainedFields.parse>,
  generator: Generator,
): Promise<{ model: TextModel; trained: Module }> {
  if (config.loraRank > 0) return loadModel(config, fields, generator);
  const Class = classFor(config.task, fields) as PretrainedClass<typeof fields, TextModel>;
  const model = generator.withoutDrawing(() => new Class(fields, generator));
  return { model, trained: model };
}

/** Tokens of each text. */
function lengthsOf(texts: Dataset<TokenExample>): Int32Array {
  return Int32Array.from({ length: texts.length }, (_, i) => texts.get(i).ids.length);
}

/** One label a text is a list without an axis of time. */
function labelsOf({ task }: FinetuneConfig, labels: Tensor): Tensor {
  return task === 'classification' ? reshape(labels, [-1]) : labels;
}
