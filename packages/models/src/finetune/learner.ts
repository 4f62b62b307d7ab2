// SPDX-License-Identifier: Apache-2.0
// What every task of fine-tuning gives to the recipe.

import { type Tensor, mul, scalar } from '@nabla/core';
import type { Dataset, PretrainedTokenizer } from '@nabla/data';

import { type GenerativeModel, isEncoderDecoder } from '../generation/decoding.ts';
import { isGenerative } from '../generation/text-model.ts';
import { writeText } from '../generation/write-text.ts';
import type { PretrainedConfig, PretrainedModel } from '../pretrained/architecture.ts';
import { type EvaluationOptions, meanMetrics } from '../training/evaluation.ts';
import type { Metrics } from '../training/events.ts';
import type { Prediction, ResolveData } from '../training/recipe.ts';
import type { TokenBatch, TokenExample } from './batches.ts';
import type { FinetuneConfig } from './config.ts';

/** What a model is told beside its tokens. */
export interface TextInputs {
  readonly attentionMask?: Tensor | undefined;
  readonly tokenTypeIds?: Tensor | undefined;
  /** The mask of the text that is read, for a model that reads one and writes another. */
  readonly sourceMask?: Tensor | undefined;
}

/** A model of text that can be trained. */
export interface TextModel<Config extends PretrainedConfig = PretrainedConfig> extends PretrainedModel<Config> {
  forward(tokens: Tensor, inputs?: TextInputs): Tensor;
  /** The mean cost of a batch. */
  loss(tokens: Tensor, labels: Tensor, inputs?: TextInputs): Tensor;
}

/** What the loss alone needs of a model. */
type LearningModel = PretrainedModel & Pick<TextModel, 'loss'>;

/** The data of a task, in tokens. */
export interface TokenData {
  readonly train: Dataset<TokenExample>;
  readonly heldOut: Dataset<TokenExample>;
  /** Fields of config.json that follow from the data, such as the names of the classes. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What a task reads and measures. */
export interface FinetuneTask {
  /** Modules that are trained whole where all else is corrected: a head that starts anew. */
  readonly head: readonly string[];
  readData(config: FinetuneConfig, tokenizer: PretrainedTokenizer, resolveData: ResolveData): Promise<TokenData>;
  /** How many costs the loss of a batch is the mean of. */
  weight(batch: TokenBatch): number;
  /** Held-out metrics, `loss` among them, of at most `count` examples. */
  evaluate(model: TextModel, data: Dataset<TokenExample>, padding: number, count: number): Metrics;
  predict(
    model: TextModel,
    tokenizer: PretrainedTokenizer,
    config: FinetuneConfig,
    inputs: readonly string[],
  ): Promise<Prediction[]>;
}

/** What a model makes of a batch, its labels unseen. */
export function forwardBatch(model: TextModel, batch: TokenBatch): Tensor {
  return model.forward(batch.tokens, inputsOf(model, batch));
}

/** The mean cost of a batch. */
export function lossOfBatch(model: LearningModel, batch: TokenBatch, labels = batch.labels): Tensor {
  return model.loss(batch.tokens, labels, inputsOf(model, batch));
}

/** The mean cost of a token in at most `count` examples, and its exponential. */
export function evaluateTokens(
  { weight }: Pick<FinetuneTask, 'weight'>,
  model: LearningModel,
  data: Dataset<TokenExample>,
  options: EvaluationOptions<TokenExample, TokenBatch>,
): Metrics {
  const means = meanMetrics(data, options, (batch) => {
    const tokens = scalar(weight(batch));
    return { cost: mul(lossOfBatch(model, batch), tokens), tokens };
  });
  const loss = (means['cost'] ?? NaN) / (means['tokens'] ?? NaN);
  return { loss, perplexity: Math.exp(loss) };
}

/** A model that writes another text than it reads is told the padding of the latter: that of the former shows in the labels. */
function inputsOf(model: PretrainedModel, { attentionMask, tokenTypeIds }: TokenBatch): TextInputs {
  const readsAnother = isGenerative(model) && isEncoderDecoder(model);
  return readsAnother ? { sourceMask: attentionMask } : { attentionMask, tokenTypeIds };
}

/**
 * What a model writes for each input: a continuation, or an answer.
 *
 * @throws {ArgumentError} as {@link writeText}
 */
export async function writeAnswers(
  model: TextModel,
  tokenizer: PretrainedTokenizer,
  inputs: readonly string[],
  maximumNewTokens?: number,
): Promise<Prediction[]> {
  const answers: Prediction[] = [];
  for (const input of inputs) {
    let prediction = '';
    for await (const piece of writeText(writerOf(model), tokenizer, input, { maximumNewTokens })) prediction += piece;
    answers.push({ input, prediction });
  }
  return answers;
}

/** A model of a task whose models write. */
export function writerOf(model: PretrainedModel): GenerativeModel {
  if (isGenerative(model)) return model;
  throw new TypeError(`${model.constructor.name} does not write`);
}
