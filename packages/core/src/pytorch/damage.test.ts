// SPDX-License-Identifier: Apache-2.0
// Tests of hostile and broken files: what each rule says, then random damage. The answer is an error or the truth, at once, and nothing
// is ever allocated on the word of the file alone.

import { readFileSync, writeFileSync } from 'node:fs';

import { golden } from '@nabla/testing';
import fc from 'fast-check';

import { NablaError } from '../errors.ts';
import { dispose, memory } from '../memory.ts';
import { openPyTorch, readPyTorch } from './index.ts';
import { dictOf, integer, pickle, tensor, useFolder, word, writeArchive } from './test-files.ts';

const path = useFolder();

/** What is said about a file, without its beginning and its hint. */
async function complaint(): Promise<string> {
  const error: unknown = await openPyTorch(path('broken.pt')).catch((reason: unknown) => reason);
  if (!(error instanceof NablaError)) throw new Error(`the file was accepted, or: ${String(error)}`);
  expect(error.code).toBe('PICKLE');
  expect(error.details['file']).toBe(path('broken.pt'));
  return error.message
    .replace('readPyTorch: expected ', '')
    .replaceAll(`"${path('broken.pt')}"`, 'FILE')
    .split(/\. [A-Z]/, 1)[0];
}

const complaintAbout = (state: Buffer, storage = Buffer.alloc(16)): Promise<string> => {
  writeArchive(path('broken.pt'), { 'm/data.pkl': state, 'm/data/0': storage });
  return complaint();
};

const long = (count: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(count);
  return bytes;
};

