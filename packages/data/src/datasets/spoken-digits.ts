// SPDX-License-Identifier: Apache-2.0
// Spoken digits: the recordings 0 to 14 of each digit by each of six speakers in the Free Spoken Digit Dataset.

import type { SoundsEntry } from '../entry.ts';
import type { SoundExample } from '../labelled-dataset.ts';
import { type Archive, memberOf, openArchive } from '../readers/archive.ts';
import { parseWav } from '../readers/wav.ts';

const packed = 'recordings_0-14.tar.gz';

/** Recordings of the test part: the publisher's split. */
const isTest = (recording: number): boolean => recording <= 4;

export const spokenDigits: SoundsEntry = {
  name: 'spoken-digits',
  title: 'Spoken digits: 600 and 300 recordings of six speakers at 8 kHz, 10 classes',
  kind: 'sounds',
  license: 'CC-BY-SA-4.0',
  homepage: 'https://github.com/Jakobovski/free-spoken-digit-dataset',
  files: [
    {
      name: packed,
      bytes: 4628023,
      sha256: 'a3e26190185983cdf0fdd7b16a0c6b882d34d51ed10d184e3d300e891d2e74e6',
      addresses: [],
    },
  ],
  folders: ['fsdd-subset'],
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  parts: { train: [packed], test: [packed] },
  read: (files, part) => {
    const archive = openArchive(files);
    return [...archive.files.keys()].sort().flatMap((path) => readRecording(archive, path, part === 'test'));
  },
};

/** The recording if it is of the wanted part. Its name says what is spoken: `recordings/7_jackson_3.wav`. */
function readRecording(archive: Archive, path: string, test: boolean): SoundExample[] {
  const [, name = '', digit, recording] = /^recordings\/((\d)_\w+_(\d+)\.wav)$/.exec(path) ?? [];
  if (digit === undefined || isTest(Number(recording)) !== test) return [];
  const { source, bytes } = memberOf(archive, path);
  return [{ sound: parseWav(bytes, source), label: Number(digit), name }];
}
