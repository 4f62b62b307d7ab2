// SPDX-License-Identifier: Apache-2.0
// Tests of nabla chat: a conversation from a pipe.

import { readFileSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';

import { type Ran, nabla, nablaReading, useFolder } from '../test-nabla.ts';
import { makePublishedFolder } from '../test-published.ts';

useFolder();

/** Says lines, one after the other. */
function say(lines: readonly string[], ...words: string[]): Promise<Ran> {
  const input = Readable.from([lines.map((line) => `${line}\n`).join('')]);
  return nablaReading(input, 'chat', 'talker', '--device', 'js', '--tokens', '5', ...words);
}

/** What `nabla generate` writes after a text. */
async function continuation(prompt: string): Promise<string> {
  const words = ['--device', 'js', '--tokens', '5', '--json', '--prompt', prompt];
  const { text } = JSON.parse((await nabla('generate', 'talker', ...words)).result) as { text: string };
  return text;
}

describe('nabla chat', () => {
  beforeAll(() => makePublishedFolder('talker'));

  it('answers each line as the template has it, with all that was said before', async () => {
    const first = await continuation('<|user|>ab<|end|><|assistant|>');
    const second = await continuation(`<|user|>ab<|end|><|assistant|>${first}<|end|><|user|>c d<|end|><|assistant|>`);
    const { status, result } = await say(['ab', '', '  c d ']);
    expect({ status, result }).toEqual({ status: 0, result: `${first}\n${second}\n` });
  });

  it('begins anew, and ends', async () => {
    const answer = (await say(['ab'])).result;
    expect((await say(['ab', '/reset', 'ab', '/exit', 'ab'])).result).toBe(answer + answer);
    expect((await say([])).result).toBe('');
  });

  it('draws when asked to', async () => {
    const draw = async (seed: string): Promise<string> =>
      (await say(['ab'], '--temperature', '90', '--seed', seed)).result;
    expect(await draw('1')).toBe(await draw('1'));
    expect(await draw('2')).not.toBe(await draw('1'));
  });

  it('tells the model about itself first', async () => {
    const { result, notes } = await say(['ab'], '--system', 'kind');
    expect(result).toBe(`${await continuation('<|system|>kind<|end|><|user|>ab<|end|><|assistant|>')}\n`);
    expect(notes).toMatch(/\/reset begins anew/);
    expect((await say(['ab'], '--system', 'x'.repeat(70))).notes).toMatch(/context of 64 tokens/);
  });

  it('refuses a model without a template', async () => {
    await makePublishedFolder('silent');
    const config = JSON.parse(readFileSync('silent/tokenizer_config.json', 'utf8')) as Record<string, unknown>;
    writeFileSync('silent/tokenizer_config.json', JSON.stringify({ ...config, chat_template: undefined }));
    const { status, notes } = await nablaReading(Readable.from(['a\n']), 'chat', 'silent', '--device', 'js');
    expect(status).toBe(1);
    expect(notes).toMatch(/to have a chat template, in tokenizer_config\.json or chat_template\.jinja, received none/);
  });
});
