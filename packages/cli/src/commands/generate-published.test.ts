// SPDX-License-Identifier: Apache-2.0
// Tests of nabla generate with a folder of a published model.

import { rmSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';

import { GPT2LMHeadModel, fromPretrained, generate } from '@nabla/models';

import { type Ran, nabla, nablaReading, useFolder } from '../test-nabla.ts';
import { makePublishedFolder } from '../test-published.ts';

useFolder();

const write = (...words: string[]): Promise<Ran> => nabla('generate', 'gpt2', '--device', 'js', ...words);

/** What --json prints. */
interface Printed {
  readonly event: string;
  readonly prompt: string;
  readonly text: string;
  readonly finish: string;
  readonly tokens: { readonly id: number; readonly text: string; readonly logProbability: number }[];
}

async function printed(...words: string[]): Promise<Printed> {
  return JSON.parse((await write('--json', ...words)).result) as Printed;
}

describe('nabla generate with a published model', () => {
  beforeAll(() => makePublishedFolder('gpt2'));

  it('writes what the model writes, and tells of every token', async () => {
    const model = await fromPretrained('gpt2', GPT2LMHeadModel);
    const inputIds = [[...Buffer.from('abc')]];
    const { sequences, logProbabilities } = await generate(
      model,
      { inputIds },
      { maximumNewTokens: 9, logProbabilities: true },
    );
    model.dispose();
    const found = await printed('--prompt', 'abc', '--tokens', '9');
    expect(found).toMatchObject({ event: 'generate', prompt: 'abc', finish: 'length' });
    expect(found.tokens.map(({ id }) => id)).toEqual(sequences[0]?.slice(3));
    const values = logProbabilities?.[0]?.map((value): unknown => expect.closeTo(value, 5));
    expect(found.tokens.map(({ logProbability }) => logProbability)).toEqual(values);
    const { status, result } = await write('--prompt', 'abc', '--tokens', '9', '--greedy');
    expect({ status, result }).toEqual({ status: 0, result: `abc${found.text}\n` });
  });

  it('begins with the token that is asked for', async () => {
    const [first, second] = (await printed('--prompt', 'abc', '--tokens', '2', '--first-token', '<|user|>')).tokens;
    expect(first).toMatchObject({ id: 257, text: '<|user|>' });
    expect(second?.id).not.toBe(257);
    const { tokens } = await printed('--prompt', 'abc', '--tokens', '2', '--first-token', 'z', '--beams', '2');
    expect(tokens[0]?.text).toBe('z');
    expect(await write('--prompt', 'abc', '--first-token', 'fr_XX')).toMatchObject({
      status: 1,
      notes: expect.stringMatching(/--first-token to be a token of the model, received fr_XX\. .*\[TOKEN\]/) as string,
    });
  });

  it('draws when asked to, the same for the same seed', async () => {
    const draw = async (...words: string[]): Promise<string> =>
      (await printed('--prompt', 'abc', '--tokens', '12', '--temperature', '90', ...words)).text;
    expect(await draw('--seed', '3')).toBe(await draw('--seed', '3'));
    expect(await draw('--seed', '4')).not.toBe(await draw('--seed', '3'));
    const likeliest = (await printed('--prompt', 'abc', '--tokens', '12')).text;
    expect(await draw('--top-k', '1')).toBe(likeliest);
    expect(await draw('--top-p', '0')).toBe(likeliest);
    expect(await draw('--min-p', '1')).toBe(likeliest);
  });

  it('searches with beams, whose texts are at least as probable', async () => {
    const sum = ({ tokens }: Printed): number => tokens.reduce((total, token) => total + token.logProbability, 0);
    const greedy = await printed('--prompt', 'abc', '--tokens', '6', '--greedy');
    const best = await printed('--prompt', 'abc', '--tokens', '6', '--beams', '8');
    expect(best.tokens).toHaveLength(6);
    expect(sum(best)).toBeGreaterThanOrEqual(sum(greedy) - 1e-6);
  });

  it('computes with weights that are stored as bf16', async () => {
    const model = await fromPretrained('gpt2', GPT2LMHeadModel, { storage: 'bfloat16' });
    const options = { maximumNewTokens: 5, logProbabilities: true };
    const { logProbabilities } = await generate(model, { inputIds: [[...Buffer.from('abc')]] }, options);
    model.dispose();
    const found = await printed('--prompt', 'abc', '--tokens', '5', '--storage', 'bfloat16');
    const values = logProbabilities?.[0]?.map((value): unknown => expect.closeTo(value, 5));
    expect(found.tokens.map(({ logProbability }) => logProbability)).toEqual(values);
    expect((await write('--prompt', 'abc', '--storage', 'int4')).status).not.toBe(0);
  });

  it('ends before a stop string', async () => {
    const words = ['--prompt', 'abc', '--tokens', '20', '--temperature', '90', '--seed', '1'];
    const { text } = await printed(...words);
    const stop = [...text].slice(3, 5).join('');
    const stopped = await printed(...words, '--stop', 'not there', '--stop', stop);
    expect(stopped).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finish: 'stop' });
  });

  it('reads the prompt from stdin', async () => {
    const words = ['generate', 'gpt2', '--device', 'js', '--tokens', '4', '--prompt'];
    const given = await nabla(...words, 'añ 😀\nb');
    const piped = (): Readable => Readable.from([Buffer.from('añ 😀\nb\n')]);
    const { status, result } = await nablaReading(piped(), ...words, '-');
    expect({ status, result }).toEqual({ status: 0, result: given.result });
    expect((await nablaReading(piped(), ...words.slice(0, -1))).result).toBe(given.result);
    const broken = await nablaReading(Readable.from([Buffer.from([97, 0xff])]), ...words, '-');
    expect(broken).toMatchObject({ status: 1, result: '' });
    expect(broken.notes).toMatch(/expected stdin to be UTF-8 text/);
  });

  it.each([
    ['an empty prompt', ['--prompt', ''], /a prompt to have at least one token, received none/],
    ['a prompt beyond the context', ['--prompt', 'x'.repeat(65)], /context of 64 tokens, received 65/],
    ['too many tokens', ['--prompt', 'abc', '--tokens', '62'], /context of 64 tokens, received 3 and 62 new ones/],
    ['a share above 1', ['--prompt', 'abc', '--top-p', '2'], /topP to be a number >= 0 and <= 1/],
    ['the best weights', ['--prompt', 'abc', '--best'], /--best not to be given for a published model/],
  ])('refuses %s', async (_, words, message) => {
    const { status, result, notes } = await write(...words);
    expect({ status, result }).toEqual({ status: 1, result: '' });
    expect(notes).toMatch(message);
  });

  it('names a tokenizer that does not go with the weights, and one that is missing', async () => {
    await makePublishedFolder('narrow', { vocab_size: 100, eos_token_id: 0 });
    const words = ['generate', 'narrow', '--device', 'js', '--prompt'];
    expect((await nabla(...words, 'ABC')).status).toBe(0);
    const { status, notes } = await nabla(...words, 'abx');
    expect(status).toBe(1);
    expect(notes).toMatch(
      /vocabulary, 0 to 99, received 120 for "x"\. Tokenizer and weights are not of the same model/,
    );
    rmSync('narrow/tokenizer.json');
    expect((await nabla(...words, 'ABC')).notes).toMatch(/tokenizer\.json/);
  });

  it('names what the folder says wrongly', async () => {
    await makePublishedFolder('odd');
    writeFileSync('odd/generation_config.json', '{"top_k": "many"}');
    const { status, notes } = await nabla('generate', 'odd', '--device', 'js', '--prompt', 'a');
    expect(status).toBe(1);
    expect(notes).toMatch(/"top_k" of "odd\/generation_config\.json"/);
  });
});
