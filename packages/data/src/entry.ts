// SPDX-License-Identifier: Apache-2.0
// What the registry knows about a data set.

import type { CsvOptions } from './csv-dataset.ts';

/** One file of a data set. */
export interface DatasetFile {
  /** Its name, without a folder. */
  readonly name: string;
  /** Its size, in bytes. */
  readonly bytes: number;
  /** The SHA-256 of its bytes, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Where it can be downloaded from, best first. */
  readonly addresses: readonly string[];
}

/** An npm package that contains a data set. */
export interface NpmSource {
  readonly package: string;
  /** The version whose files have the sizes and hashes of the entry. */
  readonly version: string;
  /** The bytes of a file of the entry, made of the files in the package's folder, without running the package's code. */
  readonly read: (folder: string, file: DatasetFile) => Promise<Uint8Array>;
}

interface CommonEntry {
  /** Lower-case words with hyphens. */
  readonly name: string;
  readonly title: string;
  /** An SPDX identifier, or `public domain`. */
  readonly license: string;
  /** A page that describes the data set. */
  readonly homepage: string;
  readonly files: readonly DatasetFile[];
  /** Other names under which a folder of data may have the data set's folder. */
  readonly folders?: readonly string[];
  readonly npm?: NpmSource;
}

/** A text: its first file. */
export interface TextEntry extends CommonEntry {
  readonly kind: 'text';
}

/** A table: its first file, a CSV file. */
export interface TableEntry extends CommonEntry {
  readonly kind: 'table';
  readonly csv: CsvOptions;
}

/** What the registry knows about a data set. */
export type DatasetEntry = TextEntry | TableEntry;
