// SPDX-License-Identifier: Apache-2.0
// The content of a data set that was found: a text, a table, a time series, or images.

import { ArgumentError, checkOneOf } from '@nabla/core';
import { CsvDataset, type CsvOptions } from './csv-dataset.ts';
import type { DatasetEntry } from './entry.ts';
import { decodeText } from './files.ts';
import { ImageDataset } from './image-dataset.ts';
import { type CsvSeriesOptions, parseSeries } from './readers/csv-series.ts';
import { gunzip, isGzip } from './readers/gzip.ts';
import { datasets } from './registry.ts';
import type { ResolvedDataset, ResolvedFile } from './resolve.ts';
import type { TimeSeries } from './time-series.ts';

/**
 * The text of a data set, or of any file.
 *
 * @throws {ArgumentError} it is of another kind (code `DATASET_KIND`), empty, or not UTF-8 (code `TEXT`), or gzip data that are
 *   damaged (code `GZIP`)
 * @example
 * (await loadText(await resolveDataset('moby-dick'))).slice(0, 10); // 'CHAPTER 1.'
 */
export async function loadText(dataset: ResolvedDataset): Promise<string> {
  checkKind(dataset, 'text');
  const [file] = dataset.files;
  return textOf(file);
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
  const { name, entry, files } = dataset;
  if (entry?.kind !== 'images') throw kindError(dataset, 'images');
  checkOneOf('loadImages', 'part', part, Object.keys(entry.parts));
  const wanted = (entry.parts[part] ?? []).map((fileName) => {
    const file = files.find((candidate) => candidate.name === fileName);
    if (file !== undefined) return file;
    const expected = `to have been resolved with the part "${part}"`;
    throw new ArgumentError({ op: 'loadImages', argument: `"${name}"`, expected, received: `no ${fileName}` });
  });
  const sources = await Promise.all(wanted.map(async (file) => ({ source: file.path, bytes: await file.read() })));
  return new ImageDataset({ ...entry.read(sources, part), classes: entry.classes });
}

/** The text of a file, packed with gzip or not. */
async function textOf(file: ResolvedFile): Promise<string> {
  const bytes = await file.read();
  return decodeText(isGzip(bytes) ? gunzip('load', bytes, file.path) : bytes, file.path);
}

/** A file that the registry does not know may be a text, a table or a time series. */
function checkKind(dataset: ResolvedDataset, kind: 'text' | 'table' | 'series'): void {
  if (dataset.entry !== undefined && dataset.entry.kind !== kind) throw kindError(dataset, kind);
}

function kindError({ name, entry }: ResolvedDataset, kind: DatasetEntry['kind']): ArgumentError {
  const words = { text: 'a text', table: 'a table', series: 'a time series', images: 'a data set of images' };
  const names = datasets.filter((candidate) => candidate.kind === kind).map((candidate) => candidate.name);
  const hint = `Of that kind are: ${names.join(', ')}.`;
  const received = entry === undefined ? 'a file' : words[entry.kind];
  const mismatch = { op: 'load', argument: `"${name}"`, expected: `to be ${words[kind]}`, received, hint };
  return new ArgumentError(mismatch, 'DATASET_KIND');
}
