// SPDX-License-Identifier: Apache-2.0
// How long a model that writes keeps others waiting: `node tools/responsiveness.mjs [part …]`, parts among read, write, beams, choose, load
// and tokenize; default all. With random weights of GPT-2's size (124M) it prints, for each part, the longest time for which the event loop
// did not turn, and for reading the time to the first token: in passes whose size is found by time, and in a single pass. Nothing
// is asserted: the times are those of this machine.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator } from '@nabla/core';
import { trainBytePairEncoding } from '@nabla/data';
import { GPT2LMHeadModel, fromPretrained, generate, generateTokens, savePretrained } from '@nabla/models';

const LENGTHS = [512, 1000];
const NEW_TOKENS = 20;
const BEAMS = 4;

const idsOf = (count) => Array.from({ length: count }, (_, i) => (i * 7919) % 50257);
const milliseconds = (value) => `${value.toFixed(0).padStart(5)} ms`;

/** Runs `work` while a timer asks for its turn each millisecond; the longest time for which it had to wait. */
async function longestWait(work) {
  let [last, longest] = [performance.now(), 0];
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  try {
    await new Promise(setImmediate);
    last = performance.now();
    const result = await work();
    look();
    return { longest, result };
  } finally {
    clearInterval(timer);
  }
}

/** Reads a prompt and writes its first token, or `count` of them. */
async function write(model, prompt, options, count = 1) {
  const start = performance.now();
  let first;
  for await (const token of generateTokens(model, prompt, { maximumNewTokens: count, endTokens: [], ...options })) {
    first ??= performance.now() - start;
    if (token.finish !== undefined) break;
  }
  return first;
}

async function read(model) {
  for (const length of LENGTHS) {
    const prompt = idsOf(length);
    const ways = { 'by time': {}, 'one pass': { tokensPerPass: length } };
    for (const options of Object.values(ways)) await write(model, prompt, options); // the first pass of all is slower
    const found = Object.fromEntries(Object.keys(ways).map((way) => [way, { firsts: [], longest: 0 }]));
    for (let repetition = 0; repetition < 3; repetition++) {
      for (const [way, options] of Object.entries(ways)) {
        const { longest, result } = await longestWait(() => write(model, prompt, options));
        found[way].firsts.push(result);
        found[way].longest = Math.max(found[way].longest, longest);
      }
    }
    for (const [way, { firsts, longest }] of Object.entries(found)) {
      const first = milliseconds(Math.min(...firsts));
      console.log(`read ${length} tokens, ${way}: first token after ${first}, longest wait ${milliseconds(longest)}`);
    }
  }
}

async function writeOn(model) {
  for (const length of [1, ...LENGTHS]) {
    const { longest, result } = await longestWait(async () => {
      let [start, count] = [undefined, 0];
      for await (const token of generateTokens(model, idsOf(length), {
        maximumNewTokens: NEW_TOKENS,
        topP: 0.9,
        topK: 0,
        endTokens: [],
      })) {
        start ??= performance.now();
        count++;
        if (token.finish !== undefined) break;
      }
      return (performance.now() - start) / (count - 1);
    });
    console.log(`write after ${length}: ${milliseconds(result)} for a token, longest wait ${milliseconds(longest)}`);
  }
}

async function beams(model) {
  for (const length of [16, 512]) {
    const start = performance.now();
    const options = { beams: BEAMS, maximumNewTokens: NEW_TOKENS, endTokens: [] };
    const { longest } = await longestWait(() => generate(model, { inputIds: [idsOf(length)] }, options));
    const each = (performance.now() - start) / NEW_TOKENS;
    console.log(
      `${BEAMS} beams after ${length}: ${milliseconds(each)} for a step, longest wait ${milliseconds(longest)}`,
    );
  }
}

async function load(model) {
  const folder = mkdtempSync(join(tmpdir(), 'nabla-responsiveness-'));
  try {
    const saved = await longestWait(() => savePretrained(model, folder));
    console.log(`save: longest wait ${milliseconds(saved.longest)}`);
    const start = performance.now();
    const { longest, result } = await longestWait(() => fromPretrained(folder));
    console.log(`load: ${milliseconds(performance.now() - start)}, longest wait ${milliseconds(longest)}`);
    result.dispose();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function tokenize() {
  const words = Array.from({ length: 4000 }, (_, i) => `word${(i * 7919) % 1009} of ${i % 97}`);
  const text = words.join(' ');
  const tokenizer = await trainBytePairEncoding([text], { vocabularySize: 2000 });
  for (const characters of [4000, 40000]) {
    const part = text.slice(0, characters);
    const { longest, result } = await longestWait(async () => tokenizer.encode(part).ids.length);
    console.log(`tokenize ${part.length} characters into ${result}: longest wait ${milliseconds(longest)}`);
  }
}

const parts = { read, write: writeOn, beams, load, tokenize };
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) throw new Error(`unknown part "${unknown}": one of ${Object.keys(parts).join(', ')}`);
const model = new GPT2LMHeadModel({}, new Generator(1)).eval();
for (const [name, run] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await run(model);
model.dispose();
