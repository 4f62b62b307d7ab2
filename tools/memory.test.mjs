// SPDX-License-Identifier: Apache-2.0
// Native memory in programs of their own, as Node runs them: tensors that nobody frees, workers that train at the same time or
// are stopped halfway, backends made again and again, and every way to end with tensors alive.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs an ES module in a process of its own, as a file of the workspace. */
function run(source, environment = {}) {
  const options = {
    cwd: join(import.meta.dirname, '../packages/models'),
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  };
  return spawnSync(process.execPath, ['--input-type=module', '-e', source], options);
}

/** What a program that ends well prints last, as JSON. */
function answerOf(source, environment) {
  const { status, signal, stdout, stderr } = run(source, environment);
  if (status !== 0 || stderr !== '') throw new Error(`the program failed (${status ?? signal}):\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

const MEGABYTE = 2 ** 20;

/** A network and `steps` steps of it, `each` being done after every one; `losses` holds what came of them. */
const training = (steps, each = '') => `
  import { Generator, memory, nativeMemory, tensor } from '@nabla/core';
  import { LayerNorm, Linear, ReLU, Sequential, crossEntropy } from '@nabla/layers';
  import { AdamW } from '@nabla/optimizers';
  const generator = new Generator(1);
  const model = new Sequential(
    new Linear(20, 64, { generator }), new LayerNorm(64), new ReLU(), new Linear(64, 5, { generator }),
  );
  const optimizer = new AdamW(model.parameters(), { learningRate: 1e-3 });
  const x = tensor(Float32Array.from({ length: 640 }, (_, i) => Math.sin(i)), [32, 20]);
  const y = tensor(Int32Array.from({ length: 32 }, (_, i) => i % 5), [32], 'int32');
  const losses = [];
  for (let step = 0; step < ${steps}; step++) {
    const loss = optimizer.step(() => crossEntropy(model.forward(x), y));
    losses.push(loss.dataSync()[0]);
    loss.dispose();
    ${each}
  }
`;

const hasAddon = answerOf(`
  import { nativeMemory } from '@nabla/core';
  console.log(nativeMemory() !== undefined);
`);

if (!hasAddon) {
  it('is left out: the addon is not built', () => expect(hasAddon).toBe(false));
} else {
  describe('tensors that a program forgets', () => {
    /** 200 tensors of 64 MB, where 1 GB is allowed. */
    const forget = (body) =>
      answerOf(
        `
        import { add, fill, memory, nativeMemory, reshape, scope, valueAndGrad, variable, mean } from '@nabla/core';
        const SIZE = 2 ** 24;
        const make = (value) => fill([SIZE], value);
        const kept = make(7);
        const view = reshape(make(8), [2, SIZE / 2]); // the tensor that it was made from is forgotten
        ${body}
        const { peak, limit } = nativeMemory();
        console.log(JSON.stringify({ tensors: memory().tensors, bytes: memory().bytes, peak, limit,
          kept: [kept.dataSync().at(-1), view.dataSync().at(-1)], resident: process.resourceUsage().maxRSS * 1024 }));
      `,
        { NABLA_MEMORY_LIMIT: '1G' },
      );

    const check = ({ tensors, bytes, peak, limit, kept, resident }) => {
      expect(limit).toBe(1024 * MEGABYTE);
      expect(peak).toBeLessThanOrEqual(limit);
      expect(resident).toBeLessThan(limit + 400 * MEGABYTE); // Node itself, and what the test reads
      expect(kept).toEqual([7, 8]);
      expect(tensors).toBeLessThanOrEqual(16); // of 200
      expect(bytes).toBe(tensors * 64 * MEGABYTE);
    };

    it('are freed under pressure within one loop', () => {
      check(forget('for (let i = 0; i < 200; i++) make(i);'));
    });

    it('are freed under pressure between turns of the event loop', () => {
      check(forget('for (let i = 0; i < 200; i++) { make(i); await new Promise(setImmediate); }'));
    });

    it('are freed when it is the result of a kernel that finds no memory', () => {
      check(forget('for (let i = 0; i < 60; i++) add(make(i), 1);'));
    });

    it('live on where they are reachable, and then the limit stands', () => {
      const source = `
        import { fill, memory } from '@nabla/core';
        const held = [];
        let code;
        try {
          for (let i = 0; i < 200; i++) held.push(fill([2 ** 24], i));
        } catch (error) {
          code = error.code;
        }
        console.log(JSON.stringify([code, held.length, memory().tensors, [0, 15].every((i) => held[i].dataSync()[5] === i)]));
      `;
      expect(answerOf(source, { NABLA_MEMORY_LIMIT: '1G' })).toEqual(['OUT_OF_MEMORY', 16, 16, true]);
    });
  });

  describe('worker threads', () => {
    const inWorkers = (count, steps, then) => `
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      import { nativeMemory } from '@nabla/core';
      const before = nativeMemory().inUse;
      const source = ${JSON.stringify(`import { parentPort } from 'node:worker_threads';
        ${training('STEPS', "if (step === 20) parentPort.postMessage('at work');")}
        parentPort.postMessage([losses.length, losses.at(-1)]);`)}.replace('STEPS', ${steps});
      const located = source.replace(/'(@nabla.\\w+)'/g, (_, name) => JSON.stringify(import.meta.resolve(name)));
      const url = new URL('data:text/javascript,' + encodeURIComponent(located));
      const workers = Array.from({ length: ${count} }, () => new Worker(url));
      const atWork = () => Promise.all(workers.map((worker) => once(worker, 'message')));
      ${then}
    `;

    it('train at the same time, to the same numbers, and leave nothing', () => {
      const source = inWorkers(
        4,
        60,
        `const answers = await Promise.all(workers.map((worker) => new Promise((resolve, reject) => {
          let answer;
          worker.on('message', (message) => (answer = message));
          worker.on('error', reject);
          worker.on('exit', (code) => resolve([code, ...answer]));
        })));
        console.log(JSON.stringify([answers, nativeMemory().inUse - before]));`,
      );
      const [answers, left] = answerOf(source);
      const alone = answerOf(`${training(60)} console.log(JSON.stringify([0, losses.length, losses.at(-1)]));`);
      expect(answers).toEqual([alone, alone, alone, alone]);
      expect(left).toBe(0);
    });

    it('are stopped in the middle of training, and leave nothing', () => {
      const source = inWorkers(
        3,
        1e9,
        `await atWork();
        const codes = await Promise.all(workers.map((worker) => worker.terminate()));
        console.log(JSON.stringify([codes, nativeMemory().inUse - before]));`,
      );
      expect(answerOf(source)).toEqual([[1, 1, 1], 0]);
    });

    it('are still at work when the program ends', () => {
      const source = inWorkers(
        2,
        1e9,
        `await atWork();
        process.exit(5);`,
      );
      const { status, signal, stderr } = run(source);
      expect([status, signal, stderr]).toEqual([5, null, '']);
    });
  });

  describe('a program that ends with tensors alive', () => {
    it.each([
      ['of itself', '', 0],
      ['by process.exit', 'process.exit(3);', 3],
      ['by an error', 'process.on("uncaughtException", () => process.exit(4)); throw new Error("stop");', 4],
    ])('%s', (_, last, code) => {
      const { status, signal, stderr } = run(`${training(5)} ${last}`);
      expect([status, signal, stderr]).toEqual([code, null, '']);
    });
  });

  it('the backend is made and disposed 320 times, and leaves nothing', () => {
    const source = `
      import { add, getDevice, memory, nativeMemory, setDevice, tensor1d } from '@nabla/core';
      import { createRequire } from 'node:module';
      const tf = createRequire(import.meta.url)('@tensorflow/tfjs-core');
      setDevice('cpu');
      const name = tf.getBackend();
      const factory = tf.findBackendFactory(name);
      const before = nativeMemory();
      let sum = 0;
      for (let i = 0; i < 320; i++) {
        tf.removeBackend(name);
        tf.registerBackend(name, factory, 20);
        setDevice('cpu');
        const x = tensor1d([i, 1]);
        sum += add(x, x).dataSync()[0];
      }
      tf.removeBackend(name);
      const after = nativeMemory();
      console.log(JSON.stringify([sum, after.buffers - before.buffers, after.inUse - before.inUse]));
    `;
    expect(answerOf(source)).toEqual([320 * 319, 0, 0]);
  });
}
