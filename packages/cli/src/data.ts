// SPDX-License-Identifier: Apache-2.0
// Finds data for a command and shows what is downloaded.

import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

import { type DownloadProgress, resolveDataset } from '@nabla/data';
import type { RawConfiguration, ResolveData } from '@nabla/models';

import type { Output } from './output.ts';
import { formatBytes } from './render/format.ts';

/** Bytes between two lines about a download. */
const PROGRESS_STEP = 4_000_000;

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** What `--data` says about the data set: nothing if it is a folder to look in, else a name or the full path of a file. */
export function dataName(data: string | undefined): string | undefined {
  if (data === undefined || isFolder(data)) return undefined;
  return existsSync(data) ? resolve(data) : data;
}

/** Options whose `data`, if it is a file, is named by its full path, so that the run finds it again from anywhere. */
export function withFullPath(options: RawConfiguration): RawConfiguration {
  const { data } = options;
  return typeof data === 'string' && existsSync(data) ? { ...options, data: resolve(data) } : options;
}

/** Resolves data sets by name or path; looks first in `data` where that is a folder. */
export function dataResolver(output: Output, data?: string): ResolveData {
  let next = 0;
  const onProgress = ({ file, address, received, total }: DownloadProgress): void => {
    if (received < next && received < total) return;
    next = received + PROGRESS_STEP;
    output.note(`${file}: ${formatBytes(received)} of ${formatBytes(total)} from ${address}`);
  };
  const dataDirectory = data !== undefined && isFolder(data) ? data : undefined;
  return (nameOrPath) => resolveDataset(nameOrPath, { onProgress, dataDirectory });
}
