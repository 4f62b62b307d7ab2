// SPDX-License-Identifier: Apache-2.0
// Tests of recording on every device.

import { devices, inPrecision, randomTensor, tolerance, useDevice, withActivations } from '@nabla/testing';

import { getDevice, nativeMemory } from './device.ts';
import { scope } from './memory.ts';
import { normal } from './initializers/index.ts';
import { copyInto, embedding, linear, rnn, storeAsBfloat16 } from './ops/index.ts';
import { Generator } from './random.ts';
import { Recording } from './recording.ts';
import { type Tensor, add, clone, keep, matMul, mul, tensor1d, tensor2d, variable, zeros, zerosLike } from './tf.ts';

const values = (x: Tensor): number[] => [...x.dataSync()];

/** Records `f`, which replays then make again, and disposes of it in the end. */
function recorded<T>(f: () => T, use: (made: T, replay: () => boolean) => void): void {
  const recording = Recording.start();
  if (recording === undefined) throw new Error(`nothing can be recorded on ${getDevice()}`);
  try {
    const made = recording.add(f);
    recording.stop();
    use(made, () => recording.replay(0));
  } finally {
    recording.stop();
    recording.dispose();
  }
}

describe('Recording on js', () => {
  useDevice('js');
  it('is not to be had', () => {
    expect(Recording.start()).toBeUndefined();
  });
});

