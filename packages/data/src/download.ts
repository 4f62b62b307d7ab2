// SPDX-License-Identifier: Apache-2.0
// A file from an address to the disk: bounded in size and time, checked, and there as a whole or not at all.

import { type Hash, createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { makeFolder } from '@nabla/core';

import { temporaryName } from './files.ts';
import { Clock, Interruption, Refusal, request, withCause, withRetries } from './request.ts';

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

/** What is to come. */
export interface DownloadFile {
  readonly name: string;
  readonly bytes: number;
  /** 64 hexadecimal digits; undefined where only the number of bytes is known. */
  readonly sha256?: string | undefined;
}

/** How to download. */
export interface DownloadOptions {
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Longest time without a byte, in milliseconds. Default: 30,000. */
  readonly stallMilliseconds?: number | undefined;
  /** Headers that only the host of the address may see, such as `authorization`; redirects to others go without. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /**
   * A file for what has come so far: it is gone on with, and stays when the connection fails. Nobody else may use it meanwhile. Default:
   * a temporary name beside the path, removed on failure.
   */
  readonly partial?: string | undefined;
  /** Attempts after the first that may fail in a row without a further byte. Default: 0. */
  readonly retries?: number | undefined;
  /** How long to wait before the second attempt, in milliseconds; each further wait is twice as long. Default: 1,000. */
  readonly retryMilliseconds?: number | undefined;
}

/** A connection slower than this is given up, so that every download ends. */
const slowestBytesPerSecond = 4096;

/**
 * Downloads `file` from `address` to `path`. The bytes go to another name, which is renamed when their number and their SHA-256 are right,
 * and removed otherwise. After an interruption, only what is missing is asked for; where the server then has another file, or sends
 * all of it, the download begins anew.
 *
 * @throws {Error} the server cannot be reached, answers with an error, stalls, is too slow, or sends other bytes; or the disk
 *   cannot be written. The message says which.
 */
export async function download(
  file: DownloadFile,
  address: string,
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  const { partial, retries = 0, retryMilliseconds = 1000 } = options;
  const temporary = partial ?? temporaryName(path);
  makeFolder('download', dirname(path));
  const target = await open(temporary, partial === undefined ? 'wx' : 'a+');
  let isKept = partial !== undefined;
  try {
    const received = await Received.of(target, file);
    await withRetries(
      { retries, retryMilliseconds },
      () => receive(file, address, received, options),
      () => received.most,
    );
    received.check();
    await target.sync();
    await target.close();
    await rename(temporary, path);
  } catch (error) {
    isKept &&= error instanceof Interruption || error instanceof Refusal;
    throw error instanceof Interruption || error instanceof Refusal
      ? error
      : new Error(withCause(error), { cause: error });
  } finally {
    await target.close();
    if (!isKept) await rm(temporary, { force: true });
  }
}

/** One attempt: asks for what is missing and writes it. */
async function receive(
  file: DownloadFile,
  address: string,
  received: Received,
  { onProgress, stallMilliseconds = 30_000, secrets = {} }: DownloadOptions,
): Promise<void> {
  const longest = stallMilliseconds + (file.bytes / slowestBytesPerSecond) * 1000;
  const clock = new Clock(stallMilliseconds, longest, `was slower than ${slowestBytesPerSecond} bytes a second`);
  try {
    if (received.bytes === file.bytes && file.bytes > 0) return;
    const { headers, status, body } = await request(address, clock, {
      secrets,
      headers: received.rangeHeaders(),
    }).catch((error: unknown) => {
      if (error instanceof Refusal && [412, 416].includes(error.status)) return received.restart();
      throw error;
    });
    if (status === 206 && !received.continues(headers)) return await received.restart();
    if (status !== 206) await received.clear();
    received.etag = headers.get('etag') ?? undefined;
    if (body !== null) {
      for await (const chunk of clock.watch(body)) {
        await received.add(chunk);
        onProgress?.({ address, file: file.name, received: received.bytes, total: file.bytes });
      }
    }
    if (received.bytes === file.bytes) return;
    throw new Interruption(`ended after ${received.bytes} of ${file.bytes} bytes`);
  } catch (error) {
    throw clock.reason ?? error;
  } finally {
    clock.stop();
  }
}

/** The bytes that have come: on the disk, counted and hashed. */
class Received {
  bytes = 0;
  /** The most that there ever were. */
  most = 0;
  /** What the server called the file that they are of. */
  etag: string | undefined;
  private hash: Hash = createHash('sha256');
  private readonly target: FileHandle;
  private readonly file: DownloadFile;

  private constructor(target: FileHandle, file: DownloadFile) {
    this.target = target;
    this.file = file;
  }

  /** What an earlier download has left. */
  static async of(target: FileHandle, file: DownloadFile): Promise<Received> {
    const received = new Received(target, file);
    const { size } = await target.stat();
    if (size > file.bytes) {
      await received.clear();
      return received;
    }
    const piece = Buffer.alloc(Math.min(size, 1 << 20));
    while (received.bytes < size) {
      const { bytesRead } = await target.read(piece, 0, Math.min(piece.length, size - received.bytes), received.bytes);
      if (bytesRead === 0) break;
      received.hash.update(piece.subarray(0, bytesRead));
      received.bytes += bytesRead;
    }
    received.most = received.bytes;
    return received;
  }

  /** What to ask for: the rest, if it is still of the same file. */
  rangeHeaders(): Record<string, string> {
    const plain = { 'accept-encoding': 'identity' };
    if (this.bytes === 0) return plain;
    const range = { ...plain, range: `bytes=${this.bytes}-` };
    return this.etag?.startsWith('"') === true ? { ...range, 'if-range': this.etag } : range; // a weak one says too little
  }

  /** Whether a partial answer is the rest of these bytes. */
  continues(headers: Headers): boolean {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    const isSame = this.etag === undefined || (headers.get('etag') ?? this.etag) === this.etag;
    return isSame && Number(start) === this.bytes && (total === '*' || Number(total) === this.file.bytes);
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.bytes += chunk.length;
    if (this.bytes > this.file.bytes) throw new Error(`sent more than the expected ${this.file.bytes} bytes`);
    this.hash.update(chunk);
    await this.target.appendFile(chunk);
    this.most = Math.max(this.most, this.bytes);
  }

  async clear(): Promise<void> {
    await this.target.truncate(0);
    this.bytes = 0;
    this.etag = undefined;
    this.hash = createHash('sha256');
  }

  /** Throws away what does not go with what the server has now. */
  async restart(): Promise<never> {
    await this.clear();
    throw new Interruption('has another file than before', 0);
  }

  check(): void {
    const sha256 = this.hash.digest('hex');
    const { sha256: expected = sha256 } = this.file;
    if (sha256 !== expected) throw new Error(`sent bytes with sha256 ${sha256}, expected ${expected}`);
  }
}
