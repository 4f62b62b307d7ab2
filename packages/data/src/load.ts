// SPDX-License-Identifier: Apache-2.0
// The content of a data set that was found: a text, or a table.

import { ArgumentError } from '@nabla/core';
import { CsvDataset, type CsvOptions } from './csv-dataset.ts';
import { decodeText } from './files.ts';
import { datasets } from './registry.ts';
import type { ResolvedDataset } from './resolve.ts';

/**
 * The text of a data set, or of any file.
 *
 * @throws {ArgumentError} it is of another kind (code `DATASET_KIND`), empty, or not UTF-8 (code `TEXT`)
 * @example
 * (await loadText(await resolveDataset('moby-dick'))).slice(0, 10); // 'CHAPTER 1.'
 */
export async function loadText(dataset: ResolvedDataset): Promise<string> {
  checkKind(dataset, 'text');
  const [file] = dataset.files;
  return decodeText(await file.read(), file.path);
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
  return CsvDataset.parse(decodeText(await file.read(), file.path), file.path, { ...known, ...options });
}

function checkKind({ name, entry }: ResolvedDataset, kind: 'text' | 'table'): void {
  if (entry === undefined || entry.kind === kind) return;
  const names = datasets.filter((candidate) => candidate.kind === kind).map((candidate) => candidate.name);
  const hint = `Of that kind are: ${names.join(', ')}.`;
  const mismatch = {
    op: 'load',
    argument: `"${name}"`,
    expected: `to be a ${kind}`,
    received: `a ${entry.kind}`,
    hint,
  };
  throw new ArgumentError(mismatch, 'DATASET_KIND');
}
