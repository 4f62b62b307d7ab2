// SPDX-License-Identifier: Apache-2.0
// The content of a data set that was found, by what it is: a text, a table, a time series, images, recordings, …

import { ArgumentError, checkOneOf } from '@nabla/core';
import { ArrayDataset } from './composed-datasets.ts';
import { CsvDataset, type CsvOptions } from './csv-dataset.ts';
import type { DatasetEntry, SourceBytes } from './entry.ts';
import { decodeText } from './files.ts';
import { ImageDataset } from './image-dataset.ts';
import { LabelledDataset, type LabelledText, type SoundExample } from './labelled-dataset.ts';
import { type CsvSeriesOptions, parseSeries } from './readers/csv-series.ts';
import { gunzip, isGzip } from './readers/gzip.ts';
import { type LabelledTextsOptions, parseLabelledTexts } from './readers/labelled-texts.ts';
import { type TextPair, parseTextPairs } from './readers/text-pairs.ts';
import { datasets } from './registry.ts';
import type { RegressionDataset } from './regression-dataset.ts';
import type { ResolvedDataset, ResolvedFile } from './resolve.ts';
import type { TimeSeries } from './time-series.ts';

/**
 * The text of a data set, or of any file.
 *
 * @throws {ArgumentError} it is of another kind (code `DATASET_KIND`), has parts and was not resolved with one, is empty, or not
 *   UTF-8 (code `TEXT`), or gzip data that are damaged (code `GZIP`)
 * @example
 * (await loadText(await resolveDataset('moby-dick'))).slice(0, 10); // 'CHAPTER 1.'
 */
export async function loadText(dataset: ResolvedDataset): Promise<string> {
  checkKind(dataset, 'text');
  const { name, entry, files } = dataset;
  if (entry?.parts !== undefined && files.length > 1) {
    const parts = Object.keys(entry.parts).map((part) => `"${part}"`);
    const expected = `to have been resolved with a part, ${parts.join(' or ')}`;
    throw new ArgumentError({ op: 'loadText', argument: `"${name}"`, expected, received: 'all of its files' });
  }
  return textOf(files[0]);
}

/**
 * The table of a data set, or of any CSV file.
 *
 * @param dataset  what `resolveDataset` found
 * @param options  how to read it, where that differs from what the registry says
 * @throws {ArgumentError} it is of another kind (code `DATASET_KIND`), or not a table of numbers and labels (code `CSV`)
 * @example
 * (await loadTable(await resolveDataset('breast-cancer'))).classes; // ['malignant', 'benign']
 */
export async function loadTable(dataset: ResolvedDataset, options: CsvOptions = {}): Promise<CsvDataset> {
  checkKind(dataset, 'table');
  const [file] = dataset.files;
  const known = dataset.entry?.kind === 'table' ? dataset.entry.csv : {};
  return CsvDataset.parse(await textOf(file), file.path, { ...known, ...options });
}

/**
 * The time series of a data set, or of any CSV file with a row for each time.
 *
 * @param dataset  what `resolveDataset` found
 * @param options  how to read it, where that differs from what the registry says
 * @throws {ArgumentError} it is of another kind (code `DATASET_KIND`), or not a table of numbers in the order of time (code `CSV`)
 * @example
 * (await loadSeries(await resolveDataset('sunspots'))).columns; // ['SUNACTIVITY']
 */
export async function loadSeries(dataset: ResolvedDataset, options: CsvSeriesOptions = {}): Promise<TimeSeries> {
  checkKind(dataset, 'series');
  const [file] = dataset.files;
  const known = dataset.entry?.kind === 'series' ? dataset.entry.csv : {};
  return parseSeries(await textOf(file), file.path, { ...known, ...options });
}

/**
 * The images of one part of a data set.
 *
 * @param dataset  what `resolveDataset` found
 * @param part     `train` or `test`, as the data set has them
 * @throws {ArgumentError} it is of another kind (code `DATASET_KIND`), has no such part, or a file is damaged (code `IDX`)
 * @example
 * (await loadImages(await resolveDataset('mnist'), 'test')).length; // 10000
 */
export async function loadImages(dataset: ResolvedDataset, part: string): Promise<ImageDataset> {
  const { entry } = dataset;
  if (entry?.kind !== 'images') throw kindError(dataset, 'images');
  const sources = await readPart('loadImages', dataset, entry.parts, part);
  return new ImageDataset({ ...entry.read(sources, part), classes: entry.classes });
}

/**
 * The recordings of one part of a data set, with what is heard in each.
 *
 * @param dataset  what `resolveDataset` found
 * @param part     `train` or `test`, as the data set has them
 * @throws {ArgumentError} it is of another kind (code `DATASET_KIND`), has no such part, or a file is damaged (codes `TAR`, `WAV`)
 */
