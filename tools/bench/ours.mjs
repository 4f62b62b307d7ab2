// SPDX-License-Identifier: Apache-2.0
// Our side of a case, with the same questions that a peer answers.

import { engine } from '@tensorflow/tfjs-core';

import { scope, setDevice, setThreads } from '@nabla/core';

import { fingerprint } from './inputs.mjs';
import { profile } from './profile.mjs';

/**
 * A case made ready. `prepare(spec)` gives `run`, which returns its results by name, what is `kept` until `dispose`, and
 * `results` where the numbers to compare are not those of a run; or `time` instead of `run`, where a run is not a call.
 */
export class Ours {
  #run;
  #time;
  #kept;
  check;

  constructor({ device, spec, prepare }, threads) {
    setDevice(device);
    if (device === 'cpu') setThreads(threads);
    const { run, time, kept, results = run } = prepare(spec);
    this.#run = run;
    this.#time = time ?? ((count) => this.#timeOfCalls(count));
    this.#kept = kept;
    this.check = {};
    scope(() => {
      for (const [name, tensor] of Object.entries(results())) this.check[name] = fingerprint(tensor.dataSync());
    });
  }

  /** Seconds of `count` runs, or a promise of them. */
  time(count) {
    return this.#time(count);
  }

  #timeOfCalls(count) {
    const start = performance.now();
    for (let i = 0; i < count; i++) scope(() => void this.#run());
    return (performance.now() - start) / 1e3;
  }

  /** Where the time of a run goes, see profile.mjs; undefined where it is not a call. */
  profile() {
    if (this.#run === undefined) return undefined;
    return profile(() => scope(() => void this.#run()), engine().backend.kernels);
  }

  async dispose() {
    for (const thing of this.#kept) await thing.dispose();
  }
}
