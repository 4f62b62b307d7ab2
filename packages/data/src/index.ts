// SPDX-License-Identifier: Apache-2.0
// The public surface of @nabla/data.

export type { AsyncDataset } from './async-dataset.ts';
export { AsyncDataLoader, type AsyncDataLoaderOptions } from './async-loader.ts';
export {
  type ImageBatch,
  type RegressionBatch,
  type TableBatch,
  type TextBatch,
  type WindowBatch,
  collateImages,
  collateRegression,
  collateTable,
  collateText,
  collateWindows,
} from './collate.ts';
export { StratifiedSampler, WeightedRandomSampler } from './class-samplers.ts';
export { ArrayDataset, ConcatDataset, MappedDataset } from './composed-datasets.ts';
export { CsvDataset, type CsvOptions } from './csv-dataset.ts';
export { type Dataset, type Split, Subset, randomSplit } from './dataset.ts';
export { DistributedSampler, type DistributedSamplerOptions } from './distributed-sampler.ts';
export { type DownloadFile, type DownloadOptions, type DownloadProgress, download } from './download.ts';
export type {
  ArchiveSource,
  DatasetEntry,
  DatasetFile,
  ImagesEntry,
  LabelledTextsEntry,
  NpmSource,
  RegressionEntry,
  SeriesEntry,
  SoundsEntry,
  SourceBytes,
  TableEntry,
  TextEntry,
  TextPairsEntry,
} from './entry.ts';
export { readText } from './files.ts';
export type { ByteImage, Image, ImageExample } from './image.ts';
export { type ImageArrays, ImageDataset, type ImageDatasetOptions } from './image-dataset.ts';
export { type BatchOptions, type IterableDataset, batchesOf, collect } from './iterable-dataset.ts';
export { LabelledDataset, type LabelledText, type SoundExample } from './labelled-dataset.ts';
export { balancedWeights, countClasses } from './labels.ts';
export {
  loadImages,
  loadLabelledTexts,
  loadRegression,
  loadSeries,
  loadSounds,
  loadTable,
  loadText,
  loadTextPairs,
} from './load.ts';
export { DataLoader, type DataLoaderOptions, type DataLoaderState } from './loader.ts';
export { cacheFolder } from './places.ts';
export { ImagePreprocessor, type ImageSource } from './preprocessors/image-preprocessor.ts';
export type { ImageSettings, ImageSize, RawImageSettings } from './preprocessors/image-settings.ts';
export { type ResampleFilter, resizeLikePillow } from './preprocessors/pillow-resize.ts';
export {
  Clock,
  Interruption,
  Refusal,
  type RequestOptions,
  type RetryOptions,
  request,
  withRetries,
} from './request.ts';
export { type CsvSeriesOptions, parseSeries, readSeries } from './readers/csv-series.ts';
export { type IdxArray, type IdxValues, parseIdx, readIdx } from './readers/idx.ts';
export { type ReadImageOptions, readImage, writeImage } from './readers/image-file.ts';
export { type ImageFolderOptions, readImageFolder } from './readers/image-folder.ts';
export { ImageFolderDataset } from './readers/image-folder-dataset.ts';
export { JsonLinesDataset, JsonRecord } from './readers/json-lines.ts';
export { type LabelledTextsOptions, parseLabelledTexts } from './readers/labelled-texts.ts';
export { type Line, LinesDataset } from './readers/lines.ts';
export { type TextPair, parseTextPairs } from './readers/text-pairs.ts';
export { type Sound, parseWav, readWav } from './readers/wav.ts';
export { datasets, findDataset } from './registry.ts';
export { RegressionDataset, type RegressionExample, type RegressionOptions } from './regression-dataset.ts';
export { type ResolveOptions, type ResolvedDataset, type ResolvedFile, resolveDataset } from './resolve.ts';
export {
  IndependentSampler,
  RandomSampler,
  type RandomSamplerOptions,
  RandomWithReplacementSampler,
  Sampler,
  type SamplerState,
  SequentialSampler,
  ShuffledSampler,
} from './sampler.ts';
export { type SimilarLengthOptions, SimilarLengthSampler } from './similar-length-sampler.ts';
export { Standardizer, type StandardizerState } from './standardizer.ts';
export { stratifiedSplit } from './stratified-split.ts';
export { TableDataset, type TableExample, type TableOptions } from './table-dataset.ts';
export { type TextExample, TextDataset, type TextOptions, splitTokens } from './text-dataset.ts';
export {
  type SeriesExample,
  type SeriesSplit,
  type SplitSeriesOptions,
  TimeSeries,
  type TimeSeriesOptions,
  splitSeries,
} from './time-series.ts';
export { type ChatMessage, type ChatTemplateOptions, chatText, encodeChat } from './tokenizers/chat-template.ts';
export { CharacterTokenizer, type CharacterTokenizerOptions } from './tokenizers/character-tokenizer.ts';
export {
  type DecodeOptions,
  type EncodeBatchOptions,
  type EncodeOptions,
  type EncodedBatch,
  type Encoding,
  PretrainedTokenizer,
  type StreamDecoder,
  type TextOrPair,
} from './tokenizers/pretrained-tokenizer.ts';
export type { TokenizerFile } from './tokenizers/tokenizer-file.ts';
export type { Texts, TrainTokenizerOptions, TrainingProgress } from './tokenizers/training/count-words.ts';
export { trainBytePairEncoding } from './tokenizers/training/train-byte-pair-encoding.ts';
export { trainWordPiece } from './tokenizers/training/train-word-piece.ts';
export { type ColorJitterOptions, colorJitter, normalize } from './transforms/color.ts';
export { type RandomCropOptions, centerCrop, randomCrop, randomHorizontalFlip, resize } from './transforms/geometry.ts';
export { type MixUpOptions, type MixedBatch, collateMixUp } from './transforms/mix-up.ts';
export { type ImageTransform, collateTransformed, compose } from './transforms/transform.ts';
export { WindowDataset, type WindowExample, type WindowOptions } from './window-dataset.ts';