export async function loadSounds(dataset: ResolvedDataset, part: string): Promise<LabelledDataset<SoundExample>> {
  const { entry } = dataset;
  if (entry?.kind !== 'sounds') throw kindError(dataset, 'sounds');
  const sources = await readPart('loadSounds', dataset, entry.parts, part);
  return new LabelledDataset(entry.read(sources, part), entry.classes);
}

/**
 * The texts of a data set, with the class of each; or those of any CSV file or file of JSON lines, see {@link parseLabelledTexts}.
 *
 * @throws {ArgumentError} it is of another kind (code `DATASET_KIND`), or a file is damaged (codes `ZIP`, `TEXT`, `LABELLED_TEXTS`)
 */
export async function loadLabelledTexts(
  dataset: ResolvedDataset,
  options: LabelledTextsOptions = {},
): Promise<LabelledDataset<LabelledText>> {
  const { entry, files } = dataset;
  if (entry === undefined) return parseLabelledTexts(await textOf(files[0]), files[0].path, options);
  if (entry.kind !== 'labelled-texts') throw kindError(dataset, 'labelled-texts');
  return new LabelledDataset(entry.read(await readFiles(files)), entry.classes);
}

/**
 * The texts of a data set, with their translations; or those of any file of two columns with a tab between, see
 * {@link parseTextPairs}.
 *
 * @throws {ArgumentError} it is of another kind (code `DATASET_KIND`), or a file is damaged (codes `ZIP`, `TEXT`, `TEXT_PAIRS`)
 */
export async function loadTextPairs(dataset: ResolvedDataset): Promise<ArrayDataset<TextPair>> {
  const { entry, files } = dataset;
  if (entry === undefined) return new ArrayDataset(parseTextPairs(await textOf(files[0]), files[0].path));
  if (entry.kind !== 'text-pairs') throw kindError(dataset, 'text-pairs');
  return new ArrayDataset(entry.read(await readFiles(files)));
}

/**
 * The table of a data set whose rows each have a number to predict.
 *
 * @throws {ArgumentError} it is of another kind (code `DATASET_KIND`), or a file is damaged (codes `GZIP`, `TEXT`, `CSV`)
 */
export async function loadRegression(dataset: ResolvedDataset): Promise<RegressionDataset> {
  const { entry } = dataset;
  if (entry?.kind !== 'regression') throw kindError(dataset, 'regression');
  return entry.read(await readFiles(dataset.files));
}

/** The files of one part, in the order in which the part names them. */
async function readPart(
  op: string,
  { name, files }: ResolvedDataset,
  parts: Readonly<Record<string, readonly string[]>>,
  part: string,
): Promise<SourceBytes[]> {
  checkOneOf(op, 'part', part, Object.keys(parts));
  const wanted = (parts[part] ?? []).map((fileName) => {
    const file = files.find((candidate) => candidate.name === fileName);
    if (file !== undefined) return file;
    const expected = `to have been resolved with the part "${part}"`;
    throw new ArgumentError({ op, argument: `"${name}"`, expected, received: `no ${fileName}` });
  });
  return readFiles(wanted);
}

function readFiles(files: readonly ResolvedFile[]): Promise<SourceBytes[]> {
  return Promise.all(files.map(async (file) => ({ source: file.path, bytes: await file.read() })));
}

/** The text of a file, packed with gzip or not. */
async function textOf(file: ResolvedFile): Promise<string> {
  const bytes = await file.read();
  return decodeText(isGzip(bytes) ? gunzip('load', bytes, file.path) : bytes, file.path);
}

/** A file that the registry does not know may be a text, a table, a time series, or pairs of texts. */
function checkKind(dataset: ResolvedDataset, kind: 'text' | 'table' | 'series'): void {
  if (dataset.entry !== undefined && dataset.entry.kind !== kind) throw kindError(dataset, kind);
}

const KINDS: Readonly<Record<DatasetEntry['kind'], string>> = {
  text: 'a text',
  table: 'a table',
  series: 'a time series',
  images: 'a data set of images',
  regression: 'a table with a number to predict',
  'labelled-texts': 'a data set of texts with classes',
  'text-pairs': 'a data set of pairs of texts',
  sounds: 'a data set of recordings',
};

function kindError({ name, entry }: ResolvedDataset, kind: DatasetEntry['kind']): ArgumentError {
  const names = datasets.filter((candidate) => candidate.kind === kind).map((candidate) => candidate.name);
  const hint = `Of that kind are: ${names.join(', ')}.`;
  const received = entry === undefined ? 'a file' : KINDS[entry.kind];
  const mismatch = { op: 'load', argument: `"${name}"`, expected: `to be ${KINDS[kind]}`, received, hint };
  return new ArgumentError(mismatch, 'DATASET_KIND');
}