describe('a hostile pickle is refused', () => {
  const loop = pickle(']q', 0, 'h', 0, 'a');
  it.each<[string, Buffer, RegExp]>([
    [
      'a command',
      pickle('cos\nsystem\n', word('ls'), 0x85, 'R.'),
      /received one that refers to os\.system, which is not/,
    ],
    ['a command by another way', pickle(word('os'), word('system'), 0x93, '.'), /refers to os\.system, which/],
    ['a name with a line break', pickle(word('os\u001b[2J'), word('x'), 0x93, '.'), /refers to os\?\[2J\.x/],
    ['a name of JavaScript', pickle('cobject\nconstructor\n.'), /refers to object\.constructor/],
    ['a prototype', pickle('c__proto__\n__proto__\n.'), /refers to __proto__\.__proto__/],
    ['a call of a value', pickle(word('x'), ')R.'), /to call what makes tensors, received text/],
    ['a call of a storage type', pickle('ctorch\nFloatStorage\n)R.'), /to call what makes tensors, received torch\.Fl/],
    ['a call without a tuple', pickle('ccollections\nOrderedDict\n]R.'), /OrderedDict of a tuple, received a list/],
    ['an instance', pickle('ccollections\nOrderedDict\n)', 0x81, '.'), /received 0x81 at byte \d+/],
    ['an old instance', pickle('(ios\nsystem\n.'), /received 0x69 at byte/],
    ['an extension', pickle(0x82, 1, '.'), /received 0x82/],
    [
      'an endless text',
      pickle('X', long(2 ** 32 - 1), 'x.'),
      /to have 4294967295 bytes from byte \d+ on, received \d+/,
    ],
    [
      'an endless number',
      pickle(0x8a, 255, Buffer.alloc(255), '.'),
      /integers of at most 64 bytes, received one of 255/,
    ],
    ['a number cut off', pickle(0x8a, 255, 1), /to have 255 bytes from byte/],
    ['a stack without end', pickle(0x80, 2, Buffer.alloc(5 << 20, 'N'), '.'), /fewer than 4194304 instructions/],
    [
      'marks without end',
      pickle(Buffer.alloc(1 << 20, '('), 't.'),
      /to end with one value, received 1, with 1048575 marks/,
    ],
    ['a list in itself', pickle(loop, '.'), /to hold a dict of tensors, received a list/],
    ['a dict in itself', pickle('}q', 0, word('x'), 'h', 0, 's.'), /to hold a dict of tensors, received none/],
    ['lists within lists', pickle(Buffer.alloc(1 << 17, ']'), Buffer.alloc((1 << 17) - 1, 'a'), '.'), /a list/],
    ['a memory never filled', pickle('j', long(7), '.'), /to recall what it has stored, received number 7/],
    ['a memory of nothing', pickle('q', 0, '.'), /to take what it has made/],
    ['no mark', pickle('t.'), /to have a mark, received none/],
    ['what is below the mark', pickle('N(', 0x85, '.'), /to take what it has made/],
    ['a key without a value', pickle('}(', word('x'), 'u.'), /a value for each key, received 1 of both/],
    ['items of a list', pickle(']', word('x'), 'Ns.'), /to set items of a dict, received a list/],
    ['attributes of a list', pickle(']}b.'), /to give attributes to a dict, received a list/],
    ['two values', pickle('NN.'), /to end with one value, received 2/],
    ['nothing', pickle('.'), /to take what it has made/],
    ['no end', pickle('}'), /to have 1 bytes from byte \d+ on, received 0/],
    ['a new protocol', pickle(0x80, 9, '}.'), /a pickle protocol of at most 5, received 9/],
  ])('%s', async (_, state, message) => {
    expect(await complaintAbout(state)).toMatch(message);
  });

  const big = 2 ** 31 - 1;
  it.each<[string, Buffer, RegExp]>([
    [
      'beyond its storage',
      tensor('0', 4, 1, [2, 2], [2, 1]),
      /within their storages, received element 4 of a storage of 4/,
    ],
    [
      'of a storage that says it is larger',
      tensor('0', 5, 0, [5], [1]),
      /tensor "x" .* storage of 20 bytes, received 16/,
    ],
    [
      'of a storage that is not there',
      tensor('1', 4, 0, [4], [1]),
      /tensor "x" of FILE to have a storage .* received none/,
    ],
    ['repeated without end', tensor('0', 4, 0, [big, big], [0, 0]), /at most 4 times its \d+ bytes, received \d+/],
    ['of a huge shape', tensor('0', 4, 0, [big, big], [big, 1]), /within their storages, received element \d+/],
    ['of a negative length', tensor('0', 4, 0, [-1], [1]), /to make a tensor of a shape, received a tuple/],
    ['of a negative stride', tensor('0', 4, 3, [4], [-1]), /to make a tensor of strides/],
    [
      'of a negative offset',
      tensor('0', 4, -1, [4], [1]),
      /to make a tensor of an offset >= 0, received the number -1/,
    ],
    ['of more axes than strides', tensor('0', 4, 0, [2, 2], [1]), /a stride for each axis/],
    ['of a negative storage', tensor('0', -1, 0, [1], [1]), /to refer to a storage by type, key, device and size/],
    ['of too many axes', tensor('0', 4, 0, Array(100).fill(1), Array(100).fill(1)), /at most 64 axes, received 100/],
    [
      'of no storage',
      pickle('ctorch._utils\n_rebuild_tensor_v2\n(N', integer(0), '))tR'),
      /a tensor of a storage, rec/,
    ],
    ['of no arguments', pickle('ctorch._utils\n_rebuild_tensor_v2\n)R'), /a tensor of a storage, received nothing/],
    ['that is a parameter of nothing', pickle('ctorch._utils\n_rebuild_parameter\n)R'), /a parameter of a tensor, rec/],
  ])('a tensor %s', async (_, value, message) => {
    expect(await complaintAbout(dictOf(value))).toMatch(message);
  });

  it('keeps a tensor of any name', async () => {
    const named = pickle(0x80, 2, '}', word('__proto__'), tensor('0', 4, 0, [4], [1]), 's.');
    writeArchive(path('broken.pt'), { 'm/data.pkl': named, 'm/data/0': Buffer.alloc(16) });
    const { tensors } = await openPyTorch(path('broken.pt'));
    expect(Object.keys(tensors)).toEqual(['__proto__']);
  });
});

describe('another file is refused', () => {
  it.each<[string, Buffer | string, RegExp]>([
    ['empty', '', /received an empty file/],
    ['of text', 'hello', /received another format/],
    ['that stands for one in Git LFS', 'version https://git-lfs.github.com/spec/v1\n', /received a pointer of Git LFS/],
    [
      'of the first versions',
      Buffer.concat([Buffer.alloc(257), Buffer.from('ustar'), Buffer.alloc(300)]),
      /a tar archive/,
    ],
    ['of safetensors', `${'\0'.repeat(8)}{"x":{}}`, /received a safetensors file/],
    ['that begins like an archive', 'PK\u0003\u0004', /to end with the directory of a zip archive/],
  ])('%s', async (_, content, message) => {
    writeFileSync(path('broken.pt'), content);
    expect(await complaint()).toMatch(message);
  });

  it.each<[string, Record<string, Buffer>, RegExp]>([
    ['without a pickle', { 'm/version': Buffer.from('3') }, /to have one member data\.pkl, received 0/],
    ['with two', { 'm/data.pkl': dictOf(pickle('N')), 'n/data.pkl': pickle('N.') }, /received 2/],
    ['of a program', { 'm/data.pkl': pickle('N.'), 'm/constants.pkl': pickle('N.') }, /a program of TorchScript/],
    ['of another byte order', { 'm/data.pkl': pickle('N.'), 'm/byteorder': Buffer.from('big') }, /received big/],
  ])('an archive %s', async (_, members, message) => {
    writeArchive(path('broken.pt'), members);
    expect(await complaint()).toMatch(message);
  });

  it('that is not there, or is a folder', async () => {
    await expect(openPyTorch(path('none.pt'))).rejects.toThrow(/none\.pt" to be a readable file, received ENOENT/);
    await expect(openPyTorch(path('.'))).rejects.toThrow(/to be a file, received something else/);
  });
});

describe('one other bit', () => {
  const contiguous = tensor('0', 4, 0, [2, 2], [2, 1]);
  const turned = tensor('0', 4, 0, [2, 2], [1, 2]);
  const values = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
  /** Writes an archive of one tensor, in which a bit of what is looked for is then turned. */
  const writeDamaged = (state: Buffer, place: Buffer): Buffer => {
    writeArchive(path('broken.pt'), { 'm/data.pkl': dictOf(state), 'm/data/0': values });
    const bytes = readFileSync(path('broken.pt'));
    bytes[bytes.indexOf(place)] ^= 1;
    writeFileSync(path('broken.pt'), bytes);
    return bytes;
  };

  it.each([
    ['a tensor', contiguous],
    ['a view', turned],
  ])('of %s is found before a value is read', async (_, state) => {
    writeDamaged(state, values);
    const before = memory().tensors;
    const message =
      /broken\.pt" to have m\/data\/0 with the CRC-32 [0-9a-f]{8}, received [0-9a-f]{8}\. The file is damaged/;
    await expect(readPyTorch(path('broken.pt'))).rejects.toThrow(message);
    await expect(readPyTorch(path('broken.pt'))).rejects.toMatchObject({ code: 'PICKLE' });
    expect(memory().tensors).toBe(before);
  });

  it('of the pickle is found', async () => {
    writeDamaged(contiguous, word('x'));
    expect(await complaint()).toMatch(/FILE to have m\/data\.pkl with the CRC-32/);
  });

  it('is not found where PyTorch was told to write no checksums', async () => {
    writeFileSync(path('broken.pt'), withoutChecksums(writeDamaged(contiguous, values)));
    const { x, ...others } = await readPyTorch(path('broken.pt'));
    expect([...x.dataSync().subarray(1)]).toEqual([2, 3, 4]);
    dispose(x, others);
  });
});

/** An archive as PyTorch writes it after `torch.serialization.set_crc32_options(False)`. */
function withoutChecksums(archive: Buffer): Buffer {
  const bytes = Buffer.from(archive);
  for (let at = bytes.indexOf('PK\u0001\u0002'); at >= 0; at = bytes.indexOf('PK\u0001\u0002', at + 1)) {
    bytes.writeUInt32LE(0, at + 16);
  }
  return bytes;
}

describe('random damage', () => {
  const { cases } = golden('pytorch_files');
  it.each(['every type', 'views', 'the format before 1.6 with ties'])('of %s', async (name) => {
    const file = Buffer.from(cases.find((one) => one.name === name)?.file ?? '', 'base64');
    const whole = withoutChecksums(file); // they would find nearly all of it
    const damage = fc.oneof(
      fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, value]) => {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        return bytes;
      }),
      fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
    );
    const property = fc.asyncProperty(damage, async (bytes) => {
      writeFileSync(path('broken.pt'), bytes);
      try {
        const { tensors } = await openPyTorch(path('broken.pt'));
        for (const { pieces } of Object.values(tensors))
          for await (const piece of pieces()) expect(piece).toBeDefined();
      } catch (error) {
        expect(error).toMatchObject({ code: 'PICKLE' });
      }
    });
    await fc.assert(property, { seed: 9, numRuns: 150 });
  });
});
