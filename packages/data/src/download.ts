// SPDX-License-Identifier: Apache-2.0
// A file from an address to the disk: bounded in size and time, checked, and there as a whole or not at all.

import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatasetFile } from './entry.ts';
import { messageOf, temporaryName } from './files.ts';

/** How far a download has come. */
export interface DownloadProgress {
  readonly address: string;
  /** The name of the file. */
  readonly file: string;
  /** Bytes so far. */
  readonly received: number;
  /** Bytes in all. */
  readonly total: number;
}

/** How to download. */
export interface DownloadOptions {
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Longest time without a byte, in milliseconds. Default: 30,000. */
  readonly stallMilliseconds?: number;
}

/** A connection slower than this is given up, so that every download ends. */
const slowestBytesPerSecond = 4096;

/**
 * Downloads `file` from `address` to `path`. The bytes go to a temporary name beside `path`, which is renamed when their number
 * and their SHA-256 are right, and removed otherwise.
 *
 * @throws {Error} the server cannot be reached, answers with an error, stalls, is too slow, or sends other bytes; or the disk
 *   cannot be written. The message says which.
 */
export async function download(
  file: DatasetFile,
  address: string,
  path: string,
  { onProgress, stallMilliseconds = 30_000 }: DownloadOptions = {},
): Promise<void> {
  const temporary = temporaryName(path);
  await mkdir(dirname(path), { recursive: true });
  const target = await open(temporary, 'wx');
  const clock = new Clock(stallMilliseconds, stallMilliseconds + (file.bytes / slowestBytesPerSecond) * 1000);
  try {
    const hash = createHash('sha256');
    let received = 0;
    for await (const chunk of clock.watch(await request(address, clock))) {
      received += chunk.length;
      if (received > file.bytes) throw new Error(`sent more than the expected ${file.bytes} bytes`);
      hash.update(chunk);
      await target.writeFile(chunk);
      onProgress?.({ address, file: file.name, received, total: file.bytes });
    }
    if (received !== file.bytes) throw new Error(`ended after ${received} of ${file.bytes} bytes`);
    const sha256 = hash.digest('hex');
    if (sha256 !== file.sha256) throw new Error(`sent bytes with sha256 ${sha256}, expected ${file.sha256}`);
    await target.sync();
    await target.close();
    await rename(temporary, path);
  } catch (error) {
    throw clock.reason ?? new Error(withCause(error), { cause: error });
  } finally {
    clock.stop();
    await target.close();
    await rm(temporary, { force: true });
  }
}

async function request(address: string, clock: Clock): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(address, { signal: clock.signal });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`answered HTTP ${response.status} ${response.statusText}`.trim());
  }
  return response.body;
}

/** Aborts when nothing comes for too long, or when everything takes too long. */
class Clock {
  readonly #controller = new AbortController();
  readonly #stallMilliseconds: number;
  readonly #end: NodeJS.Timeout;
  #stall: NodeJS.Timeout;
  /** Why the clock aborted, if it did. */
  reason: Error | undefined;

  constructor(stallMilliseconds: number, totalMilliseconds: number) {
    this.#stallMilliseconds = stallMilliseconds;
    this.#stall = this.#startStall();
    this.#end = setTimeout(
      () => this.#abort(`was slower than ${slowestBytesPerSecond} bytes a second`),
      totalMilliseconds,
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async *watch(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      clearTimeout(this.#stall);
      yield chunk;
      this.#stall = this.#startStall();
    }
  }

  stop(): void {
    clearTimeout(this.#stall);
    clearTimeout(this.#end);
    this.#controller.abort();
  }

  #startStall(): NodeJS.Timeout {
    return setTimeout(
      () => this.#abort(`sent nothing for ${this.#stallMilliseconds / 1000} seconds`),
      this.#stallMilliseconds,
    );
  }

  #abort(message: string): void {
    this.reason ??= new Error(message);
    this.#controller.abort();
  }
}

/** fetch says "fetch failed" and hides in `cause` what went wrong. */
function withCause(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
}
