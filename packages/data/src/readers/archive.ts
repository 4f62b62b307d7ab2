// SPDX-License-Identifier: Apache-2.0
// An archive that is itself the file of a data set, and single files out of it.

import { ArgumentError } from '@nabla/core';
import type { SourceBytes } from '../entry.ts';
import { tarFiles } from './tar.ts';
import { zipFiles } from './zip.ts';

/** The files of an archive. */
export interface Archive {
  /** Its own name in errors. */
  readonly source: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * The first of `files`, unpacked: a zip archive or a tar archive.
 *
 * @throws {ArgumentError} there is none (code `ARCHIVE`), or it is damaged (codes `ZIP`, `GZIP`, `TAR`)
 */
export function openArchive([file]: readonly SourceBytes[]): Archive {
  if (file === undefined) throw archiveError('the archive', 'to be there');
  const { source, bytes } = file;
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b; // "PK"
  return { source, files: isZip ? zipFiles(bytes, source) : tarFiles(bytes, source) };
}

/** @throws {ArgumentError} the archive has no such file (code `ARCHIVE`) */
export function memberOf(archive: Archive, name: string): SourceBytes {
  const source = `${archive.source}, ${name}`;
  const bytes = archive.files.get(name);
  if (bytes === undefined) throw archiveError(source, 'to be in the archive');
  return { source, bytes };
}

function archiveError(argument: string, expected: string): ArgumentError {
  return new ArgumentError({ op: 'readArchive', argument, expected, received: 'none' }, 'ARCHIVE');
}
