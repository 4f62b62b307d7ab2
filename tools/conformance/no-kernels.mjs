// SPDX-License-Identifier: Apache-2.0
// A tfjs backend that keeps data and has no kernel: the specs that fail on it are those that need working kernels.

import { DataStorage, KernelBackend, engine, registerBackend, util } from '@tensorflow/tfjs-core';

class NoKernels extends KernelBackend {
  constructor() {
    super();
    this.data = new DataStorage(this, engine());
  }
  write(values, _shape, dtype) {
    const dataId = {};
    this.data.set(dataId, { values, dtype, references: 1 });
    return dataId;
  }
  move(dataId, values, _shape, dtype, references) {
    this.data.set(dataId, { values, dtype, references });
  }
  readSync(dataId) {
    const { values, dtype } = this.data.get(dataId);
    return util.convertBackendValuesAndArrayBuffer(values, dtype);
  }
  async read(dataId) {
    return this.readSync(dataId);
  }
  refCount(dataId) {
    return this.data.has(dataId) ? this.data.get(dataId).references : 0;
  }
  incRef(dataId) {
    if (this.data.has(dataId)) this.data.get(dataId).references += 1;
  }
  disposeData(dataId, force = false) {
    if (!this.data.has(dataId)) return true;
    const entry = this.data.get(dataId);
    entry.references -= 1;
    if (!force && entry.references > 0) return false;
    this.data.delete(dataId);
    return true;
  }
  numDataIds() {
    return this.data.numDataIds();
  }
  memory() {
    return { unreliable: false };
  }
  async time(f) {
    const start = util.now();
    f();
    return { kernelMs: util.now() - start };
  }
  floatPrecision() {
    return 32;
  }
  dispose() {}
}

registerBackend('no-kernels', () => new NoKernels());
