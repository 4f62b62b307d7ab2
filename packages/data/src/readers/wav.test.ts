// SPDX-License-Identifier: Apache-2.0
// Tests of WAV files: every sample format, chunks in between, damage, and recordings of spoken digits.

import { readFile } from 'node:fs/promises';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError } from '@nabla/core';
import { describeWithData } from '@nabla/testing';
import * as fc from 'fast-check';
import { tarFiles } from './tar.ts';
import { type Sound, parseWav, readWav } from './wav.ts';

const chunk = (name: string, content: Uint8Array): Buffer => {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
};
const formatOf = (
  code: number,
  channels: number,
  rate: number,
  bits: number,
  frameBytes = (channels * bits) / 8,
): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(channels, 2);
  bytes.writeUInt32LE(rate, 4);
  bytes.writeUInt32LE(rate * frameBytes, 8);
  bytes.writeUInt16LE(frameBytes, 12);
  bytes.writeUInt16LE(bits, 14);
  return bytes;
};
const riff = (...chunks: Uint8Array[]): Buffer => chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks]));
const wav = (code: number, channels: number, bits: number, data: Uint8Array): Buffer =>
  riff(chunk('fmt ', formatOf(code, channels, 8000, bits)), chunk('data', data));
const written = (count: number, width: number, write: (bytes: Buffer, i: number) => void): Buffer => {
  const bytes = Buffer.alloc(count * width);
  for (let i = 0; i < count; i++) write(bytes, i);
  return bytes;
};

