// SPDX-License-Identifier: Apache-2.0
// Tests of what can be served: models of runs, corrections of models, and what is refused.

import { copyFileSync, rmSync, writeFileSync } from 'node:fs';

import { Generator } from '@nabla/core';
import {
  BertForSequenceClassification,
  GPT2LMHeadModel,
  Lora,
  fromPretrained,
  saveAdapter,
  savePretrained,
} from '@nabla/models';

import { findModel } from '../find-model.ts';
import { TINY, nabla, trained, useFolder } from '../test-nabla.ts';
import { makePublishedFolder } from '../test-published.ts';
import { type ServedOptions, disposeServed, loadServed } from './served-model.ts';
import { makeServer } from './server.ts';
import { type Body, eventsOf, post } from '../test-server.ts';

useFolder();

const quiet = { result: () => undefined, note: () => undefined, piece: () => undefined, terminal: undefined };

/** Loads what a word on the command line stands for, serves it, and asks it. */
async function asking<T>(
  source: string,
  ask: (send: (path: string, body: Body) => Promise<Response>) => Promise<T>,
  options: ServedOptions = {},
): Promise<T> {
  const served = await loadServed(await findModel(source, quiet), options);
  try {
    const { signal } = new AbortController();
    const log = (error: unknown): never => {
      throw error;
    };
    const app = makeServer(served, { apiKey: undefined, waiting: 0, bodyBytes: 10_000, log, signal });
    return await ask((path, body) => post(app, path, body));
  } finally {
    disposeServed(served);
  }
}

async function textOf(response: Response): Promise<string> {
  const { choices } = (await response.json()) as { choices: { text: string }[] };
  return choices[0]?.text ?? '';
}

describe('a run of the recipe transformer', () => {
  beforeAll(async () => {
    const { status } = await nabla('train', 'transformer', ...TINY, '--steps', '3', '--out', 'runs/abc');
    expect(status).toBe(0);
  });

  it('goes on with texts, as nabla generate does', async () => {
    const words = ['--prompt', 'abc', '--tokens', '12', '--greedy', '--device', 'js'];
    const expected = (await nabla('generate', 'runs/abc', ...words)).result.trimEnd();
    await asking('runs/abc', async (send) => {
      const body = { model: 'abc', prompt: 'abc', max_tokens: 12, temperature: 0, echo: true };
      const response = await send('/v1/completions', body);
      expect(await response.clone().json()).toMatchObject({
        ...{ model: 'abc', choices: [{ finish_reason: 'length' }] },
        usage: { prompt_tokens: 3, completion_tokens: 12, total_tokens: 15 },
      });
      expect(await textOf(response)).toBe(expected);
      const chunks = await eventsOf(await send('/v1/completions', { ...body, stream: true }));
      const choices = chunks.flatMap((chunk) => chunk['choices'] as { text: string }[]);
      expect(choices.map(({ text }) => text).join('')).toBe(expected);
    });
  });

  it('answers with its best weights where they are asked for', async () => {
    const { status } = await nabla('train', 'transformer', ...TINY, '--steps', '3', '--seed', '9', '--out', 'runs/two');
    expect(status).toBe(0);
    copyFileSync('runs/abc/model.safetensors', 'runs/two/best.safetensors');
    const text = (options: ServedOptions): Promise<string> =>
      asking(
        'runs/two',
        async (send) => textOf(await send('/v1/completions', { prompt: 'abc', max_tokens: 20, temperature: 0 })),
        options,
      );
    const [best, last] = [await text({ best: true }), await text({})];
    expect(best).not.toBe(last);
    await asking('runs/abc', async (send) => {
      expect(await textOf(await send('/v1/completions', { prompt: 'abc', max_tokens: 20, temperature: 0 }))).toBe(best);
    });
  });

  it('draws by the seed, and ends before a stop string', async () => {
    await asking('runs/abc', async (send) => {
      const body = { prompt: 'ab', max_tokens: 30, temperature: 2, seed: 1, logit_bias: {} };
      const text = await textOf(await send('/v1/completions', body));
      expect(await textOf(await send('/v1/completions', body))).toBe(text);
      const stop = text.slice(4, 6);
      const stopped = await send('/v1/completions', { ...body, stop });
      expect(await stopped.clone().json()).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
      expect(await textOf(stopped)).toBe(text.slice(0, text.indexOf(stop)));
    });
  });

  it.each<[string, Body, RegExp]>([
    ['/v1/chat/completions', { messages: [{ role: 'user', content: 'a' }] }, /not made for conversations/],
    ['/v1/embeddings', { input: 'a' }, /makes no vectors/],
    ['/v1/completions', { prompt: [1, 2] }, /takes text, not tokens/],
    ['/v1/completions', { prompt: 'a', top_p: 0.5 }, /does not know top_p/],
    ['/v1/completions', { prompt: 'a', logprobs: 1 }, /does not know logprobs/],
    ['/v1/completions', { prompt: 'aZ' }, /"Z"/],
    ['/v1/completions', { prompt: '' }, /at least one character/],
  ])('%s %j is refused', async (path, body, message) => {
    await asking('runs/abc', async (send) => {
      const response = await send(path, body);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(message) as string } });
    });
  });
});

