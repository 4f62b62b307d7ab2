// SPDX-License-Identifier: Apache-2.0
// What the registry knows about a data set.

import type { CsvOptions } from './csv-dataset.ts';
import type { ImageArrays } from './image-dataset.ts';
import type { LabelledText, SoundExample } from './labelled-dataset.ts';
import type { CsvSeriesOptions } from './readers/csv-series.ts';
import type { TextPair } from './readers/text-pairs.ts';
import type { RegressionDataset } from './regression-dataset.ts';

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

/** An archive in which the publisher, or a registry, packs the files of a data set. */
export interface ArchiveSource {
  /** The archive itself: tar, packed with gzip or not. */
  readonly file: DatasetFile;
  /** The name of a file of the entry in the archive. */
  readonly member: (name: string) => string;
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
  /** The names of the files of each part, where the data set has parts such as `train` and `test`. */
  readonly parts?: Readonly<Record<string, readonly string[]>>;
  /** Other names under which a folder of data may have the data set's folder. */
  readonly folders?: readonly string[];
  readonly npm?: NpmSource;
  readonly archive?: ArchiveSource;
}

/** A text: its first file, or that of a part. */
export interface TextEntry extends CommonEntry {
  readonly kind: 'text';
}

/** A table: its first file, a CSV file. */
export interface TableEntry extends CommonEntry {
  readonly kind: 'table';
  readonly csv: CsvOptions;
}

/** A time series: its first file, a CSV file. */
export interface SeriesEntry extends CommonEntry {
  readonly kind: 'series';
  readonly csv: CsvSeriesOptions;
}

/** Bytes of a file, and its name in errors. */
export interface SourceBytes {
  /** A path, or where else the bytes are from. */
  readonly source: string;
  readonly bytes: Uint8Array;
}

/** Images of one size with class labels, in parts such as `train` and `test`. */
export interface ImagesEntry extends CommonEntry {
  readonly kind: 'images';
  /** Names of the classes: class id 0 is the first. */
  readonly classes: readonly string[];
  readonly parts: Readonly<Record<string, readonly string[]>>;
  /** The images in the files of a part, which come in the order in which the part names them. */
  readonly read: (files: readonly SourceBytes[], part: string) => ImageArrays;
}

/** A table whose rows each have a number to predict. */
export interface RegressionEntry extends CommonEntry {
  readonly kind: 'regression';
  /** The table in the files, which come in the order of the entry. */
  readonly read: (files: readonly SourceBytes[]) => RegressionDataset;
}

/** Texts with class labels. */
export interface LabelledTextsEntry extends CommonEntry {
  readonly kind: 'labelled-texts';
  /** Names of the classes: class id 0 is the first. */
  readonly classes: readonly string[];
  /** The texts in the files, which come in the order of the entry. */
  readonly read: (files: readonly SourceBytes[]) => readonly LabelledText[];
}

/** Texts with their translations. */
export interface TextPairsEntry extends CommonEntry {
  readonly kind: 'text-pairs';
  /** The pairs in the files, which come in the order of the entry. */
  readonly read: (files: readonly SourceBytes[]) => readonly TextPair[];
}

/** Recordings with class labels, in parts such as `train` and `test`. */
export interface SoundsEntry extends CommonEntry {
  readonly kind: 'sounds';
  /** Names of the classes: class id 0 is the first. */
  readonly classes: readonly string[];
  readonly parts: Readonly<Record<string, readonly string[]>>;
  /** The recordings in the files of a part, which come in the order in which the part names them. */
  readonly read: (files: readonly SourceBytes[], part: string) => readonly SoundExample[];
}

/** What the registry knows about a data set. */
export type DatasetEntry =
  | TextEntry
  | TableEntry
  | SeriesEntry
  | ImagesEntry
  | RegressionEntry
  | LabelledTextsEntry
  | TextPairsEntry
  | SoundsEntry;
