// SPDX-License-Identifier: Apache-2.0
// The public surface of @nabla/models.

export { type FnnConfig, fnnDefaults, fnnSchema } from './fnn/config.ts';
export { type FnnShape, makeFnn } from './fnn/model.ts';
export { KeyValueCache, type KeysAndValues } from './generation/cache.ts';
export { type CausalModel, nextTokenLoss } from './generation/causal-model.ts';
export type { DecoderInputs } from './generation/decoder-mask.ts';
export type { Encoded, EncoderDecoderModel } from './generation/encoder-decoder-model.ts';
export { type GPT2Config, gpt2Schema } from './gpt2/config.ts';
export { GPT2LMHeadModel, GPT2Model } from './gpt2/model.ts';
export { type HubProgress, type ResolvePretrainedOptions, resolvePretrained } from './hub/resolve-pretrained.ts';
export { Accuracy } from './metrics/accuracy.ts';
export type { Average, ClassScoreOptions } from './metrics/class-score.ts';
export { ConfusionMatrix } from './metrics/confusion-matrix.ts';
export { F1 } from './metrics/f1.ts';
export { MeanAbsoluteError } from './metrics/mean-absolute-error.ts';
export { MeanMetric } from './metrics/mean-metric.ts';
export type { Metric } from './metrics/metric.ts';
export { Perplexity, type PerplexityOptions } from './metrics/perplexity.ts';
export { Precision } from './metrics/precision.ts';
export { R2 } from './metrics/r2.ts';
export { Recall } from './metrics/recall.ts';
export { RocAuc, type RocAucOptions } from './metrics/roc-auc.ts';
export { RootMeanSquaredError } from './metrics/root-mean-squared-error.ts';
export { TopKAccuracy } from './metrics/top-k-accuracy.ts';
export { type RnnConfig, forecastDefaults, rnnDefaults, rnnSchema } from './rnn/config.ts';
export {
  CharacterRNN,
  type CharacterRNNShape,
  type RecurrentShape,
  SeriesForecaster,
  type SeriesForecasterShape,
} from './rnn/model.ts';
export { findRecipe, recipes } from './registry.ts';
export type { Architecture, PretrainedClass, PretrainedConfig, PretrainedModel } from './pretrained/architecture.ts';
export { architectures } from './pretrained/architectures.ts';
export {
  type ConvertOptions,
  type ConvertProgress,
  type Converted,
  convertPretrained,
} from './pretrained/convert-pretrained.ts';
export { type FromPretrainedOptions, fromPretrained } from './pretrained/from-pretrained.ts';
export { type SavePretrainedOptions, savePretrained } from './pretrained/save-pretrained.ts';
export type { Chart, ChartLine } from './training/chart.ts';
export type { Checkpoint, TrainerState } from './training/checkpoint.ts';
export { type RawConfiguration, resolveConfiguration } from './training/configuration.ts';
export type { Emit, Metrics, TrainingEvent } from './training/events.ts';
export type {
  Batch,
  GenerateOptions,
  Prediction,
  Recipe,
  ResolveData,
  RestoredModel,
  RunFiles,
  Task,
} from './training/recipe.ts';
export { EventLog } from './training/event-log.ts';
export { type NewRunOptions, type ResumeOptions, openRun, resumeRun, startRun } from './training/run.ts';
export { type RunConfiguration, readRunConfiguration } from './training/run-folder.ts';
export type { TrainingSettings } from './training/settings.ts';
export { type SummarizeOptions, summarizeRecipe } from './training/summarize.ts';
export { Trainer, type TrainerOptions, type TrainingResult } from './training/trainer.ts';
export { type TransformerConfig, transformerDefaults, transformerSchema } from './transformer/config.ts';
export { CharacterTransformer, type TransformerShape } from './transformer/model.ts';
export { version } from './version.ts';
