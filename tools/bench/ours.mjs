// SPDX-License-Identifier: Apache-2.0
// Our side of a case, with the same questions that a peer answers.

import { engine } from '@tensorflow/tfjs-core';

import { scope, setDevice, setThreads } from '@nabla/core';

import { fingerprint } from './inputs.mjs';
import { profile } from './profile.mjs';

/**
 * A case made ready. `prepare(spec)` gives `run`, which returns its results by name, what is `kept` until `dispose`, and
 * `results` where the numbers to compare are not those of a run.
 */
export class Ours {
  #run;
  #kept;
  check;

  constructor({ device, spec, prepare }, threads) {
    setDevice(device);
    if (device === 'cpu') setThreads(threads);
    const { run, kept, results = run } = prepare(spec);
    this.#run = run;
    this.#kept = kept;
    this.check = {};
    scope(() => {
      for (const [name, tensor] of Object.entries(results())) this.check[name] = fingerprint(tensor.dataSync());
    });
  }

  /** Seconds of `count` runs. */
  time(count) {
    const start = performance.now();
    for (let i = 0; i < count; i++) scope(() => void this.#run());
    return (performance.now() - start) / 1e3;
  }

  /** Where the time of a run goes, see profile.mjs. */
  profile() {
    return profile(() => scope(() => void this.#run()), engine().backend.kernels);
  }

  dispose() {
    for (const thing of this.#kept) thing.dispose();
  }
}
