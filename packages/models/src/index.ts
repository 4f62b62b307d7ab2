// SPDX-License-Identifier: Apache-2.0
// The public surface of @nabla/models.

export { FINETUNE_TASKS, type FinetuneConfig, finetuneDefaults, finetuneSchema } from './finetune/config.ts';
export { type BertConfig, bertSchema } from './bert/config.ts';
export {
  BertForMaskedLM,
  BertForQuestionAnswering,
  BertForSequenceClassification,
  BertForTokenClassification,
} from './bert/heads.ts';
export { BertForNextSentencePrediction, BertForPreTraining } from './bert/pretraining.ts';
export { type BertInputs, BertModel, type BertModelOptions } from './bert/model.ts';
export { cosineOf } from './embedding/cosine.ts';
export type { Pooling } from './embedding/pooling.ts';
export { type EmbedOptions, SentenceEmbedder, type SentenceEmbedderOptions } from './embedding/sentence-embedder.ts';
export { type SentenceSettings, isSentenceEncoder } from './embedding/sentence-settings.ts';
export {
  type CLIPConfig,
  type CLIPTextConfig,
  type CLIPTextSettings,
  type CLIPVisionConfig,
  type CLIPVisionSettings,
  clipSchema,
} from './clip/config.ts';
export { PublishedClassifier, type PublishedClassifierOptions } from './classification/published-classifier.ts';
export { type ClassAnswer, type RankedClass, rankClasses } from './classification/rank-classes.ts';
export { type CLIPInputs, CLIPModel, type CLIPOutput, type CLIPSettings } from './clip/model.ts';
export { CLIPTextModel, CLIPTextModelWithProjection, type TextInputs, type TowerOutput } from './clip/text.ts';
export { CLIPVisionModel, CLIPVisionModelWithProjection } from './clip/vision.ts';
export { type BartConfig, bartSchema } from './bart/config.ts';
export { BartForSequenceClassification } from './bart/classifier.ts';
export { MBartForConditionalGeneration, MBartModel, mbartSchema } from './bart/mbart.ts';
export { BartForConditionalGeneration, type BartInputs, BartModel } from './bart/model.ts';
export { type FnnConfig, fnnDefaults, fnnSchema } from './fnn/config.ts';
export { type FnnShape, makeFnn } from './fnn/model.ts';
export { KeyValueCache, type KeysAndValues } from './generation/cache.ts';
export { type CausalModel, nextTokenLoss } from './generation/causal-model.ts';
export type { DecoderInputs } from './generation/decoder-mask.ts';
export { type GenerativeModel, isEncoderDecoder } from './generation/decoding.ts';
export { type Encoded, type EncoderDecoderModel, shiftRight } from './generation/encoder-decoder-model.ts';
export { type Generated, generate, generateTokens } from './generation/generate.ts';
export { type GenerationConfig, generationDefaults, readGenerationConfig } from './generation/generation-config.ts';
export type { LogitContext, LogitMask, SequenceBias } from './generation/logit-settings.ts';
export type { BatchOptions, GenerationOptions } from './generation/options.ts';
export type { GenerationInputs } from './generation/prompts.ts';
export { StopStrings } from './generation/stop-strings.ts';
export { GenerationSession } from './generation/session.ts';
export { type TextModel, isPretrainedFolder, loadTextModel } from './generation/text-model.ts';
export type { FinishReason, GeneratedToken, TokenProbability } from './generation/write-rows.ts';
export {
  type TextOptions,
  type TextPiece,
  type TextTokenizer,
  writePieces,
  writeText,
} from './generation/write-text.ts';
export { type DistilBertConfig, distilBertSchema } from './distilbert/config.ts';
export {
  DistilBertForMaskedLM,
  DistilBertForQuestionAnswering,
  DistilBertForSequenceClassification,
  DistilBertForTokenClassification,
} from './distilbert/heads.ts';
export { DistilBertModel } from './distilbert/model.ts';
export { GPT2ForSequenceClassification } from './gpt2/classifier.ts';
export { type GPT2Config, gpt2Schema } from './gpt2/config.ts';
export { GPT2LMHeadModel, GPT2Model } from './gpt2/model.ts';
export type { EncoderInputs, EncoderModel } from './heads/encoder-model.ts';
export { LastTokenClassifier } from './heads/last-token-classifier.ts';
export { MaskedLanguageModel } from './heads/masked-language-model.ts';
export { type AnswerLogits, type AnswerPlaces, QuestionAnswerer } from './heads/question-answerer.ts';
export { TextClassifier, isTextClassifier } from './heads/text-classifier.ts';
export { TokenClassifier } from './heads/token-classifier.ts';
export { isAdapterFolder } from './lora/adapted-model.ts';
export { Lora, type LoraOptions, defaultTargets } from './lora/lora.ts';
export { loadAdapter, saveAdapter } from './lora/peft-files.ts';
export {
  LlamaForSequenceClassification,
  MistralForSequenceClassification,
  Qwen2ForSequenceClassification,
} from './llama/classifier.ts';
export {
  type LlamaConfig,
  type MistralConfig,
  type Qwen2Config,
  llamaSchema,
  mistralSchema,
  qwen2Schema,
} from './llama/config.ts';
export {
  LlamaForCausalLM,
  LlamaModel,
  MistralForCausalLM,
  MistralModel,
  Qwen2ForCausalLM,
  Qwen2Model,
} from './llama/model.ts';
export { type HubProgress, type ResolvePretrainedOptions, resolvePretrained } from './hub/resolve-pretrained.ts';
export { Accuracy } from './metrics/accuracy.ts';
export { Bleu, tokenize13a } from './metrics/bleu.ts';
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
export { mpnetSchema } from './mpnet/config.ts';
export { MPNetForMaskedLM, MPNetForSequenceClassification } from './mpnet/heads.ts';
export { MPNetModel } from './mpnet/model.ts';
export { TRAINED_FOLDERS } from './finetune/recipe.ts';
export { findRecipe, recipes } from './registry.ts';
export type { Architecture, PretrainedClass, PretrainedConfig, PretrainedModel } from './pretrained/architecture.ts';
export { architectures } from './pretrained/architectures.ts';
export { checkpointBlocks } from './pretrained/gradient-checkpointing.ts';
export {
  type ConvertOptions,
  type ConvertProgress,
  type Converted,
  convertPretrained,
} from './pretrained/convert-pretrained.ts';
export { type FromPretrainedOptions, classInFolder, fromPretrained } from './pretrained/from-pretrained.ts';
export type { ImageInputs } from './pretrained/patches.ts';
export { classificationLoss } from './pretrained/labels.ts';
export { STORAGES, type WeightStorage, storeMatrices } from './pretrained/storage.ts';
export { type SavePretrainedOptions, savePretrained } from './pretrained/save-pretrained.ts';
export { type RobertaConfig, robertaSchema, xlmRobertaSchema } from './roberta/config.ts';
export {
  RobertaForMaskedLM,
  RobertaForQuestionAnswering,
  RobertaForSequenceClassification,
  RobertaForTokenClassification,
  XLMRobertaForMaskedLM,
  XLMRobertaForQuestionAnswering,
  XLMRobertaForSequenceClassification,
  XLMRobertaForTokenClassification,
} from './roberta/heads.ts';
export { RobertaModel, XLMRobertaModel } from './roberta/model.ts';
export { type T5Config, mt5Schema, t5Schema } from './t5/config.ts';
export { MT5EncoderModel, MT5ForConditionalGeneration } from './t5/mt5.ts';
export { T5EncoderModel, T5ForConditionalGeneration, type T5Inputs } from './t5/model.ts';
export { type TextCnnConfig, textCnnDefaults, textCnnSchema } from './text-cnn/config.ts';
export { TextCnn, type TextCnnShape } from './text-cnn/model.ts';
export type { Chart, ChartLine } from './training/chart.ts';
export type { Checkpoint, TrainerState } from './training/checkpoint.ts';
export { type RawConfiguration, resolveConfiguration } from './training/configuration.ts';
export type { Emit, Metrics, TrainingEvent } from './training/events.ts';
export type {
  Batch,
  EvaluationProgress,
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
export { type ViTConfig, vitSchema } from './vit/config.ts';
export { ViTForImageClassification, ViTModel } from './vit/model.ts';
export { type TranslationConfig, translationDefaults, translationSchema } from './translation/config.ts';
export { type TranslationBatch, type TranslationShape, TranslationTransformer } from './translation/model.ts';
export { version } from './version.ts';
