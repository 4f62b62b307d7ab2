// SPDX-License-Identifier: Apache-2.0
// WAV files: sound as numbers from -1 to 1. PCM of 8, 16, 24 and 32 bits, and float of 32 and 64.

import { ArgumentError } from '@nabla/core';
import { readBytes } from '../files.ts';

/** A recording. */
export interface Sound {
  /** Frames per second. */
  readonly sampleRate: number;
  /** 1 for mono, 2 for left and right. */
  readonly channels: number;
  /** `[frames, channels]`: -1 to 1, where the file does not say otherwise as float. */
  readonly samples: Float32Array;
}

interface Format {
  readonly channels: number;
  readonly sampleRate: number;
  readonly sampleBytes: number;
  readonly read: (view: DataView, at: number) => number;
}

const PCM = 1;
const FLOAT = 3;
/** The format stands at the beginning of the 16 bytes that follow the extension. */
const EXTENSIBLE = 0xfffe;

/** How a sample is read, by format and bits. Integers are divided so that the least one is -1. */
const READERS: Readonly<Record<string, Format['read']>> = {
  [`${PCM}, 8`]: (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  [`${PCM}, 16`]: (view, at) => view.getInt16(at, true) / 2 ** 15,
  [`${PCM}, 24`]: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  [`${PCM}, 32`]: (view, at) => view.getInt32(at, true) / 2 ** 31,
  [`${FLOAT}, 32`]: (view, at) => view.getFloat32(at, true),
  [`${FLOAT}, 64`]: (view, at) => view.getFloat64(at, true),
};

/**
 * Reads a WAV file.
 *
 * @throws {ArgumentError} the file cannot be read (code `FILE`), is damaged or incomplete, or of a compressed format (code `WAV`)
 */
export async function readWav(path: string): Promise<Sound> {
  return parseWav(await readBytes('readWav', path), path);
}

/**
 * The sound in the bytes of a WAV file. Every size in it is checked against the number of bytes before it is used; chunks that are
 * neither format nor data are left out.
 *
 * @param bytes   the file
 * @param source  the name of the bytes in errors, such as a path
 * @throws {ArgumentError} as {@link readWav}
 * @see Multimedia Programming Interface and Data Specifications 1.0, IBM and Microsoft 1991
 */
export function parseWav(bytes: Uint8Array, source: string): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at: number): string => Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
  if (bytes.length < 12 || name(0) !== 'RIFF' || name(8) !== 'WAVE') {
    const received = `${JSON.stringify(name(0))} and ${JSON.stringify(name(8))}`;
    throw wavError(source, 'to begin with "RIFF", a length and "WAVE"', received);
  }
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const [chunk, size] = [name(at), view.getUint32(at + 4, true)];
    const start = at + 8;
    const place = `${source}, chunk ${JSON.stringify(chunk)} at byte ${at}`;
    if (start + size > bytes.length) throw wavError(place, `to have ${size} bytes`, `${bytes.length - start}`);
    if (chunk === 'fmt ') format = parseFormat(new DataView(bytes.buffer, bytes.byteOffset + start, size), place);
    if (chunk === 'data') {
      if (format === undefined) throw wavError(place, 'to come after the chunk "fmt "', 'none before it');
      return readSamples(new DataView(bytes.buffer, bytes.byteOffset + start, size), format, place);
    }
    at = start + size + (size % 2); // chunks begin at even bytes
  }
  throw wavError(source, 'to have a chunk "data"', 'none');
}

function parseFormat(view: DataView, place: string): Format {
  if (view.byteLength < 16) throw wavError(place, 'to have at least 16 bytes', `${view.byteLength}`);
  let code = view.getUint16(0, true);
  if (code === EXTENSIBLE && view.byteLength >= 26) code = view.getUint16(24, true);
  const channels = view.getUint16(2, true);
  const sampleRate = view.getUint32(4, true);
  const frameBytes = view.getUint16(12, true);
  const bits = view.getUint16(14, true);
  const read = READERS[`${code}, ${bits}`];
  if (read === undefined) {
    const expected = 'to be PCM (1) of 8, 16, 24 or 32 bits, or float (3) of 32 or 64';
    throw wavError(
      place,
      expected,
      `format ${code} of ${bits} bits`,
      'Convert it: ffmpeg -i OLD -c:a pcm_s16le NEW.wav',
    );
  }
  if (channels === 0) throw wavError(place, 'to have at least 1 channel', '0');
  if (sampleRate === 0) throw wavError(place, 'to have a sample rate above 0', '0');
  if (frameBytes !== (channels * bits) / 8) {
    throw wavError(place, `to have ${(channels * bits) / 8} bytes a frame`, `${frameBytes}`);
  }
  return { channels, sampleRate, sampleBytes: bits / 8, read };
}

function readSamples(view: DataView, { channels, sampleRate, sampleBytes, read }: Format, place: string): Sound {
  const frameBytes = channels * sampleBytes;
  if (view.byteLength % frameBytes !== 0) {
    throw wavError(place, `to have whole frames of ${frameBytes} bytes`, `${view.byteLength} bytes`);
  }
  const samples = new Float32Array(view.byteLength / sampleBytes);
  for (let i = 0; i < samples.length; i++) samples[i] = read(view, i * sampleBytes);
  return { sampleRate, channels, samples };
}

function wavError(argument: string, expected: string, received: string, hint?: string): ArgumentError {
  const advice = hint ?? 'The file is damaged, incomplete, or no WAV file.';
  return new ArgumentError({ op: 'readWav', argument, expected, received, hint: advice }, 'WAV');
}