describe('a published model that was fine-tuned', () => {
  const words = [
    '--task',
    'causal-lm',
    '--data',
    'abc.txt',
    '--steps',
    '2',
    '--device',
    'js',
    '--set',
    'maximumLength=16',
  ];
  const greedy = ['--prompt', 'abc', '--tokens', '8', '--greedy', '--device', 'js'];
  beforeAll(() => makePublishedFolder('base'));

  it.each([
    ['all of it', [], 'whole'],
    ['by corrections', ['--lora-rank', '2', '--learning-rate', '0.5'], 'corrected'],
  ])('%s: its run is served', async (_, more, run) => {
    const { status, notes } = await nabla('finetune', 'base', ...words, ...more, '--out', run);
    expect({ status, notes }).toMatchObject({ status: 0 });
    const restored = await nabla('generate', run, ...greedy);
    await asking(run, async (send) => {
      const body = { model: run, prompt: 'abc', max_tokens: 8, temperature: 0, echo: true };
      expect(await textOf(await send('/v1/completions', body))).toBe(restored.result.trimEnd());
      const chat = await send('/v1/chat/completions', { messages: [{ role: 'user', content: 'a' }], max_tokens: 2 });
      expect(chat.status).toBe(200); // the run keeps the template
    });
  });

  it('by corrections: the folder of an adapter is served, chatted with and written with', async () => {
    const base = await fromPretrained('base', GPT2LMHeadModel);
    const lora = new Lora(base, { generator: new Generator(1), rank: 2 });
    await saveAdapter(base, lora, 'adapter');
    lora.dispose();
    base.dispose();
    const expected = (await nabla('generate', 'base', ...greedy)).result; // corrections of 0
    expect((await nabla('generate', 'adapter', ...greedy)).result).toBe(expected);
    await asking('adapter', async (send) => {
      const body = { model: 'adapter', prompt: 'abc', max_tokens: 8, temperature: 0, echo: true };
      expect(`${await textOf(await send('/v1/completions', body))}\n`).toBe(expected);
    });
    writeFileSync('adapter/adapter_config.json', '{"base_model_name_or_path": "./gone", "peft_type": "LORA"}');
    expect((await nabla('generate', 'adapter', ...greedy)).notes).toMatch(
      /"base_model_name_or_path" of "adapter\/adapter_config\.json".*"\.\/gone"/,
    );
  });
});

describe('what cannot be served says what can', () => {
  it('a run that does not write', async () => {
    const { run } = await trained('--data', 'animals.csv');
    const { status, notes } = await nabla('serve', run);
    expect(status).toBe(1);
    expect(notes).toMatch(
      /run of the recipe fnn\. Of runs, those are served that nabla generate can go on with.*nabla predict.*\[MODEL\]/s,
    );
  });

  it('a classifier', async () => {
    const shape = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16 };
    const model = new BertForSequenceClassification({ ...shape, vocab_size: 8 }, new Generator(1));
    await savePretrained(model, 'classifier');
    model.dispose();
    expect((await nabla('serve', 'classifier')).notes).toMatch(/which tells classes apart. It is for nabla classify\./);
    expect((await nabla('chat', 'classifier')).notes).toMatch(/It is for nabla classify\./);
    expect((await nabla('embed', 'classifier', 'a')).notes).toMatch(/It is for nabla classify\./);
    expect((await nabla('generate', 'classifier', '--prompt', 'a')).notes).toMatch(/It is for nabla classify\./);
  });

  it('an empty folder, and one of something else', async () => {
    writeFileSync('empty.txt', '');
    expect((await nabla('serve', 'empty.txt')).notes).toMatch(/received a file/);
    expect((await nabla('generate', 'runs/none', '--prompt', 'a')).notes).toMatch(
      /no such folder\. There are runs\/abc/,
    );
    expect((await nabla('serve', '.')).notes).toMatch(/to have a config\.json.*abc\.txt.*\[MODEL\]/s);
    rmSync('empty.txt');
    await makePublishedFolder('plain');
    expect((await nabla('serve', 'plain', '--best')).notes).toMatch(/--best not to be given for a published model/);
  });
});