describe.each(devices().filter((device) => device !== 'js'))('Recording on %s', (device) => {
  useDevice(device);

  it('computes again what tensors hold by then', () => {
    const x = tensor1d([1, 2]);
    recorded(
      () => scope(() => keep(add(mul(x, 10), 1))),
      (y, replay) => {
        expect(values(y)).toEqual([11, 21]);
        copyInto(x, tensor1d([3, 4]), [0]);
        expect(values(y)).toEqual([11, 21]);
        replay();
        expect(values(y)).toEqual([31, 41]);
        y.dispose();
      },
    );
  });

  it('keeps what was disposed meanwhile for the replays, and others do not get it', () => {
    const x = tensor1d([1, 2]);
    recorded(
      () => scope(() => keep(mul(mul(x, x), x))),
      (y, replay) => {
        const others = Array.from({ length: 8 }, (_, i) => add(zeros([2]), i));
        copyInto(x, tensor1d([2, 3]), [0]);
        replay();
        expect(values(y)).toEqual([8, 27]);
        expect(others.map(values)).toEqual(others.map((_, i) => [i, i]));
        y.dispose();
      },
    );
  });

  it('does not change a snapshot of what it changes in place', () => {
    const x = tensor1d([1, 2]);
    recorded(
      () => scope(() => copyInto(x, mul(x, 2), [0])),
      (_, replay) => {
        const snapshot = clone(x);
        expect(replay).toThrowCode('RECORDING', /shares its memory|share its memory/);
        expect([x, snapshot].map(values)).toEqual([[2, 4], [2, 4]]); // prettier-ignore
        snapshot.dispose();
        replay();
        expect(values(x)).toEqual([4, 8]);
      },
    );
  });

  it('refuses a change of what shares its memory, a replay within, and what is asynchronous', () => {
    const x = tensor1d([1, 2]);
    recorded(
      () => scope(() => copyInto(x, mul(x, 2), [0])),
      (_, replay) => {
        const recording = Recording.start();
        try {
          expect(() => recording?.add(() => replay())).toThrowCode('RECORDING', /cannot replay/);
          expect(() => recording?.add(() => Promise.resolve())).toThrowCode('ASYNC');
          const shared = clone(x);
          expect(() => recording?.add(() => copyInto(shared, x, [0]))).toThrowCode('RECORDING', /shares its memory/);
          shared.dispose();
        } finally {
          recording?.dispose();
        }
      },
    );
  });

  it('repeats the values that a function put in', () => {
    const x = tensor1d([1, 2]);
    recorded(
      () => {
        const sum = zerosLike(x);
        copyInto(sum, add(sum, x), [0]);
        return sum;
      },
      (sum, replay) => {
        for (let i = 0; i < 2; i++) replay();
        expect(values(sum)).toEqual([1, 2]);
      },
    );
  });

  it('checks indices and buffers at each replay', () => {
    const [table, ids] = [tensor2d([[1], [2]]), tensor1d([0, 1], 'int32')];
    recorded(
      () => embedding(table, ids),
      (rows, replay) => {
        copyInto(ids, tensor1d([1, 1], 'int32'), [0]);
        replay();
        expect(values(rows)).toEqual([2, 2]);
        copyInto(ids, tensor1d([0, 2], 'int32'), [0]);
        expect(replay).toThrowCode('DATA', /indices from 0 to 1, received 2 at position 1/);
        table.dispose();
        expect(replay).toThrowCode('CONTRACT', /released/);
      },
    );
  });

  it('is one piece of work on cuda, as long as the memory is the same and the indices are good', () => {
    const isGraph = device === 'cuda';
    const ids = tensor1d([0, 1], 'int32');
    const table = scope(() => variable(tensor2d([[1], [2]])));
    const setIds = (...to: number[]): void => {
      copyInto(ids, tensor1d(to, 'int32'), [0]);
    };
    recorded(
      () => scope(() => keep(mul(matMul(embedding(table, ids), table, false, true), 0.5))),
      (out, replay) => {
        expect([replay(), replay(), replay()]).toEqual([false, isGraph, isGraph]);
        setIds(1, 1);
        expect(replay()).toBe(isGraph);
        expect(values(out)).toEqual([1, 2, 1, 2]);
        setIds(2, 0);
        expect(replay).toThrowCode('DATA', /received 2 at position 0/);
        setIds(0, 1);
        expect(replay()).toBe(isGraph);
        expect(values(out)).toEqual([0.5, 1, 1, 2]);
        storeAsBfloat16(table); // takes other memory
        expect([replay(), replay()]).toEqual([false, isGraph]);
        expect(values(out)).toEqual([0.5, 1, 1, 2]);
        out.dispose();
        table.dispose();
      },
    );
  });

  it('refuses what is no kernel call, and leaves nothing behind', () => {
    const x = tensor1d([1, 2]);
    const before = nativeMemory()?.buffers;
    const generator = new Generator(1);
    const untouched = generator.withoutDrawing(() => normal([2], generator));
    const refused: [() => unknown, RegExp][] = [
      [() => x.dataSync(), /read a tensor/],
      [() => add(x, untouched), /blank zeros/],
    ];
    for (const [f, words] of refused) {
      const record = (): void => {
        recorded(
          () => scope(() => void f()),
          () => undefined,
        );
      };
      expect(record).toThrowCode('RECORDING', words);
    }
    recorded(
      () => expect(Recording.start()).toBeUndefined(),
      (_, replay) => {
        replay();
      },
    );
    expect(nativeMemory()?.buffers).toBe(before);
    expect(values(mul(x, tensor1d([1, 2])))).toEqual([1, 4]);
  });

  it('repeats lengths that a kernel copies from the host', () => {
    const x = randomTensor([2, 3, 4], { seed: 1 });
    const weights = { weight_ih: randomTensor([5, 4], { seed: 2 }), weight_hh: randomTensor([5, 5], { seed: 3 }) };
    const run = (): Tensor => scope(() => keep(rnn(x, weights, { lengths: [3, 2] }).output));
    recorded(run, (out, replay) => {
      for (let time = 0; time < 4; time++) {
        replay();
        const again = run();
        expect(out).toBeCloseToTensor(again, tolerance('exact'));
        again.dispose();
      }
      out.dispose();
    });
  });

  it('multiplies in the precision of the replay', () => {
    const x = randomTensor([8, 8], { seed: 1 });
    recorded(
      () => matMul(x, x),
      (out, replay) => {
        for (let time = 0; time < 3; time++) replay();
        const precision = device === 'cuda' ? 'tf32' : 'float32'; // not every processor has another one
        const expected = inPrecision(precision, () => matMul(x, x));
        inPrecision(precision, () => {
          replay();
          replay();
        });
        expect(out).toBeCloseToTensor(expected, tolerance('exact'));
      },
    );
  });

  if (device === 'cuda')
    it('adds the bias within a product of bf16, as a graph too', () => {
      const [x, weight, bias] = [[16, 64], [32, 64], [32]].map((shape, seed) => randomTensor(shape, { seed }));
      for (const factor of [x, weight]) storeAsBfloat16(factor);
      const run = (): Tensor => linear(x, weight, bias, { activation: 'geluTanh' });
      withActivations('bfloat16', () => {
        recorded(run, (out, replay) => {
          const expected = values(run());
          expect([replay(), replay(), replay()]).toEqual([false, true, true]);
          expect(values(out)).toEqual(expected);
        });
      });
    });

  it('says what was done in the wrong order', () => {
    const first = Recording.start();
    first?.add(() => zeros([2]));
    first?.stop();
    const second = Recording.start();
    expect(() => first?.add(() => zeros([2]))).toThrowCode('RECORDING', /stopped/);
    expect(() => second?.add(() => second.add(() => zeros([2])))).toThrowCode('RECORDING', /cannot record/);
    second?.dispose(); // while it goes on
    second?.dispose();
    expect(() => second?.replay(0)).toThrowCode('RECORDING', /part below 0/);
    first?.dispose();
    Recording.start()?.dispose();
  });
});
