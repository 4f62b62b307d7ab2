// SPDX-License-Identifier: Apache-2.0
// Tests of the pace at which a prompt is read.

import { ReadingPace, evenPart, paceOf } from './reading-pace.ts';

/** A model of which a step of a pass takes `fixed` milliseconds and `each` for a token. */
function reader(fixed: number, each: number): (time: number, rows?: number) => number[] {
  const pace = new ReadingPace();
  return (time, rows = 1) => {
    const passes: number[] = [];
    for (let left = time; left > 0;) {
      const steps = pace.timeSteps(left, rows);
      pace.learn(steps * rows, fixed + each * steps * rows);
      passes.push(steps);
      left -= steps;
    }
    return passes;
  };
}

describe('ReadingPace', () => {
  it('begins with 32 tokens, then has passes whose steps take 30 ms', () => {
    const read = reader(0, 0.25);
    expect(read(512)).toEqual([32, 120, 120, 120, 120]);
    expect(read(512)).toEqual([103, 103, 102, 102, 102]);
  });

  it('comes to 30 ms where a pass costs something beside its tokens', () => {
    const read = reader(10, 0.5);
    read(2000);
    for (const steps of read(400)) {
      expect(10 + 0.5 * steps).toBeGreaterThan(27);
      expect(10 + 0.5 * steps).toBeLessThan(31);
    }
  });

  it('has passes of one size, and no more of them than needed', () => {
    const read = reader(0, 30 / 64);
    read(640);
    expect(read(65)).toEqual([33, 32]);
    expect(read(64)).toEqual([64]);
    expect(read(130)).toEqual([44, 43, 43]);
  });

  it('never falls below 16 tokens, which a large model needs as much time for as for one', () => {
    const read = reader(200, 1);
    expect(read(100)).toEqual([25, 15, 15, 15, 15, 15]);
  });

  it('counts the tokens of all rows, and reads a step of more rows than tokens', () => {
    const read = reader(0, 30 / 64);
    read(640);
    expect(read(40, 4)).toEqual([14, 13, 13]);
    expect(read(3, 100)).toEqual([1, 1, 1]);
  });

  it('falls by half and rises eightfold at most, and learns nothing from a short rest', () => {
    const pace = new ReadingPace();
    const most = (): number => pace.timeSteps(2 ** 20, 1);
    pace.learn(32, 0.001);
    expect(most()).toBe(256);
    pace.learn(256, 5000);
    expect(most()).toBe(128);
    pace.learn(3, 29);
    expect(most()).toBe(128);
    pace.learn(128, 15);
    expect(most()).toBe(256);
  });
});

it('evenPart is the size of parts that are all but equal', () => {
  expect([evenPart(10, 4), evenPart(10, 5), evenPart(10, 100), evenPart(10, 0)]).toEqual([4, 5, 10, 1]);
});

it('paceOf is one for each model', () => {
  const [one, other] = [{}, {}];
  expect(paceOf(one)).toBe(paceOf(one));
  expect(paceOf(one)).not.toBe(paceOf(other));
});