describe('parseWav', () => {
  it.each<[string, number, number, Buffer, number[]]>([
    ['8 bits', 1, 8, Buffer.of(0, 128, 255, 192), [-1, 0, 127 / 128, 0.5]],
    ['16 bits', 1, 16, Buffer.of(0, 0x80, 0, 0, 0xff, 0x7f, 0, 0xc0), [-1, 0, 32767 / 32768, -0.5]],
    ['24 bits', 1, 24, Buffer.of(0, 0, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0, 0, 0x40), [-1, 0, -1 / 2 ** 23, 0.5]],
    ['32 bits', 1, 32, Buffer.of(0, 0, 0, 0x80, 0, 0, 0, 0x40), [-1, 0.5]],
    ['float of 32 bits', 3, 32, written(2, 4, (b, i) => b.writeFloatLE([1.5, -0.25][i], 4 * i)), [1.5, -0.25]],
    ['float of 64 bits', 3, 64, written(2, 8, (b, i) => b.writeDoubleLE([0.5, -0.25][i], 8 * i)), [0.5, -0.25]],
  ])('reads %s', (_, code, bits, data, expected) => {
    const sound = parseWav(wav(code, 1, bits, data), 'a.wav');
    expect(sound).toEqual({ sampleRate: 8000, channels: 1, samples: Float32Array.from(expected) });
  });

  it('reads whatever 16-bit samples there are, in any number of channels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: -32768, max: 32767 })),
        (channels, list) => {
          const whole = list.slice(0, list.length - (list.length % channels));
          const data = written(whole.length, 2, (bytes, i) => bytes.writeInt16LE(whole[i], 2 * i));
          const sound = parseWav(wav(1, channels, 16, data), 'a.wav');
          expect(sound).toEqual({
            sampleRate: 8000,
            channels,
            samples: Float32Array.from(whole, (value) => value / 32768),
          });
        },
      ),
    );
  });

  it('reads the extensible format, and goes past other chunks of odd sizes', () => {
    const extensible = Buffer.concat([
      formatOf(0xfffe, 1, 44100, 8),
      Buffer.of(22, 0, 8, 0, 0, 0, 0, 0, 1, 0),
      Buffer.alloc(14),
    ]);
    const bytes = riff(
      chunk('LIST', Buffer.of(1, 2, 3)),
      chunk('fmt ', extensible),
      chunk('x', Buffer.of(9)),
      chunk('data', Buffer.of(64)),
    );
    expect(parseWav(bytes, 'a.wav')).toEqual({ sampleRate: 44100, channels: 1, samples: Float32Array.of(-0.5) });
  });

  it('reads silence', () => {
    expect(parseWav(wav(1, 2, 16, Buffer.alloc(0)), 'a.wav').samples.length).toBe(0);
  });

  const good = wav(1, 2, 16, Buffer.alloc(8, 3));
  const withFormat = (format: Uint8Array): Buffer => riff(chunk('fmt ', format), chunk('data', Buffer.alloc(4)));
  const vast = Buffer.from(good);
  vast.writeUInt32LE(0xffffffff, 40);
  it.each<[string, Uint8Array, string]>([
    [
      'nothing',
      Buffer.alloc(0),
      'readWav: expected a.wav to begin with "RIFF", a length and "WAVE", received "" and "".',
    ],
    ['another file', Buffer.from('ID3 this is an mp3'), 'received "ID3 " and " is "'],
    [
      'a header alone',
      good.subarray(0, 12),
      'expected a.wav to have a chunk "data", received none. The file is damaged',
    ],
    ['a format cut off', good.subarray(0, 30), 'chunk "fmt " at byte 12 to have 16 bytes, received 10'],
    ['data cut off', good.subarray(0, 51), 'expected a.wav, chunk "data" at byte 36 to have 8 bytes, received 7'],
    ['data that claim to be vast', vast, 'to have 4294967295 bytes, received 8'],
    [
      'data before the format',
      riff(chunk('data', Buffer.alloc(4))),
      'to come after the chunk "fmt ", received none before it',
    ],
    ['a short format', withFormat(Buffer.alloc(14)), 'to have at least 16 bytes, received 14'],
    ['a compressed format', withFormat(formatOf(2, 1, 8000, 4, 1)), 'received format 2 of 4 bits. Convert it: ffmpeg'],
    ['12 bits', withFormat(formatOf(1, 1, 8000, 12, 2)), 'received format 1 of 12 bits'],
    ['no channel', withFormat(formatOf(1, 0, 8000, 16, 0)), 'to have at least 1 channel, received 0'],
    ['no sample rate', withFormat(formatOf(1, 1, 0, 16)), 'to have a sample rate above 0'],
    ['frames that do not fit', withFormat(formatOf(1, 2, 8000, 16, 3)), 'to have 4 bytes a frame, received 3'],
    ['half a frame', wav(1, 2, 16, Buffer.alloc(6)), 'to have whole frames of 4 bytes, received 6 bytes'],
  ])('refuses %s', (_, bytes, message) => {
    const parse = (): Sound => parseWav(bytes, 'a.wav');
    expect(parse).toThrow(message);
    expect(parse).toThrow(ArgumentError);
  });

  it('gives an error of ours or a sound no larger than the file, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        try {
          expect(parseWav(bytes.subarray(0, length), 'a.wav').samples.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ArgumentError);
        }
      }),
    );
  });
});

describe('readWav', () => {
  it('reads a file, and names one that is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nabla-wav-'));
    await writeFile(join(folder, 'a.wav'), wav(1, 1, 8, Buffer.of(128, 192)));
    expect([...(await readWav(join(folder, 'a.wav'))).samples]).toEqual([0, 0.5]);
    await expect(readWav(join(folder, 'b.wav'))).rejects.toThrow('received no such file');
    await rm(folder, { recursive: true });
  });
});

describeWithData('spoken digits', 'fsdd-subset/recordings_0-14.tar.gz', (archive) => {
  it('are 900 recordings at 8 kHz, none of them silent', async () => {
    const files = [...tarFiles(await readFile(archive), archive)];
    expect(files).toHaveLength(900);
    for (const [name, bytes] of files) {
      const { sampleRate, channels, samples } = parseWav(bytes, name);
      expect([sampleRate, channels]).toEqual([8000, 1]);
      const seconds = samples.length / sampleRate;
      expect(seconds > 0.1 && seconds < 3).toBe(true);
      expect(samples.some((sample) => Math.abs(sample) > 0.01)).toBe(true);
    }
  });
});
